"""The card: what is wrong with one run in five lines, the same in the terminal, the report and the panel.

WHAT was seen and what was allowed, WHERE it is, SINCE when, WHO answers for it and who waits, and what to type NEXT.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from nbops.notebook.secret import HIDDEN
from nbops.pipeline.changes import Findings
from nbops.pipeline.run import NO_HISTORY, History, RunState, StepState
from nbops.records import CheckResult, SourceGate, Status
from nbops.views.blame import came_in
from nbops.views.changes import changes_phrase
from nbops.views.gate_words import gate_next, gate_since, gate_what, gate_where, gate_who, shut_gates
from nbops.views.glyphs import COLOURS, TEXT, status_html
from nbops.views.words import (
    cell_number,
    command,
    count,
    flow_phrase,
    line,
    moment,
    observed,
    rows_judged,
    short_id,
    waiver,
)

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.table import Table as RichTable

__all__ = ["Card", "Said", "card", "card_html", "card_rich", "card_text", "title"]

_MOST_CAUSES = 3
_LONGEST_TO_TYPE = 160

Said = tuple[str, str]
"""A piece of a line and how it is said: ``""`` plain, ``muted``, ``strong``, ``bad`` or ``name``."""


@dataclass(frozen=True, slots=True)
class Card:
    """What is wrong with one run.

    Args:
        title: ``flights_daily@b21c77``.
        env: The environment of the run.
        kind: ``batch`` or ``session``.
        status: The run's status.
        at: When it ended, or was last seen, in seconds since 1970.
        lines: The lines WHAT, WHERE, SINCE and WHO: a label and what is said; WHAT may take several.
        next: Why one would type a command, and the command.
    """

    title: str
    env: str
    kind: str
    status: Status
    at: float
    lines: tuple[tuple[str, tuple[Said, ...]], ...]
    next: tuple[tuple[str, str], ...]


def title(state: RunState) -> str:
    """Return ``NOTEBOOK@RUN``, the name that every door gives to a run."""
    return f"{line(state.name)}@{short_id(state.run)}"


def card(
    state: RunState,
    history: History = NO_HISTORY,
    *,
    root: str = "",
) -> Card:
    """Return the card of a run, as far as its records and its history reach.

    Args:
        state: The run.
        history: What earlier runs say about it.
        root: The folder of its project, for a reader who may type the commands elsewhere; empty for one who is there.
    """
    shut = shut_gates(state)
    if shut:
        return _refused(state, shut, root)
    culprit = _culprit(state)
    lines = [
        *(("WHAT" if i == 0 else "", said) for i, said in enumerate(_what(state, culprit))),
        ("WHERE", (*_where(state, culprit), *_found_out(history.findings))),
        ("SINCE", tuple(_since(state, history))),
        ("WHO", tuple(_who(state, culprit))),
    ]
    at = state.finished.at if state.finished else state.last_seen
    return Card(
        title(state),
        line(state.started.env),
        state.started.kind,
        state.status,
        at,
        tuple(lines),
        tuple(_next(state, root)),
    )


def _refused(state: RunState, shut: tuple[SourceGate, ...], root: str) -> Card:
    """Return the card of a run that was refused before anything ran: a source was not there."""
    lines = [
        *(("WHAT" if i == 0 else "", said) for i, said in enumerate(gate_what(shut))),
        ("WHERE", tuple(gate_where(shut))),
        ("SINCE", tuple(gate_since(shut))),
        ("WHO", tuple(gate_who(shut, state.started.owner))),
    ]
    at = state.finished.at if state.finished else state.last_seen
    following = tuple(gate_next(shut, _run_again(state, ["-C", root] if root else []), root))
    return Card(title(state), line(state.started.env), state.started.kind, state.status, at, tuple(lines), following)


def _culprit(state: RunState) -> StepState | None:
    """Return the step that the run is judged by: the first bad one, else the first that warned."""
    for step in state.steps:
        if step.status.is_bad:
            return step
    return next((step for step in state.steps if step.status is Status.WARNED), None)


def _what(state: RunState, culprit: StepState | None) -> Iterator[tuple[Said, ...]]:
    wrong = _judged_by(culprit)
    for test in wrong[:_MOST_CAUSES]:
        yield tuple(_verdict(test))
    if len(wrong) > _MOST_CAUSES:
        yield ((f"and {count(len(wrong) - _MOST_CAUSES, 'more test')}", "muted"),)
    if wrong:
        return
    failure = (culprit.record.failure if culprit and culprit.record else None) or state.failure
    if Status.INTERRUPTED in (state.status, culprit.status if culprit else None):
        yield ((line(state.reason) or _VERDICTS[Status.INTERRUPTED], ""),)  # not by an exception, but by somebody
    elif failure:
        yield ((f"{line(failure.type)}: {line(failure.message)}", "bad"), *_fix(failure.fix))
    else:
        yield ((line(state.reason) or _VERDICTS.get(state.status, str(state.status)), ""),)


_VERDICTS = {
    Status.PASSED: "nothing is wrong",
    Status.RUNNING: "it is running",
    Status.SKIPPED: "there was nothing to do",
    Status.INTERRUPTED: "it was interrupted",
}


def _fix(fix: str) -> list[Said]:
    return [(f" · {line(fix)}", "muted")] if fix else []


def _verdict(test: CheckResult) -> Iterator[Said]:
    yield line(test.name, 120), "name"
    unknown = test.status is Status.ERROR
    yield " could not be judged" if unknown else f" {test.status}", ""
    judged = f"{rows_judged(test)} rows" if rows_judged(test) else ""
    seen = observed(test) or judged or line(test.why, 160)
    if seen:
        yield ": ", ""
        yield seen, "bad" if test.status.is_bad else "strong"
    if test.allowed and not unknown:
        yield f", allowed {line(test.allowed, 80)}", ""
    if judged and judged != seen:
        yield f" ({judged})", "muted"
    if waiver(test):
        yield f" · {waiver(test)}", "muted"


def _where(state: RunState, culprit: StepState | None) -> Iterator[Said]:
    record = culprit.record if culprit else None
    failure = (record.failure if record else None) or state.failure
    if culprit:
        yield "step ", ""
        yield line(culprit.name), "strong"
    cell = record.cell if record else None
    if failure and failure.cell is not None:
        cell = failure.cell
    if cell is not None:
        yield f"{', ' if culprit else ''}{cell_number(cell)}", ""
    at_line = failure.line if failure and failure.line else next((t.line for t in _judged_by(culprit) if t.line), None)
    if at_line:
        yield f", line {at_line}", ""
    flow = flow_phrase(record) if record else ""
    if flow:
        yield f" · {flow}", "muted"
    if not culprit and cell is None:
        yield line(state.started.notebook or "the notebook could not be found"), ""


def _found_out(findings: Findings | None) -> Iterator[Said]:
    """Say where the error came in, and what changed since the last good run."""
    origin = next((origin for origin in findings.origins if origin.step), None) if findings else None
    if origin is not None:
        yield " · ", ""
        yield came_in(origin), "strong"
        yield f" ({line(origin.variable, 40)})" if origin.variable and origin.step != origin.at else "", ""
    if findings and findings.changes is not None and (phrase := changes_phrase(findings.changes)):
        yield f" · {phrase}", "muted"


def _judged_by(step: StepState | None) -> list[CheckResult]:
    """Return the tests that gave a step its status."""
    return [t for t in step.tests if t.status is step.status] if step else []


def _since(state: RunState, history: History) -> Iterator[Said]:
    good = history.last_good
    yield "this run" if state.finished else "now", ""
    if good:
        yield "; last good ", ""
        yield short_id(good.run), "strong"
        yield f" {moment(good.started_at)}", ""
    else:
        yield "; no good run before it", "muted"
    if state.status.is_bad:
        seen = history.seen_before
        yield (f" · seen {count(seen, 'time')} before" if seen else " · not seen before"), "muted"


def _who(state: RunState, culprit: StepState | None) -> Iterator[Said]:
    owner = (culprit.record.owner if culprit and culprit.record else "") or state.started.owner
    yield (line(owner), "") if owner else ("no owner is named", "muted")
    waiting = [line(s.name) for s in state.steps if s.status in (Status.SKIPPED, Status.PENDING)]
    if waiting and state.status.is_bad:
        names = ", ".join(waiting[:4]) + (f" and {len(waiting) - 4} more" if len(waiting) > 4 else "")
        yield " · not reached: ", "muted"
        yield names, ""


def _next(state: RunState, root: str) -> Iterator[tuple[str, str]]:
    run, at = short_id(state.run), ["-C", root] if root else []
    if state.status is Status.RUNNING:
        yield "watch", command(*at, "show", run)
        if state.started.kind == "batch":
            yield "stop it", command(*at, "stop", run)
        return
    is_batch = state.started.kind == "batch" and bool(state.started.notebook)
    if is_batch and (tests := _to_waive(state)):
        waivers = [word for test in tests for word in ("--waive", test)]
        yield "data right?", f'{command(*at, "resume", run, *waivers)} --reason "…"'
    if is_batch and any(step.record and step.record.status.is_bad for step in state.steps):
        yield "look first", command(*at, "restore", run)
        yield "all of it", command(*at, "report", run, "--open")
    else:
        yield "look first", command(*at, "report", run, "--open")
    if is_batch:
        if state.status.is_bad and any(step.record and step.record.artifacts for step in state.steps):
            yield "go on", command(*at, "resume", run)
        yield "mended?", _run_again(state, at)


def _to_waive(state: RunState) -> list[str]:
    """Return what a waiver calls the tests that alone stopped a run; none when they are many, or cannot be typed."""
    culprit = _culprit(state)
    if culprit is None or state.status is not Status.FAILED or culprit.status is not Status.FAILED:
        return []
    bad = dict.fromkeys(f"{culprit.name}::{test.name}" for test in culprit.tests if test.status.is_bad)
    can = all(name == line(name, _LONGEST_TO_TYPE) for name in bad)
    return list(bad) if can and len(bad) <= _MOST_CAUSES else []


def _run_again(state: RunState, at: list[str]) -> str:
    words = [*at, "run", state.started.notebook or ""]
    for name in state.started.given:
        value = state.started.parameters.get(name, "")
        words += ["-p", name, f"secret:{name.upper()}" if value == HIDDEN else value]
    return command(*words, *(["--env", state.started.env] if state.started.env != "dev" else []))


# ── the three forms ──────────────────────────────────────────────────────────────────────────────────────────────────


def card_text(card: Card) -> str:
    """Return the card as text without colours."""
    lines = [f"{TEXT[card.status]} {card.title}  {_kind(card)}  {moment(card.at)}"]
    lines += [f"{label:<5}  {''.join(text for text, _ in said)}" for label, said in card.lines]
    wide = max((len(why) for why, _ in card.next), default=0)
    for i, (why, typed) in enumerate(card.next):
        lines.append(f"{'NEXT' if i == 0 else '':<5}  {why:<{wide}}  {typed}")
    return "\n".join(lines)


def _kind(card: Card) -> str:
    return card.env if card.kind == "batch" else f"{card.env} session"


def card_rich(card: Card) -> RenderableType:
    """Return the card for a terminal of any width, or for a pipe."""
    return _Trimmed(card)


class _Trimmed:
    """A card without the blanks by which a table fills its lines: in a pipe they would be kept and searched."""

    def __init__(self, card: Card) -> None:
        self.card = card

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        for segments in console.render_lines(_table(self.card, fills=console.is_terminal), options, pad=False):
            while segments and not segments[-1].text.strip():
                segments.pop()
            yield from segments[:-1]
            for last in segments[-1:]:
                yield Segment(last.text.rstrip(), last.style)
            yield Segment.line()


def _table(card: Card, *, fills: bool) -> RichTable:
    from rich.table import Table as RichTable
    from rich.text import Text

    styles = {"": "", "muted": "dim", "strong": "bold", "bad": COLOURS[card.status], "name": ""}
    head = RichTable.grid(expand=fills, padding=(0, 2, 0, 0))
    head.add_column()
    head.add_column(justify="right")
    head.add_row(
        Text.assemble((TEXT[card.status], COLOURS[card.status]), " ", (card.title, "bold"), f"  {_kind(card)}"),
        Text(moment(card.at), style="dim"),
    )
    grid = RichTable.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", min_width=5)
    grid.add_column(overflow="fold")
    for label, said in card.lines:
        grid.add_row(label, Text.assemble(*((text, styles[how]) for text, how in said)))
    if card.next:
        commands = RichTable.grid(padding=(0, 2, 0, 0))
        commands.add_column(style="dim", no_wrap=True)
        commands.add_column(style="blue", overflow="fold")
        for why, typed in card.next:
            commands.add_row(Text(why), Text(typed))
        grid.add_row("NEXT", commands)
    whole = RichTable.grid(expand=fills)
    whole.add_row(head)
    whole.add_row(grid)
    return whole


def card_html(card: Card, *, with_title: bool = True) -> str:
    """Return the card as HTML for pages that carry the style sheet of the report."""
    tags = {"muted": "muted", "strong": "b", "bad": "b", "name": "mono"}
    rows = [
        f"<dt>{label}</dt><dd>{''.join(_span(text, tags.get(how, '')) for text, how in said)}</dd>"
        for label, said in card.lines
    ]
    typed = "".join(
        f'<span class="q">{escape(why)}</span><span><code class="cmd">{escape(typed)}</code></span>'
        for why, typed in card.next
    )
    if typed:
        rows.append(f'<dt>NEXT</dt><dd class="next">{typed}</dd>')
    top = ""
    if with_title:
        top = (
            f'<div class="top">{status_html(card.status)}<span class="name">{escape(card.title)}</span>'
            f'<span class="chip">{escape(_kind(card))}</span><span class="grow"></span>'
            f'<span class="muted sm">{moment(card.at)}</span></div>'
        )
    kind = "is-bad" if card.status.is_bad else "is-warned" if card.status is Status.WARNED else "is-quiet"
    return f'<section class="card {kind}" aria-label="what is wrong">{top}<dl>{"".join(rows)}</dl></section>'


def _span(text: str, kind: str) -> str:
    return f'<span class="{kind}">{escape(text)}</span>' if kind else escape(text)
