"""Turning the value that was given for a parameter into the type that the notebook declares.

The declared type is read from its source text, so that values are checked before any kernel starts. A type that only
the kernel knows (an enumeration of the user's) is looked up in the namespace, when there is one.
"""

from __future__ import annotations

import ast
import builtins
import enum
import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nbops.errors import ParameterError, did_you_mean
from nbops.frames.tables import shortened
from nbops.notebook.scalars import SCALARS, Mismatch, as_literal, as_none
from nbops.notebook.secret import HIDDEN

__all__ = ["annotation_names", "coerce"]

Namespace = Mapping[str, object]
Converter = Callable[[object, Sequence[ast.expr], Namespace | None], object]


def coerce(name: str, value: object, annotation: str, namespace: Namespace | None = None) -> object:
    """Return *value* as the declared type.

    Args:
        name: The parameter's name, for the error.
        value: What was given: text from a command line, or any value.
        annotation: The type as declared; empty for none: then text is read as a literal, and stays text if it is none.
        namespace: Where to look for types that are not built in; without it they are left to the kernel.

    Raises:
        ParameterError: The value is not of that type, and cannot be read as it.

    Example:
        >>> coerce("day", "2013-02-01", "date | None")
        datetime.date(2013, 2, 1)
        >>> coerce("carriers", "AA,UA", "list[str]")
        ['AA', 'UA']
    """
    try:
        return _convert(value, _parsed(annotation), namespace)
    except (Mismatch, TypeError) as error:  # a TypeError is a list as a key, or as a member of a set
        mismatch = error if isinstance(error, Mismatch) else Mismatch(f"possible ({error})", hint="give single values")
        seen = HIDDEN if "Secret" in annotation_names(annotation) else shortened(repr(value), 80)
        raise ParameterError(
            f"parameter {name!r} is {seen}, which is not {mismatch.wanted}",
            where=f"{name}: {annotation}",
            fix=mismatch.hint or (f"-p {name} {mismatch.example}" if mismatch.example else f"give {mismatch.wanted}"),
        ) from error


@functools.lru_cache(maxsize=512)
def _parsed(annotation: str) -> ast.expr | None:
    try:
        return ast.parse(annotation.strip(), mode="eval").body if annotation.strip() else None
    except (SyntaxError, ValueError):  # no type that can be read here: the kernel will say what it thinks of it
        return None


def annotation_names(annotation: str) -> frozenset[str]:
    """Return every name in a declared type, without what stands before a dot; text inside it is read as a type.

    Example:
        >>> sorted(annotation_names("nbops.Secret | None"))
        ['Secret']
    """
    return frozenset(_names(_parsed(annotation)))


