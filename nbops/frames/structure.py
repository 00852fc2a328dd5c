"""What a table is made of, looked at quickly: columns, types, nulls, groups, units, grain, keys.

A large table is looked at in a part of its rows, taken evenly from all over it; nulls are counted in all of them. What
only a computation could tell of a lazy table stays unknown. Of a masked column, and of one that holds persons'
addresses, nothing is kept that was made of its values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbops.frames.masking import is_masked
from nbops.frames.tables import describe, is_frame, library, row_count, shortened
from nbops.frames.units import unit_in
from nbops.records import ColumnSeen, DatasetSeen, encodable

__all__ = ["LOOKED", "SHARES", "names_apart", "seen_in"]

LOOKED = 50_000
"""How many rows are looked at where there are more."""

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Where the quantiles of a column of numbers are."""

_MOST_VALUES = 60
_LONGEST_VALUE = 60
_MOST_SHAPES = 3
_WIDE = 200  # columns; above, less is kept of each
_WIDEST = 5_000
_EAGER = ("pandas", "polars", "pyarrow")
_LEAST_MOMENTS = 3
_KEY_COLUMNS = 6
_LONGEST_KEY = 3
_LEAST_KEY_ROWS = 20
_LEAST_REPEATS = 5
_SECOND = 1_000_000


def seen_in(table: Any, *, at: float, run: str, step: str, name: str, part: int = 0, attempt: int = 1) -> DatasetSeen:
    """Return what *table* is made of, as the record of the step that left it.

    Example:
        >>> import pandas as pd
        >>> found = seen_in(pd.DataFrame({"id": [1, 2], "km": [1.5, None]}), at=0.0, run="", step="load", name="trips")
        >>> [(column.name, column.kind, column.nulls, column.unit) for column in found.columns]
        [('id', 'number', 0, ''), ('km', 'number', 1, 'km')]
    """
    kind = f"{library(table)}.{type(table).__name__}"
    head = DatasetSeen(at, run, step, name, part, attempt, kind)
    is_here = is_frame(table) and library(table) in _EAGER and type(table).__name__ != "LazyFrame"
    if not is_here:
        return replace(head, columns=_declared(name, table), problem=_why_not(name, table))
    rows = row_count(table) or 0
    names = [str(one) for one in (table.columns if library(table) != "pyarrow" else table.schema.names)]
    if len(names) > _WIDEST:
        problem = f"it has {len(names):,} columns: of more than {_WIDEST:,} only names and types are kept"
        return replace(head, rows=rows, columns=_declared(name, table), problem=problem)
    frame, types, nulls = _sampled(table, rows)
    columns, uniques = _columns(frame, names_apart(names), types, nulls, rows)
    keys = _keys(frame, columns, uniques, rows)
    return replace(head, rows=rows, looked=len(frame), columns=columns, keys=keys)


def names_apart(names: Iterable[str]) -> list[str]:
    """Return *names* as text that can be written, each once: a repeated one bears its number.

    Example:
        >>> names_apart(["a", "b", "a"])
        ['a', 'b', 'a (2)']
    """
    found: dict[str, None] = {}
    for name in map(encodable, names):
        numbers = itertools.count(2)
        unique = name
        while unique in found:
            unique = f"{name} ({next(numbers)})"
        found[unique] = None
    return list(found)


def _why_not(name: str, table: Any) -> str:
    if describe(name, table) is None:
        return f"{type(table).__name__} is no table of a library that is known"
    return "the table is lazy: nothing was computed to look at it"


def _declared(name: str, table: Any) -> tuple[ColumnSeen, ...]:
    """Return the columns as far as their names and types are known without a computation."""
    if library(table) == "pandas" or (library(table) == "polars" and type(table).__name__ == "DataFrame"):
        pairs = list(zip(table.columns, table.dtypes, strict=True))
    elif library(table) == "pyarrow":
        pairs = list(zip(table.schema.names, table.schema.types, strict=True))
    else:
        shape = describe(name, table)
        if shape is None or len(shape.column_names) != (shape.columns or 0):
            return ()
        types = shape.column_types or ("",) * len(shape.column_names)
        pairs = list(zip(shape.column_names, types, strict=True))
    names = names_apart(str(one) for one, _ in pairs)
    return tuple(
        ColumnSeen(one, str(kind), unit=unit_in(one), is_masked=is_masked(one))
        for one, (_, kind) in zip(names, pairs, strict=True)
    )


# ── the rows that are looked at ──────────────────────────────────────────────────────────────────────────────────────


def _sampled(table: Any, rows: int) -> tuple[Any, list[str], list[int] | None]:
    """Return the rows that are looked at as a pandas frame, the types of all columns, and their nulls in all rows.

    The nulls are None where all rows are looked at, by which they are counted anyway.
    """
    import numpy as np

    places = np.linspace(0, rows - 1, LOOKED).astype("int64") if rows > LOOKED else None
    found = library(table)
    if found == "pandas":
        types = [str(kind) for kind in table.dtypes]
        if places is None:
            return table, types, None
        return table.iloc[places], types, [_nulls_of(table.iloc[:, at]) for at in range(table.shape[1])]
    if found == "polars":
        counts = list(table.null_count().row(0)) if table.width else []
        nans = [table[:, at].is_nan().sum() or 0 if kind.is_float() else 0 for at, kind in enumerate(table.dtypes)]
        part = table if places is None else table[places.tolist()]
        types = [str(kind) for kind in table.dtypes]
        return _pandas_of(part.to_arrow()), types, [a + b for a, b in zip(counts, nans, strict=True)]
    types = [str(kind) for kind in table.schema.types]
    nulls = [table.column(at).null_count for at in range(table.num_columns)]
    return _pandas_of(table if places is None else table.take(places)), types, nulls


