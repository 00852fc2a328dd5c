"""``nbops rules accept``, ``pin`` and ``test``: deliveries taken in, missed errors pinned, rules tried."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.rules.mutation import Mutations

__all__ = ["accept", "mute", "pin", "test"]


@verb("accept")
@click.argument("what", metavar="WHAT")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the baseline's log.")
@click.option("--baseline", default="", metavar="FILE", help="The baseline; needed when WHAT is a file.")
@click.option("--false-alarm", is_flag=True, help="Widen exactly what raised the alarm, and take nothing in.")
@click.option(
    "--new", multiple=True, metavar="WHAT", help="An older delivery: learn a new baseline from it and WHAT; repeatable."
)
def accept(here: Invocation, what: str, *, reason: str, baseline: str, false_alarm: bool, new: tuple[str, ...]) -> None:
    """Take a delivery into its dataset's baseline: NB/DATASET@RUN, or a file.

    What was unusual about it by a control chart begins a new level, also where there is no baseline.
    """
    from nbops.engine.datasets.accepting import accept as take_in
    from nbops.engine.datasets.accepting import delivered
    from nbops.rules.learning import new_baseline

    if new:
        found = delivered(what, baseline)
        file = found.baseline
        made = new_baseline([*(delivered(one, file).table for one in new), found.table], file, reason=reason)
        label = ", and still learning: its limits are wide" if made.is_learning else ""
        said: object = {"baseline": str(file), "deliveries": made.memory.batches, "is_learning": made.is_learning}
        text = f"{file}: learnt from {count(made.memory.batches, 'delivery', 'deliveries')}{label}"
    else:
        done = take_in(what, reason=reason, baseline=baseline, false_alarm=false_alarm)
        said = {"what": what, "reason": reason, "done": done}
        if isinstance(done, tuple):
            text = f"{'widened' if false_alarm else 'a new level begins'}: {', '.join(done)}"
        else:
            text = "\n".join([f"accepted {what}", *(f"  no alarm any more: {line}" for line in done.sentences)])
    here.print_json(said) if here.as_json else click.echo(text)


@verb("pin")
@click.argument("what", metavar="WHAT")
@click.option("--rule", required=True, metavar="RULE", help="The rule as in a rule file, as 'not_null: id'.")
@click.option("--reason", required=True, metavar="TEXT", help="Which error was missed; it stands beside the rows.")
@click.option("--rules", "file", default="", metavar="FILE", help="The rule file; needed when WHAT is a file.")
def pin(here: Invocation, what: str, *, rule: str, reason: str, file: str) -> None:
    """Add a rule for an error that was missed in NB/DATASET@RUN, or in a file, with rows that it refuses for ever."""
    from nbops.engine.datasets.accepting import pin_missed

    path, made = pin_missed(what, rule, reason=reason, rules=file)
    if here.as_json:
        here.print_json({"rules": str(path), "rule": made.rule, "rows": made.rows, "reason": made.reason})
    else:
        click.echo(f"{path}: {made.rule}\n  its rows: {path.parent / made.rows}")


@verb("mute")
@click.argument("rule", metavar="RULE")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The last day.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stands in the rule file.")
@click.option("--rules", "file", default="", metavar="FILE", help="The rule file, where several have such a rule.")
def mute(here: Invocation, rule: str, *, until: dt.datetime, reason: str, file: str) -> None:
    """Let RULE, as orders.state.in_set, only warn until a date. It refuses again the day after."""
    from nbops.rules.listing import find_rule
    from nbops.rules.muting import mute as write

    path, name = find_rule(here.project.root, rule, file)
    made = write(path, name, until.date(), reason=reason)
    if here.as_json:
        here.print_json({"rules": str(path), "rule": made.rule, "until": made.until, "reason": made.reason})
    else:
        click.echo(f"{os.path.relpath(path)}: {made.rule} only warns until {made.until}")


@verb("test")
@click.argument("baseline", type=click.Path(dir_okay=False, path_type=Path), metavar="RULES|BASELINE")
@click.argument("tables", nargs=-1, metavar="[TABLE…]")
@click.option("--seeds", default=1, show_default=True, help="How often each kind of damage is done.")
def test(here: Invocation, baseline: Path, tables: tuple[str, ...], seeds: int) -> int:
    """Damage TABLES, and tell how much of it the rule file RULES refuses, or a baseline catches.

    Of a BASELINE the newest are damaged, oldest first, by what the older ones tell. The figures are kept in the file.
    The rows of pinned rules are judged, too.
    """
    from nbops.rules.learning import rule_file_of
    from nbops.rules.pinning import still_refused

    is_rules = baseline.suffix in (".yml", ".yaml")
    pinned = still_refused(baseline if is_rules else rule_file_of(baseline))
    lost = [one for one, holds in pinned.items() if not holds]
    found = None
    if tables or not pinned:
        found = (_rules_tried if is_rules else _baseline_tried)(baseline, tables, seeds)
    if here.as_json:
        figures = found.figures() if found else {}
        here.print_json({**figures, "pinned": len(pinned), "pinned_lost": [one.rule for one in lost]})
        return 1 if lost else 0
    if found is not None:
        here.say("caught  damage, what is caught least first")
        for kind, (n, caught) in sorted(found.kinds.items(), key=lambda item: item[1][1] / item[1][0]):
            click.echo(f"{caught:>4} of {n:<4} {kind}")
        warned = f", warned of {found.warned:,} more" if found.warned else ""
        clean = f"false alarms on {found.alarms} of {count(found.clean, 'clean delivery', 'clean deliveries')}"
        click.echo(f"caught {found.catch_rate:.0%}{warned}; {clean}")
    if pinned:
        click.echo(f"{len(pinned) - len(lost)} of {count(len(pinned), 'pinned rule')} still refuse their rows")
    for one in lost:
        click.echo(f"  not refused any more: {one.rows}, pinned {one.when[:10]} by {one.rule}: {one.reason}")
    return 1 if lost else 0


def _baseline_tried(file: Path, tables: Sequence[str], seeds: int) -> Mutations:
    from nbops.frames.files import open_file
    from nbops.rules.learning import load_baseline, save_baseline
    from nbops.rules.mutation import mutate

    kept = load_baseline(file)
    found = mutate([open_file(Path(path)) for path in tables], seeds=seeds)
    kept.figures = found.figures()
    save_baseline(kept, file)
    return found


def _rules_tried(file: Path, tables: Sequence[str], seeds: int) -> Mutations:
    from nbops.engine.plans.saving import atomic_write
    from nbops.engine.reuse.known_tables import known_tables
    from nbops.frames.files import open_file
    from nbops.rules.mutation import figures_told, mutate_by
    from nbops.rules.reading import read_rules

    found = mutate_by(read_rules(file, known_tables()), [open_file(Path(path)) for path in tables], seeds=seeds)
    atomic_write(file.resolve(), figures_told(file.read_text(encoding="utf-8"), found).encode())
    return found
