"""Dates that stand in tables as text: by which one format they are read, and as seconds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["Floats", "date_format", "parse_dates", "seconds_of"]

Floats = npt.NDArray[np.float64]

_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S.%fZ",
    "%Y-%m",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%d/%m/%Y",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%y %H:%M",
    "%m/%d/%y",
    "%d.%m.%Y",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
)


def seconds_of(series: pd.Series) -> Floats:
    """Return moments as seconds since 1970 (UTC), NaN where there is none."""
    if getattr(series.dtype, "tz", None) is not None:
        series = series.dt.tz_convert(None)
    stamps = series.to_numpy(dtype="datetime64[us]")
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64) / 1e6)


def parse_dates(texts: list[str], form: str) -> Floats:
    """Return the seconds since 1970 that texts of a format mean; NaN where they do not fit it."""
    made = pd.to_datetime(pd.Series(texts, dtype=object), format=form, errors="coerce")
    return seconds_of(made) if len(texts) else np.empty(0)


def date_format(texts: list[str]) -> str:
    """Return the one format by which the texts are dates; empty when there is none.

    Example:
        >>> date_format(["2020-01-31", "2020-02-01"])
        '%Y-%m-%d'
        >>> date_format(["a", "b"])
        ''
    """
    if not texts or sum(any(c.isdigit() for c in text) for text in texts[:50]) < 0.98 * len(texts[:50]):
        return ""
    fitting: list[tuple[float, str]] = []
    for form in _FORMATS:
        if np.isfinite(parse_dates(texts[:20], form)).all():
            found = parse_dates(texts, form)
            if np.isfinite(found).mean() >= 0.99:
                fitting.append((float(np.nanmax(found) - np.nanmin(found)), form))
    return min(fitting, key=lambda fit: fit[0])[1] if fitting else ""  # day or month first: what lies closer together
