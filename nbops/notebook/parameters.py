"""The parameters of a notebook: declared in a ``%%params`` cell, checked before a run, given in the kernel.

The cell stays ordinary Python: annotated assignments with comments. A value that is given takes the place of the
default, which is then not even evaluated, and is converted to the declared type::

    %%params
    day: date = date.today()          # business day to load
    region: Literal["EU", "US"] = "EU"
    token: Secret                     # no default: must be given; never shown, never written
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from nbops.errors import ParameterError, did_you_mean
from nbops.notebook.conversion import coerce
from nbops.notebook.declarations import read_parameters, targets
from nbops.notebook.defaults import check_default
from nbops.notebook.secret import HIDDEN, Secret, redact, redact_tree, secret_value
from nbops.pipeline.step import Parameter

__all__ = [
    "HIDDEN",
    "GivenParameters",
    "Secret",
    "bind_parameters",
    "check_parameters",
    "coerce",
    "known_name",
    "params_names",
    "read_parameters",
    "redact",
    "redact_tree",
    "secret_values",
    "wire_value",
]


def params_names() -> dict[str, object]:
    """Return the names that a ``%%params`` cell knows without an import."""
    return {
        "Any": Any,
        "Decimal": Decimal,
        "Literal": Literal,
        "Path": Path,
        "Secret": Secret,
        "date": date,
        "datetime": datetime,
        "timedelta": timedelta,
    }


def known_name(name: str, namespace: Mapping[str, object]) -> object:
    """Return what *name* means in a ``%%params`` cell: the user's own object of that name, or the known type."""
    return namespace[name] if name in namespace else params_names()[name]


# ── checking what is given ───────────────────────────────────────────────────────────────────────────────────────────


def check_parameters(declared: Iterable[Parameter], given: Mapping[str, object]) -> dict[str, str]:
    r"""Return every parameter of a run as text for its record: given values, defaults as written, secrets hidden.

    Raises:
        ParameterError: A name is not declared, a value is not of the declared type, or a needed one is not given.

    Example:
        >>> check_parameters(read_parameters("day: date\nrows = 10"), {"day": "2013-02-01"})
        {'day': '2013-02-01', 'rows': '10'}
    """
    known = {parameter.name: parameter for parameter in declared}
    wrong = [_unknown(name, known) for name in given if name not in known]
    meant = " ".join(error.fix for error in wrong)  # a name that was only mistyped is not missing as well
    checked = {}
    for name, parameter in known.items():
        try:
            checked[name] = _checked(parameter, given)
        except ParameterError as error:
            wrong += [error] if name in given or repr(name) not in meant else []
    if wrong:
        raise _together(wrong)
    return checked


def _checked(parameter: Parameter, given: Mapping[str, object]) -> str:
    name = parameter.name
    if name in given:
        value = coerce(name, given[name], _declared_type(parameter, given[name]))
        return HIDDEN if parameter.is_secret else _as_text(value)
    if not parameter.default:
        raise _missing(parameter)
    check_default(parameter)
    return parameter.default


def _unknown(name: str, known: Collection[str]) -> ParameterError:
    fix = did_you_mean(name, known) if known else f"declare it in a cell: %%params, then {name} = …"
    return ParameterError(f"unknown parameter {name!r}", where=f"-p {name}", fix=fix)


def _together(wrong: Sequence[ParameterError]) -> ParameterError:
    """Return one error that tells of all that is wrong, so that all of it can be mended before the next attempt."""
    if len(wrong) == 1:
        return wrong[0]
    what, where, fix = (
        list(dict.fromkeys(said)) for said in zip(*((e.what, e.where, e.fix) for e in wrong), strict=True)
    )
    return ParameterError(
        f"{len(wrong)} parameters are wrong: {'; '.join(what)}",
        where="; ".join(filter(None, where)),
        fix=" · ".join(filter(None, fix)),
    )


def _declared_type(parameter: Parameter, value: object) -> str:
    """Return the type to convert to: text stays text where the default is text and no type is declared."""
    if not parameter.annotation and isinstance(value, str) and parameter.default[-1:] in ("'", '"'):
        return "str"
    return parameter.annotation


def _missing(parameter: Parameter) -> ParameterError:
    return ParameterError(
        f"parameter {parameter.name!r} has no value and no default",
        where=f"%%params: {parameter.name}: {parameter.annotation}",
        fix=f"-p {parameter.name} VALUE",
    )


def _as_text(value: object) -> str:
    wire = wire_value(value)
    return wire if isinstance(wire, str) else repr(wire)


def wire_value(value: object) -> Any:
    """Return *value* as JSON can hold it, such that :func:`coerce` gives the same value for its declared type.

    Example:
        >>> wire_value({"days": [date(2013, 2, 1)], "folder": Path("out")})
        {'days': ['2013-02-01'], 'folder': 'out'}
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_scalar_text(key): wire_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [wire_value(item) for item in value]
    return _scalar_text(value)


def _scalar_text(value: object) -> str:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.6f}s"
    if isinstance(value, date):  # and datetime, which is one
        return value.isoformat()
    return value.name if isinstance(value, enum.Enum) else str(value)


def secret_values(declared: Iterable[Parameter], given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the texts that must never be written: the given values of secrets, and what ``secret:NAME`` stands for.

    Raises:
        ParameterError: ``secret:NAME`` names an environment variable that is not set.
    """
    found: list[str] = []
    for parameter in declared:
        value = given.get(parameter.name)
        if parameter.is_secret and isinstance(value, str) and value:
            found.append(str(secret_value(value, parameter.name)))
    return tuple(found)


