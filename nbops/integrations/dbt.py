"""Data tests in dbt's ``schema.yml``: dbt's own, and those of dbt_utils and dbt_expectations."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, ClassVar

from nbops.checks.model import Check, RowCheck
from nbops.integrations.expectations import NUMBERS
from nbops.integrations.interchange import Dialect, as_share, dump_yaml, maker, moment_or, refuse, refuse_unknown
from nbops.integrations.sql import from_sql, literal, quoted, to_sql
from nbops.settings import duration

__all__ = ["Dbt"]

Given = dict[str, Any]
_CONFIG = ("severity", "where", "error_if", "warn_if", "name", "config", "arguments", "description", "tags", "meta")
_MORE_THAN = re.compile(r"\s*>\s*(\d+)\s*")
_EXPECT = "dbt_expectations.expect_"
_NULLS = "dbt groups nulls as if they were the same; nbops leaves rows with a null out"
_REGEX = "the warehouse has its own regular expressions"


class Dbt(Dialect):
    """Writes and reads the data tests of one model."""

    format: ClassVar[str] = "dbt"
    title: ClassVar[str] = "dbt"

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self._columns: dict[str, list[Any]] = {}
        self._tests: list[Any] = []

    @classmethod
    def is_written_in(cls, data: Any) -> bool:
        """Whether *data* describes models or sources."""
        return isinstance(data, dict) and any(isinstance(data.get(key), list) for key in ("models", "sources", "seeds"))

    def text(self) -> str:
        """Return the description of one model."""
        model: dict[str, Any] = {"name": self.name}
        if self._tests:
            model["data_tests"] = self._tests
        columns = [{"name": name, "data_tests": tests} for name, tests in self._columns.items() if tests]
        if columns:  # one whose rules could not be carried says nothing
            model["columns"] = columns
        return dump_yaml({"version": 2, "models": [model]})

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _test(self, check: Check, name: str, arguments: Given) -> Any:
        self.plain(check, count=True, where=True)
        config: Given = {"severity": "warn"} if check.severity == "warn" else {}
        if isinstance(check, RowCheck) and check.allow:
            config["warn_if" if check.severity == "warn" else "error_if"] = f">{check.allow}"
        if isinstance(check, RowCheck) and check.where:
            config["where"] = to_sql(check.where)
        given: Given = {"name": re.sub(r"\W+", "_", check.name)} if check.name else {}
        given |= {"arguments": _plain(arguments)} if arguments else {}
        given |= {"config": config} if config else {}
        return {name: given} if given else name

    def _column(self, check: Any, name: str, **arguments: Any) -> None:
        self._columns.setdefault(check.column, []).append(self._test(check, name, arguments))

    def _table(self, check: Check, name: str, **arguments: Any) -> None:
        self._tests.append(self._test(check, name, arguments))

    def write_not_null(self, check: Any) -> None:
        """Write it; a share of nulls is a test of its own."""
        self._column(check, "not_null")

    def write_null_share(self, check: Any) -> None:
        """Write it as the share that is not null."""
        low, high = (None if bound is None else as_share(1 - bound) for bound in (check.high, check.low))
        bounds = {"at_least": low, "at_most": high}
        self._column(check, "dbt_utils.not_null_proportion", **{k: v for k, v in bounds.items() if v is not None})

    def write_unique(self, check: Any) -> None:
        """Write it."""
        if len(check.columns) > 1:
            self.remark(_NULLS)
            columns = list(check.columns)
            self._table(check, "dbt_utils.unique_combination_of_columns", combination_of_columns=columns)
            return
        self._columns.setdefault(check.columns[0], []).append(self._test(check, "unique", {}))

    def write_in_set(self, check: Any) -> None:
        """Write it."""
        self._column(check, "accepted_values", **_values(check.values))

    def write_not_in_set(self, check: Any) -> None:
        """Write it."""
        self._column(check, "dbt_utils.not_accepted_values", **_values(check.values))

    def _range(self, check: Any, low: Any, high: Any, **inclusive: bool) -> None:
        bounds = {"min_value": _bound(low), "max_value": _bound(high)}
        bounds = {name: bound for name, bound in bounds.items() if bound is not None}
        self._column(check, "dbt_utils.accepted_range", **bounds, **inclusive)

    def write_between(self, check: Any) -> None:
        """Write it."""
        self._range(check, check.low, check.high)

    def write_above(self, check: Any) -> None:
        """Write it."""
        self._range(check, check.low, None, inclusive=False)

    def write_below(self, check: Any) -> None:
        """Write it."""
        self._range(check, None, check.high, inclusive=False)

    def write_matches(self, check: Any) -> None:
        """Write it."""
        self.remark(_REGEX)
        self._column(check, f"{_EXPECT}column_values_to_match_regex", regex=check.pattern)

    def write_not_matches(self, check: Any) -> None:
        """Write it."""
        self.remark(_REGEX)
        self._column(check, f"{_EXPECT}column_values_to_not_match_regex", regex=check.pattern)

    def write_length(self, check: Any) -> None:
        """Write it."""
        self._column(check, f"{_EXPECT}column_value_lengths_to_be_between", **_bounds(check))

    def write_satisfies(self, check: Any) -> None:
        """Write it as SQL."""
        self._table(check, "dbt_utils.expression_is_true", expression=to_sql(check.expression))

    def write_compare(self, check: Any) -> None:
        """Write it as SQL."""
        self._table(check, "dbt_utils.expression_is_true", expression=to_sql(_comparison(check)))

    def write_foreign_key(self, check: Any) -> None:
        """Write it: the other model is named as the file of the other table."""
        other = self.written.get("other")
        if len(check.columns) > 1 or not isinstance(other, str):
            refuse("dbt's relationships have one column, and the other table a name")
        to = f"ref('{PurePath(other).name.partition('.')[0]}')"
        test = self._test(check, "relationships", {"to": to, "field": (check.there or check.columns)[0]})
        self._columns.setdefault(check.columns[0], []).append(test)

    def write_row_count(self, check: Any) -> None:
        """Write it."""
        self._table(check, f"{_EXPECT}table_row_count_to_be_between", **_bounds(check))

    def write_column_count(self, check: Any) -> None:
        """Write it."""
        self._table(check, f"{_EXPECT}table_column_count_to_equal", value=check.count)

    def write_has_columns(self, check: Any) -> None:
        """Write it."""
        if check.is_ordered and not check.is_exact:
            refuse("dbt_expectations knows the order of all columns only")
        if check.is_ordered:
            kind, argument = "match_ordered_list", "column_list"
        else:
            kind, argument = ("match_set" if check.is_exact else "contain_set"), "column_list"
        self._table(check, f"{_EXPECT}table_columns_to_{kind}", **{argument: list(check.names)})

    def write_fresh(self, check: Any) -> None:
        """Write it in whole hours, or minutes."""
        minutes = duration(check.max_age) / 60
        if minutes != int(minutes):
            refuse("dbt_expectations knows minutes, no seconds")
        part, count = ("hour", minutes / 60) if minutes % 60 == 0 else ("minute", minutes)
        self._column(check, f"{_EXPECT}row_values_to_have_recent_data", datepart=part, interval=int(count))

    def write_quantile(self, check: Any) -> None:
        """Write it."""
        bounds = _bounds(check)
        self._column(check, f"{_EXPECT}column_quantile_values_to_be_between", quantile=check.q, **bounds)

    def _write_number(self, check: Any) -> None:
        self._column(check, f"{_EXPECT}{NUMBERS[check.kind][0]}_to_be_between", **_bounds(check))

    write_min = write_max = write_mean = write_median = write_sum = write_std = write_distinct_count = _write_number

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield the tests of the model that has this name, or of the only one."""
        sources = [table for source in data.get("sources") or () for table in source.get("tables") or ()]
        found = [*(data.get("models") or ()), *(data.get("seeds") or ()), *sources]
        model = next((one for one in found if one.get("name") == self.name), found[0] if found else {})
        self.name = str(model.get("name", self.name))
        for other in found:
            if other is not model:
                yield f"model {other.get('name')}", lambda: refuse("one model at a time: name it by --dataset")
        for test in _tests(model):
            yield _said(test), lambda test=test: self._checks("", test)  # type: ignore[misc]
        for column in model.get("columns") or ():
            for test in _tests(column):
                name = str(column["name"])
                yield f"{name}: {_said(test)}", lambda name=name, test=test: self._checks(name, test)  # type: ignore[misc]

    def _checks(self, column: str, test: Any) -> list[Check]:
        kind, given = (test, {}) if isinstance(test, str) else next(iter(test.items()))
        given = dict(given or {})
        arguments = {k: v for k, v in given.items() if k not in _CONFIG} | (given.get("arguments") or {})
        config = {k: v for k, v in given.items() if k in _CONFIG} | (given.get("config") or {})
        read = _READERS.get(kind.removeprefix("dbt."))
        if read is None:
            refuse("nbops has no such check")
        return [read(column, arguments, _shared(config))]


