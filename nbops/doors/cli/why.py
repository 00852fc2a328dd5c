"""``nbops why``."""

from __future__ import annotations

import click

from nbops.doors.cli.invocation import Invocation, verb

__all__ = ["why"]


@verb("why")
@click.argument("ref", default="last")
def why(invocation: Invocation, ref: str) -> None:
    """Say why a step ran, was kept, skipped or refused, and what changed of all that it depends on.

    REF is NB, NB@RUN, NB@RUN::STEP or a run's id, as everywhere. With -v also everything that a step depends on.
    """
    from nbops.engine.causes.why import explain
    from nbops.views.why_text import why_view

    with invocation.find(ref) as (hub, found):
        told = explain(hub, found)
    if invocation.as_json:
        invocation.print_json(told)
    else:
        invocation.screen().print(why_view(told, whole=invocation.is_verbose))
