"""A file system of a few megabytes, mounted over a folder: a disk that really fills up."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[None]:
    """Let *folder*, with what is in it, lie on a disk of its own. Skips the test where none may be mounted."""
    beside = folder.with_name(f"{folder.name}-before")
    shutil.copytree(folder, beside)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system may be mounted here")
    try:
        shutil.copytree(beside, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)
