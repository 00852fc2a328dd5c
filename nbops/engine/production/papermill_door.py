"""What papermill calls: its notebook and options in, one recorded run, its exceptions out.

papermill takes some ends for good ones (a dead kernel in the last cell, ``sys.exit(0)``) and a good one for bad (an
exception that its author expects), and writes the notebook in place. Here the verdict of the run decides, and
whatever papermill still writes is written whole.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from papermill.iorw import papermill_io
from papermill.log import logger

from nbops.engine.kernel.shipping import ship
from nbops.engine.plans.plan import RunPlan, make_plan
from nbops.engine.plans.saving import atomic_write
from nbops.engine.production.gating import gated, is_refused, record_refusal, refusal
from nbops.engine.production.kernels import check_language
from nbops.engine.production.launch import Watch, launch
from nbops.engine.production.stopping import RunInterrupted
from nbops.notebook.cells import Cell, Notebook, read_notebook
from nbops.notebook.pipeline import build
from nbops.pipeline.run import RunState
from nbops.pipeline.step import Pipeline
from nbops.records import Status
from nbops.settings import load_settings
from nbops.store.project import find_project

__all__ = ["execute"]

_TIMEOUTS = ("the run took longer than ", "the cell took longer than ", "the step took longer than ")


def execute(
    node: Any,
    kernel_name: str,
    output_path: str | None,
    *,
    input_path: str | None = None,
    start_timeout: float = 60,
    execution_timeout: float | None = None,
    progress_bar: bool | dict[str, Any] = True,
    log_output: bool = False,
    stdout_file: Any = None,
    stderr_file: Any = None,
    **ignored: Any,
) -> Any:
    """Run papermill's notebook *node* and return it executed; papermill's other options have their usual meaning."""
    plan = _plan(node, input_path, output_path)
    check_language(plan.source.language if plan.source else "", str(input_path))
    plan = gated(plan, logger.warning)
    if is_refused(plan):
        record_refusal(plan, lambda record: None)
        ship(plan.project, plan.settings.hub, logger.warning)
        raise refusal(plan)
    watch = Watch(
        on_note=logger.warning,
        start_timeout=start_timeout,
        cell_timeout=execution_timeout,
        manager_options={"progress_bar": progress_bar, "log_output": log_output},
        client_options={
            "log": logger,
            "log_output": log_output,
            "stdout_file": stdout_file,
            "stderr_file": stderr_file,
        },
    )
    handler = _WholeFile(output_path) if plan.output else None
    state, cleaned = launch(plan, kernel_name, None, lambda: node, watch)
    executed = _as_papermill_knows_it(cleaned)
    ship(plan.project, plan.settings.hub, logger.warning)
    if state.status.exit_code == 0:
        if handler:
            handler.is_final = True
        return _without_expected_errors(executed)
    if state.status is Status.INTERRUPTED:
        raise RunInterrupted(state)
    _raise_what_papermill_misses(state, executed)
    return executed


def _as_papermill_knows_it(notebook: Any) -> Any:
    """Return *notebook* with attributes again: where a secret was taken out, its parts are plain dictionaries."""
    from nbformat import from_dict

    return from_dict(notebook)


class _WholeFile:
    """papermill's way to one local file: writes it whole, and not at all once the final notebook stands there."""

    def __init__(self, path: str | None) -> None:
        self.is_final = False
        self._entry = (str(path), self)
        papermill_io._handlers.insert(0, self._entry)

    def read(self, path: str) -> str:
        """Return the file's text."""
        return Path(path).read_text(encoding="utf-8")

    def listdir(self, path: str) -> Sequence[str]:
        """Return the names in a folder."""
        return [entry.name for entry in Path(path).iterdir()]

    def write(self, text: str, path: str) -> None:
        """Write the last that papermill has to say, and give the path back."""
        papermill_io._handlers.remove(self._entry)
        if not self.is_final:
            atomic_write(_local(path), text.encode())

    def pretty_path(self, path: str) -> str:
        """Return how a message names the path."""
        return path


def _plan(node: Any, input_path: str | None, output_path: str | None) -> RunPlan:
    path = _local(input_path) if input_path and _is_local(input_path) else None
    path = path if path and path.is_file() else None
    source = read_notebook(path) if path else _source_of(node)
    project = find_project(path)
    name = project.relative(path).rsplit(".", 1)[0] if path else "unknown"
    return make_plan(
        source,
        build(source, name) if path else Pipeline(name),
        project,
        load_settings(project.root),
        parameters=dict(node.metadata.papermill.get("parameters", {})),
        output=_local(output_path) if output_path and _is_local(output_path) else None,
        launcher="papermill",
    )


def _source_of(node: Any) -> Notebook:
    """Return the notebook that papermill read from somewhere else than a local file."""
    cells = tuple(
        Cell(i, cell.get("id", f"cell-{i}"), cell.cell_type, cell.source, frozenset(cell.metadata.get("tags", ())))
        for i, cell in enumerate(node.cells)
    )
    kernel = node.metadata.get("kernelspec", {})
    language = node.metadata.get("language_info", {}).get("name") or kernel.get("language") or "python"
    return Notebook("", cells, language, kernel.get("name", ""), node.metadata)


def _is_local(path: str) -> bool:
    return path != "-" and "://" not in path


def _local(path: str) -> Path:
    """Return a path as papermill understands it: relative to where papermill was called, not to ``--cwd``."""
    base = getattr(papermill_io.get_handler("local"), "_cwd", None) or os.getcwd()
    return Path(os.path.abspath(os.path.join(base, path)))


def _without_expected_errors(node: Any) -> Any:
    """Return *node* with the errors that authors expect as plain text: papermill fails a run for any error output."""
    from nbformat.v4 import new_output

    for cell in node.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                new_output("stream", name="stderr", text="\n".join(output.traceback))
                if output.output_type == "error"
                else output
                for output in cell.outputs
            ]
    return node


def _raise_what_papermill_misses(state: RunState, node: Any) -> None:
    failure = state.failure
    if failure is not None and failure.type == "DeadKernelError":
        raise DeadKernelError(state.reason)
    if _took_too_long(state):
        raise CellTimeoutError(state.reason)
    bad = next((i for i, cell in enumerate(node.cells) if cell.metadata.papermill["status"] == "failed"), None)
    if bad is None or failure is None or failure.type == "SystemExit":
        cell = node.cells[bad or 0]
        raise PapermillExecutionError(
            cell_index=bad or 0,
            exec_count=cell.get("execution_count"),
            source=cell.source,
            ename=failure.type if failure else "Error",
            evalue=state.reason,
            traceback=list(failure.traceback) if failure else [],
        )


def _took_too_long(state: RunState) -> bool:
    """Return whether a timeout of ours ended the run; an exception of the cell's may speak of timeouts as well."""
    is_of_step = state.failure is not None and state.failure.type == "StepTimeout"
    return is_of_step or state.reason.startswith(_TIMEOUTS)
