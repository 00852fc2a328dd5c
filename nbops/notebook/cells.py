"""Reading a notebook into its cells: ``.ipynb`` with the standard library alone, percent scripts through jupytext."""

from __future__ import annotations

import difflib
import itertools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nbops.errors import NotebookError

__all__ = ["Cell", "CellType", "Notebook", "read_notebook"]

CellType = Literal["code", "markdown", "raw"]

_PERCENT = re.compile(r"^# ?%%(?!\w)|^# jupytext:|^#\s+jupytext:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a notebook.

    Args:
        index: Its place in the notebook, counted from 0, text cells included.
        id: Its id in the file; ``cell-INDEX`` when the file is too old to have ids.
        kind: What it holds.
        source: Its text, with lines ended by a line feed.
        tags: The tags of its metadata.
        outputs: Its stored outputs, as in the file.
        execution_count: The number of its last execution; None when it has not run.
    """

    index: int
    id: str
    kind: CellType
    source: str
    tags: frozenset[str] = frozenset()
    outputs: tuple[Mapping[str, Any], ...] = ()
    execution_count: int | None = None


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as it stands in its file.

    Args:
        path: Where it was read from, as given; empty for cells without a file.
        cells: All its cells, in order.
        language: Its language in lower case, ``python`` when the file does not say.
        kernel_name: The kernel it asks for; empty when the file does not say.
        metadata: The metadata of the file.
        content: All of it in format 4 as it was read, made whole where the file leaves something out: for who executes
            it. Not to be changed.
    """

    path: str
    cells: tuple[Cell, ...]
    language: str = "python"
    kernel_name: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    content: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def code_cells(self) -> tuple[Cell, ...]:
        """The cells that hold code."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


def read_notebook(path: str | os.PathLike[str]) -> Notebook:
    """Return the notebook at *path*: ``.ipynb``, or a ``.py`` script in cells (``# %%``).

    Raises:
        NotebookError: There is no such file, it cannot be read, or it holds no notebook.
    """
    file = Path(path)
    text = _text(file)
    content = _from_script(text, file) if file.suffix == ".py" else _from_json(text, file)
    return _notebook(_upgraded(content, text, file), str(path))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise NotebookError(f"there is no notebook {file.name!r}", where=str(file), fix=_nearby(file)) from error
    except IsADirectoryError as error:
        raise NotebookError(f"{file.name!r} is a folder", where=str(file), fix="name a notebook in it") from error
    except UnicodeDecodeError as error:
        raise NotebookError(
            f"{file.name!r} is not a notebook: byte {error.start} is not UTF-8", where=str(file), fix="name a .ipynb"
        ) from error
    except OSError as error:
        raise NotebookError(
            f"{file.name!r} cannot be read: {error.strerror}", where=str(file), fix=f"ls -l {file}"
        ) from error


def _nearby(file: Path) -> str:
    """Return what to type instead of a file that is not there."""
    try:
        names = sorted(p.name for p in file.parent.iterdir() if p.suffix == ".ipynb")
    except OSError:  # the folder itself is missing or closed to us, so nothing in it can be named
        return f"there is no folder {file.parent} that can be read"
    if f"{file.name}.ipynb" in names:
        return f"did you mean {file.name + '.ipynb'!r}?"
    stems = [name.removesuffix(".ipynb") for name in names]  # the suffix alone would make all of them near
    near = difflib.get_close_matches(file.name.removesuffix(".ipynb"), stems, n=3)
    if near:
        return f"did you mean {' or '.join(repr(f'{stem}.ipynb') for stem in near)}?"
    return f"ls {file.parent}" if names else f"no notebook in {file.parent}"  # all names may be hundreds


def _from_json(text: str, file: Path) -> dict[str, Any]:
    if not text.strip():
        raise NotebookError(f"{file.name!r} is empty", where=str(file), fix="open it in Jupyter and save it")
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _broken(error, text, file) from error
    if not isinstance(content, dict) or not ({"cells", "worksheets"} & content.keys()):
        raise NotebookError(f"{file.name!r} is JSON, but not a notebook: it has no cells", where=str(file), fix=_OPEN)
    return content


_OPEN = "name a .ipynb, or a .py with # %% cells"


def _broken(error: Exception, text: str, file: Path) -> NotebookError:
    if file.suffix != ".ipynb":
        return NotebookError(f"{file.name!r} is not a notebook", where=str(file), fix=_OPEN)
    if not isinstance(error, json.JSONDecodeError):
        return NotebookError(f"{file.name!r} is nested too deep to be a notebook", where=str(file), fix=_OPEN)
    lines = text.splitlines()
    line = lines[error.lineno - 1].strip() if error.lineno <= len(lines) else ""
    is_conflict = line.startswith(("<<<<<<<", "=======", ">>>>>>>"))
    fix = "a merge conflict of git: git checkout --ours" if is_conflict else "mend it, or git checkout"
    return NotebookError(
        f"{file.name!r} is broken JSON: {error.msg}, at {line[:60]!r}",
        where=f"{file}, line {error.lineno}, column {error.colno}",
        fix=f"{fix} {file.name}",
    )


def _from_script(text: str, file: Path) -> dict[str, Any]:
    if not _PERCENT.search(text):
        raise NotebookError(
            f"{file.name!r} is a script, not a notebook: it has no # %% cells",
            where=str(file),
            fix="write # %% above each cell",
        )
    import jupytext

    try:
        return dict(jupytext.reads(text, fmt={"extension": ".py"}))
    except Exception as error:  # jupytext names no error of its own; whatever it is, the file is not readable
        raise NotebookError(f"{file.name!r} cannot be read by jupytext: {error}", where=str(file), fix=_OPEN) from error


def _upgraded(content: dict[str, Any], text: str, file: Path) -> dict[str, Any]:
    """Return *content* in format 4; a format 3 notebook keeps its cells in worksheets."""
    version = content.get("nbformat", 4)
    if version == 4:
        return content
    if not isinstance(version, int) or version > 4:
        raise NotebookError(
            f"{file.name!r} has notebook format {version!r}, known are 1 to 4",
            where=str(file),
            fix="pip install --upgrade nbops",
        )
    from nbformat import convert, reader

    try:
        return dict(convert(reader.reads(text), 4))
    except Exception as error:  # nbformat raises whatever its converters run into
        raise NotebookError(
            f"{file.name!r} has notebook format {version} and cannot be converted: {error}",
            where=str(file),
            fix=f"jupyter nbconvert --to notebook --nbformat 4 {file.name}",
        ) from error


def _notebook(content: Mapping[str, Any], path: str) -> Notebook:
    whole = _whole(content, path)
    metadata = whole["metadata"]
    kernel, language = _mapping(metadata.get("kernelspec")), _mapping(metadata.get("language_info"))
    return Notebook(
        path=path,
        cells=tuple(_cell(index, cell) for index, cell in enumerate(whole["cells"])),
        language=str(language.get("name") or kernel.get("language") or "python").lower(),
        kernel_name=str(kernel.get("name") or ""),
        metadata=metadata,
        content=whole,
    )


def _whole(content: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return *content* with everything that format 4.5 demands: files are written by many tools, and by hand."""
    cells = content.get("cells")
    if not isinstance(cells, list):
        raise NotebookError(f"the cells are {type(cells).__name__}, not a list", where=path, fix=_OPEN)
    ids: set[str] = set()
    minor = content.get("nbformat_minor")
    return {
        **content,
        "nbformat": 4,
        "nbformat_minor": max(5, minor) if isinstance(minor, int) else 5,
        "metadata": _mapping(content.get("metadata")),
        "cells": [_whole_cell(index, cell, ids, path) for index, cell in enumerate(cells)],
    }


def _whole_cell(index: int, cell: Any, ids: set[str], path: str) -> dict[str, Any]:
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    if kind not in ("code", "markdown", "raw"):
        raise NotebookError(
            f"cell {index + 1} is of no known kind: {kind!r}", where=f"{path}, cell {index + 1}", fix=_OPEN
        )
    whole = {
        **cell,
        "id": _new_id(str(cell.get("id") or f"cell-{index}"), ids),
        "metadata": _whole_metadata(_mapping(cell.get("metadata"))),
        "source": _joined(cell.get("source")),
    }
    if kind == "code":
        _check_code(whole["source"], index, path)
        outputs = cell.get("outputs")
        whole["outputs"] = outputs if isinstance(outputs, list) else []
        whole.setdefault("execution_count", None)
    return whole


def _new_id(wished: str, ids: set[str]) -> str:
    """Return *wished*, or what comes near it when another cell has it: copies made by hand share an id."""
    free = itertools.chain([wished], (f"{wished}-{number}" for number in itertools.count(2)))
    found = next(name for name in free if name not in ids)
    ids.add(found)
    return found


def _whole_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    tags = metadata.get("tags")
    return {**metadata, "tags": [str(tag) for tag in tags] if isinstance(tags, list) else []}


def _check_code(source: str, index: int, path: str) -> None:
    """Raise when no kernel can be sent *source*: JSON can hold half a character, and messages cannot."""
    try:
        source.encode()
    except UnicodeEncodeError as error:
        line = source.count("\n", 0, error.start) + 1
        raise NotebookError(
            f"cell {index + 1} holds half a character, {source[error.start]!r}, that no kernel can be sent",
            where=f"{path}, cell {index + 1}, line {line}",
            fix="type the character anew, or write it as an escape in a string",
        ) from error


def _cell(index: int, cell: Mapping[str, Any]) -> Cell:
    return Cell(
        index=index,
        id=cell["id"],
        kind=cell["cell_type"],
        source=cell["source"],
        tags=frozenset(cell["metadata"]["tags"]),
        outputs=tuple(cell.get("outputs", ())),
        execution_count=cell.get("execution_count"),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _joined(source: Any) -> str:
    text = "".join(str(line) for line in source) if isinstance(source, list) else str(source or "")
    return text.replace("\r\n", "\n").replace("\r", "\n")
