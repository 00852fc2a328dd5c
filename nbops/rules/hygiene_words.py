"""What a finding of hygiene is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nbops.checks.model import Check

__all__ = ["Finding", "share_text"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that looks wrong in a table.

    Args:
        column: The column; empty for the table.
        what: What looks wrong, in words.
        count: How many rows, or in a sample how many of *of*.
        of: How many were looked at.
        examples: Some of the values.
        fix: What mends or shows it, as code for a pandas frame or as a question.
        rule: The rule that would guard it; None when only a person can tell.
        certainty: ``definite``, ``likely`` or ``possible``.
    """

    column: str
    what: str
    count: int
    of: int
    examples: tuple[str, ...]
    fix: str
    rule: Check | None
    certainty: Literal["definite", "likely", "possible"]


def share_text(part: float, whole: float) -> str:
    """Return a share in percent, never rounded to nothing or to all.

    Example:
        >>> share_text(1, 3), share_text(1, 100_000), share_text(99_999, 100_000), share_text(2, 2)
        ('33.3 %', '<0.1 %', '>99.9 %', '100 %')
    """
    share = 100 * part / whole if whole else 0.0
    if share in (0, 100):
        return f"{share:.0f} %"
    return "<0.1 %" if share < 0.1 else ">99.9 %" if share > 99.9 else f"{share:.1f} %"
