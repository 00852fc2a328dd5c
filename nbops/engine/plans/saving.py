"""Writing what people asked for: executed notebooks, reports and results, whole, or an error that says what to do."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbops.errors import OutputError
from nbops.store.disk import leftovers, temporary_beside, write_whole

__all__ = ["OutputTaken", "Saver", "atomic_write", "check_writable", "is_device", "notebook_bytes"]

_LONGEST_SHARE_OF_TIME = 0.1


class OutputTaken(OutputError):
    """Somebody else wrote the file meanwhile: another run into the same output, or a person."""


def atomic_write(path: Path, data: bytes) -> None:
    """Write *data* as the file *path*, whole and on the disk, or leave *path* as it was.

    Raises:
        OutputError: It cannot be written.

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.txt"
        >>> atomic_write(path, b"whole")
        >>> path.read_bytes(), [p.name for p in path.parent.iterdir()]
        (b'whole', ['a.txt'])
    """
    try:
        if is_device(path):
            path.write_bytes(data)
        else:
            write_whole(Path(os.path.realpath(path)), [data])  # a symbolic link stays one
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", where=str(path), fix=_fix(error)) from error


def is_device(path: Path) -> bool:
    """Return whether *path* is written through and never replaced: ``/dev/null``, ``/dev/stdout``, a pipe.

    Example:
        >>> is_device(Path("/dev/null")), is_device(Path("/dev")), is_device(Path(__file__))
        (True, False, False)
    """
    mode = _mode(path)
    return mode != 0 and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def check_writable(path: Path) -> None:
    """Make sure that *path* can be written later: its folder is made, and a file beside it is tried.

    Raises:
        OutputError: *path* is a folder, or its folder cannot be made or written.
    """
    if stat.S_ISDIR(_mode(path)):
        raise OutputError("is a folder, not a file", where=str(path), fix=f"name a file, as {path / 'out.ipynb'}")
    if is_device(path):
        return
    path = Path(os.path.realpath(path))
    trial = temporary_beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in leftovers(path):
            leftover.unlink(missing_ok=True)
        trial.touch(exist_ok=False)
        trial.unlink()
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(13, "the file is read-only")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", where=str(path), fix=_fix(error)) from error


def notebook_bytes(notebook: Mapping[str, Any]) -> bytes:
    r"""Return a notebook of format 4 as the bytes of its file, laid out as Jupyter does: long texts as lists of lines.

    Example:
        >>> notebook_bytes({"cells": [{"cell_type": "raw", "source": "a\nb"}]}).decode()[:47]
        '{\n "cells": [\n  {\n   "cell_type": "raw",\n   "so'
    """
    laid_out = {**notebook, "cells": [_split_cell(cell) for cell in notebook["cells"]]}
    text = json.dumps(laid_out, ensure_ascii=False, indent=1, sort_keys=True, separators=(",", ": "))
    return f"{text}\n".encode("utf-8", "backslashreplace")  # a lone surrogate becomes JSON's own escape


class Saver:
    """Saves an executed notebook: at the start, seldom while it runs, and at the end.

    Args:
        path: Where to; None saves nothing.
        seconds: The least time between two saves. When saving takes more than a tenth of the time, it grows.
        clean: Applied to the notebook before it is written (secrets are taken out there).
        on_trouble: Told, with a sentence, when a save in the middle failed; the run goes on.
    """

    def __init__(
        self,
        path: Path | None,
        seconds: float,
        clean: Callable[[Mapping[str, Any]], Mapping[str, Any]] = lambda notebook: notebook,
        on_trouble: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.path = path
        self._seconds = seconds
        self._clean = clean
        self._on_trouble = on_trouble
        self._troubled = False
        self._last = time.monotonic()
        self._written: tuple[Path, bytes] | None = None  # what stands there, as far as it is ours

    def save(self, notebook: Mapping[str, Any]) -> None:
        """Save now.

        Raises:
            OutputTaken: Since the last save somebody else wrote there; then it is left as it is.
            OutputError: It cannot be written.
        """
        if self.path is None:
            return
        start = time.monotonic()
        self._check_ours(self.path)
        data = notebook_bytes(self._clean(notebook))
        atomic_write(self.path, data)
        self._written = self.path, hashlib.blake2b(data).digest()
        self._last = time.monotonic()
        self._seconds = max(self._seconds, (self._last - start) / _LONGEST_SHARE_OF_TIME)

    def _check_ours(self, path: Path) -> None:
        if self._written is None or self._written[0] != path or is_device(path) or not path.exists():
            return
        if hashlib.blake2b(path.read_bytes()).digest() != self._written[1]:
            raise OutputTaken(
                "was written by somebody else meanwhile", where=str(path), fix="give each run an output of its own"
            )

    def save_sometimes(self, notebook: Mapping[str, Any]) -> None:
        """Save when the last save is long enough ago. A save that fails is told once, and tried again later."""
        if self.path is None or time.monotonic() - self._last < self._seconds:
            return
        try:
            self.save(notebook)
        except OutputError as error:
            self._last = time.monotonic()
            if not self._troubled:
                self._troubled = True
                self._on_trouble(f"the executed notebook {error.what}; the run goes on")


def _split_cell(cell: Mapping[str, Any]) -> dict[str, Any]:
    laid_out = {**cell, "source": _lines(cell["source"])}
    if "outputs" in cell:
        laid_out["outputs"] = [_split_output(output) for output in cell["outputs"]]
    return laid_out


def _split_output(output: Mapping[str, Any]) -> dict[str, Any]:
    laid_out = dict(output)
    if "text" in laid_out:
        laid_out["text"] = _lines(laid_out["text"])
    if "data" in laid_out:
        data = laid_out["data"]
        laid_out["data"] = {mime: _lines(value) if _is_text(mime) else value for mime, value in data.items()}
    return laid_out


def _is_text(mime: str) -> bool:
    """Return whether readers join a list of that kind to one text; in JSON a list stays a list."""
    return mime.startswith("text/") or mime in ("application/javascript", "image/svg+xml")


def _lines(value: Any) -> Any:
    return value.splitlines(keepends=True) if isinstance(value, str) else value


def _mode(path: Path) -> int:
    """Return what kind of file *path* is, and for whom; 0 where nobody may look or nothing is."""
    try:
        return path.stat().st_mode
    except OSError:
        return 0


def _fix(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "choose a place where you may write, as nbops run NOTEBOOK /tmp/out.ipynb"
    if error.errno == 28:
        return "free some space on that disk, or choose another place"
    return "choose another place for it"
