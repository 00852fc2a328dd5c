"""The parameters of a notebook as a form: which control suits each type, what stands in it, and what is wrong with it.

Nothing is run: types and defaults are read from the code of the ``%%params`` cell.
"""

from __future__ import annotations

import ast
import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nbops.errors import ParameterError, did_you_mean
from nbops.notebook.conversion import coerce
from nbops.notebook.defaults import check_default
from nbops.pipeline.step import Parameter

__all__ = ["Field", "as_json", "errors_of", "field_of"]

_KINDS = {
    "bool": "bool",
    "date": "date",
    "datetime": "datetime",
    "int": "integer",
    "float": "number",
    "Decimal": "number",
    **dict.fromkeys(("list", "List", "set", "Set", "frozenset", "tuple", "Tuple", "Sequence"), "list"),
    **dict.fromkeys(("dict", "Dict", "Mapping"), "dict"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One control of the form.

    Args:
        name: The parameter's name.
        kind: ``text``, ``integer``, ``number``, ``bool``, ``date``, ``datetime``, ``choice``, ``list``, ``dict`` or
            ``secret``.
        annotation: The type as it is declared.
        doc: The comment behind it.
        choices: What may be chosen, as text.
        value: The default as the control shows it; None when there is none, or when it must be computed.
        default: The default as it is written; empty when the parameter must be given.
        is_optional: Whether None may be given.
    """

    name: str
    kind: str
    annotation: str = ""
    doc: str = ""
    choices: tuple[str, ...] = ()
    value: str | bool | None = None
    default: str = ""
    is_optional: bool = False


def field_of(parameter: Parameter) -> Field:
    """Return the control of a parameter.

    Example:
        >>> field_of(Parameter("day", "date | None", "date(2013, 2, 1)"))  # doctest: +ELLIPSIS
        Field(name='day', kind='date', ..., value='2013-02-01', default='date(2013, 2, 1)', is_optional=True)
        >>> field_of(Parameter("region", 'Literal["EU", "US"]', '"EU"')).choices
        ('EU', 'US')
    """
    members = _members(parameter.annotation)
    optional = any(_is_none(member) for member in members)
    kept = [member for member in members if not _is_none(member)]
    kind, choices = _kind(kept[0]) if len(kept) == 1 else ("text", ())
    if not parameter.annotation:
        kind = _kind_of_value(_literal(parameter.default))
    if parameter.is_secret:
        kind = "secret"
    return Field(
        parameter.name,
        kind,
        parameter.annotation,
        parameter.doc,
        choices,
        None if parameter.is_secret else _shown(_literal(parameter.default)),
        parameter.default,
        optional,
    )


def as_json(parameters: Iterable[Parameter]) -> list[dict[str, Any]]:
    """Return the controls of all parameters, in order."""
    return [asdict(field_of(parameter)) for parameter in parameters]


def errors_of(parameters: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, str]:
    """Return by name what is wrong with the parameters as given; defaults count where nothing is given.

    Example:
        >>> errors_of([Parameter("rows", "int", "10"), Parameter("day", "date")], {"rows": "ten"})
        {'rows': 'ten is no whole number', 'day': 'has no default: give it a value'}
    """
    known = {parameter.name: parameter for parameter in parameters}
    found = {}
    for name, parameter in known.items():
        text = _error(parameter, given)
        if text:
            found[name] = text
    for name in given:
        if name not in known:
            found[name] = f"the notebook has no such parameter; {did_you_mean(name, known)}".rstrip("; ")
    return found


def _error(parameter: Parameter, given: Mapping[str, object]) -> str:
    try:
        if parameter.name in given:
            coerce(parameter.name, given[parameter.name], _type(parameter, given[parameter.name]))
        elif not parameter.default:
            return "has no default: give it a value"
        else:
            check_default(parameter)
    except ParameterError as error:
        return _beside(error, parameter, given)
    return ""


def _beside(error: ParameterError, parameter: Parameter, given: Mapping[str, object]) -> str:
    """Return an error as it reads beside its control, where the name is not said again."""
    _, is_told, wanted = error.what.rpartition(", which is not ")
    if not is_told or parameter.name not in given:
        return error.what
    seen = "this" if parameter.is_secret else str(given[parameter.name])[:60] or "nothing"
    said = f"{seen} is no {wanted.removeprefix('a ').removeprefix('an ')}"
    if wanted.startswith("one of"):
        said = f"{seen} is not {wanted}"
    return f"{said}; {error.fix}" if error.fix.startswith("did you mean") else said


def _type(parameter: Parameter, value: object) -> str:
    """Return the type to convert to: text stays text where the default is text and no type is declared."""
    if not parameter.annotation and isinstance(value, str) and parameter.default[-1:] in ("'", '"'):
        return "str"
    return parameter.annotation


# ── reading the type ─────────────────────────────────────────────────────────────────────────────────────────────────


def _members(annotation: str) -> list[ast.expr]:
    """Return the alternatives of a declared type."""
    try:
        node = ast.parse(annotation.strip() or "Any", mode="eval").body
    except (SyntaxError, ValueError):  # the kernel will say what it thinks of it; here it is text
        return []
    return list(_alternatives(node))


def _alternatives(node: ast.expr) -> Iterable[ast.expr]:
    name = _last(node.value) if isinstance(node, ast.Subscript) else ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    elif isinstance(node, ast.Subscript) and name in ("Optional", "Union", "Annotated", "Final"):
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for part in inner[:1] if name in ("Annotated", "Final") else inner:
            yield from _alternatives(part)
        if name == "Optional":
            yield ast.Constant(None)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from _members(node.value)
    else:
        yield node


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _kind(node: ast.expr) -> tuple[str, tuple[str, ...]]:
    if not isinstance(node, ast.Subscript):
        return _KINDS.get(_last(node), "text"), ()
    name = _last(node.value)
    if name != "Literal":
        return _KINDS.get(name, "text"), ()
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    try:
        return "choice", tuple(str(ast.literal_eval(argument)) for argument in arguments)
    except (ValueError, TypeError):  # a member of an enumeration: only the kernel knows what it is called
        return "text", ()


# ── reading the default ──────────────────────────────────────────────────────────────────────────────────────────────


def _literal(default: str) -> object:
    """Return the value of a default that is written out, also as a date; Ellipsis when it must be computed."""
    try:
        node = ast.parse(default.strip(), mode="eval").body
        return _moment(node) if isinstance(node, ast.Call) else ast.literal_eval(node)
    except (ValueError, SyntaxError, TypeError, RecursionError):
        return ...


def _moment(call: ast.Call) -> object:
    """Return the date or the time that ``date(2013, 2, 1)`` is; Ellipsis for any other call."""
    makes = {"date": datetime.date, "datetime": datetime.datetime}.get(_last(call.func))
    if makes is None or call.keywords:
        return ...
    return makes(*(ast.literal_eval(argument) for argument in call.args))


def _kind_of_value(value: object) -> str:
    if value is ... or value is None:
        return "text"
    return _KINDS.get(type(value).__name__, "text")


def _shown(value: object) -> str | bool | None:
    if value is ... or value is None or isinstance(value, bool):
        return value if isinstance(value, bool) else None
    if isinstance(value, list | tuple | set | frozenset) and all(isinstance(item, str | int | float) for item in value):
        is_plain = not any("," in str(item) or str(item) != str(item).strip() for item in value)
        return ", ".join(map(str, value)) if is_plain else repr(list(value))
    return value.isoformat() if isinstance(value, datetime.date) else str(value)
