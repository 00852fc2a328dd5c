"""The records that cross a boundary, and the collector of the step that is running.

A record is a frozen dataclass of plain values. It is written as one JSON object with its kind and the
version of the format (:func:`to_json`), and read back by any nbops of the same or a newer version
(:func:`from_json`): fields that a reader does not know are left out, fields that an older writer did not
know take their defaults, a newer version is an error and never a guess.

How the records of a run follow each other::

    RunStarted ─► (StepStarted ─► StepFinished)* ─► RunFinished       Heartbeat while it lives, Act by people
                                      └► DatasetSeen, for each table that the step left, a little later

A ``SourceSeen`` is about no run: it is what a look at a source found.

A step may have several *parts*: one for each cell that continues it, and one for each ``%%test`` cell.
:func:`merge_parts` makes one step of them.
"""

from __future__ import annotations

import contextvars
import dataclasses
import functools
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

from nbops.errors import HubVersionError

__all__ = [
    "FORMAT_VERSION",
    "STEP_MIME",
    "AccountedTables",
    "Act",
    "CellKind",
    "CheckKind",
    "CheckResult",
    "Collector",
    "ColumnSeen",
    "DatasetSeen",
    "EntryKind",
    "Examples",
    "Failure",
    "Heartbeat",
    "Metric",
    "PointOut",
    "Record",
    "RowAccount",
    "RowEntry",
    "RunFinished",
    "RunKind",
    "RunStarted",
    "Severity",
    "SourceGate",
    "SourceSeen",
    "Status",
    "StepFinished",
    "StepStarted",
    "Table",
    "WarningSeen",
    "collecting",
    "current_collector",
    "encodable",
    "from_json",
    "merge_parts",
    "to_json",
    "worst",
]

FORMAT_VERSION = 1
STEP_MIME = "application/vnd.nbops.step+json"

Severity = Literal["fail", "warn"]
CheckKind = Literal["assert", "expect", "called", "rule", "account"]
CellKind = Literal["step", "test"]
RunKind = Literal["batch", "session"]
EntryKind = Literal["dropped", "merged", "left", "added", "aside"]


