"""``nbops metrics``: how well the whole is doing."""

from __future__ import annotations

import os
import time
import webbrowser
from pathlib import Path

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.settings import duration

__all__ = ["metrics"]

_WEEK = 7 * 86_400.0


@verb("metrics")
@click.option("--since", metavar="TIME", help="The stretch that is measured, as 24h, 7d (the default), 90d.")
@click.option("--weeks", metavar="N", type=click.IntRange(1, 104), default=12, show_default=True,
              help="How many such stretches before it are compared with.")  # fmt: skip
@click.option("-o", "--out", metavar="FILE", help="Write a page that loads nothing, to be sent to others.")
@click.option("--open", "opens", is_flag=True, help="Open that page; metrics.html when -o names none.")
def metrics(here: Invocation, *, since: str | None, weeks: int, out: str | None, opens: bool) -> None:
    """Tell how well all of it is doing: errors, who finds them, time to recover, what is tested, what recurs."""
    from nbops.ops.metrics import measure_each
    from nbops.views.metrics_page import metrics_page
    from nbops.views.metrics_text import metrics_view

    long = duration(since) if since else _WEEK
    now, env = time.time(), str(here.given.get("env", ""))
    with here.hub() as hub:
        found = measure_each(
            hub, [(now - (back + 1) * long, now - back * long) for back in range(weeks, -1, -1)], env=env
        )
    if out or opens:
        from nbops.engine.plans.saving import atomic_write

        path = Path(out or "metrics.html")
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(Path(os.path.realpath(path)), metrics_page(found).encode("utf-8", "backslashreplace"))
        here.say(f"written to {path}")
        if opens:
            webbrowser.open(path.resolve().as_uri())
    if here.as_json:
        here.print_json({"now": found[-1], "before": found[:-1]})
    elif not out:
        here.screen().print(metrics_view(found, hub=here.hub_shown))
