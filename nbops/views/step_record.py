"""The record of a step in its cell's output: one line when all is well, and it grows only by what is wrong.

The HTML has its styles inline and its structure in a sentence, a table and a fold, so that it can still be read where
styles and pictures are stripped. It is made at every step in the kernel: no templates, nothing heavy is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from nbops.frames.tables import shortened
from nbops.records import STEP_MIME, CheckResult, Failure, Status, StepFinished, to_json
from nbops.views.glyphs import TEXT, ink, status_html
from nbops.views.words import (
    count,
    duration,
    flow_phrase,
    is_slow,
    line,
    number,
    observed,
    phrase_of_tests,
    plain,
    rows_judged,
)

__all__ = [
    "details_html",
    "examples_html",
    "failure_to_show",
    "notes",
    "step_html",
    "step_record",
    "step_text",
    "test_text",
    "wrong_first",
]

_MOST_TESTS = 20
_MOST_COLUMNS = 12
_WRONG = (Status.FAILED, Status.ERROR, Status.WARNED, Status.SKIPPED)

_MUTED = "color:color-mix(in srgb,currentColor 64%,transparent)"
_MONO = "font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace)"
_BARE = "background:none;color:inherit;padding:0"  # Lab paints a box behind code
_TABLE = "border-collapse:collapse;width:auto;margin:2px 0;font-size:12px;line-height:18px;table-layout:auto"
_RULED = ' style="background:none;border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent)"'
_UNRULED = ' style="background:none;border:0"'
_CELL = "padding:2px 14px 2px 0"


def step_record(record: StepFinished, usual: float | None = None) -> dict[str, Any]:
    """Return what a step leaves in its cell's output, by MIME type: the record itself, HTML and text.

    Args:
        record: The cell's record.
        usual: What the step usually takes, in seconds; None when unknown.
    """
    return {
        STEP_MIME: to_json(record),
        "text/html": step_html(record, usual),
        "text/plain": step_text(record, usual),
    }


def wrong_first(tests: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the tests that are not passed, the worst first."""
    wrong = [test for test in tests if test.status is not Status.PASSED]
    return sorted(wrong, key=lambda test: _WRONG.index(test.status) if test.status in _WRONG else len(_WRONG))


def _facts(record: StepFinished) -> list[str]:
    """Return what is said behind the name: tests, rows, how it came to be."""
    said = []
    if record.tests or record.status is not Status.ERROR:
        said.append(phrase_of_tests(record.tests))
    flow = flow_phrase(record, with_columns=True)
    if flow:
        said.append(flow)
    if record.attempt > 1:
        said.append(f"attempt {record.attempt}")
    if record.remark:
        said.append(line(record.remark))
    return said


def failure_to_show(record: StepFinished) -> Failure | None:
    """Return the failure unless it only repeats the failed tests."""
    if record.failure and record.failure.type == "StepFailed" and any(t.status.is_bad for t in record.tests):
        return None
    return record.failure


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def step_text(record: StepFinished, usual: float | None = None) -> str:
    """Return the record as text without colours: a line, and below it what is wrong."""
    took = duration(record.seconds) + (f" (usual {duration(usual)})" if usual is not None else "")
    title = f"{'tests of ' if record.cell_kind == 'test' else ''}{line(record.step)}"
    lines = ["   ".join([f"{TEXT[record.status]} {record.status}  {title}", *_facts(record), took])]
    wrong = wrong_first(record.tests)
    lines += _wrong_lines(wrong[:_MOST_TESTS])
    if len(wrong) > _MOST_TESTS:
        lines.append(f"  {len(wrong) - _MOST_TESTS} more tests are not passed")
    failure = failure_to_show(record)
    if failure:
        where = f" (line {failure.line} of the cell)" if failure.line else ""
        lines.append(f"  {line(failure.type)}: {line(failure.message)}{where}")
        if failure.fix:
            lines.append(f"  fix: {line(failure.fix)}")
    lines += [f"  {_warning(w.category, w.message, w.line, w.count)}" for w in record.warnings[:5]]
    if record.mutated:
        lines.append(f"  changed without being named: {', '.join(line(n) for n in record.mutated)}")
    return "\n".join(lines)


def test_text(test: CheckResult) -> str:
    """Return one test as text: its verdict, where it stands, what it says in the code, and every failing row kept."""
    *first, source = [f"{test.status}", f"line {test.line}" if test.line else "", line(test.source, 200)]
    lines = [f"{TEXT[test.status]} {line(test.name)}   {'   '.join(filter(None, first))}"]
    lines += [f"  {source}"] if source and source != line(test.name, 200) else []
    verdict = [f"{observed(test)}", f"allowed {line(test.allowed)}" if test.allowed else ""]
    verdict.append(f"{rows_judged(test)} rows fail" if rows_judged(test) else "")
    lines += [f"  {said}" for said in ["   ".join(filter(None, verdict)), *notes(test)] if said]
    lines += [f"  {row}" for row in _plain_table(test, limit=len(test.examples.rows), width=116)]
    return "\n".join(lines)


