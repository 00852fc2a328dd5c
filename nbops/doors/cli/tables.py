"""``nbops check``: a table in a file, judged by rules."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.records import Status
from nbops.views.glyphs import TEXT
from nbops.views.words import count

if TYPE_CHECKING:
    from nbops.rules.checking import Checked

__all__ = ["check"]


@verb("check")
@click.argument("table", type=click.Path(dir_okay=False), metavar="TABLE")
@click.option("--rules", required=True, type=click.Path(dir_okay=False), metavar="FILE", help="The rules, in YAML.")
@click.option("--junit", "--junitxml", "junit", metavar="FILE", help="Write the verdicts as JUnit XML.")
def check(invocation: Invocation, table: str, rules: str, junit: str | None) -> int:
    """Judge TABLE, a CSV or Parquet file, by a file of rules. Nothing is recorded.

    Exit code 1 when a rule failed, 2 when one could not be judged.
    """
    from nbops.rules.checking import check as judge

    began = time.time()
    done = judge(table, rules, examples=invocation.settings.examples)
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
        examples = result.examples
        for label, row in zip(examples.labels, examples.rows, strict=False):
            cells = ", ".join(f"{c}={'null' if v is None else v}" for c, v in zip(examples.columns, row, strict=False))
            click.echo(f"    row {label}: {cells}".replace("row :", "row:"))
    passed = sum(result.status is Status.PASSED for result in done.results)
    invocation.say(
        f"{done.name} {done.status}: {passed} of {count(len(done.results), 'rule')} hold ({done.seconds:.2f} s)"
    )


def _write_junit(done: Checked, path: Path, began: float) -> None:
    from nbops.doors.cli.junit import results_xml
    from nbops.engine.saving import atomic_write

    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(Path(os.path.realpath(path)), results_xml(done.name, done.results, done.seconds, began))
