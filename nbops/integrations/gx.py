"""Suites of Great Expectations 1.x, as JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from nbops.checks.model import Check, RowCheck
from nbops.integrations.expectations import NUMBERS
from nbops.integrations.interchange import Dialect, as_share, maker, moment_or, refuse, refuse_unknown, writable

__all__ = ["GreatExpectations"]

_TO_SEVERITY = {"fail": "critical", "warn": "warning"}
_FROM_SEVERITY = {"critical": "fail", "warning": "warn", "info": "warn"}
_FAMILIES = {
    "number": ["int64", "int32", "int16", "int8", "float64", "float32", "Int64", "Int32", "Float64", "uint8", "uint16",
               "uint32", "uint64", "INTEGER", "BIGINT", "SMALLINT", "DOUBLE", "FLOAT", "DECIMAL", "NUMERIC", "REAL"],
    "bool": ["bool", "boolean", "BOOLEAN"],
    "text": ["str", "string", "object", "VARCHAR", "TEXT", "CHAR", "STRING"],
    "time": ["datetime64", "datetime64[ns]", "datetime64[us]", "datetime64[s]", "date", "DATE", "TIMESTAMP",
             "DATETIME"],
}  # fmt: skip
_OF_VALUES = {
    "contains_values": "column_distinct_values_to_contain_set",
    "equals_values": "column_distinct_values_to_equal_set",
}
_IGNORED = ("batch_id", "notes", "meta", "result_format", "catch_exceptions", "condition_parser", "severity")
Kwargs = dict[str, Any]


class GreatExpectations(Dialect):
    """Writes and reads the suites of Great Expectations."""

    format: ClassVar[str] = "gx"
    title: ClassVar[str] = "Great Expectations"
    suffix: ClassVar[str] = ".json"

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._expectations: list[dict[str, Any]] = []

    @classmethod
    def is_written_in(cls, data: Any) -> bool:
        """Whether *data* is a suite."""
        return isinstance(data, dict) and isinstance(data.get("expectations"), list)

    def text(self) -> str:
        """Return the suite as JSON."""
        suite = {"name": self.name, "id": None, "expectations": self._expectations,
                 "meta": {"great_expectations_version": "1.0.0"}, "notes": None}  # fmt: skip
        return json.dumps(writable(suite), indent=2, ensure_ascii=False, default=str) + "\n"

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _add(self, check: Check, kind: str, **kwargs: Any) -> None:
        self.plain(check, share=True)
        if isinstance(check, RowCheck) and check.allow and not isinstance(check.allow, str):
            kwargs["mostly"] = as_share(1 - check.allow)
            if check.kind != "not_null":
                self.remark("GX takes the share of the rows that are not null, nbops of all rows")
        meta = {"name": check.name} if check.name else {}
        severity = _TO_SEVERITY[check.severity]
        self._expectations.append(
            {"type": f"expect_{kind}", "kwargs": kwargs, "meta": meta, "severity": severity}
        )  # fmt: skip

    def write_not_null(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_not_be_null", column=check.column)

    def write_between(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_be_between", **_column(check), **_bounds(check.low, check.high))

    def write_above(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_be_between", **_column(check), **_bounds(check.low, None), strict_min=True)

    def write_below(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_be_between", **_column(check), **_bounds(None, check.high), strict_max=True)

    def write_in_set(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_be_in_set", column=check.column, value_set=_json_values(check.values))

    def write_not_in_set(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_not_be_in_set", column=check.column, value_set=_json_values(check.values))

    def write_matches(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_match_regex", column=check.column, regex=check.pattern)

    def write_not_matches(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_not_match_regex", column=check.column, regex=check.pattern)

    def write_length(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_value_lengths_to_be_between", **_column(check), **_bounds(check.low, check.high))

    def write_format(self, check: Any) -> None:
        """Write JSON; GX core has no other format."""
        if check.format != "json":
            refuse(f"Great Expectations has no check of the format {check.format}")
        self._add(check, "column_values_to_be_json_parseable", column=check.column)

    def write_unique(self, check: Any) -> None:
        """Write it."""
        if len(check.columns) == 1:
            self._add(check, "column_values_to_be_unique", column=check.columns[0])
            return
        ignored = "any_value_is_missing"
        self._add(check, "compound_columns_to_be_unique", column_list=list(check.columns), ignore_row_if=ignored)

    def write_compare(self, check: Any) -> None:
        """Write it; ``!=`` has no expectation."""
        pair = {"column_A": check.left, "column_B": check.right, "ignore_row_if": "either_value_is_missing"}
        if check.operator == "!=":
            refuse("Great Expectations has no check of columns that differ")
        if check.operator == "==":
            self._add(check, "column_pair_values_to_be_equal", **pair)
            return
        if check.operator[0] == "<":
            pair |= {"column_A": check.right, "column_B": check.left}
        kind = "column_pair_values_a_to_be_greater_than_b"
        self._add(check, kind, **pair, or_equal=check.operator.endswith("="))

    def write_row_count(self, check: Any) -> None:
        """Write it."""
        self._add(check, "table_row_count_to_be_between", **_bounds(check.low, check.high))

    def write_column_count(self, check: Any) -> None:
        """Write it."""
        self._add(check, "table_column_count_to_equal", value=check.count)

    def write_has_columns(self, check: Any) -> None:
        """Write it: one column, a set, an ordered list."""
        names = list(check.names)
        if check.is_ordered and not check.is_exact:
            refuse("Great Expectations knows the order of all columns only")
        if check.is_ordered:
            self._add(check, "table_columns_to_match_ordered_list", column_list=names)
        elif len(names) == 1 and not check.is_exact:
            self._add(check, "column_to_exist", column=names[0])
        else:
            self._add(check, "table_columns_to_match_set", column_set=names, exact_match=check.is_exact)

    def write_dtype(self, check: Any) -> None:
        """Write it; a family becomes the list of its types."""
        if check.type in _FAMILIES:
            self.remark("a family of types is written as the list of the common ones")
            self._add(check, "column_values_to_be_in_type_list", column=check.column, type_list=_FAMILIES[check.type])
        else:
            self._add(check, "column_values_to_be_of_type", column=check.column, type_=check.type)

    def write_null_share(self, check: Any) -> None:
        """Write it as the share of cells that are not null."""
        low, high = (None if bound is None else as_share(1 - bound) for bound in (check.high, check.low))
        kind = "column_proportion_of_non_null_values_to_be_between"
        self._add(check, kind, column=check.column, **_bounds(low, high))

    def write_quantile(self, check: Any) -> None:
        """Write it, interpolated as nbops does."""
        ranges = {"quantiles": [check.q], "value_ranges": [[check.low, check.high]]}
        kind = "column_quantile_values_to_be_between"
        self._add(check, kind, column=check.column, quantile_ranges=ranges, allow_relative_error="linear")

    def write_all_null(self, check: Any) -> None:
        """Write it."""
        self._add(check, "column_values_to_be_null", column=check.column)

    def _write_order(self, check: Any) -> None:
        if check.order:
            refuse("Great Expectations takes the rows as they stand")
        self._add(check, f"column_values_to_be_{check.kind}", column=check.column, strictly=check.is_strict)

    write_increasing = write_decreasing = _write_order

    def _write_values(self, check: Any) -> None:
        self._add(check, _OF_VALUES[check.kind], column=check.column, value_set=list(check.values))

    write_contains_values = write_equals_values = _write_values

    def write_distinct_within_row(self, check: Any) -> None:
        """Write it."""
        kind, ignored = "select_column_values_to_be_unique_within_record", "any_value_is_missing"
        self._add(check, kind, column_list=list(check.columns), ignore_row_if=ignored)

    def _write_number(self, check: Any) -> None:
        about = NUMBERS[check.kind][0]
        self._add(check, f"{about}_to_be_between", **_column(check), **_bounds(check.low, check.high))

    write_min = write_max = write_mean = write_median = write_sum = write_std = write_distinct_count = _write_number

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield the expectations of a suite."""
        self.name = str(data.get("name") or data.get("expectation_suite_name") or self.name)
        for one in data["expectations"]:
            kind = str(one.get("type") or one.get("expectation_type"))
            kwargs = {k: v for k, v in (one.get("kwargs") or {}).items() if v is not None and k not in _IGNORED}
            said = f"{kind}({', '.join(f'{k}={v!r}' for k, v in kwargs.items())})"
            yield said, lambda one=one, kind=kind, kwargs=kwargs: [self._check(one, kind, kwargs)]  # type: ignore[misc]

    def _check(self, one: Mapping[str, Any], kind: str, kwargs: Kwargs) -> Check:
        if kwargs.get("row_condition"):
            refuse("a condition on rows (row_condition) is not read; write it as where: in the rule")
        shared = {"severity": _FROM_SEVERITY[one.get("severity") or "critical"]}
        shared["name"] = str((one.get("meta") or {}).get("name", ""))
        kwargs = {k: v for k, v in kwargs.items() if k != "row_condition"}
        mostly = float(kwargs.pop("mostly", 1))
        read = _READERS.get(kind.removeprefix("expect_"))
        if read is None:
            refuse("nbops has no such check")
        if mostly < 1:
            made = read(kwargs, {**shared, "allow": as_share(1 - mostly)})
            if made.kind != "not_null":
                self.remark("nbops takes the share of all rows, GX of those that are not null")
            return made
        return read(kwargs, shared)


