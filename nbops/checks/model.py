"""What a check is: it says what to measure, judges the numbers, and points at the failing rows.

A check holds no data and touches no table; the scan measures for all checks of a table at once. Most checks are one of
two forms: :class:`RowCheck`, whose every row must meet a condition, and :class:`NumberCheck`, one number within bounds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar

from nbops.checks.tolerance import Tolerance, allowed_rows, check_tolerance, tolerance_text
from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.comparing import is_below
from nbops.frames.conditions import Condition, Per, Stat, Within
from nbops.frames.expressions import parse_expression
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.tables import short
from nbops.records import Severity, Status
from nbops.registry import Registry
from nbops.stats.tolerance import read_tolerance

__all__ = [
    "CHECKS",
    "Check",
    "Measure",
    "NumberCheck",
    "RowCheck",
    "bounds_text",
    "check",
    "group_text",
    "listed",
    "refuse_bounds",
]

CHECKS: Registry[type[Check]] = Registry("check")
Measure = Stat | Condition | Per
_SEVERITIES = ("fail", "warn")
_SINGLE = ("str", "bool", "int", "float")
_MANY = (list, tuple, set, dict)
_MOST_GROUPS = 5


@dataclass(frozen=True, kw_only=True)
class Check:
    """Something that must hold for a table.

    Args:
        severity: What it means when it does not: ``fail`` stops a step, ``warn`` is only recorded.
        name: Its name, stable between runs; made of the columns and the kind when empty.
        allow_empty: Whether it passes when there is nothing to judge: no rows, or only nulls. Otherwise that is an
            error.
    """

    kind: ClassVar[str] = ""
    needs_rows: ClassVar[bool] = True

    severity: Severity = "fail"
    name: str = ""
    allow_empty: bool = False

    def __post_init__(self) -> None:
        """Turn lists into tuples, and refuse what cannot be meant."""
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if str(field.type).startswith("tuple[") and not isinstance(value, tuple):
                found = tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
                object.__setattr__(self, field.name, found)
            elif str(field.type) in _SINGLE and isinstance(value, _MANY):
                raise UsageError(f"{field.name} is one value, no list: {short(value)}", where=self.kind, fix="name one")
            elif str(field.type) == "bool" and isinstance(value, str):
                raise UsageError(f"{field.name}: {value!r} is neither true nor false", where=self.kind, fix="true")
        if self.severity not in _SEVERITIES:
            raise UsageError(f"unknown severity {self.severity!r}", where=self.kind, fix="'fail' or 'warn'")
        self.validate()

    def validate(self) -> None:
        """Refuse arguments that cannot be meant.

        Raises:
            UsageError: One cannot.
        """

    @cached_property
    def looks_at(self) -> tuple[str, ...]:
        """The columns that it looks at; it is not judged when one of them is missing."""
        found: dict[str, None] = {}
        for measure in self.measures().values():
            found |= dict.fromkeys(measure.columns)
        return tuple(found)

    def measures(self) -> Mapping[str, Measure]:
        """Return what must be measured, by the names that :meth:`judge` knows it by."""
        raise NotImplementedError

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return the verdict on what was measured."""
        raise NotImplementedError

    def failing(self) -> Condition | None:
        """Return the condition that failing rows fail; None when no single row can be blamed."""
        return None

    def all_null(self, rows: int) -> Verdict:
        """Return the verdict on *rows* that are all null: nothing can be judged, unless that is allowed."""
        if self.allow_empty:
            return Verdict(Status.PASSED)
        return Verdict(Status.ERROR, f"all {rows:,} rows are null: nothing to judge")

    @property
    def scope(self) -> str:
        """Which rows it is about, as the end of a sentence; empty: all."""
        return ""

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.looks_at))} {self.kind}".strip()


