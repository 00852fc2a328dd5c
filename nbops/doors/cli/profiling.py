"""``nbops profile``: what a table in a file is like."""

from __future__ import annotations

import json
import os
import webbrowser
from pathlib import Path

import click

from nbops.doors.cli.invocation import Invocation, verb

__all__ = ["profile"]


@verb("profile")
@click.argument("table", type=click.Path(dir_okay=False), metavar="TABLE")
@click.option("-o", "--html", "html", metavar="FILE", help="Write it as an HTML page that loads nothing.")
@click.option("--open", "opens", is_flag=True, help="Open that page; TABLE.profile.html when -o names none.")
def profile(invocation: Invocation, table: str, html: str | None, opens: bool) -> int:
    """Say what TABLE, a CSV or Parquet file, is like, and what looks wrong in it. Changes nothing.

    With --json the profile itself, which adds up with others and holds no rows: `nbops suggest` reads it.
    """
    from nbops.frames.profile.coding import profile_to_json
    from nbops.frames.profile.table import profile as take
    from nbops.rules.hygiene import findings

    found = take(table)
    if html or opens:
        _write(found, Path(html or f"{table}.profile.html"), opens=opens, invocation=invocation)
    if invocation.as_json:
        click.echo(json.dumps(json.loads(profile_to_json(found)), indent=1, ensure_ascii=False))
        return 0
    from nbops.views.profile_terminal import profile_view

    invocation.screen().print(profile_view(found, findings(found), is_verbose=invocation.is_verbose))
    return 0


def _write(found: object, path: Path, *, opens: bool, invocation: Invocation) -> None:
    from nbops.engine.plans.saving import atomic_write
    from nbops.frames.profile.table import Profile
    from nbops.rules.hygiene import findings
    from nbops.views.profile_page import profile_page

    assert isinstance(found, Profile)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(Path(os.path.realpath(path)), profile_page(found, findings(found)).encode())
    invocation.say(f"written to {path}")
    if opens:
        webbrowser.open(path.resolve().as_uri())
