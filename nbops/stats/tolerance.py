"""How many rows of a new batch may break a rule that was learned from a baseline: never a fixed count or share.

A baseline of n rows never tells the share of bad rows exactly. What it tells is a beta distribution of that share, so
the number of bad rows among m new ones is beta-binomial, and the tolerance is its quantile. It is computed when a batch
is judged, from that batch's own m. Of batches that are drawn like the baseline, at most the *risk* are then refused.

Three ways in which a share is known:

- ``bounds(n)``: rows outside the smallest and largest of n values. Exactly Beta(2, n−1) whatever the distribution, when
  it is continuous; with ties the true share is smaller. Source: order statistics of a sample, Wilks (1941).
- ``rate(k, n)``: k of n rows were bad. Beta(k+½, n−k+½), Jeffreys' prior.
- ``new(f, n)``: values never seen, when f of those seen were seen once. The unseen share is f/n on average (Good
  1953); f is itself random, so Beta(2f+3, n) is used, twice that mean and three rows.

Smallest sample: all three hold from n = 1 on; they are of little use below n = 200.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import Literal

from nbops.errors import UsageError
from nbops.stats.beta import log_beta

__all__ = ["Tolerance", "least_expected", "most_expected", "read_tolerance"]

Family = Literal["bounds", "rate", "new"]
_TEXT = re.compile(r"(bounds|rate|new)\(\s*([\d.e+]+)\s*(?:,\s*([\d.e+]+)\s*)?\)\s*risk\s+([\d.e-]+)")
_EXAMPLE = "rate(3, 48213) risk 2e-05"
_NEGLIGIBLE = 1e-9  # of the risk


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What a baseline tells of the share of bad rows, and how often a good batch may be refused.

    Args:
        family: How the share is known: ``bounds``, ``rate`` or ``new``.
        rows: The rows of the baseline; less than it had where its batches differ more than chance allows.
        seen: How many of them were bad; for ``new``, how many values were seen once.
        risk: The probability that a batch drawn like the baseline is refused.
    """

    family: Family
    rows: float
    seen: float
    risk: float

    @property
    def shape(self) -> tuple[float, float]:
        """The parameters of the beta distribution of the share."""
        if self.family == "bounds":
            return 2.0, max(self.rows - 1, 1.0)
        if self.family == "new":
            return 2 * self.seen + 3, max(self.rows, 1.0)
        return self.seen + 0.5, max(self.rows - self.seen, 0) + 0.5

    def allowed(self, rows: int) -> int:
        """Return how many rows of a batch of *rows* may be bad.

        Example:
            >>> Tolerance("bounds", 1000, 0, 1e-3).allowed(1000), Tolerance("rate", 1000, 10, 2e-5).allowed(1000)
            (12, 37)
        """
        return most_expected(rows, *self.shape, self.risk)

    def __str__(self) -> str:
        """Return it as it is written in a rule file; :func:`read_tolerance` reads it."""
        rows = f"{self.rows:.10g}"
        inside = rows if self.family == "bounds" else f"{self.seen:.10g}, {rows}"
        return f"{self.family}({inside}) risk {self.risk:.3g}"


@functools.lru_cache(maxsize=4096)
def read_tolerance(text: str) -> Tolerance:
    """Return the tolerance that *text* means.

    Raises:
        UsageError: It means none.

    Example:
        >>> read_tolerance("rate(3, 48213) risk 2e-05").allowed(1000)
        3
    """
    found = _TEXT.fullmatch(str(text).strip())
    family = found[1] if found else ""
    if not found or (family == "bounds") != (found[3] is None):
        raise UsageError(f"{text!r} is no tolerance", fix=f"{_EXAMPLE}, bounds(48213) risk 2e-05")
    numbers = [float(number) for number in (found[2], found[3]) if number]
    seen, rows, risk = (numbers[0] if len(numbers) > 1 else 0.0), numbers[-1], float(found[4])
    if not 0 < risk < 1 or rows <= 0 or seen > rows:
        raise UsageError(f"{text!r} is no tolerance: its numbers cannot be", fix=_EXAMPLE)
    return Tolerance(family, rows, seen, risk)  # type: ignore[arg-type]


@functools.lru_cache(maxsize=65536)
def most_expected(rows: int, a: float, b: float, risk: float) -> int:
    """Return the smallest count that a BetaBinomial(*rows*, *a*, *b*) variable exceeds with probability *risk* at most.

    Source:
        Skellam, Journal of the Royal Statistical Society B 10 (1948). Summed term by term outwards from the mode.
    """
    if rows <= 0:
        return 0
    start = _mode(rows, a, b)
    above, _ = _walk(rows, a, b, start, risk)
    tail = 0.0
    for steps in range(len(above) - 1, -1, -1):
        tail += above[steps]
        if tail > risk:
            return start + steps
    return _lower_than(rows, a, b, start, 1 - risk)


def least_expected(rows: int, a: float, b: float, risk: float) -> int:
    """Return the largest count that a BetaBinomial(*rows*, *a*, *b*) lies below with probability *risk* at most.

    Example:
        >>> least_expected(1000, 500.5, 500.5, 0.025)
        456
    """
    return rows - most_expected(rows, b, a, risk) if rows > 0 else 0


def _mode(rows: int, a: float, b: float) -> int:
    return min(rows, max(0, round(rows * a / (a + b))))


def _walk(rows: int, a: float, b: float, start: int, risk: float) -> tuple[list[float], float]:
    """Return the probabilities of *start*, *start* + 1, … as far as they matter."""
    log_p = (
        math.lgamma(rows + 1) - math.lgamma(start + 1) - math.lgamma(rows - start + 1)
        + log_beta(start + a, rows - start + b) - log_beta(a, b)
    )  # fmt: skip
    p, found = math.exp(log_p), []
    for x in range(start, rows + 1):
        found.append(p)
        factor = (rows - x) * (x + a) / ((x + 1) * (rows - x - 1 + b)) if x < rows else 0.0
        p *= factor
        if factor < 1 and p < risk * _NEGLIGIBLE * (1 - factor):  # all that follows is less than a geometric series
            break
    return found, p


def _lower_than(rows: int, a: float, b: float, start: int, mass: float) -> int:
    """Return the quantile where less than *risk* lies above the mean: only for risks above about one half."""
    below, _ = _walk(rows, b, a, rows - start, 1 - mass)
    total = 0.0
    for steps in range(len(below) - 1, -1, -1):
        total += below[steps]
        if total >= mass:
            return start - steps
    return start