def _wrong_lines(tests: Sequence[CheckResult]) -> Iterator[str]:
    wide = max((len(shortened(line(t.name), 44)) for t in tests), default=0)
    seen = max((len(observed(t)) for t in tests), default=0)
    for test in tests:
        cells = [f"  {TEXT[test.status]} {shortened(line(test.name), 44):<{wide}}"]
        if seen:
            cells.append(f"{observed(test):>{seen}}")
        if test.allowed:
            cells.append(f"allowed {line(test.allowed, 40)}")
        if rows_judged(test):
            cells.append(f"{rows_judged(test)} rows")
        yield "   ".join(cells).rstrip()
        yield from (f"      {note}" for note in notes(test))
        yield from (f"      {row}" for row in _plain_table(test, limit=3))


def notes(test: CheckResult) -> list[str]:
    """Return what is to be said of a test beyond its row of the table, one sentence each."""
    said = []
    message, why = line(test.message), line(test.why)
    if message and message != line(test.name):
        said.append(message)
    if why and why not in (line(test.observed), message) and not test.examples.rows:
        said.append(why)
    if test.nulls:
        said.append("all of them null" if test.nulls == test.failing else f"{number(test.nulls)} of them null")
    if test.count > 1:
        said.append(f"evaluated {number(test.count)} times")
    return said


def _plain_table(test: CheckResult, limit: int, width: int = 74) -> list[str]:
    """Return the first failing rows as lines of text, at most *width* wide; empty when none are kept."""
    examples = test.examples
    if not examples.rows:
        return []
    rows = [["null" if c is None else line(c, 24) for c in row] for row in examples.rows[:limit]]
    grid = [["", *(line(c, 24) for c in examples.columns)]]
    grid += [[line(label, 16), *row] for label, row in zip(examples.labels, rows, strict=False)]
    columns = [list(column) for column in zip(*grid, strict=False)]
    lines = [""] * len(grid)
    for i, cells in enumerate(columns):
        wide = max(map(len, cells))
        right = i > 0 and _is_numeric(cells[1:])
        if len(lines[0]) + wide + 2 > width:
            return [f"{text}  …".rstrip() for text in lines]
        lines = [f"{text}{'  ' if i else ''}{c:>{wide}}" if right else f"{text}{'  ' if i else ''}{c:<{wide}}"
                 for text, c in zip(lines, cells, strict=True)]  # fmt: skip
    return [text.rstrip() for text in lines]


def _is_numeric(cells: Iterable[str | None]) -> bool:
    """Return whether a column of text reads as numbers, nulls aside."""
    seen = [c for c in cells if c not in (None, "null")]
    return all(c is not None and c.lstrip("-").replace(",", "").replace(".", "", 1).isdigit() for c in seen)


def _warning(category: str, message: str, at_line: int | None, times: int) -> str:
    where = f" (line {at_line})" if at_line else ""
    return f"{line(category)}: {line(message)}{where}{f' × {number(times)}' if times > 1 else ''}"


# ── HTML ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    parts += [_examples(test) for test in wrong[:_MOST_TESTS] if test.examples.rows]
    failure = failure_to_show(record)
    if failure:
        parts.append(_failure(failure, record.status))
    if record.mutated:
        names = ", ".join(_code(name) for name in record.mutated)
        parts.append(f'<div style="font-size:12px;{_MUTED}">changed without being named: {names}</div>')
    return "".join(parts + _folds(record))


def _safe(text: str, limit: int = 300) -> str:
    return escape(line(text, limit))


def _title(record: StepFinished, usual: float | None) -> str:
    said = [_safe(fact) for fact in _facts(record)]
    took = ("raised after " if record.status is Status.ERROR else "") + duration(record.seconds)
    if usual is not None:
        slow = f' style="color:{ink(Status.WARNED)}"' if is_slow(record.seconds, usual) else ""
        took += f", <span{slow}>usual {duration(usual)}</span>"
    before = f'<span style="{_MUTED}">tests of</span> ' if record.cell_kind == "test" else ""
    return (
        f"<div>{status_html(record.status)} {before}<b>{_code(record.step)}</b> "
        f'<span style="{_MUTED}">· {" · ".join([*said, took])}</span></div>'
    )


def _wrong_table(wrong: Sequence[CheckResult]) -> str:
    shown = wrong[:_MOST_TESTS]
    has = {
        "observed": any(observed(t) for t in shown),
        "allowed": any(t.allowed for t in shown),
        "failing rows": any(rows_judged(t) for t in shown),
    }
    head = ["", "test", *(name for name, is_there in has.items() if is_there)]
    body = "".join(_wrong_row(test, head) for test in shown)
    more = ""
    if len(wrong) > len(shown):
        more = f'<div style="{_MUTED}">{len(wrong) - len(shown)} more are not passed</div>'
    cells = "".join(_th(name, right=i > 1) for i, name in enumerate(head))
    table = f'<table style="{_TABLE}"><tr{_RULED}>{cells}</tr>{body}</table>'
    return f'<div style="overflow-x:auto">{table}</div>{more}'


