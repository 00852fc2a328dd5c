"""Data contracts of the Open Data Contract Standard, version 3: schema, library metrics, and checks of one's own.

What the standard's library has no metric for is written as a check of the engine ``nbops``, which the standard has a
place for: it comes back as it was, and tools that know no such engine leave it alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from nbops.checks.model import Check, RowCheck
from nbops.errors import UsageError
from nbops.integrations.interchange import CannotCarry, Dialect, Exported, dump_yaml, maker, moment_or, refuse
from nbops.rules.reading import rules_of
from nbops.rules.rule import Rule

__all__ = ["Odcs"]

_VERSION = "v3.1.0"
_TYPES = {"number": "number", "bool": "boolean", "text": "string", "time": "timestamp"}
_FROM_TYPES = {"number": "number", "integer": "number", "boolean": "bool", "string": "text", "timestamp": "time",
               "date": "time"}  # fmt: skip
_SEVERITY = {"fail": "error", "warn": "warning"}
_OPTIONS = {"minimum": "low", "maximum": "high", "exclusiveMinimum": "low", "exclusiveMaximum": "high"}
_OPERATORS = ("mustBe", "mustNotBe", "mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan",
              "mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween")  # fmt: skip
_STEPS = {"mustBeGreaterThan": ("low", 1), "mustBeGreaterOrEqualTo": ("low", 0), "mustBeLessThan": ("high", -1),
          "mustBeLessOrEqualTo": ("high", 0)}  # fmt: skip
_OLD_NAMES = {"nullCheck": "nullValues", "duplicateCount": "duplicateValues", "validValues": "invalidValues"}
_NULLS = "the standard does not say whether two nulls are the same value; nbops leaves rows with a null out"
Quality = dict[str, Any]


class Odcs(Dialect):
    """Writes and reads contracts."""

    format: ClassVar[str] = "odcs"
    title: ClassVar[str] = "ODCS"
    keeps_tolerances: ClassVar[bool] = True

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._properties: dict[str, dict[str, Any]] = {}
        self._quality: list[Quality] = []

    @classmethod
    def is_written_in(cls, data: Any) -> bool:
        """Whether *data* is a contract."""
        return isinstance(data, dict) and data.get("kind") == "DataContract"

    def text(self) -> str:
        """Return the contract."""
        table: dict[str, Any] = {"name": self.name, "physicalType": "table"}
        if self._properties:
            table["properties"] = list(self._properties.values())
        if self._quality:
            table["quality"] = self._quality
        head = {"apiVersion": _VERSION, "kind": "DataContract", "id": self.name, "version": "1.0.0", "status": "draft"}
        return dump_yaml({**head, "schema": [table]})

    def export(self, rules: Any) -> Exported:
        """Return *rules* as a contract; what the library lacks is a check of the engine nbops."""
        done = super().export(rules)
        left = {one.what: one for one in done.left}
        own = [rule for rule in rules if rule.text in left]
        for rule in own:
            self._own(rule)
        return Exported(self.text(), len(rules), (), done.remarks)

    def _own(self, rule: Rule) -> None:
        columns = rule.check.looks_at
        written = {"type": "custom", "engine": "nbops", "implementation": f"rules:\n  - {rule.text}\n"}
        written |= {"severity": _SEVERITY[rule.check.severity]}
        place = self._property(columns[0]).setdefault("quality", []) if len(columns) == 1 else self._quality
        place.append(written)

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _property(self, name: str) -> dict[str, Any]:
        return self._properties.setdefault(str(name), {"name": str(name)})

    def _metric(self, check: Any, metric: str, arguments: Mapping[str, Any] | None = None) -> Quality:
        """Return a metric of rows of which few enough may fail."""
        self.plain(check, share=True, count=True)
        found: Quality = {"type": "library", "metric": metric}
        if check.name:
            found["name"] = check.name
        if arguments:
            found["arguments"] = dict(arguments)
        if isinstance(check.allow, float) and check.allow:
            found |= {"mustBeLessOrEqualTo": check.allow * 100, "unit": "percent"}
        else:
            found |= {"mustBeLessOrEqualTo": int(check.allow)} if check.allow else {"mustBe": 0}
        return {**found, "severity": _SEVERITY[check.severity]}

    def _of_column(self, check: Any, metric: str, arguments: Mapping[str, Any] | None = None) -> None:
        quality = self._metric(check, metric, arguments)
        self._property(check.column).setdefault("quality", []).append(quality)

    def write_not_null(self, check: Any) -> None:
        """Write it: ``required`` where nothing may be null."""
        if _is_bare(check):
            self._property(check.column)["required"] = True
        else:
            self._of_column(check, "nullValues")

    def write_unique(self, check: Any) -> None:
        """Write it: ``unique`` where nothing may repeat."""
        self.remark(_NULLS)
        if len(check.columns) > 1:
            self._quality.append(self._metric(check, "duplicateValues", {"properties": list(check.columns)}))
        elif _is_bare(check):
            self._property(check.columns[0])["unique"] = True
        else:
            quality = self._metric(check, "duplicateValues")
            self._property(check.columns[0]).setdefault("quality", []).append(quality)

    def write_in_set(self, check: Any) -> None:
        """Write it."""
        self._of_column(check, "invalidValues", {"validValues": _plain(check.values)})

    def write_matches(self, check: Any) -> None:
        """Write it."""
        self._of_column(check, "invalidValues", {"pattern": check.pattern})

    def _options(self, check: Any, **options: Any) -> None:
        if not _is_bare(check):
            refuse("an option of a type cannot warn, and knows no tolerance")
        known = self._property(check.column).setdefault("logicalTypeOptions", {})
        if set(known) & {name for name, value in options.items() if value is not None}:
            refuse("the column has such an option already")
        known |= {name: _day(value) for name, value in options.items() if value is not None}

    def write_between(self, check: Any) -> None:
        """Write it as options of the type."""
        self._options(check, minimum=check.low, maximum=check.high)

    def write_above(self, check: Any) -> None:
        """Write it as an option of the type."""
        self._options(check, exclusiveMinimum=check.low)

    def write_below(self, check: Any) -> None:
        """Write it as an option of the type."""
        self._options(check, exclusiveMaximum=check.high)

    def write_length(self, check: Any) -> None:
        """Write it as options of the type."""
        self._options(check, minLength=check.low, maxLength=check.high)

    def write_multiple_of(self, check: Any) -> None:
        """Write it as an option of the type."""
        self._options(check, multipleOf=check.step)

    def write_dtype(self, check: Any) -> None:
        """Write a family as a logical type; an exact type is one of a dataframe library, and no database's."""
        found = self._property(check.column)
        if check.severity == "warn" or check.type not in _TYPES or "logicalType" in found:
            refuse("a column has one logical type, which cannot only warn")
        found["logicalType"] = _TYPES[check.type]

    def write_row_count(self, check: Any) -> None:
        """Write it."""
        low, high = check.low, check.high
        if low is not None and low == high:
            bounds: Quality = {"mustBe": low}
        elif high is None:
            bounds = {"mustBeGreaterOrEqualTo": low}
        else:
            bounds = {"mustBeLessOrEqualTo": high} if low is None else {"mustBeBetween": [low, high]}
        named = {"name": check.name} if check.name else {}
        metric = {"type": "library", "metric": "rowCount", **named, **bounds, "severity": _SEVERITY[check.severity]}
        self._quality.append(metric)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield what the contract says of the table of this name, or of the only one."""
        found = data.get("schema") or []
        table = next((one for one in found if one.get("name") == self.name), found[0] if found else {})
        self.name = str(table.get("name", self.name))
        for other in found:
            if other is not table:
                yield f"table {other.get('name')}", lambda: refuse("one table at a time: name it by --dataset")
        for column in table.get("properties") or ():
            yield from self._of_property(str(column["name"]), column)
        for quality in table.get("quality") or ():
            yield _said("", quality), lambda quality=quality: self._read("", quality)  # type: ignore[misc]

    def _of_property(self, name: str, column: Mapping[str, Any]) -> Iterator[tuple[str, Callable[[], list[Check]]]]:
        if column.get("required"):
            yield f"{name}: required", lambda: [maker("not_null")(name)]
        if column.get("primaryKey"):
            yield f"{name}: primaryKey", lambda: [maker("not_null")(name), maker("unique")((name,))]
        if column.get("unique"):
            yield f"{name}: unique", lambda: [maker("unique")((name,))]
        if column.get("physicalType"):
            said = f"{name}: physicalType {column['physicalType']}"
            yield said, lambda: refuse("a type of a database is none of a dataframe; logicalType is read")
        if column.get("logicalType"):
            yield f"{name}: logicalType {column['logicalType']}", lambda: _typed(name, column["logicalType"])
        if column.get("logicalTypeOptions"):
            yield f"{name}: {column['logicalTypeOptions']}", lambda: list(_optional(name, column["logicalTypeOptions"]))
        for quality in column.get("quality") or ():
            yield _said(name, quality), lambda quality=quality: self._read(name, quality)  # type: ignore[misc]

    def _read(self, column: str, quality: Quality) -> list[Check]:
        kind = quality.get("type", "library")
        if kind == "custom" and quality.get("engine") == "nbops":
            return list(rules_of(str(quality["implementation"]), name="the contract"))
        if kind != "library":
            refuse(f"a check of the type {kind!r} is not for nbops")
        severity = "warn" if str(quality.get("severity", "error")).lower() in ("warning", "warn", "info") else "fail"
        shared: dict[str, Any] = {"severity": severity, "name": str(quality.get("name") or "")}
        metric = str(quality.get("metric") or quality.get("rule"))
        metric = _OLD_NAMES.get(metric, metric)
        if metric == "rowCount":
            return [maker("row_count")(*_bounds(quality), **shared)]
        shared |= {"allow": _allowed(quality)}
        return [_metric(metric, column, quality, shared)]


def _said(column: str, quality: Quality) -> str:
    told = {key: value for key, value in quality.items() if (key, value) != ("type", "library")}
    return f"{column}: {told}" if column else str(told)


def _is_bare(check: RowCheck) -> bool:
    return check.severity == "fail" and not check.allow and not check.where and not check.name


def _day(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _plain(found: Iterable[Any]) -> list[Any]:
    return [_day(value) for value in found]


def _typed(name: str, logical: str) -> list[Check]:
    family = _FROM_TYPES.get(logical) or refuse(f"nbops knows no type {logical!r}")
    return [maker("dtype")(name, family)]


def _optional(name: str, options: Mapping[str, Any]) -> Iterator[Check]:
    found = {key: moment_or(value) for key, value in options.items()}
    low, high = found.pop("minimum", None), found.pop("maximum", None)
    if low is not None or high is not None:
        yield maker("between")(name, low, high)
    if "exclusiveMinimum" in found:
        yield maker("above")(name, found.pop("exclusiveMinimum"))
    if "exclusiveMaximum" in found:
        yield maker("below")(name, found.pop("exclusiveMaximum"))
    low, high = found.pop("minLength", None), found.pop("maxLength", None)
    if low is not None or high is not None:
        yield maker("length")(name, low, high)
    if "pattern" in found:
        yield maker("matches")(name, rf"\A(?:{found.pop('pattern')})\Z")
    if "multipleOf" in found:
        yield maker("multiple_of")(name, found.pop("multipleOf"))
    if found:
        raise CannotCarry(f"the options {', '.join(found)} are not known here")


def _bounds(quality: Quality) -> tuple[Any, Any]:
    """Return the bounds that a metric must lie between."""
    said = {name: quality[name] for name in _OPERATORS if quality.get(name) is not None}
    if set(said) == {"mustBe"}:
        return said["mustBe"], said["mustBe"]
    if set(said) == {"mustBeBetween"}:
        low, high = said["mustBeBetween"]
        return low, high
    if said and set(said) <= set(_STEPS):
        found = {side: said[name] + step for name, (side, step) in _STEPS.items() if name in said}
        return found.get("low"), found.get("high")
    raise CannotCarry(f"the limit {said} is not understood")


def _allowed(quality: Quality) -> float:
    """Return how many rows may fail."""
    is_percent = quality.get("unit") == "percent"
    if is_percent and quality.get("mustBeLessThan") is not None:
        refuse("a share that failing rows must stay below: say the most that is allowed")
    low, high = _bounds(quality)
    if low not in (None, 0) or high is None:
        refuse("a number of failing rows that is demanded")
    return float(high) / 100 if is_percent and high else int(high)


def _metric(metric: str, column: str, quality: Quality, shared: dict[str, Any]) -> Check:
    arguments = quality.get("arguments") or {}
    if metric in ("nullValues", "missingValues") and column:
        missing = [value for value in arguments.get("missingValues", []) if value is not None]
        if missing:
            refuse(f"that {missing} stand for nothing: write it as not_in_set")
        return maker("not_null")(column, **shared)
    if metric == "duplicateValues":
        key = arguments.get("properties") or ([column] if column else refuse("a key without columns"))
        return maker("unique")(tuple(key), **shared)
    if metric == "invalidValues" and column and set(arguments) == {"pattern"}:
        return maker("matches")(column, re.compile(arguments["pattern"]).pattern, **shared)
    if metric == "invalidValues" and column and (set(arguments) == {"validValues"} or "validValues" in quality):
        return maker("in_set")(column, arguments.get("validValues") or quality["validValues"], **shared)
    raise UsageError(f"nbops has no metric {metric}")