def _names(node: ast.AST | None) -> Iterable[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from annotation_names(node.value) if node.value.isascii() else ()
    elif node is not None and not (isinstance(node, ast.Subscript) and _last(node.value) == "Literal"):
        for child in ast.iter_child_nodes(node):
            yield from _names(child)


def _last(node: ast.expr) -> str:
    """Return the last part of a dotted name; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _convert(value: object, node: ast.expr | None, namespace: Namespace | None) -> object:
    if node is None:
        return as_literal(value)
    if isinstance(node, ast.Constant):
        return _constant(value, node, namespace)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union(value, list(_alternatives(node)), namespace)
    if isinstance(node, ast.Subscript):
        return _generic(value, node, namespace)
    name = _last(node)
    if name in SCALARS:
        return SCALARS[name](value)
    return _CONTAINERS[name](value, [], namespace) if name in _CONTAINERS else _of_namespace(value, node, namespace)


def _constant(value: object, node: ast.Constant, namespace: Namespace | None) -> object:
    """``None``, or a type in quotes."""
    if isinstance(node.value, str):
        return _convert(value, _parsed(node.value), namespace)
    return as_none(value) if node.value is None else value


def _alternatives(node: ast.expr) -> Iterable[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node


def _generic(value: object, node: ast.Subscript, namespace: Namespace | None) -> object:
    name = _last(node.value)
    arguments = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if name == "Literal":
        return _choice(value, arguments)
    if name == "Union":
        return _union(value, arguments, namespace)
    if name == "Optional":
        return _union(value, [*arguments, ast.Constant(None)], namespace)
    if name in ("Annotated", "Final"):
        return _convert(value, arguments[0], namespace)
    if name in _CONTAINERS:
        return _CONTAINERS[name](value, arguments, namespace)
    return _of_namespace(value, node, namespace)


def _choice(value: object, arguments: Sequence[ast.expr]) -> object:
    try:
        choices = [ast.literal_eval(argument) for argument in arguments]
    except (ValueError, TypeError):  # a member of an enumeration, or no choice at all: the user's code decides
        return value
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    for choice in choices:
        if isinstance(value, str) and str(choice) == value:
            return choice
    hint = did_you_mean(str(value), [str(choice) for choice in choices])
    raise Mismatch(f"one of {', '.join(map(repr, choices))}", hint=hint)


def _union(value: object, members: Sequence[ast.expr], namespace: Namespace | None) -> object:
    """The first member that takes the value: its own type before others, text last: every value can be given as it."""
    members = sorted(members, key=lambda member: _union_rank(value, member))
    wanted: list[Mismatch] = []
    for member in members:
        try:
            return _convert(value, member, namespace)
        except Mismatch as mismatch:
            wanted.append(mismatch)
    example = next((w.example for w in wanted if w.example), "")
    hint = next((w.hint for w in wanted if w.hint), "")
    raise Mismatch(" or ".join(w.wanted for w in wanted), example, hint)


def _union_rank(value: object, member: ast.expr) -> int:
    if isinstance(member, ast.Constant) and member.value is None:
        return 0
    name = _last(member)
    if isinstance(value, str):
        return 2 if name in ("str", "Any", "object") else 1
    return 0 if name == type(value).__name__ else 1


def _of_namespace(value: object, node: ast.expr, namespace: Namespace | None) -> object:
    """Convert to a type of the user's. Without a namespace the value is left to the kernel, which has one."""
    if namespace is None:
        return value
    try:
        declared = eval(ast.unparse(node), {"__builtins__": builtins}, dict(namespace))
    except Exception:  # noqa: BLE001 - the cell itself evaluates it too, and raises where the user sees it
        return value
    if not isinstance(declared, type):
        alias = _parsed(repr(declared))  # an alias, as Region = Literal["EU", "US"], prints as the type that it is
        return value if alias is None or ast.dump(alias) == ast.dump(node) else _convert(value, alias, namespace)
    return _of_class(value, declared)


def _of_class(value: object, declared: type[Any]) -> object:
    if isinstance(value, declared):
        return value
    if issubclass(declared, enum.Enum):
        for member in declared:
            if value in (member.name, member.value) or str(value) == str(member.value):
                return member
        names = [member.name for member in declared]
        raise Mismatch(f"one of {', '.join(names)}", hint=did_you_mean(str(value), names))
    try:
        converted: object = declared(**value) if isinstance(value, Mapping) else declared(value)
    except Exception as error:  # the user's class may refuse in its own way
        raise Mismatch(f"a {declared.__name__} ({error})") from error
    return converted


# ── containers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _items(value: object, wanted: str, example: str) -> list[object]:
    """Return the items of a list, or of its text: JSON, a literal of Python, or words between commas."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] not in ("[", "(", "{"):
            return [item.strip() for item in text.split(",")] if text else []
        value = _json(text)
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)
    raise Mismatch(wanted, example)


def _sequence(make: Callable[[list[object]], object]) -> Converter:
    """Return what converts to the kind of sequence that *make* makes of a list."""

    def convert(value: object, arguments: Sequence[ast.expr], namespace: Namespace | None) -> object:
        items = _items(value, "a list", "a,b,c")
        if not arguments:
            return make(items)
        return make([_convert(item, arguments[0], namespace) for item in items])

    return convert


def _tuple(value: object, arguments: Sequence[ast.expr], namespace: Namespace | None) -> object:
    items = _items(value, "a tuple", "1,2")
    if not arguments:
        return tuple(items)
    if len(arguments) == 2 and isinstance(arguments[1], ast.Constant) and arguments[1].value is ...:
        return tuple(_convert(item, arguments[0], namespace) for item in items)
    if len(items) != len(arguments):
        raise Mismatch(f"a tuple of {len(arguments)}")
    return tuple(_convert(item, argument, namespace) for item, argument in zip(items, arguments, strict=True))


def _dict(value: object, arguments: Sequence[ast.expr], namespace: Namespace | None) -> object:
    found = _json(value) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise Mismatch("a dictionary", "'{\"a\": 1}'")
    if len(arguments) != 2:
        return dict(found)
    return {
        _convert(key, arguments[0], namespace): _convert(item, arguments[1], namespace) for key, item in found.items()
    }


def _json(text: str) -> object:
    import json

    try:
        return json.loads(text)
    except ValueError:  # it may be a literal of Python
        return as_literal(text)


_CONTAINERS: dict[str, Converter] = {
    **dict.fromkeys(("list", "List", "Sequence", "Iterable", "Collection"), _sequence(list)),
    **dict.fromkeys(("set", "Set"), _sequence(set)),
    **dict.fromkeys(("frozenset", "FrozenSet"), _sequence(frozenset)),
    **dict.fromkeys(("tuple", "Tuple"), _tuple),
    **dict.fromkeys(("dict", "Dict", "Mapping", "MutableMapping"), _dict),
}
