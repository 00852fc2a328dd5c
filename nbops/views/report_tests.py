"""The tests in the report: what is wrong stands first, with its failing rows; what passed is folded by step.

A report of many hundreds of tests stays small enough to be sent by mail: beyond the first wrong ones a test has one
line, and failing rows have so much room and no more.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from nbops.pipeline.run import RunState, StepState
from nbops.records import CheckResult, Status
from nbops.views.glyphs import svg
from nbops.views.step_words import is_numeric, notes, wrong_first
from nbops.views.words import (
    command,
    count,
    duration,
    line,
    number,
    observed,
    rows_judged,
    short_id,
    statuses_phrase,
)

__all__ = ["tests_content"]

_MOST_OPEN = 3
_MOST_DETAILED = 50
_ROOM_FOR_ROWS = 60_000  # characters, of all failing rows together
_MOST_COLUMNS = 60


def tests_content(state: RunState) -> dict[str, Any]:
    """Return what the template of the report says of the tests: those not passed one by one, the others by step."""
    wrong = [(s, t) for s in state.steps for t in wrong_first(s.tests)]
    wrong.sort(key=lambda pair: not pair[1].status.is_bad)
    phrase = statuses_phrase(t.status for t in state.tests)
    room = _ROOM_FOR_ROWS
    tests = []
    for i, (step, test) in enumerate(wrong[:_MOST_DETAILED]):
        rows = _rows(test)
        shown = rows if len(rows) <= room else ""
        room -= len(shown)
        hint = command("show", f"{short_id(state.run)}::{line(step.name)}::{line(test.name)}") if rows else ""
        tests.append(_test(step, test, Markup(shown), hint, is_open=test.status.is_bad and i < _MOST_OPEN))
    return {
        "tests": tests,
        "more_tests": [_short(step, test) for step, test in wrong[_MOST_DETAILED:]],
        "groups": [group for s in state.steps if (group := _group(s))],
        "tests_phrase": phrase + (" · passing groups are folded" if phrase else ""),
    }


def _rows(test: CheckResult) -> str:
    """Return the failing rows that are kept of *test* as a table that the report's style sheet lays out."""
    examples = test.examples
    if not examples.rows:
        return ""
    names = examples.columns[:_MOST_COLUMNS]
    right = [is_numeric(row[i] for row in examples.rows if i < len(row)) for i in range(len(names))]
    opened = ['<td class="n">' if is_right else "<td>" for is_right in right]
    head = "".join(
        f'<th class="n">{_safe(name, 40)}</th>' if is_right else f"<th>{_safe(name, 40)}</th>"
        for name, is_right in zip(names, right, strict=True)
    )
    body = [
        f"<tr><th>{_safe(label, 30)}</th>"
        + "".join(f"{start}{_cell(cell)}</td>" for start, cell in zip(opened, row, strict=False))
        + "</tr>"
        for label, row in zip(examples.labels, examples.rows, strict=False)
    ]
    hidden = len(examples.columns) - len(names)
    more = f'<p class="muted sm">{count(hidden, "more column")}</p>' if hidden > 0 else ""
    return f'<table class="eg"><tr><th></th>{head}</tr>{"".join(body)}</table>{more}'


def _cell(text: str | None) -> str:
    return "<i>null</i>" if text is None else _safe(text, 60)


def _safe(text: str, limit: int) -> str:
    return str(escape(line(text, limit)))


def _short(step: StepState, test: CheckResult) -> dict[str, Any]:
    """Return one line on a test that is not passed."""
    seen = f"{observed(test)}, allowed {line(test.allowed, 60)}" if test.allowed else observed(test)
    return {
        "name": line(test.name),
        "step": line(step.name, 60),
        "status": test.status,
        "said": seen or line(test.why, 200),
    }


def _test(step: StepState, test: CheckResult, rows: Markup, hint: str, *, is_open: bool) -> dict[str, Any]:
    where = [line(step.name, 60), test.kind + (", warns only" if test.severity == "warn" else "")]
    where += [f"line {test.line}"] if test.line else []
    shown, failing = len(test.examples.rows), test.failing or len(test.examples.rows)
    judged = rows_judged(test)
    return {
        "name": line(test.name),
        "status": test.status,
        "css": "bad-test" if test.status.is_bad else "warn-test" if test.status is Status.WARNED else "",
        "is_open": is_open,
        "glyph": Markup(_named_glyph(test.status)),
        "where": " · ".join(where),
        "observed": observed(test),
        "allowed": f"allowed {line(test.allowed, 60)}" if test.allowed else judged and f"{judged} rows fail",
        "notes": [line(test.message, 600)] * (test.message not in ("", test.name)) + [" · ".join(_seen(test))],
        "source": line(test.source, 600) if test.source != test.name else "",
        "examples": rows,
        "examples_phrase": f"{shown} of {count(max(failing, shown), 'failing row')}" if rows else "",
        "hint": "" if rows else hint,
    }


def _seen(test: CheckResult) -> list[str]:
    judged = rows_judged(test)
    said = [f"{judged} rows fail"] if judged else []
    return said + [note for note in notes(test) if note != line(test.message)]


def _named_glyph(status: Status) -> str:
    return f'<span data-status="{status}" role="img" aria-label="{status}" style="{_INK[status]}">{svg(status)}</span>'


_INK = {
    status: "color:var(--c-fail)"
    if status.is_bad
    else {Status.PASSED: "color:var(--c-pass)", Status.WARNED: "color:var(--c-warn)"}.get(status, "color:var(--text2)")
    for status in Status
}


def _group(step: StepState) -> dict[str, Any] | None:
    passed = [t for t in step.tests if t.status is Status.PASSED]
    if not passed:
        return None
    kinds: dict[str, int] = {}
    for test in passed:
        kinds[test.kind] = kinds.get(test.kind, 0) + 1
    return {
        "name": line(step.name, 80),
        "glyph": Markup(_named_glyph(Status.PASSED)),
        "phrase": f"{len(passed)} passed · {', '.join(f'{kind} {n}' for kind, n in kinds.items())}",
        "took": duration(sum(t.seconds for t in passed)),
        "tests": [
            {
                "name": line(t.name),
                "kind": t.kind,
                "rows": "–" if t.rows is None else number(t.rows),
                "line": t.line or "–",
                "took": duration(t.seconds),
            }
            for t in passed
        ],
    }