def _pandas_of(table: Any) -> Any:
    """Return an Arrow table as a pandas frame, whatever its columns are called."""
    import pandas

    columns = {at: table.column(at).to_pandas() for at in range(table.num_columns)}
    return pandas.DataFrame(columns)


def _nulls_of(series: Any) -> int:
    from nbops.frames.pandas_column import Column

    return int(Column(series).nulls)


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _columns(
    frame: Any, names: Sequence[str], types: Sequence[str], nulls: Sequence[int] | None, rows: int
) -> tuple[tuple[ColumnSeen, ...], list[str]]:
    """Return the columns, and the names of those in which no value repeats."""
    from nbops.frames.profile.cells import Cells
    from nbops.frames.profile.quick import glance

    found, uniques = [], []
    for at, name in enumerate(names):
        seen = glance(Cells(frame.iloc[:, at]), name, types[at], SHARES)
        found.append(_column(seen, nulls[at] if nulls else seen.profile.nulls, is_wide=len(names) > _WIDE))
        if seen.profile.is_unique and rows >= _LEAST_KEY_ROWS:
            uniques.append(name)
    return tuple(found), uniques


def _column(seen: Any, nulls: int, *, is_wide: bool) -> ColumnSeen:
    from nbops.frames.profile.coding import withheld
    from nbops.frames.semantic import meaning_of

    profile = seen.profile
    meaning = meaning_of(profile).type
    covered = is_masked(profile.name)
    is_private = covered or meaning.is_personal
    kept = withheld(profile)
    values = {} if is_private or not meaning.is_grouping else _values(kept.values.counts, profile.kind)
    text = profile.text
    shapes = sorted(text.shapes, key=lambda one: -text.shapes[one]) if text is not None and not covered else []
    return ColumnSeen(
        name=profile.name,
        type=profile.type,
        kind=profile.kind if profile.filled else "",
        meaning=str(meaning),
        nulls=nulls,
        distinct=profile.values.distinct,
        values=values,
        unit=unit_in(profile.name),
        grain="" if covered else _grain(profile.time),
        quantiles=() if is_private else _quantiles(seen),
        shapes=() if is_wide else tuple(map(encodable, shapes[:_MOST_SHAPES])),
        lengths=(text.shortest, text.longest) if text is not None and text.count and not covered else (),
        sketch=() if is_private or is_wide else seen.sketch,
        is_masked=covered,
    )


def _values(counts: Mapping[Any, int] | None, kind: str) -> dict[str, int]:
    if counts is None or len(counts) > _MOST_VALUES:
        return {}
    return {_value_text(value, kind): rows for value, rows in counts.items()}


def _value_text(value: Any, kind: str) -> str:
    """Return a value as text, the same when a whole number became a float or a truth value a word."""
    if kind == "bool":
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return encodable(shortened(str(value), _LONGEST_VALUE))


def _quantiles(seen: Any) -> tuple[float, ...]:
    scale = _SECOND if seen.profile.time is not None else 1
    found = tuple(float(f"{one / scale:.7g}") for one in seen.quantiles)
    return found if all(map(math.isfinite, found)) else ()


def _grain(time: Any) -> str:
    """Return the longest period of which all moments are the first; empty where they are too few to tell."""
    import datetime as dt

    if time is None or not time.count:
        return ""
    if time.unit != "day" or not time.days:
        return str(time.unit)
    days = [dt.date(1970, 1, 1) + dt.timedelta(days=day) for day in time.days if abs(day) < 700_000]
    if len(days) < _LEAST_MOMENTS:
        return "day"
    if all(day.day == 1 for day in days):
        months = {day.month for day in days}
        return "year" if months == {1} else "quarter" if months <= {1, 4, 7, 10} else "month"
    return "week" if len({day.weekday() for day in days}) == 1 else "day"


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _keys(frame: Any, columns: Sequence[ColumnSeen], uniques: Sequence[str], rows: int) -> tuple[tuple[str, ...], ...]:
    """Return what one row stands for: a column whose values never repeat, else the smallest set of columns.

    A part of the rows cannot tell that no two of all are the same: then only a single column is looked for.
    """
    meant = {column.name: column.meaning for column in columns}
    named = [one for one in uniques if meant[one] in ("key", "id")]
    alone = named or [one for one in uniques if meant[one] in ("code", "date of event", "text", "running total")]
    if alone:
        return tuple((one,) for one in alone[:_LONGEST_KEY])
    if rows < _LEAST_KEY_ROWS or rows > len(frame):
        return ()
    from nbops.frames.semantic import expected_repeats

    places = {column.name: at for at, column in enumerate(columns)}
    able = [c for c in columns if c.nulls == 0 and (c.distinct or 0) > 1 and _may_be_key(c)]
    able = sorted(able, key=lambda c: -(c.distinct or 0))[:_KEY_COLUMNS]
    able = sorted(able, key=lambda c: places[c.name])
    for size in range(2, _LONGEST_KEY + 1):
        for some in itertools.combinations(able, size):
            kinds = math.prod(c.distinct or 0 for c in some)
            if kinds < rows or expected_repeats(rows, kinds) < _LEAST_REPEATS:  # chance would hardly make one
                continue
            if not frame.iloc[:, [places[c.name] for c in some]].duplicated().any():
                return (tuple(c.name for c in some),)
    return ()


def _may_be_key(column: ColumnSeen) -> bool:
    is_number_of_things = column.kind == "number" and "int" in column.type.lower() and (column.distinct or 0) <= _FEW
    return column.meaning in _GROUPS or is_number_of_things


_FEW = 100
_GROUPS = frozenset({"key", "id", "code", "category", "flag", "period", "date of event", "text", "running total"})
