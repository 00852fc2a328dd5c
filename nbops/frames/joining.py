"""Joining two tables of one library, with the matches of their keys counted before anything is joined.

What a null in a key means is left to the library: pandas matches it with every other null, all others with none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nbops.errors import UsageError
from nbops.frames.columns import refuse_unknown, without_level_names
from nbops.frames.reading import through_narwhals
from nbops.frames.selecting import snapshot
from nbops.frames.tables import is_frame, kind_of, library

__all__ = ["HOW", "Keys", "Matches", "joined", "keys_of", "matches", "repeated_keys"]

HOW = ("inner", "left", "right", "outer")
"""The ways to join; ``full`` is another word for ``outer``."""

_LEFT, _RIGHT = "__nbops_left__", "__nbops_right__"
_KEY = "__nbops_key_{}__"


@dataclass(frozen=True, slots=True)
class Keys:
    """The columns that two tables are joined by, and whether one of them is lazy."""

    left: tuple[Any, ...]
    right: tuple[Any, ...]
    is_lazy: bool


@dataclass(frozen=True, slots=True)
class Matches:
    """How the keys of two tables match.

    Args:
        left_rows: How many rows the left table has.
        right_rows: How many the right one has.
        pairs: How many pairs of rows match.
        left_alone: How many rows of the left table match none.
        right_alone: How many of the right table match none.
        left_repeated: How many rows of the left table have a key that stands in another of its rows, too.
        right_repeated: The same of the right table.
        left_null: How many rows of the left table have a null in their key.
        right_null: The same of the right table.
        left_others: Returns the rows of the left table that match none; None for lazy tables.
        right_others: The same of the right table.
    """

    left_rows: int
    right_rows: int
    pairs: int
    left_alone: int
    right_alone: int
    left_repeated: int
    right_repeated: int
    left_null: int
    right_null: int
    left_others: Callable[[], Any] | None = None
    right_others: Callable[[], Any] | None = None

    @property
    def more(self) -> int:
        """How many rows there are more because rows of the left table match several of the right one."""
        return self.pairs - (self.left_rows - self.left_alone)


def keys_of(left: Any, right: Any, on: Any, left_on: Any, right_on: Any) -> Keys:
    """Return the columns to join by.

    Raises:
        UsageError: One of them is no table, they are of different libraries, or a column is missing or not named.
    """
    for table in (left, right):
        if not is_frame(table):
            raise UsageError(f"{kind_of(table)} is no table", where="join", fix="join(flights, weather, on='origin')")
    lazy = [type(table).__name__ == "LazyFrame" for table in (left, right)]
    if library(left) != library(right) or lazy[0] != lazy[1]:
        what = f"{kind_of(left)} of {library(left)} and {kind_of(right)} of {library(right)} cannot be joined"
        raise UsageError(what, where="join", fix="bring both to one library, and collect a lazy one")
    if (on is None) == (left_on is None and right_on is None) or (left_on is None) != (right_on is None):
        raise UsageError("join needs its columns", where="join", fix="on='id', or left_on='id' and right_on='order_id'")
    sides = [_listed(on if on is not None else side) for side in (left_on, right_on)]
    if len(sides[0]) != len(sides[1]) or not sides[0]:
        raise UsageError(f"{len(sides[0])} columns on the left, {len(sides[1])} on the right", where="join")
    for table, names in ((left, sides[0]), (right, sides[1])):
        refuse_unknown(table, names, "join")
    return Keys(sides[0], sides[1], _is_lazy(left))


def _listed(names: Any) -> tuple[Any, ...]:
    return tuple(names) if isinstance(names, (list, tuple)) else (names,)


def _is_lazy(table: Any) -> bool:
    import narwhals.stable.v2 as nw

    return library(table) != "pandas" and isinstance(through_narwhals(table), nw.LazyFrame)


# ── joining ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def joined(left: Any, right: Any, keys: Keys, how: str, suffix: str) -> Any:
    """Return the join of two tables; columns of the right one that the left one has, too, bear *suffix*.

    Raises:
        UsageError: The library has no such join, or cannot compare the keys.
    """
    if library(left) not in ("pandas", "polars") and how not in ("inner", "left"):
        what = f"a join of {library(left)} is inner or left here, not {how}"
        raise UsageError(what, where="join", fix="join(right, left, how='left')")
    try:
        return _joined(left, right, keys, how, suffix)
    except MemoryError:
        raise
    except Exception as error:
        raise _cannot_join(left, right, keys, error) from error


def _cannot_join(left: Any, right: Any, keys: Keys, error: Exception) -> UsageError:
    """Return the error that says why tables cannot be joined, by the types of their keys where these are the cause."""
    found, text = library(left), str(error)
    hints = {"unhashable": "join by columns of numbers, texts or times", "uffix": "another suffix='_of_right'"}
    fix = next((hint for mark, hint in hints.items() if mark in text), "")
    kinds = [_kinds(table, names) for table, names in ((left, keys.left), (right, keys.right))]
    pairs = [(name, own, other) for name, own, other in zip(keys.left, *kinds, strict=True) if own != other]
    if fix or not pairs:
        return UsageError(f"{found} cannot join these tables: {text}", where="join", fix=fix or "cast one side before")
    name, own, other = pairs[0]
    what = f"{name!r} is {own} on the left and {other} on the right: {found} does not compare them"
    return UsageError(what, where="join", fix="cast the column of one side before")


def _kinds(table: Any, names: Sequence[Any]) -> list[str]:
    schema = dict(table.dtypes) if library(table) == "pandas" else through_narwhals(table).collect_schema()
    return [str(schema[name]) for name in names]


def _joined(left: Any, right: Any, keys: Keys, how: str, suffix: str) -> Any:
    found = library(left)
    on = {"left_on": list(keys.left), "right_on": list(keys.right)}
    if keys.left == keys.right:
        on = {"on": list(keys.left)}
    if found == "pandas":
        if not len(left) and not len(right):
            how = "inner"  # an outer join of two empty tables by texts raises in some versions; the result is the same
        left, right = without_level_names(left, keys.left), without_level_names(right, keys.right)
        return left.merge(right, how=how, suffixes=("", suffix), **on)
    if found == "polars":
        options = {"coalesce": True} if how in ("outer", "right") else {}
        return left.join(right, how="full" if how == "outer" else how, suffix=suffix, **on, **options)
    return through_narwhals(left).join(through_narwhals(right), how=how, suffix=suffix, **on).to_native()


# ── counting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def matches(left: Any, right: Any, keys: Keys) -> Matches:
    """Return how the keys of two tables match; lazy tables are read once for it.

    Raises:
        UsageError: A column holds numbers on one side and texts on the other, so that nothing can match; or their
            library cannot compare the keys.
    """
    try:
        return _pandas(left, right, keys) if library(left) == "pandas" else _portable(left, right, keys)
    except (MemoryError, UsageError):
        raise
    except Exception as error:
        raise _cannot_join(left, right, keys, error) from error


def _pandas(left: Any, right: Any, keys: Keys) -> Matches:
    numpy = sys.modules["numpy"]
    codes = _codes(left, right, keys)
    own, other = codes[: len(left)], codes[len(left) :]
    groups = int(codes.max()) + 1 if len(codes) else 0
    on_left, on_right = (numpy.bincount(side, minlength=groups) for side in (own, other))
    no_right, no_left = on_right[own] == 0, on_left[other] == 0
    held_left, held_right = snapshot(left), snapshot(right)
    return Matches(
        len(left),
        len(right),
        int(on_right[own].sum()),
        int(numpy.count_nonzero(no_right)),
        int(numpy.count_nonzero(no_left)),
        int(on_left[on_left > 1].sum()),
        int(on_right[on_right > 1].sum()),
        int(_nulls(left, keys.left).sum()),
        int(_nulls(right, keys.right).sum()),
        lambda: held_left[no_right],
        lambda: held_right[no_left],
    )


def _nulls(table: Any, names: Sequence[Any]) -> Any:
    return table[list(names)].isna().to_numpy().any(axis=1)


def _codes(left: Any, right: Any, keys: Keys) -> Any:
    """Return a number for each row of *left* and then of *right*, equal where the keys are equal."""
    pandas = sys.modules["pandas"]
    columns = [_together(left[a], right[b]) for a, b in zip(keys.left, keys.right, strict=True)]
    if len(columns) == 1:
        return pandas.factorize(columns[0], use_na_sentinel=False)[0]
    frame = pandas.DataFrame({_KEY.format(at): column for at, column in enumerate(columns)})
    return frame.groupby(list(frame.columns), dropna=False, sort=False, observed=True).ngroup().to_numpy()


def _together(left: Any, right: Any) -> Any:
    pandas = sys.modules["pandas"]
    kinds = [pandas.api.types.infer_dtype(column, skipna=True) for column in (left, right)]
    for column, kind, other in ((left, kinds[0], right), (right, kinds[1], left)):
        if kind == "string" and pandas.api.types.is_numeric_dtype(other) and len(other):
            name, there = column.name, other.dtype
            what = f"{name!r} holds texts on one side and {there} on the other: nothing can match"
            raise UsageError(what, where="join", fix=f"cast one side first: cast(table, {{{name!r}: 'int'}})")
    if {left.dtype.kind, right.dtype.kind} == {"i", "u"}:  # together they would be floats, which lose digits
        left, right = left.astype(object), right.astype(object)
    return pandas.concat([left, right], ignore_index=True)


def _portable(left: Any, right: Any, keys: Keys) -> Matches:
    import narwhals.stable.v2 as nw

    frames = [_keyed(through_narwhals(table), names) for table, names in ((left, keys.left), (right, keys.right))]
    names = [_KEY.format(at) for at in range(len(keys.left))]
    filled = [frame.drop_nulls(names) for frame in frames]
    counts = [
        frame.group_by(names).agg(nw.len().alias(label)).with_columns(nw.col(label).cast(nw.Int64))
        for frame, label in zip(filled, (_LEFT, _RIGHT), strict=True)
    ]
    both = counts[0].join(counts[1], on=names, how="inner")
    own, other = nw.col(_LEFT), nw.col(_RIGHT)
    pairs, left_found, right_found = _numbers(both.select((own * other).sum().alias("p"), own.sum(), other.sum()))
    rows = [_numbers(frame.select(nw.len().alias("n")))[0] for frame in frames]
    present = [_numbers(frame.select(nw.len().alias("n")))[0] for frame in filled]
    repeated = [
        _numbers(count.filter(nw.col(label) > 1).select(nw.col(label).sum()))[0]
        for count, label in zip(counts, (_LEFT, _RIGHT), strict=True)
    ]
    return Matches(
        rows[0],
        rows[1],
        pairs,
        rows[0] - left_found,
        rows[1] - right_found,
        repeated[0],
        repeated[1],
        rows[0] - present[0],
        rows[1] - present[1],
        None if keys.is_lazy else lambda: _without(left, right, keys.left, keys.right),
        None if keys.is_lazy else lambda: _without(right, left, keys.right, keys.left),
    )


def _keyed(frame: Any, names: Sequence[Any]) -> Any:
    import narwhals.stable.v2 as nw

    return frame.select(*[nw.col(name).alias(_KEY.format(at)) for at, name in enumerate(names)])


def _numbers(frame: Any) -> list[int]:
    import narwhals.stable.v2 as nw

    row = frame.collect() if isinstance(frame, nw.LazyFrame) else frame
    return [int(value or 0) for value in row.row(0)]


def _without(table: Any, other: Any, names: Sequence[Any], others: Sequence[Any]) -> Any:
    frame, keys = through_narwhals(table), _keyed(through_narwhals(other), others).unique()
    on = [_KEY.format(at) for at in range(len(names))]
    return frame.join(keys, left_on=list(names), right_on=on, how="anti").to_native()


def repeated_keys(table: Any, names: Sequence[Any], limit: int = 5) -> Any:
    """Return the first rows of *table* whose key stands in several of its rows, those of one key together.

    Args:
        table: An eager table.
        names: The columns of the key.
        limit: How many rows at most.
    """
    listed = list(names)
    if library(table) == "pandas":
        found = table[table.duplicated(listed, keep=False).to_numpy()]
        return found.sort_values(listed, kind="stable", key=lambda column: column.astype(str)).head(limit)
    import narwhals.stable.v2 as nw

    frame = through_narwhals(table)
    keys = frame.drop_nulls(listed).group_by(listed).agg(nw.len().alias(_LEFT)).filter(nw.col(_LEFT) > 1)
    found = frame.join(keys.select(listed).head(limit), on=listed, how="inner").sort(listed).head(limit)
    return (found.collect() if isinstance(found, nw.LazyFrame) else found).to_native()
