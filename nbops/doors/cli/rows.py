"""Rows of a run: ``nbops show REF`` of those that were left out, and with ``-o FILE`` as a table in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nbops.doors.cli.invocation import Invocation
from nbops.errors import OutputError, UsageError, did_you_mean
from nbops.frames.masks import first_rows
from nbops.pipeline.run import StepState
from nbops.store.artifacts import Artifacts
from nbops.store.hub import Hub
from nbops.store.lookup import Found
from nbops.views.row_words import excluded_lines
from nbops.views.step_record import examples_text
from nbops.views.words import count, line, short_id

__all__ = ["show_left_out", "tell_left_out", "write_rows"]

_FIRST = 10
_KINDS = (".csv", ".parquet")


def show_left_out(invocation: Invocation, hub: Hub, found: Found) -> None:
    """Show the first rows that were left out for the reason that a reference names."""
    frame = _left_out(hub, found)
    examples = first_rows(frame, _FIRST)
    if invocation.as_json:
        about = {"run": found.state.run, "step": found.step, "reason": found.test}
        invocation.print_json({**about, "rows": len(frame), "examples": examples})
        return
    click.echo(f"{count(len(frame), 'row')} of {line(found.step)} left out: {line(found.test)}")
    for text in examples_text(examples, limit=_FIRST, width=116):
        click.echo(f"  {text}")
    ref = f"{short_id(found.state.run)}::{found.step}::{found.test}"
    invocation.say(f"  all of them: nbops show {ref!r} -o FILE.csv, or nbops.excluded({ref!r})")


def tell_left_out(invocation: Invocation, step: StepState) -> None:
    """Say how the rows that a step left out for each reason are shown."""
    for said in excluded_lines(step.record) if step.record else ():
        invocation.say(f"    {said}")


def write_rows(invocation: Invocation, ref: str, file: Path) -> None:
    """Write the rows that failed a test, or that were left out of a step or a run, as a table.

    Raises:
        UsageError: The file is of no kind that is written.
        NothingSelected: There are no such rows.
        OutputError: It cannot be written, or columns of several reasons do not go together.
    """
    from nbops.engine.cell.failed_rows import failed_rows
    from nbops.engine.plans.saving import atomic_write

    kind = file.suffix.lower()
    if kind not in _KINDS:
        fix = did_you_mean(kind, _KINDS)
        raise UsageError(f"{kind or 'no suffix'} is no kind of table that is written", where=str(file), fix=fix)
    with invocation.find(ref) as (hub, found):
        step = next((one for one in found.state.steps if one.name == found.step), None)
        is_test = step is not None and found.test in {test.name for test in step.tests}
        artifacts = Artifacts.of(hub.project)
        rows = failed_rows(found.state, artifacts, found.step, found.test) if is_test else _left_out(hub, found)
    atomic_write(file, _parquet(rows, file) if kind == ".parquet" else _csv(rows))
    if invocation.as_json:
        invocation.print_json({"run": found.state.run, "rows": len(rows), "file": str(file)})
    else:
        click.echo(f"{file}: {count(len(rows), 'row')}")


def _left_out(hub: Hub, found: Found) -> Any:
    from nbops.engine.cell.excluding import excluded_rows

    return excluded_rows(found.state, Artifacts.of(hub.project), found.step, found.test)


def _parquet(rows: Any, file: Path) -> bytes:
    try:
        content: bytes = rows.to_parquet()
    except (ImportError, TypeError, ValueError) as error:  # those of Arrow are of these, too
        what = f"these rows cannot be written as Parquet: {error}"
        fix = f"-o {file.with_suffix('.csv')}, or the rows of one reason alone"
        raise OutputError(what, where=str(file), fix=fix) from error
    return content


def _csv(rows: Any) -> bytes:
    names = [name or "row" for name in rows.index.names]
    text: str = rows.to_csv(index_label=names)
    return text.encode("utf-8", "backslashreplace")
