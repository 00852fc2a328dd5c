"""Comparing two versions of a table: its schema, its profile, its rows; and the causes of what changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbops.errors import UsageError
from nbops.frames.difference.causes.candidate import TITLES
from nbops.frames.difference.causes.exchanged import find_exchanged
from nbops.frames.difference.causes.rows import group_of, row_causes
from nbops.frames.difference.causes.stale import find_stale
from nbops.frames.difference.cells import Codes, Tolerance, changed_rows, codes_of, has_few
from nbops.frames.difference.examples import MOST_SHOWN, ROWS_SHOWN, Found, example_cells, some_rows
from nbops.frames.difference.explaining import explain
from nbops.frames.difference.facts import facts_of
from nbops.frames.difference.pairing import Pairing, bag, pair_rows
from nbops.frames.difference.record import Cause, ColumnDifference, Difference, Facts, Multiset, SchemaChange, Version
from nbops.frames.difference.schema import Rename, changes_of_schema, find_renamed
from nbops.frames.difference.shared import Shared, cell_texts, objects_at
from nbops.frames.difference.sides import Side, open_side
from nbops.frames.difference.values import Array, Values
from nbops.frames.masking import is_masked

__all__ = ["compare"]

_MOST_PICTURES = 200  # columns that did not change are described up to here


def compare(
    before: Any,
    after: Any,
    *,
    key: str | Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    absolute: float = 0.0,
    relative: float = 0.0,
    nulls_equal: bool = True,
    names: tuple[str, str] = ("", ""),
) -> Difference:
    """Return what changed from *before* to *after*.

    Args:
        before: A frame of pandas, polars, pyarrow, DuckDB …, or the path of a file.
        after: The other version, which may be of another library.
        key: The columns that tell which rows belong together; without one it is looked for.
        ignore: Columns that are not compared.
        absolute: How far two numbers may lie apart and still be equal.
        relative: The same as a share of the number before.
        nulls_equal: Whether a null equals a null.
        names: What both versions are called.

    Raises:
        UsageError: One is no table, the key is missing on a side, or a tolerance is below 0.
        NbopsError: A table cannot be read.

    Example:
        >>> import pandas as pd
        >>> old = pd.DataFrame({"id": range(5), "way": [1.0, 2.0, 5.0, 8.0, 13.0]})
        >>> found = compare(old, old.assign(way=old.way * 1.609344), key="id")
        >>> found.changed, found.causes[0].what
        (5, '× 1.609344, miles became kilometres')
    """
    began = time.perf_counter()
    tolerance = _tolerance(absolute, relative, nulls_equal=nulls_equal)
    sides = open_side(before, names[0] or "before"), open_side(after, names[1] or "after")
    wanted = (key,) if isinstance(key, str) else tuple(key or ())
    work = _Work(*sides, set(map(str, ignore)), tolerance)
    found = work.run(tuple(map(str, wanted)))
    return replace(found, seconds=round(time.perf_counter() - began, 4))


def _tolerance(absolute: float, relative: float, *, nulls_equal: bool) -> Tolerance:
    for name, value in (("absolute", absolute), ("relative", relative)):
        if not value >= 0:
            raise UsageError(f"{value} is no tolerance", where=name, fix="absolute=0.01, relative=1e-9")
    return Tolerance(absolute, relative, nulls_equal)


@dataclass
class _Column:
    """A column while it is being compared."""

    name: str
    rows: Array
    made: ColumnDifference
    examples: tuple[int, ...]
    rest: Array


class _Work:
    """One comparison."""

    def __init__(self, before: Side, after: Side, ignored: set[str], tolerance: Tolerance) -> None:
        self.before, self.after = before, after
        self.ignored = ignored
        self.tolerance = tolerance
        self.shared = Shared(before, after)
        self.columns: list[_Column] = []
        self.groups: tuple[list[tuple[int, str, str]], list[tuple[int, str, str]]] = ([], [])
        self.heads: tuple[dict[str, list[str | None]], dict[str, list[str | None]]] = ({}, {})
        self.touched = np.zeros(before.rows, dtype=bool)

    def run(self, key: tuple[str, ...]) -> Difference:
        names = [name for name in self.after.names if name in self.before and name not in self.ignored]
        pairing = pair_rows(self.shared, names, key)
        renamed = self._renamed(pairing)
        self.shared.was = {new: was for was, new, _ in renamed}
        both = {*names, *self.shared.was}
        compared = [name for name in self.after.names if name in both]
        if renamed and pairing.how == "nothing":  # what bears another name may be the key
            pairing = pair_rows(self.shared, compared, key)
        self.matching = pairing.matching
        for name in compared:
            self._compare(name)
        self._exchange()
        self._find_stale(pairing.key)
        causes = self._causes(pairing, compared)
        return self._made(pairing, compared, renamed, causes, key)

    def _renamed(self, pairing: Pairing) -> tuple[Rename, ...]:
        rows = pairing.matching.before()
        rows = rows if pairing.matching.pairs else rows[:0]
        found = find_renamed(self.before, self.after, (rows, pairing.matching.after(rows)), objects_at)
        return tuple(one for one in found if not {one[0], one[1]} & self.ignored)

    # ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _compare(self, name: str) -> None:
        before, after = self.shared.pair(name)
        codes = (codes_of(before), codes_of(after)) if has_few(before) and has_few(after) else None
        rows = changed_rows(before, after, self.matching, self.tolerance, codes)
        self._look_at_rows(name, before, after)
        if len(rows):
            self.touched[rows] = True
            found = explain(name, before, after, rows, self.matching)
        facts = self._facts(name, (before, after), codes, is_changed=bool(len(rows)))
        made = ColumnDifference(
            name, self.shared.was.get(name, name), before.kind, self.after.types[name], len(rows), self.matching.pairs,
            before=facts[0], after=facts[1],
        )  # fmt: skip
        if len(rows):
            made = replace(made, nulled=found.nulled, filled=found.filled, causes=found.causes)
            self.columns.append(_Column(name, rows, made, found.rows, found.rest))
        else:
            self.columns.append(_Column(name, rows, made, (), rows))

    def _look_at_rows(self, name: str, before: Values, after: Values) -> None:
        """Note, while the column is in memory, what it tells of added and removed rows."""
        was = self.shared.was.get(name, name)
        for at, (side, column, values, rows) in enumerate(
            ((self.before, was, before, self.matching.removed), (self.after, name, after, self.matching.added))
        ):
            if not len(rows):
                continue
            if len(self.heads[at]) < MOST_SHOWN:
                self.heads[at][column] = cell_texts(side, column, rows[:ROWS_SHOWN])
            group = group_of(side, column, values, rows, len(self.columns))
            self.groups[at].extend([] if group is None else [group])

    def _facts(
        self, name: str, sides: tuple[Values, Values], codes: tuple[Codes, Codes] | None, *, is_changed: bool
    ) -> tuple[Facts, Facts]:
        if not is_changed and len(self.columns) > _MOST_PICTURES:
            return Facts(), Facts()
        is_whole = bool(self.matching.pairs) and not len(self.matching.added) and not len(self.matching.removed)
        return facts_of(*sides, codes, is_equal=is_whole and not is_changed, is_masked=is_masked(name))

    def _exchange(self) -> None:
        """Where columns hold what others held, that is their cause."""
        changed = {one.name: (one.rows, self.matching.after(one.rows)) for one in self.columns if len(one.rows)}
        if len(changed) < 2:
            return
        rows = self.matching.before()
        found = find_exchanged(changed, self._cells, (rows, self.matching.after(rows)))
        for at, one in enumerate(self.columns):
            if one.name not in found:
                continue
            origin, share = found[one.name]
            both = found.get(origin, ("", 0.0))[0] == one.name
            kind = "columns swapped" if both else "column moved"
            what = f"{one.name} holds what {origin} held" + (", and the other way round" if both else "")
            cause = Cause(kind, TITLES[kind], (one.name, origin), what, round(share * len(one.rows)), len(one.rows))
            made = replace(one.made, causes=(cause,))
            self.columns[at] = _Column(one.name, one.rows, made, (int(one.rows[0]),), one.rows[:0])

    def _find_stale(self, key: tuple[str, ...]) -> None:
        """Where columns hold what the same thing held a period before, that is their cause."""
        changed = {one.name: (one.rows, self.matching.after(one.rows)) for one in self.columns if len(one.rows)}
        found, when = find_stale(self.shared, key, changed) if changed and len(key) > 1 else ({}, "")
        for at, one in enumerate(self.columns):
            if one.name in found:
                n = len(one.rows)
                kind = "yesterday's copy"
                what = f"each cell holds what stood there {when}"
                cause = Cause(kind, TITLES[kind], (one.name,), what, round(found[one.name] * n), n)
                made = replace(one.made, causes=(cause,))
                self.columns[at] = _Column(one.name, one.rows, made, (int(one.rows[0]),), one.rows[:0])

    def _cells(self, side: str, name: str, rows: Array) -> Array:
        if side == "before":
            return objects_at(self.before, self.shared.was.get(name, name), rows)
        return objects_at(self.after, name, rows)

    # ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────

    def _causes(self, pairing: Pairing, names: Sequence[str]) -> tuple[Cause, ...]:
        cells = sum(len(one.rows) for one in self.columns) or 1
        found = [
            replace(cause, share_of_all=cause.explained / cells) for one in self.columns for cause in one.made.causes
        ]
        found = _without_mirrors(_stale(found, self.columns, self.matching.pairs))
        whole = len(self.matching.added) + len(self.matching.removed)
        of_rows = []
        if whole and (self.matching.pairs or pairing.how in ("key", "proposed key")):
            rows = row_causes(self.shared, names, self.matching, pairing.numbers, pairing.key, groups=self.groups)
            of_rows = [replace(cause, share_of_all=cause.explained / whole) for cause in rows]
        weight = max(1, len(names))
        size = {id(cause): cause.explained * (weight if cause.unit == "rows" else 1) for cause in [*found, *of_rows]}
        return tuple(sorted([*found, *of_rows], key=lambda cause: -size[id(cause)]))

    def _made(
        self, pairing: Pairing, names: Sequence[str], renamed: tuple[Rename, ...], causes: tuple[Cause, ...],
        key: tuple[str, ...],
    ) -> Difference:  # fmt: skip
        matching = self.matching
        changed = int(np.count_nonzero(self.touched))
        schema = tuple(one for one in changes_of_schema(self.before, self.after, renamed) if not self._ignores(one))
        cells = [Found(one.name, one.rows, one.made.causes, one.examples, one.rest) for one in self.columns]
        added = some_rows(self.after, matching.added, self.heads[1])
        removed = some_rows(self.before, matching.removed, self.heads[0])
        return Difference(
            before=Version(
                self.before.name, self.before.rows, len(self.before.names), matching.repeats[0], pairing.keyless[0]
            ),
            after=Version(
                self.after.name, self.after.rows, len(self.after.names), matching.repeats[1], pairing.keyless[1]
            ),
            key=pairing.key,
            paired_by=pairing.how,
            schema=schema,
            columns=tuple(one.made for one in self.columns),
            added=len(matching.added),
            removed=len(matching.removed),
            changed=changed,
            same=matching.pairs - changed,
            causes=causes,
            examples=example_cells(self.shared, matching, pairing.key, cells),
            added_rows=added[1],
            removed_rows=removed[1],
            added_columns=added[0],
            removed_columns=removed[0],
            proposals=pairing.proposals,
            multiset=None if key else self._bag(pairing, names, changed),
            not_compared=(*pairing.notes, *self._left_out(names)),
            notes=tuple(self._notes()),
        )

    def _ignores(self, change: SchemaChange) -> bool:
        return change.column in self.ignored or (change.kind == "renamed" and change.before in self.ignored)

    def _bag(self, pairing: Pairing, names: Sequence[str], changed: int) -> Multiset | None:
        if not names:
            return None
        matching = self.matching
        is_exact = matching.repeats == (0, 0) and not any(pairing.keyless) and self.tolerance == Tolerance()
        if pairing.how == "proposed key" and is_exact:  # with a unique key the bag follows from the pairs
            return Multiset(matching.pairs - changed, changed + len(matching.removed), changed + len(matching.added))
        return bag(self.shared, names)

    def _left_out(self, names: Sequence[str]) -> list[str]:
        notes = []
        if not names and (self.before.names or self.after.names):
            notes.append("cells and rows: the two sides have no column in common")
        empty = [side.name for side in (self.before, self.after) if not side.rows]
        if len(empty) == 1:
            notes.append(f"cells: {empty[0]} has no rows")
        return notes

    def _notes(self) -> list[str]:
        notes = []
        if self.ignored:
            notes.append(f"to be ignored were {', '.join(sorted(self.ignored))}")
        unknown = sorted(name for name in self.ignored if name not in self.before and name not in self.after)
        if unknown:
            notes.append(f"to be ignored, but on neither side: {', '.join(unknown)}")
        printed = [one.name for one in self.columns if one.made.kind == "object"]
        if printed:
            names = ", ".join(printed[:5])
            notes.append(f"what is neither number, moment nor text is compared as it is printed: {names}")
        zones = [one.name for one in self.columns if one.made.kind == "time" and self._zones(one.name) == {True, False}]
        if zones:
            notes.append(f"moments without a zone are taken as UTC: {', '.join(zones[:5])}")
        return notes

    def _zones(self, name: str) -> set[bool]:
        return {bool(values.zone) for values in self.shared.pair(name)}


def _without_mirrors(causes: list[Cause]) -> list[Cause]:
    """Tell of two swapped columns once."""
    found: list[Cause] = []
    for cause in causes:
        if cause.kind == "columns swapped":
            twin = next((i for i, one in enumerate(found) if one.kind == cause.kind and
                         set(one.columns) == set(cause.columns)), None)  # fmt: skip
            if twin is not None:
                one = found[twin]
                found[twin] = replace(one, explained=one.explained + cause.explained, of=one.of + cause.of,
                                      share_of_all=one.share_of_all + cause.share_of_all)  # fmt: skip
                continue
        found.append(cause)
    return found


def _stale(causes: list[Cause], columns: Sequence[_Column], pairs: int) -> list[Cause]:
    """Tell a delivery that repeats another in all but its one date as what it is."""
    changed = [one for one in columns if len(one.rows)]
    if len(changed) != 1 or len(causes) != 1 or causes[0].kind != "day shift" or len(columns) < 3:
        return causes
    one = changed[0].made
    is_one_day = one.before.low == one.before.high != "" and one.after.low == one.after.high and one.changed == pairs
    if not is_one_day:
        return causes
    what = f"every column but {one.name}, which is {causes[0].what}, is the same in all rows"
    return [replace(causes[0], kind="yesterday's copy", title=TITLES["yesterday's copy"], what=what)]
