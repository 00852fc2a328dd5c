"""What tests with real kernels share: a project in a folder of its own, and notebooks written into it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

Cell = str | tuple[str, str]
WriteNotebook = Callable[..., Path]


@pytest.fixture
def write(project: Path) -> WriteNotebook:
    """Return what writes a notebook of code cells into the project; a cell may come with a tag."""

    def write_notebook(*cells: Cell, name: str = "nb.ipynb", kernel: str = "python3", language: str = "python") -> Path:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content: dict[str, Any] = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {
                "kernelspec": {"name": kernel, "display_name": kernel, "language": language},
                "language_info": {"name": language},
            },
            "cells": [_cell(index, cell) for index, cell in enumerate(cells)],
        }
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return write_notebook


def _cell(index: int, cell: Cell) -> Mapping[str, Any]:
    source, tag = cell if isinstance(cell, tuple) else (cell, "")
    return {
        "cell_type": "code",
        "id": f"cell-{index}",
        "metadata": {"tags": [tag]} if tag else {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }
