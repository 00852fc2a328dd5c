"""The panel in a notebook: the graph and the steps of this kernel, live where somebody looks, static HTML always.

The output is HTML, and is saved as that. Where a front end listens, the model of a widget is opened beside it, whose
script finds the output in the page and shows the view of JupyterLab's side panel in its place: the kernel pushes the
records of the steps whenever one begins or ends, and answers what the view asks. The output names no widget: nothing is
missing in a notebook that is opened later, and the view, with all that the reader did to it, outlives each change of
the HTML.
"""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from nbops.doors.front_end import front_end_listens, has_kernel, sending_cell
from nbops.engine.kernel.recorder import Recorder
from nbops.errors import NbopsError
from nbops.pipeline.run import History, RunState, fold
from nbops.pipeline.step import Pipeline
from nbops.records import Record, RunFinished, RunStarted, StepFinished, StepStarted
from nbops.views.panel_html import panel_html, panel_text
from nbops.views.step_record import record_json
from nbops.views.style import style_sheet

__all__ = ["Panel", "show_panel"]

SCRIPT = Path(__file__).parent.parent / "static" / "panel.js"
LEAST_GAP = 0.2  # seconds between two pushes; more when rendering takes long
SETTLED = 2.0  # seconds without news after which the saved form is brought up to date behind a live view
UNMET_SETTLED = 0.5  # the same where the saved form is what is looked at
UNMET_GAP = 1.0  # seconds between two saved forms while steps run; more when rendering takes long
MOST_STATIC_UPDATES = 60  # steps; a longer notebook, when it runs as a batch, keeps the panel of its last second
MOST_PANELS = 4

FindStale = Callable[[], Mapping[str, str]]
"""Tells which steps are stale, by name, and why."""


class Listener(Protocol):
    """What does what the reader of a live panel asks for."""

    @property
    def can_run(self) -> bool:
        """Whether a page listens that can run the notebook's cells."""

    def run(self, step: str, how: str) -> None:
        """Run the cells of a step: ``only`` it, ``from`` it, or ``until`` it."""

    def answer(self, asked: Mapping[str, Any], send: Callable[[dict[str, Any]], None]) -> None:
        """Send the answer to a question."""


_NO_HISTORY = History()
_shown: dict[str, Panel] = {}


def show_panel(
    recorder: Recorder,
    pipeline: Pipeline | None = None,
    history: History = _NO_HISTORY,
    *,
    live: bool | None = None,
    find_stale: FindStale | None = None,
    listener: Listener | None = None,
) -> None:
    """Show the panel in the output of the cell that runs.

    Args:
        recorder: The recorder of the run whose steps are shown.
        pipeline: The notebook's steps and edges; None when the notebook is not known.
        history: What earlier runs took.
        live: Whether a front end shows widgets here; None to find out.
        find_stale: Tells which steps are stale, and why; None when nobody can tell.
        listener: Does what the reader asks for; None when nobody can.
    """
    cell = sending_cell()
    listens = front_end_listens() if live is None else live and front_end_listens()
    earlier = _shown.pop(cell, None)
    if earlier:
        earlier.close()
    while len(_shown) >= MOST_PANELS:
        _shown.pop(next(iter(_shown))).close()
    _shown[cell] = Panel(recorder, pipeline, history, find_stale, listener)
    _shown[cell].show(live=listens)


