"""``nbops rules``: which datasets have rules, and rules taken to other tools and from them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.accepting import accept, mute, pin, test
from nbops.doors.cli.invocation import Invocation, global_options, invocation, verb
from nbops.errors import UsageError
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.integrations.interchange import Left

__all__ = ["rules"]

_FORMATS = ("dbt", "gx", "odcs", "pandera", "pandera-py", "pointblank")
_format = click.option(
    "-f", "--format", "kind", type=click.Choice(_FORMATS), help="The other tool's format; import finds it out."
)
_out = click.option("-o", "--out", metavar="FILE", help="Where to write; standard output by default.")
_strict = click.option("--strict", is_flag=True, help="Exit with 1 when something cannot be carried.")


@click.group("rules", invoke_without_command=True, params=global_options())
@click.pass_context
def rules(context: click.Context) -> int:
    """List the datasets that have rules; with a verb, take care of rules.

    Alone: each rule file under rules/, how many rules it holds, and what is wrong with it; with -v each rule.
    """
    return _list(invocation(context)) if context.invoked_subcommand is None else 0


def _list(here: Invocation) -> int:
    from nbops.rules import FOLDER
    from nbops.rules.listing import list_rules

    found = list_rules(here.project.root)
    broken = [file for file in found if file.problem]
    if here.as_json:
        facts = [
            {"dataset": file.dataset, "file": file.path, "problem": file.problem, "muted": file.muted,
             "rules": [{"rule": rule.text, "severity": rule.check.severity, "place": rule.place}
                       for rule in file.rules]}
            for file in found
        ]  # fmt: skip
        here.print_json(facts)
        return 2 if broken else 0
    if not found:
        click.echo(f"no rules in {here.project.root / FOLDER}")
        here.say("hint: `nbops suggest TABLE --write` proposes and writes some; or write rules/NOTEBOOK/DATASET.yml,")
        here.say("      one rule a line: - not_null: id")
        return 0
    width = max(len(file.dataset) for file in found)
    for file in found:
        warns = sum(rule.check.severity == "warn" for rule in file.rules)
        told = count(len(file.rules), "rule") + (f", {warns} of them only warn" if warns else "")
        click.echo(f"{file.dataset:<{width}}  {file.problem or told}")
        for rule in file.rules if here.is_verbose else ():
            click.echo(f"    {rule.text}")
        for one in file.muted:
            click.echo(f"    muted until {one.until}: {one.rule}, {one.reason}")
    return 2 if broken else 0


@verb("export")
@click.argument("file", type=click.Path(dir_okay=False), metavar="FILE")
@click.option("-f", "--format", "kind", type=click.Choice(_FORMATS), required=True, help="The other tool's format.")
@_out
@click.option("--dataset", metavar="NAME", help="The table's name there; that of FILE by default.")
@_strict
def export(here: Invocation, file: str, kind: str, out: str | None, dataset: str | None, *, strict: bool) -> int:
    """Write the rules of FILE for another tool. What it has no words for is listed, never left out in silence."""
    from nbops.integrations.exchange import export_rules
    from nbops.rules.reading import read_rule_file

    done = export_rules(read_rule_file(file), kind, name=dataset or Path(file).stem)
    if here.as_json:
        here.print_json({"format": kind, "file": out, "text": done.text, "carried": done.carried,
                         "left": done.left, "remarks": done.remarks})  # fmt: skip
    elif out is None:
        click.echo(done.text, nl=False)
    if out is not None:
        _write(Path(out), done.text)
    _tell(here, f"{count(done.carried, 'rule')} carried" + (f" to {out}" if out else ""), done.left, done.remarks)
    return 1 if strict and done.left else 0


@verb("import")
@click.argument("file", type=click.Path(dir_okay=False, exists=True), metavar="FILE")
@_format
@_out
@click.option("--dataset", metavar="NAME", help="Which table is meant, where FILE tells of several.")
@_strict
def take(here: Invocation, file: str, kind: str | None, out: str | None, dataset: str | None, *, strict: bool) -> int:
    """Read the rules of another tool's FILE as rules of nbops. Nothing in it is run.

    A rule file that is there already keeps every line, comments included; what is new in FILE is added.
    What nbops has no words for is listed.
    """
    from nbops.integrations.exchange import import_rules
    from nbops.rules.writing import rules_added, rules_text

    found = import_rules(_text_of(Path(file)), source=kind or "", name=dataset or "", where=file)
    text = rules_text(found.rules, dataset=found.name)
    added = len(found.rules)
    if out is not None and Path(out).is_file():
        text, new = rules_added(Path(out).read_text(encoding="utf-8"), found.rules, name=out)
        added = len(new)
    if here.as_json:
        here.print_json({"file": out, "dataset": found.name, "rules": [rule.text for rule in found.rules],
                         "added": added, "left": found.left, "remarks": found.remarks})  # fmt: skip
    elif out is None:
        click.echo(text, nl=False)
    if out is not None:
        _write(Path(out), text)
    told = f"{count(len(found.rules), 'rule')} carried" + (f", {added} of them new in {out}" if out else "")
    _tell(here, told, found.left, found.remarks)
    return 1 if strict and found.left else 0


rules.add_command(export)
rules.add_command(take)
rules.add_command(accept)
rules.add_command(mute)
rules.add_command(pin)
rules.add_command(test)


def _tell(here: Invocation, told: str, left: Sequence[Left], remarks: Sequence[Left]) -> None:
    """Say on standard error what was carried and what was not: standard output may be the file."""
    if not here.is_quiet:
        click.echo(told, err=True)
    if left:
        click.echo(f"{len(left)} not carried:", err=True)
    for one in left:
        click.echo(f"  {one.what}\n    {one.why}", err=True)
    grouped: dict[str, list[str]] = {}
    for one in remarks if not here.is_quiet else ():
        grouped.setdefault(one.why, []).append(one.what)
    for why, rules_said in grouped.items():
        more = f" and {len(rules_said) - 3} more" if len(rules_said) > 3 else ""
        click.echo(f"note: {why}\n    {'; '.join(rules_said[:3])}{more}", err=True)
    sys.stderr.flush()


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"it cannot be read: {error}", where=str(path), fix=f"open {path}") from error


def _write(path: Path, text: str) -> None:
    from nbops.engine.plans.saving import atomic_write, check_writable

    check_writable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, text.encode("utf-8"))
