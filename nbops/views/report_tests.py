"""The tests in the report: what is wrong stands open with its failing rows, what passed is folded by step."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from nbops.pipeline.run import RunState, StepState
from nbops.records import CheckResult, Status
from nbops.views.glyphs import svg
from nbops.views.step_html import examples_html
from nbops.views.step_words import notes, wrong_first
from nbops.views.words import count, duration, line, number, observed, rows_judged, statuses_phrase

__all__ = ["tests_content"]

_MOST_OPEN = 3


def tests_content(state: RunState) -> dict[str, Any]:
    """Return what the template of the report says of the tests: those not passed one by one, the others by step."""
    wrong = [(s, t) for s in state.steps for t in wrong_first(s.tests)]
    wrong.sort(key=lambda pair: not pair[1].status.is_bad)
    is_open = [t.status.is_bad and i < _MOST_OPEN for i, (_, t) in enumerate(wrong)]
    phrase = statuses_phrase(t.status for t in state.tests)
    return {
        "tests": [_test(s, t, opened) for (s, t), opened in zip(wrong, is_open, strict=True)],
        "groups": [group for s in state.steps if (group := _group(s))],
        "tests_phrase": phrase + (" · passing groups are folded" if phrase else ""),
    }


def _test(step: StepState, test: CheckResult, is_open: bool) -> dict[str, Any]:
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
        "examples": Markup(examples_html(test, most_columns=60)) if shown else Markup(""),
        "examples_phrase": f"{shown} of {count(max(failing, shown), 'failing row')}",
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
