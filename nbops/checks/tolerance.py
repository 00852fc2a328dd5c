"""How much may fail: a number of rows, a share of them, or a budget that leaves room for chance."""

from __future__ import annotations

import math
import re

from nbops.errors import UsageError

__all__ = ["allowed_rows", "binomial_quantile", "check_tolerance", "tolerance_text"]

Tolerance = int | float | str

_BUDGET = re.compile(r"\s*([\d.eE+-]+)\s*(%?)\s+at\s+([\d.eE+-]+)\s*")
_FIX = "a number of rows, as 10, a share, as 0.01, or a budget, as '1% at 0.001'"


def check_tolerance(allow: Tolerance, where: str) -> None:
    """Refuse what is no tolerance.

    Raises:
        UsageError: It is none.
    """
    if isinstance(allow, str):
        _budget(allow, where)
        return
    if isinstance(allow, bool) or not isinstance(allow, (int, float)) or not allow >= 0:
        raise UsageError(f"allow must not be {allow!r}", where=where, fix=_FIX)
    if isinstance(allow, float) and allow > 1:
        raise UsageError(f"a share of {allow:g} is more than all", where=where, fix="allow=0.01 is 1 %")


def allowed_rows(allow: Tolerance, rows: int) -> int:
    """Return how many of *rows* may fail.

    A budget ``'1% at 0.001'`` means a share of 1 % in the long run: so many rows are allowed that a table whose rows
    fail independently, each with that probability, has more of them once in a thousand times.

    Example:
        >>> allowed_rows(5, 1_000), allowed_rows(0.01, 1_000), allowed_rows("1% at 0.001", 1_000)
        (5, 10, 21)
    """
    if isinstance(allow, str):
        return binomial_quantile(rows, *_budget(allow, ""))
    return allow if isinstance(allow, int) else int(allow * rows + 1e-9)


def tolerance_text(allow: Tolerance, limit: int) -> str:
    """Return the tolerance in words, for *limit* rows of it."""
    if isinstance(allow, int):
        return f"{limit:,} rows"
    return f"{limit:,} rows ({allow})" if isinstance(allow, str) else f"{limit:,} rows ({allow:.4g} of all)"


def _budget(text: str, where: str) -> tuple[float, float]:
    found = _BUDGET.fullmatch(text)
    try:
        share, chance = (float(found[1]) / (100 if found[2] else 1), float(found[3])) if found else (-1.0, -1.0)
    except ValueError:
        share, chance = -1.0, -1.0
    if not (0 <= share <= 1 and 0 < chance < 1):
        raise UsageError(f"allow must not be {text!r}", where=where, fix=_FIX)
    return share, chance


def binomial_quantile(rows: int, share: float, chance: float) -> int:
    """Return the least number that a binomial count exceeds with a probability of at most *chance*.

    Args:
        rows: The number of independent trials.
        share: The probability of each.
        chance: The probability that is left above.

    Example:
        >>> binomial_quantile(10, 0.5, 0.05)
        8
    """
    if rows == 0 or share in (0.0, 1.0):
        return int(rows * share)
    odds = math.log(share) - math.log1p(-share)
    most = min(rows, math.ceil(rows * share + 12 * math.sqrt(rows * share * (1 - share)) + 60))  # hardly ever more
    term = math.lgamma(rows + 1) - math.lgamma(most + 1) - math.lgamma(rows - most + 1)
    term += most * math.log(share) + (rows - most) * math.log1p(-share)
    above = 0.0
    for count in range(most, 0, -1):
        above += math.exp(term)
        if above > chance:
            return count
        term += math.log(count) - math.log(rows - count + 1) - odds
    return 0
