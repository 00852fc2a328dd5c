"""Validations of Pointblank, as YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from nbops.checks.model import Check, RowCheck
from nbops.integrations.interchange import Dialect, as_moment, dump_yaml, maker, moment_or, refuse, refuse_unknown

__all__ = ["Pointblank"]

_OPERATORS = {">": "gt", ">=": "ge", "<": "lt", "<=": "le", "==": "eq", "!=": "ne"}
_SPECS = {"email": "email", "url": "url", "ipv4": "ipv4", "ipv6": "ipv6", "isbn": "isbn", "card": "credit_card",
          "phone": "phone"}  # fmt: skip
_NULLS = "Pointblank takes nulls for values, of which two are the same; nbops leaves rows with a null out"
_SHARE = "Pointblank fails at the share itself, nbops above it"
_COLUMN = re.compile(r"""pb\.col\((['"])(.+)\1\)""")
_NO_MEANING = ("brief", "actions", "dimension", "thresholds", "active")
Given = dict[str, Any]


class Pointblank(Dialect):
    """Writes and reads validations of Pointblank."""

    format: ClassVar[str] = "pointblank"
    title: ClassVar[str] = "Pointblank"

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._steps: list[dict[str, Any]] = []

    @classmethod
    def is_written_in(cls, data: Any) -> bool:
        """Whether *data* is a validation."""
        return isinstance(data, dict) and isinstance(data.get("steps"), list)

    def text(self) -> str:
        """Return the validation; the name of its table's file is a guess."""
        return dump_yaml({"tbl": f"{self.name}.csv", "tbl_name": self.name, "steps": self._steps})

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _add(self, check: Check, step: str, **arguments: Any) -> None:
        self.plain(check, share=True, count=True)
        level: float = 1
        if isinstance(check, RowCheck) and check.allow and not isinstance(check.allow, str):
            level = check.allow + 1 if isinstance(check.allow, int) else check.allow
            if isinstance(check.allow, float):
                self.remark(_SHARE)
        named = {"thresholds": {"warning" if check.severity == "warn" else "error": level}}
        written = {key: as_moment(value) for key, value in arguments.items()}
        if check.name:
            named["brief"] = check.name  # type: ignore[assignment]
        self._steps.append({step: {**written, **named}})

    def write_not_null(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_not_null", columns=check.column)

    def write_between(self, check: Any) -> None:
        """Write it."""
        if check.low is None:
            self._add(check, "col_vals_le", columns=check.column, value=check.high, na_pass=True)
        elif check.high is None:
            self._add(check, "col_vals_ge", columns=check.column, value=check.low, na_pass=True)
        else:
            bounds = {"left": check.low, "right": check.high}
            self._add(check, "col_vals_between", columns=check.column, **bounds, na_pass=True)

    def write_above(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_gt", columns=check.column, value=check.low, na_pass=True)

    def write_below(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_lt", columns=check.column, value=check.high, na_pass=True)

    def write_in_set(self, check: Any) -> None:
        """Write it, with null in the set: Pointblank takes a null for a value outside."""
        self._add(check, "col_vals_in_set", columns=check.column, set=[*check.values, None])

    def write_not_in_set(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_not_in_set", columns=check.column, set=list(check.values), na_pass=True)

    def write_matches(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_regex", columns=check.column, pattern=check.pattern, na_pass=True)

    def write_not_matches(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_regex", columns=check.column, pattern=check.pattern, na_pass=True, inverse=True)

    def write_format(self, check: Any) -> None:
        """Write a format that Pointblank knows."""
        if check.format not in _SPECS:
            refuse(f"Pointblank does not know the format {check.format}")
        self.remark(f"Pointblank has its own idea of what is written as {check.format}")
        self._add(check, "col_vals_within_spec", columns=check.column, spec=_SPECS[check.format], na_pass=True)

    def write_compare(self, check: Any) -> None:
        """Write it."""
        other = {"python": f"pb.col({check.right!r})"}
        self._add(check, f"col_vals_{_OPERATORS[check.operator]}", columns=check.left, value=other, na_pass=True)

    def write_unique(self, check: Any) -> None:
        """Write it."""
        self.remark(_NULLS)
        self._add(check, "rows_distinct", columns_subset=list(check.columns))

    def write_row_count(self, check: Any) -> None:
        """Write it: a count, and how far off it may be."""
        if check.low is None or check.high is None:
            refuse("Pointblank knows a number of rows with a tolerance, no open bound")
        self._add(check, "row_count_match", count=check.low, tol={"python": f"(0, {check.high - check.low})"})

    def write_column_count(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_count_match", count=check.count)

    def write_has_columns(self, check: Any) -> None:
        """Write it."""
        if check.is_exact or check.is_ordered:
            refuse("Pointblank knows exact columns only together with their types")
        self._add(check, "col_exists", columns=list(check.names))

    def write_null_share(self, check: Any) -> None:
        """Write an exact share, which is all that Pointblank knows."""
        if check.low != check.high:
            refuse("Pointblank knows an exact share of nulls, no bounds")
        self._add(check, "col_pct_null", columns=check.column, p=check.low)

    def write_all_null(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_null", columns=check.column)

    def write_outside(self, check: Any) -> None:
        """Write it."""
        self._add(check, "col_vals_outside", columns=check.column, left=check.low, right=check.high, na_pass=True)

    def _write_order(self, check: Any) -> None:
        if check.order:
            refuse("Pointblank takes the rows as they stand")
        given = {"columns": check.column, "allow_stationary": not check.is_strict, "na_pass": True}
        self._add(check, f"col_vals_{check.kind}", **given)

    write_increasing = write_decreasing = _write_order

    def _write_number(self, check: Any) -> None:
        about = {"sum": "sum", "mean": "avg", "std": "sd"}[check.kind]
        if check.low is not None and check.low == check.high:
            self._add(check, f"col_{about}_eq", columns=check.column, value=check.low)
        elif check.low is not None and check.high is not None:
            refuse("Pointblank knows one bound: write it as two rules")
        elif check.high is None:
            self._add(check, f"col_{about}_ge", columns=check.column, value=check.low)
        else:
            self._add(check, f"col_{about}_le", columns=check.column, value=check.high)

    write_sum = write_mean = write_std = _write_number

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield the steps of a validation."""
        self.name = str(data.get("tbl_name") or self.name)
        overall: Mapping[str, Any] = data.get("thresholds") or {}
        for step in data["steps"]:
            kind, given = (step, {}) if isinstance(step, str) else next(iter(step.items()))
            given = dict(given or {})
            said = f"{kind}({', '.join(f'{k}={v!r}' for k, v in given.items())})"
            yield said, lambda kind=kind, given=given: self._checks(kind, given, overall)  # type: ignore[misc]

    def _checks(self, kind: str, given: Given, overall: Mapping[str, Any]) -> list[Check]:
        if given.get("active") is False:
            refuse("the step is not active")
        if not given.get("na_pass", True) or (kind in _FAILS_ON_NULL and "na_pass" not in given):
            self.remark("a null fails there, and never here: add not_null")
        shared = self._tolerance({**overall, **(given.get("thresholds") or {})})
        if isinstance(given.get("brief"), str):
            shared["name"] = given["brief"]
        rest = {key: value for key, value in given.items() if key not in (*_NO_MEANING, "na_pass")}
        columns = rest.pop("columns", None)
        read = _READERS.get(kind)
        if read is None:
            refuse("nbops has no such check")
        found = [columns] if kind == "col_exists" or not isinstance(columns, list) else columns
        return [read(column, dict(rest), shared) for column in found]

    def _tolerance(self, levels: Mapping[str, Any]) -> dict[str, Any]:
        """Return the severity and how many rows may fail."""
        known = [(name, levels[name]) for name in ("critical", "error", "warning") if levels.get(name)]
        if not known:
            return {}
        name, level = known[0]
        if len(known) > 1:
            self.remark(f"of several thresholds the gravest is taken, {name}: {level}")
        shared: dict[str, Any] = {"severity": "warn"} if name == "warning" else {}
        if isinstance(level, bool) or level == 1:
            return shared
        if level < 1:
            self.remark(_SHARE)
        return {**shared, "allow": int(level) - 1 if level > 1 else level}


_FAILS_ON_NULL = frozenset(f"col_vals_{name}" for name in ("gt", "ge", "lt", "le", "eq", "between", "regex"))


def _compared(kind: str) -> Callable[[str, Given, Given], Check]:
    """Return the reader of a comparison with a value, or with another column."""
    operator = next(sign for sign, name in _OPERATORS.items() if name == kind)
    made: dict[str, Callable[..., Check]] = {
        ">": maker("above"), ">=": maker("at_least"), "<": maker("below"), "<=": maker("at_most"),
        "==": lambda column, value, **shared: maker("in_set")(column, (value,), **shared),
        "!=": lambda column, value, **shared: maker("not_in_set")(column, (value,), **shared),
    }  # fmt: skip

    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ("value",))
        value = given["value"]
        if not isinstance(value, dict):
            return made[operator](column, moment_or(value), **shared)
        other = _COLUMN.fullmatch(str(value.get("python", "")).strip())
        return maker("compare")(column, operator, other[2], **shared) if other else refuse("code is not read")

    return read


def _between(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("left", "right", "inclusive"))
    if list(given.get("inclusive", (True, True))) != [True, True]:
        refuse("a bound that is left out, together with another bound: write it as above and below")
    return maker("between")(column, moment_or(given["left"]), moment_or(given["right"]), **shared)


def _set(made: Callable[..., Check]) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ("set",))
        return made(column, tuple(value for value in given["set"] if value is not None), **shared)

    return read


def _regex(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("pattern", "inverse"))
    return (maker("not_matches") if given.get("inverse") else maker("matches"))(column, given["pattern"], **shared)


def _spec(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("spec",))
    known = {spec: name for name, spec in _SPECS.items()}
    found = known.get(given["spec"]) or refuse(f"nbops does not know the format {given['spec']}")
    return maker("format")(column, found, **shared)


def _distinct(column: Any, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("columns_subset",))
    key = given.get("columns_subset") or refuse("whole rows that repeat: name the columns of the key")
    return maker("unique")(key, **shared)


def _row_count(column: Any, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("count", "tol"))
    count, tol = given["count"], given.get("tol", 0)
    if isinstance(tol, dict):
        pair = re.fullmatch(r"\((\d+),\s*(\d+)\)", str(tol.get("python", ""))) or refuse("code is not read")
        return maker("row_count")(count - int(pair[1]), count + int(pair[2]), **shared)
    off = int(tol * count) if tol < 1 else int(tol)
    return maker("row_count")(count - off, count + off, **shared)


def _count_of_columns(column: Any, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("count",))
    return maker("column_count")(given["count"], **shared)


def _exists(columns: Any, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ())
    return maker("has_columns")(columns if isinstance(columns, list) else [columns], **shared)


def _not_null(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ())
    return maker("not_null")(column, **shared)


def _null_share(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("p",))
    return maker("null_share")(column, given["p"], given["p"], **shared)


def _number(made: Callable[..., Check], bound: str) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ("value",))
        value = given["value"]
        found: Check = made(
            column, None if bound == "le" else value, None if bound == "ge" else value, **shared
        )  # fmt: skip
        return found

    return read


def _all_null(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ())
    return maker("all_null")(column, **shared)


def _outside(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("left", "right"))
    return maker("outside")(column, moment_or(given["left"]), moment_or(given["right"]), **shared)


def _ordered(kind: str) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ("allow_stationary",))
        return maker(kind)(column, is_strict=not given.get("allow_stationary", False), **shared)

    return read


_READERS: dict[str, Callable[[Any, Given, Given], Check]] = {
    "col_vals_not_null": _not_null,
    "col_vals_null": _all_null,
    "col_vals_outside": _outside,
    "col_vals_increasing": _ordered("increasing"),
    "col_vals_decreasing": _ordered("decreasing"),
    **{f"col_vals_{name}": _compared(name) for name in _OPERATORS.values()},
    "col_vals_between": _between,
    "col_vals_in_set": _set(maker("in_set")),
    "col_vals_not_in_set": _set(maker("not_in_set")),
    "col_vals_regex": _regex,
    "col_vals_within_spec": _spec,
    "rows_distinct": _distinct,
    "row_count_match": _row_count,
    "col_count_match": _count_of_columns,
    "col_exists": _exists,
    "col_pct_null": _null_share,
    **{f"col_sum_{b}": _number(maker("sum"), b) for b in ("eq", "ge", "le")},
    **{f"col_avg_{b}": _number(maker("mean"), b) for b in ("eq", "ge", "le")},
    **{f"col_sd_{b}": _number(maker("std"), b) for b in ("eq", "ge", "le")},
}
