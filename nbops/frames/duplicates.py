"""Rows of a table that share a key: which of them stay, and in what the others differ from them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from nbops.errors import UsageError
from nbops.frames.columns import names_of_columns, refuse_unknown, without_level_names
from nbops.frames.masks import first_rows
from nbops.frames.reading import through_narwhals
from nbops.frames.selecting import snapshot
from nbops.frames.tables import library, row_count
from nbops.records import Examples

__all__ = ["Deduplicated", "Keep", "deduplicate"]

Keep = Literal["first", "last", "none"]
_ROW = "__nbops_row__"
_MOST_COMPARED = 20_000  # rows that are compared with the one that stays
_MOST_COLUMNS = 200  # that are compared
_MOST_EXAMPLES = 4


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """What came of removing duplicates. Numbers are None when only a computation could tell.

    Args:
        table: The rows that stay.
        rows: How many rows there were.
        stayed: How many stay.
        others: Returns the rows that do not; None for a lazy table.
        differing: By column, in how many groups of duplicates its values differ, the most first.
        groups: How many groups of duplicates were compared.
        alike: How many of them are equal in all columns.
        null_keys: How many rows of groups of duplicates have a null in their key.
        examples: Rows of groups whose rows differ.
        not_compared: What was not compared, in words; empty when all was.
    """

    table: Any
    rows: int | None
    stayed: int | None
    others: Callable[[], Any] | None = None
    differing: tuple[tuple[str, int], ...] = ()
    groups: int = 0
    alike: int = 0
    null_keys: int = 0
    examples: Examples = field(default_factory=Examples)
    not_compared: str = ""


def deduplicate(table: Any, key: Sequence[Any], keep: Keep, *, count: bool = False) -> Deduplicated:
    """Return *table* with one row for each value of *key*.

    Args:
        table: A frame of any library that is known.
        key: The columns; all of them when empty. Nulls are equal to each other.
        keep: Which row of several stays; with ``none`` none of them does.
        count: Count the rows of a lazy table, which computes it twice.

    Raises:
        UsageError: It has no such column, or one of lists and the like, which cannot be equal.

    Example:
        >>> import pandas as pd
        >>> found = deduplicate(pd.DataFrame({"id": [1, 2, 2], "x": [5, 6, 7]}), ["id"], "first")
        >>> found.rows, found.stayed, found.differing
        (3, 2, (('x', 1),))
    """
    refuse_unknown(table, key, "dedupe")
    chosen = list(key) or names_of_columns(table)
    if library(table) != "pandas":
        return _portable(table, chosen, keep, count)
    try:
        return _pandas(table, chosen, keep)
    except TypeError as error:
        what = f"rows cannot be told apart by {', '.join(map(str, chosen[:5]))}: {error}"
        fix = "name the columns that tell rows apart: dedupe(table, 'id')"
        raise UsageError(what, where="dedupe", fix=fix) from error


def _pandas(table: Any, key: list[Any], keep: Keep) -> Deduplicated:
    keys = _keys(table, key)
    gone = keys.duplicated(key, keep=False if keep == "none" else keep).to_numpy()
    if not gone.any():
        return Deduplicated(table[~gone], len(table), len(table))
    repeated = keys.duplicated(key, keep=False).to_numpy()
    stayed, held = table[~gone], snapshot(table)
    return _compared(
        Deduplicated(stayed, len(table), len(stayed), lambda: held[gone]), table, repeated.nonzero()[0], key
    )


def _keys(table: Any, key: list[Any]) -> Any:
    """Return *table* with one kind of null in columns of Python objects: None and NaN are the same nothing."""
    objects = [name for name in key if str(table.dtypes[name]) == "object"] if table.columns.is_unique else []
    mixed = {name: table[name].where(table[name].notna(), None) for name in objects if table[name].isna().any()}
    if not mixed:
        return table
    keys = table[key].copy(deep=False)
    for name, column in mixed.items():
        keys[name] = column
    return keys


def _portable(table: Any, key: list[Any], keep: Keep, count: bool) -> Deduplicated:
    import narwhals.stable.v2 as nw

    frame = through_narwhals(table)
    if isinstance(frame, nw.LazyFrame):
        return _lazy(frame, key, keep, count)
    numbered = frame.with_row_index(_ROW)
    stays = numbered.unique(subset=key, keep=keep)[_ROW]
    gone = ~numbered[_ROW].is_in(stays)
    if not gone.any():
        return Deduplicated(table, row_count(table), row_count(table))
    result = frame.filter(~gone).to_native()
    alone = numbered.unique(subset=key, keep="none")[_ROW]
    repeated = numbered.filter(~numbered[_ROW].is_in(alone))
    places = repeated[_ROW].to_list()[:_MOST_COMPARED]
    found = Deduplicated(result, len(frame), row_count(result), lambda: frame.filter(gone).to_native())
    part = repeated.head(_MOST_COMPARED).drop(_ROW).to_pandas().set_axis(places)
    return _compared(found, part, range(len(part)), key, total=len(repeated))


def _lazy(frame: Any, key: list[Any], keep: Keep, count: bool) -> Deduplicated:
    import narwhals.stable.v2 as nw

    native, rows, stayed = nw.to_native(frame), None, None
    if library(native) == "polars":
        result = native.unique(subset=key, keep=keep, maintain_order=True)
    elif library(native) == "dask":  # narwhals would count a null among the duplicates of nothing
        raise UsageError("duplicates of a lazy table of dask are not known", where="dedupe", fix="compute it before")
    elif keep == "none":
        result = nw.to_native(frame.unique(subset=key, keep="none"))
    else:
        what = f"a lazy table of {library(native)} has no order, so no {keep} row"
        raise UsageError(what, where="dedupe", fix="dedupe(table, key, keep='none'), or collect it before")
    if count:
        sides = (frame, through_narwhals(result))
        rows, stayed = (int(side.select(nw.len().alias("n")).collect().row(0)[0]) for side in sides)
    return Deduplicated(result, rows, stayed)


# ── what differs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _compared(found: Deduplicated, table: Any, places: Any, key: list[Any], total: int = 0) -> Deduplicated:
    """Return *found* with what the rows at *places* of the pandas frame *table* tell of their differences."""
    total = total or len(places)
    part = table.iloc[places[:_MOST_COMPARED]] if len(places) < len(table) or len(places) > _MOST_COMPARED else table
    groups = without_level_names(part, key).groupby(key, dropna=False, sort=False, observed=True)
    differing, left_out = {}, []
    codes = groups.ngroup().to_numpy()
    differs = sys.modules["numpy"].zeros(int(codes.max()) + 1, dtype=bool)
    others = [at for at, name in enumerate(part.columns) if name not in key]
    for at in others[:_MOST_COLUMNS]:
        name = part.columns[at]
        try:
            several = part.iloc[:, at].groupby(codes, dropna=False).nunique(dropna=False).to_numpy() > 1
        except TypeError:  # lists and the like, which cannot be counted
            left_out.append(str(name))
            continue
        if several.any():
            differing[str(name)] = int(several.sum())
            differs |= several
    said = [f"{', '.join(left_out)} cannot be compared"] if left_out else []
    wide = len(others) > _MOST_COLUMNS
    said += [f"the first {_MOST_COLUMNS} of {len(others):,} columns were compared"] if wide else []
    said += [f"the first {_MOST_COMPARED:,} of {total:,} rows were compared"] if total > len(part) else []
    shown = part[differs[codes]]
    shown = shown.iloc[codes[differs[codes]].argsort(kind="stable")[:_MOST_EXAMPLES]]
    return Deduplicated(
        found.table,
        found.rows,
        found.stayed,
        found.others,
        tuple(sorted(differing.items(), key=lambda pair: -pair[1])),
        len(differs),
        int((~differs).sum()),
        int(part[key].isna().to_numpy().any(axis=1).sum()),
        first_rows(shown, _MOST_EXAMPLES) if len(shown) else Examples(),
        "; ".join(said),
    )
