"""One delivery of a table, read once: columns as numbers, dates or texts, and a hash for every value.

Whatever a column holds, it is read without raising: what does not fit the kind that was learnt is counted as bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from nbops.rules.verdict.dates import Floats, parse_dates, seconds_of

__all__ = ["Column", "Delivery", "Floats", "Hashes", "among", "distinct", "mid_ranks"]

Hashes = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Values = TypeVar("Values", Floats, Hashes)

_DAY = 86400.0
_NULL_HASH = np.uint64(0x9E3779B97F4A7C15)


@dataclass
class Column:
    """A column as one kind: its cells as numbers (seconds for dates), or as codes of distinct texts.

    Args:
        name: The column's name.
        kind: ``number``, ``date`` or ``text``.
        missing: Which cells are null.
        values: The cells as numbers, NaN where null or bad; for dates seconds since 1970.
        codes: For each cell the place of its text in *texts*, -1 where null.
        texts: The distinct texts, in the order in which they come.
        bad: How many cells that are not null do not fit the kind.
    """

    name: str
    kind: str
    missing: Flags
    values: Floats | None = None
    codes: Codes | None = None
    texts: list[str] = field(default_factory=list)
    bad: int = 0

    @cached_property
    def present(self) -> Floats:
        """The numbers that are there, in the order of the file."""
        assert self.values is not None
        return self.values[np.isfinite(self.values)]

    @cached_property
    def sorted(self) -> Floats:
        """The numbers that are there, sorted."""
        return np.sort(self.present)

    @cached_property
    def cells(self) -> Hashes:
        """A hash for every cell."""
        if self.codes is not None:
            return np.append(self.hashes, _NULL_HASH)[self.codes]
        assert self.values is not None
        made: Hashes = pd.util.hash_array(self.values + 0.0, categorize=False)
        return np.where(np.isfinite(self.values), made, _NULL_HASH)

    @cached_property
    def hashes(self) -> Hashes:
        """A hash for every distinct value: of the texts in their order, of numbers sorted by hash."""
        if self.codes is not None:
            if not self.texts:
                return np.empty(0, np.uint64)
            made: Hashes = pd.util.hash_array(np.array(self.texts, dtype=object), categorize=False)
            return made
        return self._distinct[0]

    @cached_property
    def counts(self) -> Codes:
        """How often each value of *hashes* comes."""
        if self.codes is not None:
            return np.bincount(self.codes[self.codes >= 0], minlength=len(self.texts)).astype(np.int64)
        return self._distinct[1]

    @cached_property
    def _distinct(self) -> tuple[Hashes, Codes]:
        found, counts = self.steps
        made = pd.util.hash_array(found + 0.0, categorize=False)
        order = np.argsort(made)
        return made[order], counts[order]

    @cached_property
    def steps(self) -> tuple[Floats, Codes]:
        """The distinct numbers, sorted, and how often each comes."""
        ordered = self.sorted
        starts = np.flatnonzero(np.append(len(ordered) > 0, ordered[1:] != ordered[:-1]))
        return ordered[starts], np.diff(np.append(starts, len(ordered))).astype(np.int64)

    @cached_property
    def clumping(self) -> float:
        """By what factor sampling errors grow because neighbouring rows are alike: √((1+ρ)/(1-ρ)).

        ρ is the agreement of neighbours beyond chance. A column by which the file is sorted is not clumped.
        """
        if self.codes is not None:
            return _clumped_codes(self.codes[self.codes >= 0][:20_000], len(self.texts))
        return clumped_numbers(self.present[:20_000])

    @property
    def filled(self) -> int:
        """How many cells hold a value that fits the kind."""
        return len(self.present) if self.values is not None else int((~self.missing).sum())


_MOST_CLUMPED = 5.0


def _inflation(agreement: float) -> float:
    rho = min(max(agreement, 0.0), 0.99)
    return min(_MOST_CLUMPED, float(np.sqrt((1.0 + rho) / (1.0 - rho))))


def _clumped_codes(codes: Codes, distinct: int) -> float:
    n = len(codes)
    if n < 20 or distinct < 2:
        return 1.0
    changes = int((codes[1:] != codes[:-1]).sum())
    if changes < 1.5 * distinct:  # sorted, or nearly
        return 1.0
    chance = float(((np.bincount(codes) / n) ** 2).sum())
    return _inflation((1.0 - changes / (n - 1) - chance) / max(1.0 - chance, 1e-9))


def clumped_numbers(values: Floats) -> float:
    """Return by what factor sampling errors grow because neighbours are alike; 1 for few or sorted values."""
    n = len(values)
    if n < 20:
        return 1.0
    steps = np.sign(np.diff(values))
    if max((steps >= 0).mean(), (steps <= 0).mean()) > 0.95 and (steps != 0).mean() > 0.02:  # sorted
        return 1.0
    ordered = mid_ranks(values)
    centred = ordered - ordered.mean()
    size = float((centred * centred).sum())  # a sum: threads of a BLAS cost more than they bring here
    return _inflation(float((centred[1:] * centred[:-1]).sum()) / size) if size else 1.0


def mid_ranks(values: Floats) -> Floats:
    """Return the ranks of values from 0 on, the mean of them where values are equal.

    Example:
        >>> mid_ranks(np.array([3.0, 1.0, 3.0])).tolist()
        [1.5, 0.0, 1.5]
    """
    order = np.argsort(values)
    ordered = values[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])) if len(order) else order
    counts = np.diff(np.append(starts, len(order)))
    found = np.empty(len(order))
    found[order] = np.repeat(starts + (counts - 1) / 2.0, counts)
    return found


def distinct(values: Values) -> Values:
    """Return the distinct values, sorted; sorting is several times faster than the library's table of hashes."""
    ordered = np.sort(values)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def among(hashes: Hashes, ordered: Hashes) -> Flags:
    """Return which hashes stand in a sorted list of them.

    Example:
        >>> among(np.array([3, 4], np.uint64), np.array([1, 3], np.uint64)).tolist()
        [True, False]
    """
    if not len(ordered):
        return np.zeros(len(hashes), bool)
    places = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    found: Flags = ordered[places] == hashes
    return found


class Delivery:
    """A delivery, its columns read as the kinds that were learnt, or as they look.

    Args:
        frame: The table; of pandas, or of what can make one of it.
        kinds: The kind of each column, where learnt; a date kept as text as ``date:FORMAT``.
    """

    def __init__(self, frame: Any, kinds: Mapping[str, str] | None = None) -> None:
        frame = self.frame(frame)
        self.rows = len(frame)
        self.names = [str(name) for name in frame.columns]
        self.columns: dict[str, Column] = {}
        self.dates: dict[str, Column] = {}
        for place, name in enumerate(self.names):
            if name not in self.columns:
                self._read(name, frame.iloc[:, place], (kinds or {}).get(name, ""))

    @staticmethod
    def frame(table: Any) -> pd.DataFrame:
        """Return the table as a frame of pandas."""
        return _as_pandas(table)

    def _read(self, name: str, series: pd.Series, kind: str) -> None:
        base, _, form = kind.partition(":")
        if form and look(series) == "date":  # read as dates before it came here: the same as the text was
            series = series.dt.strftime(form)
        self.columns[name] = _column(name, series, "text" if form else base)
        if form:
            self.dates[name] = _text_dates(self.columns[name], form)
        elif self.columns[name].kind == "date":
            self.dates[name] = self.columns[name]

    def of_kind(self, kind: str) -> list[Column]:
        """Return the columns of a kind, in the table's order."""
        return [column for column in self.columns.values() if column.kind == kind]

    @cached_property
    def row_hashes(self) -> Hashes:
        """One hash for each row: a sum over its columns, so that a column can be taken out again."""
        total = np.zeros(self.rows, np.uint64)
        for name, column in self.columns.items():
            total += scattered(column.cells, name)
        return total

    @cached_property
    def distinct_rows(self) -> Hashes:
        """The hashes of the distinct rows, sorted."""
        return distinct(self.row_hashes)

    def key(self, names: tuple[str, ...]) -> Hashes:
        """Return a hash for the cells of *names* in each row."""
        total = np.zeros(self.rows, np.uint64)
        for name in names:
            total += scattered(self.columns[name].cells, name)
        return total


def scattered(cells: Hashes, name: str) -> Hashes:
    """Return the hashes mixed with the column's name, so that equal values of two columns do not cancel out."""
    salt = pd.util.hash_array(np.array([name], dtype=object), categorize=False)[0] | np.uint64(1)
    mixed = (cells ^ salt) * np.uint64(0xBF58476D1CE4E5B9)
    found: Hashes = mixed ^ (mixed >> np.uint64(31))
    return found


