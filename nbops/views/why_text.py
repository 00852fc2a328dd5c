"""Why a step ran, was kept or was skipped, in the terminal: what changed first, then what it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from nbops.pipeline.step import Edge
from nbops.records import Status
from nbops.views.glyphs import COLOURS, TEXT
from nbops.views.words import line, short_id

__all__ = ["why_view"]

_LABEL = 10


class Cause(Protocol):
    """One thing that changed."""

    @property
    def told(self) -> str:
        """What changed."""

    @property
    def diff(self) -> Sequence[str]:
        """The lines of code that differ."""

    @property
    def because(self) -> Sequence[str]:
        """Why, in the steps before."""


class StepToTell(Protocol):
    """One step and why it is as it is."""

    @property
    def step(self) -> str:
        """Its name."""

    @property
    def status(self) -> Status:
        """What became of it."""

    @property
    def told(self) -> str:
        """What happened."""

    @property
    def compared(self) -> str:
        """The run that it is compared with."""

    @property
    def changes(self) -> Sequence[Cause]:
        """What changed."""

    @property
    def reuse(self) -> str:
        """Whether its result may be taken."""

    @property
    def depends(self) -> Mapping[str, str]:
        """What it depends on."""

    @property
    def attempts(self) -> Sequence[str]:
        """The attempts before the last."""

    @property
    def edges(self) -> Sequence[Edge]:
        """The steps that it needs."""


class RunToTell(Protocol):
    """A run and why it is as it is."""

    @property
    def run(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its notebook."""

    @property
    def status(self) -> Status:
        """What became of it."""

    @property
    def reason(self) -> str:
        """Why, where something is wrong."""

    @property
    def steps(self) -> Sequence[StepToTell]:
        """Its steps."""


def why_view(why: RunToTell, *, whole: bool = False) -> RenderableType:
    """Return why a run's steps are as they are; *whole* with everything that they depend on."""
    head = Text.assemble((f"{line(why.name)}@{short_id(why.run)}", "bold"), "  ", (why.status, COLOURS[why.status]))
    if why.reason:
        head.append(f"  {line(why.reason)}", "dim")
    parts: list[RenderableType] = [head]
    if not why.steps:
        parts.append(Text("It has no steps, so there is nothing to explain: plain cells run whenever they are run."))
    for step in why.steps:
        parts += [Text(), *_step(step, whole=whole)]
    return Group(*parts)


def _step(step: StepToTell, *, whole: bool) -> Iterator[RenderableType]:
    glyph, colour = TEXT[step.status], COLOURS[step.status]
    yield Text.assemble((f"{glyph} ", colour), (line(step.step), "bold"), "  ", line(step.told))
    for attempt in step.attempts:
        yield _row("before", line(attempt))
    if step.compared:
        since = f"since @{short_id(step.compared)}"
        if not step.changes:
            yield _row("changed", f"nothing {since}")
        for index, cause in enumerate(step.changes):
            yield _row("changed" if index == 0 else "", f"{line(cause.told)}{f'  ({since})' if index == 0 else ''}")
            yield from (_row("", f"↳ {line(text)}", "dim") for text in cause.because)
            yield from (_row("", _code(text), _diff_colour(text)) for text in cause.diff)
    for index, edge in enumerate(step.edges):
        names = f": {', '.join(edge.names)}" if edge.names else ""
        because = f"  ({line(edge.reason)})" if edge.reason else ""
        yield _row("needs" if index == 0 else "", f"{line(edge.source)}{names}{because}")
    if step.reuse:
        yield _row("reuse", line(step.reuse))
    if whole:
        for index, (name, part) in enumerate(sorted(step.depends.items())):
            yield _row("depends" if index == 0 else "", f"{line(name)}  {line(part)}", "dim")


def _row(label: str, text: str, style: str = "") -> RenderableType:
    return Padding(Text.assemble((f"{label:<{_LABEL}}", "dim"), (text, style)), (0, 0, 0, 2), expand=False)


def _code(text: str) -> str:
    """Return a line of code as it stands, without what a terminal would obey."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text.expandtabs(4))


def _diff_colour(text: str) -> str:
    return {"+": "green", "-": "red"}.get(text[:1], "dim")