@dataclass(frozen=True, kw_only=True)
class RowCheck(Check):
    """Every row must meet a condition.

    Args:
        allow: How many rows may fail: a whole number of rows, a share below 1, or a budget, ``"1% at 0.001"``: a share
            in the long run that chance exceeds so seldom.
        usual: Instead of *allow*, what a baseline tells of it, as ``rate(3, 48213) risk 2e-05``: then as many rows may
            fail as chance explains in a table of so many rows.
        where: Only rows for which this expression is true are judged.
        by: The columns whose values make groups of rows; what is allowed is allowed in each group.
    """

    judges_nulls: ClassVar[bool] = False

    allow: Tolerance = 0
    usual: str = ""
    where: str = ""
    by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Read the tolerance and the restriction."""
        if self.usual:
            read_tolerance(self.usual)
            if self.allow or self.by:
                other = "allow" if self.allow else "by"
                raise UsageError(f"{other} and usual do not go together", where=self.kind, fix="give one of them")
        check_tolerance(self.allow, self.kind)
        if self.where:
            parse_expression(self.where)
        super().__post_init__()

    def condition(self) -> Condition:
        """Return what must hold in every row."""
        raise NotImplementedError

    def failing(self) -> Condition:
        """Return the condition, inside its groups, restricted to the rows that are meant."""
        condition = self.condition().grouped(self.by) if self.by else self.condition()
        return Within(condition, self.where) if self.where else condition

    def measures(self) -> Mapping[str, Measure]:
        """Return the count of failing rows, and of nulls; of each group, too."""
        failing = self.failing()
        wanted: dict[str, Measure] = {"failing": failing, "rows": Stat("rows")}
        columns = self.condition().columns
        if len(columns) == 1:
            wanted["nulls"] = Stat("nulls", columns[0])
        if self.by:
            wanted["groups"] = Per(failing, self.by)
        return wanted

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether few enough rows fail."""
        failing, rows, nulls = seen["failing"].failing, seen["failing"].rows, seen.get("nulls")
        if not self.allow_empty and (rows == 0 or (nulls == seen["rows"] and not self.judges_nulls)):
            nothing = f"all {nulls:,} rows are null" if rows else f"no row is {self.where}"
            return Verdict(Status.ERROR, f"{nothing}: nothing to judge", rows=rows, nulls=nulls)
        if self.by:
            found = self._judge_groups(seen["groups"], failing)
            return replace(found, rows=rows, nulls=nulls, share=failing / rows if rows else None)
        limit, allowed = self._limit(rows)
        status = Status.PASSED if failing <= limit else Status.FAILED
        share = f" ({_percent(failing, rows)})" if failing else ""
        why = "" if status is Status.PASSED else f"{failing:,} of {rows:,} rows fail{share}, allowed are {allowed}"
        return Verdict(
            status, why, f"{failing:,} rows{share}", rows, failing, nulls, allowed=allowed, unit="rows",
            share=failing / rows if rows else None
        )  # fmt: skip

    def _judge_groups(self, groups: Mapping[Any, Any], failing: int) -> Verdict:
        bad = {key: one for key, one in groups.items() if one.failing > allowed_rows(self.allow, one.rows)}
        told = [f"{group_text(self.by, key)} ({one.failing:,} of {one.rows:,})" for key, one in bad.items()]
        allowed = "no rows of a group" if self.allow == 0 else f"{self.allow} of each group"
        why = f"{len(bad):,} of {len(groups):,} groups fail: {listed(told)}" if bad else ""
        status = Status.FAILED if bad else Status.PASSED
        observed = f"{failing:,} rows in {len(bad):,} groups"
        return Verdict(status, why, observed, failing=failing, allowed=allowed, unit="rows")

    @property
    def scope(self) -> str:
        """Which rows it is about, as the end of a sentence."""
        return _scope(self.where, self.by)

    def _limit(self, rows: int) -> tuple[int, str]:
        """Return how many of *rows* may fail, and in words."""
        if self.usual:
            limit = read_tolerance(self.usual).allowed(rows)
            return limit, f"{limit:,} rows (as the baseline tells)"
        limit = allowed_rows(self.allow, rows)
        return limit, tolerance_text(self.allow, limit)


@dataclass(frozen=True, kw_only=True)
class NumberCheck(Check):
    """One number about the table must lie within its bounds, ``low`` and ``high``; one that is None is open.

    Args:
        where: Only rows for which this expression is true are measured.
        by: The columns whose values make groups of rows; the number of each group must lie within the bounds.
    """

    unit: ClassVar[str] = ""

    where: str = ""
    by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Read the restriction."""
        if self.where:
            parse_expression(self.where)
        super().__post_init__()

    @property
    def bounds(self) -> tuple[Any, Any]:
        """The low and the high bound."""
        return self.low, self.high  # type: ignore[attr-defined]

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        refuse_bounds(*self.bounds, self.kind)

    def number(self) -> Stat:
        """Return what is measured."""
        raise NotImplementedError

    def measures(self) -> Mapping[str, Measure]:
        """Return the one number, or that of each group."""
        number: Measure = self.number()
        if self.where or self.by:
            number = Per(self.number(), self.by, self.where)
        return {"number": number, "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether the number lies within the bounds."""
        if not self.by:
            return self.judge_number(seen["number"], seen["rows"])
        groups = seen["number"]
        if not groups and not self.allow_empty:
            return Verdict(Status.ERROR, f"no row is {self.where}: nothing to judge")
        each = {key: self.judge_number(value, seen["rows"]) for key, value in groups.items()}
        for status in (Status.FAILED, Status.ERROR):
            bad = {key: one for key, one in each.items() if one.status is status}
            if bad:
                told = [f"{group_text(self.by, key)} ({one.observed or one.why})" for key, one in bad.items()]
                verb = "fail" if status is Status.FAILED else "cannot be judged"
                why = f"{len(bad):,} of {len(each):,} groups {verb}: {listed(told)}"
                return Verdict(status, why, listed(told), allowed=bounds_text(*self.bounds, self.unit), unit=self.unit)
        return Verdict(Status.PASSED, observed=f"{len(each):,} groups", allowed=bounds_text(*self.bounds, self.unit))

    def judge_number(self, value: Any, rows: int) -> Verdict:
        """Return whether *value* lies within the bounds."""
        if value is None:
            passed = Status.PASSED if self.allow_empty else Status.ERROR
            return Verdict(passed, "" if self.allow_empty else self.nothing(rows))
        if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN alone differs from itself
            return Verdict(Status.ERROR, "it is not a number: infinities in the column leave nothing to judge")
        low, high = self.bounds
        observed, allowed = _with_unit(value, self.unit), bounds_text(low, high, self.unit)
        holds = (low is None or not is_below(value, low)) and (high is None or not is_below(high, value))
        if holds:
            return Verdict(Status.PASSED, observed=observed, allowed=allowed, unit=self.unit)
        why = f"it is {observed}, allowed is {allowed}"
        return Verdict(Status.FAILED, why, observed, allowed=allowed, unit=self.unit)

    def nothing(self, rows: int) -> str:
        """Return why there is no number."""
        return "too few values for it" if self.where or self.by else f"all {rows:,} rows are null: nothing to judge"

    @property
    def scope(self) -> str:
        """Which rows it is about, as the end of a sentence."""
        return _scope(self.where, self.by)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        of = f" of {', '.join(map(str, self.looks_at))}" if self.looks_at else ""
        return f"{self.kind.replace('_', ' ')}{of} is {bounds_text(*self.bounds, self.unit)}"


