"""Adding up what became of one test, which may be evaluated many times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nbops.checks.verdict import Verdict
from nbops.frames.masking import COVERED, tells_masked
from nbops.frames.masks import first_rows
from nbops.frames.tables import is_columnar, is_frame, short, told
from nbops.notebook.judge import TestSite
from nbops.records import CheckResult, Examples, Status, worst

__all__ = ["Evaluation", "Tally", "added", "as_result", "covered_why"]

_EMPTINESS = re.compile(r"(.+)\.empty|(.+)\.is_empty\(\)|len\((.+)\) == 0|not len\((.+)\)")
_LONGEST_MESSAGE = 2000
_NONE = Examples()
_UNTOLD = "the reason may hold a value of a masked column"


@dataclass(slots=True)
class Evaluation:
    """A test that is being evaluated, with the values inside it that were captured so far."""

    number: int
    began: float
    values: dict[int, object] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What became of one test so far.

    Args:
        count: How many times it was evaluated.
        bad: How many times it did not pass.
        seconds: How long that took.
        rows, failing, nulls: The rows of a row test, of all evaluations.
        worst: The first of the worst evaluations; None as long as all passed.
    """

    count: int = 0
    bad: int = 0
    seconds: float = 0.0
    rows: int | None = None
    failing: int | None = None
    nulls: int | None = None
    worst: CheckResult | None = None

    def add(self, verdict: Verdict, seconds: float) -> None:
        """Count one evaluation."""
        self.count += 1
        self.seconds += seconds
        self.rows = _sum(self.rows, verdict.rows)
        self.failing = _sum(self.failing, verdict.failing)
        self.nulls = _sum(self.nulls, verdict.nulls)

    def add_bad(self, result: CheckResult) -> None:
        """Keep *result*, the evaluation just counted, when it is worse than those before."""
        self.bad += 1
        if self.worst is None or worst([self.worst.status, result.status]) is not self.worst.status:
            self.worst = result

    def add_message(self, message: object, limit: int) -> None:
        """Give the worst evaluation, which was the last one if it has no message yet, what its author says of it.

        A table as a message, as in ``assert bad.empty, bad``, is shown by its first rows.
        """
        if self.worst is None or self.worst.message:
            return
        if is_columnar(message):
            shown = first_rows(message, limit) if is_frame(message) else _NONE
            self.worst = replace(
                self.worst,
                message=short(message),
                examples=self.worst.examples if self.worst.examples.labels else shown,
            )
        else:
            text = str(message)
            cut = text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE - 1]}…"
            self.worst = replace(self.worst, message=cut)

    def result(self, site: TestSite) -> CheckResult:
        """Return the verdict on the test at *site*."""
        result = self.worst or CheckResult(site.name, Status.PASSED, site.severity, site.kind, site.line, site.source)
        why = result.why
        if self.bad and self.count > 1:
            why = f"{self.bad:,} of {self.count:,} evaluations, the first: {why}"
        return replace(
            result,
            why=why,
            rows=self.rows,
            failing=self.failing,
            nulls=self.nulls,
            seconds=self.seconds,
            count=self.count,
        )


def _wrong_rows(site: TestSite, values: Mapping[int, object], limit: int) -> Examples:
    """Return the first rows of the table that a test like ``bad.empty`` or ``len(bad) == 0`` wanted to have none."""
    match = _EMPTINESS.fullmatch(" ".join(site.source.split()))
    text = next((part for part in match.groups() if part), "") if match else ""
    table = values.get(site.slots.index(text)) if text in site.slots else None
    return first_rows(table, limit) if is_frame(table) else _NONE


def as_result(
    site: TestSite, verdict: Verdict, values: Mapping[int, object], message: str = "", limit: int = 5
) -> CheckResult:
    """Return the record of one evaluation of the test at *site*."""
    observed, allowed = verdict.observed, site.shape.allowed
    compared = None if site.shape.limit is None else values.get(site.shape.limit)
    if compared is not None and not is_columnar(compared):
        allowed = _shown(site, site.shape.limit, short(compared))
    if verdict.rows is None and allowed and site.shape.observed is not None and site.shape.observed in values:
        observed = _shown(site, site.shape.observed, short(values[site.shape.observed]))
        if observed == allowed != COVERED and not site.shape.operator:  # 0.1 + 0.2 and 0.3 differ beyond what is shown
            observed = told(values[site.shape.observed])[:80]
            allowed = allowed if compared is None else told(compared)[:80]
    elif allowed and verdict.rows is None:
        observed = ""
    return CheckResult(
        name=site.name,
        status=verdict.status,
        severity=site.severity,
        kind=site.kind,
        line=site.line,
        source=site.source,
        message=message,
        why=covered_why(verdict.why, site.source) if _is_foreign(site, verdict) else verdict.why,
        observed=observed,
        allowed=f"{site.shape.operator} {allowed}".strip() if allowed else "",
        rows=verdict.rows,
        failing=verdict.failing,
        nulls=verdict.nulls,
        examples=verdict.examples if verdict.rows is not None else _wrong_rows(site, values, limit),
    )


def _shown(site: TestSite, slot: int | None, text: str) -> str:
    return COVERED if slot is not None and tells_masked(site.slots[slot]) else text


def _is_foreign(site: TestSite, verdict: Verdict) -> bool:
    """Whether another library worded why a test is bad; it puts the values at fault into its words."""
    return verdict.rows is None and (verdict.status is Status.ERROR or site.kind == "called")


def covered_why(why: str, source: str) -> str:
    """Return what a library said of a test, without it where *source* or the text names a masked column."""
    if not (tells_masked(source) or tells_masked(why)):
        return why
    named = why.partition(":")[0]
    return f"{named}: {_UNTOLD}" if named.isidentifier() else _UNTOLD


def added(before: CheckResult, result: CheckResult) -> CheckResult:
    """Return one result for a test that reported *before* and reports *result* now."""
    first = before if worst([before.status, result.status]) is before.status else result
    return replace(
        first,
        count=before.count + result.count,
        seconds=before.seconds + result.seconds,
        rows=_sum(before.rows, result.rows),
        failing=_sum(before.failing, result.failing),
        nulls=_sum(before.nulls, result.nulls),
    )


def _sum(before: int | None, more: int | None) -> int | None:
    return more if before is None else before + (more or 0)
