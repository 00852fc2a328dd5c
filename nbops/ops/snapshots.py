"""Snapshots: the code of a notebook as it was when it was scheduled. Who edits it breaks no run of the night."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path

from nbops.engine.plans.plan import source_hash
from nbops.engine.plans.saving import atomic_write
from nbops.errors import NotebookError
from nbops.notebook.cells import Notebook, read_notebook
from nbops.store.project import Project

__all__ = ["read_snapshot", "take_snapshot"]


def take_snapshot(project: Project, path: Path) -> tuple[str, str]:
    """Keep the code of a notebook; return the hash of the code, and the copy's path relative to the project.

    A notebook is kept without its outputs, which nothing of a run reads.

    Raises:
        NotebookError: There is no such notebook, or it cannot be read.
    """
    source = read_notebook(path)
    code = source_hash(source)
    place = project.make_folder() / "snapshots" / code / path.name
    place.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".ipynb":
        cells = [
            {**cell, "outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else cell
            for cell in source.content["cells"]
        ]
        atomic_write(place, json.dumps({**source.content, "cells": cells}, ensure_ascii=False).encode())
    else:
        atomic_write(place, path.read_bytes())
    return code, project.relative(place)


def read_snapshot(project: Project, snapshot: str, notebook: str) -> Notebook:
    """Return the notebook of a snapshot as if it stood where *notebook* does.

    Raises:
        NotebookError: The snapshot is not on this machine, or cannot be read.
    """
    place = project.root / snapshot
    if not place.is_file():
        name = notebook.rsplit("/", 1)[-1]
        fix = f"take it again: nbops schedule {name} … --replace"
        raise NotebookError("the snapshot of its code is not here", where=str(place), fix=fix)
    return dataclasses.replace(read_notebook(place), path=os.path.join(project.root, notebook))