def check(kind: str) -> Any:
    """Return the decorator that adds a class to the vocabulary as *kind*; see ``docs/adding_a_check.md``."""

    def add(made: type[Check]) -> type[Check]:
        made.kind = kind
        return CHECKS.register(kind)(made)

    return add


def refuse_bounds(low: Any, high: Any, where: str, *, needs_one: bool = True) -> None:
    """Refuse bounds that nothing can lie between.

    Raises:
        UsageError: They stand the wrong way round, cannot be compared, or there is none.
    """
    if low is None and high is None:
        if needs_one:
            raise UsageError("there is neither a low nor a high bound", where=where, fix="low=0 or high=100")
        return
    if any(isinstance(bound, float) and bound != bound for bound in (low, high)):  # noqa: PLR0124 - NaN alone
        raise UsageError("NaN is no bound: nothing lies below or above it", where=where, fix="leave the bound out")
    if low is None or high is None:
        return
    try:
        is_wrong = is_below(high, low)
    except TypeError as error:
        raise UsageError(f"{low!r} and {high!r} cannot be compared", where=where, fix="give both one type") from error
    if is_wrong:
        raise UsageError(f"low {low!r} is above high {high!r}", where=where, fix=f"low={high!r}, high={low!r}")


def bounds_text(low: Any, high: Any, unit: str = "") -> str:
    """Return bounds in words.

    Example:
        >>> bounds_text(0, None), bounds_text(1, 5000), bounds_text(3, 3, "rows")
        ('at least 0', 'between 1 and 5,000', '3 rows')
    """
    if low is not None and low == high:
        return _with_unit(low, unit)
    if low is None:
        return f"at most {_with_unit(high, unit)}"
    if high is None:
        return f"at least {_with_unit(low, unit)}"
    return f"between {_number(low)} and {_with_unit(high, unit)}"


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value) if not isinstance(value, str) else value
    return f"{value:,}" if isinstance(value, int) else short(value)


def _with_unit(value: Any, unit: str) -> str:
    return f"{_number(value)} {unit}".strip()


def _percent(part: int, whole: int) -> str:
    share = part / whole if whole else 0
    return f"{share:.1%}" if share >= 0.001 else f"{100 * share:.2g}%"


def group_text(by: tuple[str, ...], key: tuple[Any, ...]) -> str:
    """Return the name of a group of rows.

    Example:
        >>> group_text(("country", "year"), ("DE", 2025))
        'country=DE, year=2025'
    """
    parts = [COVERED if is_masked(column) else short(value) for column, value in zip(by, key, strict=True)]
    return ", ".join(f"{column}={part}" for column, part in zip(by, map(_bare, parts), strict=True))


def _bare(text: str) -> str:
    return text[1:-1] if text[:1] == text[-1:] == "'" else text


def listed(told: list[str]) -> str:
    """Return the first of *told*, and that there are more."""
    return "; ".join(told[:_MOST_GROUPS]) + ("; …" if len(told) > _MOST_GROUPS else "")


def _scope(where: str, by: tuple[str, ...]) -> str:
    return (f" where {where}" if where else "") + (f" for each {', '.join(map(str, by))}" if by else "")
