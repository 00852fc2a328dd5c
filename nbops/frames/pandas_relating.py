"""Conditions between columns, rows and tables, judged on a pandas frame."""

from __future__ import annotations

import functools
import math
import operator
import sys
from collections.abc import Callable
from typing import Any, Protocol

from nbops.frames import relating as r
from nbops.frames.conditions import Condition
from nbops.frames.pandas_column import Column

__all__ = ["BETWEEN_ROWS", "FAILING", "FrameReader", "correlation"]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt
}  # fmt: skip


BETWEEN_ROWS = (r.OfKeys, r.Repeated, r.OfSequence)
"""The conditions that compare rows with each other, so that it matters which rows there are."""


class FrameReader(Protocol):
    """What judging needs of the reader of a frame."""

    frame: Any

    @property
    def rows(self) -> int:
        """How many rows there are."""

    def kind(self, column: Any) -> str:
        """Return what *column* holds."""

    def column(self, name: Any) -> Column:
        """Return a column and what is known of it."""

    def cell(self, column: str) -> Any:
        """Return the values of *column*."""

    def null(self, column: str) -> Any:
        """Return where *column* is null."""

    def truth(self, result: Any) -> Any:
        """Return where the result of a comparison is true."""


def _null(reader: FrameReader, columns: tuple[str, ...]) -> Any:
    return functools.reduce(operator.or_, [reader.null(column) for column in columns])


def _numpy() -> Any:
    return sys.modules["numpy"]


def ordered(reader: FrameReader, condition: r.Ordered) -> Any:
    """Return where the two columns stand the wrong way."""
    holds = reader.truth(_OPERATORS[condition.operator](reader.cell(condition.left), reader.cell(condition.right)))
    return ~holds & ~_null(reader, condition.columns)


def sums(reader: FrameReader, condition: r.SumsTo) -> Any:
    """Return where the parts do not add up to the total."""
    *parts, total = [_whole(reader, name) for name in condition.columns]
    allowed = condition.tolerance + 1e-9 * abs(total)
    wrong = ~(abs(functools.reduce(operator.add, parts) - total) <= allowed)
    return wrong & ~_null(reader, condition.columns)


def _whole(reader: FrameReader, name: str) -> Any:
    """Return the numbers of a column, 0 where it is null."""
    whole = _numpy().zeros(reader.rows)
    whole[~reader.null(name)] = reader.column(name).numbers
    return whole


def null_together(reader: FrameReader, condition: r.NullTogether) -> Any:
    """Return where some cells are null and others are not."""
    nulls = [reader.null(column) for column in condition.several]
    return functools.reduce(operator.or_, nulls) & ~functools.reduce(operator.and_, nulls)


def any_present(reader: FrameReader, condition: r.AnyPresent) -> Any:
    """Return where all cells are null."""
    return functools.reduce(operator.and_, [reader.null(column) for column in condition.several])


def differ(reader: FrameReader, condition: r.DifferAcross) -> Any:
    """Return where two cells of a row are the same."""
    same = [
        reader.truth(reader.cell(left) == reader.cell(right)) & ~_null(reader, (left, right))
        for left, right in condition.alike(reader.kind)
    ]
    return functools.reduce(operator.or_, same, _numpy().zeros(reader.rows, dtype=bool))


def repeated(reader: FrameReader, condition: r.Repeated) -> Any:
    """Return the rows that stand more than once."""
    keys = reader.frame[list(condition.several)] if condition.several else reader.frame
    odd = [name for name in keys.columns if keys.columns.is_unique and reader.column(name).has_several_nulls]
    keys = keys.copy(deep=False) if odd else keys
    for name in odd:
        keys[name] = keys[name].mask(reader.null(name))
    return keys.duplicated(keep=False).to_numpy()


def unique(reader: FrameReader, condition: r.Unique) -> Any:
    """Return the rows that share their key with another."""
    keys = reader.frame[list(condition.several)]
    return keys.duplicated(keep=False).to_numpy() & ~_null(reader, condition.several)


# ── what the different keys decide ───────────────────────────────────────────────────────────────────────────────────


def of_keys(reader: FrameReader, condition: r.OfKeys) -> Any:
    """Return the rows whose key fails; each different key is judged once."""
    np, pandas = _numpy(), sys.modules["pandas"]
    labels = [f"k{at}" for at in range(len(condition.several))]
    keys = pandas.DataFrame(
        {label: _key(reader, name) for label, name in zip(labels, condition.several, strict=True)},
        index=pandas.RangeIndex(reader.rows),
    )
    codes = keys.groupby(labels, sort=False, observed=True, dropna=True).ngroup().to_numpy()
    codes = np.where(_null(reader, condition.several), -1, np.nan_to_num(codes, nan=-1)).astype("int64")
    first = np.full(int(codes.max(initial=-1)) + 2, -1)
    first[codes[::-1]] = np.arange(reader.rows)[::-1]
    used = np.flatnonzero(first[:-1] >= 0)
    different = keys.iloc[first[used]].reset_index(drop=True)
    different["n"] = np.bincount(codes[codes >= 0], minlength=len(first) - 1)[used]
    is_bad = np.zeros(len(first), dtype=bool)  # the last one is for rows with a null
    if len(different):
        is_bad[used] = condition.bad(different)
    return is_bad[codes]


