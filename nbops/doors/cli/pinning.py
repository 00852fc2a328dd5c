"""``nbops pin``: totals of closed periods become tests for ever."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from nbops.checks.pinned import PERIODS
from nbops.doors.cli.invocation import Invocation, verb
from nbops.views.words import count, line

if TYPE_CHECKING:
    from nbops.rules.closing import PinnedPeriods

__all__ = ["pin"]

_MOST = 20


@verb("pin")
@click.argument("dataset", metavar="DATASET")
@click.option("--by", type=click.Choice(PERIODS), default="month", show_default=True, help="The length of the periods.")
@click.option("--date", default="", metavar="COLUMN", help="The moment of a row; the only column of dates by default.")
@click.option("--total", "totals", default="", metavar="A,B", help="The columns to sum up; all measures by default.")
@click.option("--lag", default="", metavar="TIME", help="How long after its end a period still gets rows, as 3d.")
@click.option("--rules", default="", metavar="FILE", help="The rule file; needed when DATASET is a file.")
@click.option("--reason", default="", metavar="TEXT", help="Take what was restated as true from now on, and say why.")
@click.option("-n", "--dry-run", "dry", is_flag=True, help="Only say what would be pinned.")
def pin(
    invocation: Invocation, *, dataset: str, by: str, date: str, totals: str, lag: str, rules: str, reason: str,
    dry: bool,
) -> int:  # fmt: skip
    """Pin the totals of the closed periods of DATASET, so that a past that is restated is found.

    DATASET is NB/DATASET, NB/DATASET@RUN, or a CSV or Parquet file; in a notebook it may be a variable. All periods
    but the newest are closed. What was pinned before stays; where it is not true any more the exit code is 1.
    """
    from nbops.engine.datasets.pinning import pin as pin_periods

    table, file = _meant(invocation, dataset, rules)
    done = pin_periods(table, by=by, date=date, totals=totals, lag=lag, rules=file, reason=reason, dry=dry)
    if invocation.as_json:
        invocation.print_json(done)
    else:
        _tell(done, by, dry, invocation)
    return 1 if done.restated and not reason else 0


def _meant(invocation: Invocation, dataset: str, rules: str) -> tuple[Any, str]:
    """Return the table or its name, and the rule file: a variable's rules are those of its notebook."""
    from nbops.frames.tables import is_frame
    from nbops.rules.proposing import rule_file

    frame = invocation.given.get("variables", {}).get(dataset)
    if not is_frame(frame):
        return dataset, rules
    notebook = str(invocation.given.get("notebook", ""))
    return frame, rules or str(rule_file(invocation.project.root, dataset, notebook))


def _tell(done: PinnedPeriods, by: str, dry: bool, invocation: Invocation) -> None:
    for one in done.restated[:_MOST]:
        now, was = (f"{value:,.10g}" for value in (one.now, one.was))
        sign = "~" if done.is_written else "✗"
        click.echo(f"{sign} {one.period}  {line(one.total, 60)}: {now}, pinned was {was}")
    if len(done.restated) > _MOST:
        click.echo(f"  and {count(len(done.restated) - _MOST, 'more total')}")
    if done.restated and not done.is_written and not dry:
        click.echo("nothing was written: the past was restated. If it is true now: --reason TEXT")
        return
    if done.restated and done.is_written:
        click.echo("restated, with your reason beside each line")
    would = "would be " if dry else ""
    span = f": {done.new[0]} to {done.new[-1]}" if len(done.new) > 1 else f": {done.new[0]}" if done.new else ""
    click.echo(f"{count(len(done.new), by)} {would}pinned{span} ({done.periods:,} in all)")
    if not dry:
        invocation.say(f"{os.path.relpath(done.file)}, and in {os.path.relpath(done.rules)}:\n  - {done.rule}")
