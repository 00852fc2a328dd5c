"""``nbops restore``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from nbops.doors.cli.invocation import Invocation, verb

__all__ = ["restore"]


@verb("restore")
@click.argument("ref", required=False, default="")
@click.option(
    "-o", "--out", "out", metavar="FILE", help="Where to write the notebook; beside the run's own by default."
)
def restore(invocation: Invocation, *, ref: str, out: str | None) -> None:
    """Write a notebook in which a step stands as it failed: its variables, its code, the failing rows.

    REF is RUN or RUN::STEP; without a step the first one that failed, without a run the last run that ended badly.
    """
    from nbops.engine.causes.restore import restored
    from nbops.engine.production.resume import ref_of

    run, _, step = ref.partition("::")
    with invocation.find(f"{ref_of(run)}{f'::{step}' if step else ''}") as (hub, found):
        restoration = restored(hub, found.state, found.step)
    path = restoration.write(Path(os.path.abspath(out)) if out else None)
    if invocation.as_json:
        names, missing = list(restoration.names), restoration.missing
        told = {"run": restoration.state.run, "step": restoration.step, "notebook": path}
        invocation.print_json({**told, "restored": names, "missing": missing})
        return
    for text in restoration.told(restoration.missing):
        invocation.say(text)
    click.echo(os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path))
