"""``nbops export``: schedules for other schedulers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, global_options, verb
from nbops.errors import NothingSelected

if TYPE_CHECKING:
    from nbops.pipeline.schedule import Schedule

__all__ = ["export"]


@click.group("export", params=global_options())
def export() -> None:
    """Write schedules for another scheduler. All of them, unless notebooks are named."""


@verb("crontab")
@click.argument("names", metavar="NB…", nargs=-1)
def crontab(here: Invocation, *, names: tuple[str, ...]) -> int:
    """Write lines for crontab. cron lives by the clocks of this system."""
    from nbops.ops.exports import crontab as text_of

    return _tell(here, {"crontab": text_of(_chosen(here, names), here.project.root)})


@verb("systemd")
@click.argument("names", metavar="NB…", nargs=-1)
@click.option("-o", "--out", metavar="DIR", default="", help="Write the units into this folder.")
def systemd(here: Invocation, *, names: tuple[str, ...], out: str) -> int:
    """Write a service and a timer for each schedule."""
    from nbops.engine.plans.saving import atomic_write
    from nbops.ops.exports import systemd as units_of

    units = units_of(_chosen(here, names), here.project.root)
    if not out:
        return _tell(here, units)
    Path(out).mkdir(parents=True, exist_ok=True)
    for name, text in units.items():
        atomic_write(Path(os.path.realpath(out)) / name, text.encode())
    timers = " ".join(name for name in units if name.endswith(".timer"))
    here.say(f"written to {out}; then: systemctl --user daemon-reload && systemctl --user enable --now {timers}")
    return 0


@verb("kubernetes")
@click.argument("names", metavar="NB…", nargs=-1)
@click.option("--image", metavar="IMAGE", default="", help="The image that holds nbops and the notebooks.")
@click.option("--folder", metavar="DIR", default="", help="The project in the image; its working directory by default.")
def kubernetes(here: Invocation, *, names: tuple[str, ...], image: str, folder: str) -> int:
    """Write a CronJob for each schedule. It runs the notebook of the image, not the snapshot."""
    from nbops.ops.exports import kubernetes as text_of

    return _tell(here, {"cronjobs.yaml": text_of(_chosen(here, names), image, folder)})


def _chosen(here: Invocation, names: tuple[str, ...]) -> list[Schedule]:
    """Return the schedules that are named, or all.

    Raises:
        NothingSelected: There is none.
    """
    from nbops.ops.schedules import find_schedule, schedules

    with here.hub() as hub:
        found = [find_schedule(hub, name) for name in names] if names else list(schedules(hub).values())
    if not found:
        raise NothingSelected("nothing is scheduled", where=here.hub_shown, fix='nbops schedule NB "0 6 * * 1-5"')
    return found


def _tell(here: Invocation, files: dict[str, str]) -> int:
    if here.as_json:
        here.print_json(files)
        return 0
    for name, text in files.items():
        click.echo(f"# {name}\n{text}" if len(files) > 1 else text, nl=len(files) > 1)
    return 0


for _verb in (crontab, systemd, kubernetes):
    export.add_command(_verb)
