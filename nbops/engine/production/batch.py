"""Executing a notebook as one run: what is planned, each cell in its turn, and one true end.

Both doors of production, ``nbops run`` and ``papermill --engine nbops``, lead through :class:`Batch`.
"""

from __future__ import annotations

import ast
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nbops.engine.cell.backoff import longest_waits
from nbops.engine.kernel.endings import CellEnd, RunEnd, Stop, failure_of, judge_run, judged_by_gates
from nbops.engine.plans.plan import RunPlan
from nbops.engine.plans.saving import OutputTaken, Saver, check_writable, is_device
from nbops.engine.production.client import Client
from nbops.engine.production.control import Watched, judged_by_charts, watch
from nbops.engine.production.executed import Manager, is_skipped, source_indexes
from nbops.engine.production.following import Following
from nbops.engine.production.kernels import Kernel
from nbops.engine.production.outputs import Streams
from nbops.engine.production.secrets import Secrets
from nbops.engine.reuse.replay import CellOutputs
from nbops.errors import KernelError, OutputError
from nbops.notebook.marks import find_mark
from nbops.notebook.parameters import wire_value
from nbops.pipeline.run import RunState
from nbops.pipeline.step import Pipeline
from nbops.records import Failure, RunFinished, Status, StepFinished, StepStarted, to_json, worst

__all__ = ["Batch"]

_BOOTSTRAP = "import nbops.doors.magics as _nbops_m; _nbops_m.bootstrap({text}); del _nbops_m"
# the kernel captures its own stderr, so what the interpreter says when it crashes needs a file of its own
_CRASH_LOG = "import faulthandler as _nbops_f; _nbops_f.enable(open({log!r}, 'a')); del _nbops_f"
_SECRETS = "__import__('nbops.engine.kernel.recorder', fromlist=['x']).current_recorder().secrets"
_STEP_GRACE_SECONDS = 10.0
_LOOK_SECONDS = 10.0
_LOOK = f"__import__('nbops.engine.kernel.observing', fromlist=['x']).drained({_LOOK_SECONDS})"


