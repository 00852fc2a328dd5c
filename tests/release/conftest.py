"""What the tests of adopting share: plain notebooks, the feeds they read, and what they leave in a real IPython."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WritePlain = Callable[..., Path]

RUN_CELLS = """
import hashlib, json, sys, types
from IPython.core.interactiveshell import InteractiveShell
cells = [c for c in json.load(open(sys.argv[1]))["cells"] if c["cell_type"] == "code"]
shell = InteractiveShell.instance()
before = set(shell.user_ns)
for number, cell in enumerate(cells):
    result = shell.run_cell("".join(cell["source"]), store_history=True)
    assert result.success, (number, "".join(cell["source"]), result.error_in_exec or result.error_before_exec)
found = {}
for name, value in shell.user_ns.items():
    if name not in before and not name.startswith("_") and not isinstance(value, types.ModuleType):
        text = value.to_csv() + str(value.dtypes) if hasattr(value, "to_csv") else repr(value)
        found[name] = text if " at 0x" not in text else type(value).__name__
json.dump(found, open(sys.argv[2], "w"))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a project with the feeds of a shop, which is the working directory."""
    (tmp_path / "pyproject.toml").touch()
    data = tmp_path / "data"
    data.mkdir()
    orders = [
        f"{i % 380},{i % 23},2024-0{1 + i % 6}-{1 + i % 28:02d},{'' if i % 50 == 7 else f'{(i * 37 % 211) / 3:.2f}'}"
        for i in range(400)
    ]
    (data / "orders.csv").write_text("\n".join(["Order ID,Customer ID,Date,Amount", *orders]) + "\n")
    customers = [f"{i},{('EU', 'US', 'ASIA')[i % 3]}" for i in range(22)]
    (data / "customers.csv").write_text("\n".join(["customer_id,region", *customers]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def plain(project: Path) -> WritePlain:
    """Return what writes a notebook of code cells into the project; a cell that begins with ``md:`` is markdown."""

    def write(*cells: str, name: str = "nb.ipynb", language: str = "python") -> Path:
        content = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"language_info": {"name": language}},
            "cells": [_cell(index, source) for index, source in enumerate(cells)],
        }
        path = project / name
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def weekly_sales(project: Path) -> Path:
    """Return the plain notebook of 37 cells that a data scientist might have."""
    return Path(shutil.copy(Path(__file__).with_name("weekly_sales.ipynb"), project))


@pytest.fixture
def namespace() -> Callable[[Path], dict[str, str]]:
    """Return what runs all cells of a notebook in a real IPython and tells every variable that they leave."""

    def run(notebook: Path) -> dict[str, str]:
        found = notebook.with_suffix(".values.json")
        subprocess.run(
            [sys.executable, "-c", RUN_CELLS, str(notebook), str(found)],
            cwd=notebook.parent,
            env={**os.environ, "IPYTHONDIR": str(notebook.parent / ".ipython")},
            check=True,
            capture_output=True,
            text=True,
        )
        values: dict[str, str] = json.loads(found.read_text())
        return values

    return run


def _cell(index: int, source: str) -> dict[str, Any]:
    if source.startswith("md:"):
        return {"cell_type": "markdown", "id": f"c{index}", "metadata": {}, "source": source[3:]}
    cell = {"cell_type": "code", "id": f"c{index}", "metadata": {}, "source": source}
    return {**cell, "outputs": [], "execution_count": None}