def _as_pandas(frame: Any) -> pd.DataFrame:
    if isinstance(frame, pd.DataFrame):
        return frame
    import narwhals.stable.v2 as nw

    made = nw.from_native(frame)
    if isinstance(made, nw.LazyFrame):
        made = made.collect()
    return made.to_pandas()


def look(series: pd.Series) -> str:
    """Return the kind that a column looks like: ``number``, ``date``, ``text``; empty when all is null."""
    kind = series.dtype.kind if isinstance(series.dtype, np.dtype) else "O"
    if pd.api.types.is_bool_dtype(series.dtype):
        return "text"
    if pd.api.types.is_numeric_dtype(series.dtype) and kind != "c":
        return "number" if series.notna().any() else ""
    if pd.api.types.is_datetime64_any_dtype(series.dtype):
        return "date" if series.notna().any() else ""
    return "text" if series.notna().any() else ""


def _column(name: str, series: pd.Series, kind: str) -> Column:
    seen = look(series)
    missing = series.isna().to_numpy(dtype=bool)
    kind = kind or seen or "text"
    if kind == "number":
        return _numbers(name, series, missing, seen)
    if kind == "date":
        return _dates(name, series, missing, seen)
    return _texts(name, series, missing, seen)


def _numbers(name: str, series: pd.Series, missing: Flags, seen: str) -> Column:
    if seen == "date":
        return Column(name, "number", missing, np.full(len(series), np.nan), bad=int((~missing).sum()))
    made = series if seen == "number" else pd.to_numeric(series.astype(object), errors="coerce")
    values = made.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = int((np.isnan(values) & ~missing).sum())
    return Column(name, "number", missing, values, bad=bad)


def _dates(name: str, series: pd.Series, missing: Flags, seen: str) -> Column:
    if seen != "date":
        values = np.full(len(series), np.nan)
        if seen == "text":
            made = pd.to_datetime(series.astype(str), errors="coerce", format="ISO8601", utc=True).dt.tz_localize(None)
            values = seconds_of(made)
            values[missing] = np.nan
        return Column(name, "date", missing, values, bad=int((~missing).sum()))
    return Column(name, "date", missing, seconds_of(series))


def _texts(name: str, series: pd.Series, missing: Flags, seen: str) -> Column:
    if series.dtype == object:
        series = series.where(series.isna(), series.map(_as_text))
    codes, found = pd.factorize(series)
    texts = _clean(list(found.to_numpy(dtype=object) if hasattr(found, "to_numpy") else found))
    bad = int((~missing).sum()) if seen not in ("text", "") else 0
    return Column(name, "text", missing, codes=codes.astype(np.int64), texts=texts, bad=bad)


def _clean(values: list[Any]) -> list[str]:
    try:
        "".join(values).encode()
    except (TypeError, UnicodeEncodeError):
        return [_as_text(value) for value in values]
    return values


def _as_text(value: Any) -> str:
    """Return the text of a cell; half a surrogate pair cannot be hashed, so it is replaced."""
    text = value if isinstance(value, str) else str(value)
    return text.encode("utf-8", "replace").decode("utf-8")


def _text_dates(column: Column, form: str) -> Column:
    assert column.codes is not None
    seconds = np.append(parse_dates(column.texts, form), np.nan)
    values = seconds[column.codes]
    bad = int((np.isnan(values) & ~column.missing).sum())
    return Column(column.name, "date", column.missing, values, bad=bad)


def decimals(values: Floats) -> Floats:
    """Return with how many decimal places numbers are written; 7 for more than 6.

    Example:
        >>> decimals(np.array([1.0, 0.25, 1 / 3])).tolist()
        [0.0, 2.0, 7.0]
    """
    places = np.full(len(values), 7.0)
    for digits in range(6, -1, -1):
        moved = values * 10.0**digits
        places[np.abs(moved - np.round(moved)) < 1e-6 * np.maximum(1.0, np.abs(values))] = digits
    return places


def day(seconds: Floats) -> Floats:
    """Return the day, counted from 1970, of each stamp."""
    return np.floor(seconds / _DAY)
