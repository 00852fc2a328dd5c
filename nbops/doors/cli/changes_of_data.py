"""``nbops changelog`` and ``nbops datasets``: which datasets there are, and how their structure changed."""

from __future__ import annotations

import os
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, global_options, invocation, verb
from nbops.settings import duration

if TYPE_CHECKING:
    from nbops.pipeline.structure.changelog import Changelog

__all__ = ["changelog", "datasets"]

_RUNS = 20


@verb("changelog")
@click.argument("dataset", metavar="DATASET")
@click.option("--since", metavar="TIME", help="Only what the last 24h, 7d, 90d changed.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=_RUNS, show_default=True,
              help="At most so many runs that changed it.")  # fmt: skip
@click.option("--all", "is_all", is_flag=True, help="All of them.")
@click.option("--md", "as_markdown", is_flag=True, help="As Markdown.")
@click.option("-o", "--out", metavar="FILE", help="Write it: an HTML page, or Markdown when FILE ends in .md.")
@click.option("--open", "opens", is_flag=True, help="Open that page; DATASET.changes.html when -o names none.")
def changelog(
    invocation: Invocation, *, dataset: str, since: str | None, limit: int, is_all: bool, as_markdown: bool,
    out: str | None, opens: bool,
) -> int:  # fmt: skip
    """Tell how the structure of DATASET changed, run by run: columns, types, nulls, units, values, granularity.

    DATASET is NB/DATASET, or its name alone where it is the only one; ::STEP where several steps leave it.
    """
    from nbops.doors.datasets import said_of_columns, since_then
    from nbops.store.describing import known_changelog

    env = str(invocation.given.get("env", ""))
    with invocation.hub() as hub:
        log = known_changelog(hub, dataset, env=env)
        said = said_of_columns(hub, dataset, env=env) if out or opens else {}
    log = since_then(log, time.time() - duration(since)) if since else log
    if out or opens:
        _write(log, Path(out or f"{log.dataset.rpartition('/')[2]}.changes.html"), said, opens, invocation)
    if invocation.as_json:
        invocation.print_json(log)
    elif as_markdown:
        from nbops.views.structure_markdown import changelog_markdown

        click.echo(changelog_markdown(log), nl=False)
    elif not out:
        from nbops.views.structure_terminal import changelog_view

        most = None if is_all else limit
        invocation.screen().print(changelog_view(log, is_verbose=invocation.is_verbose, limit=most))
    return 0


def _write(log: Changelog, path: Path, said: dict[str, str], opens: bool, invocation: Invocation) -> None:
    from nbops.engine.plans.saving import atomic_write
    from nbops.views.structure_html import changelog_page
    from nbops.views.structure_markdown import changelog_markdown

    path.parent.mkdir(parents=True, exist_ok=True)
    text = changelog_markdown(log) if path.suffix == ".md" else changelog_page(log, said)
    atomic_write(Path(os.path.realpath(path)), text.encode("utf-8", "backslashreplace"))
    invocation.say(f"written to {path}")
    if opens:
        webbrowser.open(path.resolve().as_uri())


@click.group("datasets", invoke_without_command=True, params=global_options())
@click.option("--nb", metavar="NB", default="", help="Only those of this notebook, or of names that end so.")
@click.option("--all", "is_all", is_flag=True, help="All of them, not only the first fifty.")
@click.pass_context
def datasets(context: click.Context, nb: str, is_all: bool) -> int:
    """List the datasets that steps left, the newest first; with a verb, take care of what is written of them."""
    if context.invoked_subcommand is None:
        _list(invocation(context), nb, is_all)
    return 0


_MOST = 50


def _list(here: Invocation, nb: str, is_all: bool) -> None:
    from nbops.store.datasets import datasets as every
    from nbops.views.structure_terminal import datasets_view

    env = str(here.given.get("env", ""))
    with here.hub() as hub:
        found = every(hub, env=env, nb=nb)
    if here.as_json:
        here.print_json(found)
        return
    shown = found if is_all else found[:_MOST]
    here.screen().print(datasets_view(shown, hub=here.hub_shown, env=env))
    if len(shown) < len(found):
        here.say(f"and {len(found) - len(shown):,} more: nbops datasets --all")


@verb("describe")
@click.argument("dataset", metavar="DATASET")
@click.option("--write", "writes", is_flag=True, help="Write it beside the rules; runs keep it up to date.")
def describe(here: Invocation, *, dataset: str, writes: bool) -> None:
    """Show the data dictionary of DATASET as it would stand: what runs know of it, and every word that people wrote."""
    from nbops.doors.datasets import dictionary_of
    from nbops.rules.proposing import difference

    env = str(here.given.get("env", ""))
    with here.hub() as hub:
        file, text = dictionary_of(hub, dataset, here.settings, env=env)
    changed = difference(file, text)
    if writes and changed:
        from nbops.engine.plans.saving import atomic_write

        file.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(Path(os.path.realpath(file)), text.encode())
    shown = os.path.relpath(file)
    if here.as_json:
        here.print_json({"file": file, "text": text, "is_new": bool(changed), "is_written": writes and bool(changed)})
        return
    click.echo(changed or f"{shown} says this already", nl=not changed)
    if changed:
        here.say(f"written to {shown}" if writes else f"nothing is written: --write writes {shown}")


datasets.add_command(describe)
