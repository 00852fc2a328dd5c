"""Making a change of names outlive a power cut."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["sync_folder"]


def sync_folder(folder: Path) -> None:
    """Bring the names in *folder* to the disk: a file that was moved into it is there after a power cut.

    Raises:
        OSError: The folder cannot be opened.
    """
    if os.name != "posix":  # a folder cannot be opened elsewhere
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