def _key(reader: FrameReader, name: str) -> Any:
    values = reader.column(name).series
    return values.array if values.dtype != object else values.to_numpy()


# ── the order of the rows ────────────────────────────────────────────────────────────────────────────────────────────


def in_order(reader: FrameReader, condition: r.InOrder) -> Any:
    """Return where the value lies below the one before."""

    def wrong(now: Any, before: Any) -> Any:
        worse = now > before if condition.is_decreasing else now < before
        return worse | (now == before) if condition.is_strict else worse

    return _steps(reader, condition, wrong)


def step_in(reader: FrameReader, condition: r.StepIn) -> Any:
    """Return where the difference to the value before is too small or too large."""

    def wrong(now: Any, before: Any) -> Any:
        step = _difference(now, before)
        failing = step.isna() & False
        if condition.low is not None:
            failing |= step < condition.low
        if condition.high is not None:
            failing |= step > condition.high
        return failing

    return _steps(reader, condition, wrong)


def _difference(now: Any, before: Any) -> Any:
    """Return how far values lie above those before; of moments, in seconds. Whole numbers would wrap around."""
    if getattr(now.dtype, "kind", "O") == "M":
        return (now - before).dt.total_seconds()
    now, before = (each.to_numpy(dtype="float64", na_value=math.nan) for each in (now, before))
    return sys.modules["pandas"].Series(now - before)


def _steps(reader: FrameReader, condition: r.OfSequence, wrong: Callable[[Any, Any], Any]) -> Any:
    np, pandas = _numpy(), sys.modules["pandas"]
    values = _sortable(reader, condition.column, needs_number=isinstance(condition, r.StepIn))
    filled = ~_null(reader, condition.columns)
    places = np.flatnonzero(filled)
    if condition.order:
        by = _sortable(reader, condition.order).iloc[places]
        places = places[by.reset_index(drop=True).sort_values(kind="stable").index.to_numpy()]
    now = values.iloc[places].reset_index(drop=True)
    if condition.by:
        keys = [reader.frame[name].iloc[places].reset_index(drop=True) for name in condition.by]
        before = now.groupby(keys, sort=False, observed=True).shift(1)
    else:
        before = now.shift(1)
    with np.errstate(invalid="ignore"):
        failing = np.asarray(pandas.Series(wrong(now, before)).fillna(False), dtype=bool)
    failing = failing & ~np.asarray(before.isna())
    whole = np.zeros(reader.rows, dtype=bool)
    whole[places] = failing
    return whole


def _sortable(reader: FrameReader, name: str, *, needs_number: bool = False) -> Any:
    column = reader.column(name)
    if column.kind == "time":
        return column.times
    if needs_number:
        _ = column.numbers  # raises what is wrong with them
    if column.is_category:
        return column.series.astype(column.series.dtype.categories.dtype)
    return column.series


# ── one number of two columns ────────────────────────────────────────────────────────────────────────────────────────


def correlation(reader: FrameReader, left: str, right: str) -> float | None:
    """Return the correlation of two columns over the rows where neither is null (Pearson 1896); None without spread."""
    np = _numpy()
    columns = [reader.column(name) for name in (left, right)]
    for column in columns:
        _ = column.numbers  # raises what is wrong with them
    filled = ~_null(reader, (left, right))
    a, b = (_whole(reader, name)[filled] for name in (left, right))
    if len(a) < 2:
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        a, b = a - a.mean(), b - b.mean()
        spread = float((a * a).sum()) * float((b * b).sum())
        return float((a * b).sum()) / float(np.sqrt(spread)) if spread else None


FAILING: dict[type[Condition], Callable[[Any, Any], Any]] = {
    r.Ordered: ordered,
    r.SumsTo: sums,
    r.NullTogether: null_together,
    r.AnyPresent: any_present,
    r.DifferAcross: differ,
    r.Repeated: repeated,
    r.Unique: unique,
    r.KeyIn: of_keys,
    r.Determines: of_keys,
    r.OneSpelling: of_keys,
    r.InTable: of_keys,
    r.KeyCount: of_keys,
    r.InOrder: in_order,
    r.StepIn: step_in,
}