def _json_values(found: tuple[Any, ...]) -> list[Any]:
    """Return the values of a set; a date would be text there, and in no column of dates."""
    if any(isinstance(moment_or(value), dt.date) for value in found):
        refuse("a suite is JSON, which has no dates: they would be compared as text")
    return list(found)


def _column(check: Any) -> Kwargs:
    return {"column": check.column}


def _bounds(low: Any, high: Any) -> Kwargs:
    return {"min_value": low, "max_value": high}


# ── one reader for each expectation ──────────────────────────────────────────────────────────────────────────────────

_BOUNDS = ("column", "min_value", "max_value", "strict_min", "strict_max")


def _values_between(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, _BOUNDS)
    low, high = moment_or(k.get("min_value")), moment_or(k.get("max_value"))
    strict = bool(k.get("strict_min")) and low is not None, bool(k.get("strict_max")) and high is not None
    if strict == (False, False):
        return maker("between")(k["column"], low, high, **shared)
    if high is None:
        return maker("above")(k["column"], low, **shared)
    if low is None:
        return maker("below")(k["column"], high, **shared)
    return refuse("one bound that is left out, together with another bound: write it as above and below")


def _number(made: Callable[..., Check]) -> Callable[[Kwargs, Kwargs], Check]:
    def read(k: Kwargs, shared: Kwargs) -> Check:
        refuse_unknown(k, ("column", "min_value", "max_value"))
        low, high = moment_or(k.get("min_value")), moment_or(k.get("max_value"))
        found: Check = made(k["column"], low, high, **shared)
        return found

    return read