class Status(StrEnum):
    """What became of a run, a step or a test.

    *failed* says that the data were judged wrong, *error* that nothing could be judged. Both stop a gate.
    """

    PENDING = "pending"
    RUNNING = "running"
    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to what has this status."""
        return self not in (Status.PENDING, Status.RUNNING)

    @property
    def is_good(self) -> bool:
        """Whether what has this status ran and may be built upon."""
        return self in (Status.PASSED, Status.WARNED)

    @property
    def is_bad(self) -> bool:
        """Whether what has this status stops a gate."""
        return self in (Status.FAILED, Status.ERROR, Status.INTERRUPTED, Status.REFUSED)

    @property
    def exit_code(self) -> int:
        """The exit code of a command whose verdict this is: 0 good, 1 judged bad, 2 could not be judged, 3 refused."""
        return _EXIT_CODES.get(self, 2)


_EXIT_CODES = {Status.PASSED: 0, Status.WARNED: 0, Status.SKIPPED: 0, Status.FAILED: 1, Status.REFUSED: 3}

_BADNESS = {
    status: rank
    for rank, status in enumerate(
        (
            Status.SKIPPED,
            Status.PASSED,
            Status.PENDING,
            Status.RUNNING,
            Status.WARNED,
            Status.FAILED,
            Status.ERROR,
            Status.INTERRUPTED,
            Status.REFUSED,
        )
    )
}


def worst(statuses: Iterable[Status], default: Status = Status.PASSED) -> Status:
    """Return the worst of *statuses*, or *default* when there is none.

    Example:
        >>> worst([Status.PASSED, Status.FAILED, Status.WARNED])
        <Status.FAILED: 'failed'>
        >>> worst([])
        <Status.PASSED: 'passed'>
    """
    return max(statuses, key=_BADNESS.__getitem__, default=default)


@dataclass(frozen=True, slots=True)
class Table:
    """The shape of one table that went into or came out of a step.

    Args:
        name: The variable's name.
        kind: What it is, as ``pandas.DataFrame``.
        rows: How many rows; None when unknown (a lazy frame that nothing counted).
        columns: How many columns; None for one column (a Series) or when unknown.
        column_names: The first 200 names, as text.
        column_types: Their types, as the library prints them, in the same order.
        nulls: How many nulls each of them holds, in the same order; empty when nobody counted.
    """

    name: str
    kind: str
    rows: int | None = None
    columns: int | None = None
    column_names: tuple[str, ...] = ()
    column_types: tuple[str, ...] = ()
    nulls: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Examples:
    """The first failing rows of a test: cells as shortened text, None for a null.

    Args:
        columns: Column names, in order.
        labels: The label or position of each row.
        rows: One tuple of cells for each label.
    """

    columns: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The verdict of one test.

    Args:
        name: Its name, stable between runs: the message, the f-string's template, or the source.
        status: passed, warned, failed, error or skipped.
        severity: What a failure means: ``fail`` stops the step, ``warn`` is only recorded.
        kind: How it was written: ``assert``, ``expect``, ``called`` (a failing assertion inside a function or
            ``pd.testing``), ``rule`` or ``account``.
        line: The line in the cell, counted from 1; None when unknown.
        source: The expression as written.
        message: The author's message, with its values filled in.
        why: What was seen, in words; empty when it passed.
        observed: The value seen, with its unit, as text.
        allowed: The value allowed, with its unit, as text.
        rows: How many rows were judged; None for a test of one value.
        failing: How many of them failed, nulls included.
        nulls: How many of them were null.
        examples: The first failing rows.
        seconds: How long it took.
        count: How many times it was evaluated (a test in a loop).
        unit: What *observed* and *allowed* count, as ``rows``; empty when they are plain values.
        share: The share of the judged rows that failed, 0 to 1; None for a test of one value.
    """

    name: str
    status: Status
    severity: Severity = "fail"
    kind: CheckKind = "assert"
    line: int | None = None
    source: str = ""
    message: str = ""
    why: str = ""
    observed: str = ""
    allowed: str = ""
    rows: int | None = None
    failing: int | None = None
    nulls: int | None = None
    examples: Examples = Examples()
    seconds: float = 0.0
    count: int = 1
    unit: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class RowEntry:
    """One item of an account: rows that were counted for one reason.

    Args:
        reason: Why, in the author's words, as ``cancelled``.
        rows: How many; None when only a computation could tell.
        kind: What became of them: ``dropped`` from the data, ``merged`` into others, ``left`` behind in the table that
            they came from (a view), ``added`` to the data; ``aside`` is counted and changes nothing.
        note: What else there is to say of them, one sentence.
        examples: Some of them.
        kept: How many of them the run keeps as a table (``nbops.excluded``); 0 when it keeps none.
    """

    reason: str
    rows: int | None = None
    kind: EntryKind = "dropped"
    note: str = ""
    examples: Examples = Examples()
    kept: int = 0

    @property
    def change(self) -> int | None:
        """By how much it changes the number of rows; None when unknown."""
        if self.kind == "aside":
            return 0
        return self.rows if self.rows is None or self.kind == "added" else -self.rows


@dataclass(frozen=True, slots=True)
class RowAccount:
    """Where the rows of a table went in one call of a row function, as ``keep``.

    Args:
        verb: The function.
        tables_in: The tables whose rows it works on: their names, as far as they have one, and rows.
        table_out: The table that it returned; its name is that of a variable at the end of the cell, or empty.
        entries: What became of the rows.
        beside: Tables that it looked at (the right side of a join).
        sources: For each of *tables_in* the place, among the accounts of the same cell, of the one whose result it is;
            -1 when it is no such result.
        line: The line of the cell that called it, counted from 1; None when unknown.
        note: What else there is to say, one sentence.
    """

    verb: str
    tables_in: tuple[Table, ...]
    table_out: Table
    entries: tuple[RowEntry, ...] = ()
    beside: tuple[Table, ...] = ()
    sources: tuple[int, ...] = ()
    line: int | None = None
    note: str = ""

    @property
    def rows_in(self) -> int | None:
        """How many rows went in; None when unknown."""
        return _sum(table.rows for table in self.tables_in)

    @property
    def unexplained(self) -> int | None:
        """By how many rows more came out than its entries explain; None when unknown.

        Example:
            >>> raw, clean = Table("raw", "pandas.DataFrame", 930), Table("clean", "pandas.DataFrame", 450)
            >>> RowAccount("keep", (raw,), clean, (RowEntry("cancelled", 472),)).unexplained
            -8
        """
        told = _sum((self.rows_in, *(entry.change for entry in self.entries)))
        return None if told is None or self.table_out.rows is None else self.table_out.rows - told


