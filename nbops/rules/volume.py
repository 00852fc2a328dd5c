"""How many rows a batch usually has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nbops.stats.student import prediction_limits

__all__ = ["RowLimits", "row_limits"]

_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class RowLimits:
    """The limits of the number of rows.

    Args:
        counts: The rows of each batch.
    """

    counts: tuple[int, ...]

    @property
    def is_known(self) -> bool:
        """Whether there are batches enough to know how many rows the next may have."""
        return len(self.counts) >= _ENOUGH

    @property
    def evidence(self) -> str:
        """What was seen."""
        least, most = min(self.counts), max(self.counts)
        return f"{least:,} rows" if least == most else f"{least:,} to {most:,} rows in {len(self.counts)} batches"

    @property
    def note(self) -> str:
        """What is not known yet."""
        return "" if self.is_known else f"learning: {len(self.counts)} of {_ENOUGH} batches seen, so it only warns"

    def at(self, risk: float) -> tuple[int, int]:
        """Return the limits that a batch like these leaves with probability *risk*.

        Prediction limits on the logarithm, where growth is even; never narrower than what counting alone makes vary.
        Before five batches are seen: half of the fewest to twice the most, which has no known risk.
        """
        if not self.is_known:
            return math.floor(min(self.counts) / 2), max(self.counts) * 2
        logs = [math.log(count) for count in self.counts]
        low, high = prediction_limits(logs, risk, least_sd=1 / math.sqrt(max(1, min(self.counts))))
        return math.floor(math.exp(low)), math.ceil(math.exp(min(high, 40.0)))


def row_limits(counts: Sequence[int]) -> RowLimits | None:
    """Return the limits that *counts* of rows tell; None when one of them is zero.

    Example:
        >>> row_limits([1000, 1010, 990, 1005, 1000, 995]).at(0.01)
        (870, 1149)
    """
    return RowLimits(tuple(counts)) if counts and min(counts) > 0 else None
