"""What a terminal shows: a run while it runs and at its end, what is wrong now, lists of runs.

Everything is a rich renderable. Columns are aligned by width, colour stands only on verdicts and on what can be typed
next, and all of it reads the same at 80 columns and in a pipe, where rich leaves the colours out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from nbops.pipeline.run import NO_HISTORY, History, RunState, RunSummary, StepState, count_tests
from nbops.records import CheckResult, Status
from nbops.views.card import card, card_rich, title
from nbops.views.control_words import out_line
from nbops.views.failing_rows import rows_that_failed
from nbops.views.glyphs import COLOURS, TEXT
from nbops.views.row_words import losses, run_lines
from nbops.views.step_words import wrong_first
from nbops.views.structure_terminal import structures_view
from nbops.views.words import (
    count,
    duration,
    flow_phrase,
    is_slow,
    line,
    moment,
    observed,
    row_flow,
    rows_judged,
    short_id,
    statuses_phrase,
    waiver,
)

__all__ = ["end_line", "end_table", "end_view", "live_table", "progress_line", "runs_table", "status_view", "test_line"]

_BAR = 10
_MOST_LINES = 200


def live_table(
    state: RunState, history: History = NO_HISTORY, *, now: float | None = None, height: int = 24
) -> RenderableType:
    """Return what to show while a run runs: a line for each step, at most *height* lines in all.

    Args:
        state: The run as it is known now.
        history: What earlier runs took.
        now: The moment to show, in seconds since 1970; the last record's moment when None.
        height: How many lines there is room for.
    """
    now = state.last_seen if now is None else now
    table = _steps_table()
    for step in _fold(state.steps, table, history, height - 4):
        _add_step(table, step, history, now)
    gone = max(now - state.started.at, 0.0)
    usual = history.usual_run_seconds
    text = f"{duration(gone)} of about {duration(usual)}" if usual else duration(gone)
    return Group(table, Text(f"{text} · Ctrl-C stops, the record stays true", style="dim"))


def _fold(steps: Sequence[StepState], table: Table, history: History, room: int) -> list[StepState]:
    """Return the steps that get a line of their own; add one line for those before them."""
    pending = [s for s in steps if s.status is Status.PENDING]
    others = [s for s in steps if s.status is not Status.PENDING]
    shown = others[-max(room - 1, 1) :]
    hidden = others[: len(others) - len(shown)]
    if hidden:
        status = min((s.status for s in hidden), key=lambda s: s is Status.PASSED)
        table.add_row(
            _status(status), Text(f"{count(len(hidden), 'step')}: {statuses_phrase(s.status for s in hidden)}")
        )
    if len(pending) <= max(room - len(shown), 1):
        return [*shown, *pending]
    usual = sum(history.usual_seconds.get(s.name, 0.0) for s in pending)
    table.caption = f"{TEXT[Status.PENDING]} pending   {count(len(pending), 'more step')}" + (
        f", usually {duration(usual)}" if usual else ""
    )
    return shown


def end_table(state: RunState, history: History = NO_HISTORY) -> Table:
    """Return the table of all steps as they ended; of very many, those that passed are counted in one line."""
    table = _steps_table()
    steps, passed = list(state.steps), 0
    if len(steps) > _MOST_LINES:
        steps = [step for step in steps if step.status is not Status.PASSED]
        passed = len(state.steps) - len(steps)
    if passed:
        table.add_row(_status(Status.PASSED), Text(count(passed, "step")))
    for step in steps:
        _add_step(table, step, history, state.last_seen)
    return table


def _steps_table() -> Table:
    table = Table(
        box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim", caption_justify="left", caption_style="dim"
    )
    table.add_column("  status", no_wrap=True)
    table.add_column("step", no_wrap=True, overflow="ellipsis", max_width=48)
    table.add_column("tests", justify="right", no_wrap=True)
    table.add_column("rows in → out", justify="right", no_wrap=True)
    table.add_column("took", justify="right", no_wrap=True)
    table.add_column("usual", no_wrap=True)
    return table


def _status(status: Status, word: str = "") -> Text:
    quiet = status in (Status.PENDING, Status.SKIPPED)
    return Text(f"{TEXT[status]} {word or status}", style="dim" if quiet else COLOURS[status])


def _add_step(table: Table, step: StepState, history: History, now: float) -> None:
    usual = history.usual_seconds.get(step.name)
    remark = step.record.remark if step.record else ""
    quiet = "dim" if step.status in (Status.PENDING, Status.SKIPPED) else ""
    loud = "bold" if step.status.is_bad or step.status is Status.RUNNING else quiet
    seconds = step.seconds
    if step.running_since is not None:
        seconds = (seconds or 0.0) + max(now - step.running_since, 0.0)
    took = Text("–" if seconds is None else duration(seconds), style=quiet)
    if seconds is not None and is_slow(seconds, usual):
        took.stylize(COLOURS[Status.WARNED])
    table.add_row(
        _status(step.status),
        Text.assemble((line(step.name), loud), (f"  {line(remark)}" if remark else "", "dim")),
        _tests(step, quiet),
        Text((row_flow(step.record) if step.record else "") or "–", style=quiet),
        took,
        _usual(step, seconds, usual),
    )


def _tests(step: StepState, quiet: str) -> Text:
    tests = step.tests
    if not tests:
        return Text("–", style="dim")
    counts = count_tests(tests)
    worst = next((s for s in (Status.FAILED, Status.ERROR, Status.WARNED) if s in counts), None)
    return Text(f"{counts.get(Status.PASSED, 0)}/{len(tests)}", style=COLOURS[worst] if worst else quiet)


def _usual(step: StepState, seconds: float | None, usual: float | None) -> Text:
    if usual is None:
        return Text("")
    if step.status is not Status.RUNNING or not usual:
        return Text(duration(usual), style="dim")
    full = min(int(_BAR * (seconds or 0.0) / usual), _BAR)
    return Text.assemble(("━" * full, COLOURS[Status.RUNNING]), (f"{'━' * (_BAR - full)} {duration(usual)}", "dim"))


def progress_line(step: StepState, usual: float | None = None) -> str:
    """Return one line of plain text about a step that ended, for logs and pipes."""
    said = []
    if step.tests:
        said.append(f"{count_tests(step.tests).get(Status.PASSED, 0)}/{count(len(step.tests), 'test')}")
    flow = flow_phrase(step.record) if step.record else ""
    gone = losses(step.record) if step.record else ""
    said += [flow + (f" ({gone})" if gone else "")] if flow else []
    said += [duration(step.seconds)] if step.seconds is not None else []
    said += [f"usual {duration(usual)}"] if usual is not None else []
    said += [line(step.record.remark)] if step.record and step.record.remark else []
    return f"{TEXT[step.status]} {step.status:<11} {line(step.name)}  {' · '.join(said)}".rstrip()


def test_line(test: CheckResult) -> str:
    """Return one line of plain text about a test, as it stands below the line of its step."""
    said = [observed(test), f"allowed {line(test.allowed, 40)}" if test.allowed else ""]
    said.append(f"{rows_judged(test)} rows" if test.failing else "")
    return f"    {TEXT[test.status]} {test.status:<7} {line(test.name, 80)}  {' · '.join(filter(None, said))}".rstrip()


def end_view(
    state: RunState,
    history: History = NO_HISTORY,
    *,
    exit_code: int | None = None,
    report: str = "",
    notebook: str = "",
    root: str = "",
    is_brief: bool = False,
) -> RenderableType:
    """Return what to show at the end of a run: its steps, what is wrong, the verdict, where its files are.

    Args:
        state: The run.
        history: What earlier runs say about it.
        exit_code: The command's exit code, named when it is not 0.
        report: Where the report is, as the user would open it.
        notebook: Where the executed notebook is.
        root: The folder of the run's project, when the user is not there.
        is_brief: Leave out the steps, the rows and the warnings.
    """
    parts: list[RenderableType] = [end_table(state, history), Text()] if state.steps and not is_brief else []
    if not is_brief:
        parts += [*_rows(state, history), *structures_view(history.structures)]
    if state.status.is_bad:
        parts += [] if is_brief else rows_that_failed(state)
        parts += [card_rich(card(state, history, root=root)), Text()]
    elif not is_brief:
        parts += _warnings(state)
    parts.append(end_line(state, exit_code=exit_code))
    for label, path in (("report", report), ("notebook", notebook)):
        if path:
            parts.append(Text.assemble((f"{label:<9}", "dim"), line(path), overflow="fold"))
    return Group(*parts)


def _rows(state: RunState, history: History) -> list[RenderableType]:
    """Return where rows went, a line for each table that row functions made; nothing where there is none."""
    lines = run_lines((step.record for step in state.steps if step.record), usual=history.usual_dropped)
    told = [Padding(Text(said), (0, 0, 0, 2), expand=False) for said in lines]
    return [Text("rows", style="dim"), *told, Text()] if lines else []


def _warnings(state: RunState) -> list[RenderableType]:
    warned = [(s.name, t) for s in state.steps for t in wrong_first(s.tests) if t.status is Status.WARNED]
    lines: list[RenderableType] = [
        Text.assemble(
            (f"{TEXT[Status.WARNED]} ", COLOURS[Status.WARNED]),
            (f"{line(step)}: {line(test.name, 80)}"),
            (f" {observed(test)}" if observed(test) else "", "bold"),
            f", allowed {line(test.allowed, 40)}" if test.allowed else "",
            (f" ({rows_judged(test)} rows)" if rows_judged(test) else "", "dim"),
            (f" · {waiver(test)}" if waiver(test) else "", "dim"),
        )
        for step, test in warned[:10]
    ]
    if len(warned) > 10:
        lines.append(Text(f"  and {count(len(warned) - 10, 'more warning')}", style="dim"))
    for point in state.finished.out[:10] if state.finished else ():
        lines.append(Text.assemble((f"{TEXT[Status.WARNED]} ", COLOURS[Status.WARNED]), out_line(point)))
    return [*lines, Text()] if lines else []


def end_line(state: RunState, *, exit_code: int | None = None) -> Text:
    """Return the last line: the verdict, counts, time and exit code; enough for a log."""
    said = [count(state.finished.cells, "cell")] if state.finished and state.finished.cells and not state.steps else []
    steps = count(len(state.steps), "step")
    said.append(f"{steps}: {statuses_phrase(s.status for s in state.steps)}" if state.steps else steps)
    said += [count(len(state.tests), "test"), duration(state.seconds)]
    code = f"  exit {exit_code}" if exit_code else ""
    verdict = (f"{title(state)} {state.status}", COLOURS[state.status])
    return Text.assemble(verdict, f"  {' · '.join(said)}", (code, "dim"))


# ── what is wrong now, and lists ─────────────────────────────────────────────────────────────────────────────────────


def status_view(
    latest: Iterable[RunSummary],
    *,
    hub: str,
    env: str,
    now: float,
    has_others: bool = False,
    untimely: Sequence[Text] = (),
) -> RenderableType:
    """Return what is wrong now, what runs, and how many notebooks are in order.

    Args:
        latest: The newest run of each notebook.
        hub: The hub that was read, as the user would name it.
        env: The environment that was read; empty for all.
        now: The present moment, in seconds since 1970.
        has_others: Whether the hub knows runs beside these.
        untimely: A line for each run of a schedule that is missing or began late.
    """
    runs = sorted(latest, key=lambda r: -r.started_at)
    head = Text(f"hub {line(hub)} · env {line(env) or 'all'} · {moment(now, with_year=True)}", style="dim")
    wrong = [r for r in runs if r.status.is_bad]
    wrong += [r for r in runs if r.status is Status.WARNED]
    running = [r for r in runs if not r.status.is_final]
    well = [r for r in runs if r.status in (Status.PASSED, Status.SKIPPED)]
    parts: list[RenderableType] = [head, Text()]
    if not runs:
        return Group(_no_runs(hub, env, has_others=has_others), *untimely)
    if untimely:
        parts += [*untimely, Text()]
    if wrong:
        parts += [_status_lines(wrong, now), Text()]
    if running:
        parts += [_status_lines(running, now), Text()]
    in_order = f"  {len(well)} of {count(len(runs), 'notebook')}"
    parts.append(Text.assemble((f"{TEXT[Status.PASSED]} in order", COLOURS[Status.PASSED]), in_order))
    if wrong:
        typed = (f"nbops show {short_id(wrong[0].run)}", "blue")
        parts += [
            Text(),
            Text.assemble(("the whole card: ", "dim"), typed, ("   all runs: ", "dim"), ("nbops runs", "blue")),
        ]
    elif not untimely:
        parts.insert(2, Text("Nothing is wrong", style="bold"))
    return Group(*parts)


def _status_lines(runs: Sequence[RunSummary], now: float) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="fold")
    table.add_column(ratio=1)
    table.add_column(no_wrap=True, style="dim")
    for run in runs:
        said = line(run.reason, 200) or count(run.steps, "step")
        if not run.status.is_final:
            said = f"for {duration(max(now - run.started_at, 0.0))}"
        name = Text(_name(run), style="bold" if run.status.is_bad else "")
        table.add_row(_status(run.status), name, said, moment(run.started_at))
    return table


def _name(run: RunSummary) -> str:
    notebook = line(run.notebook.rsplit(".", 1)[0]) if run.notebook else "unknown"
    return f"{notebook}@{short_id(run.run)}"


def runs_table(runs: Iterable[RunSummary], *, hub: str, env: str = "", has_others: bool = False) -> RenderableType:
    """Return a list of runs, as given; where there is none, what to do about it and what was read.

    Args:
        runs: The runs.
        hub: The hub that was read, as the user would name it.
        env: The environment that was read; empty for all.
        has_others: Whether the hub knows runs beside these.
    """
    every = list(runs)
    if not every:
        return _no_runs(hub, env, has_others=has_others)
    rows = [
        [("  status", "dim"), ("run", "dim"), ("env", "dim"), ("started", "dim"), ("took", "dim"), ("tests", "dim")]
    ]
    rows += [_run_cells(run) for run in every]
    wide = [max(len(row[i][0]) for row in rows) for i in range(len(rows[0]))]
    lines: list[RenderableType] = []
    for run, row in zip([None, *every], rows, strict=True):
        padded = [
            (f"{t:>{w}}" if i > 3 else f"{t:<{w}}", how) for i, ((t, how), w) in enumerate(zip(row, wide, strict=True))
        ]
        lines.append(Text("  ").join(Text(text, style=how) for text, how in padded))
        if run and run.reason and run.status.exit_code != 0:
            lines.append(Text(f"{'':<{wide[0] + 2}}{line(run.reason)}", style="dim", no_wrap=True, overflow="ellipsis"))
    return Group(*lines)


def _run_cells(run: RunSummary) -> list[tuple[str, str]]:
    worst = Status.FAILED if run.tests_failed else Status.WARNED
    how = COLOURS[worst] if run.tests_passed < run.tests else ""
    return [
        (f"{TEXT[run.status]} {run.status}", COLOURS[run.status]),
        (_name(run), "bold" if run.status.is_bad else ""),
        (line(run.env) + ("" if run.kind == "batch" else " session"), "dim"),
        (moment(run.started_at), "dim"),
        ("–" if run.seconds is None else duration(run.seconds), ""),
        (f"{run.tests_passed}/{run.tests}" if run.tests else "–", how),
    ]


def _no_runs(hub: str, env: str, *, has_others: bool) -> RenderableType:
    """Say what would be here, the one thing to do, and the place that was read."""
    what, why = "No run yet", "Runs appear here as soon as a notebook runs through nbops."
    do, typed = "begin: ", "nbops run NOTEBOOK.ipynb"
    if has_others:
        what, why = "No run fits", "The hub knows runs or sessions, but none of those that were asked for."
        do, typed = "everything: ", "nbops runs --all"
    return Group(
        Text(what, style="bold"),
        Text(why),
        Text.assemble((do, "dim"), (typed, "blue")),
        Text(),
        Text(f"read: hub {line(hub)}, environment {line(env) or 'all'}", style="dim"),
    )
