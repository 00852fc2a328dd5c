"""One column of a pandas frame: its kind, its nulls, its statistics; each computed once, when first asked for.

Nulls are what pandas calls missing, NaN among numbers included, whatever the dtype stores them as.
"""

from __future__ import annotations

import datetime as dt
import math
import sys
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Literal

from nbops.frames.comparing import fitting, moment, refuse_unlike
from nbops.frames.derived import Tally, tally_of
from nbops.frames.texts import count_distinct, is_plain

__all__ = ["Column", "Kind", "on_the_wall", "truncated"]

Kind = Literal["number", "bool", "text", "time", "object"]

_FEW = 4096  # distinct values that are worth keeping with their counts
_SAMPLE = 1000
_KINDS: dict[str, Kind] = {"i": "number", "u": "number", "f": "number", "b": "bool", "M": "time"}
_STORED: dict[str, Kind] = {
    "string": "text", "large_string": "text", "timestamp": "time", "date": "time", "decimal": "number"
}  # fmt: skip
_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "mean": lambda np, values: np.mean(values),
    "median": lambda np, values: np.median(values),
    "std": lambda np, values: np.std(values, ddof=1),
    "skew": lambda np, values: _moment(np, values, 3),
    "kurtosis": lambda np, values: _moment(np, values, 4) - 3,
    "sum_abs": lambda np, values: np.abs(values.astype("float64")).sum(),
    "fractional_sum": lambda np, values: (np.abs(values.astype("float64")) % 1).sum(),
    "zeros": lambda np, values: np.count_nonzero(values == 0),
    "negatives": lambda np, values: np.count_nonzero(values < 0),
}
_LENGTHS = {"min_length": "min", "max_length": "max", "mean_length": "mean"}
_INFERRED: dict[str, Kind] = {
    "string": "text", "date": "time", "datetime": "time", "decimal": "number", "integer": "number", "boolean": "bool",
    "floating": "number", "mixed-integer-float": "number",
}  # fmt: skip
_FLOORS = {"minute": "min", "hour": "h", "day": "D"}
_SPANS = {"week": "W-SUN", "month": "M", "year": "Y"}


