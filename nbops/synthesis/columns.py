"""What was drawn for a column, and how it becomes a column of a pandas frame of the type that the profile names."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nbops.frames.profile.table import ColumnProfile
from nbops.synthesis.streams import Array
from nbops.synthesis.wording import chosen, joined

__all__ = ["Drawn", "series_of"]

_PLAIN = {"number": "float64", "bool": "bool", "time": "datetime64[us]", "text": "str"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """The values of a column, before nulls.

    Args:
        values: Numbers, truth values, microseconds since 1970, texts; or where there is a *pool*, places in it.
        pool: The texts that there are, where they are few.
        moments: The moment that each text of the pool stands for, in microseconds since 1970, where they are some.
    """

    values: Any
    pool: Sequence[str] | None = None
    moments: Array | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def codes(self) -> Array:
        """A number for each row, from 0, the same for the same value."""
        if self.pool is not None:
            return self.values
        if isinstance(self.values, pd.Series):
            return pd.factorize(self.values)[0]
        if isinstance(self.values, np.ndarray) and self.values.dtype != object:
            return np.unique(self.values, return_inverse=True)[1].ravel()
        return pd.factorize(np.asarray(self.values, dtype=object))[0]

    def taken(self, rows: Array) -> Drawn:
        """Return the values of *rows*."""
        if isinstance(self.values, pd.Series):
            return dataclasses.replace(self, values=self.values.take(rows).reset_index(drop=True))
        is_array = isinstance(self.values, np.ndarray)
        return dataclasses.replace(self, values=self.values[rows] if is_array else chosen(self.values, rows))


def series_of(drawn: Drawn, column: ColumnProfile, null: Array | None) -> pd.Series:
    """Return *drawn* as a Series of the type of *column*, null where *null* is true."""
    if column.kind == "object":
        return pd.Series([None] * len(drawn), dtype=object)
    dtype = _dtype(column.type)
    if isinstance(drawn.values, pd.Series):
        found = drawn.values if null is None else drawn.values.mask(null)
        return found if dtype is None or found.dtype == dtype else _cast(found, dtype)
    if drawn.pool is not None and isinstance(dtype, pd.CategoricalDtype):
        codes = drawn.values.astype("int32")
        codes = codes if null is None else np.where(null, -1, codes)
        return pd.Series(pd.Categorical.from_codes(codes, list(drawn.pool)))
    if column.kind == "time":
        return _moments(drawn.values, column, dtype, null)
    if column.kind == "text":
        return _texts(drawn, dtype, null)
    return _plain(drawn.values, column, dtype, null)


def _dtype(name: str) -> Any:
    """Return the dtype of pandas that is called so; None where there is none: another library's, or two together."""
    try:
        return pd.api.types.pandas_dtype(name)
    except TypeError:
        arrow = name.removesuffix("[pyarrow]")
        return _arrow_dtype(arrow) if arrow != name else None


def _arrow_dtype(name: str) -> Any:
    import pyarrow

    try:
        return pd.ArrowDtype(pyarrow.type_for_alias(name))
    except ValueError:
        return None


def _cast(series: pd.Series, dtype: Any) -> pd.Series:
    """Return a Series as *dtype*, or as it is where its values have no place there."""
    try:
        return series.astype(dtype)
    except (TypeError, ValueError, OverflowError, ArithmeticError):
        return series


def _plain(values: Array, column: ColumnProfile, dtype: Any, null: Array | None) -> pd.Series:
    """Return numbers or truth values; where a null has no place among them, as pandas would have read them."""
    if column.kind == "bool":
        values = values.astype("bool")
    found = pd.Series(values)
    if null is not None and null.any():
        holds_nulls = dtype is not None and not isinstance(dtype, np.dtype)
        if holds_nulls or (isinstance(dtype, np.dtype) and dtype.kind == "O") or column.kind == "bool":
            found = _cast(found, dtype) if holds_nulls else found.astype(object)
            return found.mask(null) if holds_nulls else found.where(~null, None)
        found = found.astype("float64").mask(null)
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and found.dtype.kind == "f" and null is None:
        found = found.round()
    fits = dtype is not None and not (isinstance(dtype, np.dtype) and dtype.kind in "iu" and found.hasnans)
    return _within(found, dtype) if fits else found


def _within(series: pd.Series, dtype: Any) -> pd.Series:
    """Return whole numbers as *dtype*, unless some are beyond it: they would wrap around."""
    if isinstance(dtype, np.dtype) and dtype.kind in "iu" and len(series):
        most = np.iinfo(dtype)
        if series.min() < most.min or series.max() > most.max:
            return series
        if series.dtype.kind == "f":  # 2⁶⁴ as a float equals the largest whole number there is, and wraps to 0
            series = series.clip(upper=float(np.nextafter(float(most.max) + 1, 0)))
    return _cast(series, dtype)


def _moments(values: Array, column: ColumnProfile, dtype: Any, null: Array | None) -> pd.Series:
    moments = values.astype("datetime64[us]")
    if null is not None:
        moments = np.where(null, np.datetime64("NaT", "us"), moments)
    found = pd.Series(moments.astype("datetime64[us]"))
    if dtype is None and column.type.startswith(("date32", "Date")) and "time" not in column.type:
        return found.dt.date.astype(object)
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        is_day = column.time is not None and column.time.unit == "day"
        whole = found.dt.date.astype(object) if is_day else found.astype(object)
        return whole.where(found.notna(), None)
    zone = getattr(dtype, "tz", None) or getattr(getattr(dtype, "pyarrow_dtype", None), "tz", None)
    has_zone = column.time is not None and column.time.has_zone
    if zone is not None or has_zone:
        found = found.dt.tz_localize("UTC").dt.tz_convert(zone or dt.UTC)
    return found if dtype is None else _cast(found, dtype)


def _texts(drawn: Drawn, dtype: Any, null: Array | None) -> pd.Series:
    texts = drawn.values if drawn.pool is None else joined([(drawn.pool, drawn.values)])
    dtype = (
        dtype
        if dtype is not None and getattr(dtype, "kind", "O") in "OU"
        else pd.api.types.pandas_dtype(_PLAIN["text"])
    )
    if isinstance(texts, np.ndarray):
        found = pd.Series(texts, dtype=object)
        found = found if null is None else found.where(~null, None)
        return _cast(found, dtype)
    import pyarrow
    import pyarrow.compute

    if null is not None:
        texts = pyarrow.compute.if_else(pyarrow.array(null), pyarrow.scalar(None, texts.type), texts)
    make = getattr(dtype, "__from_arrow__", None)
    if make is not None and not isinstance(dtype, pd.CategoricalDtype):
        try:
            return pd.Series(make(texts))
        except (TypeError, ValueError, NotImplementedError):
            return _cast(pd.Series(texts.to_numpy(zero_copy_only=False), dtype=object), dtype)
    return _cast(pd.Series(texts.to_numpy(zero_copy_only=False), dtype=object), dtype)
