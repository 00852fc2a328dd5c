"""Writing files whole: a reader sees the old file or the new one, never a part of either.

What is written goes to a temporary file in the same folder and takes the place of the old file in one step. A process
that is killed on the way leaves a temporary file behind, which is told by its name and swept by its age.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = ["LEFTOVER_AFTER_SECONDS", "is_leftover", "leftovers", "sync_folder", "temporary_beside", "write_whole"]

LEFTOVER_AFTER_SECONDS = 3600.0
"""How old a temporary file must be before its writer is thought to be dead."""


def write_whole(
    path: Path, parts: Iterable[bytes | memoryview], *, sync: bool = True, mode: int | None = None, replace: bool = True
) -> bool:
    """Write *parts*, one after the other, as the file *path*; or leave everything as it was.

    A file that is there keeps its permissions.

    Args:
        path: The file; its folder is there.
        parts: The content.
        sync: Bring the content and the name to the disk before it returns, so that they outlive a power cut.
        mode: The permissions of a new file, from its first byte on; the usual ones when None.
        replace: Take the place of a file that is there; else that one stays.

    Returns:
        Whether *path* is what was written; False when another file stayed there.

    Raises:
        OSError: It cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> write_whole(path, [b"who", b"le"]), write_whole(path, [b"other"], replace=False)
        (True, False)
        >>> path.read_bytes(), [p.name for p in path.parent.iterdir()]
        (b'whole', ['a.txt'])
    """
    temporary = temporary_beside(path)
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else mode), "wb") as f:
            f.writelines(parts)
            f.flush()
            if sync:
                os.fsync(f.fileno())
        if not _moved(temporary, path, replace):
            return False
    finally:
        temporary.unlink(missing_ok=True)
    if sync:
        sync_folder(path.parent)
    return True


def _moved(temporary: Path, path: Path, replace: bool) -> bool:
    if not replace:
        try:
            os.link(temporary, path)  # unlike a replacement it never takes the place of another process's file
        except FileExistsError:
            return False
        return True
    if path.exists():
        temporary.chmod(path.stat().st_mode & 0o7777)
    os.replace(temporary, path)
    return True


def temporary_beside(path: Path) -> Path:
    """Return a name beside *path* that no other writer uses."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")


def is_leftover(name: str, at: float, older_than: float = LEFTOVER_AFTER_SECONDS) -> bool:
    """Whether the file *name*, last written *at* seconds since 1970, is what a killed writer left."""
    return name.startswith(".") and name.endswith(".tmp") and time.time() - at > older_than


def leftovers(path: Path) -> Iterator[Path]:
    """Yield the temporary files that killed writers of *path* left."""
    for found in path.parent.glob(f".{path.name}.*.tmp"):
        if is_leftover(found.name, found.stat().st_mtime):
            yield found


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
