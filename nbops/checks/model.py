"""What a check is: it says what to measure, judges the numbers, and points at the failing rows.

A check holds no data and touches no table; the scan measures for all checks of a table at once. Most checks are one of
two forms: :class:`RowCheck`, whose every row must meet a condition, and :class:`NumberCheck`, one number within bounds.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.verdict import Verdict
from nbops.errors import UsageError
from nbops.frames.comparing import is_below
from nbops.frames.conditions import Condition, Stat, Within
from nbops.frames.expressions import parse_expression
from nbops.frames.tables import short
from nbops.records import Severity, Status
from nbops.registry import Registry
from nbops.stats.tolerance import read_tolerance

__all__ = ["CHECKS", "Check", "NumberCheck", "RowCheck", "bounds_text", "check", "refuse_bounds"]

CHECKS: Registry[type[Check]] = Registry("check")
_SEVERITIES = ("fail", "warn")


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
        if self.severity not in _SEVERITIES:
            raise UsageError(f"unknown severity {self.severity!r}", where=self.kind, fix="'fail' or 'warn'")
        self.validate()

    def validate(self) -> None:
        """Refuse arguments that cannot be meant.

        Raises:
            UsageError: One cannot.
        """

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The columns that it looks at; it is not judged when one of them is missing."""
        found: dict[str, None] = {}
        for measure in self.measures().values():
            names = measure.columns if isinstance(measure, Condition) else (measure.column,)
            found |= dict.fromkeys(name for name in names if name != "")
        return tuple(found)

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return what must be measured, by the names that :meth:`judge` knows it by."""
        raise NotImplementedError

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return the verdict on what was measured."""
        raise NotImplementedError

    def failing(self) -> Condition | None:
        """Return the condition that failing rows fail; None when no single row can be blamed."""
        return None

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.looks_at))} {self.kind}".strip()


@dataclass(frozen=True, kw_only=True)
class RowCheck(Check):
    """Every row must meet a condition.

    Args:
        allow: How many rows may fail: a whole number of rows, or a share below 1.
        usual: Instead of *allow*, what a baseline tells of it, as ``rate(3, 48213) risk 2e-05``: then as many rows may
            fail as chance explains in a table of so many rows.
        where: Only rows for which this expression is true are judged.
    """

    judges_nulls: ClassVar[bool] = False

    allow: float = 0
    usual: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        """Read the tolerance and the restriction."""
        if self.usual:
            read_tolerance(self.usual)
            if self.allow:
                raise UsageError("allow and usual are two tolerances", where=self.kind, fix="give one of them")
        if isinstance(self.allow, bool) or not isinstance(self.allow, (int, float)) or not self.allow >= 0:
            fix = "a number of rows, as 10, or a share, as 0.01"
            raise UsageError(f"allow must not be {self.allow!r}", where=self.kind, fix=fix)
        if isinstance(self.allow, float) and self.allow > 1:
            raise UsageError(f"a share of {self.allow:g} is more than all", where=self.kind, fix="allow=0.01 is 1 %")
        if self.where:
            parse_expression(self.where)
        super().__post_init__()

    def condition(self) -> Condition:
        """Return what must hold in every row."""
        raise NotImplementedError

    def failing(self) -> Condition:
        """Return the condition, restricted to the rows that are meant."""
        return Within(self.condition(), self.where) if self.where else self.condition()

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the count of failing rows, and of nulls."""
        wanted: dict[str, Stat | Condition] = {"failing": self.failing(), "rows": Stat("rows")}
        columns = self.condition().columns
        if len(columns) == 1:
            wanted["nulls"] = Stat("nulls", columns[0])
        return wanted

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether few enough rows fail."""
        failing, rows, nulls = seen["failing"].failing, seen["failing"].rows, seen.get("nulls")
        if not self.allow_empty and (rows == 0 or (nulls == seen["rows"] and not self.judges_nulls)):
            nothing = f"all {nulls:,} rows are null" if rows else f"no row is {self.where}"
            return Verdict(Status.ERROR, f"{nothing}: nothing to judge", rows=rows, nulls=nulls)
        limit, allowed = self._limit(rows)
        status = Status.PASSED if failing <= limit else Status.FAILED
        share = f" ({_percent(failing, rows)})" if failing else ""
        why = "" if status is Status.PASSED else f"{failing:,} of {rows:,} rows fail{share}, allowed are {allowed}"
        return Verdict(status, why, f"{failing:,} rows{share}", rows, failing, nulls, allowed=allowed)

    def _limit(self, rows: int) -> tuple[int, str]:
        """Return how many of *rows* may fail, and in words."""
        if self.usual:
            limit = read_tolerance(self.usual).allowed(rows)
            return limit, f"{limit:,} rows (as the baseline tells)"
        if isinstance(self.allow, int):
            return self.allow, f"{self.allow:,} rows"
        limit = int(self.allow * rows + 1e-9)
        return limit, f"{limit:,} rows ({self.allow:.4g} of all)"


@dataclass(frozen=True, kw_only=True)
class NumberCheck(Check):
    """One number about the table must lie within its bounds, ``low`` and ``high``; one that is None is open."""

    unit: ClassVar[str] = ""

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

    def measures(self) -> Mapping[str, Stat | Condition]:
        """Return the one number."""
        return {"number": self.number(), "rows": Stat("rows")}

    def judge(self, seen: Mapping[str, Any]) -> Verdict:
        """Return whether the number lies within the bounds."""
        return self.judge_number(seen["number"], seen["rows"])

    def judge_number(self, value: Any, rows: int) -> Verdict:
        """Return whether *value* lies within the bounds."""
        if value is None:
            passed = Status.PASSED if self.allow_empty else Status.ERROR
            return Verdict(passed, "" if self.allow_empty else f"all {rows:,} rows are null: nothing to judge")
        if isinstance(value, float) and value != value:  # noqa: PLR0124 - NaN alone differs from itself
            return Verdict(Status.ERROR, "it is not a number: infinities in the column leave nothing to judge")
        low, high = self.bounds
        observed, allowed = _with_unit(value, self.unit), bounds_text(low, high, self.unit)
        holds = (low is None or not is_below(value, low)) and (high is None or not is_below(high, value))
        if holds:
            return Verdict(Status.PASSED, observed=observed, allowed=allowed)
        return Verdict(Status.FAILED, f"it is {observed}, allowed is {allowed}", observed, allowed=allowed)

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
    return f"{share:.1%}" if share >= 0.001 else f"{share:.2g}"