def _tests(of: Mapping[str, Any]) -> list[Any]:
    return [*(of.get("data_tests") or ()), *(of.get("tests") or ())]


def _said(test: Any) -> str:
    return test if isinstance(test, str) else ", ".join(f"{kind} {given}" for kind, given in test.items())


def _shared(config: Mapping[str, Any]) -> Given:
    """Return the severity, the tolerance and the restriction that a test's configuration says."""
    severity = str(config.get("severity", "error")).lower()
    shared: Given = {"severity": "warn"} if severity == "warn" else {}
    limit = config.get("warn_if" if severity == "warn" else "error_if")
    if limit and limit != "!= 0":
        count = _MORE_THAN.fullmatch(str(limit)) or refuse(f"the limit {limit!r}: only '> N' is understood")
        shared["allow"] = int(count[1])
    if config.get("where"):
        shared["where"] = from_sql(str(config["where"]))
    if config.get("name"):
        shared["name"] = str(config["name"])
    return shared


def _plain(arguments: Given) -> Given:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value for name, value in arguments.items()
    }  # fmt: skip


def _values(found: tuple[Any, ...]) -> Given:
    """Return a set of values, and whether they are texts: numbers must not be put in quotes."""
    is_text = all(isinstance(value, str) for value in found)
    plain = [value.isoformat() if isinstance(value, dt.date) else value for value in found]
    return {"values": plain} if is_text else {"values": plain, "quote": False}


