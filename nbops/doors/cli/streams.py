"""Standard output as it really is: its reader may be gone, and its encoding may not know every sign."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import IO

__all__ = ["is_utf8", "print_anything", "silence", "silent_when_closed"]


def print_anything() -> None:
    """Let standard output and standard error take any text: a sign that they cannot encode must not end a run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            # in UTF-8 only half a surrogate pair has no code; spelled out it is JSON as well
            stream.reconfigure(errors="backslashreplace" if is_utf8(stream) else "replace")


def is_utf8(stream: IO[str]) -> bool:
    """Return whether *stream* encodes as UTF-8; what is no file at all takes every text."""
    return codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name == "utf-8"


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
