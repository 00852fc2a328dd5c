"""The ledger of one cell: the accounts of its row functions, how they follow each other, and whether they add up.

Who made a table is known by the table itself: the result of one call that is the input of the next one. Tables are
only held as long as their owner holds them, so an account never keeps a table alive. Where a table was changed between
two calls without an account, the two are joined by the name of the variable, and the difference is told.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nbops.engine.cell.variables import Variables
from nbops.frames.tables import column_names, is_frame
from nbops.pipeline.row_flows import RowFlow, flows
from nbops.records import AccountedTables, CheckResult, EntryKind, RowAccount, RowEntry, Status, StepFinished, Table
from nbops.views.words import count

__all__ = ["Ledger", "account_tests"]

_MOST_LINES = 200  # accounts of one cell that are told one by one
_TARGET = re.compile(r"^\s*([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:\w+\.)?(\w+)\(")


@dataclass(slots=True)
class _Line:
    """One account, and the table that it is about as long as somebody else holds it."""

    account: RowAccount
    output: Callable[[], Any]
    columns: frozenset[str]
    target: str
    excluded: Mapping[int, Callable[[], Any]]


class Ledger:
    """Takes the accounts of one cell in the order of its calls."""

    def __init__(self) -> None:
        self._lines: list[_Line] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(
        self, account: RowAccount, tables: AccountedTables, line: int | None, text: Callable[[int | None], str]
    ) -> None:
        """Take one account.

        Args:
            account: It.
            tables: The tables that it is about.
            line: The line of the cell that called the row function.
            text: Returns the text of a line, which may say what the result is called.
        """
        if len(self._lines) >= _MOST_LINES and self._summed(account, line):
            return
        sources = tuple(
            self._maker_of(value, table.name, line, text)
            for value, table in zip(tables.inputs, account.tables_in, strict=False)
        )
        found = _TARGET.match(text(line))
        self._lines.append(
            _Line(
                replace(account, line=line, sources=sources),
                _weak(tables.output),
                frozenset(column_names(tables.output)),
                found[1] if found and found[2] == account.verb else "",
                tables.excluded,
            )
        )

    def _summed(self, account: RowAccount, line: int | None) -> bool:
        """Add *account* to an earlier one of the same call, as of a loop that runs for long; its rows are not kept."""
        for known in reversed(self._lines):
            if (known.account.verb, known.account.line) == (account.verb, line):
                known.account = _sum(known.account, account)
                known.output, known.target, known.excluded = _gone, "", {}
                return True
        return False

    def _maker_of(self, value: Any, name: str, line: int | None, text: Callable[[int | None], str]) -> int:
        """Return which account made *value*, or what bore its name before it was changed; -1 when none did."""
        places = range(len(self._lines) - 1, -1, -1)
        made = next((at for at in places if self._lines[at].output() is value), -1)
        if made >= 0 or not name:
            return made
        named = next((at for at in places if self._lines[at].target == name), -1)
        between = range((self._lines[named].account.line or 0) + 1, line or 0) if named >= 0 else ()
        return -1 if any(_binds_anew(name, text(at)) for at in between) else named

    def accounts(self, namespace: Mapping[str, Any], *, keeps: bool = False) -> tuple[RowAccount, ...]:
        """Return the accounts so far, with the names that their results bear now.

        Args:
            namespace: The user's variables.
            keeps: Whether the rows that were left out will be kept.
        """
        used = {at for line in self._lines for at in line.account.sources}
        return tuple(
            replace(
                line.account,
                table_out=replace(line.account.table_out, name=_name(line, namespace, is_used=at in used)),
                entries=tuple(_entries(line, keeps=keeps)),
            )
            for at, line in enumerate(self._lines)
        )

    def with_counts(self, tables: Iterable[Table], namespace: Mapping[str, Any]) -> tuple[Table, ...]:
        """Return *tables* with the rows of lazy ones that a row function counted and that nothing has changed since.

        Args:
            tables: The tables of the cell, as they are now.
            namespace: The user's variables.
        """
        return tuple(
            replace(table, rows=self._counted(namespace.get(table.name))) if table.rows is None else table
            for table in tables
        )

    def _counted(self, value: Any) -> int | None:
        made = (line.account.table_out.rows for line in reversed(self._lines) if line.output() is value)
        return None if value is None else next(made, None)

    def excluded(self) -> Iterator[tuple[int, int, Callable[[], Any]]]:
        """Yield what returns the rows of each entry that are to be kept, by the places of account and entry."""
        for at, line in enumerate(self._lines):
            for entry, rows in line.excluded.items():
                yield at, entry, rows

    def forget_tables(self) -> None:
        """Let go of the rows that were left out: they are kept, or never will be."""
        for line in self._lines:
            line.excluded = {}


def _binds_anew(name: str, source: str) -> bool:
    """Whether a line of code binds *name* to something that does not come from it."""
    said = re.match(rf"\s*{name}\s*=(?!=)(.*)", source)
    return said is not None and re.search(rf"\b{name}\b", said[1]) is None


def _gone() -> None:
    """Return what is left of the result of several calls."""


def _sum(one: RowAccount, other: RowAccount) -> RowAccount:
    """Return the account of several calls as one: their rows added, by reason."""
    rows: dict[tuple[str, EntryKind], int | None] = {}
    for entry in (*one.entries, *other.entries):
        key = entry.reason, entry.kind
        rows[key] = _plus(rows[key], entry.rows) if key in rows else entry.rows
    counted = tuple(RowEntry(reason, number, kind) for (reason, kind), number in rows.items())
    came, out = _plus(one.rows_in, other.rows_in), _plus(one.table_out.rows, other.table_out.rows)
    table = replace(one.tables_in[0], rows=came)
    note = f"calls beyond the first {_MOST_LINES} in one cell are told as one"
    return replace(
        one, tables_in=(table,), table_out=replace(one.table_out, rows=out), entries=counted, sources=(-1,), note=note
    )


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _weak(table: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(table)
    except TypeError:  # of a library whose tables cannot be watched: then only its name tells who made it
        return lambda: None


def _name(line: _Line, namespace: Mapping[str, Any], *, is_used: bool) -> str:
    """Return the name of the variable that holds the result, or what the cell made of it by adding columns."""
    result, target = line.output(), line.target
    held = namespace.get(target)
    if target and (is_used or (result is not None and held is result)):
        return target
    if result is not None:
        found = next((name for name, value in namespace.items() if value is result and name[:1] != "_"), "")
        if found:
            return found
    return target if is_frame(held) and line.columns and line.columns <= set(column_names(held)) else ""


def _entries(line: _Line, *, keeps: bool) -> Iterator[RowEntry]:
    for at, entry in enumerate(line.account.entries):
        yield replace(entry, kept=entry.rows or 0) if keeps and at in line.excluded else entry


def account_tests(ledger: Ledger, variables: Variables) -> Iterator[CheckResult]:
    """Yield a verdict for each table that came of row functions: whether all its rows are accounted for.

    What is not counted (a lazy table) is not judged. A difference warns: somebody changed a table between two calls.
    """
    accounts = ledger.accounts(variables.namespace)
    names = [account.table_out.name for account in accounts]
    tables = ledger.with_counts(variables.tables_out(name for name in names if name), variables.namespace)
    step = StepFinished(0.0, "", "", Status.PASSED, tables_out=tables, accounts=accounts)
    for flow in flows([step]):
        if flow.unexplained is not None:
            yield _verdict(flow)


def _verdict(flow: RowFlow) -> CheckResult:
    name = f"rows of {flow.end.name} are accounted for" if flow.end.name else f"rows of {flow.stages[-1].account.verb}"
    rows, gap = flow.start_rows, flow.unexplained or 0
    line = flow.stages[-1].account.line
    if gap == 0:
        return CheckResult(name, Status.PASSED, "warn", "account", line=line, rows=rows)
    how = "came in" if gap > 0 else "went out"
    why = f"{count(abs(gap), 'row')} {how} without an account"
    return CheckResult(
        name, Status.WARNED, "warn", "account", line=line, why=why, observed=count(abs(gap), "row"), allowed="0 rows"
    )