# ── giving it, in the kernel ─────────────────────────────────────────────────────────────────────────────────────────


class GivenParameters:
    """What the code of a bound ``%%params`` cell asks for its values and types; see :func:`bind_parameters`.

    Args:
        declared: The parameters of the cell.
        given: Values by name; names that the cell does not declare are not its business.
        namespace: The user's namespace.
    """

    def __init__(
        self, declared: Iterable[Parameter], given: Mapping[str, object], namespace: MutableMapping[str, Any]
    ) -> None:
        self._declared = {parameter.name: parameter for parameter in declared}
        self._given = given
        self._namespace = namespace
        self.secrets: set[str] = set()

    def given(self, name: str) -> object:
        """Return the given value as the declared type."""
        parameter, value = self._declared[name], self._given[name]
        known = {**params_names(), **self._namespace}
        return self._noted(parameter, coerce(name, value, _declared_type(parameter, value), known))

    def needed(self, name: str) -> object:
        """Return the value that the name already has, typed or run before; without one the cell fails.

        Raises:
            ParameterError: There is none.
        """
        if name not in self._namespace:
            raise _missing(self._declared[name])
        return self._noted(self._declared[name], self._namespace[name])

    def default(self, name: str, value: object) -> object:
        """Return the default of a secret as a secret."""
        return self._noted(self._declared[name], value)

    def _noted(self, parameter: Parameter, value: object) -> object:
        if parameter.is_secret and isinstance(value, str) and value:
            value = value if isinstance(value, Secret) else secret_value(value, parameter.name)
            self.secrets.add(str(value))
        return value


def bind_parameters(
    module: ast.Module, declared: Iterable[Parameter], given: Mapping[str, object], runtime_name: str
) -> ast.Module:
    """Return the module of a ``%%params`` cell such that given values win over defaults; lines stay as they are.

    Args:
        module: The cell's module; it is changed.
        declared: What :func:`read_parameters` says of the cell.
        given: The values that are given, by name; only the names matter here.
        runtime_name: The hidden name under which the cell finds its :class:`GivenParameters` while it runs.
    """
    secrets = {parameter.name for parameter in declared if parameter.is_secret}
    body: list[ast.stmt] = []
    for node in module.body:
        body += _bound(node, given.keys(), secrets, runtime_name)
    module.body = body
    _KnownNames().visit(module)
    return module


def _bound(node: ast.stmt, given: Iterable[str], secrets: set[str], runtime: str) -> Iterator[ast.stmt]:
    names = targets(node)
    if isinstance(node, ast.AnnAssign) and names:
        name = names[0]
        if name in given:
            node.value = _call(runtime, "given", name, at=node.value or node)
        elif node.value is None:
            node.value = _call(runtime, "needed", name, at=node)
        elif name in secrets:
            node.value = _call(runtime, "default", name, at=node.value, value=node.value)
    elif isinstance(node, ast.Assign) and (taken := [name for name in names if name in given]):
        others = [t for t in node.targets if not (isinstance(t, ast.Name) and t.id in taken)]
        for name in taken:
            target = ast.copy_location(ast.Name(name, ast.Store()), node)
            yield ast.copy_location(ast.Assign([target], _call(runtime, "given", name, at=node.value)), node)
        if not others:
            return
        node.targets = others
    elif isinstance(node, ast.Assign) and len(names) == 1 and names[0] in secrets:
        node.value = _call(runtime, "default", names[0], at=node.value, value=node.value)
    yield node


def _call(runtime: str, method: str, name: str, *, at: ast.AST, value: ast.expr | None = None) -> ast.expr:
    """Return ``runtime.method(name, value)`` with the place in the source that *at* has."""
    function = ast.Attribute(ast.Name(runtime, ast.Load()), method, ast.Load())
    arguments: list[ast.expr] = [ast.Constant(name)]
    call = _placed(ast.Call(function, arguments, []), at=at)
    if value is not None:
        arguments.append(value)
    return call


def _placed(expression: ast.expr, *, at: ast.AST) -> ast.expr:
    """Return *expression* with the place of *at* on each of its nodes: an error's arrow points there."""
    for node in ast.walk(expression):
        ast.copy_location(node, at)
    return expression


_SCOPES = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


class _KnownNames(ast.NodeTransformer):
    """Looks up the types that the cell knows without an import, unless a function binds the name itself.

    The look-up names its module, because functions that the cell defines are called when the cell is long over.
    """

    def __init__(self) -> None:
        self._names = set(params_names())

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if isinstance(node.ctx, ast.Load) and node.id in self._names:
            text = f"__import__({__name__!r}, None, None, ('known_name',)).known_name({node.id!r}, globals())"
            return _placed(ast.parse(text, mode="eval").body, at=node)
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if not isinstance(node, _SCOPES):
            return super().generic_visit(node)
        outside = self._names
        self._names = outside - set(_bound_in(node))
        super().generic_visit(node)
        self._names = outside
        return node


def _bound_in(scope: ast.AST) -> Iterator[str]:
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
