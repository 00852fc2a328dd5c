"""Launching a run: the kernel's process first, everything else while it boots, and an end in every case."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.engine.kernel.endings import Stop
from nbops.engine.plans.plan import RunPlan, started_record
from nbops.engine.plans.saving import Saver
from nbops.engine.production.following import Following
from nbops.engine.production.importing import import_papermill
from nbops.engine.production.kernels import Kernel
from nbops.engine.production.secrets import Secrets
from nbops.engine.production.stopping import Deadline, RunInterrupted, Signals
from nbops.errors import NbopsError, OutputError, UsageError
from nbops.pipeline.run import RunState
from nbops.records import Failure, Record, RunFinished, Status
from nbops.settings import duration
from nbops.store.known import remember

if TYPE_CHECKING:
    from nbops.engine.production.batch import Batch
    from nbops.engine.production.executed import Manager

__all__ = ["Watch", "launch"]

_PRELOADED = "nbops.doors.preloading"


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told what, and how the cells are executed.

    Args:
        on_record: Called with each record of the run as it becomes known.
        on_note: Called with a sentence that the user should read.
        report: The report's path as the run's record is to name it; empty when there will be none.
        start_timeout: How many seconds the kernel may take to answer.
        cell_timeout: The longest that one cell may take, in seconds; None for no limit.
        meanwhile: Called once, in a thread of its own, while the first cells run: what the end will need is got ready.
        on_end: Called with the run as it ended, while its kernel still shuts down.
        manager_options: More for papermill's manager (``progress_bar`` and the like).
        client_options: More for papermill's client (``log_output`` and the like).
    """

    on_record: Callable[[Record], None] = lambda record: None
    on_note: Callable[[str], None] = lambda text: None
    report: str = ""
    start_timeout: float = 60.0
    cell_timeout: float | None = None
    meanwhile: Callable[[], None] = lambda: None
    on_end: Callable[[RunState], None] = lambda state: None
    manager_options: Mapping[str, Any] = field(default_factory=lambda: {"progress_bar": False})
    client_options: Mapping[str, Any] = field(default_factory=dict)


def launch(
    plan: RunPlan, kernel_name: str, cwd: Path | None, make_node: Callable[[], Any], watch: Watch
) -> tuple[RunState, Any]:
    """Run what is planned and return how it ended, with the executed notebook (secrets taken out).

    Args:
        plan: What to run.
        kernel_name: The kernel to run it in.
        cwd: The kernel's working directory; None for this process's.
        make_node: Makes the notebook to execute; called while the kernel boots.
        watch: Who is told what.

    Raises:
        KernelError: There is no such kernel, or it did not start.
        OutputError: The executed notebook cannot be written.
        RunInterrupted: Ctrl-C or a signal ended it; its record is written.
    """
    secrets = Secrets(plan.secret_values)
    deadline = Deadline(plan.timeout_seconds)
    with Signals() as signals, contextlib.ExitStack() as ending:
        following = Following(plan.project, plan.run, plan.settings.hub, watch.on_record, secrets.clean_tree)
        ending.callback(following.close)
        where = plan.source.path if plan.source else ""
        extension = _PRELOADED if plan.pipeline.steps else ""
        kernel = Kernel.start(kernel_name, cwd=cwd, where=where, extension=extension)
        ending.callback(kernel.close)
        try:
            following.write(started_record(plan))
            remember(plan.project)
            for note in (*plan.notes, *_nothing_is_kept(plan)):
                watch.on_note(note)
            run = _Launch(plan, kernel, following, secrets, (signals.stop, deadline.stop), watch)
            state, node = run.conduct(make_node)
            watch.on_end(state)
        except BaseException as error:
            _write_end(following, plan, error, signals.stop())
            if signals.count and following.state.status is Status.INTERRUPTED:
                raise RunInterrupted(following.state) from error
            raise
        if signals.count and state.status is Status.INTERRUPTED:
            raise RunInterrupted(state)
    return state, node


def _nothing_is_kept(plan: RunPlan) -> tuple[str, ...]:
    """Return a note where the place for what steps leave cannot be: the run goes on, and cannot be resumed."""
    if not plan.settings.artifact_store:
        return ()
    from nbops.store.artifacts import Artifacts

    try:
        Artifacts(plan.project, plan.settings.artifact_store)
    except UsageError as error:
        return (f"what steps leave is not kept, and nothing can be restored: {error.what} ({error.where})",)
    return ()


@dataclass(frozen=True, slots=True)
class _Launch:
    plan: RunPlan
    kernel: Kernel
    following: Following
    secrets: Secrets
    stops: tuple[Callable[[], Any], ...]
    watch: Watch

    def conduct(self, make_node: Callable[[], Any]) -> tuple[RunState, Any]:
        import_papermill()
        from nbops.engine.production.executed import Manager

        saver = Saver(
            self.plan.output,
            duration(self.plan.settings.autosave),
            clean=self.secrets.clean_tree,
            on_trouble=self.watch.on_note,
        )
        manager: Manager = Manager(make_node(), saver, **self.watch.manager_options)
        manager.begin_run()
        try:
            self.kernel.connect(self.watch.start_timeout, self.stops[0])
            batch = self._batch(manager, saver)
            threading.Thread(target=self.watch.meanwhile, name="nbops getting ready", daemon=True).start()
            state = batch.execute()
        except OutputError:
            raise
        except BaseException:
            self._save_as_it_is(manager, saver)
            raise
        return state, self.secrets.clean_tree(manager.nb)

    def _batch(self, manager: Manager, saver: Saver) -> Batch:
        from nbops.engine.production.batch import Batch

        return Batch(
            self.plan,
            manager,
            self.kernel,
            self.following,
            saver,
            secrets=self.secrets,
            stops=self.stops,
            on_note=self.watch.on_note,
            report=self.watch.report,
            cell_timeout=self.watch.cell_timeout,
            options=self.watch.client_options,
        )

    def _save_as_it_is(self, manager: Manager, saver: Saver) -> None:
        """Save what the engine's own error leaves: no cell may look as if it were still to run."""
        manager.end_run(is_good=False)
        try:
            saver.save(manager.nb)
        except OutputError as error:
            self.watch.on_note(f"the executed notebook {error.what}: {error.where}")


def _write_end(following: Following, plan: RunPlan, error: BaseException, stop: Stop | None) -> None:
    """Write that the run ended by an error of the engine itself, or by *stop*, unless its end is written already."""
    if not following.records or following.state.finished is not None:
        return
    what = error.what if isinstance(error, NbopsError) else str(error)
    status = Status.ERROR if isinstance(error, Exception) else Status.INTERRUPTED
    reason = f"{type(error).__name__}: {what}" if what else type(error).__name__
    if stop is not None and status is Status.INTERRUPTED:
        reason = what = f"{following.who_stopped() or stop.reason} {what}".rstrip()
    failure = Failure(type(error).__name__, what, fix=error.fix if isinstance(error, NbopsError) else "")
    output = plan.project.relative(plan.output) if plan.output else ""
    following.write(RunFinished(time.time(), plan.run, status, reason, failure, output))
