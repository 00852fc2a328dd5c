"""``nbops incidents``: errors kept as data, what people do about them, and tests made of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import click

from nbops.doors.cli.invocation import Invocation, global_options, invocation, plain, verb
from nbops.errors import ReferenceNotFound, UsageError
from nbops.pipeline.incident import Incident
from nbops.settings import duration
from nbops.store.hub import Hub

__all__ = ["incidents", "number_in", "show_incident"]

_MOST = 20


class _Number(click.ParamType[int]):
    """The number of an incident, with or without its sign."""

    name = "N"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number that was typed."""
        number = number_in(f"#{str(value).removeprefix('#')}")
        if number is None:
            self.fail(f"{value!r} is no number of an incident: nbops incidents lists them", param, ctx)
        return number


def number_in(ref: str) -> int | None:
    """Return the number of the incident that *ref* names; None when it names none.

    Example:
        >>> number_in("#38"), number_in("38"), number_in("#last")
        (38, None, None)
    """
    text = ref.removeprefix("#")
    return int(text) if ref.startswith("#") and text.isdecimal() and text.isascii() and len(text) < 10 else None


@click.group("incidents", invoke_without_command=True, params=global_options())
@click.option("--since", metavar="TIME", help="Only those that occurred in the last 90m, 24h, 7d.")
@click.option("--nb", metavar="NB", help="Only those of this notebook, or of names that end so.")
@click.option("--owner", metavar="NAME", help="Only those of this owner.")
@click.option("--limit", metavar="N", type=click.IntRange(min=1), default=_MOST, show_default=True,
              help="At most so many.")  # fmt: skip
@click.option("--all", "is_all", is_flag=True, help="Those that are fixed too, and without a limit.")
@click.pass_context
def incidents(
    context: click.Context, *, since: str | None, nb: str | None, owner: str | None, limit: int, is_all: bool
) -> int:
    """List the incidents that are open: errors of runs that others rely on, grouped by cause; what people told of.

    With a verb, do something about one of them. `nbops show '#38'` tells all that is known of one.
    """
    if context.invoked_subcommand is None:
        then = time.time() - duration(since) if since else None
        chosen = {"closed": is_all, "since": then, "nb": nb, "owner": owner}
        _list(invocation(context), chosen, None if is_all else limit)
    return 0


def _list(here: Invocation, chosen: dict[str, Any], limit: int | None) -> None:
    from nbops.store.incidents import incidents as every
    from nbops.views.incidents_text import incidents_view

    env = str(here.given.get("env", ""))
    more = None if limit is None else limit + 1
    with here.hub() as hub:
        found = every(hub, **chosen, env=env, limit=more)
        has_others = bool(found) or bool(every(hub, closed=True, limit=1))
    shown = found[:limit]
    if here.as_json:
        here.print_json([_plain(one) for one in shown])
        return
    here.screen().print(
        incidents_view(shown, hub=here.hub_shown, env=env, has_others=has_others, hidden=len(found) - len(shown))
    )


def show_incident(here: Invocation, number: int) -> None:
    """Print all that is known of incident *number*."""
    from nbops.engine.causes.findings import history_of
    from nbops.store.incidents import incident, occurrences
    from nbops.views.card import card, card_rich
    from nbops.views.incidents_text import incident_view

    with here.hub() as hub:
        one = incident(hub, number)
        newest = occurrences(hub, one, limit=10)
        shown = None
        if one.last.kind != "reported":
            try:
                state = hub.run(one.last.run)
                shown = card_rich(card(state, history_of(hub, state)))
            except ReferenceNotFound:  # it was pruned since: what is known of it stands in the incident
                shown = None
    if here.as_json:
        here.print_json({**_plain(one), "occurrences": newest})
        return
    here.screen().print(incident_view(one, newest, shown))


@verb("ack")
@click.argument("numbers", metavar="N…", nargs=-1, required=True, type=_Number())
@click.option("--reason", default="", metavar="TEXT", help="What you are going to do.")
def ack(here: Invocation, *, numbers: tuple[int, ...], reason: str) -> None:
    """Say that you look at incidents: others see it, and are not reminded of it."""
    from nbops.ops.incidents import ack as do

    _each(here, numbers, lambda hub, number: do(hub, number, reason))


