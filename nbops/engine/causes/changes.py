"""What changed since a run last passed: code, parameters, files, columns, rows and values, packages.

Everything but the values is read from the records of both runs and from their code; nothing is run. Values are
compared where both runs kept them, which belongs into a process of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nbops.engine.causes.lineage import KeptValues, Lineage, Version, notebook_of
from nbops.engine.reuse.differing import kind_of
from nbops.errors import NotebookError
from nbops.frames.conditions import Stat
from nbops.frames.masking import is_masked
from nbops.frames.reading import Unmeasured
from nbops.frames.scan import Scan
from nbops.frames.tables import is_frame, short
from nbops.notebook.cells import Cell, Notebook
from nbops.notebook.marks import find_mark, parse_options
from nbops.notebook.pipeline import source_hash
from nbops.notebook.secret import HIDDEN
from nbops.pipeline.changes import Change, Changes, CodeChange
from nbops.pipeline.run import RunState
from nbops.records import Record, StepFinished, Table
from nbops.store.project import Project

__all__ = ["PLAIN", "changes_between", "code_changes", "facts_of", "value_changes"]

PLAIN = "plain cells"
_STATISTICS = ("min", "max", "mean", "distinct")
_MOST_COLUMNS = 100
_ROWS_MOVED = 0.2
_NULLS_MOVED = 0.01
_MEAN_MOVED = 0.5  # of a standard deviation


def changes_between(
    project: Project, now: RunState, then: RunState, records: Sequence[Record], records_then: Sequence[Record]
) -> Changes:
    """Return what changed from the run *then* to the run *now*, as far as records and code tell.

    Args:
        project: Whose runs they are.
        now: The later run.
        then: The earlier one.
        records: The records of the later run.
        records_then: Those of the earlier one.
    """
    unknown: list[str] = []
    code: tuple[CodeChange, ...] = ()
    if not now.started.source_hash or now.started.source_hash != then.started.source_hash:
        try:
            code = tuple(code_changes(notebook_of(project, then), notebook_of(project, now)))
        except NotebookError as error:
            unknown.append(error.what)
    parts, parts_then = _key_parts(records), _key_parts(records_then)
    modules = (CodeChange(name) for name in _changed(parts, parts_then) if kind_of(name)[0] == "module")
    return Changes(
        run=then.run,
        at=then.started.at,
        code=(*code, *modules),
        parameters=tuple(_mapping_changes(then.started.parameters, now.started.parameters)),
        files=tuple(_files(parts, parts_then)),
        schema=tuple(_schema(now, then)),
        profile=(*_rows(now, then), *_dropped(now, then)),
        packages=tuple(_packages(now, then, parts, parts_then)),
        unknown=tuple(unknown),
    )


# ── code ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def code_changes(then: Notebook, now: Notebook) -> Iterator[CodeChange]:
    """Yield what changed between two notebooks: a diff for each step, and one for all plain cells."""
    before, after = _units(then.code_cells), _units(now.code_cells)
    for name in dict.fromkeys([*after, *before]):
        old, new = before.get(name, []), after.get(name, [])
        if old == new:
            continue
        lines = difflib.unified_diff("\n".join(old).splitlines(), "\n".join(new).splitlines(), lineterm="", n=2)
        is_layout = bool(old and new) and source_hash(old) == source_hash(new)
        yield CodeChange(name, tuple(lines)[2:], is_layout)


def _units(cells: Iterable[Cell]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for cell in cells:
        mark = find_mark(cell.source)
        name = parse_options(mark).name if mark and mark.kind in ("step", "test") else PLAIN
        found.setdefault(name, []).append(cell.source)
    return found


# ── parameters, files, packages ──────────────────────────────────────────────────────────────────────────────────────


def _mapping_changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys([*now, *before]):
        if before.get(name) != now.get(name) and HIDDEN not in (before.get(name), now.get(name)):
            yield Change(name, before.get(name, ""), now.get(name, ""))


def _key_parts(records: Iterable[Record]) -> dict[str, str]:
    parts: dict[str, str] = {}
    for record in records:
        if isinstance(record, StepFinished):
            parts |= record.key_parts
    return parts


def _changed(parts: Mapping[str, str], before: Mapping[str, str]) -> list[str]:
    return [name for name in parts if name in before and parts[name] != before[name]]


def _files(parts: Mapping[str, str], before: Mapping[str, str]) -> Iterator[Change]:
    for name in _changed(parts, before):
        kind, place = kind_of(name)
        if kind in ("file", "files"):
            yield Change(place, before[name][:8], parts[name][:8], is_large=True)


def _packages(now: RunState, then: RunState, parts: Mapping[str, str], before: Mapping[str, str]) -> Iterator[Change]:
    found = {name: (then.started.packages.get(name, ""), v) for name, v in now.started.packages.items()}
    found["python"] = (then.started.python, now.started.python)
    for name in _changed(parts, before):
        kind, package = kind_of(name)
        if kind == "package":
            found[package] = (before[name], parts[name])
    for name, (old, new) in sorted(found.items()):
        if old != new and old and new:
            yield Change(name, old, new)


# ── tables, from the records ─────────────────────────────────────────────────────────────────────────────────────────


def _tables(state: RunState) -> dict[tuple[str, str], Table]:
    """Return the tables that each step read, made and left, by step and name."""
    found: dict[tuple[str, str], Table] = {}
    for step in state.steps:
        for table in (*step.record.tables_in, *step.record.tables_out) if step.record else ():
            found[step.name, table.name] = table
    return found


def _schema(now: RunState, then: RunState) -> Iterator[Change]:
    before = _tables(then)
    told: set[Change] = set()
    for key, table in _tables(now).items():
        if key not in before:
            continue
        for change in _columns(table, before[key]):
            if change not in told:
                told.add(change)
                yield change


def _columns(now: Table, then: Table) -> Iterator[Change]:
    new = dict(zip(now.column_names, now.column_types, strict=False))
    old = dict(zip(then.column_names, then.column_types, strict=False))
    for name in dict.fromkeys([*new, *old]):
        if old.get(name) != new.get(name):
            yield Change(f"column {now.name}.{name}", old.get(name, ""), new.get(name, ""), is_large=True)


def _rows(now: RunState, then: RunState) -> Iterator[Change]:
    before = _tables(then)
    told: set[Change] = set()
    for key, table in _tables(now).items():
        old = before.get(key)
        if old is None or old.rows is None or table.rows is None or old.rows == table.rows:
            continue
        moved = abs(table.rows - old.rows) > _ROWS_MOVED * max(old.rows, 1)
        change = Change(f"rows of {table.name}", f"{old.rows:,}", f"{table.rows:,}", moved)
        if change not in told:
            told.add(change)
            yield change


def _dropped(now: RunState, then: RunState) -> Iterator[Change]:
    """Yield how many rows were dropped for each reason that both runs give; a move of much of the rows stands out."""
    before = _reasons(then)
    for key, (rows, share) in _reasons(now).items():
        if key in before and before[key][0] != rows:
            moved = abs(share - before[key][1]) >= _NULLS_MOVED
            yield Change(f"rows dropped in {key[0]}: {key[1]}", f"{before[key][0]:,}", f"{rows:,}", moved)


def _reasons(state: RunState) -> dict[tuple[str, str], tuple[int, float]]:
    """Return how many rows were dropped, and which share of their table, by step and reason."""
    found: dict[tuple[str, str], tuple[int, float]] = {}
    for step in state.steps:
        for account in step.record.accounts if step.record else ():
            for entry in account.entries:
                if entry.kind == "dropped" and entry.rows is not None and account.rows_in:
                    rows, share = found.get((step.name, entry.reason), (0, 0.0))
                    found[step.name, entry.reason] = rows + entry.rows, share + entry.rows / account.rows_in
    return found


# ── tables, from what was kept ───────────────────────────────────────────────────────────────────────────────────────


def facts_of(table: Any) -> dict[str, dict[str, Any]]:
    """Return the share of nulls and simple statistics of each column of a table; no values of a masked one."""
    scan = Scan(table)
    rows = scan.measure([Stat("rows")])[Stat("rows")]
    found: dict[str, dict[str, Any]] = {}
    for column in [c for c in scan.names if c not in scan.repeated][:_MOST_COLUMNS]:
        kind = scan.kind(column)
        names = ["nulls", "distinct"] + (["min", "max", "mean", "std"] if kind == "number" else [])
        names += ["min", "max"] if kind == "time" else []
        names = names[:2] if is_masked(column) else names
        seen = scan.measure([Stat(name, column) for name in names])
        facts = {n: seen[Stat(n, column)] for n in names if not isinstance(seen[Stat(n, column)], Unmeasured)}
        facts["null share"] = facts.pop("nulls", 0) / rows if rows else 0.0
        found[str(column)] = facts
    return found


def value_changes(now: Lineage, then: Lineage, versions: Iterable[tuple[Version, Version]]) -> Iterator[Change]:
    """Yield how the values of tables moved, for pairs of a version and the one that it was then."""
    for version, earlier in versions:
        values = [_kept(now, version), _kept(then, earlier)]
        if not all(map(is_frame, values)):
            continue
        new, old = facts_of(values[0]), facts_of(values[1])
        for column in new:
            if column in old:
                yield from _column_changes(f"{version.name}.{column}", old[column], new[column])


def _kept(lineage: Lineage, version: Version) -> Any:
    kept = lineage.left(version.cell)[0].get(version.name)
    return KeptValues(lineage).get(version.cell, kept) if kept is not None and not kept.same_as else None


def _column_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    before, now = old["null share"], new["null share"]
    if before != now:
        yield Change(f"nulls in {name}", f"{before:.1%}", f"{now:.1%}", abs(before - now) >= _NULLS_MOVED)
    for statistic in _STATISTICS:
        if statistic in old and statistic in new and str(old[statistic]) != str(new[statistic]):
            is_large = statistic == "mean" and _mean_moved(old, new)
            label = "different values" if statistic == "distinct" else statistic
            yield Change(f"{label} of {name}", short(old[statistic], 24), short(new[statistic], 24), is_large)


def _mean_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    try:
        return abs(float(new["mean"]) - float(old["mean"])) > _MEAN_MOVED * float(old.get("std") or 0.0)
    except (TypeError, ValueError):  # a mean that is no number: then nobody can say how far it moved
        return False