def _wrong_row(test: CheckResult, head: Sequence[str]) -> str:
    values = {
        "observed": f"<b>{escape(observed(test))}</b>",
        "allowed": _safe(test.allowed, 60),
        "failing rows": f"<b>{rows_judged(test)}</b>"
        if rows_judged(test) and not observed(test)
        else rows_judged(test) or "–",
    }
    row = _td(status_html(test.status)) + _td(_code(test.name, 80))
    row += "".join(_td(values[name], right=True) for name in head[2:])
    said = " · ".join(escape(note) for note in notes(test))
    if not said:
        return f"<tr{_RULED}>{row}</tr>"
    below = f'<td style="padding:0 14px 3px 0;text-align:left;{_MUTED}" colspan="{len(head) - 1}">{said}</td>'
    return f"<tr{_UNRULED}>{row}</tr><tr{_RULED}><td></td>{below}</tr>"


def _th(text: str, *, right: bool) -> str:
    side = "right" if right else "left"
    style = f"{_CELL};text-align:{side};font-weight:500;font-size:11px;{_MUTED}"
    return f'<th align="{side}" style="{style}">{text}</th>'


def _td(html: str, *, right: bool = False) -> str:
    if right:
        style = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"
        return f'<td align="right" style="{style}">{html}</td>'
    return f'<td style="{_CELL};text-align:left">{html}</td>'


def _code(text: str, limit: int = 300) -> str:
    whole, shown = line(text), line(text, limit)
    title = f' title="{escape(whole)}"' if shown != whole else ""
    return f'<code style="{_BARE}"{title}>{escape(shown)}</code>'


def _examples(test: CheckResult) -> str:
    shown = len(test.examples.rows)
    failing = max(test.failing or 0, shown)
    rows = f"first {shown} of {failing:,} failing rows" if shown < failing else count(shown, "failing row")
    title = f'<div style="margin-top:4px;font-size:12px;{_MUTED}">{rows} of {_code(test.name, 80)}</div>'
    return title + examples_html(test)


def examples_html(test: CheckResult, most_columns: int = _MOST_COLUMNS) -> str:
    """Return the failing rows that are kept of *test* as a table with its styles inline."""
    examples = test.examples
    names = examples.columns[:most_columns]
    right = [_is_numeric(row[i] for row in examples.rows if i < len(row)) for i in range(len(names))]
    head = _th("", right=False) + "".join(_th(_safe(n, 40), right=r) for n, r in zip(names, right, strict=True))
    body = []
    for label, row in zip(examples.labels, examples.rows, strict=False):
        label_cell = _td(f'<span style="{_MUTED}">{_safe(label, 30)}</span>')
        cells = "".join(_td(_cell(c), right=r) for c, r in zip(row, right, strict=False))
        body.append(f"<tr{_RULED}>{label_cell}{cells}</tr>")
    hidden = len(examples.columns) - len(names)
    more = f'<div style="font-size:12px;{_MUTED}">{count(hidden, "more column")}</div>' if hidden > 0 else ""
    table = f'<table style="{_TABLE}"><tr{_RULED}>{head}</tr>{"".join(body)}</table>'
    return f'<div style="overflow-x:auto">{table}</div>{more}'


def _cell(text: str | None) -> str:
    if text is None:
        return f'<i style="color:{ink(Status.FAILED)}">null</i>'
    return _safe(text, 60)


def _failure(failure: Failure, status: Status) -> str:
    where = f"line {failure.line} of the cell" if failure.line else ""
    fix = f" · {_safe(failure.fix)}" if failure.fix else ""
    return (
        f'<div style="{_MONO};font-size:12px;overflow-wrap:anywhere">'
        f'<span style="color:{ink(status)}">{_safe(failure.type)}: '
        f"{escape(shortened(plain(failure.message), 600))}</span> "
        f'<span style="{_MUTED}">{where}{fix}</span></div>'
    )


def _folds(record: StepFinished) -> list[str]:
    passed = [test for test in record.tests if test.status is Status.PASSED]
    folds = []
    if passed:
        rows = "".join(f"<li>{_code(t.name, 120)}{_judged(t)}</li>" for t in passed[:200])
        folds.append(_fold(f"{len(passed)} passed", [_safe(t.name, 60) for t in passed], rows))
    if record.warnings:
        said = [escape(_warning(w.category, w.message, w.line, w.count)) for w in record.warnings]
        folds.append(_fold(count(len(said), "Python warning"), said, "".join(f"<li>{text}</li>" for text in said)))
    return folds


def _judged(test: CheckResult) -> str:
    said = [f"{test.rows:,} rows"] if test.rows is not None else []
    said += [f"{number(test.count)} times"] if test.count > 1 else []
    return f' <span style="{_MUTED}">{" · ".join(said)}</span>' if said else ""


def _fold(word: str, names: Sequence[str], items: str) -> str:
    first = " · ".join(names[:3]) + (f" · {len(names) - 3} more" if len(names) > 3 else "")
    return (
        f'<details><summary style="cursor:pointer;{_MUTED}">{word}&ensp;<span>{first}</span></summary>'
        f'<ul style="margin:2px 0 4px;padding-left:28px">{items}</ul></details>'
    )
