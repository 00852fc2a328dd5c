"""Judging a table by many checks at once: one scan, one result a check, and one clear error where many would follow."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

from nbops.checks.model import Check, RowCheck
from nbops.checks.unopened import Unopened
from nbops.checks.verdict import Verdict
from nbops.errors import NbopsError, UsageError, did_you_mean
from nbops.frames.conditions import Condition, Per, Stat
from nbops.frames.masking import COVERED, is_masked, masking
from nbops.frames.reading import Unmeasured, attempt
from nbops.frames.scan import Scan
from nbops.frames.tables import shortened
from nbops.records import CheckKind, CheckResult, Status

__all__ = ["judge_table", "result_name", "tried"]

_PASSED = Verdict(Status.PASSED)
_LONGEST = 2_000  # a table of thousands of columns, or a column whose name is a page
_COUNTS = frozenset({
    "rows", "columns", "types", "nulls", "null_share", "distinct", "distinct_share", "singleton_share", "entropy",
    "zeros", "negatives", "mode_share", "correlation", "cramers_v", "mutual_information",
})  # fmt: skip


def judge_table(
    table: Any,
    checks: Sequence[Check],
    *,
    dataset: str = "",
    kind: CheckKind = "expect",
    limit: int = 5,
    masked: Sequence[str] = (),
) -> tuple[CheckResult, ...]:
    """Return the verdict of each of *checks* on *table*, in their order.

    A column that is missing is one error, that of the first check which needs it; the others are skipped, and say why.
    So is a table without rows.

    Args:
        table: A frame of any library.
        checks: What must hold.
        dataset: The table's name, which the names of the results begin with.
        kind: How the checks were written.
        limit: How many failing rows of a check to keep.
        masked: Columns whose values are not shown, beside those that the setting ``masked`` names.

    Raises:
        UsageError: *table* is no table.
    """
    start = perf_counter()
    with masking(masked):
        verdicts = _verdicts(table, checks, limit)
    each = (perf_counter() - start) / max(1, len(checks))
    names = _unique(result_name(check, dataset) for check in checks)
    return tuple(
        _result(check, verdict, name, kind, each) for check, verdict, name in zip(checks, verdicts, names, strict=True)
    )


def _verdicts(table: Any, checks: Sequence[Check], limit: int) -> list[Verdict]:
    try:
        scan = Scan(table)
    except UsageError:
        raise
    except NbopsError as problem:  # a table whose source has gone
        why = problem.what
        return [verdict or _PASSED for verdict in _once(checks, ["the table"] * len(checks), lambda _: why)]
    return _Judging(scan, limit).verdicts(checks)


def result_name(check: Check, dataset: str = "") -> str:
    """Return the stable name of a check's result: its own, or ``dataset.columns.kind``."""
    if check.name:
        return check.name
    return ".".join(part for part in (dataset, "+".join(map(str, check.looks_at)), check.kind) if part)


def tried(check: Check, **columns: list[Any]) -> str:
    """Return what *check* says of a small table, as text; for examples and tests.

    Example:
        >>> from nbops.checks.completeness import NotNull
        >>> tried(NotNull("id"), id=[1, None])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """
    import pandas

    (result,) = judge_table(pandas.DataFrame(columns), [check])
    return f"{result.status}: {result.why}".removesuffix(": ")