class Column:
    """A column and what is known of it.

    Args:
        series: The column; it is not changed, and must not change as long as this is used.
    """

    def __init__(self, series: Any) -> None:
        self._np: Any = sys.modules["numpy"]
        self._pd: Any = sys.modules["pandas"]
        series = self._plainer(series)
        dtype = series.dtype
        self.is_category = isinstance(dtype, self._pd.CategoricalDtype)
        self.series = series
        self.is_plain = isinstance(dtype, self._np.dtype) and dtype.kind in "iufb"

    def _plainer(self, series: Any) -> Any:
        """Return the same values, stored in a way that more can be asked of: not as categories, unless of texts."""
        dtype = series.dtype
        stored = str(getattr(dtype, "pyarrow_dtype", ""))
        if isinstance(dtype, self._pd.CategoricalDtype):
            held = dtype.categories.dtype
            if held.kind == "O" or isinstance(held, self._pd.StringDtype):
                return series
            return series.astype({"i": "Int64", "u": "UInt64", "b": "boolean"}.get(held.kind, held))  # null among them
        if stored.startswith("dictionary"):  # Arrow's way to store categories
            return series.astype(self._pd.ArrowDtype(dtype.pyarrow_dtype.value_type))
        if stored == "string_view":
            texts = series.array.__arrow_array__().cast("large_string")
            return self._pd.Series(self._pd.arrays.ArrowExtensionArray(texts), index=series.index)
        return series

    @cached_property
    def decoded(self) -> Any:
        """The column as a Series of its values, also where it stores categories."""
        return self.series.astype(self.series.dtype.categories.dtype) if self.is_category else self.series

    @cached_property
    def kind(self) -> Kind:
        """What it holds."""
        dtype = self.series.dtype
        if self.is_category:
            return Column(self._pd.Series(dtype.categories)).kind
        if isinstance(dtype, self._pd.StringDtype):
            return "text"
        stored = str(getattr(dtype, "pyarrow_dtype", ""))
        for beginning, kind in _STORED.items():
            if stored.startswith(beginning):
                return kind
        letter = getattr(dtype, "kind", "O")
        if letter == "O":
            return _INFERRED.get(self._pd.api.types.infer_dtype(self.series, skipna=True), "object")
        return _KINDS.get(letter, "object")

    # ── nulls ────────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def null(self) -> Any:
        """Where it is null, as an array of booleans; None where nothing is."""
        if self.is_plain:
            if self.series.dtype.kind != "f":
                return None
            found = self._np.isnan(self.series.to_numpy())
        else:
            found = self._np.asarray(self.series.isna(), dtype=bool)
            if self._is_nullable_float:
                number = self.series.to_numpy(dtype="float64", na_value=math.nan)
                found = found | self._np.isnan(number)
        return found if found.any() else None

    @property
    def _is_nullable_float(self) -> bool:
        return getattr(self.series.dtype, "kind", "") == "f" and not isinstance(self.series.dtype, self._np.dtype)

    @property
    def has_several_nulls(self) -> bool:
        """Whether its nulls may be of several kinds, which pandas tells apart where it compares rows."""
        return (self._is_nullable_float or self.series.dtype == object) and self.null is not None

    @cached_property
    def nulls(self) -> int:
        """How many cells are null."""
        if self.is_plain and self.series.dtype.kind == "f" and len(self.series):
            values = self.series.to_numpy()
            if not math.isnan(values.min()):  # one pass without an array of booleans
                return 0
        return 0 if self.null is None else int(self._np.count_nonzero(self.null))

    @cached_property
    def present(self) -> Any:
        """The cells that are not null, as a Series."""
        return self.series if self.nulls == 0 else self.series[~self.null]

    @cached_property
    def is_plain_text(self) -> bool:
        """Whether all texts are surely of printable ASCII; not looked for where Python itself holds them."""
        return not self.is_category and self.present.dtype != object and is_plain(self.present)

    def spread(self, failing: Any) -> Any:
        """Return verdicts on :attr:`present` as verdicts on all rows: a null does not fail."""
        failing = self._np.asarray(failing, dtype=bool)
        if self.nulls == 0:
            return failing
        whole = self._np.zeros(len(self.series), dtype=bool)
        whole[~self.null] = failing
        return whole

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def numbers(self) -> Any:
        """The cells that are not null, as an array of numbers.

        Raises:
            TypeError: They are no numbers.
        """
        if self.kind not in ("number", "bool"):
            raise TypeError(f"needs numbers, the column holds {self.holds}")
        if self.is_plain:
            return self.series.to_numpy() if self.nulls == 0 else self.series.to_numpy()[~self.null]
        kind = getattr(self.series.dtype, "kind", "O")
        if self.kind == "bool":
            return self.present.to_numpy(dtype=bool)
        if kind in "iu" and not self.is_category:
            return self.present.to_numpy(dtype="uint64" if kind == "u" else "int64")
        return self.present.to_numpy(dtype="float64")

    @cached_property
    def times(self) -> Any:
        """The column as moments that pandas computes with."""
        if self.kind != "time":
            raise TypeError(f"needs dates, the column holds {self.holds}")
        is_native = getattr(self.series.dtype, "kind", "") == "M" and not isinstance(
            self.series.dtype, self._pd.ArrowDtype
        )
        if is_native:
            return self.series
        stored = getattr(self.series.dtype, "pyarrow_dtype", None)
        if str(stored).startswith("timestamp"):  # as exact as it is stored: in nanoseconds, the year 2999 has no place
            zone = getattr(stored, "tz", None)
            unit = getattr(stored, "unit", "us")
            return self.series.astype(self._pd.DatetimeTZDtype(unit, zone) if zone else f"datetime64[{unit}]")
        return self._pd.to_datetime(self.series)

    @property
    def holds(self) -> str:
        """What it holds, in words."""
        words = {"number": "numbers", "bool": "booleans", "text": "text", "time": "dates"}
        return words.get(self.kind, f"{self.series.dtype} values")

    def constant(self, value: Any) -> Any:
        """Return *value* as it compares with the values of this column.

        Raises:
            TypeError: It does not compare with them.
        """
        if value is None:
            return value
        if self.kind != "time":
            refuse_unlike(value, self.kind, self.holds)
            return value
        stamp = self._pd.Timestamp(moment(value))
        zone = getattr(self.times.dtype, "tz", None)
        return stamp.tz_convert(zone) if zone is not None else stamp.tz_convert("UTC").tz_localize(None)

    def fitting(self, values: Iterable[Any]) -> list[Any]:
        """Return those of *values* that can stand in this column at all, as they compare with its own."""
        found = fitting(values, self.kind)
        return found if self.kind != "time" else list(filter(self._has_place, map(self.constant, found)))

    def _has_place(self, stamp: Any) -> bool:
        """Whether a moment can be stored as these are: in nanoseconds, the year 2999 has no place."""
        try:
            stamp.as_unit(self.times.dt.unit)
        except ValueError:  # pandas' OutOfBoundsDatetime is one
            return False
        return True

    # ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────

    def statistic(self, name: str, argument: float | None = None) -> Any:
        """Return one statistic of the cells that are not null; None when there is none of them.

        Raises:
            TypeError: It makes no sense for what the column holds.
        """
        if name in ("nulls", "distinct", "counts", "extremes", "tally"):
            return getattr(self, name)
        if name == "periods":
            return self.periods(str(argument))
        if name in ("min", "max"):
            return self.extremes[name == "max"]
        if len(self.series) == self.nulls:
            return None
        if name in _LENGTHS:
            return self._of_lengths(_LENGTHS[name])
        with self._np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # infinities make NaN, and no news
            return self._of_numbers(name, argument)

    def _of_numbers(self, name: str, argument: float | None) -> Any:
        values = self.numbers
        if name == "sum" and (self.present.dtype == object or "decimal" in str(self.present.dtype)):
            return self.present.sum()  # of decimals, and of numbers of any size, exactly
        if values.dtype.kind == "b":
            values = values.astype("int64")
        if values.dtype.kind == "f":
            values = values.astype("float64", copy=False)  # sums of short floats lose digits, and overflow
        if (name == "std" and len(values) < 2) or (
            name in ("skew", "kurtosis") and self.extremes[0] == self.extremes[1]
        ):
            return None
        if name == "quantile":
            return float(self._np.quantile(values, argument))
        if name == "sum":
            return self._sum(values)
        found = _NUMBERS[name](self._np, values)
        return int(found) if name in ("zeros", "negatives") else float(found)

    def _of_lengths(self, how: str) -> Any:
        if self.kind != "text":
            raise TypeError(f"needs text, the column holds {self.holds}")
        return getattr(self.present.str.len().to_numpy(dtype="int64"), how)().item()

    @cached_property
    def tally(self) -> Tally:
        """What the counts of its different values tell."""
        found = self.present.value_counts(sort=False)
        return tally_of(found.index.tolist(), found.to_numpy().tolist())

    def periods(self, period: str) -> dict[dt.datetime, int]:
        """Return how many moments lie in each *period* that has any, by its first moment."""
        found = truncated(self.times, period).dropna().value_counts(sort=False)
        return dict(zip((stamp.to_pydatetime() for stamp in found.index), found.to_numpy().tolist(), strict=True))

    def _sum(self, values: Any) -> Any:
        return sum(values.tolist()) if self.may_wrap("sum") else values.sum().item()

    def may_wrap(self, name: str) -> bool:
        """Whether the statistic *name* may leave 64 bits: NumPy would wrap around without a word."""
        if name != "sum" or getattr(self.series.dtype, "kind", "O") not in "iu" or self.extremes[0] is None:
            return False
        return bool(max(abs(value) for value in self.extremes) * len(self.series) >= 2**63)

    @cached_property
    def extremes(self) -> tuple[Any, Any]:
        """The smallest and the largest cell; None when there is none."""
        if len(self.series) == self.nulls:
            return None, None
        if self.is_plain:
            values = self.series.to_numpy()
            if self.nulls == 0:
                return values.min().item(), values.max().item()
            return self._np.fmin.reduce(values).item(), self._np.fmax.reduce(values).item()
        if self.kind == "time":
            return self.times.min(), self.times.max()
        if self.is_category:
            used = [value for value, count in (self.counts or {}).items() if count]
            return min(used), max(used)
        least, most = self.present.min(), self.present.max()
        return getattr(least, "item", lambda: least)(), getattr(most, "item", lambda: most)()

    @cached_property
    def distinct(self) -> int:
        """How many different values it has."""
        if self.is_plain and self.nulls == 0 and len(self.series) > 1:
            values = self.series.to_numpy()
            if bool((values[1:] > values[:-1]).all()):  # sorted: much cheaper to see than to count
                return len(values)
        counts = self.counts
        if counts is not None:
            return len(counts)
        return count_distinct(self.present) if self.kind == "text" else int(self.present.nunique())

    @cached_property
    def counts(self) -> dict[Any, int] | None:
        """How often each value occurs; None when there are many different ones, by a sample or by count."""
        present = self.present
        if self.kind == "time":  # dates are written in too many ways to be looked up
            return None
        if self.is_category:
            found = present.value_counts(sort=False)
            return {value: int(count) for value, count in zip(found.index, found.to_numpy(), strict=True) if count}
        step = max(1, len(present) // _SAMPLE)
        sample = present.iloc[::step]
        if len(present) > _FEW and sample.nunique() > len(sample) // 2:
            return None
        found = present.value_counts(sort=False)
        if len(found) > _FEW:
            return None
        return dict(zip(found.index.tolist(), found.to_numpy().tolist(), strict=True))


def _moment(np: Any, values: Any, power: int) -> Any:
    """Return the standardised moment of *values*, biased: the mean of ``((x - mean) / sd) ** power``."""
    away = values.astype("float64")
    away = away - away.mean()
    return np.mean(away**power) / np.mean(away**2) ** (power / 2)


def truncated(times: Any, period: str) -> Any:
    """Return moments, a pandas Series, as the first moment of their *period*: ``minute hour day week month year``.

    A zone is dropped: periods are those of the clock on the wall.
    """
    wall = on_the_wall(times)
    return wall.dt.floor(_FLOORS[period]) if period in _FLOORS else wall.dt.to_period(_SPANS[period]).dt.start_time


def on_the_wall(times: Any) -> Any:
    """Return moments as the clock of their zone shows them, without the zone."""
    return times if getattr(times.dtype, "tz", None) is None else times.dt.tz_localize(None)