def _sum(numbers: Iterable[int | None]) -> int | None:
    known = list(numbers)
    return None if None in known else sum(number for number in known if number is not None)


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended a step or a run.

    Args:
        type: The exception's class name.
        message: Its text, shortened to 4,000 characters.
        traceback: Its lines without colours, shortened to the last 200.
        line: The line of the cell that raised, counted from 1; None when unknown.
        cell: The index of the cell in the notebook, counted from 0; None when unknown.
        fix: What to do about it; empty when nothing is known.
    """

    type: str
    message: str = ""
    traceback: tuple[str, ...] = ()
    line: int | None = None
    cell: int | None = None
    fix: str = ""


@dataclass(frozen=True, slots=True)
class WarningSeen:
    """A Python warning that a step raised.

    Args:
        category: The class of the warning.
        message: Its text.
        line: The line of the cell that raised it, counted from 1; None when other code did.
        count: How many times it was raised.
    """

    category: str
    message: str
    line: int | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that the code of a step reported by ``nbops.metric``.

    Args:
        name: Its name.
        value: The number, finite.
        unit: What it counts; empty when it is plain.
    """

    name: str
    value: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class PointOut:
    """A number of a run that lies beyond the limits that earlier runs tell of.

    Args:
        kind: What it is of: ``rows``, ``nulls``, ``seconds``, ``failing`` or ``metric``.
        name: The dataset, its column, the step, the test or the metric.
        value: The number.
        low: The lower limit.
        high: The upper limit.
        history: How many earlier points told of it.
        follows: What the limits follow: ``weekend`` or ``weekday``, ``trend``.
        unit: What the number counts.
    """

    kind: str
    name: str
    value: float
    low: float
    high: float
    history: int = 0
    follows: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class SourceGate:
    """A source that had to be there before a run.

    Args:
        source: The source's name.
        answer: ``open``, ``warned``, ``waived`` or ``refused``.
        needed_by: The steps that need it; none when the whole notebook does.
        state: What it was judged to be; empty when that is not known.
        reason: Why it is not there, or why it was waived, in one line.
        since: What is known of it from before.
        url: Where it is, without secrets.
        owner: Who answers for it.
        waited_seconds: How long the run waited for it.
    """

    source: str
    answer: str
    needed_by: tuple[str, ...] = ()
    state: str = ""
    reason: str = ""
    since: str = ""
    url: str = ""
    owner: str = ""
    waited_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run or a session began. *at* is in seconds since 1970 (UTC), here and in every record.

    Args:
        run: The run's id, 32 hexadecimal digits (people type a prefix).
        kind: ``batch`` for papermill, command line, schedule; ``session`` for cells run by hand.
        notebook: The path relative to the project root; None when it could not be found.
        identified_by: Where *notebook* comes from: ``engine``, ``jupyter``, ``vscode``, ``parent``, ``name`` or
            ``unknown``.
        env: The environment that the run belongs to: ``dev``, ``test`` or ``prod``.
        steps: The names of the steps that are to run, in order.
        parameters: Names and values as text, secrets redacted; those not given have their default as it is written.
        given: The names of the parameters that the run was given.
        source_hash: Hash of the notebook's code; empty when unknown.
        output: The executed notebook, relative to the project root when it lies in it.
        resumes: The run that this one goes on with; empty when it begins anew.
        gates: The sources that had to be there before it, and how each was found.
        launcher: What started it: ``nbops run``, ``papermill``, ``nbconvert``, ``jupyter``, ``ipython``, ``vscode`` …
        owner: Who answers for it; empty when nobody is named.
        host: The machine's name.
        pid: The process that runs it; 0 when unknown.
        boot: The machine's boot id, so that a pid is never mistaken after a restart.
        python: The version of Python.
        nbops: The version of nbops.
        packages: Versions of the packages that the run may depend on, by name.
    """

    at: float
    run: str
    kind: RunKind = "session"
    notebook: str | None = None
    identified_by: str = "unknown"
    env: str = "dev"
    steps: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    source_hash: str = ""
    output: str = ""
    launcher: str = ""
    owner: str = ""
    host: str = ""
    pid: int = 0
    boot: str = ""
    python: str = ""
    nbops: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    resumes: str = ""
    gates: tuple[SourceGate, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run ended.

    Args:
        status: Its verdict.
        reason: Why, in one line; empty when all is well.
        failure: The exception that ended it outside of every step.
        output: The executed notebook, relative to the project root when it lies in it.
        report: The report, in the same way.
        cells: How many cells it went through.
        out: The numbers of it that lie beyond the limits of their control charts.
        unwatched: Why there was no control chart to look at; empty when they were looked at, or not wanted.
    """

    at: float
    run: str
    status: Status
    reason: str = ""
    failure: Failure | None = None
    output: str = ""
    report: str = ""
    cells: int = 0
    out: tuple[PointOut, ...] = ()
    unwatched: str = ""


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A cell of a step began.

    Args:
        part: Which cell of the step, counted from 0; ``%%test`` cells count on.
        cell_kind: ``step`` or ``test``.
        attempt: Counted from 1; more than 1 after a retry or a rerun.
        cell: The cell's index in the notebook, counted from 0; None when unknown.
    """

    at: float
    run: str
    step: str
    part: int = 0
    cell_kind: CellKind = "step"
    attempt: int = 1
    cell: int | None = None
    cell_id: str = ""
    source_hash: str = ""


@dataclass(frozen=True, slots=True)
class StepFinished:
    """A cell of a step ended: everything that was measured about it.

    Args:
        seconds: Wall time.
        cpu_seconds: Time of this process, user and system.
        memory_bytes: By how much the peak of resident memory rose; None when the system cannot tell.
        tables_in: Tables that the cell read, as they were before it.
        tables_out: Tables that it made or changed, as they are after it.
        reads: Names it read.
        writes: Names it made, rebound or mutated.
        mutated: Names that changed without the dataflow having foreseen it.
        warnings: Python warnings raised in it.
        failure: The exception that ended it, also the one that failed tests raise.
        remark: ``↺ from @7f3a`` when it was restored, why it ran although it was to be, the reason of a skip, or empty.
        doc: What the step is for (``--doc``).
        owner: Who answers for it (``--owner``).
        key: Hash of everything that its result depends on; empty when that is not known.
        key_parts: What *key* is made of: a hash by the name of each thing.
        artifacts: The variables whose values are being kept under *key*.
        reuse: Why no other run takes its result; empty when ``--cache`` may.
        missed: Why ``--cache`` found no result of an earlier run for it; empty when it did, or was not asked.
        accounts: Where rows went, by each call of a row function (``keep``, ``join`` …), in their order.
        metrics: The numbers that its code reported, the last of each name.
        files_out: The files that it was seen to write and that were there at its end, relative to the project.
    """

    at: float
    run: str
    step: str
    status: Status
    part: int = 0
    cell_kind: CellKind = "step"
    attempt: int = 1
    cell: int | None = None
    cell_id: str = ""
    source_hash: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    memory_bytes: int | None = None
    tests: tuple[CheckResult, ...] = ()
    tables_in: tuple[Table, ...] = ()
    tables_out: tuple[Table, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    mutated: tuple[str, ...] = ()
    warnings: tuple[WarningSeen, ...] = ()
    failure: Failure | None = None
    remark: str = ""
    doc: str = ""
    owner: str = ""
    key: str = ""
    key_parts: Mapping[str, str] = field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    reuse: str = ""
    accounts: tuple[RowAccount, ...] = ()
    metrics: tuple[Metric, ...] = ()
    missed: str = ""
    files_out: tuple[str, ...] = ()

    @property
    def started_at(self) -> float:
        """When it began, in seconds since 1970."""
        return self.at - self.seconds


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """One column of a dataset as a run left it. It holds what the column is recognised by, and no single value.

    Args:
        name: Its name, as text; a second column of one name is told apart by its number.
        type: Its type, as its library names it.
        kind: What it holds: ``number``, ``bool``, ``text``, ``time`` or ``object``; empty when nobody looked.
        meaning: What it means, as ``key``, ``category`` or ``measure``.
        nulls: How many of all rows are null; None when nobody counted.
        distinct: How many different values the rows have that were looked at; None when nobody counted.
        values: How often each value of a column that groups rows stands there; empty where the values are many, masked
            or those of persons.
        unit: The unit that its name tells; empty when none.
        grain: The longest of ``year``, ``month``, ``day``, ``hour`` … of which all moments are the first.
        quantiles: Where its numbers lie, at 1, 5, 25, 50, 75, 95 and 99 of 100; of moments in seconds since 1970.
        shapes: How most texts are written, a letter for a letter and a digit for a digit.
        lengths: The lengths of the shortest and the longest text.
        sketch: The smallest hashes of its values, by which a column is recognised under another name.
        is_masked: Whether its values are never shown; then none of them, and nothing made of them, stands here.
    """

    name: str
    type: str = ""
    kind: str = ""
    meaning: str = ""
    nulls: int | None = None
    distinct: int | None = None
    values: Mapping[str, int] = field(default_factory=dict)
    unit: str = ""
    grain: str = ""
    quantiles: tuple[float, ...] = ()
    shapes: tuple[str, ...] = ()
    lengths: tuple[int, ...] = ()
    sketch: tuple[int, ...] = ()
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class DatasetSeen:
    """The structure of one table that a step of a batch run left.

    Args:
        step: The step.
        name: The variable.
        part: Which cell of the step left it.
        attempt: Which attempt of that cell.
        kind: What it is, as ``pandas.DataFrame``.
        rows: How many rows; None when only a computation could tell.
        looked: How many of them were looked at, evenly from all over the table.
        columns: Its columns, in order.
        keys: Sets of columns whose values together differ in all rows that were looked at.
        problem: Why no more is known; empty when all is well.
    """

    at: float
    run: str
    step: str
    name: str
    part: int = 0
    attempt: int = 1
    kind: str = ""
    rows: int | None = None
    looked: int = 0
    columns: tuple[ColumnSeen, ...] = ()
    keys: tuple[tuple[str, ...], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The process that runs *run* was alive."""

    at: float
    run: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a person did: ``stop`` a run, ``prune`` records, and the like.

    Args:
        verb: The command's verb.
        target: The run, incident or other thing it was done to.
        who: The user's name.
        reason: Why, in the user's words.
        detail: What the verb needs beside it (for ``prune``: ``before`` in seconds since 1970).
    """

    at: float
    verb: str
    target: str = ""
    who: str = ""
    reason: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """What a look at a source found, and what it was judged to be.

    Args:
        source: The source's name.
        state: ``on time``, ``early``, ``late``, ``missing``, ``repeated``, ``incomplete``, ``out of order`` or
            ``changed``; empty when it could not be judged.
        reason: Why, in one line.
        due: Until when the delivery was expected, in seconds since 1970; None when nobody knows.
        expected: From when on it was expected.
        arrived_at: When it arrived; None when it did not, or nobody knows.
        unseen_since: The last look before the delivery was there, where only looks tell when it arrived.
        key: The day that the delivery is for, as its name tells.
        fingerprint: What its content is recognised by.
        size: How many bytes it has.
        rows: How many rows it has.
        parts: How many parts are there.
        missing: The names of the parts that are not.
        trouble: Why the source could not be looked at; empty when it could.
        url: Where it is, without secrets.
        provider: Who delivers it.
        expectation: What is expected, in words.
        confidence: How sure a learned expectation is; None when it was declared.
    """

    at: float
    source: str
    state: str = ""
    reason: str = ""
    due: float | None = None
    expected: float | None = None
    arrived_at: float | None = None
    unseen_since: float | None = None
    key: str = ""
    fingerprint: str = ""
    size: int | None = None
    rows: int | None = None
    parts: int = 0
    missing: tuple[str, ...] = ()
    trouble: str = ""
    url: str = ""
    provider: str = ""
    expectation: str = ""
    confidence: float | None = None

    @property
    def run(self) -> str:
        """Under what the hub keeps it together: no run, but the source."""
        return f"source:{self.source}"


Record = RunStarted | RunFinished | StepStarted | StepFinished | DatasetSeen | Heartbeat | Act | SourceSeen
_KINDS: dict[str, type] = {kind.__name__: kind for kind in typing.get_args(Record)}


def merge_parts(parts: Iterable[StepFinished]) -> StepFinished:
    """Return one record for a step that ran in several cells; *parts* in the order of the notebook, at least one.

    Status is the worst, seconds add up, tests and warnings follow each other, a table or name is listed once
    (inputs as first seen, outputs as last seen; what an earlier part made is no input of the step).
    """
    parts = sorted(parts, key=lambda p: p.part)
    if len(parts) == 1:
        return parts[0]
    first, last = parts[0], parts[-1]
    made: set[str] = set()
    tables_in: dict[str, Table] = {}
    reads: dict[str, None] = {}
    for part in parts:
        tables_in |= {t.name: t for t in part.tables_in if t.name not in made and t.name not in tables_in}
        reads |= dict.fromkeys(name for name in part.reads if name not in made)
        made |= set(part.writes)
    return dataclasses.replace(
        first,
        at=last.at,
        status=worst(p.status for p in parts),
        seconds=sum(p.seconds for p in parts),
        cpu_seconds=sum(p.cpu_seconds for p in parts),
        memory_bytes=max((p.memory_bytes for p in parts if p.memory_bytes is not None), default=None),
        tests=tuple(t for p in parts for t in p.tests),
        tables_in=tuple(tables_in.values()),
        tables_out=tuple({t.name: t for p in parts for t in p.tables_out}.values()),
        reads=tuple(reads),
        writes=tuple(dict.fromkeys(n for p in parts for n in p.writes)),
        mutated=tuple(dict.fromkeys(n for p in parts for n in p.mutated)),
        warnings=tuple(w for p in parts for w in p.warnings),
        failure=next((p.failure for p in parts if p.failure), None),
        remark=next((p.remark for p in parts if p.remark), ""),
        accounts=tuple(_joined_accounts(parts)),
        metrics=tuple({m.name: m for p in parts for m in p.metrics}.values()),
        files_out=tuple(dict.fromkeys(file for p in parts for file in p.files_out)),
    )


def _joined_accounts(parts: Iterable[StepFinished]) -> Iterable[RowAccount]:
    """Yield the accounts of all parts, each with its sources among all of them.

    What a cell made another one goes on with, by its name, unless a cell binds the name without reading it.
    """
    first, made = 0, dict[str, int]()
    for part in parts:
        read = {*part.reads, *(table.name for table in part.tables_in)}
        for account in part.accounts:
            names = [table.name for table in account.tables_in]
            before = [made.get(name, -1) if name in read else -1 for name in names]
            sources = (s + first if s >= 0 else b for s, b in zip(account.sources, before, strict=False))
            yield dataclasses.replace(account, sources=tuple(sources))
        made = {name: at for name, at in made.items() if name in read or name not in part.writes}
        made |= {account.table_out.name: first + at for at, account in enumerate(part.accounts)}
        made.pop("", None)
        first += len(part.accounts)


def encodable(text: str) -> str:
    r"""Return *text* as it can be written and sent: half a surrogate pair, which no encoding has, is spelled out.

    So is the character of number 0, which PostgreSQL and C know only as the end of a text.

    Example:
        >>> encodable("café " + chr(0xD800)), encodable("a" + chr(0))
        ('café \\ud800', 'a\\x00')
    """
    text = text.replace("\0", "\\x00") if "\0" in text else text
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


# ── the codec ────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_json(record: Any) -> dict[str, Any]:
    """Return *record* as a JSON object with its ``kind`` and format version ``v``; defaults are left out.

    Example:
        >>> to_json(Heartbeat(at=1.0, run="7f3a"))
        {'v': 1, 'kind': 'Heartbeat', 'at': 1.0, 'run': '7f3a'}
    """
    fields = _encode(record)
    if "kind" in fields:  # of a run: the name is taken by the kind of the record
        fields["run_kind"] = fields.pop("kind")
    return {"v": FORMAT_VERSION, "kind": type(record).__name__, **fields}


def from_json(data: Mapping[str, Any]) -> Any:
    """Return the record that *data* holds.

    Raises:
        HubVersionError: It was written in a newer format, or its kind is unknown.

    Example:
        >>> from_json({"v": 1, "kind": "Heartbeat", "at": 1.0, "run": "7f3a", "new": 0})
        Heartbeat(at=1.0, run='7f3a')
    """
    version, kind = data.get("v", 1), data.get("kind", "")
    if version > FORMAT_VERSION or kind not in _KINDS:
        raise HubVersionError(
            f"record {kind!r} of format {version} is not known to this nbops (format {FORMAT_VERSION})",
            fix="pip install --upgrade nbops",
        )
    fields = {name: value for name, value in data.items() if name != "kind"}
    if "run_kind" in fields:
        fields["kind"] = fields.pop("run_kind")
    return _decode_fields(_KINDS[kind], fields)


def _encode(value: Any) -> Any:
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, (tuple, list)):
        return [_encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _encode(item) for key, item in value.items()}
    encoded = {}
    kind: type = type(value)
    for name, default in _defaults(kind):
        item = getattr(value, name)
        if item != default:
            encoded[name] = _encode(item)
    return encoded


_REQUIRED = object()


@functools.cache
def _defaults(kind: type) -> tuple[tuple[str, object], ...]:
    pairs = []
    for f in dataclasses.fields(kind):
        default = f.default if f.default is not dataclasses.MISSING else _REQUIRED
        if f.default_factory is not dataclasses.MISSING:
            default = f.default_factory()
        pairs.append((f.name, default))
    return tuple(pairs)


@functools.cache
def _types(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@functools.cache
def _decoder(wanted: Any) -> Callable[[Any], Any]:
    """Return what makes a value of the type *wanted* from JSON; found out once for each type."""
    if wanted is Status:
        return Status
    if isinstance(wanted, type) and dataclasses.is_dataclass(wanted):
        return functools.partial(_decode_fields, wanted)
    origin, args = typing.get_origin(wanted), typing.get_args(wanted)
    if origin is tuple:
        item = _decoder(args[0])
        return tuple if item is _as_is else lambda value: tuple([item(one) for one in value])
    if origin is types.UnionType:
        inner = _decoder(next(arg for arg in args if arg is not types.NoneType))
        return inner if inner is _as_is else lambda value: None if value is None else inner(value)
    return _as_is


def _decode_fields(kind: type, value: Mapping[str, Any]) -> Any:
    known = _types(kind)
    return kind(**{name: _decoder(known[name])(item) for name, item in value.items() if name in known})


def _as_is(value: Any) -> Any:
    return value


# ── the collector of the step that is running ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AccountedTables:
    """The tables that an account is about. None of them is copied for it, and none is held longer than the cell runs.

    Args:
        inputs: Those of ``tables_in``, in their order.
        output: The result.
        excluded: What returns the rows of an entry as a table, by the entry's place.
    """

    inputs: tuple[Any, ...]
    output: Any
    excluded: Mapping[int, Callable[[], Any]] = field(default_factory=dict)


class Collector(Protocol):
    """What takes the reports of the code of a cell: tests, skips, row accounts and metrics."""

    def report(self, result: CheckResult) -> None:
        """Take the verdict of one test. Raises at once when the step must stop here and now."""

    def skip(self, reason: str) -> None:
        """End the run well: there is nothing to do."""

    def hold(self, chain: object) -> bool:
        """Take a chain of checks, to be judged with its run of tests; False when it must judge itself at once."""

    def account(self, account: RowAccount, tables: AccountedTables) -> None:
        """Take the account of a call of a row function, with the tables that it is about."""

    def measure(self, metric: Metric) -> None:
        """Take a number; the last one of each name counts."""


_collector: contextvars.ContextVar[Collector | None] = contextvars.ContextVar("nbops_collector", default=None)


def current_collector() -> Collector | None:
    """Return the collector of the step that is running here, or None outside a step."""
    return _collector.get()


def collecting(collector: Collector | None) -> contextvars.Token[Collector | None]:
    """Make *collector* the current one; ``token.var.reset(token)`` undoes it."""
    return _collector.set(collector)