class Panel:
    """One panel in one output.

    Args:
        recorder: The recorder whose records it follows.
        pipeline: The notebook's steps and edges.
        history: What earlier runs took.
        find_stale: Tells which steps are stale, and why.
        listener: Does what the reader asks for.
    """

    def __init__(
        self,
        recorder: Recorder,
        pipeline: Pipeline | None,
        history: History = _NO_HISTORY,
        find_stale: FindStale | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._mark = f"nbops-at-{uuid.uuid4().hex}"
        self._listener = listener
        self._graph: dict[str, Any] | None = None
        self._sent: dict[tuple[str, int], tuple[StepFinished, dict[str, Any]]] = {}
        self._recorder = recorder
        self._pipeline = pipeline
        self._history = history
        self._find_stale = find_stale
        self._widget: Any = None
        self._handle: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._settling: asyncio.TimerHandle | None = None
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._pushed_at = 0.0
        self._gap = LEAST_GAP
        self._updated_at = time.monotonic()
        self._update_gap = UNMET_GAP
        self._stop: Callable[[], None] | None = None

    @property
    def state(self) -> RunState | None:
        """The run as far as this kernel knows it; None before its first step."""
        recorder = self._recorder
        if recorder.started or not recorder.latest:
            return recorder.state
        records = list(recorder.latest.values())  # the engine keeps the run's beginning, the kernel only its steps
        name = f"{self._pipeline.name}.ipynb" if self._pipeline else None
        return fold([RunStarted(min(r.at for r in records), recorder.run, kind="batch", notebook=name), *records])

    def show(self, *, live: bool) -> None:
        """Display it, with a view when *live*, and follow the run from now on where what is shown can change."""
        from IPython.display import display

        widget_class = _widget_class() if live else None
        if widget_class is not None:
            self._widget = widget_class(state=self._live(), mark=self._mark)
            self._widget.on_msg(self._heard)
            self._widget.observe(lambda _: self._push(), "is_met")  # it knows nothing yet of what happened meanwhile
        if live:
            self._loop = _running_loop()
        self._handle = display(self._bundle(), raw=True, display_id=True)
        if has_kernel():  # a terminal cannot change what it has printed: it would print all of it anew
            self._stop = self._recorder.subscribe(self._on_record)

    def close(self) -> None:
        """Follow the run no longer; what is shown stays, as HTML."""
        if self._stop:
            self._stop()
        with self._lock:
            if self._timer:
                self._timer.cancel()
        if self._settling:
            self._settling.cancel()
            self._settle()
        if self._widget is not None:
            self._widget.close()

    # ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────

    def _html(self) -> str:
        html = panel_html(self.state, self._pipeline, self._history, now=time.time(), stale=self._stale())
        return f'<div class="{self._mark}">{html}</div>' if self._widget is not None else html

    def _live(self) -> dict[str, Any]:
        """Return what the widget shows: the records as they are, for the view to judge as the side panel does."""
        planned = [step.name for step in self._pipeline.steps] if self._pipeline else []
        names = dict.fromkeys([*planned, *(step for step, _ in self._recorder.latest)])
        stale = self._stale()
        plain = len(self._pipeline.plain_cells) + len(self._pipeline.setup_cells) if self._pipeline else 0
        return {
            "name": self._pipeline.name if self._pipeline else "this notebook",
            "steps": [self._step(name, stale.get(name, "")) for name in names],
            "pipeline": self._drawn(),
            "usual": dict(self._history.usual_seconds),
            "plain_cells": plain,
            "can_run": bool(self._listener and self._listener.can_run),
        }

    def _step(self, name: str, stale: str) -> dict[str, Any]:
        parts = {part: record for (step, part), record in self._recorder.latest.items() if step == name}
        running = [record.at for record in parts.values() if isinstance(record, StepStarted)]
        ended = [(part, record) for part, record in sorted(parts.items()) if isinstance(record, StepFinished)]
        return {
            "name": name,
            "records": [self._as_sent(part, record) for part, record in ended],
            "stale": stale,
            "gone": max(time.time() - min(running), 0.0) if running else None,
        }

    def _as_sent(self, part: int, record: StepFinished) -> dict[str, Any]:
        known = self._sent.get((record.step, part))
        if known is None or known[0] is not record:
            known = self._sent[record.step, part] = (record, record_json(record))
        return known[1]

    def _drawn(self) -> dict[str, Any] | None:
        if self._graph is None and self._pipeline is not None:
            from nbops.pipeline.layout import layout

            edges = [asdict(edge) for edge in self._pipeline.edges if edge.source]
            problems = list(self._pipeline.problems)
            self._graph = {"name": self._pipeline.name, "edges": edges, "layout": asdict(layout(self._pipeline)),
                           "hashes": {}, "problems": problems}  # fmt: skip
        return self._graph

    def _stale(self) -> Mapping[str, str]:
        if self._find_stale is None:
            return {}
        try:
            return self._find_stale()
        except Exception as error:  # noqa: BLE001 - the panel is shown without marks; nothing depends on them
            print(f"nbops: which steps are stale is not known ({type(error).__name__}: {error})", file=sys.stderr)
            self._find_stale = None
            return {}

    @property
    def _is_met(self) -> bool:
        """Whether a page shows the view; until one does, the HTML follows each step."""
        return self._widget is not None and self._widget.is_met

    def _bundle(self) -> dict[str, str]:
        return {"text/html": self._html(), "text/plain": panel_text(self.state, self._pipeline, self._stale())}

    # ── the reader ───────────────────────────────────────────────────────────────────────────────────────────────

    def _heard(self, widget: Any, asked: Mapping[str, Any], _: Any) -> None:
        """Do what the reader asks for; what cannot be done is told in the log of the page."""
        if self._listener is None:
            return
        if "ask" in asked:
            self._listener.answer(asked, widget.send)
            return
        stale = asked.get("act") == "run-stale"
        step, how = (",".join(self._stale()), "only") if stale else (str(asked.get("step")), str(asked.get("how")))
        try:
            self._listener.run(step, how)
        except NbopsError as error:
            print(f"nbops: {error}", file=sys.stderr)

    # ── news ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _on_record(self, record: Record) -> None:
        if not isinstance(record, (StepStarted, StepFinished, RunFinished)):
            return
        if self._widget is not None:  # also before it is met: what a page says is heard when all waiting cells have run
            self._push_soon()
        if self._loop is None:
            self._update_batch(record)
        elif isinstance(record, StepFinished):
            self._update_later(self._loop)

    def _update_later(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._settling:
            self._settling.cancel()
            self._settling = None
        if not self._is_met and time.monotonic() >= self._updated_at + self._update_gap:
            self._settle()
        else:
            self._settling = loop.call_later(SETTLED if self._is_met else UNMET_SETTLED, self._settle)

    def _push_soon(self) -> None:
        """Push now, or a moment later when the last push was just now: a timer's thread does it while a cell runs."""
        with self._lock:
            wait = self._pushed_at + self._gap - time.monotonic()
            if wait > 0:
                if self._timer is None:
                    self._timer = threading.Timer(wait, self._push)
                    self._timer.daemon = True
                    self._timer.start()
                return
        self._push()

    def _push(self) -> None:
        with self._lock:
            self._timer = None
            self._pushed_at = began = time.monotonic()
        self._widget.state = self._live()
        self._gap = max(LEAST_GAP, 10 * (time.monotonic() - began))

    def _settle(self) -> None:
        """Bring the form that is saved with the notebook up to date."""
        self._settling = None
        began = time.monotonic()
        self._handle.update(self._bundle(), raw=True)
        self._updated_at = time.monotonic()
        self._update_gap = max(UNMET_GAP, 10 * (self._updated_at - began))

    def _update_batch(self, record: Record) -> None:
        steps = len(self._pipeline.steps) if self._pipeline else len(self._recorder.latest)
        is_early = time.monotonic() < self._updated_at + UNMET_GAP
        if isinstance(record, StepFinished | RunFinished) and not (steps > MOST_STATIC_UPDATES and is_early):
            self._settle()


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


@functools.cache
def _widget_class() -> type[Any] | None:
    """Return the widget; None where this kernel has no anywidget: then the panel is HTML, as for everybody else."""
    try:
        import anywidget
    except ImportError:
        return None
    import traitlets

    class PanelWidget(anywidget.AnyWidget):  # type: ignore[misc]
        """Shows the steps as JupyterLab's side panel does."""

        _esm = SCRIPT
        _css = style_sheet("nbops.css", "panel.css", "steps.css")
        state = traitlets.Dict().tag(sync=True)
        mark = traitlets.Unicode().tag(sync=True)
        is_met = traitlets.Bool(False).tag(sync=True)

    return PanelWidget
