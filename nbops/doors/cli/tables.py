"""``nbops check``: a table judged by rules: a file, a table of a database, in a notebook a variable."""

from __future__ import annotations

import os
import shlex
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.records import CheckResult, Status
from nbops.views.glyphs import TEXT
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.rules.checking import Checked

__all__ = ["check"]


@verb("check")
@click.argument("table", metavar="TABLE")
@click.option("--rules", type=click.Path(dir_okay=False), metavar="FILE", help="The rules; else those kept for TABLE.")
@click.option("--junit", "--junitxml", "junit", metavar="FILE", help="Write the verdicts as JUnit XML.")
def check(invocation: Invocation, table: str, rules: str | None, junit: str | None) -> int:
    """Judge TABLE by rules: a CSV or Parquet file, or URL::TABLE in a database. Nothing is recorded.

    Without --rules, by the one file under rules/ that has TABLE's name. In a notebook TABLE may be a variable.
    Exit code 1 when a rule failed, 2 when one could not be judged.
    """
    from nbops.engine.reuse.known_tables import check as judge
    from nbops.frames.sql import table_name
    from nbops.frames.tables import is_frame
    from nbops.rules.listing import find_rules

    began = time.time()
    variables = invocation.given.get("variables", {})
    frame = variables.get(table) if is_frame(variables.get(table)) else None
    name = table if frame is not None else table_name(table)
    if not rules:
        proposing = f"{'nbops' if frame is None else '%nbops'} suggest {shlex.quote(table)} --write"
        notebook = str(invocation.given.get("notebook", ""))
        rules = str(find_rules(invocation.project.root, name, notebook, "" if "://" in table else proposing))
    others = {variable: value for variable, value in variables.items() if is_frame(value)}
    done = judge(
        table if frame is None else frame, rules, name=name, examples=invocation.settings.examples, others=others
    )
    if junit:
        _write_junit(done, Path(junit), began)
    if invocation.as_json:
        facts = {"table": table, "rules": rules, "status": done.status, "seconds": done.seconds}
        invocation.print_json({**facts, "results": done.results})
    else:
        _tell(done, invocation)
    return done.status.exit_code


def _tell(done: Checked, invocation: Invocation) -> None:
    order = [Status.ERROR, Status.FAILED, Status.WARNED, Status.SKIPPED]
    bad = [result for status in order for result in done.results if result.status is status]
    for result in bad:
        click.echo(f"{TEXT[result.status]} {result.message or result.name}: {result.why}")
        _tell_rows(result)
    _tell_tolerated([one for one in done.results if one.status is Status.PASSED and one.failing], invocation)
    passed = sum(result.status is Status.PASSED for result in done.results)
    invocation.say(
        f"{done.name} {done.status}: {passed} of {count(len(done.results), 'rule')} hold ({done.seconds:.2f} s)"
    )


def _tell_tolerated(results: list[CheckResult], invocation: Invocation) -> None:
    """Say what broke a rule and was allowed to: it passed, and is still worth a look."""
    if results and not invocation.is_verbose:
        invocation.say(f"· within what rules allow, rows fail: {count(len(results), 'rule')}, -v says which")
        return
    for result in results:
        rows = f"{result.failing:,} of {count(result.rows or 0, 'row')} fail"
        invocation.say(f"· {result.message or result.name}: {rows}, allowed are {result.allowed}")


def _tell_rows(result: CheckResult) -> None:
    examples = result.examples
    for label, row in zip(examples.labels, examples.rows, strict=False):
        cells = ", ".join(f"{c}={'null' if v is None else v}" for c, v in zip(examples.columns, row, strict=False))
        click.echo(f"    row {label}: {cells}".replace("row :", "row:"))


def _write_junit(done: Checked, path: Path, began: float) -> None:
    from nbops.doors.cli.junit import results_xml
    from nbops.engine.plans.saving import atomic_write

    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(Path(os.path.realpath(path)), results_xml(done.name, done.results, done.seconds, began))
