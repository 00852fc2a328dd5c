"""The adopted notebook as a file: its cells as ``.ipynb`` or percent script, the diff, and the atomic write."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.engine.plans.saving import atomic_write
from nbops.errors import NotebookError, OutputError
from nbops.notebook.cells import Notebook

__all__ = ["NewCell", "as_file", "as_percent", "diff", "replace_file"]


@dataclass(frozen=True, slots=True)
class NewCell:
    """A cell of the adopted notebook.

    Args:
        source: Its text.
        origin: The index of the cell it comes from; None for a cell that is new.
        is_whole: Whether it holds all that its origin held, so that stored outputs are still its own.
    """

    source: str
    origin: int | None = None
    is_whole: bool = True


def as_file(original: bytes, notebook: Notebook, cells: Sequence[NewCell]) -> bytes:
    """Return the bytes of the notebook's file with *cells* instead of its own.

    Raises:
        NotebookError: The file has a format that would have to be converted first.
    """
    if notebook.path.endswith(".py"):
        return _as_script(original, notebook, cells)
    content = json.loads(original.decode("utf-8-sig"))
    if content.get("nbformat") != 4:
        raise NotebookError(
            f"notebook format {content.get('nbformat')} cannot be edited, only 4",
            where=notebook.path,
            fix=f"jupyter nbconvert --to notebook --inplace {notebook.path}",
        )
    has_ids = content.get("nbformat_minor", 0) >= 5
    content["cells"] = list(_json_cells(content["cells"], cells, has_ids))
    text = json.dumps(content, indent=_indent(original), ensure_ascii=False)
    return (text + ("\n" if original.endswith(b"\n") else "")).encode()


def _indent(original: bytes) -> int:
    second = original.split(b"\n", 2)[1] if b"\n" in original else b" "
    return max(1, len(second) - len(second.lstrip(b" ")))


def _json_cells(old: list[dict[str, Any]], cells: Sequence[NewCell], has_ids: bool) -> Iterator[dict[str, Any]]:
    taken: set[str] = {str(cell.get("id")) for cell in old}
    kept: set[int] = set()
    for cell in cells:
        source = cell.source.splitlines(keepends=True)
        if cell.origin is not None and cell.origin not in kept:
            kept.add(cell.origin)
            changed = {**old[cell.origin], "source": source}
            if changed["cell_type"] == "code" and not cell.is_whole:
                changed |= {"outputs": [], "execution_count": None}
            yield changed
        else:
            new: dict[str, Any] = {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
                "source": source,
            }
            yield {**({"id": _new_id(cell.source, taken)} if has_ids else {}), **new}


def _new_id(source: str, taken: set[str]) -> str:
    """Return an id that depends on the text alone, so that adopting twice gives the same file."""
    number = 0
    while True:
        found = hashlib.blake2b(f"{number}{source}".encode(), digest_size=4).hexdigest()
        if found not in taken:
            taken.add(found)
            return found
        number += 1


def _as_script(original: bytes, notebook: Notebook, cells: Sequence[NewCell]) -> bytes:
    import jupytext
    import nbformat

    content = jupytext.reads(original.decode("utf-8-sig"), fmt={"extension": ".py"})
    old = content.cells
    content.cells = [
        nbformat.v4.new_code_cell(cell.source) if cell.origin is None else {**old[cell.origin], "source": cell.source}
        for cell in cells
    ]
    content.cells = [nbformat.from_dict(cell) for cell in content.cells]
    text: str = jupytext.writes(content, fmt="py:percent")
    if not original.lstrip().startswith(b"# ---"):  # a script without a header of jupytext's does not get one
        text = _without_header(text)
    return text.encode()


def _without_header(text: str) -> str:
    if not text.startswith("# ---\n"):
        return text
    _, _, rest = text.removeprefix("# ---\n").partition("# ---\n")
    return rest.lstrip("\n")


def as_percent(notebook: Notebook, cells: Sequence[NewCell] | None = None) -> str:
    """Return the notebook, or *cells* in its place, as text that people can read in a diff."""
    listed = [(c.source, c.kind) for c in notebook.cells]
    if cells is not None:
        kinds = {c.index: c.kind for c in notebook.cells}
        listed = [(c.source, "code" if c.origin is None else kinds[c.origin]) for c in cells]
    parts = []
    for source, kind in listed:
        lines = source.rstrip("\n").split("\n")
        text = "\n".join(lines if kind == "code" else [f"# {line}".rstrip() for line in lines])
        parts.append(f"# %%{'' if kind == 'code' else f' [{kind}]'}\n{text}\n")
    return "\n".join(parts)


def diff(notebook: Notebook, cells: Sequence[NewCell], context: int = 2) -> str:
    """Return the unified diff from the notebook to the one with *cells*."""
    name = Path(notebook.path).name
    return "".join(
        difflib.unified_diff(
            as_percent(notebook).splitlines(keepends=True),
            as_percent(notebook, cells).splitlines(keepends=True),
            f"a/{name}",
            f"b/{name}",
            n=context,
        )
    )


def replace_file(path: Path, old: bytes, new: bytes, kept: Path) -> None:
    """Replace the contents *old* of *path* by *new*, whole or not at all, and keep *old* at *kept*.

    Raises:
        OutputError: The file changed in the meantime, or cannot be written. Then nothing was changed.
    """
    try:
        now = path.read_bytes()
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", where=str(path), fix=f"ls -l {path}") from error
    if now != old:
        raise OutputError(f"{path.name} changed while it was read", where=str(path), fix="save it, and adopt again")
    atomic_write(kept, old)
    atomic_write(path, new)