def _bound(value: Any) -> Any:
    """Return a bound as SQL has it: texts and dates in quotes."""
    return literal(value) if isinstance(value, (str, dt.date)) else value


def _unquoted(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 1 and value[0] == value[-1] == "'":
        return moment_or(value[1:-1].replace("''", "'"))
    return value


def _bounds(check: Any) -> Given:
    bounds = {"min_value": _bound(check.low), "max_value": _bound(check.high)}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _comparison(check: Any) -> str:
    left, right = (f"`{name}`" if quoted(name) != name else name for name in (check.left, check.right))
    return f"{left} {check.operator} {right}"


# ── one reader for each test ─────────────────────────────────────────────────────────────────────────────────────────


def _bare(made: Callable[..., Check]) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ())
        return made(column, **shared)

    return read


def _of(made: Callable[..., Check], name: str, *ignored: str) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, (name, *ignored))
        return made(column, given[name], **shared)

    return read


def _of_table(made: Callable[..., Check], name: str) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, (name,))
        return made(given[name], **shared)

    return read


def _range(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("min_value", "max_value", "inclusive"))
    low, high = (_unquoted(given.get(name)) for name in ("min_value", "max_value"))
    if given.get("inclusive", True):
        return maker("between")(column, low, high, **shared)
    if low is not None and high is not None:
        refuse("two bounds that are left out: write them as above and below")
    return maker("above")(column, low, **shared) if high is None else maker("below")(column, high, **shared)


