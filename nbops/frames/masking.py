"""Columns whose values are never shown: not among failing rows, not in a message, in no record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

__all__ = ["COVERED", "is_masked", "mask_columns", "masking", "tells_masked"]

COVERED = "•••"
"""What stands in the place of a masked value."""

_WORDS = re.compile(r"""\w+|(?<=")[^"\n]+(?=")|(?<=')[^'\n]+(?=')""")
_COUNTS = re.compile(
    r"len\(.*\)|.*\.(?:size|shape|height|shape\[\d\]|n_?unique\(\)|null_count\(\)|count\(\)|"
    r"(?:isna|isnull|notna|notnull|is_null|duplicated|is_duplicated)\(\)\.(?:sum|any|all|mean)\(\)|is_unique)",
    re.DOTALL,
)

_patterns: frozenset[str] | None = None  # until somebody says which: those of the project's settings


def mask_columns(patterns: Iterable[str] | str) -> None:
    """Mask the columns that *patterns* name, in this process, from now on.

    Args:
        patterns: Column names, ``*`` standing for anything; or a text of them with commas between. Case is not told
            apart.
    """
    global _patterns  # noqa: PLW0603 - the setting of a process: a step runs in threads that share it
    _patterns = _read(patterns)


def _read(patterns: Iterable[str] | str) -> frozenset[str]:
    names = patterns.split(",") if isinstance(patterns, str) else patterns
    return frozenset(str(name).strip().lower() for name in names if str(name).strip())


def _masked() -> frozenset[str]:
    """Return the patterns; where nobody said them, those that the settings of the working directory's project name.

    Raises:
        UsageError: The settings cannot be read: better no table is shown than one that should be covered.
    """
    if _patterns is None:
        from nbops.settings import find_root, load_settings

        here = Path.cwd()
        mask_columns(load_settings(find_root(here) or here).masked)
    return _patterns or frozenset()


@contextmanager
def masking(patterns: Iterable[str] | str) -> Iterator[None]:
    """Mask more columns for a while.

    Example:
        >>> with masking(["iban", "*mail*"]):
        ...     is_masked("E-Mail"), is_masked("amount")
        (True, False)
    """
    before = _masked()
    mask_columns(before | _read(patterns))
    try:
        yield
    finally:
        mask_columns(before)


def is_masked(column: object) -> bool:
    """Whether the values of *column* are never shown."""
    name = str(column).lower()
    return any(fnmatchcase(name, pattern) for pattern in _masked())


def tells_masked(source: str) -> bool:
    """Whether what *source* comes to may be a value of a masked column: it names one, and does not merely count.

    Example:
        >>> with masking("iban"):
        ...     tells_masked("kept['iban'].max()"), tells_masked("kept.iban.isna().sum()"), tells_masked("len(kept)")
        (True, False, False)
    """
    if not _masked() or _COUNTS.fullmatch(source.strip()):
        return False
    return any(is_masked(word) for word in _WORDS.findall(source))
