"""Where artifacts are: a folder (:mod:`nbops.store.local`) or any URL of fsspec (:mod:`nbops.store.remote`).

A place holds files under names like ``objects/ab/abcd.arrow``. Writing is whole or not at all, as far as the place
allows it; each place says how far that is.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from nbops.store.disk import LEFTOVER_AFTER_SECONDS

__all__ = ["Content", "KeptFile", "Place"]

Content = bytes | mmap.mmap
"""What a place reads: the bytes of a file, or the file itself mapped into memory."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One file of a place.

    Args:
        name: Its name in the place, with forward slashes.
        size: Its bytes.
        at: When it was written or last asked for, in seconds since 1970.
    """

    name: str
    size: int
    at: float

    def is_older(self, seconds: float) -> bool:
        """Whether it was written longer ago than *seconds*."""
        return time.time() - self.at > seconds


class Place(Protocol):
    """Where artifacts are kept."""

    where: str
    """The folder or URL, as people write it."""

    is_far: bool
    """Whether moving bytes costs more than packing them."""

    @property
    def atomicity(self) -> str:
        """What a reader may meet while a file is written, in one sentence."""

    def write(self, name: str, parts: Sequence[bytes | memoryview], *, sync: bool = True) -> None:
        """Write a file whole, in place of one that is there.

        Raises:
            OSError: It cannot be written; then nothing is left of it.
        """

    def read(self, name: str) -> Content:
        """Return what a file holds.

        Raises:
            OSError: It is not there, or cannot be read.
        """

    def refresh(self, name: str, size: int) -> bool:
        """Return whether there is such a file of *size* bytes; where the place allows it, it is young again."""

    def files(self, under: str) -> Iterator[KeptFile]:
        """Yield the files whose names begin with the folder *under*; none that is being written."""

    def remove(self, name: str) -> None:
        """Remove a file; harmless when it is gone."""

    def sweep(self, older_than: float = LEFTOVER_AFTER_SECONDS) -> list[str]:
        """Remove what killed writers left longer than *older_than* seconds ago, and return the names."""
