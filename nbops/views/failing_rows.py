"""The first failing rows of a run that failed, in the terminal: they are what one looks at first."""

from __future__ import annotations

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from nbops.pipeline.run import RunState
from nbops.records import CheckResult
from nbops.views.glyphs import COLOURS, TEXT
from nbops.views.step_record import failing_rows
from nbops.views.step_words import wrong_first
from nbops.views.words import command, count, line, rows_judged, short_id

__all__ = ["rows_that_failed"]

_MOST_TESTS = 10


def rows_that_failed(state: RunState) -> list[RenderableType]:
    """Return the first failing rows of each failed test of rows, and an empty line; nothing where no rows are kept."""
    failed = [
        (step.name, test)
        for step in state.steps
        for test in wrong_first(step.tests)
        if test.status.is_bad and test.examples.rows
    ]
    views: list[RenderableType] = [_FailingRows(step, test) for step, test in failed[:_MOST_TESTS]]
    if len(failed) > _MOST_TESTS:
        typed = command("show", f"{short_id(state.run)}::{line(failed[_MOST_TESTS][0])}")
        more = f"  and {count(len(failed) - _MOST_TESTS, 'more test')} of rows: "
        views.append(Text.assemble((more, "dim"), (typed, "blue")))
    return [*views, Text()] if views else []


class _FailingRows:
    """The first failing rows of one test, as many columns of them as fit."""

    def __init__(self, step: str, test: CheckResult) -> None:
        self.step, self.test = step, test

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        status = self.test.status
        yield Text.assemble(
            (f"{TEXT[status]} ", COLOURS[status]),
            f"{line(self.step, 40)}: {line(self.test.name, 80)}",
            (f"  {rows_judged(self.test)} rows" if rows_judged(self.test) else "", "dim"),
        )
        for row in failing_rows(self.test, width=options.max_width - 8):
            yield Text(f"    {row}", style="dim", no_wrap=True, overflow="ellipsis")
