"""Numbers drawn from spans between quantiles, on the grid that they are written on, and never one that is rare.

A place of 16 bits chooses the span, further bits the number in it. Whole numbers stay whole, prices keep their two
digits behind the point. A number that fewer than ten rows held is not drawn again where another stands in reach.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from nbops.frames.profile.hashing import hash_numbers
from nbops.frames.profile.rare import LEAST_ROWS, Rare
from nbops.frames.profile.sketch import Quantiles
from nbops.synthesis.normals import PLACES, Ties
from nbops.synthesis.streams import Array, Stream

__all__ = ["Span", "Spans", "nearest", "shares_of_places", "spans_of_counts", "spans_of_quantiles"]

_ENUMERABLE = 1 << 17
_ROUNDS = 24
_MOST_MOVED = 0.2  # of the rows: from there on, what is left of the range would not look like it any more
_CLOSED = 0.95  # of the rows that hold values which are not rare: from there on, others are left out


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from *low* to *high*, both of them among those that may be drawn, in units of the grid."""

    low: float
    high: float
    weight: float


@dataclass
class Spans:
    """Draws numbers.

    Args:
        spans: In rising order.
        scale: How many units of the grid one is: 100 for two digits behind the point; 0 when there is no grid.
        rare: Which numbers must not be drawn.
        common: Those that may be all the same: the filter of rare ones denies some by mistake.
        written: How units become the numbers whose hashes *rare* knows; division by *scale* otherwise.
        is_closed: Whether none but the common numbers are drawn.
        dense: Set when most numbers in reach are rare, so that spans are drawn from as they are.
        moved: How far the distribution is from what it was, because rows whose span holds none but rare numbers get the
            nearest that is none: the largest share of rows that pass over a number.
    """

    spans: Sequence[Span]
    scale: int = 1
    rare: Rare = field(default_factory=Rare)
    common: Sequence[float] = ()
    written: Callable[[Array], Array] | None = None
    is_closed: bool = False
    dense: bool = False
    moved: float = 0.0

    def __post_init__(self) -> None:
        """Lay out the spans as arrays, and the grid where it is small."""
        self._table = shares_of_places([span.weight for span in self.spans])
        kind = "int64" if self.scale else "float64"
        self._low = np.array([span.low for span in self.spans]).astype(kind)
        self._high = np.array([span.high for span in self.spans]).astype(kind)
        units = np.sort(np.array(self.common, dtype="float64"))
        self._common = np.rint(units * self.scale).astype("int64") if self.scale else units
        self._pool: tuple[Array, Array, Array] | None = None
        if self.is_closed and len(self._common):
            self._pool = self._each_of(self._common)
        elif self.scale and self.rare.bits and float((self._high - self._low + 1).sum()) <= _ENUMERABLE:
            self._pool = self._enumerated()
            if self.moved > _MOST_MOVED:
                self._pool, self.rare, self.dense = None, Rare(), True

    @property
    def ties(self) -> Ties:
        """Where places are of one number."""
        edges = np.searchsorted(self._table, np.arange(len(self.spans) + 1)).tolist()
        single = (self._low == self._high).tolist()
        return [(edges[at], edges[at + 1]) for at in range(len(single)) if single[at] and edges[at] < edges[at + 1]]

    def draw(self, places: Array, stream: Stream) -> Array:
        """Return a number, in units of the grid, for each of *places*."""
        at = self._table[places]
        if self._pool is not None:
            units, first, counts = self._pool
            return units[first[at] + stream.below(counts[at], len(at))]
        found = self._inside(at, stream)
        return self._without_rare(found, at, stream) if self.rare.bits else found

    def numbers(self, units: Array) -> Array:
        """Return units of the grid as numbers: whole ones stay whole."""
        return units / self.scale if self.scale > 1 else units

    def _inside(self, at: Array, stream: Stream) -> Array:
        low, high = self._low[at], self._high[at]
        if self.scale:
            return low + stream.below(high - low + 1, len(at))
        made = (high - low) * stream.fractions(len(at))
        made += low
        return made

    def is_rare_number(self, numbers: Array) -> Array:
        """Return which of *numbers* must not stand in the column."""
        units = np.rint(numbers * self.scale).astype("int64") if self.scale else numbers
        return self._is_rare(units) if self.rare.bits else np.zeros(len(units), dtype="bool")

    def _is_rare(self, units: Array) -> Array:
        found = self.rare.may_hold(hash_numbers((self.written or self.numbers)(units)))
        if len(self._common):
            flagged = units[found]
            at = np.searchsorted(self._common, flagged).clip(0, len(self._common) - 1)
            found[found] = self._common[at] != flagged
        return found

    def _without_rare(self, found: Array, at: Array, stream: Stream) -> Array:
        """Draw again where a rare number came up; at last, take the nearest that was drawn and is none."""
        wrong = np.flatnonzero(self._is_rare(found))
        for _ in range(_ROUNDS):
            if not len(wrong):
                return found
            found[wrong] = self._inside(at[wrong], stream)
            wrong = wrong[self._is_rare(found[wrong])]
        good = np.delete(found, wrong)
        if not len(good):
            self.dense = True
            return found
        found[wrong] = nearest(np.unique(good), found[wrong])
        return found

    def _enumerated(self) -> tuple[Array, Array, Array] | None:
        """Return all numbers that may be drawn, and for each span which of them; None when all are rare."""
        grids = [np.arange(low, high + 1) for low, high in zip(self._low, self._high, strict=True)]
        whole = np.unique(np.concatenate(grids)) if grids else np.zeros(0, dtype="int64")
        good = whole[~self._is_rare(whole)] if len(whole) else whole
        if not len(good):
            self.dense = bool(len(whole))
            return None
        return self._each_of(good)

    def _each_of(self, good: Array) -> tuple[Array, Array, Array]:
        """Return *good*, and which of it lie in each span; where none does, the nearest."""
        first, last = np.searchsorted(good, self._low), np.searchsorted(good, self._high, side="right")
        empty = first >= last
        first[empty] = np.searchsorted(good, nearest(good, self._low[empty]))
        weights = np.array([span.weight for span in self.spans])
        self.moved = _moved(self._low[empty], good[first[empty]], weights[empty] / weights.sum())
        return good, first, np.where(empty, 1, last - first)


