"""``nbops.diff(a, b)``: what two versions are, and what changed between them.

A version is a table, the path of a file, a table of a database, a dataset that a run kept (``flights_clean@7f3a``,
``sales/orders@last-good``), or all that a run kept (``sales@prod``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.errors import ReferenceNotFound, UsageError, did_you_mean
from nbops.frames.files import open_file
from nbops.frames.sql import open_table, table_name
from nbops.frames.tables import is_frame, kind_of
from nbops.store.artifacts import Artifacts, Kept
from nbops.store.datasets import datasets_of_run
from nbops.store.describing import known_readers
from nbops.store.lookup import find_notebook, resolve, run_id_in

if TYPE_CHECKING:
    from nbops.pipeline.run import RunState
    from nbops.store.hub import Hub
    from nbops.views.difference_shown import Comparison, Comparisons

__all__ = ["Version", "compare_versions", "diff", "find_version"]

_SEARCHED_RUNS = 200
_FILE = re.compile(r"\.(?:csv|tsv|txt|parquet|arrow|feather|jsonl?|xlsx?)(?:\.gz)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Version:
    """One version that a person named.

    Args:
        name: What it is called.
        table: The table, or the path of its file; None when *tables* are meant.
        tables: The tables of a whole run, by name.
        readers: By the name of a table that a run left, who reads it.
    """

    name: str
    table: Any = None
    tables: Mapping[str, Any] | None = None
    readers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def diff(
    before: Any,
    after: Any,
    *,
    key: str | Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    absolute: float = 0.0,
    relative: float = 0.0,
    nulls_equal: bool = True,
) -> Comparison | Comparisons:
    """Return what changed from *before* to *after*: schema, profile, rows by key, and the causes by name.

    Args:
        before: A frame of pandas, polars, pyarrow, DuckDB …; the path of a CSV or Parquet file; ``URL::TABLE`` in a
            database; a dataset of a run, ``DATASET@RUN`` or ``NB/DATASET@RUN``; all tables of a run, ``NB@RUN``.
        after: The other version, which may be of another kind.
        key: The columns that tell which rows belong together. Without one it is looked for, and told; where there is
            none, rows are compared at their places, or as a bag.
        ignore: Columns that are not compared.
        absolute: How far two numbers may lie apart and still be equal.
        relative: The same as a share of the number before.
        nulls_equal: Whether a null equals a null.

    Returns:
        A comparison, which prints as text and shows as HTML; for two whole runs one of each table.

    Raises:
        UsageError: One is no table, or the key is missing on a side.
        ReferenceNotFound: A reference names nothing that was kept.
        NbopsError: A table cannot be read.

    Example:
        >>> import pandas as pd
        >>> old = pd.DataFrame({"id": [1, 2, 3, 4], "shop": ["FL", "UA", "FL", "FL"]})
        >>> found = diff(old, old.replace("FL", "WN"), key="id")
        >>> found.changed, found.causes[0].title, found.causes[0].what
        (3, 'Category renamed', 'FL → WN')
    """
    options = {"key": key, "ignore": ignore, "absolute": absolute, "relative": relative, "nulls_equal": nulls_equal}
    first, second = _version(before, "before"), _version(after, "after")
    return compare_versions(first, second, options)


def compare_versions(first: Version, second: Version, options: Mapping[str, Any]) -> Comparison | Comparisons:
    """Return what changed between two versions; *options* are those of :func:`diff`.

    Raises:
        UsageError: One is a whole run, and the other a single table.
    """
    from nbops.frames.difference.comparing import compare
    from nbops.views.difference_shown import Comparisons, shown

    if first.tables is None and second.tables is None:
        found = compare(first.table, second.table, names=(first.name, second.name), **options)
        return shown(replace(found, readers=next(iter(second.readers.values()), ())))
    if first.tables is None or second.tables is None:
        whole, single = (first, second) if second.tables is None else (second, first)
        fix = f"NB/DATASET@RUN names one table; {whole.name} kept {', '.join(whole.tables or ()) or 'none'}"
        raise UsageError(f"{whole.name} is a whole run, {single.name} is one table", fix=fix)
    both = [name for name in second.tables if name in first.tables]
    tables = [
        shown(replace(compare(first.tables[name], second.tables[name],
                              names=(_named(name, first.name), _named(name, second.name)),
                              **_fitting(options, first, name)), readers=second.readers.get(name, ())))
        for name in both
    ]  # fmt: skip
    tables.sort(key=lambda one: -(one.cells + one.added + one.removed))
    only = (tuple(name for name in one.tables or () if name not in both) for one in (first, second))
    return Comparisons(tuple(tables), *only)


def _named(name: str, run: str) -> str:
    return f"{name}@{run.rpartition('@')[2]}"


def _fitting(options: Mapping[str, Any], run: Version, name: str) -> dict[str, Any]:
    """Return the options without the key where a table of a run has no such column."""
    wanted = options.get("key") or ()
    wanted = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    columns = {str(column) for column in getattr((run.tables or {}).get(name), "columns", ())}
    return dict(options) if columns.issuperset(wanted) else {**options, "key": None}


def _version(said: Any, name: str) -> Version:
    if isinstance(said, (str, os.PathLike)):
        return find_version(os.fspath(said))
    if not is_frame(said):
        fix = "a frame of pandas, polars, pyarrow, DuckDB …, a file, or DATASET@RUN"
        raise UsageError(f"{kind_of(said)} is no version of a table", fix=fix)
    return Version(name, said)


def find_version(said: str, variables: Mapping[str, Any] | None = None, hub: str = "") -> Version:
    """Return the version that *said* names: a variable, a file, a table of a database, something that a run kept.

    Args:
        said: As typed.
        variables: The variables that may be named.
        hub: Another hub than that of the project of the working directory.

    Raises:
        UsageError: It names nothing.
        ReferenceNotFound: Nothing of that name was kept.
    """
    held = (variables or {}).get(said)
    if is_frame(held):
        return Version(said, held)
    if "://" in said:
        return Version(table_name(said), open_table(said))
    if Path(said).is_file():
        is_parquet = Path(said).suffix.lower() == ".parquet"
        return Version(Path(said).name, Path(said) if is_parquet else open_file(Path(said)))
    if Path(said).is_dir():
        raise UsageError("a folder is no table", where=said, fix="a table file in it, DATASET@RUN or NB@RUN")
    if "@" not in said and _FILE.search(said):
        raise UsageError("there is no such file", where=said, fix=_near_file(Path(said)))
    if "@" not in said:
        near = [name for name, value in (variables or {}).items() if is_frame(value)]
        near += [str(one) for one in _beside(Path(said)) if _FILE.search(one.name)] if Path(said).suffix else []
        hint = f"{did_you_mean(said, near)}; " if near else ""
        raise UsageError(f"{said!r} names no table", fix=f"{hint}a file, DATASET@RUN or NB@RUN")
    return _of_run(said, hub)


def _beside(path: Path) -> list[Path]:
    """Return some of the files in the folder of *path*; none where it cannot be read."""
    try:
        return sorted(one for one in path.parent.iterdir() if one.is_file())[:50]
    except OSError:
        return []


def _near_file(path: Path) -> str:
    """Return the file beside *path* whose name is nearest, or how to look for it."""
    try:
        beside = [str(one) for one in path.parent.iterdir() if one.suffix == path.suffix]
    except OSError:
        return f"the folder {path.parent} is not there, or cannot be read"
    return did_you_mean(str(path), sorted(beside)[:50]) if beside else f"ls {path.parent}"


# ── what runs kept ───────────────────────────────────────────────────────────────────────────────────────────────────


def _of_run(said: str, address: str) -> Version:
    from nbops.settings import load_settings
    from nbops.store.hub import open_hub
    from nbops.store.ingest import ingest
    from nbops.store.project import find_project
    from nbops.views.words import short_id

    project = find_project()
    head, _, run = said.rpartition("@")
    with open_hub(project, address or load_settings(project.root).hub) as hub:
        ingest(hub, project)
        artifacts = Artifacts.of(project)
        if find_notebook(hub, head):
            state = resolve(hub, said).state
            tables = dict(_tables(hub, artifacts, state))
            if not tables:
                fix = f"nbops show {short_id(state.run)}"
                raise ReferenceNotFound("that run kept no table", where=said, fix=fix)
            readers = _readers(hub, state, tables)
            return Version(f"{head}@{short_id(state.run)}", tables=tables, readers=readers)
        notebook, _, name = head.rpartition("/")
        state = resolve(hub, f"{notebook or _maker(hub, artifacts, name, run)}@{run}").state
        for kept in _kept(hub, artifacts, state):
            if name in kept.names:
                readers = _readers(hub, state, (name,))
                return Version(f"{head}@{short_id(state.run)}", artifacts.get(kept), readers=readers)
        known = sorted({one for kept in _kept(hub, artifacts, state) for one in kept.names})
        fix = did_you_mean(name, known) if known else f"nbops show {short_id(state.run)}: it kept no table"
        raise ReferenceNotFound(f"the run {short_id(state.run)} kept no dataset {name!r}", where=said, fix=fix)


def _readers(hub: Hub, state: RunState, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return who reads each of the datasets *names* that a run left; of a run by hand nobody is known."""
    left = {ref.name: ref for ref in datasets_of_run(hub, state.run)}
    return {name: known_readers(hub, left[name]) for name in names if name in left}


