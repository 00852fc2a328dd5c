"""Making the account of one call and telling it to the step that runs, if one does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import FrameType
from typing import Any

from nbops.errors import CheckFailed
from nbops.frames.selecting import is_copied_on_write
from nbops.frames.tables import column_names, library, row_count, shortened
from nbops.records import (
    AccountedTables,
    CheckResult,
    Examples,
    RowAccount,
    RowEntry,
    Severity,
    Status,
    Table,
    current_collector,
)

__all__ = ["as_table", "judged", "name_of", "report"]

_SMALL = 10
_LONGEST_NAME = 80
NOT_COUNTED = "a lazy table: its rows are not counted (count=True counts them)"

Excluded = Mapping[int, Callable[[], Any]]


def as_table(table: Any, name: str = "", rows: int | None = None) -> Table:
    """Return what an account says of a table: its name and how many rows it has.

    Args:
        table: It.
        name: Its name; that of a variable of the caller when empty.
        rows: How many rows it has, where that was counted; else what can be told without a computation.
    """
    kind = f"{library(table)}.{type(table).__name__}"
    return Table(
        name or name_of(table), kind, row_count(table) if rows is None else rows, len(column_names(table)) or None
    )


def name_of(value: object) -> str:
    """Return the name of the variable of the calling code that *value* is; empty when it has none."""
    frame = _caller()
    for names in (frame.f_locals, frame.f_globals) if frame else ():
        for name, found in list(names.items()):
            if found is value and name[:1] != "_":
                return shortened(name, _LONGEST_NAME)
    return ""


def _caller() -> FrameType | None:
    """Return the frame of the code that called a function of this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and str(frame.f_globals.get("__name__", "")).startswith("nbops."):
        frame = frame.f_back
    return frame


def report(
    verb: str,
    inputs: Sequence[Any],
    output: Any,
    entries: Sequence[RowEntry],
    *,
    tables_in: Sequence[Table] = (),
    rows_out: int | None = None,
    beside: Sequence[Table] = (),
    excluded: Excluded | None = None,
    note: str = "",
) -> RowAccount:
    """Tell the step that runs where the rows of *inputs* went, and return what was told.

    Args:
        verb: The function that was called.
        inputs: The tables whose rows it worked on.
        output: The table that it returns.
        entries: What became of the rows.
        tables_in: What the account says of *inputs*, where more is known than can be seen.
        rows_out: How many rows *output* has, where that was counted.
        beside: The tables that it looked at.
        excluded: What returns the rows of an entry, by its place among *entries*.
        note: What else there is to say.
    """
    told = tuple(tables_in) or tuple(as_table(table) for table in inputs)
    out = Table(
        "", f"{library(output)}.{type(output).__name__}", _rows(output, rows_out), len(column_names(output)) or None
    )
    if not note and None in (out.rows, *(table.rows for table in told)):
        note = NOT_COUNTED
    account = RowAccount(verb, told, out, tuple(entries), tuple(beside), note=note)
    collector = current_collector()
    if collector is not None:
        ready = {at: _ready(inputs, entries[at], rows) for at, rows in (excluded or {}).items() if entries[at].rows}
        collector.account(account, AccountedTables(tuple(inputs), output, ready))
    return account


def _rows(table: Any, counted: int | None) -> int | None:
    return row_count(table) if counted is None else counted


def _ready(inputs: Sequence[Any], entry: RowEntry, rows: Callable[[], Any]) -> Callable[[], Any]:
    """Return what gives the rows of *entry*: taken now when they are few, or when the table may change until then."""
    total = sum(row_count(table) or 0 for table in inputs)
    if _SMALL * (entry.rows or 0) <= total or not all(map(is_copied_on_write, inputs)):
        taken = rows()
        return lambda: taken
    return rows


def judged(
    name: str,
    is_good: bool,
    *,
    why: str = "",
    observed: str = "",
    allowed: str = "",
    rows: int | None = None,
    failing: int | None = None,
    examples: Examples | None = None,
    severity: Severity = "fail",
) -> None:
    """Tell the step that runs of a test of an account; outside of a step a bad one raises.

    Args:
        name: The test.
        is_good: Whether it passed.
        why: What was seen, in words, when it did not.
        observed: The value that was seen.
        allowed: The value that is allowed.
        rows: How many rows were judged.
        failing: How many of them failed.
        examples: Some of those.
        severity: What a failure means.

    Raises:
        CheckFailed: It failed, outside a step.
        StepFailed: It failed, in a step.
    """
    bad = Status.WARNED if severity == "warn" else Status.FAILED
    result = CheckResult(
        name,
        Status.PASSED if is_good else bad,
        severity,
        "account",
        why="" if is_good else why,
        observed=observed,
        allowed=allowed,
        rows=rows,
        failing=failing,
        examples=examples or Examples(),
    )
    collector = current_collector()
    if collector is not None:
        collector.report(result)
    elif result.status is Status.FAILED:
        raise CheckFailed(f"{name}: {why}")
