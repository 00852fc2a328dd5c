"""Columns whose values are never shown: not among failing rows, not in a message, in no record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase

__all__ = ["COVERED", "is_masked", "mask_columns", "masking"]

COVERED = "•••"
"""What stands in the place of a masked value."""

_patterns: frozenset[str] = frozenset()


def mask_columns(patterns: Iterable[str] | str) -> None:
    """Mask the columns that *patterns* name, in this process, from now on.

    Args:
        patterns: Column names, ``*`` standing for anything; or a text of them with commas between. Case is not told
            apart.
    """
    global _patterns  # noqa: PLW0603 - the setting of a process: a step runs in threads that share it
    names = patterns.split(",") if isinstance(patterns, str) else patterns
    _patterns = frozenset(str(name).strip().lower() for name in names if str(name).strip())


@contextmanager
def masking(patterns: Iterable[str] | str) -> Iterator[None]:
    """Mask more columns for a while.

    Example:
        >>> with masking(["iban", "*mail*"]):
        ...     is_masked("E-Mail"), is_masked("amount")
        (True, False)
    """
    before = _patterns
    more = patterns.split(",") if isinstance(patterns, str) else patterns
    mask_columns([*before, *more])
    try:
        yield
    finally:
        mask_columns(before)


def is_masked(column: object) -> bool:
    """Whether the values of *column* are never shown."""
    name = str(column).lower()
    return any(fnmatchcase(name, pattern) for pattern in _patterns)
