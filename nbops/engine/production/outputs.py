"""What a cell prints, kept within bounds: consecutive pieces become one text, and a flood goes to a file beside.

A notebook of 100 MB opens nowhere. So of each stream of a cell the beginning and the end stay in the notebook, with a
line between them that names the file where all of it is.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["STREAM_LIMIT", "Streams", "rewind"]

STREAM_LIMIT = 1_000_000
"""After how many characters a stream of a cell is a flood; of a flood a quarter more stays, its end."""

_OVERWRITTEN = re.compile(r"[^\n]*\r(?=[^\n\r])")


def rewind(text: str) -> str:
    r"""Return *text* as a terminal shows it: what a carriage return overwrites is gone (a progress bar's history).

    Example:
        >>> rewind("10 %\r50 %\r100 %\ndone\r\n")
        '100 %\ndone\r\n'
    """
    return _OVERWRITTEN.sub("", text) if "\r" in text else text


class Streams:
    """The streams (stdout, stderr) of one cell.

    Args:
        spill: Where a flood goes, without suffix, as ``out.cell-3``; None where there is no place: then only the
            beginning and the end are kept.
        clean: Applied to all text before it is written to the file (secrets are taken out there).
        overlap: How many characters of a piece must be held back until the next one came, so that *clean* sees
            what was torn apart.
    """

    def __init__(self, spill: Path | None, clean: Callable[[str], str] = lambda text: text, overlap: int = 0) -> None:
        self._spill = spill
        self._clean = clean
        self._overlap = overlap
        self._sizes: dict[str, int] = {}
        self._floods: dict[str, _Flood] = {}

    def add(self, outputs: list[dict[str, Any]], name: str, text: str) -> None:
        """Add a piece to *outputs*, to the last one where that is the same stream."""
        flood = self._floods.get(name)
        if flood:
            flood.add(text)
            return
        size = self._sizes.get(name, 0)
        room = STREAM_LIMIT // 2 - size
        self._sizes[name] = size + len(text)
        if self._sizes[name] > STREAM_LIMIT:
            text, rest = text[: max(room, 0)], text[max(room, 0) :]
            flood = self._floods[name] = self._begin_flood(outputs, name)
            flood.write(text)
            flood.add(rest)
        if text:
            _append(outputs, name, text)

    def clear(self) -> None:
        """Forget what was counted: the cell cleared its output."""
        self._sizes.clear()
        for flood in self._floods.values():
            flood.close()
        self._floods.clear()

    def finish(self, outputs: list[dict[str, Any]]) -> None:
        """Write the end of each flood into *outputs*, and let progress bars show their last state only."""
        for name, flood in self._floods.items():
            _append(outputs, name, flood.close())
        self._floods.clear()
        for output in outputs:
            if output["output_type"] == "stream":
                output["text"] = rewind(output["text"])

    def _begin_flood(self, outputs: list[dict[str, Any]], name: str) -> _Flood:
        path = self._spill.with_name(f"{self._spill.name}.{name}.txt") if self._spill else None
        flood = _Flood(path, self._clean, self._overlap)
        for output in outputs:
            if output["output_type"] == "stream" and output["name"] == name:
                flood.write(output["text"])
        return flood


class _Flood:
    """The part of a stream that is too much for the notebook: all of it to the file, its last lines in memory."""

    def __init__(self, path: Path | None, clean: Callable[[str], str], overlap: int) -> None:
        self._path = path
        self._file = None
        self._clean = clean
        self._overlap = overlap
        self._held = ""
        self._tail: list[str] = []
        self._tail_size = 0
        self._skipped = 0
        self._trouble = ""
        if path is not None:
            try:
                self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            except OSError as error:
                self._trouble = f"{error.strerror or error}"

    def add(self, text: str) -> None:
        self.write(text)
        self._tail.append(text)
        self._tail_size += len(text)
        while len(self._tail) > 1 and self._tail_size - len(self._tail[0]) > STREAM_LIMIT // 4:
            dropped = self._tail.pop(0)
            self._tail_size -= len(dropped)
            self._skipped += len(dropped)

    def write(self, text: str, *, is_last: bool = False) -> None:
        if self._file is None:
            return
        text = self._clean(self._held + text)
        cut = len(text) if is_last else max(len(text) - self._overlap, 0)
        self._held = text[cut:]
        try:
            self._file.write(text[:cut])
            if is_last:
                self._file.close()
        except OSError as error:
            self._trouble = f"{error.strerror or error}"
            with contextlib.suppress(OSError):  # what is still buffered meets the same trouble; it is told once
                self._file.close()
            self._file = None

    def close(self) -> str:
        """End the file and return what stands in the notebook after the beginning."""
        self.write("", is_last=True)
        tail = "".join(self._tail)
        kept = tail[-(STREAM_LIMIT // 4) :]
        skipped = self._skipped + len(tail) - len(kept)
        where = f"all of it: {self._path}" if self._file else f"not kept: {self._trouble or 'no place'}"
        return f"\n… {skipped:,} characters left out here ({where}) …\n{kept}" if skipped else kept


def _append(outputs: list[dict[str, Any]], name: str, text: str) -> None:
    last = outputs[-1] if outputs else None
    if last is not None and last["output_type"] == "stream" and last["name"] == name:
        last["text"] += text
    else:
        outputs.append(_stream(name, text))


def _stream(name: str, text: str) -> Any:
    from nbformat import NotebookNode

    return NotebookNode(output_type="stream", name=name, text=text)
