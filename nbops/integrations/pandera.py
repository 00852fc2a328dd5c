"""Schemas of pandera: its YAML, and the Python that makes the same schema; read without running any of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar

from nbops.checks.model import Check
from nbops.integrations.interchange import Dialect, as_moment, dump_yaml, maker, moment_or, refuse, refuse_unknown

__all__ = ["Pandera"]

_FAMILIES = ("number", "bool", "text", "time")
_NOT = re.compile(r"\(\?s\)\\A\(\?!\.\*\(\?:(.*)\)\)", re.DOTALL)
_NULLS = "pandera takes nulls for values, of which two are the same; nbops leaves rows with a null out"
_COLUMN_KEYS = {"title", "description", "dtype", "nullable", "checks", "name", "unique", "coerce", "required", "regex",
                "default", "report_duplicates", "drop_invalid_rows"}  # fmt: skip
_NO_MEANING = ("error", "name", "n_failure_cases", "title", "description", "ignore_na", "element_wise")


class Pandera(Dialect):
    """Writes and reads schemas of pandera."""

    format: ClassVar[str] = "pandera"
    title: ClassVar[str] = "pandera"

    def __init__(self, name: str = "") -> None:
        super().__init__(name)
        self.columns: dict[str, dict[str, Any]] = {}
        self.whole: dict[str, Any] = {}

    @classmethod
    def is_written_in(cls, data: Any) -> bool:
        """Whether *data* is a schema of a table."""
        return isinstance(data, dict) and data.get("schema_type") == "dataframe"

    def text(self) -> str:
        """Return the schema as YAML."""
        columns = {name: {k: v for k, v in column.items() if v != []} for name, column in self.columns.items()}
        return dump_yaml({"schema_type": "dataframe", "name": self.name, "columns": columns, **self.whole})

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _column(self, name: str) -> dict[str, Any]:
        return self.columns.setdefault(str(name), {"nullable": True, "checks": []})

    def _add(self, check: Any, name: str, **arguments: Any) -> None:
        self.plain(check)
        options: dict[str, Any] = {"check_name": name}
        if check.severity == "warn":
            options["raise_warning"] = True
        written = {key: as_moment(value) for key, value in arguments.items()}
        self._column(check.column)["checks"].append({**written, "options": options})

    def _stops(self, check: Check) -> None:
        """Refuse a property of a column that is only to warn."""
        self.plain(check)
        if check.severity == "warn":
            refuse(f"pandera's {check.kind} cannot only warn")

    def write_not_null(self, check: Any) -> None:
        """Write it."""
        self._stops(check)
        self._column(check.column)["nullable"] = False

    def write_unique(self, check: Any) -> None:
        """Write it; a schema has room for one compound key."""
        self._stops(check)
        if len(check.columns) > 1 and "unique" in self.whole:
            refuse("a schema of pandera has one compound key")
        self.remark(_NULLS)
        if len(check.columns) == 1:
            self._column(check.columns[0])["unique"] = True
            return
        self.whole["unique"] = list(check.columns)
        for name in check.columns:
            self._column(name)

    def write_between(self, check: Any) -> None:
        """Write it."""
        if check.high is None:
            self._add(check, "greater_than_or_equal_to", min_value=check.low)
        elif check.low is None:
            self._add(check, "less_than_or_equal_to", max_value=check.high)
        else:
            self._add(check, "in_range", min_value=check.low, max_value=check.high)

    def write_above(self, check: Any) -> None:
        """Write it."""
        self._add(check, "greater_than", min_value=check.low)

    def write_below(self, check: Any) -> None:
        """Write it."""
        self._add(check, "less_than", max_value=check.high)

    def write_in_set(self, check: Any) -> None:
        """Write it."""
        self._add(check, "isin", allowed_values=list(check.values))

    def write_not_in_set(self, check: Any) -> None:
        """Write it."""
        self._add(check, "notin", forbidden_values=list(check.values))

    def write_matches(self, check: Any) -> None:
        """Write it: ``str_contains`` looks anywhere, as nbops does."""
        self._add(check, "str_contains", pattern=check.pattern)

    def write_not_matches(self, check: Any) -> None:
        """Write it as a pattern that looks ahead, since pandera has no negation."""
        if check.pattern.startswith("(?") and not check.pattern.startswith(("(?:", "(?=", "(?!")):
            refuse("a pattern with flags cannot be turned into its opposite")
        self._add(check, "str_contains", pattern=rf"(?s)\A(?!.*(?:{check.pattern}))")

    def write_length(self, check: Any) -> None:
        """Write it."""
        self._add(check, "str_length", min_value=check.low, max_value=check.high)

    def write_dtype(self, check: Any) -> None:
        """Write an exact type."""
        self._stops(check)
        if check.type in _FAMILIES:
            refuse("pandera needs an exact type, as int64")
        column = self._column(check.column)
        if "dtype" in column:
            refuse("a column of pandera has one type")
        column["dtype"] = check.type

    def write_has_columns(self, check: Any) -> None:
        """Write it: columns are required, and with *is_exact* no others are allowed."""
        self._stops(check)
        for name in check.names:
            self._column(name)
        if check.is_exact:
            self.whole["strict"] = True
        if check.is_ordered:
            self.whole["ordered"] = True
            rest = {name: column for name, column in self.columns.items() if name not in check.names}
            self.columns = {**{name: self.columns[name] for name in check.names}, **rest}

    def write_distinct_columns(self, check: Any) -> None:
        """Write it."""
        self._stops(check)
        self.whole["unique_column_names"] = True

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    def pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield the columns' properties and checks, then those of the table."""
        self.name = str(data.get("name") or self.name)
        columns: Mapping[str, Any] = data.get("columns") or {}
        yield "columns", lambda: _columns(data, columns)
        for name, column in columns.items():
            for said, read in _properties(name, column):
                yield f"{name}: {said}", read
            for check, given in _checks(column):
                said = f"{name}: {check}({', '.join(f'{k}={v!r}' for k, v in given.items())})"
                yield said, lambda n=name, c=check, g=given: [_check(n, c, dict(g))]  # type: ignore[misc]
        if data.get("unique"):
            key = data["unique"]
            yield f"unique: {key}", lambda: [self._unique(key if isinstance(key, list) else [key])]
        if data.get("unique_column_names"):
            yield "unique_column_names", lambda: [maker("distinct_columns")()]
        for one in data.get("checks") or ():
            yield f"checks: {one}", lambda: refuse("checks of a whole table are code, which is not read")
        if data.get("index"):
            yield "index", lambda: refuse("an index is no column")

    def _unique(self, key: list[str]) -> Check:
        self.remark(_NULLS)
        return maker("unique")(key)


