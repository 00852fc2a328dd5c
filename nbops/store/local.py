"""Artifacts in a folder of this machine."""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from nbops.store.disk import LEFTOVER_AFTER_SECONDS, is_leftover, write_whole
from nbops.store.places import Content, KeptFile
from nbops.store.project import is_network_file_system

__all__ = ["LocalPlace"]

_MAPPED_FROM_BYTES = 1 << 20


class LocalPlace:
    """A folder of this machine. Big files are mapped into memory: they are read when they are looked at.

    Args:
        folder: The folder; it need not exist.
        prepare: Called before something is written.
    """

    is_far = False
    atomicity = "a file appears under its name when all of it is on the disk"

    def __init__(self, folder: Path, prepare: Callable[[], object] = lambda: None) -> None:
        self.folder = folder
        self.where = str(folder)
        self._prepare = prepare
        self._maps: bool | None = None

    def write(self, name: str, parts: Sequence[bytes | memoryview], *, sync: bool = True) -> None:
        """Write a file whole, and bring it to the disk unless told not to."""
        path = self.folder / name
        try:
            write_whole(path, parts, sync=sync)
        except FileNotFoundError:  # its folder is not there: the first of its kind
            self._prepare()
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, parts, sync=sync)

    def read(self, name: str) -> Content:
        """Return what a file holds; when it is big, a private map: what is written there never reaches the file."""
        with (self.folder / name).open("rb") as file:
            if os.fstat(file.fileno()).st_size < _MAPPED_FROM_BYTES or not self._may_map():
                return file.read()
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)

    def refresh(self, name: str, size: int) -> bool:
        """Return whether there is such a file of *size* bytes, and make it young: it was just asked for."""
        try:
            os.utime(self.folder / name)
            return (self.folder / name).stat().st_size == size
        except FileNotFoundError:
            return False

    def files(self, under: str) -> Iterator[KeptFile]:
        """Yield the files in the folder *under* and in those inside it."""
        for found in self._all(under):
            if not found.name.rpartition("/")[2].startswith("."):
                yield found

    def remove(self, name: str) -> None:
        """Remove a file, and its folder when it was the last in it."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        try:
            path.parent.rmdir()
        except OSError:  # others are still in it
            return

    def sweep(self, older_than: float = LEFTOVER_AFTER_SECONDS) -> list[str]:
        """Remove the temporary files of killed writers."""
        names = [f.name for f in self._all("") if is_leftover(f.name.rpartition("/")[2], f.at, older_than)]
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        return names

    def _all(self, under: str) -> Iterator[KeptFile]:
        waiting = [under]
        while waiting:
            inside = waiting.pop()
            try:
                with os.scandir(self.folder / inside) as entries:
                    found = list(entries)
            except (FileNotFoundError, NotADirectoryError):
                continue
            for entry in found:
                name = f"{inside}/{entry.name}" if inside else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(name)
                    continue
                try:
                    about = entry.stat()
                except FileNotFoundError:  # moved into place, or removed, meanwhile
                    continue
                yield KeptFile(name, about.st_size, about.st_mtime)

    def _may_map(self) -> bool:
        """A file on a network file system may be cut short by another machine, which ends who has it mapped."""
        if self._maps is None:
            self._maps = not is_network_file_system(self.folder)
        return self._maps
