"""Schemas of pandera as Python: written as code, and read from code without running it."""

from __future__ import annotations

import ast
import datetime as dt
from typing import Any, ClassVar

from nbops.errors import UsageError
from nbops.integrations.pandera import Pandera

__all__ = ["PanderaScript", "schema_in"]

_CHECK_ARGUMENTS = {
    "greater_than": "min_value", "greater_than_or_equal_to": "min_value", "gt": "min_value", "ge": "min_value",
    "less_than": "max_value", "less_than_or_equal_to": "max_value", "lt": "max_value", "le": "max_value",
    "isin": "allowed_values", "notin": "forbidden_values", "str_matches": "pattern", "str_contains": "pattern",
    "str_startswith": "string", "str_endswith": "string", "equal_to": "value", "not_equal_to": "value", "eq": "value",
    "in_range": "min_value max_value", "between": "min_value max_value", "str_length": "min_value max_value",
}  # fmt: skip
_FIELD_CHECKS = {"ge", "gt", "le", "lt", "eq", "isin", "notin", "str_contains", "str_matches", "str_startswith",
                 "str_endswith", "in_range", "str_length", "ne", "between"}  # fmt: skip
_COLUMN_ARGUMENTS = ("dtype", "checks", "nullable", "unique")


class PanderaScript(Pandera):
    """The schema as the code that makes it."""

    format: ClassVar[str] = "pandera-py"
    suffix: ClassVar[str] = ".py"

    def text(self) -> str:
        """Return the code."""
        lines = ["import datetime", "", "import pandera.pandas as pa", "", "schema = pa.DataFrameSchema(",
                 f"    name={self.name!r},", "    columns={"]  # fmt: skip
        for name, column in self.columns.items():
            checks = [_check_code(dict(one)) for one in column.get("checks", [])]
            rest = [f"{key}={value!r}" for key, value in column.items() if key not in ("checks", "nullable")]
            inside = [f"nullable={column['nullable']}", *rest]
            if checks:
                inside.append("checks=[" + ", ".join(checks) + "]")
            lines.append(f"        {name!r}: pa.Column({', '.join(inside)}),")
        lines += ["    },", *(f"    {key}={value!r}," for key, value in self.whole.items()), ")"]
        code = "\n".join(lines) + "\n"
        return code if "datetime.date" in code else code.removeprefix("import datetime\n\n")


