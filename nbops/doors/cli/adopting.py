"""``nbops adopt``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.release.adopt import Adoption

__all__ = ["adopt"]

_DIFF_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@verb("adopt")
@click.argument("notebook")
@click.option("--write", "writes", is_flag=True, help="Change the notebook; it is kept as it was in .nbops/adopted.")
def adopt(invocation: Invocation, notebook: str, writes: bool) -> None:
    """Propose steps, parameters and tests for a plain NOTEBOOK, as a diff. Reads its code and runs nothing.

    What the notebook does, and in which order, stays the same. Whatever writes to a file, a database or the net
    becomes a step of its own, so that tests can judge a table before it is written.
    """
    from nbops.release.adopt import propose, write

    adoption = propose(notebook)
    kept = write(adoption) if writes else None
    if invocation.as_json:
        invocation.print_json(_as_json(adoption, kept))
        return
    if not writes:
        _print_diff(invocation, adoption.diff)
    for line in _summary(adoption):
        click.echo(line)
    for remark in adoption.remarks:
        click.echo(f"note: {remark}")
    if kept:
        click.echo(f"written: {notebook}   as it was: {kept}")
        invocation.say(f"next: nbops run {notebook}")
    elif adoption.changes_something:
        invocation.say(f"nothing was changed; to change it: nbops adopt {notebook} --write")


def _print_diff(invocation: Invocation, diff: str) -> None:
    for line in diff.splitlines():
        is_head = line.startswith(("+++", "---"))
        colour = None if is_head or invocation.has_color is False else _DIFF_COLOURS.get(line[:1])
        click.secho(line, fg=colour, bold=is_head and invocation.has_color is not False)
    if diff:
        click.echo()


def _summary(adoption: Adoption) -> list[str]:
    if not adoption.steps:
        return [f"{adoption.path}: nothing to propose"]
    parts = [count(len(adoption.steps), "step"), count(len(adoption.parameters), "parameter")]
    parts.append(count(len(adoption.sinks), "sink") + " in steps of their own" if adoption.sinks else "no sinks")
    lines = [f"{Path(adoption.path).name}: {', '.join(parts)}"]
    width = max(len(step.name) for step in adoption.steps)
    for step in adoption.steps:
        lines.append(f"  {'→' if step.is_sink else '·'} {step.name:<{width}}  {step.why}")
    if adoption.parameters:
        lines.append(f"  parameters: {', '.join(adoption.parameters)}")
    return lines


def _as_json(adoption: Adoption, kept: Path | None) -> dict[str, object]:
    return {
        "notebook": adoption.path,
        "steps": adoption.steps,
        "parameters": adoption.parameters,
        "sinks": [step.name for step in adoption.sinks],
        "remarks": adoption.remarks,
        "diff": adoption.diff,
        "is_written": kept is not None,
        "kept": kept,
    }
