"""Writing to a reader who is gone: ``nbops runs | head -1`` is no error."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO

__all__ = ["silence", "silent_when_closed"]


def silence(file: IO[str]) -> None:
    """Let what is still written to *file*, whose reader is gone, go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), file.fileno())


@contextlib.contextmanager
def silent_when_closed() -> Iterator[None]:
    """End the block without an error where standard output was closed by its reader."""
    try:
        yield
    except BrokenPipeError:
        silence(sys.stdout)
