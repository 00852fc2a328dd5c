"""One run in this kernel: when it began, that it lives, how it ended.

Under nbops' own engine the run is the engine's, and the kernel only adds its steps. A kernel alone keeps the run
itself: from its first step, or from the loading of nbops when papermill or nbconvert runs the whole notebook, until
the kernel ends. A thread writes a sign of life, and a process of its own brings the records to the hub.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from nbops._version import __version__
from nbops.engine.kernel.endings import why_bad
from nbops.engine.kernel.failing import failure_of, status_of
from nbops.engine.kernel.identity import Identity
from nbops.engine.kernel.observing import Observer
from nbops.engine.kernel.recorder import Recorder, make_current
from nbops.engine.kernel.shipping import ship
from nbops.frames.masking import mask_columns
from nbops.records import Failure, Heartbeat, RunFinished, RunStarted, Status, StepFinished, worst
from nbops.settings import Settings, bytes_of
from nbops.store.journal import Journal
from nbops.store.process import this_process
from nbops.store.project import Project

__all__ = ["Foreseen", "Session"]

HEARTBEAT_SECONDS = 10.0
SHIP_SECONDS = 60.0
COLLECT_SECONDS = 0.1
_PACKAGES = ("pandas", "numpy", "polars", "pyarrow", "duckdb", "sqlalchemy", "IPython", "ipykernel")
_ALONE = "nobody compared this run with earlier ones: a kernel alone reads no hub; nbops run does"


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of a run before its first step.

    Args:
        steps: The names of its steps, in order.
        parameters: Names and values as text, secrets hidden.
        source_hash: Hash of the notebook's code.
        cells: By the id of a cell, its index in the notebook.
        sources: By the code of a cell, the indexes of the cells that hold it.
        given: The values that the run was given, by name.
        secrets: Values that must never be written.
        restorable: By step and part, the record of an earlier run that the cell is to be restored from.
        cached: Whether any step may be restored from any run in which its key was the same.
        waived: By the name of a test, why its failure is only to be a warning.
    """

    steps: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    source_hash: str = ""
    cells: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    given: Mapping[str, object] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    restorable: Mapping[tuple[str, int], StepFinished] = field(default_factory=dict)
    cached: bool = False
    waived: Mapping[str, str] = field(default_factory=dict)


