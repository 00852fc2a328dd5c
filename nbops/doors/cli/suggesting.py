"""``nbops suggest``: rules proposed from a baseline."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.errors import UsageError
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.rules.suggestion import Suggestions

__all__ = ["suggest"]

_NOTEBOOKS = (".ipynb", ".py")


@verb("suggest")
@click.argument("table", metavar="TABLE|NB")
@click.option("--baseline", "baseline", multiple=True, metavar="PATH", help="An older batch, too; may be repeated.")
@click.option(
    "--other",
    "others",
    multiple=True,
    metavar="WHAT",
    help="A table that its columns may refer to: a file, or a dataset of the hub.",
)
@click.option("--budget", default=0.01, show_default=True, help="How often a batch like the baseline may be refused.")
@click.option(
    "-o", "--out", "output", metavar="FILE", help="The rule file; rules/NB/DATASET.yml or rules/TABLE.yml otherwise."
)
@click.option("--write", is_flag=True, help="Write the rule file, whose difference is shown otherwise.")
def suggest(
    invocation: Invocation,
    table: str,
    *,
    baseline: tuple[str, ...],
    others: tuple[str, ...],
    budget: float,
    output: str | None,
    write: bool,
) -> int:
    """Propose rules for TABLE, a CSV or Parquet file, or for the tables that the notebook NB makes. Runs nothing.

    For a notebook they are learned from what its good runs kept. Without --write nothing changes.
    """
    from nbops.views.suggested_rules import suggestions_view

    found = list(_found(invocation, table, baseline, others, budget, name=Path(output).stem if output else ""))
    if output and len(found) > 1:
        raise UsageError(f"{len(found)} tables do not fit in one file", where=output, fix="leave -o out")
    for usual, rules in found:
        path = Path(output) if output else usual
        if not invocation.as_json:
            invocation.screen().print(suggestions_view(rules))
        _propose(invocation, path, rules, write=write)
    if invocation.as_json:
        invocation.print_json([{"file": path, "suggestions": _plain(rules)} for path, rules in found])
    return 0


def _found(
    invocation: Invocation, table: str, baseline: tuple[str, ...], others: tuple[str, ...], budget: float, *, name: str
) -> Iterator[tuple[Path, Suggestions]]:
    from nbops.rules.proposing import rule_file
    from nbops.rules.suggest import suggest as learn
    from nbops.rules.suggest import suggest_from

    root = invocation.project.root
    if Path(table).is_file() and Path(table).suffix not in _NOTEBOOKS:
        known = dict(map(_other, others))
        rules = learn(table, baseline=baseline, name=name, budget=budget, others=known)
        yield rule_file(root, rules.name), rules
        return
    if others:
        fix = f"leave --other out, or give a table file in place of {table}"
        raise UsageError("the tables of a notebook's runs are kept as profiles, without rows", where=table, fix=fix)
    if baseline:
        raise UsageError("the baseline of a notebook are its own runs", where=table, fix=f"nbops suggest {table}")
    from nbops.engine.datasets.baselines import profiles_of_runs
    from nbops.store.lookup import find_notebook

    with invocation.hub() as hub:
        notebook = find_notebook(hub, table)
        if notebook is None:
            raise _nothing_known_of(table)
        for dataset, batches in profiles_of_runs(hub, notebook).items():
            origin = f"{count(len(batches), 'run')} of {notebook}"
            path = rule_file(root, dataset, os.path.join(root, notebook))
            yield path, suggest_from(batches, name=dataset, origin=origin, budget=budget)


def _other(said: str) -> tuple[str, Any]:
    """Return another table, a file or a dataset of the hub, by the name that a rule gives it."""
    from nbops.engine.reuse.known_tables import table_named
    from nbops.frames.files import is_table_file

    if is_table_file(said) or Path(said).is_file():
        return Path(said).name.split(".")[0], said
    return said, table_named(said)


def _nothing_known_of(table: str) -> UsageError:
    """Return the error that says what is missing: the run of a notebook that is there, or the file itself."""
    notebook = next((one for one in (table, f"{table}.ipynb") if Path(one).is_file()), "")
    if notebook:
        return UsageError("it has not run yet", where=notebook, fix=f"nbops run {shlex.quote(notebook)}")
    if "://" in table:
        fix = "read it in a notebook, then %nbops suggest df"
        return UsageError("tables of databases are not read here", where=table, fix=fix)
    return UsageError("there is no such table file, and no notebook of that name ran", where=table, fix="nbops runs")


def _propose(invocation: Invocation, path: Path, rules: Suggestions, *, write: bool) -> None:
    from nbops.engine.plans.saving import atomic_write
    from nbops.rules.proposing import difference, with_what_people_did

    text = with_what_people_did(path, rules.yaml(str(path.parent)))
    shown = os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
    changed = difference(path, text)
    is_new = not path.exists()
    if not changed:
        invocation.say(f"{shown} says this already")
    elif not write:
        if not is_new and not invocation.as_json:
            click.echo(changed)
        invocation.say(f"nothing is written: --write writes {len(rules)} rules to {shown}")
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not is_new and not invocation.as_json:
            click.echo(changed)
        atomic_write(Path(os.path.realpath(path)), text.encode())
        invocation.say(f"{len(rules)} rules written to {path}")


def _plain(rules: Suggestions) -> dict[str, object]:
    listed = [
        {"name": r.name, "nature": r.nature, "severity": r.check.severity, "sentence": r.sentence,
         "statistic": r.statistic,
         "evidence": r.evidence, "origin": r.origin, "risk": r.risk, "note": r.note, "rule": r.yaml()}
        for r in rules
    ]  # fmt: skip
    return {"table": rules.name, "budget": rules.budget, "spent": rules.spent, "rows": rules.rows,
            "batches": rules.batches, "rules": listed, "doubts": _doubts(rules)}  # fmt: skip


def _doubts(rules: Suggestions) -> list[dict[str, object]]:
    return [
        {"column": one.column, "what": one.what, "count": one.count, "of": one.of, "certainty": one.certainty,
         "examples": one.examples, "fix": one.fix}
        for one in rules.doubts
    ]  # fmt: skip