def _columns(data: Mapping[str, Any], columns: Mapping[str, Any]) -> list[Check]:
    """Return that the columns are there."""
    required = [name for name, column in columns.items() if (column or {}).get("required", True)]
    if data.get("strict") is True and len(required) < len(columns):
        refuse("a table without other columns, of which some may be missing")
    is_exact, is_ordered = data.get("strict") is True, bool(data.get("ordered"))
    return [maker("has_columns")(required, is_exact=is_exact, is_ordered=is_ordered)] if required else []


def _properties(name: str, column: Mapping[str, Any] | None) -> Iterator[tuple[str, Callable[[], list[Check]]]]:
    column = column or {}
    if column.get("regex"):
        yield "regex", lambda: refuse("columns that are named by a pattern")
    if column.get("coerce"):
        yield "coerce", lambda: refuse("nbops judges, it changes no types")
    if not column.get("nullable", False):
        yield "nullable: false", lambda: [maker("not_null")(name)]
    if column.get("unique"):
        yield "unique: true", lambda: [maker("unique")([name])]
    if column.get("dtype"):
        yield f"dtype: {column['dtype']}", lambda: [maker("dtype")(name, str(column["dtype"]))]


def _checks(column: Mapping[str, Any] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the checks of a column with their arguments, in whichever of pandera's three ways they are written."""
    column = column or {}
    listed = column.get("checks") or []
    if isinstance(listed, dict):
        listed = [_entry(name, given) for name, given in listed.items()]
    flat = [_entry(name, given) for name, given in column.items() if name not in _COLUMN_KEYS]
    for one in [*listed, *flat]:
        options = dict(one.get("options") or {})
        name = str(options.pop("check_name", "check"))
        yield name, {**{k: v for k, v in one.items() if k != "options"}, **options}


def _entry(name: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {"value": given, "options": {"check_name": name}}
    return {**given, "options": {**given.get("options", {}), "check_name": name}}


_SHORT = {"ge": "greater_than_or_equal_to", "gt": "greater_than", "le": "less_than_or_equal_to", "lt": "less_than",
          "between": "in_range", "eq": "equal_to"}  # fmt: skip


def _check(column: str, name: str, given: dict[str, Any]) -> Check:
    """Return one check of a column."""
    for key in _NO_MEANING:
        given.pop(key, None)
    shared = {"severity": "warn"} if given.pop("raise_warning", False) else {}
    read = _READERS.get(_SHORT.get(name, name))
    if read is None:
        refuse("nbops has no such check")
    return read(column, {key: moment_or(value) for key, value in given.items()}, shared)


def _one(made: Callable[..., Check], name: str) -> Callable[[str, dict[str, Any], dict[str, Any]], Check]:
    """Return the reader of a check with one argument, which may be called ``value`` too."""

    def read(column: str, given: dict[str, Any], shared: dict[str, Any]) -> Check:
        value = given.pop(name) if name in given else given.pop("value")
        refuse_unknown(given, ())
        return made(column, value, **shared)

    return read


def _in_range(column: str, given: dict[str, Any], shared: dict[str, Any]) -> Check:
    refuse_unknown(given, ("min_value", "max_value", "include_min", "include_max"))
    if not (given.get("include_min", True) and given.get("include_max", True)):
        refuse("a bound that is left out, together with another bound: write it as above and below")
    return maker("between")(column, given["min_value"], given["max_value"], **shared)


def _length(column: str, given: dict[str, Any], shared: dict[str, Any]) -> Check:
    exact = given.pop("exact_value", given.pop("value", None))
    refuse_unknown(given, ("min_value", "max_value"))
    low, high = given.get("min_value"), given.get("max_value")
    return maker("length")(column, exact if low is None else low, exact if high is None else high, **shared)


def _contains(column: str, pattern: str, **shared: Any) -> Check:
    negated = _NOT.fullmatch(pattern)
    return (
        maker("not_matches")(column, negated[1], **shared) if negated else maker("matches")(column, pattern, **shared)
    )


_READERS: dict[str, Callable[[str, dict[str, Any], dict[str, Any]], Check]] = {
    "greater_than_or_equal_to": _one(maker("at_least"), "min_value"),
    "greater_than": _one(maker("above"), "min_value"),
    "less_than_or_equal_to": _one(maker("at_most"), "max_value"),
    "less_than": _one(maker("below"), "max_value"),
    "equal_to": _one(lambda column, value, **shared: maker("in_set")(column, (value,), **shared), "value"),
    "not_equal_to": _one(lambda column, value, **shared: maker("not_in_set")(column, (value,), **shared), "value"),
    "isin": _one(maker("in_set"), "allowed_values"),
    "notin": _one(maker("not_in_set"), "forbidden_values"),
    "in_range": _in_range,
    "str_contains": _one(_contains, "pattern"),
    "str_matches": _one(lambda c, pattern, **shared: maker("matches")(c, rf"\A(?:{pattern})", **shared), "pattern"),
    "str_startswith": _one(lambda c, start, **s: maker("matches")(c, rf"\A{re.escape(start)}", **s), "string"),
    "str_endswith": _one(lambda c, end, **s: maker("matches")(c, rf"{re.escape(end)}\Z", **s), "string"),
    "str_length": _length,
}
