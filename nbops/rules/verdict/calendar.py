"""Columns that only repeat a part of a date of the same row: their level says nothing, their relation all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np

from nbops.rules.verdict.delivery import Floats
from nbops.rules.verdict.pool import Pool
from nbops.rules.verdict.relation import Relation

__all__ = ["DOMAINS", "PARTS", "calendar_columns", "date_parts"]

PARTS = ("year", "month", "day", "weekday", "hour", "minute")
DOMAINS: Mapping[str, tuple[float, float]] = {
    "year": (1600.0, 2400.0),
    "month": (1.0, 12.0),
    "day": (1.0, 31.0),
    "weekday": (0.0, 6.0),
    "hour": (0.0, 23.0),
    "minute": (0.0, 59.0),
}
"""Between what the parts of dates lie."""
_SHARE = 0.97
_SHARE_OF_NONE = 0.8


class _Shape(Protocol):
    @property
    def kind(self) -> str: ...


def date_parts(seconds: Floats) -> dict[str, Floats]:
    """Return the parts of stamps, NaN where there is none.

    Example:
        >>> float(date_parts(np.array([86400.0 * 31]))["month"][0])
        2.0
    """
    known = np.isfinite(seconds)
    stamps = np.where(known, seconds, 0).astype("datetime64[s]")
    months = stamps.astype("datetime64[M]").astype(np.int64)
    days = stamps.astype("datetime64[D]")
    found = {
        "year": 1970 + months // 12,
        "month": months % 12 + 1,
        "day": (days - stamps.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64) + 1,
        "weekday": (days.astype(np.int64) + 3) % 7,
        "hour": (stamps - days).astype(np.int64) // 3600,
        "minute": (stamps - days).astype(np.int64) % 3600 // 60,
    }
    return {part: np.where(known, values.astype(np.float64), np.nan) for part, values in found.items()}


def calendar_columns(pool: Pool, shapes: Mapping[str, _Shape]) -> list[Relation]:
    """Return, for each number column that repeats a part of a date, that relation."""
    dates = dict(pool.dates)
    found: dict[str, Relation] = {}
    for date, seconds in dates.items():
        for relation in _of_date(pool, shapes, date, seconds):
            found.setdefault(relation.columns[0], relation)
    return list(found.values())


def _of_date(pool: Pool, shapes: Mapping[str, _Shape], date: str, seconds: Floats) -> Iterator[Relation]:
    names = [name for name, shape in shapes.items() if shape.kind == "number"]
    shift = _hour_shift(pool, names, seconds)
    parts = date_parts(seconds + 3600 * shift)
    for name in names:
        values = pool.numbers[name]
        for part in PARTS:
            known = np.isfinite(values) & np.isfinite(parts[part])
            if known.sum() < 30:
                continue
            gap = values[known] - parts[part][known]
            constant = float(np.median(gap))
            if len(np.unique(parts[part][known])) < (1 if constant == 0 and part in ("year", "month") else 3):
                continue
            if part not in ("year", "month", "day") and constant:
                continue
            needed = _SHARE_OF_NONE if constant == 0 and part in ("year", "month", "day") else _SHARE
            if abs(constant) < 25 and (gap == constant).mean() > needed:
                yield Relation("calendar", (name, date), (constant, float(shift)), part)
                break


def _hour_shift(pool: Pool, names: list[str], seconds: Floats) -> int:
    """Return by how many hours the stamps differ from a column of hours: those kept in another zone."""
    hours = date_parts(seconds)["hour"]
    if len(np.unique(hours[np.isfinite(hours)])) < 5:
        return 0
    for name in names:
        values = pool.numbers[name]
        known = np.isfinite(values) & np.isfinite(hours)
        if known.sum() < 30 or values[known].min() < 0 or values[known].max() > 23:
            continue
        gap = (values[known] - hours[known]) % 24
        shift, count = np.unique(gap, return_counts=True)
        if count.max() > _SHARE * known.sum() and len(np.unique(values[known])) >= 5:
            found = int(shift[count.argmax()])
            return found if found <= 12 else found - 24
    return 0
