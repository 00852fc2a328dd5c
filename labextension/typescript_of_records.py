"""Writes ``src/records.ts``: the records of :mod:`nbops.records` that the front end reads, as TypeScript.

Run it after a change of the records; a test fails as long as that has not been done.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbops import records

__all__ = ["typescript"]

TARGET = Path(__file__).parent / "src" / "records.ts"
READ = (records.StepFinished,)
_HEAD = """// Made from nbops/records.py by typescript_of_records.py; not to be changed by hand.
// Fields that have their default are left out of the JSON, so they are optional here.
"""
_PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", types.NoneType: "null"}


def typescript() -> str:
    """Return the module."""
    found: dict[str, str] = {}
    for kind in READ:
        _declare(kind, found)
    constants = (
        f"export const STEP_MIME = '{records.STEP_MIME}';\nexport const FORMAT_VERSION = {records.FORMAT_VERSION};"
    )
    return "\n\n".join([_HEAD + "\n" + constants, *found.values()]) + "\n"


def _declare(kind: Any, found: dict[str, str]) -> str:
    """Add the declaration of *kind*, and of all it is made of, to *found*; return its name."""
    if kind.__name__ in found:
        return str(kind.__name__)
    if issubclass(kind, enum.Enum):
        values = " | ".join(f"'{member.value}'" for member in kind)
        found[kind.__name__] = f"export type {kind.__name__} = {values};"
        return str(kind.__name__)
    hints = typing.get_type_hints(kind)
    lines = []
    for field in dataclasses.fields(kind):
        has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
        lines.append(f"  readonly {field.name}{'?' if has_default else ''}: {_type(hints[field.name], found)};")
    found[kind.__name__] = "export interface {} {{\n{}\n}}".format(kind.__name__, "\n".join(lines))
    return str(kind.__name__)


def _type(hint: Any, found: dict[str, str]) -> str:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is typing.Literal:
        return " | ".join(f"'{value}'" for value in args)
    if origin is types.UnionType:
        return " | ".join(_type(arg, found) for arg in args)
    if origin is tuple:
        item = _type(args[0], found)
        return f"readonly ({item})[]" if " " in item else f"readonly {item}[]"
    if origin is not None and issubclass(origin, Mapping):
        return f"Readonly<Record<string, {_type(args[1], found)}>>"
    return _declare(hint, found)


if __name__ == "__main__":
    TARGET.write_text(typescript(), encoding="utf-8")
