"""What a rule that a baseline could carry is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from nbops.checks.model import Check

__all__ = ["Candidate", "Nature", "counted", "few"]

Nature = Literal["hard", "statistical"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule that the baseline could carry.

    Args:
        make: Returns the rule, given the risk that it may spend; the same for every risk where *is_priced* is false.
        nature: ``hard`` for what is wrong however much chance there is, ``statistical`` for what chance may do.
        statistic: What is measured.
        evidence: What the baseline showed.
        sentence: What must hold, in plain words.
        is_priced: Whether it spends a share of the budget.
        note: What is not known yet; empty when nothing.
        other: The other table that the rule is about: its file, or its name when it is in none.
    """

    make: Callable[[float], Check]
    nature: Nature
    statistic: str
    evidence: str
    sentence: str
    is_priced: bool = True
    note: str = ""
    other: str = ""


def counted(many: int, one: str, more: str = "") -> str:
    """Return a number of things in words.

    Example:
        >>> counted(1, "batch", "batches"), counted(2000, "row")
        ('1 batch', '2,000 rows')
    """
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def few(names: list[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
