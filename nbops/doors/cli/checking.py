"""``nbops doctor``."""

from __future__ import annotations

import click

from nbops.doors.cli.invocation import Invocation, verb

__all__ = ["doctor"]

_SIGNS = {"ok": ("✓", "green"), "note": ("!", "yellow"), "lack": ("✗", "red")}


@verb("doctor")
def doctor(invocation: Invocation) -> int:
    """Say what of nbops works here, what is missing, and what to type for it. Changes nothing.

    Exit code 2 when something is missing without which nbops does not work.
    """
    from nbops.doors.doctor import Finding, examine

    found: list[Finding] = []
    for finding in examine(invocation.project, invocation.settings):
        found.append(finding)
        if not invocation.as_json and (finding.status != "ok" or not invocation.is_quiet):
            sign, colour = _SIGNS[finding.status]
            click.secho(sign, fg=None if invocation.has_color is False else colour, nl=False)
            click.echo(f" {finding.name:<14} {finding.seen}")
            if finding.fix:
                click.echo(f"  {'':<14} type: {finding.fix}")
    lacks = [finding.name for finding in found if finding.status == "lack"]
    if invocation.as_json:
        invocation.print_json({"is_well": not lacks, "findings": found})
    else:
        click.echo(f"missing: {', '.join(lacks)}" if lacks else "nothing is missing")
    return 2 if lacks else 0