def nearest(ordered: Array, wanted: Array) -> Array:
    """Return the nearest of *ordered* to each of *wanted*."""
    above = np.clip(np.searchsorted(ordered, wanted), 0, len(ordered) - 1)
    below = np.maximum(above - 1, 0)
    is_below = np.abs(wanted - ordered[below]) <= np.abs(ordered[above] - wanted)
    return np.where(is_below, ordered[below], ordered[above])


def _moved(here: Array, there: Array, shares: Array) -> float:
    """Return the largest share that passes over a point, when *shares* of the rows go from *here* to *there*."""
    if not len(here):
        return 0.0
    signs = np.sign(there - here) * shares
    places = np.concatenate([np.minimum(here, there), np.maximum(here, there)])
    passing = np.concatenate([signs, -signs])[np.argsort(places, kind="stable")]
    return float(np.abs(np.cumsum(passing)).max())


def shares_of_places(weights: Sequence[float]) -> Array:
    """Return for each place which of several things it stands for, by their weights.

    Example:
        >>> np.bincount(shares_of_places([3, 1])).tolist()
        [49152, 16384]
    """
    ends = np.cumsum(np.array(weights, dtype="float64"))
    edges = np.floor(ends / ends[-1] * PLACES + 0.5).astype("int64")
    return np.repeat(np.arange(len(edges)), np.diff(edges, prepend=0)).astype(
        "uint16" if len(edges) <= PLACES else "u4"
    )


def spans_of_quantiles(quantiles: Quantiles, scale: int) -> list[Span]:
    """Return the spans between the points of a sketch; the outermost values, beyond its last points, are left out."""
    weighted = sorted((point, buffer.weight) for buffer in quantiles.buffers for point in buffer.points)
    points = np.array([point for point, _ in weighted])
    units = np.rint(points * scale) if scale else points
    if len(units) == 1:
        return [Span(units[0], units[0], 1.0)]
    weights = [weight for _, weight in weighted]
    found: list[Span] = []
    for at in range(len(units) - 1):
        share = (weights[at] + weights[at + 1]) / 2
        share += weights[at] / 2 if at == 0 else 0.0
        share += weights[at + 1] / 2 if at == len(units) - 2 else 0.0
        found.append(Span(float(units[at]), float(units[at + 1]), share))
    return found if scale else [_widened(found, at) for at in range(len(found))]


def _widened(spans: Sequence[Span], at: int) -> Span:
    """Return a span of one measured number as one between its neighbours, where that number may be rare."""
    one = spans[at]
    if one.low != one.high or sum(span.weight for span in spans if span.low == span.high == one.low) >= LEAST_ROWS:
        return one
    low = next((span.low for span in reversed(spans[:at]) if span.low < one.low), one.low)
    high = next((span.high for span in spans[at + 1 :] if span.high > one.high), one.high)
    return Span(low, high, one.weight)


def spans_of_counts(counts: Sequence[tuple[float, int]], scale: int) -> list[Span]:
    """Return the spans of a column of few numbers, by how many rows hold each.

    A number that is not rare is a span of its own. Rare ones are left out where they are few; otherwise the span of one
    reaches from the number before it to the one behind.
    """
    ordered = sorted(counts)
    rows = sum(count for _, count in ordered)
    common = [pair for pair in ordered if pair[1] >= LEAST_ROWS]
    if common and sum(count for _, count in common) >= _CLOSED * rows:
        ordered = common
    units = [float(np.rint(value * scale)) if scale else float(value) for value, _ in ordered]
    found: list[Span] = []
    for at, (_, count) in enumerate(ordered):
        around = (units[max(0, at - 1)], units[min(len(units) - 1, at + 1)])  # so that there is something else to draw
        found.append(Span(*(around if count < LEAST_ROWS else (units[at], units[at])), float(count)))
    return found
