"""Profiles as JSON: a few kilobytes a column, without rows, and without values that stand for one person or row."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import math
import types
import typing
import zlib
from collections.abc import Mapping
from typing import Any

from nbops.errors import UsageError
from nbops.frames.masking import is_masked
from nbops.frames.profile.relations import covered_relations
from nbops.frames.profile.table import ColumnProfile, Profile, covered

__all__ = ["FORMAT", "profile_from_json", "profile_to_json", "withheld"]

FORMAT = 1
_PERSONAL = ("email", "phone", "payment card", "iban", "ip address")
_MOSTLY = 0.5


def profile_to_json(profile: Profile) -> str:
    """Return *profile* as one line of JSON; what :func:`withheld` leaves out is not written."""
    columns = tuple(withheld(column) for column in profile.columns)
    known = {column.name for column in columns if column.values.counts is not None or column.kind == "bool"}
    relations = dataclasses.replace(
        profile.relations,
        dependencies=tuple(
            one if {one.left, one.right} <= known else dataclasses.replace(one, values={})
            for one in profile.relations.dependencies
        ),
        mixes=tuple(one for one in profile.relations.mixes if {one.left, one.right} <= known),
    )
    fields = _plain(dataclasses.replace(profile, columns=columns, relations=relations))
    return json.dumps({"format": FORMAT, **fields}, ensure_ascii=False, separators=(",", ":"))


def profile_from_json(text: str, where: str = "") -> Profile:
    """Return the profile that *text* holds; columns that are masked by now are covered, whenever it was written.

    Args:
        text: What :func:`profile_to_json` returned.
        where: Where it was read; errors name it.

    Raises:
        UsageError: It holds none, or one of a newer format.
    """
    try:
        found = json.loads(text)
        if not (is_newer := found["format"] > FORMAT):
            made: Profile = _made(Profile, found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error) as error:
        raise UsageError(
            f"this is no profile: {_why(error)}", where=where, fix="nbops profile TABLE --json writes one"
        ) from error
    if is_newer:
        what = f"the profile is of format {found['format']}, and this nbops reads up to {FORMAT}"
        raise UsageError(what, where=where, fix="install a newer nbops, or profile the table with this one")
    columns = tuple(covered(column) if is_masked(column.name) else column for column in made.columns)
    return dataclasses.replace(made, columns=columns, relations=covered_relations(made.relations))


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return "it is JSON of another shape" if isinstance(error, (TypeError, AttributeError)) else str(error)


def withheld(column: ColumnProfile) -> ColumnProfile:
    """Return *column* without its values where most of them stand once, or where they look like those of a person."""
    values, text = column.values, column.text
    is_personal = text is not None and any(
        text.looks.get(look, 0) > _MOSTLY * max(1, text.sampled) for look in _PERSONAL
    )
    if not is_personal and (values.counts is None or 2 * values.distinct <= column.filled):
        return column
    return dataclasses.replace(column, values=dataclasses.replace(values, counts=None, top={}))


def _plain(value: Any) -> Any:
    found = value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((f.name, getattr(value, f.name), f) for f in dataclasses.fields(value))
        found = {name: _plain(here) for name, here, f in pairs if not _is_default(here, f)}
    elif isinstance(value, Mapping):
        found = [[_plain(key), _plain(item)] for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        found = [_plain(item) for item in value]
    elif isinstance(value, bytes):
        found = base64.b85encode(zlib.compress(value, 9)).decode()
    elif isinstance(value, float):
        found = _number(value)
    return found


def _number(value: float) -> Any:
    if not math.isfinite(value):
        return {"float": str(value)}
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _is_default(value: Any, field: dataclasses.Field[Any]) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return field.default is not dataclasses.MISSING and type(value) is type(field.default) and value == field.default


@functools.cache
def _hints(made: type) -> dict[str, Any]:
    return typing.get_type_hints(made)


def _made(meant: Any, value: Any) -> Any:
    """Return *value* as *meant*: a class, ``tuple[X, ...]``, ``Mapping[X, Y]``, ``X | None``."""
    origin, inside = typing.get_origin(meant), typing.get_args(meant)
    found = value
    if value is None or origin in (types.UnionType, typing.Union):
        kind = next((one for one in inside if one is not type(None)), None)
        found = None if value is None else _made(kind, value)
    elif isinstance(value, dict) and set(value) == {"float"}:
        found = float(value["float"])
    elif dataclasses.is_dataclass(meant) and isinstance(meant, type):
        hints = _hints(meant)
        found = meant(**{name: _made(hints[name], here) for name, here in value.items() if name in hints})
    elif origin is tuple:
        found = tuple(_made(inside[0] if inside[-1] is ... else inside[at], one) for at, one in enumerate(value))
    elif origin is not None and issubclass(origin, Mapping):
        found = {_made(inside[0], key): _made(inside[1], item) for key, item in value}
    elif meant is bytes:
        found = zlib.decompress(base64.b85decode(value))
    elif meant is float:
        found = float(value)
    return found
