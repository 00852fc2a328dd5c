"""A step as HTML, for the output of its cell and for the panel.

It has its styles inline and its structure in a sentence, a table and a fold, so that it can still be read where styles
and pictures are stripped. It is made at every step in the kernel: no templates, nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from nbops.frames.tables import shortened
from nbops.records import CheckResult, Failure, Status, StepFinished
from nbops.views.examples_html import MUTED, RULED, TABLE, code, rows_html, td, th
from nbops.views.glyphs import ink, status_html
from nbops.views.rows_html import accounts_html
from nbops.views.step_words import MOST_TESTS, facts, failure_to_show, notes, warning_line, wrong_first
from nbops.views.words import count, duration, is_slow, line, number, observed, plain, rows_judged

__all__ = ["details_html", "step_html"]

_MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace)"
_UNRULED = ' style="background:none;border:0"'


def step_html(record: StepFinished, usual: float | None = None) -> str:
    """Return the record as HTML, everything escaped."""
    return (
        f'<div class="nbops-record" data-step="{_safe(record.step)}" data-status="{record.status}" '
        f'style="font-size:13px;line-height:20px;padding:4px 0">{_title(record, usual)}{details_html(record)}</div>'
    )


def details_html(record: StepFinished) -> str:
    """Return what stands below the first line of a record: what is wrong, then folds; empty when there is nothing."""
    parts = []
    wrong = wrong_first(record.tests)
    if wrong:
        parts.append(_wrong_table(wrong))
    parts += [_examples(test) for test in wrong[:MOST_TESTS] if test.examples.rows]
    failure = failure_to_show(record)
    if failure:
        parts.append(_failure(failure, record.status))
    if record.accounts:
        parts.append(accounts_html(record))
    if record.mutated:
        names = ", ".join(code(name) for name in record.mutated)
        parts.append(f'<div style="font-size:12px;{MUTED}">changed without being named: {names}</div>')
    return "".join(parts + _folds(record))


def _safe(text: str, limit: int = 300) -> str:
    return escape(line(text, limit))


def _title(record: StepFinished, usual: float | None) -> str:
    said = [_safe(fact) for fact in facts(record)]
    took = ("raised after " if record.status is Status.ERROR else "") + duration(record.seconds)
    if usual is not None:
        slow = f' style="color:{ink(Status.WARNED)}"' if is_slow(record.seconds, usual) else ""
        took += f", <span{slow}>usual {duration(usual)}</span>"
    before = f'<span style="{MUTED}">tests of</span> ' if record.cell_kind == "test" else ""
    return (
        f"<div>{status_html(record.status)} {before}<b>{code(record.step)}</b> "
        f'<span style="{MUTED}">· {" · ".join([*said, took])}</span></div>'
    )


def _wrong_table(wrong: Sequence[CheckResult]) -> str:
    shown = wrong[:MOST_TESTS]
    has = {
        "observed": any(observed(t) for t in shown),
        "allowed": any(t.allowed for t in shown),
        "failing rows": any(rows_judged(t) for t in shown),
    }
    head = ["", "test", *(name for name, is_there in has.items() if is_there)]
    body = "".join(_wrong_row(test, head) for test in shown)
    more = ""
    if len(wrong) > len(shown):
        more = f'<div style="{MUTED}">{len(wrong) - len(shown)} more are not passed</div>'
    cells = "".join(th(name, right=i > 1) for i, name in enumerate(head))
    table = f'<table style="{TABLE}"><tr{RULED}>{cells}</tr>{body}</table>'
    return f'<div style="overflow-x:auto" tabindex="0">{table}</div>{more}'


def _wrong_row(test: CheckResult, head: Sequence[str]) -> str:
    values = {
        "observed": f"<b>{escape(observed(test))}</b>",
        "allowed": _safe(test.allowed, 60),
        "failing rows": f"<b>{rows_judged(test)}</b>"
        if rows_judged(test) and not observed(test)
        else rows_judged(test) or "–",
    }
    row = td(status_html(test.status)) + td(code(test.name, 80))
    row += "".join(td(values[name], right=True) for name in head[2:])
    said = " · ".join(escape(note) for note in notes(test))
    if not said:
        return f"<tr{RULED}>{row}</tr>"
    below = f'<td style="padding:0 14px 3px 0;text-align:left;{MUTED}" colspan="{len(head) - 1}">{said}</td>'
    return f"<tr{_UNRULED}>{row}</tr><tr{RULED}><td></td>{below}</tr>"


def _examples(test: CheckResult) -> str:
    shown = len(test.examples.rows)
    failing = max(test.failing or 0, shown)
    rows = f"first {shown} of {failing:,} failing rows" if shown < failing else count(shown, "failing row")
    title = f'<div style="margin-top:4px;font-size:12px;{MUTED}">{rows} of {code(test.name, 80)}</div>'
    return title + rows_html(test.examples)


def _failure(failure: Failure, status: Status) -> str:
    where = f"line {failure.line} of the cell" if failure.line else ""
    fix = f" · {_safe(failure.fix)}" if failure.fix else ""
    return (
        f'<div style="{_MONO};font-size:12px;overflow-wrap:anywhere">'
        f'<span style="color:{ink(status)}">{_safe(failure.type)}: '
        f"{escape(shortened(plain(failure.message), 600))}</span> "
        f'<span style="{MUTED}">{where}{fix}</span></div>'
    )


def _folds(record: StepFinished) -> list[str]:
    passed = [test for test in record.tests if test.status is Status.PASSED]
    folds = []
    if passed:
        rows = "".join(f"<li>{code(t.name, 120)}{_judged(t)}</li>" for t in passed[:200])
        folds.append(_fold(f"{len(passed)} passed", [_safe(t.name, 60) for t in passed], rows))
    if record.warnings:
        said = [escape(warning_line(w)) for w in record.warnings]
        folds.append(_fold(count(len(said), "Python warning"), said, "".join(f"<li>{text}</li>" for text in said)))
    return folds


def _judged(test: CheckResult) -> str:
    said = [f"{test.rows:,} rows"] if test.rows is not None else []
    said += [f"{number(test.count)} times"] if test.count > 1 else []
    return f' <span style="{MUTED}">{" · ".join(said)}</span>' if said else ""


def _fold(word: str, names: Sequence[str], items: str) -> str:
    first = " · ".join(names[:3]) + (f" · {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f'<details><summary style="cursor:pointer;{MUTED}">{word}&ensp;<span>{first}</span></summary>'
        f'<ul style="margin:2px 0 4px;padding-left:28px">{items}</ul></details>'
    )