def schema_in(code: str, where: str = "") -> dict[str, Any]:
    """Return the schema that Python *code* makes, in the shape of pandera's YAML; the code is read, never run.

    Raises:
        UsageError: It is no Python, or makes no schema that can be read.

    Example:
        >>> schema_in("s = DataFrameSchema({'id': Column(int, Check.ge(0))})")["columns"]["id"]["checks"]
        [{'min_value': 0, 'options': {'check_name': 'ge'}}]
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise UsageError(f"this is no Python: {error.args[0]}", where=f"{where}:{line}" if line else where) from error
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "DataFrameSchema":
            return _schema(node, where)
        if isinstance(node, ast.ClassDef) and any(_name(b) in ("DataFrameModel", "SchemaModel") for b in node.bases):
            return _model(node, where)
    raise UsageError("the file makes no DataFrameSchema and no DataFrameModel", where=where, fix="name another file")


def _check_code(one: dict[str, Any]) -> str:
    options = dict(one.pop("options"))
    name = options.pop("check_name")
    given = {**{key: value for key, value in one.items() if value is not None}, **options}
    return f"pa.Check.{name}({', '.join(f'{key}={value!r}' for key, value in given.items())})"


def _name(node: ast.AST) -> str:
    """Return the last part of a dotted name."""
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _schema(call: ast.Call, where: str) -> dict[str, Any]:
    given = {word.arg: word.value for word in call.keywords if word.arg}
    columns = given.pop("columns", call.args[0] if call.args else None)
    found: dict[str, Any] = {"schema_type": "dataframe", "columns": {}}
    for name in ("name", "strict", "ordered", "unique", "unique_column_names"):
        if name in given:
            found[name] = _value(given[name], where)
    if given.get("checks") is not None and not _is_none(given["checks"]):
        found["checks"] = [ast.unparse(given["checks"])]
    if isinstance(columns, ast.Dict):
        for key, value in zip(columns.keys, columns.values, strict=True):
            if key is not None and isinstance(value, ast.Call):
                found["columns"][_value(key, where)] = _column(value, where)
    return found


def _column(call: ast.Call, where: str) -> dict[str, Any]:
    given = dict(zip(_COLUMN_ARGUMENTS, call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    found: dict[str, Any] = {}
    for name in ("nullable", "unique", "coerce", "required", "regex"):
        if name in given:
            found[name] = _value(given[name], where)
    if "dtype" in given and not _is_none(given["dtype"]):
        found["dtype"] = _type(given["dtype"])
    checks = given.get("checks")
    listed = checks.elts if isinstance(checks, (ast.List, ast.Tuple)) else [checks] if checks else []
    found["checks"] = [_check(one, where) for one in listed if not _is_none(one)]
    return found


def _check(node: ast.expr, where: str) -> dict[str, Any]:
    try:
        return _check_of(node, where)
    except UsageError:  # an argument is computed: that check is told, the others are read
        return {"code": ast.unparse(node), "options": {"check_name": "a check that is code"}}


def _check_of(node: ast.expr, where: str) -> dict[str, Any]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        raise UsageError(f"{ast.unparse(node)} is code, which is not run", where=where, fix="write it out")
    name = node.func.attr
    positional = _CHECK_ARGUMENTS.get(name, "value").split()
    stats = {key: _value(value, where) for key, value in zip(positional, node.args, strict=False)}
    options: dict[str, Any] = {"check_name": name}
    for word in node.keywords:
        target = options if word.arg in ("raise_warning", "ignore_na", "error", "name", "n_failure_cases") else stats
        target[str(word.arg)] = _value(word.value, where)
    return {**stats, "options": options}


def _model(node: ast.ClassDef, where: str) -> dict[str, Any]:
    """Return a schema that is written as a class."""
    found: dict[str, Any] = {"schema_type": "dataframe", "name": node.name, "columns": {}}
    for line in node.body:
        if isinstance(line, ast.ClassDef) and line.name == "Config":
            for one in line.body:
                if isinstance(one, ast.Assign) and _name(one.targets[0]) in ("strict", "ordered", "unique"):
                    found[_name(one.targets[0])] = _value(one.value, where)
        elif isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            found["columns"][line.target.id] = _field(line, where)
        elif isinstance(line, ast.FunctionDef):
            found.setdefault("checks", []).append(f"def {line.name}")
    return found


def _field(line: ast.AnnAssign, where: str) -> dict[str, Any]:
    column: dict[str, Any] = {"checks": []}
    kind = line.annotation.slice if isinstance(line.annotation, ast.Subscript) else line.annotation
    if _type(kind) != "Any":
        column["dtype"] = _type(kind)
    for word in line.value.keywords if isinstance(line.value, ast.Call) else ():
        value = _value(word.value, where)
        if word.arg in _FIELD_CHECKS:
            key = _CHECK_ARGUMENTS.get(str(word.arg), "value").split()
            given = value if isinstance(value, dict) else {key[0]: value}
            column["checks"].append({**given, "options": {"check_name": word.arg}})
        elif word.arg != "description":
            column[str(word.arg)] = value
    if column.pop("raise_warning", False):
        for one in column["checks"]:
            one["options"]["raise_warning"] = True
    return column


_TYPES = {"int": "int64", "float": "float64", "bool": "bool"}


def _type(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    name = _name(node.func) if isinstance(node, ast.Call) else _name(node)
    if isinstance(node, ast.Call) and node.args:  # pa.engines…(dtype('int64')), DateTime(…)
        return name.lower()
    return _TYPES.get(name, name.lower() if name[:1].isupper() and name != "Any" else name)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _value(node: ast.expr, where: str) -> Any:
    """Return the value of a literal; dates are read too, anything else is no value."""
    if isinstance(node, ast.Call) and _name(node.func) in ("datetime", "date", "Timestamp", "to_datetime"):
        parts = [_value(part, where) for part in node.args]
        if parts and isinstance(parts[0], str):
            return dt.datetime.fromisoformat(parts[0])
        return dt.date(*parts) if _name(node.func) == "date" else dt.datetime(*parts)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return [_value(item, where) for item in node.elts]
    try:
        return ast.literal_eval(node)
    except ValueError as error:
        place = f"{where}:{node.lineno}:{node.col_offset + 1}"
        raise UsageError(f"{ast.unparse(node)} is code, which is not run", where=place, fix="write it out") from error
