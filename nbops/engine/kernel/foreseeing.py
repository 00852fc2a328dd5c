"""What is known of a run before its first step: from the engine's instructions, or from the notebook's own file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbops.engine.kernel.identity import Identity
from nbops.engine.kernel.session import Foreseen
from nbops.errors import NbopsError
from nbops.notebook.cells import read_notebook
from nbops.notebook.parameters import HIDDEN, check_parameters, secret_values
from nbops.notebook.pipeline import build, source_hash
from nbops.pipeline.step import Pipeline
from nbops.records import from_json

__all__ = ["foresee", "instructed"]


def instructed(instructions: Mapping[str, Any]) -> Foreseen:
    """Return what the engine said when it started the kernel."""
    given = dict(instructions.get("parameters", {}))
    hidden = [given[name] for name in instructions.get("secrets", ()) if name in given]
    return Foreseen(
        steps=tuple(instructions.get("steps", ())),
        parameters=dict(instructions.get("parameter_texts", {})),
        cells={cell_id: index for index, cell_id, *_ in instructions.get("cells", ()) if cell_id},
        given=given,
        secrets=tuple(str(value) for value in hidden if value),
        restorable={(one["step"], one.get("part", 0)): from_json(one) for one in instructions.get("restore", ())},
        cached=bool(instructions.get("cached")),
        waived=dict(instructions.get("waived", {})),
    )


def foresee(identity: Identity) -> Foreseen:
    """Return what the file of a notebook says that another program runs from its first cell to its last.

    A file that cannot be read, or makes no pipeline, is told on stderr; its cells run all the same.
    """
    if identity.notebook is None or "://" in identity.notebook:
        return Foreseen()
    given = _papermill_values(identity.output)
    try:
        notebook = read_notebook(identity.notebook)
        pipeline = build(notebook)
    except NbopsError as error:
        print(f"nbops: what this run is to do is not known: {error}", file=sys.stderr)
        return Foreseen(given=given)
    sources: dict[str, tuple[int, ...]] = {}
    for cell in notebook.code_cells:
        sources[cell.source] = (*sources.get(cell.source, ()), cell.index)
    return Foreseen(
        steps=tuple(step.name for step in pipeline.steps),
        parameters=_texts(pipeline, given),
        source_hash=source_hash(cell.source for cell in notebook.code_cells),
        sources=sources,
        given=given,
        secrets=_secrets(pipeline, given),
    )


def _papermill_values(output: str) -> dict[str, object]:
    """Return the parameters that papermill keeps in the notebook that it writes, before its first cell runs."""
    try:
        metadata = json.loads(Path(output).read_text(encoding="utf-8"))["metadata"]["papermill"] if output else {}
    except (OSError, ValueError, KeyError, TypeError):  # not written yet, or not there: the history knows them too
        return {}
    return dict(metadata.get("parameters") or {})


def _texts(pipeline: Pipeline, given: Mapping[str, object]) -> dict[str, str]:
    """Return the parameters for the record; what papermill passes and nobody declares is papermill's own business."""
    known = {parameter.name for parameter in pipeline.parameters}
    try:
        texts = check_parameters(pipeline.parameters, {name: value for name, value in given.items() if name in known})
    except NbopsError:  # the %%params cell will raise it where the user sees it
        hidden = {parameter.name for parameter in pipeline.parameters if parameter.is_secret}
        texts = {name: HIDDEN if name in hidden else str(value) for name, value in given.items()}
    return texts | {name: str(value) for name, value in given.items() if name not in known}


def _secrets(pipeline: Pipeline, given: Mapping[str, object]) -> tuple[str, ...]:
    try:
        return secret_values(pipeline.parameters, given)
    except NbopsError:  # it names an environment variable that is not set: nothing to hide
        return ()
