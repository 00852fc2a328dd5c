"""The executed notebook: papermill's form of it, its parameters, and the status of each of its cells.

papermill is imported with this module.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import NotebookExecutionManager
from papermill.translators import PythonTranslator

from nbops.engine.plans.saving import Saver
from nbops.notebook.cells import Notebook
from nbops.notebook.marks import find_mark
from nbops.notebook.parameters import wire_value

__all__ = ["Manager", "inject_parameters", "is_skipped", "load_node", "source_indexes"]

_INJECTED = "injected-parameters"
_ERROR_MARKER = "papermill-error-cell-tag"
_SKIP_TAG = "skip-execution"


class Manager(NotebookExecutionManager):  # type: ignore[misc]
    """papermill's manager with true statuses, and a saver that writes seldom and whole.

    Beside papermill's own ``pending``, ``running``, ``completed`` and ``failed``, a cell may be ``skipped`` (nothing of
    it was to run) or ``not_run`` (the run ended before it).
    """

    def __init__(self, node: Any, saver: Saver, **options: Any) -> None:
        super().__init__(node, output_path=None, autosave_cell_every=0, **options)
        self._saver = saver

    def save(self, **kwargs: Any) -> None:
        """Save when the last save is long enough ago: papermill asks before and after every cell."""
        self._saver.save_sometimes(self.nb)

    def begin_run(self) -> None:
        """Clear what an earlier run left, and save.

        Raises:
            OutputError: It cannot be written.
        """
        self.notebook_start()
        self._saver.save(self.nb)

    def cell_passed_by(self, cell: Any, status: str) -> None:
        """Give a cell that does not run its status."""
        cell.metadata.papermill["status"] = status
        if self.pbar:
            self.pbar.update(1)

    def end_run(self, *, is_good: bool) -> None:
        """Note how the run ended; cells that it did not reach are ``not_run``."""
        self.end_time = self.now()
        noted = self.nb.metadata.papermill
        noted["end_time"] = self.end_time.isoformat()
        noted["duration"] = (self.end_time - self.start_time).total_seconds()
        noted["exception"] = None if is_good else True
        for cell in self.nb.cells:
            if cell.metadata.papermill["status"] == self.PENDING:
                cell.metadata.papermill["status"] = "not_run"
        self.cleanup_pbar()


def load_node(source: Notebook) -> Any:
    """Return *source* as papermill wants it. The file is not read again: it may have been edited meanwhile."""
    node = nbformat.from_dict(source.content)
    for cell in node.cells:
        cell.metadata["papermill"] = nbformat.NotebookNode()
    node.cells = [cell for cell in node.cells if _ERROR_MARKER not in cell.metadata.tags]
    node.metadata["papermill"] = nbformat.NotebookNode(
        default_parameters={}, parameters={}, environment_variables={}, version=_papermill_version()
    )
    return node


def inject_parameters(node: Any, values: Mapping[str, object]) -> None:
    """Note *values* in the metadata, and put a cell that assigns them after the cell that declares them.

    A notebook with a ``%%params`` cell needs no further cell: there the kernel itself binds what is given.
    """
    node.metadata.papermill["parameters"] = {name: wire_value(value) for name, value in values.items()}
    if not values or any(is_params(cell) for cell in node.cells):
        return
    lines = [f"{name} = {_python(value)}" for name, value in values.items()]
    source = "\n".join(["# Parameters", *lines])
    metadata = {"tags": [_INJECTED], "papermill": {}}
    cell = nbformat.from_dict(
        {"cell_type": "code", "id": _INJECTED, "metadata": metadata, "source": source, "outputs": []}
    )
    before = [i for i, other in enumerate(node.cells) if _INJECTED in other.metadata.tags]
    if before:
        node.cells[before[0]] = cell
        return
    declaring = [i for i, other in enumerate(node.cells) if "parameters" in other.metadata.tags]
    node.cells.insert(declaring[0] + 1 if declaring else 0, cell)


def is_params(cell: Any) -> bool:
    """Return whether a cell is a ``%%params`` cell, however spelled."""
    mark = find_mark(cell.source) if cell.cell_type == "code" else None
    return mark is not None and mark.kind == "params"


def is_skipped(cell: Any) -> bool:
    """Return whether its author wants the cell passed by: the tag ``skip-execution``, or ``#| skip``."""
    if _SKIP_TAG in cell.metadata.get("tags", ()):
        return True
    mark = find_mark(cell.source)
    return mark is not None and mark.kind == "skip"


def source_indexes(node: Any, source: Notebook | None) -> dict[int, int]:
    """Return for each cell of the executed notebook its index in *source*; what papermill put in has none."""
    if source is None:
        return {index: index for index in range(len(node.cells))}
    own = [cell.index for cell in source.cells if not cell.tags & {_INJECTED, _ERROR_MARKER}]
    executed = [i for i, cell in enumerate(node.cells) if _INJECTED not in cell.metadata.get("tags", ())]
    return dict(zip(executed, own, strict=False))


def _python(value: object) -> str:
    """Return Python code whose value is *value*, without a name that the notebook may not have."""
    known = {datetime.datetime: "datetime", datetime.date: "datetime", datetime.timedelta: "datetime"}
    if type(value) in known:
        return f"__import__('datetime').{repr(value).removeprefix('datetime.')}"
    if isinstance(value, decimal.Decimal):
        return f"__import__('decimal').{value!r}"
    if isinstance(value, Path):
        return f"__import__('pathlib').Path({str(value)!r})"
    if isinstance(value, (set, frozenset, tuple)):
        return repr(value)
    return str(PythonTranslator.translate(value))


def _papermill_version() -> str:
    from papermill.version import version

    return str(version)
