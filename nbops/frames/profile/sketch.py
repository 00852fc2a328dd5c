"""Summaries that add up: quantiles with a bound on their error, and the number of different values."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from nbops.frames.profile.hashing import Array

__all__ = ["POINTS", "Buffer", "Distinct", "Quantiles"]

POINTS = 256
_BITS = 11  # 2048 registers
_REGISTERS = 1 << _BITS


@dataclass(frozen=True, slots=True)
class Buffer:
    """Points of equal weight that stand for *rows* sorted values.

    Args:
        rows: How many values.
        points: Some of them, or all.
        merges: How often two buffers were made one on the way here.
    """

    rows: int
    points: tuple[float, ...]
    merges: int = 0

    @property
    def weight(self) -> float:
        """How many rows a point stands for."""
        return self.rows / len(self.points)

    @property
    def error_rows(self) -> float:
        """The most by which the rank of a value can be wrong, in rows."""
        return 0.0 if self.weight == 1 else (self.merges + 1) * (self.weight / 2 + 1)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """The quantiles of a column of numbers, in at most a few hundred points; two add up.

    Buffers of as many merges are made one when they meet, as in the scheme of Munro and Paterson (1980), so the error
    grows with the logarithm of the number of parts. It is exact up to :data:`POINTS` values, and known beyond:
    :attr:`error`.
    """

    buffers: tuple[Buffer, ...] = ()

    @classmethod
    def of(cls, ordered: Array) -> Quantiles:
        """Return the quantiles of a sorted array."""
        n = len(ordered)
        if not n:
            return cls()
        if n > POINTS:
            ordered = ordered[((np.arange(POINTS) + 0.5) * (n / POINTS)).astype("int64")]
        return cls((Buffer(n, tuple(ordered.astype("float64").tolist())),))

    def __add__(self, other: Quantiles) -> Quantiles:
        waiting = sorted([*self.buffers, *other.buffers], key=lambda buffer: (buffer.merges, buffer.rows))
        found: list[Buffer] = []
        for buffer in waiting:
            here = buffer
            while found and found[-1].merges >= here.merges:
                here = _merged(found.pop(), here)
            found.append(here)
            found.sort(key=lambda one: -one.merges)
        return Quantiles(tuple(found))

    @property
    def rows(self) -> int:
        """How many values there are."""
        return sum(buffer.rows for buffer in self.buffers)

    @property
    def error(self) -> float:
        """The most by which the share of values below a point can be wrong."""
        return sum(buffer.error_rows for buffer in self.buffers) / self.rows if self.buffers else 0.0

    def at(self, share: float) -> float:
        """Return the value below which *share* of the values lie; NaN when there is none."""
        pairs = _weighted(self.buffers)
        if not pairs:
            return math.nan
        wanted, below = share * self.rows, 0.0
        for value, weight in pairs:
            below += weight
            if below >= wanted:
                return value
        return pairs[-1][0]

    def below(self, value: float, *, or_equal: bool = True) -> float:
        """Return the share of values below *value*, or equal to it."""
        find = bisect.bisect_right if or_equal else bisect.bisect_left
        return sum(find(b.points, value) * b.weight for b in self.buffers) / self.rows if self.buffers else math.nan


def _weighted(buffers: Iterable[Buffer]) -> list[tuple[float, float]]:
    return sorted((point, buffer.weight) for buffer in buffers for point in buffer.points)


def _merged(left: Buffer, right: Buffer) -> Buffer:
    rows = left.rows + right.rows
    if left.weight == right.weight == 1 and rows <= POINTS:
        return Buffer(rows, tuple(sorted(left.points + right.points)))
    pairs = _weighted((left, right))
    ends = np.cumsum([weight for _, weight in pairs])
    wanted = (np.arange(POINTS) + 0.5) * (rows / POINTS)
    places = np.minimum(np.searchsorted(ends, wanted), len(pairs) - 1)
    return Buffer(rows, tuple(pairs[at][0] for at in places), max(left.merges, right.merges) + 1)


@dataclass(frozen=True, slots=True)
class Distinct:
    """How many different values there are, from their hashes; two add up to that of all.

    Source:
        HyperLogLog, Flajolet et al. (2007), with linear counting for few values. Standard error 1.04/√2048 = 2.3 %.
    """

    registers: bytes = b""

    ERROR = 1.04 / math.sqrt(_REGISTERS)

    @classmethod
    def of(cls, ordered: Array) -> Distinct:
        """Return the summary of a sorted array of hashes."""
        if not len(ordered):
            return cls()
        firsts = np.arange(_REGISTERS, dtype="uint64") << np.uint64(64 - _BITS)
        places = np.searchsorted(ordered, firsts)
        ends = np.append(places[1:], len(ordered))
        there = places < ends
        least = ordered[places[there]] << np.uint64(_BITS)  # the smallest rest has the most leading zeros
        ranks = np.zeros(_REGISTERS, dtype="uint8")
        zeros = 63 - np.floor(np.log2(np.maximum(least.astype("float64"), 1.0)))
        ranks[there] = np.clip(zeros, 0, 64 - _BITS).astype("uint8") + 1
        return cls(ranks.tobytes())

    def __add__(self, other: Distinct) -> Distinct:
        if not self.registers or not other.registers:
            return self if self.registers else other
        return Distinct(np.maximum(*(np.frombuffer(one.registers, "uint8") for one in (self, other))).tobytes())

    @property
    def estimate(self) -> int:
        """The number of different values, give or take the error."""
        if not self.registers:
            return 0
        ranks = np.frombuffer(self.registers, "uint8")
        zeros = int((ranks == 0).sum())
        alpha = 0.7213 / (1 + 1.079 / _REGISTERS)
        raw = alpha * _REGISTERS**2 / float(np.exp2(-ranks.astype("float64")).sum())
        return round(_REGISTERS * math.log(_REGISTERS / zeros) if raw <= 2.5 * _REGISTERS and zeros else raw)