def _proportion(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("at_least", "at_most"))
    high, low = (None if given.get(n) is None else as_share(1 - given[n]) for n in ("at_least", "at_most"))
    return maker("null_share")(column, low, 1.0 if high is None and low is None else high, **shared)


def _expression(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("expression",))
    said = from_sql(f"{quoted(column)} {given['expression']}" if column else given["expression"])
    plain = re.fullmatch(r"\(?(\w+) ([<>]=?|[!=]=) (\w+)\)?", said)
    if plain and not plain[1][0].isdigit() and not plain[3][0].isdigit():
        return maker("compare")(plain[1], plain[2], plain[3], **shared)
    return maker("satisfies")(said, **shared)


def _number(made: Callable[..., Check], *rest: str) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ("min_value", "max_value", *rest))
        low, high = (_unquoted(given.get(name)) for name in ("min_value", "max_value"))
        found: Check = made(*([column] if column else []), *(given[name] for name in rest), low, high, **shared)
        return found

    return read


def _columns(**how: bool) -> Callable[[str, Given, Given], Check]:
    def read(column: str, given: Given, shared: Given) -> Check:
        refuse_unknown(given, ("column_list",))
        return maker("has_columns")(given["column_list"], **how, **shared)

    return read


def _recent(column: str, given: Given, shared: Given) -> Check:
    refuse_unknown(given, ("datepart", "interval"))
    unit = {"minute": "m", "hour": "h", "day": "d"}.get(given["datepart"]) or refuse("only minutes, hours and days")
    return maker("fresh")(column, f"{given['interval']}{unit}", **shared)


def _relationship(column: str, given: Given, shared: Given) -> Check:
    found = re.fullmatch(r"(?:ref|source)\(.*?['\"](\w+)['\"]\s*\)", str(given["to"]))
    file = f"{found[1] if found else given['to']}.csv"
    refuse(f"it needs the other table: foreign_key: {{columns: {column}, other: {file}, there: {given['field']}}}")


_READERS: dict[str, Callable[[str, Given, Given], Check]] = {
    "not_null": _bare(maker("not_null")),
    "unique": _bare(lambda column, **shared: maker("unique")((column,), **shared)),
    "accepted_values": _of(maker("in_set"), "values", "quote"),
    "relationships": _relationship,
    "dbt_utils.not_accepted_values": _of(maker("not_in_set"), "values", "quote"),
    "dbt_utils.accepted_range": _range,
    f"{_EXPECT}column_values_to_be_between": _range,
    "dbt_utils.not_null_proportion": _proportion,
    "dbt_utils.unique_combination_of_columns": _of_table(maker("unique"), "combination_of_columns"),
    "dbt_utils.expression_is_true": _expression,
    f"{_EXPECT}column_values_to_not_be_null": _bare(maker("not_null")),
    f"{_EXPECT}column_values_to_be_unique": _bare(lambda column, **s: maker("unique")((column,), **s)),
    f"{_EXPECT}column_values_to_be_in_set": _of(maker("in_set"), "value_set", "quote_values"),
    f"{_EXPECT}column_values_to_match_regex": _of(maker("matches"), "regex"),
    f"{_EXPECT}column_values_to_not_match_regex": _of(maker("not_matches"), "regex"),
    f"{_EXPECT}column_value_lengths_to_be_between": _number(maker("length")),
    f"{_EXPECT}table_row_count_to_be_between": _number(maker("row_count")),
    f"{_EXPECT}table_column_count_to_equal": _of_table(maker("column_count"), "value"),
    f"{_EXPECT}table_columns_to_contain_set": _columns(),
    f"{_EXPECT}table_columns_to_match_set": _columns(is_exact=True),
    f"{_EXPECT}table_columns_to_match_ordered_list": _columns(is_exact=True, is_ordered=True),
    f"{_EXPECT}row_values_to_have_recent_data": _recent,
    f"{_EXPECT}column_quantile_values_to_be_between": _number(maker("quantile"), "quantile"),
    **{f"{_EXPECT}{about}_to_be_between": _number(made) for about, made in NUMBERS.values()},
}
