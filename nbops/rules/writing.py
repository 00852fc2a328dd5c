"""Rules as a file that people read: YAML, with what each rule rests on in a comment above it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import yaml

from nbops.checks.model import Check

if TYPE_CHECKING:
    from nbops.rules.suggest import Suggestion, Suggestions

_POWER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+")

__all__ = ["rule_yaml", "rules_yaml"]


class _Dumper(yaml.SafeDumper):
    """Puts in quotes what the reader of rule files takes for a number, and YAML 1.1 for a text."""


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if _POWER.fullmatch(value) else None)


_Dumper.add_representer(str, _text)


def rules_yaml(
    found: Suggestions, *, only: Collection[int] | None = None, edited: Mapping[int, str] | None = None
) -> str:
    """Return *found* as a rule file: what the rules rest on stands in comments, so that a diff tells it.

    Args:
        found: The rules.
        only: The places of those that are written; None for all.
        edited: By place, what a person wrote instead.
    """
    lines = list(_head(found))
    for nature, title in (("hard", "Hard: wrong however much chance there is."), ("statistical", "Statistical.")):
        places = [
            at for at, rule in enumerate(found.rules) if rule.nature == nature and (only is None or at in only)
        ]
        if places:
            lines += ["", f"  # ── {title}"]
            lines += [line for at in places for line in _rule(found.rules[at], (edited or {}).get(at, ""))]
    if only is not None and not only:
        lines.append("  []")
    return "\n".join(lines) + "\n"


def rule_yaml(check: Check) -> str:
    """Return one rule as it stands in a rule file.

    Example:
        >>> from nbops.checks.values import Between
        >>> rule_yaml(Between("amount", 0, 10, severity="warn"))
        '- between: {column: amount, low: 0, high: 10, severity: warn}'
    """
    fields = sorted(dataclasses.fields(check), key=lambda field: field.kw_only)
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


def _head(found: Suggestions) -> Iterator[str]:
    batches = "1 batch" if found.batches == 1 else f"{found.batches} batches"
    origin = f" ({_line(found.origin)})" if found.origin else ""
    yield f"# Rules of {_line(found.name) or 'a table'}, suggested from {found.rows:,} rows in {batches}{origin}."
    yield f"# Of batches made like these, at most 1 in {1 / found.budget:,.0f} is refused by any rule of this file."
    yield "# A tolerance (usual: …) becomes a number of rows when a batch is judged, from that batch's own size."
    if found.name:
        yield yaml.safe_dump({"dataset": found.name}, allow_unicode=True).rstrip()
    yield "rules:"


def _rule(rule: Suggestion, edited: str) -> Iterator[str]:
    if edited and edited.strip() != rule_yaml(rule.check):
        yield f"  # Edited by hand. Proposed was: {_line(rule.sentence)} Seen: {_line(rule.evidence)}."
        yield from (f"  {line}" for line in edited.strip().splitlines())
        return
    spends = f" Spends {rule.risk:.2g}." if rule.risk else ""
    note = f" {rule.note[:1].upper()}{rule.note[1:]}." if rule.note else ""
    yield f"  # {_line(rule.sentence)} Seen: {_line(rule.evidence)} ({rule.statistic}).{spends}{note}"
    yield from (f"  {line}" for line in rule_yaml(rule.check).splitlines())


def _plain(value: Any) -> Any:
    if isinstance(value, (tuple, list, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, (bool, int, float, str, type(None), dt.date)):
        return value
    return str(value)


def _line(text: str) -> str:
    return " ".join(str(text).split())