class _Judging:
    def __init__(self, scan: Scan, limit: int) -> None:
        self._scan = scan
        self._limit = limit
        self._told: set[str] = set()

    def verdicts(self, checks: Sequence[Check]) -> list[Verdict]:
        measures = [self._measures(check) for check in checks]
        problems = self._problems(checks, measures)
        wanted = [
            measure
            for one, problem in zip(measures, problems, strict=True)
            if not problem and not isinstance(one, Unmeasured)
            for measure in one.values()
            if not isinstance(measure, Stat) or measure.name not in ("columns", "types")
        ]
        seen = {
            **self._scan.measure(wanted),
            Stat("columns"): self._scan.names,
            Stat("types"): self._scan.types if any(not check.needs_rows for check in checks) else {},
        }
        rows = self._scan.measure([Stat("rows")])[Stat("rows")]
        empty = self._empty(checks, rows)
        return [
            problem or nothing or self._verdict(check, one, seen)
            for check, one, problem, nothing in zip(checks, measures, problems, empty, strict=True)
        ]

    def _measures(self, check: Check) -> Any:
        other = getattr(check, "other", None)
        return Unmeasured(other.why) if isinstance(other, Unopened) else attempt(check.measures)

    def _verdict(self, check: Check, measures: Any, seen: Mapping[Any, Any]) -> Verdict:
        if isinstance(measures, Unmeasured):
            return Verdict(Status.ERROR, measures.why)
        found = {name: seen[measure] for name, measure in measures.items()}
        for value in found.values():
            if isinstance(value, Unmeasured):
                return _unjudged(check, value)
        verdict = attempt(lambda: check.judge({**found, "kind_of": self._scan.kind}))
        if isinstance(verdict, Unmeasured):
            return _unjudged(check, verdict)
        condition = check.failing() if verdict.status is Status.FAILED else None
        if condition is not None and self._limit and not verdict.examples.rows:
            verdict = replace(verdict, examples=self._scan.examples(condition, self._limit))
        return _covered(check, measures, verdict)

    # ── what makes many checks fail at once ──────────────────────────────────────────────────────────────────────

    def _problems(self, checks: Sequence[Check], measures: Sequence[Any]) -> list[Verdict | None]:
        """Return for each check why its columns cannot be judged; told in full once for each column."""
        names, repeated = set(self._scan.names), self._scan.repeated
        wrong = [
            None
            if isinstance(one, Unmeasured)
            else next((column for column in check.looks_at if column not in names or column in repeated), None)
            for check, one in zip(checks, measures, strict=True)
        ]
        told = _once(checks, wrong, self._column_problem)
        if any(check.kind == "distinct_columns" for check in checks):  # which says it, and is the one failure
            told = [
                Verdict(Status.SKIPPED, f"not judged: {self._column_problem(column)}")
                if column is not None and column in repeated
                else verdict
                for verdict, column in zip(told, wrong, strict=True)
            ]
        return told

    def _column_problem(self, column: str) -> str:
        if column in self._scan.repeated:
            return f"the table has several columns named {column!r}: nobody knows which is meant"
        near = did_you_mean(str(column), [str(name) for name in self._scan.names])
        return f"the table has no column {column!r}; {near}"

    def _empty(self, checks: Sequence[Check], rows: Any) -> list[Verdict | None]:
        if isinstance(rows, Unmeasured):
            return _once(checks, ["the table"] * len(checks), lambda _: f"the table cannot be read: {rows.why}")
        if rows:
            return [None] * len(checks)
        wrong = ["the table" if check.needs_rows and not check.allow_empty else None for check in checks]
        found = _once(checks, wrong, lambda _: "the table has no rows: nothing to judge")
        passed = [check.needs_rows and check.allow_empty for check in checks]
        return [_PASSED if good else verdict for good, verdict in zip(passed, found, strict=True)]


def _unjudged(check: Check, problem: Unmeasured) -> Verdict:
    """Return the verdict on what raised; libraries put the values at fault into their errors."""
    is_told = not any(is_masked(column) for column in check.looks_at)
    why = problem.why if is_told else "the reason may hold a value of a masked column"
    return Verdict(Status.ERROR, f"it could not be judged: {why}")


def _covered(check: Check, measures: Mapping[str, Any], verdict: Verdict) -> Verdict:
    """Return the verdict without the values of masked columns; how many rows fail shows none of them."""
    if not verdict.observed or not any(is_masked(column) for column in check.looks_at):
        return verdict
    measured = measures.values()
    shows = any(isinstance(one, (Stat, Per)) and not _is_count(one) for one in measured) or (
        not isinstance(check, RowCheck) and any(isinstance(one, Condition) for one in measured)
    )
    if not shows:
        return verdict
    allowed = COVERED if getattr(check, "other", None) is not None and verdict.allowed else verdict.allowed
    return replace(verdict, observed=COVERED, allowed=allowed, why="it is out of bounds" if verdict.why else "")


def _is_count(measure: Stat | Per) -> bool:
    """Whether a number tells how many rows or values there are, and nothing of what they are."""
    if isinstance(measure, Per):
        return not measure.by and (isinstance(measure.what, Condition) or _is_count(measure.what))
    return measure.name in _COUNTS


def _once(checks: Sequence[Check], wrong: Sequence[str | None], tell: Callable[[str], str]) -> list[Verdict | None]:
    """Return an error for one check of each *wrong* thing, the first that may stop, and skip the others."""
    first: dict[str, int] = {}
    for at, (check, thing) in enumerate(zip(checks, wrong, strict=True)):
        if thing is not None and (
            thing not in first or (checks[first[thing]].severity == "warn" and check.severity == "fail")
        ):
            first[thing] = at
    verdicts: list[Verdict | None] = []
    for at, thing in enumerate(wrong):
        if thing is None:
            verdicts.append(None)
        elif first[thing] == at:
            verdicts.append(Verdict(Status.ERROR, tell(thing)))
        else:
            verdicts.append(Verdict(Status.SKIPPED, f"not judged: {tell(thing)}"))
    return verdicts


def _unique(names: Iterable[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = count = seen.get(name, 0) + 1
        found.append(sys.intern(name) if count == 1 else f"{name} ({count})")
    return found


def _result(check: Check, verdict: Verdict, name: str, kind: CheckKind, seconds: float) -> CheckResult:
    is_softer = check.severity == "warn" and verdict.status is Status.FAILED
    return CheckResult(
        name=name,
        status=Status.WARNED if is_softer else verdict.status,
        severity=check.severity,
        kind=kind,
        message=f"{check.title}{check.scope}" if verdict.status is not Status.PASSED else "",
        why=shortened(verdict.why, _LONGEST),
        observed=verdict.observed,
        allowed=verdict.allowed,
        rows=verdict.rows,
        failing=verdict.failing,
        nulls=verdict.nulls,
        examples=verdict.examples,
        seconds=seconds,
        unit=verdict.unit,
        share=verdict.share,
    )