class Session:
    """The run that the cells of this kernel belong to.

    Args:
        project: Where it is recorded.
        settings: The project's settings.
        identity: Whose cells run here.
        run: The engine's run; empty when the kernel keeps a run of its own.
        foreseen: What is known of it before its first step.
    """

    def __init__(
        self, project: Project, settings: Settings, identity: Identity, run: str = "", foreseen: Foreseen | None = None
    ) -> None:
        self.project = project
        self.settings = settings
        mask_columns(settings.masked)
        self.identity = identity
        self.foreseen = foreseen or Foreseen()
        self.is_own = not run
        self.is_batch = bool(run) or identity.kind == "batch"
        self.recorder = Recorder(Journal(project), run or uuid.uuid4().hex, self.foreseen.secrets)
        self.observer = Observer(self.recorder.append)
        self.skip_reason = ""
        self._runs_of: dict[str, int] = {}
        self._failures: list[tuple[Status, Failure]] = []
        self._cells = 0
        self._lives = False
        self._closed = False
        self._has_news = threading.Event()
        self._pid = os.getpid()
        make_current(self.recorder)

    @property
    def run(self) -> str:
        """The run's id."""
        return self.recorder.run

    @property
    def keeps(self) -> bool:
        """Whether the settings let tables be kept."""
        return bytes_of(self.settings.artifacts) > 0

    def index_of(self, cell_id: str, source: str) -> int | None:
        """Return the index in the notebook of the cell that runs; None when it is unknown.

        Without ids equal cells are told apart by their order: a batch runs each of them once.
        """
        if cell_id in self.foreseen.cells:
            return self.foreseen.cells[cell_id]
        indexes = self.foreseen.sources.get(source, ())
        seen = self._runs_of[source] = self._runs_of.get(source, 0) + 1
        return indexes[seen - 1] if seen <= len(indexes) else None

    def start(self) -> None:
        """Begin to live, and journal the beginning when the run is the kernel's own; harmless when it has begun."""
        if self._lives:
            return
        self._lives = True
        if self.is_own:
            self.recorder.append(self._started(), sync=True)
        atexit.register(self.close)
        threading.Thread(target=self._live, name="nbops-journal", daemon=True).start()

    def _started(self) -> RunStarted:
        process = this_process()
        identity = self.identity
        return RunStarted(
            at=time.time(),
            run=self.run,
            kind=identity.kind,
            notebook=self._named(identity.notebook),
            identified_by=identity.identified_by,
            env=self.settings.env,
            steps=self.foreseen.steps,
            parameters=dict(self.foreseen.parameters),
            given=tuple(name for name in self.foreseen.parameters if name in self.foreseen.given),
            source_hash=self.foreseen.source_hash,
            output=self._named(identity.output) or "",
            launcher=identity.launcher,
            owner=self.settings.owner,
            host=process.host,
            pid=process.pid,
            boot=process.boot,
            python=sys.version.split()[0],
            nbops=__version__,
            packages=_versions(),
        )

    def _named(self, path: str | None) -> str | None:
        return path if not path or "://" in path else self.project.relative(path)

    def note(self) -> None:
        """Take notice of a cell of a step that ended: its record goes to the disk while the kernel goes on."""
        self._cells += 1
        self._has_news.set()

    def note_cell(self, error: BaseException | None) -> None:
        """Take notice of a plain cell that ended, and by what; only a batch is judged by its plain cells."""
        self._cells += 1
        if error is not None and self.is_batch:
            self._failures.append((status_of(error), failure_of(error, "")))

    def close(self) -> None:
        """Journal the end of the run, close the journal and let the hub take it in."""
        if self._closed or os.getpid() != self._pid:
            return
        self._closed = True
        self._has_news.set()
        self.observer.end()
        if self.is_own:
            self.recorder.append(self._finished(), sync=True)
            ship(self.project, self.settings.hub, _complain)
        self.recorder.journal.sync()
        self.recorder.journal.close()

    def _finished(self) -> RunFinished:
        status, reason, failure = Status.PASSED, "", None
        for record in self.recorder.latest.values():
            ended = record.status if isinstance(record, StepFinished) else Status.INTERRUPTED
            if ended.is_bad and worst([ended, status]) is ended and ended is not status:
                status, reason, failure = ended, f"step {record.step} {ended}", None
                if isinstance(record, StepFinished):
                    reason = f"step {record.step}: {why_bad(record.tests, record.failure)}"
                    failure = record.failure
            elif ended is Status.WARNED:
                status = worst([status, ended])
        for ended, of_cell in self._failures:
            if worst([ended, status]) is ended and ended is not status:
                status, reason, failure = ended, f"a cell raised {of_cell.type}", of_cell
        if self.skip_reason and not status.is_bad:
            reason = self.skip_reason
            status = Status.SKIPPED if self._ran_no_step() else status
        return RunFinished(
            at=time.time(),
            run=self.run,
            status=status,
            reason=reason,
            failure=failure,
            output=self._named(self.identity.output) or "",
            cells=self._cells,
            unwatched=_ALONE if self.is_batch and self.recorder.latest else "",
        )

    def _ran_no_step(self) -> bool:
        records = self.recorder.latest.values()
        return all(isinstance(record, StepFinished) and record.status is Status.SKIPPED for record in records)

    def _live(self) -> None:
        """Write signs of life, bring records to the disk and now and then to the hub, until the run ends."""
        beat = shipped = time.monotonic()
        has_to_ship = False
        while not self._closed:
            has_news = self._has_news.wait(max(0.0, beat + HEARTBEAT_SECONDS - time.monotonic()))
            if has_news and not self._closed:
                time.sleep(COLLECT_SECONDS)  # steps that follow each other quickly go to the disk together
                self._has_news.clear()
                self.recorder.journal.sync()
                has_to_ship = True
            now = time.monotonic()
            if self.is_own and not self._closed and now >= beat + HEARTBEAT_SECONDS:
                self.recorder.append(Heartbeat(time.time(), self.run))
            if self.is_own and has_to_ship and now >= shipped + SHIP_SECONDS:
                shipped, has_to_ship = now, False
                ship(self.project, self.settings.hub, _complain)
            beat = now if now >= beat + HEARTBEAT_SECONDS else beat


def _complain(trouble: str) -> None:
    print(f"nbops: {trouble}", file=sys.stderr)


def _versions() -> dict[str, str]:
    """Return the versions of the packages that a result may depend on, of those that are loaded."""
    loaded = {name: getattr(sys.modules.get(name), "__version__", None) for name in _PACKAGES}
    return {name: version for name, version in loaded.items() if isinstance(version, str)}
