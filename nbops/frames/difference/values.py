"""Cells of one column as arrays that compare at full speed, whatever library and type they come in.

Numbers stay numbers, moments become whole numbers since 1970 in UTC, texts stay in Arrow where they are and are told by
codes where there are few different ones; everything else is compared as it is printed.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from nbops.frames.pandas_column import Column
from nbops.frames.tables import told

__all__ = ["Array", "Values", "as_text", "is_null", "paired", "values_of"]

Array = Any  # a NumPy array; its type says nothing that the name does not

_EXACT = 2**53
_BEYOND = 2**1023  # near where no float lies
_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


@dataclass
class Values:
    """The cells of one column.

    Args:
        kind: What they are: ``number``, ``bool``, ``text``, ``time`` or ``object``.
        data: The cells: numbers; whole numbers for moments; an Arrow array, or an array of objects, for texts.
        null: Where they are null; None where nothing is, and for floats, whose NaN tells it.
        unit: The unit of moments.
        zone: The time zone of moments; empty for none.
    """

    kind: str
    data: Any
    null: Array | None = None
    unit: str = ""
    zone: str = ""

    def __len__(self) -> int:
        return len(self.data)

    @functools.cached_property
    def nulls(self) -> Array:
        """Where they are null, as an array of booleans."""
        if self.null is not None:
            return self.null
        if self.is_arrow:
            return np.asarray(self.data.is_null()) if self.data.null_count else np.zeros(len(self), dtype=bool)
        if self.data.dtype.kind == "f":
            return np.isnan(self.data)
        return np.zeros(len(self), dtype=bool)

    @property
    def is_arrow(self) -> bool:
        """Whether Arrow holds them."""
        return not isinstance(self.data, np.ndarray)

    def take(self, rows: Array) -> Values:
        """Return the cells of *rows*, which are positions."""
        if self.is_arrow:
            import pyarrow

            return Values(self.kind, self.data.take(pyarrow.array(rows)), None, self.unit, self.zone)
        null = None if self.null is None else self.null[rows]
        return Values(self.kind, self.data[rows], null, self.unit, self.zone)

    def objects(self) -> Array:
        """Return the cells as an array of Python objects: None for null, moments as ``datetime64``."""
        if self.is_arrow:
            return np.asarray(self.data.to_numpy(zero_copy_only=False), dtype=object)
        if self.kind == "time":
            found = self.data.astype(f"datetime64[{self.unit}]").astype(object)
        else:
            found = self.data.astype(object)
        found = found.copy() if found is self.data else found
        found[self.nulls] = None
        return found

    @property
    def per_day(self) -> int:
        """How many units of its moments a day has."""
        return _PER_DAY[self.unit]


def values_of(series: Any) -> Values:
    """Return the cells of a pandas Series."""
    column = Column(series)
    kind: str = column.kind
    if column.is_plain:
        return Values(kind, series.to_numpy())
    if column.is_category:
        return values_of(series.astype(series.dtype.categories.dtype))
    if kind == "text":
        return _texts(series)
    try:
        return (
            _times(column.times) if kind == "time" else _numbers(series, kind) if kind != "object" else _printed(series)
        )
    except (ValueError, TypeError, OverflowError):  # of many kinds, with and without a zone, beyond what has a place
        return _printed(series)


def _numbers(series: Any, kind: str) -> Values:
    null = np.asarray(series.isna(), dtype=bool)
    letter = getattr(series.dtype, "kind", "O")
    if kind == "bool":
        data = series.to_numpy(dtype=object)
        return Values(kind, np.where(null, False, data).astype(bool), null if null.any() else None)
    if letter in "iu":
        wanted = "uint64" if letter == "u" else "int64"
        return Values(kind, series.to_numpy(dtype=wanted, na_value=0), null if null.any() else None)
    if letter == "O":
        if any(_loses_digits(value) for value in series[~null].tolist()):
            return _printed(series)
        series = series.where(~null, np.nan) if null.any() else series
    return Values(kind, series.to_numpy(dtype="float64", na_value=np.nan))


def _loses_digits(value: Any) -> bool:
    """Whether a float would be another number: so whole numbers and decimals of many digits are compared as text."""
    if isinstance(value, int):
        return abs(value) > _EXACT and (abs(value) >= _BEYOND or int(float(value)) != value)
    return isinstance(value, Decimal) and value.is_finite() and Decimal(repr(float(value))) != value


def _times(times: Any) -> Values:
    zone = getattr(times.dtype, "tz", None)
    if zone is not None:
        times = times.dt.tz_convert("UTC").dt.tz_localize(None)
    data = times.to_numpy()
    unit = np.datetime_data(data.dtype)[0]
    if unit not in _PER_DAY:
        data, unit = data.astype("datetime64[s]"), "s"
    null = np.isnat(data)
    return Values("time", data.view("int64"), null if null.any() else None, unit, str(zone or ""))


def _texts(series: Any) -> Values:
    make = getattr(series.array, "__arrow_array__", None)
    if make is None or series.dtype == object or getattr(series.dtype, "storage", "") == "python":
        values = series.to_numpy(dtype=object)
        null = np.asarray(series.isna(), dtype=bool)
        if null.any():
            values = values.copy()
            values[null] = None
        return Values("text", values, null if null.any() else None)
    import pyarrow

    found = make()
    if isinstance(found, pyarrow.ChunkedArray):
        found = found.combine_chunks() if found.num_chunks != 1 else found.chunk(0)
    if pyarrow.types.is_dictionary(found.type):
        found = found.cast(found.type.value_type)
    return Values("text", found.cast(pyarrow.large_string()) if found.type != pyarrow.large_string() else found)


def _printed(series: Any) -> Values:
    """Return cells that no array holds: lists, records, a mix of kinds; as they are printed."""
    null = np.array([is_null(value) for value in series.tolist()], dtype=bool)
    data = np.empty(len(series), dtype=object)
    data[:] = [None if gone else told(value, _whole_text) for value, gone in zip(series.tolist(), null, strict=True)]
    return Values("object", data, null if null.any() else None)


def _whole_text(value: Any) -> str:
    """Return a cell as text that leaves nothing out: NumPy prints long arrays in part, and eight digits of each number.

    Example:
        >>> _whole_text(np.array([1.0, 0.1 + 0.2])), _whole_text(Decimal("1.10")), _whole_text(10**20)
        ('[1.0, 0.30000000000000004]', '1.1', '100000000000000000000')
    """
    if isinstance(value, Decimal) and value.is_finite():
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text) if value else "0"
    if isinstance(value, float):
        return _number_text(value)
    return str(_as_list(value))


def _as_list(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list):
        return [_as_list(one) for one in value]
    return {name: _as_list(one) for name, one in value.items()} if type(value) is dict else value


def is_null(value: Any) -> bool:
    """Whether a cell of any type is null; a list of nulls is none."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")


