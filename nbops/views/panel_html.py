"""The panel: the graph of a notebook and what became of each step, as HTML that needs no script.

The same HTML is shown live by the widget, kept in the saved notebook, and read where styles are stripped. A step that
is not well is open by itself, because that is why people look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from nbops.pipeline.run import NO_HISTORY, History, RunState, StepState, count_tests, verdict
from nbops.pipeline.step import Pipeline
from nbops.records import Status, StepFinished
from nbops.views.glyphs import glyph_html, status_html
from nbops.views.graph_svg import graph_svg
from nbops.views.step_html import details_html
from nbops.views.style import style_sheet
from nbops.views.words import command, count, duration, is_slow, line, row_flow, short_id

__all__ = ["NOTHING_STALE", "panel_html", "panel_style", "panel_text"]

_MOST_GRAPH_STEPS = 60
_MOST_DETAILED_STEPS = 200  # above it, steps that passed have a row and no fold: the page must stay light
_CHEVRON = (
    '<svg class="tw" viewBox="0 0 16 16" aria-hidden="true"><path d="M5.5 3 11 8l-5.5 5" fill="none" '
    'stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
_STALE = (
    '<svg class="nbops-ic" width="12" height="12" viewBox="0 0 16 16" aria-hidden="true" style="vertical-align:-2px">'
    '<path d="M13.5 8a5.5 5.5 0 1 1-1.6-3.9M12.4 1.4v3h-3" fill="none" stroke="currentColor" stroke-width="1.6" '
    'stroke-linecap="round" stroke-linejoin="round"/></svg> '
)
NOTHING_STALE: Mapping[str, str] = {}
"""No step is stale, or nobody can tell."""

_ORDER = (
    Status.FAILED, Status.ERROR, Status.INTERRUPTED, Status.REFUSED, Status.WARNED, Status.RUNNING, Status.PASSED,
    Status.PENDING, Status.SKIPPED,
)  # fmt: skip


def panel_style() -> str:
    """Return the style sheet that the panel needs."""
    return style_sheet("nbops.css", "panel.css")


def panel_html(
    state: RunState | None,
    pipeline: Pipeline | None = None,
    history: History = NO_HISTORY,
    *,
    now: float | None = None,
    with_style: bool = True,
    stale: Mapping[str, str] = NOTHING_STALE,
) -> str:
    """Return the panel as HTML.

    Args:
        state: The run or session; None before its first step.
        pipeline: The notebook's steps and edges; None when the notebook is not known.
        history: What earlier runs took.
        now: The moment to show, in seconds since 1970, for steps that run.
        with_style: Carry the style sheet along, as a saved notebook needs it.
        stale: By the name of a step whose code or inputs changed since it ran, why it is stale.
    """
    steps = _steps(state, pipeline)
    style = f"<style>{panel_style()}</style>" if with_style else ""
    inside = [_top(state, pipeline, steps, len(stale))]
    if not steps:
        inside.append(_nothing(pipeline))
    else:
        if pipeline and 1 < len(pipeline.steps) <= _MOST_GRAPH_STEPS and pipeline.edges:
            drawn = graph_svg(pipeline, {step.name: step.status for step in steps})
            inside.append(f'<div class="graph" tabindex="0">{drawn}</div>')
        times = "Time · usual" if history.usual_seconds else "Time"
        inside.append(
            '<div class="lh"><span></span><span></span><span>Step</span> <span class="n">Tests</span> '
            f'<span class="n rows">Rows in → out</span> <span class="n">{times}</span></div>'
        )
        is_long = len(steps) > _MOST_DETAILED_STEPS
        inside += [
            _step(step, history, now, stale.get(step.name, ""), is_short=is_long and step.status is Status.PASSED)
            for step in steps
        ]
    inside.append(_foot(state))
    kind = "" if history.usual_seconds else " no-usual"
    return f'{style}<section class="nbops nbops-panel{kind}" aria-label="nbops: steps">{"".join(inside)}</section>'


def panel_text(
    state: RunState | None, pipeline: Pipeline | None = None, stale: Mapping[str, str] = NOTHING_STALE
) -> str:
    """Return the panel as text without colours, a line for each step; *stale* says why a step is."""
    steps = _steps(state, pipeline)
    lines = [f"{_name(state, pipeline)}  {_summary_text(steps)}"]
    wide = max((len(line(step.name, 60)) for step in steps), default=0)
    for step in steps:
        took = "" if step.seconds is None else duration(step.seconds)
        why = f"  stale: {line(stale[step.name], 120)}" if step.name in stale else ""
        text = f"{step.status:<11}  {line(step.name, 60):<{wide}}  {_tests_text(step):>7}  {took}{why}"
        lines.append(f"  {text}".rstrip())
    return "\n".join(lines)


def _steps(state: RunState | None, pipeline: Pipeline | None) -> list[StepState]:
    """Return the steps in the order of the notebook, those that it no longer has behind them."""
    known = {step.name: step for step in state.steps} if state else {}
    planned = [step.name for step in pipeline.steps] if pipeline else []
    ordered = [known.pop(name, StepState(name)) for name in planned]
    return [*ordered, *known.values()]


def _name(state: RunState | None, pipeline: Pipeline | None) -> str:
    if pipeline:
        return line(pipeline.name)
    return line(state.name) if state else "this notebook"


def _summary_text(steps: list[StepState]) -> str:
    seen = [step.status for step in steps]
    return ", ".join(f"{seen.count(status)} {status}" for status in _ORDER if status in seen) or "no steps yet"


def _top(state: RunState | None, pipeline: Pipeline | None, steps: list[StepState], stale: int) -> str:
    seen = [step.status for step in steps]
    counts = "".join(status_html(status, f"{seen.count(status)} {status}") + " " for status in _ORDER if status in seen)
    counts += f'<span class="stale">{_STALE}{stale} stale</span> ' if stale else ""
    tests = sum(len(step.tests) for step in steps)
    kind = state.started.kind if state else "session"
    chip = "session" if kind == "session" or not state else escape(line(state.started.env))
    name = f'<span class="b el grow">{escape(_name(state, pipeline))}</span>'
    return (
        f'<div class="top"><div class="row">{name} <span class="chip">{chip}</span></div>'
        f'<div class="sum" role="status" aria-live="polite" data-status="{verdict(steps)}">{counts}'
        f'<span class="grow"></span><span class="muted">{count(tests, "test")}</span></div></div>'
    )


def _step(step: StepState, history: History, now: float | None, stale: str, *, is_short: bool) -> str:
    key = escape(line(step.name))
    remark = line(step.record.remark, 120) if step.record else ""
    about_it = f' <span class="muted" title="{escape(remark)}">{escape(remark)}</span>' if remark else ""
    if stale:
        why = escape(line(stale, 120))
        about_it = f' <span class="stale" title="{why}">{_STALE}stale: {why}</span>{about_it}'
    name = f'<span class="el" title="{key}"><span class="mono">{key}</span>{about_it}</span>'
    cells = (
        f'{glyph_html(step.status)} {name} <span class="n">{_tests(step)}</span> '
        f'<span class="n rows">{_flow(step.record)}</span> {_took(step, history, now)}'
    )
    about = f'data-key="{key}" data-step="{key}" data-status="{step.status}"'
    inside = details_html(step.record) if step.record and not is_short else ""
    if not inside:
        quiet = " idle" if step.status in (Status.PENDING, Status.SKIPPED) else ""
        return f'<div class="step flat{quiet}" {about}><span></span>{cells}</div>'
    kind = " is-bad" if step.status.is_bad else " is-warned" if step.status is Status.WARNED else ""
    is_open = " open" if step.status.is_bad or step.status is Status.WARNED else ""
    return (
        f'<details class="step{kind}" {about}{is_open}><summary>{_CHEVRON}{cells}</summary>'
        f'<div class="in">{inside}</div></details>'
    )


def _flow(record: StepFinished | None) -> str:
    return escape(row_flow(record)) if record and row_flow(record) else "–"


def _tests_text(step: StepState) -> str:
    passed = count_tests(step.tests).get(Status.PASSED, 0)
    return f"{passed}/{len(step.tests)}" if passed < len(step.tests) else str(len(step.tests) or "–")


def _tests(step: StepState) -> str:
    text = _tests_text(step)
    return f'<span class="bad">{text}</span>' if any(t.status.is_bad for t in step.tests) else text


def _took(step: StepState, history: History, now: float | None) -> str:
    usual = history.usual_seconds.get(step.name)
    if step.running_since is not None:
        gone = max((now or step.running_since) - step.running_since, 0.0)
        since = f' data-gone="{gone:.1f}"' + (f' data-usual="{usual:.3f}"' if usual else "")
        return f'<span class="took"{since}><span>{duration(gone)}</span>{_meter(gone, usual, "running")}</span>'
    if step.seconds is None:
        return f'<span class="took word">{step.status}</span>'
    slow = "slow" if is_slow(step.seconds, usual) else ""
    said = f"{duration(step.seconds)}" + (f", usual {duration(usual)}" if usual is not None else "")
    meter = _meter(step.seconds, usual, slow)
    return f'<span class="took" title="{said}"><span>{duration(step.seconds)}</span>{meter}</span>'


def _meter(seconds: float, usual: float | None, kind: str) -> str:
    """Return a bar of the time over a bar of the usual time."""
    if not usual:
        return ""
    most = max(seconds, 1.5 * usual)
    return (
        f'<span class="meter" aria-hidden="true"><i class="usual" style="width:{100 * usual / most:.0f}%"></i>'
        f'<i class="now {kind}" style="width:{100 * seconds / most:.0f}%"></i></span>'
    )


def _nothing(pipeline: Pipeline | None) -> str:
    plain = len(pipeline.plain_cells) + len(pipeline.setup_cells) if pipeline else 0
    typed = command("adopt", pipeline.path or pipeline.name) if pipeline else "%%step NAME"
    has = f"It has {count(plain, 'plain cell')}. They run as they are; " if plain else ""
    return (
        f'<div class="empty"><h2>No steps in {escape(_name(None, pipeline))}</h2>'
        f'<p class="muted">{has}{"steps" if has else "Steps"} add tests, row counts and a record.</p>'
        f'<p><code class="cmd">{escape(typed)}</code></p></div>'
    )


def _foot(state: RunState | None) -> str:
    return "".join(_foot_parts(state))


def _foot_parts(state: RunState | None) -> Iterator[str]:
    if state is None:
        return
    run = short_id(state.run)
    yield f'<div class="foot">run {escape(run)}'
    if state.finished:
        yield f" · {state.status} after {duration(state.seconds)}"
    yield f" · {escape(line(state.started.env))} · {escape(command('report', run, '--open'))}</div>"
