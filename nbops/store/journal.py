"""The journal: the truth about what happened, one append-only file for each process.

``.nbops/journal/<id>.jsonl`` holds one record a line, each written whole by a single ``write`` call. Only the
standard library is used, so that a kernel can keep its journal without importing a database library. A line torn by
a crash is ignored by readers, and ended by the next writer. When the file cannot be written, records wait in memory
and are tried again with the next one: nothing is lost as long as the process lives, and nothing stops its work.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.errors import HubVersionError
from nbops.records import Record, RunStarted, from_json, to_json
from nbops.store.project import Project

__all__ = ["REST", "Entry", "Journal", "read_entries"]

REST = 12 * 3600.0
"""Seconds without a record after which a journal goes on in a new file, because the old one may have been sealed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal: a record with the id that makes taking it in twice harmless, and the line as written."""

    id: str
    record: Any
    text: str = ""

    @property
    def place(self) -> tuple[str, int]:
        """The journal that it was first written to, and its number there: the order of records of the same moment."""
        journal, _, number = self.id.rpartition("-")
        return (journal, int(number)) if journal and number.isdecimal() and len(number) < 16 else (self.id, 0)


class Journal:
    """The journal of this process. Threads may share it; a forked child's records are dropped.

    Args:
        project: Where to keep it. The folder and the file are made with the first record.
        on_trouble: Called once with a sentence when the file cannot be written; prints to stderr by default.
    """

    def __init__(self, project: Project, on_trouble: Callable[[str], None] | None = None) -> None:
        self.project = project
        self._begin()
        self._on_trouble = on_trouble or _print_to_stderr
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._waiting: list[bytes] = []
        self._fd: int | None = None
        self._troubled = False
        self._start: bytes | None = None

    def _begin(self) -> None:
        self.id = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:12]}"
        self.path = self.project.journals / f"{self.id}.jsonl"
        self._count = 0
        self._torn = False
        self._last: float = time.time()

    def append(self, record: Record, *, sync: bool = False) -> str:
        """Write *record* and return its id. With *sync* it is on the disk before this returns.

        Never raises because of the file: what cannot be written waits in memory.
        """
        if os.getpid() != self._pid:
            return ""
        with self._lock:
            if time.time() - self._last > REST and not self._waiting:
                self._close_file()
                self._begin()
            self._last = time.time()
            self._count += 1
            entry_id = f"{self.id}-{self._count}"
            line = json.dumps({"id": entry_id, **to_json(record)}, ensure_ascii=False, separators=(",", ":"))
            self._waiting.append(line.encode("utf-8", "backslashreplace") + b"\n")
            if isinstance(record, RunStarted):
                self._start = self._waiting[-1]
            self._write_waiting(sync)
        return entry_id

    def sync(self) -> None:
        """Bring to the disk what was written so far. Other threads go on writing meanwhile."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            fd = os.dup(self._fd) if self._fd is not None else None
        if fd is None:
            return
        try:
            os.fsync(fd)
        except OSError as error:
            self._complain(error)
        finally:
            os.close(fd)

    @property
    def waiting(self) -> int:
        """How many records wait in memory because they could not be written."""
        return len(self._waiting)

    def close(self) -> None:
        """Try once more to write what waits, and close the file. A later record opens it again."""
        if os.getpid() != self._pid:
            return
        with self._lock:
            if self._waiting:
                self._write_waiting(sync=True)
            self._close_file()

    def _write_waiting(self, sync: bool) -> None:
        try:
            fd = self._open()
            while self._waiting:
                self._write_line(fd, self._waiting[0])
                self._waiting.pop(0)
            if sync:
                os.fsync(fd)
        except OSError as error:
            self._complain(error)

    def _close_file(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is not None and os.fstat(self._fd).st_nlink == 0:  # somebody removed it: go on in a new one,
            self._close_file()
            self._begin()
            if self._start is not None and self._start not in self._waiting:
                self._waiting.insert(0, self._start)  # with the same id: without a beginning the run is known to nobody
        if self._fd is None:
            self.project.make_folder()
            self.project.journals.mkdir(exist_ok=True)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._fd

    def _write_line(self, fd: int, line: bytes) -> None:
        if self._torn:
            line = b"\n" + line
        written = os.write(fd, line)
        self._torn = 0 < written < len(line)
        if written < len(line):
            raise OSError(f"only {written} of {len(line)} bytes could be written")

    def _complain(self, error: OSError) -> None:
        if not self._troubled:
            self._troubled = True
            self._on_trouble(
                f"nbops: the journal {self.path} cannot be written ({error}); its records wait in memory, "
                "and your work goes on"
            )


def read_entries(path: Path, offset: int = 0) -> Iterator[tuple[Entry | None, int, str]]:
    """Yield ``(entry, offset after its line, problem)`` for every whole line of *path* after *offset*, a byte count.

    A line that holds no record gives None and says in *problem* why; an unfinished last line is not given.

    Raises:
        HubVersionError: A record was written by a newer nbops: the reader must not go past it.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            if line.strip():
                entry, problem = _parse(line)
                yield entry, offset, problem


def _parse(line: bytes) -> tuple[Entry | None, str]:
    try:
        data = json.loads(line)
        if not (isinstance(data["id"], str) and isinstance(data["kind"], str) and math.isfinite(data["at"])):
            raise TypeError("its id, kind or time is none")
        return Entry(data["id"], from_json(data), line.decode("utf-8").strip()), ""
    except HubVersionError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return None, f"not a record ({type(error).__name__}: {error})"


def _print_to_stderr(text: str) -> None:
    print(text, file=sys.stderr)