def _of(made: Callable[..., Check], *names: str) -> Callable[[Kwargs, Kwargs], Check]:
    """Return the reader of an expectation whose arguments are those of *made*, in this order."""

    def read(k: Kwargs, shared: Kwargs) -> Check:
        refuse_unknown(k, names)
        return made(*(k[name] for name in names), **shared)

    return read


def _pair_greater(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column_A", "column_B", "or_equal", "ignore_row_if"))
    return maker("compare")(k["column_A"], ">=" if k.get("or_equal") else ">", k["column_B"], **shared)


def _pair_equal(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column_A", "column_B", "ignore_row_if"))
    return maker("compare")(k["column_A"], "==", k["column_B"], **shared)


def _compound(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column_list", "ignore_row_if"))
    return maker("unique")(k["column_list"], **shared)


def _row_count(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("min_value", "max_value", "strict_min", "strict_max"))
    low = None if k.get("min_value") is None else k["min_value"] + bool(k.get("strict_min"))
    high = None if k.get("max_value") is None else k["max_value"] - bool(k.get("strict_max"))
    return maker("row_count")(low, high, **shared)


def _column_set(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column_set", "exact_match"))
    return maker("has_columns")(k["column_set"], is_exact=k.get("exact_match") is not False, **shared)


def _exists(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column",))
    return maker("has_columns")([k["column"]], **shared)


def _types(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column", "type_list"))
    family = next((name for name, types in _FAMILIES.items() if types == k["type_list"]), None)
    found = k["type_list"][0] if len(k["type_list"]) == 1 else family
    return (
        maker("dtype")(k["column"], found, **shared) if found else refuse("nbops takes one type, or a family of them")
    )


def _non_null_share(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column", "min_value", "max_value"))
    high, low = (None if k.get(n) is None else as_share(1 - k[n]) for n in ("min_value", "max_value"))
    return maker("null_share")(k["column"], low, high, **shared)


def _quantile(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column", "quantile_ranges", "allow_relative_error"))
    ranges = k["quantile_ranges"]
    if len(ranges["quantiles"]) != 1:
        refuse("several quantiles in one expectation: write one for each")
    ((low, high),) = ranges["value_ranges"]
    return maker("quantile")(k["column"], ranges["quantiles"][0], low, high, **shared)


def _ordered(kind: str) -> Callable[[Kwargs, Kwargs], Check]:
    def read(k: Kwargs, shared: Kwargs) -> Check:
        refuse_unknown(k, ("column", "strictly"))
        return maker(kind)(k["column"], is_strict=bool(k.get("strictly")), **shared)

    return read


def _within_record(k: Kwargs, shared: Kwargs) -> Check:
    refuse_unknown(k, ("column_list", "ignore_row_if"))
    return maker("distinct_within_row")(k["column_list"], **shared)


_READERS: dict[str, Callable[[Kwargs, Kwargs], Check]] = {
    "column_values_to_not_be_null": _of(maker("not_null"), "column"),
    "column_values_to_be_between": _values_between,
    "column_values_to_be_in_set": _of(maker("in_set"), "column", "value_set"),
    "column_values_to_not_be_in_set": _of(maker("not_in_set"), "column", "value_set"),
    "column_values_to_match_regex": _of(maker("matches"), "column", "regex"),
    "column_values_to_not_match_regex": _of(maker("not_matches"), "column", "regex"),
    "column_value_lengths_to_be_between": _number(maker("length")),
    "column_value_lengths_to_equal": lambda k, s: _number(maker("length"))(
        {"column": k["column"], "min_value": k["value"], "max_value": k["value"]}, s
    ),
    "column_values_to_be_json_parseable": lambda k, s: maker("format")(k["column"], "json", **s),
    "column_values_to_be_unique": _of(maker("unique"), "column"),
    "compound_columns_to_be_unique": _compound,
    "column_pair_values_a_to_be_greater_than_b": _pair_greater,
    "column_pair_values_to_be_equal": _pair_equal,
    "table_row_count_to_be_between": _row_count,
    "table_row_count_to_equal": lambda k, s: maker("row_count")(k["value"], k["value"], **s),
    "table_column_count_to_equal": _of(maker("column_count"), "value"),
    "table_columns_to_match_ordered_list": lambda k, s: maker("has_columns")(
        k["column_list"], is_exact=True, is_ordered=True, **s
    ),
    "table_columns_to_match_set": _column_set,
    "column_to_exist": _exists,
    "column_values_to_be_null": _of(maker("all_null"), "column"),
    "column_values_to_be_increasing": _ordered("increasing"),
    "column_values_to_be_decreasing": _ordered("decreasing"),
    "column_distinct_values_to_be_in_set": _of(maker("in_set"), "column", "value_set"),
    "select_column_values_to_be_unique_within_record": _within_record,
    **{about: _of(maker(kind), "column", "value_set") for kind, about in _OF_VALUES.items()},
    "column_values_to_be_of_type": _of(maker("dtype"), "column", "type_"),
    "column_values_to_be_in_type_list": _types,
    "column_proportion_of_non_null_values_to_be_between": _non_null_share,
    "column_quantile_values_to_be_between": _quantile,
    **{f"{about}_to_be_between": _number(made) for about, made in NUMBERS.values()},
}
