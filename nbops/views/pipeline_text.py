"""A notebook in the terminal: its graph, what each step needs and makes and why, its tests. Nothing was run for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from nbops.pipeline.step import Edge, Parameter, Pipeline, Step
from nbops.views.rails import Rail, rails
from nbops.views.words import cell_number, command, count, duration, line

__all__ = ["pipeline_view"]

_MOST_TESTS = 6


def pipeline_view(pipeline: Pipeline, stale: Mapping[str, str] | None = None) -> RenderableType:
    """Return a notebook's parameters, steps and problems for a terminal of any width.

    Args:
        pipeline: The notebook.
        stale: By the name of a step whose code or inputs changed since it ran, why it is stale.
    """
    parts: list[RenderableType] = [_title(pipeline), Text()]
    if pipeline.parameters:
        parts += [_parameters(pipeline.parameters), Text()]
    if not pipeline.steps:
        return Group(*parts, *_no_steps(pipeline))
    into = _edges_into(pipeline)
    every, marks = rails(pipeline), stale or {}
    lines = [
        text
        for step in pipeline.steps
        for text in _step(step, into[step.name], every[step.name], marks.get(step.name, ""))
    ]
    parts += lines
    parts += _odd(pipeline)
    return Group(*parts)


def _title(pipeline: Pipeline) -> Text:
    tests = sum(len(step.tests) for step in pipeline.steps)
    said = [count(len(pipeline.steps), "step"), count(tests, "test")]
    if pipeline.parameters:
        said.append(count(len(pipeline.parameters), "parameter"))
    return Text.assemble((line(pipeline.name), "bold"), (f"  {' · '.join(said)}", "dim"))


def _parameters(parameters: tuple[Parameter, ...]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(style="dim")
    for i, parameter in enumerate(parameters):
        typed = f": {line(parameter.annotation, 60)}" if parameter.annotation else ""
        default = " (must be given)" if not parameter.default else f" = {line(parameter.default, 60)}"
        secret = " (secret)" if parameter.is_secret else ""
        given = f"{line(parameter.name)}{typed}{'' if parameter.is_secret and parameter.default else default}{secret}"
        table.add_row("parameters" if i == 0 else "", given, line(parameter.doc))
    return table


def _edges_into(pipeline: Pipeline) -> dict[str, list[Edge]]:
    into: dict[str, list[Edge]] = {step.name: [] for step in pipeline.steps}
    for edge in pipeline.edges:
        if edge.source and edge.target in into:
            into[edge.target].append(edge)
    return into


def _step(step: Step, edges: list[Edge], rail: Rail, stale: str) -> Iterator[RenderableType]:
    yield Text.assemble((f"{rail.node} ", "blue"), (line(step.name), "bold"), (f"  {' · '.join(_facts(step))}", "dim"))
    if stale:
        yield _below(rail, "stale", line(stale, 160))
    for edge in edges:
        names = ", ".join(line(name, 60) for name in edge.names)
        why = f"  ({line(edge.reason)})" if edge.reason else ""
        yield _below(rail, "needs", f"{line(edge.source)}{': ' if names else ''}{names}", why)
    if step.outputs:
        yield _below(rail, "makes", ", ".join(line(name, 60) for name in step.outputs))
    if step.tests:
        shown = " · ".join(line(test, 60) for test in step.tests[:_MOST_TESTS])
        more = f" · {len(step.tests) - _MOST_TESTS} more" if len(step.tests) > _MOST_TESTS else ""
        yield _below(rail, "tests", shown, more)
    yield Text(rail.below, style="blue")


def _below(rail: Rail, label: str, text: str, muted: str = "") -> RenderableType:
    return _Hanging(Text(f"{rail.below}   ", "blue"), f"{label}  ", Text.assemble(text, (muted, "dim")))


class _Hanging:
    """Text that wraps beside its label and its rail, so that the rail is never broken."""

    def __init__(self, rail: Text, label: str, body: Text) -> None:
        self.rail, self.label, self.body = rail, label, body

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.max_width - len(self.rail) - len(self.label), 16)
        for i, piece in enumerate(self.body.wrap(console, room)):
            yield self.rail + Text(self.label if i == 0 else " " * len(self.label), style="dim") + piece


def _facts(step: Step) -> Iterator[str]:
    cells = sorted({*step.cells, *step.test_cells})
    if cells:
        yield cell_number(cells[0]) if len(cells) == 1 else f"cells {', '.join(str(i + 1) for i in cells)}"
    options = step.options
    if options.retries:
        yield count(options.retries, "retry", "retries")
    if options.timeout_seconds is not None:
        yield f"at most {duration(options.timeout_seconds)}"
    if options.when:
        yield f"when {line(options.when, 60)}"
    if options.on_fail == "warn":
        yield "failures only warn"
    if options.after:
        yield f"after {', '.join(line(name) for name in options.after)}"
    if options.owner:
        yield line(options.owner)
    if options.doc:
        yield line(options.doc)


def _odd(pipeline: Pipeline) -> Iterator[Text]:
    if pipeline.plain_cells:
        cells = ", ".join(str(index + 1) for index in pipeline.plain_cells[:20])
        yield Text(f"plain cells, run but not part of a step: {cells}", style="dim")
    for problem in pipeline.problems:
        yield Text.assemble(("! ", "yellow"), line(problem))


def _no_steps(pipeline: Pipeline) -> Iterator[Text]:
    plain = len(pipeline.plain_cells) + len(pipeline.setup_cells)
    yield Text(f"No steps in {line(pipeline.name)}", style="bold")
    yield Text(f"It has {count(plain, 'plain cell')}. They run as they are; steps add tests, row counts and a record.")
    typed = command("adopt", pipeline.path or pipeline.name)
    yield Text.assemble(("propose steps: ", "dim"), (typed, "blue"), (" (reads the code, runs nothing)", "dim"))
    yield from _odd(pipeline)
