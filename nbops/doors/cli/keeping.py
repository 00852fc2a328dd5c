"""``nbops hub``: taking executed notebooks in, making the hub anew, copying it, forgetting old runs, its key."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from nbops.doors.cli.invocation import Invocation, global_options, invocation, verb
from nbops.doors.cli.opening import open_page
from nbops.errors import UsageError
from nbops.settings import bytes_of, duration
from nbops.store.artifacts import Artifacts
from nbops.store.discarding import YOUNG_SECONDS, Discarded, discard, sharing
from nbops.store.hubkey import hub_key, key_text, set_key
from nbops.views.words import count, short_id, size

__all__ = ["hub"]


@click.group("hub", invoke_without_command=True, params=global_options())
@click.pass_context
def hub(context: click.Context) -> int:
    """Take care of the hub: the file that every list and report is read from.

    Alone it says where the hub is and what it knows.
    """
    if context.invoked_subcommand is None:
        _describe(invocation(context))
    return 0


def _describe(here: Invocation) -> None:
    with here.hub() as found:
        batches, sessions = found.count_runs()
        facts = {"hub": found.where, "revision": found.version, "runs": batches, "sessions": sessions,
                 "journals": here.project.journals, "env": here.settings.env}  # fmt: skip
    artifacts = _artifacts(here)
    kept = sharing(artifacts)
    if here.as_json:
        numbers = {"values": kept.values, "runs": kept.runs, "bytes": kept.size, "bytes_saved": kept.saved}
        here.print_json({**facts, "artifacts": {"place": artifacts.place.where, **numbers}})
        return
    told = f"{artifacts.place.where}: {count(kept.values, 'value')} of {count(kept.runs, 'run')}, {size(kept.size)}"
    told += f"; {size(kept.saved)} saved, because equal values are kept once" if kept.saved else ""
    for name, value in {**facts, "artifacts": told, "writing": artifacts.place.atomicity}.items():
        click.echo(f"{name:<9} {value}")


def _artifacts(here: Invocation) -> Artifacts:
    return Artifacts(here.project, here.settings.artifact_store)


@verb("key")
@click.option("--import", "file", type=click.File("rb"), metavar="FILE",
              help="Take over the key that another hub printed into FILE; - reads it from standard input.")  # fmt: skip
@click.option("--yes", "is_sure", is_flag=True, help="With --import: give up another key that is here.")
def key(here: Invocation, *, file: BinaryIO | None, is_sure: bool) -> None:
    """Print the key that pickles are signed with, or take over another hub's with --import.

    A machine that has the key reads what the other kept; without it those steps run again. Whoever has the key can
    write what is run here, so it is handed on like a password.
    """
    place = here.project.folder / "key"
    if file is None:
        text = key_text(hub_key(here.project))
        if here.as_json:
            here.print_json({"key": text})
        else:
            click.echo(text)
        return
    is_new = set_key(here.project, file.read(10_000).decode(errors="replace"), replace=is_sure)
    if here.as_json:
        here.print_json({"place": place, "is_new": is_new})
    else:
        click.echo(f"{place} is that key now" if is_new else f"{place} was that key already")


@verb("ingest")
@click.argument("notebooks", nargs=-1, metavar="[NOTEBOOK]…")
def take_in(here: Invocation, notebooks: tuple[str, ...]) -> None:
    """Take in what is new in the journals, and runs that executed NOTEBOOKs from elsewhere hold records of."""
    from nbops.store.hub import open_hub
    from nbops.store.ingest import ingest
    from nbops.store.rebuild import ingest_notebook

    with open_hub(here.project, here.settings.hub) as found:
        done = [ingest_notebook(found, here.project, Path(path)) for path in notebooks] or [ingest(found, here.project)]
        where = found.where
    records, problems = sum(d.records for d in done), [p for d in done for p in d.problems]
    if here.as_json:
        here.print_json({"hub": where, "records": records, "problems": problems})
        return
    click.echo(f"{count(records, 'record')} taken into {where}")
    for problem in problems:
        click.echo(f"note: {problem}", err=True)


@verb("rebuild")
def rebuild(here: Invocation) -> None:
    """Make the hub anew from all journals, those put away too, and from executed notebooks.

    Nothing is lost by it: the journals are the truth. A hub that is broken is set aside first.
    """
    from nbops.store.rebuild import open_or_set_aside
    from nbops.store.rebuild import rebuild as make_anew

    found, aside = open_or_set_aside(here.project, here.settings.hub)
    with found:
        done = make_anew(found, here.project)
        where = found.where
    if here.as_json:
        here.print_json({"hub": where, "set_aside": aside, "records": done.records, "problems": done.problems})
        return
    if aside:
        click.echo(f"the hub was broken; it is kept as {aside}")
    click.echo(f"{where} was made anew from {count(done.records, 'record')} in {count(done.journals, 'journal')}")
    for problem in done.problems:
        click.echo(f"note: {problem}", err=True)


@verb("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def copy(here: Invocation, *, source: str, target: str) -> None:
    """Copy all that one hub knows into another, as from a SQLite file into PostgreSQL. What is there already stays.

    FROM and TO are addresses as --hub takes them. A copy that was interrupted goes on when it is started again.
    """
    from nbops.store.address import hub_url, shown
    from nbops.store.hub import open_hub
    from nbops.store.moving import copy_hub

    address = hub_url(here.project, source)
    if shown(address) == shown(hub_url(here.project, target)):
        raise UsageError("a hub is not copied into itself", where="nbops hub copy", fix="name another hub as TO")
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        raise UsageError(f"there is no hub {shown(address)}", where="FROM", fix="nbops hub   # says where the hub is")
    with open_hub(here.project, source) as old, open_hub(here.project, target) as new:
        done = copy_hub(old, new, lambda looked, of: _tell_progress(here, looked, of))
        facts = {"from": old.where, "to": new.where, "records": done.entries, "added": done.added, "runs": done.runs}
    if here.as_json:
        here.print_json(facts)
        return
    known = f", {done.entries - done.added:,} of which it knew" if done.added < done.entries else ""
    click.echo(f"{facts['to']} holds all {count(done.entries, 'record')} of {count(done.runs, 'run')}{known}")
    here.say(f"to use it from now on: NBOPS_HUB={facts['to']}")


def _tell_progress(here: Invocation, looked: int, of: int) -> None:
    if not here.is_quiet and looked < of:
        click.echo(f"{looked:,} of {count(of, 'record')}", err=True)


@verb("prune")
@click.option("--older-than", metavar="TIME", default="90d", show_default=True, help="Only what began longer ago.")
@click.option("--keep", metavar="N", type=click.IntRange(min=0), default=1, show_default=True,
              help="How many runs of each notebook and environment stay, however old.")  # fmt: skip
@click.option("--artifacts", "of_artifacts", is_flag=True, help="Only what steps left; the runs' records stay.")
@click.option("--max-size", metavar="SIZE", help="With --artifacts: how much may stay, as 10GB; the oldest go first.")
@click.option("--yes", "is_sure", is_flag=True, help="Forget them; without it they are only listed.")
def prune(
    here: Invocation, *, older_than: str, keep: int, of_artifacts: bool, max_size: str | None, is_sure: bool
) -> None:
    """Forget old runs for ever, with their executed notebooks and reports. Lists them; --yes forgets them.

    How many ran on each day, of which notebook and with which end, stays known.
    """
    from nbops.views.terminal import runs_table

    if of_artifacts:
        _prune_artifacts(here, older_than, keep, max_size, is_sure)
        return
    if max_size is not None:
        raise UsageError("--max-size is for artifacts", where="nbops hub prune", fix="nbops hub prune --artifacts …")
    with here.hub() as found:
        pruned = found.prune(duration(older_than), keep, dry=not is_sure)
        where = found.where
    if here.as_json:
        facts = {"hub": where, "is_done": is_sure, "runs": pruned.runs, "folders": pruned.folders}
        here.print_json({**facts, "journals": pruned.journals})
        return
    if not pruned.runs:
        read = f"hub {here.hub_shown}, environment all"
        click.echo(f"no run is older than {older_than} beside the {keep} to keep ({read})")
        return
    here.screen().print(runs_table(pruned.runs, hub=where))
    size = f"{count(len(pruned.runs), 'run')} and {count(len(pruned.folders), 'folder')}"
    if is_sure:
        click.echo(f"{size} forgotten")
    else:
        again = f"nbops hub prune --older-than {older_than} --keep {keep} --yes"
        click.echo(f"{size} would be forgotten; to forget them: {again}")


def _prune_artifacts(here: Invocation, older_than: str, keep: int, max_size: str | None, is_sure: bool) -> None:
    artifacts = _artifacts(here)
    most = None if max_size is None else bytes_of(max_size)
    found = discard(artifacts, duration(older_than), keep, most, dry=not is_sure)
    facts = {"artifacts": artifacts.place.where, "is_done": is_sure, "runs": found.runs}
    if here.as_json:
        files = [file.name for file in found.files]
        sizes = {"bytes": found.size, "bytes_left": found.left, "bytes_young": found.young}
        here.print_json({**facts, "files": files, **sizes})
        return
    for step in found.steps:
        own = sum({kept.digest: kept.size for kept in step.values}.values())
        click.echo(f"{short_id(step.run)}  {step.record.get('step', step.key[:8])}  {size(own)}")
    said = f"{count(len(found.files), 'value')} of {count(len(found.runs), 'run')}, {size(found.size)}"
    if is_sure:
        click.echo(f"{said} discarded; {_what_stays(found, artifacts)}")
    elif not found.steps and not found.files:
        click.echo(f"nothing to discard; {_what_stays(found, artifacts)}")
    else:
        limit = f" --max-size {max_size}" if max_size else ""
        again = f"nbops hub prune --artifacts --older-than {older_than} --keep {keep}{limit} --yes"
        click.echo(f"{said} would be discarded; {_what_stays(found, artifacts)}; to discard them: {again}")


def _what_stays(found: Discarded, artifacts: Artifacts) -> str:
    """Return how much stays, and how much of that only because a run may be keeping it right now."""
    young = (
        f" ({size(found.young)} of it is of no run, but younger than {YOUNG_SECONDS / 60:g} minutes: prune again then)"
    )
    return f"{size(found.left)} stay in {artifacts.place.where}{young if found.young else ''}"


hub.add_command(open_page)
hub.add_command(key)
hub.add_command(take_in)
hub.add_command(rebuild)
hub.add_command(copy)
hub.add_command(prune)
