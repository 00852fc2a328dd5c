"""``nbops sources``: what should arrive when, whether it did, and how reliable those are that deliver it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbops.doors.cli.invocation import Invocation, global_options, invocation, verb

if TYPE_CHECKING:
    from nbops.sources.judging import Judgement

__all__ = ["sources"]


@click.group("sources", invoke_without_command=True, params=global_options())
@click.option("--open", "opens", is_flag=True, help="Show the list as a page.")
@click.option("-o", "--out", metavar="FILE", default="", help="Write the list as an HTML page.")
@click.pass_context
def sources(context: click.Context, opens: bool, out: str) -> int:
    """List the sources: what the last look found, when the next delivery is expected, how reliable they are.

    With a verb, take care of them. The list looks at nothing: `nbops sources check` does.
    """
    if context.invoked_subcommand is None:
        _list(invocation(context), opens, out)
    return 0


def _list(here: Invocation, opens: bool, out: str) -> None:
    from nbops.doors.arrivals import listed
    from nbops.views.sources_text import sources_view

    found = listed(here.project, here.settings.hub)
    if opens or out:
        _write_page(here, found, Path(out or here.project.folder / "sources.html"), opens)
    if here.as_json:
        here.print_json(found)
    elif not out:
        here.screen().print(sources_view(found, hub=here.hub_shown, env=here.settings.env))


def _write_page(here: Invocation, found: Any, path: Path, opens: bool) -> None:
    from nbops.engine.plans.saving import atomic_write
    from nbops.views.sources_html import sources_page

    here.project.make_folder()
    atomic_write(Path(os.path.realpath(path)), sources_page(found).encode())
    here.say(f"written to {os.path.relpath(path)}")
    if opens:
        click.launch(path.resolve().as_uri())


@verb("add")
@click.argument("name")
@click.argument("url")
@click.option("--query", metavar="SQL", default="", help="What to ask a database.")
@click.option("--cron", metavar="CRON", default="", help="When it is expected: '0 6 * * 1-5'.")
@click.option(
    "--margin", metavar="TIME", default="15m", show_default=True, help="How much later than --cron is on time."
)
@click.option(
    "--by", metavar="DEADLINE", default="", help="Until when it is expected: '06:30 Europe/Berlin on weekdays'."
)
@click.option("--tz", metavar="ZONE", default="", help="The time zone of --cron and --by; the system's by default.")
@click.option("--part", "parts", multiple=True, metavar="PART", help="A part that {part} in URL stands for; repeat it.")
@click.option("--holiday", "holidays", multiple=True, metavar="DAY", help="A day on which nothing comes; repeat it.")
@click.option("--provider", metavar="NAME", default="", help="Who delivers it.")
@click.option("--owner", metavar="NAME", default="", help="Who answers for it.")
@click.option("--kind", metavar="KIND", default="", help="The kind of source, where the URL does not tell.")
@click.option("-n", "--dry-run", "is_dry", is_flag=True, help="Only look, and say what was found.")
def add(here: Invocation, *, name: str, url: str, is_dry: bool, **options: Any) -> int:
    """Add the source NAME, which is at URL, and look at it once.

    URL is a path (/feeds/flights_{day:%Y-%m-%d}.csv, with *, ? and {part}), a URL of fsspec (s3://…), of a web server
    (https://…), of a database (postgresql://… with --query), or dataset:NB/DATASET of another pipeline. Without --cron
    and --by it is learned when it is expected. A password is named, never written: https://me:${FEED_PASSWORD}@host/.
    """
    from nbops.sources.definitions import add as write
    from nbops.sources.definitions import check_definition
    from nbops.sources.model import Definition

    definition = check_definition(Definition(name, url, **options))
    if not is_dry:
        file = write(here.project.root, definition)
        here.say(f"added to {os.path.relpath(file)} [tool.nbops.sources.{name}]")
        definition = dataclasses.replace(definition, declared_in=str(file))
    _tell(here, _watcher(here).check([definition]))
    return 0


@verb("check")
@click.argument("name", required=False, default="")
def check(here: Invocation, *, name: str) -> int:
    """Look at the source NAME, or at all, and judge what is there.

    Exit code 0: fine, or not due yet. 1: late, missing, repeated, incomplete, out of order or changed. 2: it could not
    be looked at, or nobody knows when it is due.
    """
    from nbops.sources.definitions import find_definition, project_definitions

    known = project_definitions(here.project.root)
    chosen = [find_definition(known, name)] if name else list(known.values())
    if not chosen:
        here.say("no source is defined here; add one: nbops sources add NAME URL")
        if here.as_json:
            here.print_json([])
        return 5
    found = _watcher(here).check(chosen)
    _tell(here, found)
    codes = {one.exit_code for one in found}
    return 1 if 1 in codes else max(codes)


@verb("show")
@click.argument("name")
def show(here: Invocation, *, name: str) -> int:
    """Show what is known of the source NAME: its definition, its last deliveries, and how reliable it is."""
    from nbops.doors.arrivals import one_source
    from nbops.views.sources_text import source_view

    found = one_source(here.project, here.settings.hub, name)
    if here.as_json:
        here.print_json(found)
    else:
        here.screen().print(source_view(found))
    return 0


@verb("remove")
@click.argument("name")
@click.option("--yes", "is_sure", is_flag=True, help="Do it; without, only say what would be removed.")
def remove(here: Invocation, *, name: str, is_sure: bool) -> int:
    """Remove the definition of the source NAME; what was seen of it stays known."""
    from nbops.sources.definitions import find_definition, project_definitions
    from nbops.sources.definitions import remove as take_out

    definition = find_definition(project_definitions(here.project.root), name)
    if not is_sure:
        where = os.path.relpath(definition.declared_in)
        here.say(f"would remove {name} from {where}; do it: nbops sources remove {name} --yes")
        return 0
    file = take_out(here.project.root, name)
    here.say(f"removed from {os.path.relpath(file)}")
    return 0


def _watcher(here: Invocation) -> Any:
    from nbops.sources.watching import Watcher

    return Watcher(here.project, here.settings.hub, here.settings.env)


def _tell(here: Invocation, found: list[Judgement]) -> None:
    if here.as_json:
        here.print_json(
            [{**dataclasses.asdict(one), "is_here": one.is_here, "exit_code": one.exit_code} for one in found]
        )
        return
    from nbops.views.sources_text import judgements_view

    here.screen().print(judgements_view(found))


for _verb in (add, check, show, remove):
    sources.add_command(_verb)