# ── two columns that are to be compared ──────────────────────────────────────────────────────────────────────────────


def paired(before: Values, after: Values) -> tuple[Values, Values]:
    """Return two columns so that their cells compare with each other: numbers with numbers, moments in one unit."""
    before, after = _as_empty(before, after), _as_empty(after, before)
    kinds = {before.kind, after.kind}
    if kinds <= {"number", "bool"}:
        return (before, after) if len(kinds) == 1 else (_as_number(before), _as_number(after))
    if kinds == {"time"}:
        return _one_unit(before, after)
    if kinds == {"text"}:
        return _one_store(before, after)
    if len(kinds) == 2 and "text" in kinds and not kinds & {"object"}:
        other = next(iter(kinds - {"text"}))
        read = [one if one.kind == other else _parsed(one, other) for one in (before, after)]
        if read[0] is not None and read[1] is not None:
            return paired(read[0], read[1])
    first, second = _one_store(as_text(before), as_text(after))
    if "object" in kinds:
        first.kind = second.kind = "object"
    return first, second


def _as_empty(values: Values, other: Values) -> Values:
    """Return a column of nulls alone as one of the kind of *other*: its own type tells nothing."""
    if values.kind != "object" or not values.nulls.all():
        return values
    kind = "text" if other.kind == "object" else other.kind
    data: Array = np.zeros(len(values), dtype="bool" if kind == "bool" else "int64")
    if kind == "text":
        data = np.full(len(values), None, dtype=object)
    elif kind == "number":
        data = np.full(len(values), np.nan)
    return Values(kind, data, values.nulls, other.unit if kind == "time" else "")


def _as_number(values: Values) -> Values:
    return Values("number", values.data.astype("int8") if values.kind == "bool" else values.data, values.null)


def _one_unit(before: Values, after: Values) -> tuple[Values, Values]:
    order = list(_PER_DAY)
    unit = max(before.unit, after.unit, key=order.index)
    return _in_unit(before, unit), _in_unit(after, unit)


def _in_unit(values: Values, unit: str) -> Values:
    if values.unit == unit:
        return values
    factor = _PER_DAY[unit] // _PER_DAY[values.unit]
    return Values("time", np.where(values.nulls, values.data, values.data * factor), values.null, unit, values.zone)


def _one_store(before: Values, after: Values) -> tuple[Values, Values]:
    if before.is_arrow == after.is_arrow:
        return before, after
    import pyarrow

    try:
        kept = [
            one if one.is_arrow else Values("text", pyarrow.array(one.data, pyarrow.large_string()))
            for one in (before, after)
        ]
    except (UnicodeEncodeError, pyarrow.ArrowInvalid):  # half a surrogate pair, which Arrow does not hold
        kept = [Values("text", one.objects(), one.nulls) for one in (before, after)]
    return kept[0], kept[1]


def _parsed(values: Values, kind: str) -> Values | None:
    """Return texts read as *kind*; None when one of them does not say such a thing."""
    import pandas

    texts = pandas.Series(values.objects(), dtype=object)
    present = texts[texts.notna()]
    if kind == "bool":
        words = {"true": True, "false": False, "1": True, "0": False}
        read = present.str.strip().str.lower().map(words)
    elif kind == "number":
        read = pandas.to_numeric(present, errors="coerce")
    else:
        read = pandas.to_datetime(present, errors="coerce", format="ISO8601", utc=True)
    if len(present) and read.isna().any():
        return None
    if kind == "time":
        return _times(read.reindex(texts.index).dt.tz_localize(None)) if len(present) else None
    whole = read.reindex(texts.index)
    return _numbers(whole, "bool" if kind == "bool" else "number") if len(present) else None


def as_text(values: Values) -> Values:
    """Return cells as people would write them: ``3`` for 3.0, ISO 8601 for moments."""
    if values.kind in ("text", "object"):
        return Values("text", values.data, values.null)
    found = values.objects()
    if values.kind == "number":
        text = [None if v is None else _number_text(v) for v in found.tolist()]
    elif values.kind == "bool":
        text = [None if v is None else str(bool(v)).lower() for v in found.tolist()]
    else:
        text = [None if gone else str(v) for v, gone in _moments(values)]
    data = np.array(text, dtype=object)
    null = values.nulls
    return Values("text", data, null if null.any() else None)


def _moments(values: Values) -> list[tuple[str, bool]]:
    moments = values.data.astype(f"datetime64[{values.unit}]")
    whole = np.datetime_as_string(moments, unit="auto") if len(moments) else []
    return list(zip(map(str, whole), values.nulls.tolist(), strict=True))


def _number_text(value: float) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return repr(value)
