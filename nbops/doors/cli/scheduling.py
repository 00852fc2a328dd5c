"""``nbops schedule`` and ``nbops schedules``: notebooks that run by themselves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, global_options, invocation, plain, verb
from nbops.doors.cli.parameters import WithParameters, read_parameters
from nbops.errors import Refused, UsageError
from nbops.settings import duration

if TYPE_CHECKING:
    from nbops.doors.cli.progress import Progress
    from nbops.ops.schedules import Known
    from nbops.ops.slot_run import Order
    from nbops.pipeline.run import RunState
    from nbops.pipeline.schedule import ListedSchedule, Schedule
    from nbops.store.hub import Hub

__all__ = ["schedule", "schedules"]

_CATCH_UP = ("none", "last", "all")
_LAUNCHERS = ("cron", "systemd", "kubernetes", "airflow")


@verb("schedule", cls=WithParameters)
@click.argument("notebook")
@click.argument("cron", required=False, default="")
@click.option("--tz", metavar="ZONE", default="", help="The time zone of CRON; the system's by default.")
@click.option("--on", "on", multiple=True, metavar="DATASET", help="Run when this arrived. Repeat it.")
@click.option("-p", "--parameter", "pairs", multiple=True, metavar="NAME VALUE", help="A parameter. Repeat it.")
@click.option("-f", "--file", "file", metavar="FILE", help="Parameters from a YAML or JSON file; -p wins over it.")
@click.option("--catch-up", type=click.Choice(_CATCH_UP), default="last", show_default=True,
              help="Which of the runs that were missed run later.")  # fmt: skip
@click.option("--jitter", metavar="TIME", default="", help="Start within so much time after CRON: 90s, 10m.")
@click.option("--unreleased", is_flag=True, help="In prod: run code that was not promoted. Demands --reason.")
@click.option("--reason", metavar="TEXT", default="", help="Why.")
@click.option("--replace", is_flag=True, help="Take the place of this notebook's schedule.")
@click.option("-n", "--dry-run", "is_dry", is_flag=True, help="Only say what would be scheduled.")
def schedule(
    here: Invocation,
    *,
    notebook: str,
    cron: str,
    tz: str,
    on: tuple[str, ...],
    pairs: tuple[str, ...],
    file: str | None,
    catch_up: str,
    jitter: str,
    unreleased: bool,
    reason: str,
    replace: bool,
    is_dry: bool,
) -> int:
    """Run NOTEBOOK by itself when CRON says ("0 6 * * 1-5"), or when what it waits for arrived (--on).

    What runs is a snapshot of its code as it is now. `nbops serve` executes schedules; `nbops export` hands them to
    another scheduler.
    """
    from nbops.ops.schedules import Wish, make_schedule, planned_schedule
    from nbops.ops.slot_times import next_slot
    from nbops.store.leases import is_served
    from nbops.views.schedules_text import made_view

    seconds = duration(jitter) if jitter else 0.0
    wish = Wish(
        _notebook(notebook), cron, tz, on, read_parameters(pairs, file), catch_up, seconds,  # type: ignore[arg-type]
        unreleased, reason, replace,
    )  # fmt: skip
    _check_project(here, wish.path)
    with here.hub() as hub:
        make = planned_schedule if is_dry else make_schedule
        made = make(hub, wish, here.settings)
        served = is_served(hub, time.time())
    upcoming = next_slot(made, time.time())
    if here.as_json:
        here.print_json({**plain(made), "next_at": upcoming, "is_served": served})
    else:
        here.screen().print(made_view(made, upcoming, is_served=served))
    return 0


def _notebook(text: str) -> Path:
    """Return the file that *text* means; its suffix may be left out."""
    path = Path(os.path.abspath(text))
    if not path.suffix and not path.exists():
        return next((p for p in (path.with_suffix(".ipynb"), path.with_suffix(".py")) if p.exists()), path)
    return path


def _check_project(here: Invocation, path: Path) -> None:
    from nbops.store.project import find_project

    project = find_project(path)
    if path.exists() and project.root != here.project.root:
        raise UsageError("the notebook belongs to another project", where=str(project.root),
                         fix=f"nbops -C {project.root} schedule …")  # fmt: skip


@click.group("schedules", invoke_without_command=True, params=global_options())
@click.pass_context
def schedules(context: click.Context) -> int:
    """List the schedules: when each runs next, how it ran last, which code it runs, and what is missing.

    With a verb, take care of them.
    """
    if context.invoked_subcommand is None:
        _list(invocation(context))
    return 0


def _list(here: Invocation) -> None:
    from nbops.ops.schedules import listed_schedules
    from nbops.store.leases import is_served
    from nbops.views.schedules_text import schedules_view

    now = time.time()
    with here.hub() as hub:
        found = listed_schedules(hub, now)
        served = is_served(hub, now)
    if here.as_json:
        here.print_json({"is_served": served, "schedules": [_plain(one) for one in found]})
        return
    here.screen().print(schedules_view(found, hub=here.hub_shown, is_served=served))


def _plain(one: ListedSchedule) -> dict[str, object]:
    last = one.last
    ended = None if last is None else {"run": last.run, "status": str(last.status), "seconds": last.seconds}
    own = {"next_at": one.next_at, "last": ended, "last_slot": one.last_slot, "running": one.running}
    more = {"missing": one.missing, "late_seconds": one.late_seconds, "changed": one.changed, "trouble": one.trouble}
    return {"name": one.schedule.name, **plain(one.schedule), **own, **more}


@verb("pause")
@click.argument("names", metavar="NB…", nargs=-1, required=True)
@click.option("--reason", metavar="TEXT", default="", help="Why.")
def pause(here: Invocation, *, names: tuple[str, ...], reason: str) -> int:
    """Let schedules rest. A run that runs goes on."""
    from nbops.ops.schedules import pause as do

    return _each(here, names, "paused", lambda hub, one: do(hub, one, reason))


@verb("unpause")
@click.argument("names", metavar="NB…", nargs=-1, required=True)
def unpause(here: Invocation, *, names: tuple[str, ...]) -> int:
    """Let schedules go on. What passed meanwhile is not caught up."""
    from nbops.ops.schedules import unpause as do

    return _each(here, names, "goes on", do)


@verb("remove")
@click.argument("names", metavar="NB…", nargs=-1, required=True)
@click.option("--yes", "is_sure", is_flag=True, help="Do it; without, only say what would be removed.")
def remove(here: Invocation, *, names: tuple[str, ...], is_sure: bool) -> int:
    """End schedules. Their runs stay known."""
    from nbops.ops.schedules import remove as do

    return _each(here, names, "removed" if is_sure else "would be removed (--yes does it)",
                 do if is_sure else lambda hub, one: None)  # fmt: skip


def _each(here: Invocation, names: tuple[str, ...], said: str, do: Callable[[Hub, Schedule], None]) -> int:
    from nbops.ops.schedules import find_schedule

    with here.hub() as hub:
        found = [find_schedule(hub, name) for name in names]  # all of them, before anything is done
        for one in found:
            do(hub, one)
    if here.as_json:
        here.print_json([{"name": one.name, "done": said} for one in found])
        return 0
    for one in found:
        click.echo(f"{one.name}  {said}")
    return 0


@verb("run")
@click.argument("name", metavar="NB")
@click.option("--by", "by", type=click.Choice(_LAUNCHERS), default=None,
              help="It is another scheduler that runs it: for the slot that is due, unless that was run.")  # fmt: skip
def run_now(here: Invocation, *, name: str, by: str | None) -> int:
    """Run a schedule now: its snapshot, with its parameters, and never beside a run of the same schedule."""
    from nbops.doors.cli.running import finish
    from nbops.ops.schedules import find_schedule, known_of
    from nbops.ops.slot_run import LAUNCHER, Order
    from nbops.ops.slot_watch import set_free

    def order(told: Progress) -> Order:
        return Order(
            launcher=by or LAUNCHER, by_hand=by is None, hub_setting=str(here.given.get("hub", "")),
            on_record=told.record, on_note=told.note, on_history=told.learn,
        )  # fmt: skip

    with here.hub() as hub:
        one = find_schedule(hub, name)
        set_free(hub, known_of(hub, one), time.time())
        known = known_of(hub, one)
        at = _slot(one, known) if by else time.time()
        if at is None:
            here.say(f"{one.name}: the slot that is due was run already")
            return 0
        return finish(here, here.project.root / one.notebook, None, lambda told: _run(hub, one, at, order(told)))


def _slot(one: Schedule, known: Known) -> float | None:
    """Return the newest slot that no run had; None when there is none."""
    from nbops.ops.slot_times import newest_open

    return newest_open(one, time.time(), known.begun)


def _run(hub: Hub, one: Schedule, at: float, order: Order) -> RunState:
    from nbops.ops.slot_run import run_slot

    state = run_slot(hub, one, at, order)
    if state is None:
        raise Refused(f"{one.name} runs at this moment", where="nbops schedules", fix="nbops status shows it")
    return state


for _verb in (pause, unpause, remove, run_now):
    schedules.add_command(_verb)
