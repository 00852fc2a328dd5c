"""The whole vocabulary: importing this registers every check that nbops has.

A check of your own joins it by the decorator :func:`nbops.checks.model.check`, or by an entry point ``nbops.check``.
"""

from __future__ import annotations

from nbops.checks import aggregates, baseline, completeness, dates, formats, relations, schema, text, values
from nbops.checks.model import CHECKS, Check

__all__ = ["check_class", "kinds"]

BUILT_IN = (schema, completeness, values, text, formats, dates, aggregates, relations, baseline)


def kinds() -> list[str]:
    """Return the name of every check, in alphabetical order.

    Example:
        >>> "not_null" in kinds()
        True
    """
    return list(CHECKS)


def check_class(kind: str, *, where: str = "") -> type[Check]:
    """Return the check of that name.

    Raises:
        UsageError: There is none.
    """
    return CHECKS.get(kind, where=where)
