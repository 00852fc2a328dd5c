"""A rule as it stands in a rule file."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import Any

import yaml

from nbops.checks.model import Check

_POWER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+")

__all__ = ["rule_yaml"]


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Puts in quotes what the reader of rule files takes for a number, and YAML 1.1 for a text."""


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if _POWER.fullmatch(value) else None)


_Dumper.add_representer(str, _text)


def rule_yaml(check: Check) -> str:
    """Return one rule as it stands in a rule file.

    Example:
        >>> from nbops.checks.values import Between
        >>> rule_yaml(Between("amount", 0, 10, severity="warn"))
        '- between: {column: amount, low: 0, high: 10, severity: warn}'
    """
    fields = sorted(dataclasses.fields(check), key=lambda field: field.kw_only is True)
    given = {f.name: _plain(value) for f in fields if (value := getattr(check, f.name)) != f.default}
    if not given:
        return f"- {check.kind}"
    if list(given) == [fields[0].name] and not fields[0].kw_only:
        (value,) = given.values()
        given = value[0] if isinstance(value, list) and len(value) == 1 else value
    text = yaml.dump(
        {check.kind: given}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=True
    )
    flow = text.strip().removeprefix("{").removesuffix("}")
    return "- " + "\n".join(f"    {line.strip()}" for line in flow.splitlines()).lstrip()


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, int, float, str, type(None), dt.date)):
        return value
    return str(value)
