"""The JSON Schema of rule files, made from the checks themselves: editors complete and check by it."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files
from typing import Any

from nbops.checks.model import Check
from nbops.checks.vocabulary import check_class, kinds

__all__ = ["SCHEMA_FILE", "rules_schema", "schema_text"]

SCHEMA_FILE = "rules.schema.json"
_SCALAR = {"type": ["string", "number", "boolean"]}
_TYPES: dict[str, dict[str, Any]] = {
    "str": {"type": "string"},
    "float": {"type": "number"},
    "Tolerance": {"type": ["number", "string"], "description": "rows, a share below 1, or a budget: 1% at 0.001"},
    "int": {"type": "integer"},
    "int | None": {"type": ["integer", "null"]},
    "bool": {"type": "boolean"},
    "Severity": {"enum": ["fail", "warn"]},
    "Moment": {"type": "string", "description": "a date, as 2025-01-31"},
    "tuple[str, ...]": {"type": ["array", "string"], "items": {"type": "string"}},
    "tuple[Any, ...]": {"type": ["array", "string", "number", "boolean"], "items": _SCALAR},
    "Any": {},
}


def rules_schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule file, with every check that is built in or registered.

    Example:
        >>> rules_schema()["properties"]["rules"]["type"]
        'array'
    """
    made = [check_class(kind) for kind in kinds()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Rules of nbops for one dataset",
        "type": "object",
        "additionalProperties": False,
        "required": ["rules"],
        "properties": {
            "dataset": {"type": "string", "description": "the dataset's name, for readers"},
            "doc": {"type": "string", "description": "what the rules are for"},
            "muted": {
                "type": "array",
                "description": "rules that refuse nothing until a date",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["rule", "until", "reason"],
                    "properties": {
                        "rule": {"type": "string", "description": "its name, as state.in_set"},
                        "until": {"type": "string", "format": "date", "description": "the last day, as 2026-12-01"},
                        "reason": {"type": "string", "minLength": 1},
                    },
                },
            },
            "rules": {"type": "array", "items": {"anyOf": [_bare(made), *map(_rule, made)]}},
        },
    }


def schema_text() -> str:
    """Return the schema as it is shipped."""
    return json.dumps(rules_schema(), indent=1, ensure_ascii=False) + "\n"


def shipped() -> str:
    """Return the schema that this installation ships."""
    return files("nbops.rules").joinpath(SCHEMA_FILE).read_text(encoding="utf-8")


def _bare(made: list[type[Check]]) -> dict[str, Any]:
    """Return the schema of a check that is its name alone."""
    return {"enum": [one.kind for one in made if not _required(one)]}


def _rule(made: type[Check]) -> dict[str, Any]:
    fields = dataclasses.fields(made)
    positional = [field for field in fields if not field.kw_only]
    arguments = {
        "type": "object",
        "additionalProperties": False,
        "required": _required(made),
        "properties": {field.name: _TYPES.get(str(field.type), {}) for field in fields},
    }
    forms: list[dict[str, Any]] = [arguments]
    if positional and _required(made) in ([], [positional[0].name]):
        forms.append(_TYPES.get(str(positional[0].type), {}))
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [made.kind],
        "properties": {made.kind: {"description": _summary(made), "anyOf": forms}},
    }


def _required(made: type[Check]) -> list[str]:
    missing = dataclasses.MISSING
    return [f.name for f in dataclasses.fields(made) if f.default is missing and f.default_factory is missing]


def _summary(made: type[Check]) -> str:
    return " ".join((made.__doc__ or "").split("\n\n")[0].replace("*", "").split())


if __name__ == "__main__":
    print(schema_text(), end="")
