"""The outputs of steps' cells, kept beside the run, so that a restored step shows what it showed when it ran."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from nbops.records import STEP_MIME, StepFinished, from_json
from nbops.store.disk import write_whole
from nbops.store.project import Project

__all__ = ["RESTORED", "CellOutputs"]

RESTORED = "↺ from @"
"""How the remark of a restored step begins; the beginning of the run's id follows."""


class CellOutputs:
    """Keeps what the cells of steps show, and shows it again for those that were restored.

    Args:
        project: The project.
        run: The run.
        clean: Takes the secrets out of what is written.
        on_note: Told, once, when outputs cannot be kept.
    """

    def __init__(self, project: Project, run: str, clean: Callable[[Any], Any], on_note: Callable[[str], None]) -> None:
        self._project = project
        self._run = run
        self._clean = clean
        self._on_note = on_note
        self._is_troubled = False

    def settle(self, outputs: list[Any]) -> None:
        """Keep the *outputs* of a cell that ended well, when it is a step's; before those of a restored one put
        what it showed when it ran.
        """
        record = next((found for found in map(_record_in, outputs) if found), None)
        if record is None:
            return
        shown = [output for output in outputs if STEP_MIME not in output.get("data", {})]
        if record.remark.startswith(RESTORED) and not shown:
            shown = self._shown_in(record.remark.removeprefix(RESTORED), record)
            outputs[:0] = shown
        if shown and record.artifacts:
            self._keep(record, shown)

    def _keep(self, record: StepFinished, shown: list[Any]) -> None:
        folder = self._project.runs / self._run[:12] / "outputs"
        path = folder / _name(record)
        try:
            self._project.make_folder()
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(self._clean(shown))
            write_whole(path, [text.encode("utf-8", "backslashreplace")], sync=False)
        except OSError as error:
            if not self._is_troubled:
                self._is_troubled = True
                self._on_note(f"what steps show is not kept for resuming: {error}")

    def _shown_in(self, run: str, record: StepFinished) -> list[Any]:
        """Return what the step showed in the run whose id begins with *run*; nothing when that is gone, or two do."""
        files = list(self._project.runs.glob(f"{run}*/outputs/{_name(record)}"))
        if len(files) != 1:
            return []
        try:
            return _nodes(json.loads(files[0].read_text(encoding="utf-8")))
        except (OSError, ValueError):  # its file was lost: the record says where it is from
            return []


def _record_in(output: Any) -> StepFinished | None:
    data = output.get("data", {}).get(STEP_MIME)
    record = from_json(data) if data else None
    return record if isinstance(record, StepFinished) else None


def _name(record: StepFinished) -> str:
    return f"{record.step}.{record.part}.json"


def _nodes(outputs: list[Any]) -> list[Any]:
    from nbformat import from_dict

    return [from_dict(output) for output in outputs]
