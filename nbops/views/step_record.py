"""The record of a step in its cell's output: one line when all is well, and it grows only by what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from nbops.frames.tables import shortened
from nbops.pipeline.row_flows import flows
from nbops.records import STEP_MIME, CheckResult, Examples, StepFinished, to_json
from nbops.views.glyphs import TEXT
from nbops.views.row_words import excluded_line, flow_pieces, label_of, notes_of, rows_lines
from nbops.views.step_html import step_html
from nbops.views.step_words import MOST_TESTS, facts, failure_to_show, is_numeric, notes, warning_line, wrong_first
from nbops.views.words import duration, line, observed, rows_judged

__all__ = ["examples_text", "failing_rows", "record_json", "step_record", "step_text", "test_text"]


def step_record(record: StepFinished, usual: float | None = None) -> dict[str, Any]:
    """Return what a step leaves in its cell's output, by MIME type: the record itself, HTML and text.

    Args:
        record: The cell's record.
        usual: What the step usually takes, in seconds; None when unknown.
    """
    return {
        STEP_MIME: record_json(record),
        "text/html": step_html(record, usual),
        "text/plain": step_text(record, usual),
    }


def record_json(record: StepFinished) -> dict[str, Any]:
    """Return the record as JSON, and where its rows went in the words of every other view, under ``ways``."""
    found = flows([record])
    ways = [
        {
            "label": label_of(flow, found),
            "pieces": [list(piece) for piece in flow_pieces(flow)],
            "notes": notes_of(flow),
        }
        for flow in found
    ]
    return {**to_json(record), **({"ways": ways} if ways else {})}


def step_text(record: StepFinished, usual: float | None = None) -> str:
    """Return the record as text without colours: a line, and below it what is wrong."""
    took = duration(record.seconds) + (f" (usual {duration(usual)})" if usual is not None else "")
    title = f"{'tests of ' if record.cell_kind == 'test' else ''}{line(record.step)}"
    lines = ["   ".join([f"{TEXT[record.status]} {record.status}  {title}", *facts(record), took])]
    wrong = wrong_first(record.tests)
    lines += _wrong_lines(wrong[:MOST_TESTS])
    if len(wrong) > MOST_TESTS:
        lines.append(f"  {len(wrong) - MOST_TESTS} more tests are not passed")
    failure = failure_to_show(record)
    if failure:
        where = f" (line {failure.line} of the cell)" if failure.line else ""
        lines.append(f"  {line(failure.type)}: {line(failure.message)}{where}")
        if failure.fix:
            lines.append(f"  fix: {line(failure.fix)}")
    lines += [f"  {said}" for said in [*rows_lines([record]), *excluded_line(record)]]
    lines += [f"  {warning_line(w)}" for w in record.warnings[:5]]
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
    lines += [f"  {row}" for row in failing_rows(test, limit=len(test.examples.rows), width=116)]
    return "\n".join(lines)


def failing_rows(test: CheckResult, limit: int = 3, width: int = 74) -> list[str]:
    """Return the first failing rows as lines of text, at most *width* wide; empty when none are kept."""
    return examples_text(test.examples, limit, width, about=f"{test.source} {test.name}")


def examples_text(examples: Examples, limit: int, width: int, about: str = "") -> list[str]:
    """Return rows as lines of text, the names of columns first.

    Args:
        examples: They.
        limit: How many at most.
        width: How wide a line is at most; columns that do not fit are left out.
        about: Code or words; the columns that it names come first where not all of them fit.
    """
    if not examples.rows:
        return []
    rows = [["null" if c is None else line(c, 24) for c in row] for row in examples.rows[:limit]]
    grid = [["", *(line(c, 24) for c in examples.columns)]]
    grid += [[line(label, 16), *row] for label, row in zip(examples.labels, rows, strict=False)]
    columns = [list(column) for column in zip(*grid, strict=False)]
    if sum(max(map(len, cells)) + 2 for cells in columns) - 2 > width:  # what the test is about is never cut off
        columns[1:] = sorted(columns[1:], key=lambda cells: not _is_about(about, cells[0]))
    lines = [""] * len(grid)
    for i, cells in enumerate(columns):
        wide = max(map(len, cells))
        right = i > 0 and is_numeric(cells[1:])
        if len(lines[0]) + wide + 2 > width:
            return [f"{text}  …".rstrip() for text in lines]
        aligned = [cell.rjust(wide) if right else cell.ljust(wide) for cell in cells]
        lines = [f"{text}{'  ' if i else ''}{cell}" for text, cell in zip(lines, aligned, strict=True)]
    return [text.rstrip() for text in lines]


def _is_about(text: str, column: str) -> bool:
    """Return whether *text*, code or words, names *column*."""
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", text) is not None


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
        yield from (f"      {row}" for row in failing_rows(test))
