"""The verbs that act on the kernel they are typed in: ``%nbops run`` and ``%nbops restore``, typed or clicked."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nbops.doors.lab import Answers
from nbops.engine.causes.stale import KernelCells
from nbops.engine.kernel.frontend import FrontEnd
from nbops.engine.kernel.session import Session
from nbops.errors import UsageError

__all__ = ["PanelReader", "RunOptions", "restore_here", "run_here", "run_options"]

_CHOICES = {"--only": "only", "--from": "from_", "--until": "until"}


@dataclasses.dataclass(frozen=True, slots=True)
class RunOptions:
    """Which steps ``%nbops run`` is to run, and whether it is only to say so."""

    only: str = ""
    from_: str = ""
    until: str = ""
    is_dry: bool = False


def run_options(words: Sequence[str]) -> RunOptions | None:
    """Return what ``%nbops run …`` asks of this kernel; None when it names a notebook, which runs in one of its own.

    Raises:
        UsageError: An option has no value.

    Example:
        >>> run_options(["--from", "clean"])
        RunOptions(only='', from_='clean', until='', is_dry=False)
        >>> run_options(["sales.ipynb", "--from", "clean"]) is None
        True
    """
    options, rest = RunOptions(), list(words)
    while rest:
        word, _, value = rest.pop(0).partition("=")
        if word in ("-n", "--dry-run"):
            options = dataclasses.replace(options, is_dry=True)
        elif word in _CHOICES:
            if not value and not rest:
                raise UsageError(f"{word} names no step", where="%nbops run", fix=f"%nbops run {word} STEP")
            named: dict[str, Any] = {_CHOICES[word]: value or rest.pop(0)}
            options = dataclasses.replace(options, **named)
        else:
            return None
    return options


def run_here(shell: Any, session: Session, cells: KernelCells, front_end: FrontEnd, options: RunOptions) -> None:
    """Run the chosen steps in this kernel.

    Raises:
        UsageError: This kernel runs a whole notebook, or there is no step.
        PipelineError: A step is unknown, or reads what is not there.
    """
    from nbops.engine.cell.rerun import Rerun, choose

    if session.is_batch:
        raise UsageError("this run runs every step anyway", where="%nbops run", fix="remove the line")
    saved = cells.saved
    notebook, where = (saved.notebook, f"the cells of {_name(cells)} as saved") if saved else (cells.seen, "")
    only = [name.strip() for name in options.only.split(",") if name.strip()]
    choice = choose(notebook, only, options.from_, options.until)
    if options.is_dry:
        print(f"would run {', '.join(choice.steps)}")
        return
    began = time.time()
    for text in Rerun(shell, front_end).run(choice, where or "the cells that ran here, as they ran last"):
        print(text)
    told = _told(session, choice.steps, began)
    if told:
        print(" · ".join(told))


def _name(cells: KernelCells) -> str:
    return Path(cells.path).name if cells.path else ""


def _told(session: Session, steps: Sequence[str], began: float) -> list[str]:
    from nbops.pipeline.run import fold
    from nbops.records import RunStarted
    from nbops.views.terminal import progress_line

    recorder = session.recorder
    latest = [record for record in recorder.latest.values() if record.step in steps and record.at >= began]
    begin = recorder.started or RunStarted(min((r.at for r in latest), default=0.0), recorder.run)
    states = {state.name: state for state in fold([begin, *latest]).steps}
    return [" ".join(progress_line(states[name]).split()) for name in steps if name in states and states[name].record]


def restore_here(shell: Any, ref: str) -> None:
    """Fill this kernel's variables with those that a step had when it failed, and offer its code as the next cell.

    Raises:
        ReferenceNotFound: There is no such run, or no such step in it.
        UsageError: Nothing failed in it, and no step is named.
    """
    from nbops.doors.verbs import restore

    restoration = restore(ref)
    missing = restoration.fill(shell.user_ns)
    for text in restoration.told(missing):
        print(text)
    shell.set_next_input(restoration.cells[0].source)


class PanelReader:
    """Does in its kernel what the reader of a panel in an output asks for.

    Args:
        shell: The IPython shell.
        session: Returns the kernel's run as it is now.
        cells: Returns what the kernel knows of the notebook's cells.
        front_end: The pages that can run them.
    """

    def __init__(
        self, shell: Any, session: Callable[[], Session], cells: Callable[[], KernelCells], front_end: FrontEnd
    ) -> None:
        self._shell = shell
        self._session = session
        self._cells = cells
        self._front_end = front_end
        self.answer = Answers(session, shell.user_ns).answer

    @property
    def can_run(self) -> bool:
        """Whether a page listens that can run the notebook's cells."""
        return self._front_end.listens

    def run(self, step: str, how: str) -> None:
        """Run a step, what depends on it, or what it needs, by the page that listens.

        Raises:
            UsageError: *how* is none of ``only``, ``from`` and ``until``.
            PipelineError: The step is unknown, or reads what is not there.
        """
        options = run_options([f"--{how}", step])
        if options is None:
            raise UsageError(f"unknown choice {how!r}", where=step, fix="only, from or until")
        run_here(self._shell, self._session(), self._cells(), self._front_end, options)