def _maker(hub: Hub, artifacts: Artifacts, name: str, run: str) -> str:
    """Return the notebook whose newest runs kept a dataset; empty where the run is named by its id."""
    if run_id_in(f"@{run}"):
        return ""
    makers: dict[str, None] = {}
    for summary in hub.runs(limit=_SEARCHED_RUNS):
        path = summary.notebook
        if path and path not in makers and _has_kept(hub, artifacts, summary.run, name):
            makers[path] = None
    if len(makers) == 1:
        return next(iter(makers))
    if makers:
        fix = " or ".join(f"{Path(path).stem}/{name}@{run}" for path in makers)
        raise ReferenceNotFound(f"several notebooks make a dataset {name!r}", where=f"{name}@{run}", fix=fix)
    fix = "nbops runs lists what ran; a dataset is NB/DATASET@RUN"
    raise ReferenceNotFound(f"no run kept a dataset {name!r}", where=f"hub {hub.where}", fix=fix)


def _has_kept(hub: Hub, artifacts: Artifacts, run: str, name: str) -> bool:
    return any(name in kept.names for kept in _kept(hub, artifacts, hub.run(run)))


def _kept(hub: Hub, artifacts: Artifacts, state: RunState) -> Iterator[Kept]:
    """Yield what the steps of a run kept, the last step first."""
    for step in reversed(state.steps):
        key = step.record.key if step.record else ""
        left = artifacts.find(key, state.run) if key else None
        yield from (kept for kept in left.values if kept.digest) if left and not left.problem else ()


def _tables(hub: Hub, artifacts: Artifacts, state: RunState) -> Iterator[tuple[str, Any]]:
    """Yield the tables that a run kept, as they were at its end."""
    seen: set[str] = set()
    for kept in _kept(hub, artifacts, state):
        name = kept.names[0]
        if name in seen:
            continue
        seen.update(kept.names)
        value = artifacts.get(kept)
        if is_frame(value):
            yield name, value
