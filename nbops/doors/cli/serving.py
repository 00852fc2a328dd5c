"""``nbops serve``: schedules, sources and notices are looked after until it is told to end."""

from __future__ import annotations

import secrets
import signal
import sys
import time
from typing import Any

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.settings import duration

__all__ = ["serve"]


@verb("serve")
@click.option("--no-page", is_flag=True, help="Do not show the hub as a page.")
@click.option("--port", metavar="N", type=click.IntRange(0, 65535), default=0, help="Where the page is; a free port.")
@click.option("--at-once", metavar="N", type=click.IntRange(min=1), default=4, show_default=True,
              help="How many runs go on at the same time.")  # fmt: skip
@click.option("--grace", metavar="TIME", default="20s", show_default=True,
              help="How long it waits in the end for its runs.")  # fmt: skip
def serve(here: Invocation, *, no_page: bool, port: int, at_once: int, grace: str) -> int:
    """Look after schedules, sources and notices until Ctrl-C or SIGTERM, and show the hub as a page.

    Several may serve one hub: a slot is run once. Runs need no server: they go on when it ends.
    """
    from nbops.ops.serving import Server

    seconds = duration(grace)
    server = Server(here.project, str(here.given.get("hub", "")), here.settings.env, at_once, _say)
    if not no_page:
        _show_page(here, port)
    _end_by_signal(server)
    _say(f"serves {here.project.root}, hub {here.hub_shown}; Ctrl-C ends it")
    left = server.serve(wait_seconds=seconds)
    _say(f"ended; {left} of its runs go on by themselves: nbops status" if left else "ended")
    return 0


def _say(text: str) -> None:
    click.echo(f"{time.strftime('%H:%M:%S')} {text}")
    sys.stdout.flush()


def _end_by_signal(server: Any) -> None:
    def end(number: int, frame: object) -> None:
        server.stop()
        for one in (signal.SIGINT, signal.SIGTERM):  # the second one does not wait
            signal.signal(one, signal.SIG_DFL)

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, end)


def _show_page(here: Invocation, port: int) -> None:
    try:
        from nbops.doors.server.application import serve_beside
        from nbops.doors.server.hubs import Hubs
    except ModuleNotFoundError as error:
        _say(f'without a page: {error.name} is not installed; pip install "nbops[lab]"')
        return
    hubs = Hubs(here.project.root, here.project, str(here.given.get("hub", "")))
    _say(f"the hub: {serve_beside(hubs, token=secrets.token_urlsafe(24), port=port)}")