class Batch:
    """One run of one notebook in one kernel.

    Args:
        plan: What to do.
        manager: Keeps the executed notebook, whose cells are executed.
        kernel: The kernel, connected.
        following: Knows and writes the run's records.
        saver: Saves the executed notebook.
        secrets: What must not be written; grows when the kernel knows more.
        stops: Asked between messages whether to stop.
        on_note: Told, in a sentence, what a user should know beside the records.
        report: The report's path as the record names it; empty when there will be none.
        cell_timeout: The longest that any one cell may take, in seconds.
        options: More for papermill's client (``log_output`` and the like).
    """

    def __init__(
        self,
        plan: RunPlan,
        manager: Manager,
        kernel: Kernel,
        following: Following,
        saver: Saver,
        *,
        secrets: Secrets,
        stops: Sequence[Callable[[], Stop | None]] = (),
        on_note: Callable[[str], None] = lambda text: None,
        report: str = "",
        cell_timeout: float | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.plan = plan
        self.manager = manager
        self.node = manager.nb
        self.kernel = kernel
        self._following = following
        self._saver = saver
        self._secrets = secrets
        self._stops = stops
        self._on_note = on_note
        self._report = report
        self._cell_timeout = cell_timeout
        self._client = Client(manager, kernel, self._look, self._streams, **(options or {}))
        self._source_index = source_indexes(self.node, plan.source)
        self._step_limits = _step_limits(plan.pipeline)
        self._allowed: set[str] = set()
        self._watched = Watched()
        self._outputs = CellOutputs(plan.project, plan.run, secrets.clean_tree, on_note)

    def execute(self) -> RunState:
        """Execute the cells, save the notebook, write the run's end. The kernel is asked to end, and not waited for.

        Returns:
            The run as it ended.
        """
        ended = self._execute_all()
        self._following.look(surely=True)
        if ended is not None:
            self._close_steps(*ended)
        end = judged_by_charts(self._judge(ended), self._watch_charts(), self.plan.settings.control)
        end = judged_by_gates(end, self.plan.gates)
        self.manager.end_run(is_good=not end.status.is_bad)
        self._save_and_write_end(end)
        return self._following.state

    def _execute_all(self) -> tuple[CellEnd, int] | None:
        try:
            self._instruct()
            ended = self._execute_cells()
            self._let_look_at_tables(ended)
            self._client.set_widgets_metadata()
            self.node.metadata["language_info"] = self.kernel.info["language_info"]
        finally:
            self.kernel.request_shutdown()
        return ended

    def _instruct(self) -> None:
        """Tell the kernel its run, its parameters and its cells, without a trace in the notebook."""
        self._client.ask(_CRASH_LOG.format(log=str(self.kernel.log)))
        sources = [cell.source for cell in self.node.cells if cell.cell_type == "code"]
        if not self.plan.pipeline.steps and not any(name in s for s in sources for name in ("nbops", "params", "step")):
            return  # a plain notebook: the kernel need not load anything
        reply = self._client.ask(_BOOTSTRAP.format(text=repr(json.dumps(self._instructions()))))
        if reply["status"] != "ok":
            self._on_note(
                f"the kernel cannot load nbops ({reply.get('ename')}: {reply.get('evalue')}), so its steps are not "
                "recorded; type: pip install nbops, in the kernel's environment"
            )

    def _instructions(self) -> dict[str, Any]:
        return {
            "run": self.plan.run,
            "project": str(self.plan.project.root),
            "notebook": str(self.plan.path or ""),
            "env": self.plan.settings.env,
            "parameters": wire_value(self.plan.parameters),
            "parameter_texts": dict(self.plan.parameter_texts),
            "secrets": sorted(self.plan.secret_names),
            "cells": [[at, self.node.cells[i].get("id", "")] for i, at in self._source_index.items()],
            "steps": list(self.plan.steps),
            "restore": [to_json(record) for record in self.plan.restore],
            "cached": self.plan.is_cached,
            "waived": dict(self.plan.waived),
        }

    def _execute_cells(self) -> tuple[CellEnd, int] | None:
        left_out = self.plan.left_out
        for index, cell in enumerate(self.node.cells):
            stop = next(filter(None, (ask() for ask in self._stops)), None)
            if stop is not None:
                return CellEnd(stop.kind, stop.name, stop.reason), index
            if cell.cell_type != "code" or not cell.source.strip():
                self.manager.cell_passed_by(cell, self.manager.COMPLETED)
            elif self._source_index.get(index) in left_out or is_skipped(cell):
                self.manager.cell_passed_by(cell, "skipped")
            else:
                end = self._execute_cell(cell, index)
                if end.ends_run:
                    return end, index
        return None

    def _let_look_at_tables(self, ended: tuple[CellEnd, int] | None) -> None:
        """Give the kernel the moment that it needs to look at the tables that the last steps left.

        A run that was interrupted, or took too long, is not held up.
        """
        steps = [record for record in self._following.records if isinstance(record, StepFinished)]
        if not steps or (ended is not None and ended[0].kind != "error") or not self.kernel.is_alive():
            return
        try:
            self._client.ask(_LOOK, timeout=2 * _LOOK_SECONDS)
        except KernelError:  # it ended meanwhile, or has more to look at: what comes later the hub takes in later
            return

    def _execute_cell(self, cell: Any, index: int) -> CellEnd:
        self.manager.cell_start(cell, index)
        try:
            end = self._client.run_cell(cell, index)
            self._following.look(surely=end.kind != "ok")
            self._following.take_shown(cell.outputs)
            self._learn_secrets(cell)
            if end.kind != "ok":
                self._note_bad_end(end, cell, index)
            else:
                self._outputs.settle(cell.outputs)
        except BaseException:  # nobody knows how it ended, so it did not end well
            self.manager.cell_exception(cell, cell_index=index)
            raise
        finally:
            self.manager.cell_complete(cell, cell_index=index)
        self._saver.save_sometimes(self.node)
        return end

    def _note_bad_end(self, end: CellEnd, cell: Any, index: int) -> None:
        if end.ends_run:
            self.manager.cell_exception(cell, cell_index=index)
        else:
            at = self._source_index.get(index)
            ended = [record for record in self._following.records if isinstance(record, StepFinished)]
            self._allowed |= {record.step for record in ended if record.cell == at and record.status.is_bad}

    def _learn_secrets(self, cell: Any) -> None:
        """Ask the kernel for secrets that only it knows: a default taken from the environment."""
        if not self.plan.secret_names or "params" not in cell.source or not self.kernel.is_alive():
            return
        reply = self._client.ask("", {"secrets": _SECRETS})
        found = reply.get("user_expressions", {}).get("secrets", {})
        if found.get("status") == "ok":
            self._secrets.learn(ast.literal_eval(found["data"]["text/plain"]))

    def _look(self, index: int, seconds: float) -> Stop | None:
        self._following.look()
        self._saver.save_sometimes(self.node)
        for ask in self._stops:
            stop = ask()
            if stop is not None:
                return stop
        limit = self._step_limits.get(self._source_index.get(index, -1))
        if limit is not None and seconds > limit + _STEP_GRACE_SECONDS:
            return Stop("timeout", f"the step took longer than its timeout of {limit:g} s")
        if self._cell_timeout and seconds > self._cell_timeout:
            return Stop("timeout", f"the cell took longer than {self._cell_timeout:g} s")
        return None

    def _streams(self, index: int) -> Streams:
        output = self.plan.output
        place = None if output is None or is_device(output) else output.with_name(f"{output.stem}.cell-{index}")
        return Streams(place, self._secrets.clean_text, self._secrets.longest)

    def _close_steps(self, end: CellEnd, index: int) -> None:
        """Write the end of steps that could not write it themselves: their kernel is gone."""
        status = Status.INTERRUPTED if end.kind == "interrupted" else Status.ERROR
        at = self._source_index.get(index)
        for step in self._following.open_steps() or self._unrecorded(index):
            self._following.write(_closed(step, status, failure_of(end, at)))

    def _unrecorded(self, index: int) -> list[StepStarted]:
        """Return the beginning of the step's cell at *index* when nobody wrote it down: its kernel could not write."""
        cell, at = self.node.cells[index], self._source_index.get(index)
        mark = find_mark(cell.source)
        has_begun = cell.metadata.papermill["status"] != self.manager.PENDING
        parts = [record for record in self._following.records if isinstance(record, StepFinished)]
        if not has_begun or mark is None or mark.kind not in ("step", "test") or any(p.cell == at for p in parts):
            return []
        return [
            StepStarted(
                at=time.time(), run=self.plan.run, step=step.name, part=sum(p.step == step.name for p in parts), cell=at
            )
            for step in self.plan.pipeline.steps
            if at in (*step.cells, *step.test_cells)
        ]

    def _judge(self, ended: tuple[CellEnd, int] | None) -> RunEnd:
        state = self._following.state
        if ended is None:
            return judge_run(state.steps, None, None, self._allowed)
        end, index = ended
        if end.kind == "interrupted":
            end = CellEnd(end.kind, end.name, self._following.who_stopped() or end.message, end.traceback)
        return judge_run(state.steps, end, self._source_index.get(index, index), self._allowed)

    def _watch_charts(self) -> Watched:
        """Compare the run's numbers with those of earlier runs, while its kernel shuts down."""
        self._watched = watch(self.plan.project, self.plan.settings, self._following.state)
        if self._watched.unknown:
            self._on_note(self._watched.unknown)
        return self._watched

    def _save_and_write_end(self, end: RunEnd) -> None:
        """Save first, so that the record never names a notebook that is not there; a save that fails is an error."""
        trouble = self._save(end)
        if trouble is not None:
            failure = Failure("OutputError", trouble.what, fix=trouble.fix)
            end = RunEnd(worst([end.status, Status.ERROR]), f"{trouble.where} {trouble.what}", failure)
        self._following.write(self._finished(end))
        if trouble is not None:
            raise trouble

    def _save(self, end: RunEnd) -> OutputError | None:
        """Save the notebook; where it was wished it may not fit any more, then beside the run's report."""
        try:
            self._save_with_end(end)
        except OutputError as error:
            rescue = self.plan.folder / Path(error.where).name
            try:
                check_writable(rescue)
                self._saver.path = rescue
                self._save_with_end(end)
            except OutputError:
                return error
            if isinstance(error, OutputTaken):
                self._on_note(f"{error.where} {error.what}; this run's notebook is {rescue}")
                return None
            return OutputError(error.what, where=error.where, fix=f"it was saved as {rescue} instead")
        return None

    def _save_with_end(self, end: RunEnd) -> None:
        """Save the notebook with the run's beginning and end in it: the hub can be made anew from it."""
        started = self._following.state.started
        self.node.metadata["nbops"] = {"records": [to_json(started), to_json(self._finished(end))]}
        self._saver.save(self.node)

    def _finished(self, end: RunEnd) -> RunFinished:
        return RunFinished(
            at=time.time(),
            run=self.plan.run,
            status=end.status,
            reason=end.reason,
            failure=end.failure,
            output=self.plan.project.relative(self._saver.path) if self._saver.path else "",
            report=self._report,
            cells=len(self.node.cells),
            out=self._watched.out,
            unwatched=self._watched.unknown,
        )


def _step_limits(pipeline: Pipeline) -> dict[int, float]:
    """Return for each cell of a step with a timeout how long it may take in all, every attempt counted."""
    return {
        cell: step.options.timeout_seconds * (1 + step.options.retries)
        + longest_waits(step.options.retries, step.options.retry_delay_seconds)
        for step in pipeline.steps
        if step.options.timeout_seconds
        for cell in step.cells
    }


def _closed(step: StepStarted, status: Status, failure: Failure) -> StepFinished:
    now = time.time()
    return StepFinished(
        at=now,
        run=step.run,
        step=step.step,
        status=status,
        part=step.part,
        cell_kind=step.cell_kind,
        attempt=step.attempt,
        cell=step.cell,
        cell_id=step.cell_id,
        source_hash=step.source_hash,
        seconds=now - step.at,
        failure=failure,
    )
