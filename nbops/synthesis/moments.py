"""Moments drawn day by day as often as a profile counted them, so that weeks keep their shape, and hours theirs."""

from __future__ import annotations

import itertools

import numpy as np

from nbops.frames.profile.hashing import hash_numbers
from nbops.frames.profile.rare import Rare
from nbops.frames.profile.times import DAY, TimeFacts
from nbops.synthesis.normals import Ties
from nbops.synthesis.spans import Spans, shares_of_places, spans_of_quantiles
from nbops.synthesis.streams import Array, Stream

__all__ = ["Days", "moments_of", "unit_of"]

_UNITS = {
    "day": DAY, "hour": DAY // 24, "minute": 60_000_000, "second": 1_000_000, "millisecond": 1_000, "microsecond": 1
}  # fmt: skip
_FEW_DAYS = 21  # below, the hours of each day tell more than its weekday
_ROUNDS = 12


def unit_of(facts: TimeFacts) -> int:
    """Return how many microseconds the unit is of which all moments are whole multiples."""
    return _UNITS[facts.unit]


def moments_of(facts: TimeFacts, rare: Rare) -> Days | Spans:
    """Return what draws moments, as numbers of their unit since 1970.

    A day, or an hour of a day, is never held to be rare: many tables have few rows a day.
    """
    unit = unit_of(facts)
    if len(facts.days) >= _FEW_DAYS or (facts.days and facts.unit == "day"):
        return Days(facts, rare if unit < _UNITS["hour"] else Rare())
    spans = [type(one)(one.low // unit, one.high // unit, one.weight) for one in spans_of_quantiles(facts.quantiles, 1)]
    return Spans(spans, 1, rare if unit < _UNITS["hour"] else Rare(), written=lambda units: units * unit)


class Days:
    """Draws moments: the place chooses the day, the hours of all days the hour.

    Args:
        facts: What a column of moments is like.
        rare: Which moments must not be drawn.
    """

    dense = False

    def __init__(self, facts: TimeFacts, rare: Rare) -> None:
        ordered = sorted(facts.days.items())
        self._table = shares_of_places([rows for _, rows in ordered])
        self._unit = _UNITS[facts.unit]
        self._days = np.array([day for day, _ in ordered], dtype="int64") * (DAY // self._unit)
        self._hours = np.zeros(0, dtype="int64")
        if self._unit < DAY:
            hours = sorted(facts.hours.items())
            table = shares_of_places([rows for _, rows in hours])
            self._hours = np.array([hour for hour, _ in hours], dtype="int64")[table] * (_UNITS["hour"] // self._unit)
        self._rare = rare

    @property
    def ties(self) -> Ties:
        """Where places are of one moment."""
        if self._unit < DAY:
            return []
        edges = np.searchsorted(self._table, np.arange(len(self._days) + 1)).tolist()
        return [pair for pair in itertools.pairwise(edges) if pair[0] < pair[1]]

    def draw(self, places: Array, stream: Stream) -> Array:
        """Return a moment, in units since 1970, for each of *places*."""
        days = self._days[self._table[places]]
        if self._unit == DAY:
            return days
        found = days + self._inside(len(days), stream)
        wrong = np.flatnonzero(self._is_rare(found))
        for _ in range(_ROUNDS):
            if not len(wrong):
                break
            found[wrong] = days[wrong] + self._inside(len(wrong), stream)
            wrong = wrong[self._is_rare(found[wrong])]
        self.dense = self.dense or bool(len(wrong))
        return found

    def _inside(self, size: int, stream: Stream) -> Array:
        hours = self._hours[stream.shorts(size)]
        within = _UNITS["hour"] // self._unit
        return hours + stream.below(within, size) if within > 1 else hours

    def _is_rare(self, units: Array) -> Array:
        return self._rare.may_hold(hash_numbers(units * self._unit))
