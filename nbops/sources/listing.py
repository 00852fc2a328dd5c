"""Listing the files that match a pattern, folder by folder, and never more than a person would want to wait for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nbops.errors import UsageError
from nbops.sources.patterns import Pattern

__all__ = ["MOST_ENTRIES", "File", "TooMany", "list_folder", "matching"]

MOST_ENTRIES = 200_000
"""How many names of files one look goes through."""


class TooMany(UsageError):
    """A pattern lies over more files than a look goes through."""


@dataclass(frozen=True, slots=True)
class File:
    """An entry of a folder: its path, and of a file its size in bytes and when it was changed last."""

    path: str
    name: str
    is_folder: bool
    size: int | None = None
    changed_at: float | None = None


Lister = Callable[[str], Iterator[File]]


def list_folder(folder: str, root: str = "/") -> Iterator[File]:
    """Yield what is in a folder of this machine, as the system hands it out; nothing when there is no such folder.

    Args:
        folder: The folder, absolute or below *root*.
        root: Where a relative one starts.

    Raises:
        OSError: It cannot be read.
    """
    try:
        entries = os.scandir(os.path.join(root, folder) if folder or root != "/" else "/")
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if not entry.name.startswith(
                "."
            ):  # so is named what is being written; a star means none of them in a shell
                path = f"{folder}/{entry.name}" if folder or root == "/" else entry.name
                yield File(path, entry.name, entry.is_dir())


def matching(pattern: Pattern, lister: Lister, most: int = MOST_ENTRIES) -> Iterator[tuple[File, str, str]]:
    """Yield each file that *pattern* matches, with its key and its part.

    Args:
        pattern: What to look for.
        lister: Lists one folder.
        most: How many names to go through at most.

    Raises:
        TooMany: There are more.
        OSError: A folder cannot be read.
    """
    budget = [most]
    for file in _walk(pattern, lister, pattern.folder, pattern.segments, budget):
        found = pattern.match(file.path)
        if found is not None:
            yield file, *found


def _walk(
    pattern: Pattern, lister: Lister, folder: str, segments: tuple[str, ...], budget: list[int]
) -> Iterator[File]:
    head, rest = segments[0], segments[1:]
    if head == "**":
        if rest:
            yield from _walk(pattern, lister, folder, rest, budget)
        wanted = re.compile("" if rest else ".*")
    else:
        wanted = re.compile(head)
    for entry in lister(folder):
        budget[0] -= 1
        if budget[0] < 0:
            top = pattern.folder or ("/" if pattern.text.startswith("/") else "the project")
            raise TooMany(
                f"there are too many files to look through under {top}",
                where=pattern.text,
                fix="put the day into the pattern, as folder/{day:%Y-%m}/feed_{day:%Y-%m-%d}.csv, without stars",
            )
        if entry.is_folder and head == "**":
            yield from _walk(pattern, lister, entry.path, segments, budget)
        elif wanted.fullmatch(entry.name) and (entry.is_folder == bool(rest)):
            if rest:
                yield from _walk(pattern, lister, entry.path, rest, budget)
            else:
                yield entry