@verb("assign")
@click.argument("number", metavar="N", type=_Number())
@click.argument("owner", metavar="NAME")
def assign(here: Invocation, *, number: int, owner: str) -> None:
    """Give an incident to somebody."""
    from nbops.ops.incidents import assign as do

    _each(here, (number,), lambda hub, n: do(hub, n, owner))


@verb("note")
@click.argument("number", metavar="N", type=_Number())
@click.argument("text", metavar="TEXT")
def note(here: Invocation, *, number: int, text: str) -> None:
    """Add a note to an incident."""
    from nbops.ops.incidents import note as do

    _each(here, (number,), lambda hub, n: do(hub, n, text))


@verb("close")
@click.argument("numbers", metavar="N…", nargs=-1, required=True, type=_Number())
@click.option("--reason", default="", metavar="TEXT", help="What was done. It is demanded.")
def close(here: Invocation, *, numbers: tuple[int, ...], reason: str) -> None:
    """Say that incidents are fixed. One that occurs again comes back by itself."""
    from nbops.ops.incidents import close as do

    _each(here, numbers, lambda hub, number: do(hub, number, reason))


@verb("report")
@click.argument("text", metavar="TEXT")
@click.option("--dataset", default="", metavar="NB/DATASET", help="The dataset that is wrong.")
def report(here: Invocation, *, text: str, dataset: str) -> None:
    """Record an error that a person found. It counts as an incident that no test had found."""
    from nbops.engine.plans.plan import find_owner
    from nbops.ops.incidents import report as do

    owner = find_owner(here.settings, None, here.project.root)
    with here.hub() as hub:
        one = do(hub, text, dataset, str(here.given.get("env", "")), owner)
    _tell(here, [one])


@verb("to-test")
@click.argument("number", metavar="N", type=_Number())
@click.option("--write", "writes", is_flag=True, help="Write the first of them into its rule file.")
@click.option("--pick", metavar="K", type=click.IntRange(min=1), default=1, show_default=True,
              help="With --write: the one with this number instead.")  # fmt: skip
def to_test(here: Invocation, *, number: int, writes: bool, pick: int) -> int:
    """Propose tests that would have found an incident: each fails on what it left, and passes on the last good runs.

    Both are shown by judging kept tables; what cannot be shown is not proposed. Nothing is run, and no test is muted.
    """
    from nbops.ops.proving import propose_tests, write_test
    from nbops.rules.proposing import difference
    from nbops.views.incidents_text import proposals_view

    with here.hub() as hub:
        found = propose_tests(hub, number)
        chosen = found.found[pick - 1] if pick <= len(found.found) else None
        if writes and found.found and chosen is None:
            raise UsageError(f"there is no test {pick}", where=f"#{number}", fix=f"1 to {len(found.found)}")
        diff = difference(chosen.file, chosen.text) if chosen else ""
        written = write_test(hub, chosen, found.incident) if writes and chosen and diff else None
    if here.as_json:
        tests = [{"test": one.name, "dataset": one.dataset, "step": one.step, "file": one.file, "seen": one.rule.result,
                  "good_runs": one.rule.passed, "unseen": one.rule.unseen} for one in found.found]  # fmt: skip
        here.print_json({"incident": number, "run": found.run, "tests": tests, "why": found.why, "diff": diff,
                         "is_written": written is not None})  # fmt: skip
    else:
        here.screen().print(proposals_view(found, picked=pick if chosen else 0))
        click.echo(diff or ("that rule stands there already\n" if chosen else ""), nl=False)
        if chosen and diff:
            here.say(
                f"written to {os.path.relpath(chosen.file)}" if written else "nothing is written: --write writes it"
            )
    return 0 if found.found else 5


def _each(here: Invocation, numbers: tuple[int, ...], do: Callable[[Hub, int], Incident]) -> None:
    from nbops.store.incidents import incident

    with here.hub() as hub:
        chosen = dict.fromkeys(numbers)
        known = [incident(hub, number).number for number in chosen]  # all of them, before any is changed
        done = [do(hub, number) for number in known]
    _tell(here, done)


def _tell(here: Invocation, done: list[Incident]) -> None:
    from nbops.views.incidents_text import incident_head

    if here.as_json:
        here.print_json([_plain(one) for one in done])
        return
    for one in done:
        here.screen().print(incident_head(one))


def _plain(one: Incident) -> dict[str, object]:
    found: dict[str, object] = plain(one)
    return {**found, "is_open": one.is_open}


for command in (ack, assign, note, close, report, to_test):
    incidents.add_command(command)
