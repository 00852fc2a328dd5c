"""A rule: a check together with its arguments as they are written, in which another table is a file's name."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from nbops.checks.model import Check
from nbops.checks.unopened import Unopened
from nbops.errors import UsageError
from nbops.frames.tables import is_frame

__all__ = ["Rule", "rule_of", "yaml_text"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[ ./-][A-Za-z0-9_]+)*")
_RESERVED = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n", "none", "nan", "inf"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A check and how it is written.

    Args:
        check: What must hold.
        arguments: Its arguments by name, as they are written; those left at their defaults are left out.
        place: Where it stands, as ``rules/sales/orders.yml:7:5``; empty when it stands nowhere.
    """

    check: Check
    arguments: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""

    @property
    def text(self) -> str:
        """The rule as a line of a rule file.

        Example:
            >>> from nbops.checks.values import Between
            >>> rule_of(Between("amount", 0, 100, severity="warn")).text
            'between: {column: amount, low: 0, high: 100, severity: warn}'
        """
        kind = self.check.kind
        if not self.arguments:
            return kind
        first = next((f.name for f in dataclasses.fields(self.check) if not f.kw_only), "")
        if list(self.arguments) == [first]:
            value = self.arguments[first]
            alone = value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value
            return f"{kind}: {_text(alone)}"
        inside = ", ".join(f"{name}: {_text(value)}" for name, value in self.arguments.items())
        return f"{kind}: {{{inside}}}"


def rule_of(check: Check, *, other: str = "") -> Rule:
    """Return *check* as a rule.

    Args:
        check: The check.
        other: How the table is written that it is about: the path of its file, from that of the rules.

    Raises:
        UsageError: It is about another table: only a rule file says where that is.
    """
    arguments: dict[str, Any] = {}
    fields = dataclasses.fields(check)
    for one in [*(f for f in fields if not f.kw_only), *(f for f in fields if f.kw_only)]:
        value = getattr(check, one.name)
        if one.default is not dataclasses.MISSING and value == one.default and type(value) is type(one.default):
            continue
        if is_frame(value) and other:
            value = other
        elif isinstance(value, Unopened):
            value = value.name
        elif is_frame(value):
            fix = "keep the other table in a file, and name it in the rule file: other: customers.csv"
            raise UsageError(f"{check.kind} is about another table, which has no name", where=check.title, fix=fix)
        arguments[one.name] = value
    return Rule(check, arguments)


def yaml_text(value: Any) -> str:
    """Return *value* as YAML on one line: a text, a number, a date, or a list of those.

    Raises:
        UsageError: It is something else.

    Example:
        >>> yaml_text(["a b", "no", 1.5, "x: y"])
        "[a b, 'no', 1.5, 'x: y']"
    """
    return _text(value)


def _text(value: Any) -> str:
    """Return *value* as YAML on one line."""
    value = value.item() if hasattr(value, "item") else value  # a number of NumPy
    match value:
        case list() | tuple() | set() | frozenset():
            return f"[{', '.join(map(_text, value))}]"
        case None | bool() | int():
            return str(value).lower() if value is not None else "null"
        case float() | Decimal():
            return _number(float(value))
        case dt.date():  # a moment is one too
            return value.isoformat(sep=" ") if isinstance(value, dt.datetime) else value.isoformat()
        case str():
            is_plain = _PLAIN.fullmatch(value) and value.lower() not in _RESERVED
            return value if is_plain else _quoted(value)
    raise UsageError(f"{value!r} cannot be written into a rule file", fix="numbers, texts, dates and lists of those")


def _number(value: float) -> str:
    if value != value:  # noqa: PLR0124 - NaN alone differs from itself
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    return repr(value)


def _quoted(text: str) -> str:
    r"""Return *text* in quotes: single ones, in which a backslash is one, wherever they can hold it."""
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(sign: str) -> str:
    """Return one character as it stands between double quotes; JSON's escapes would cut far ones in halves."""
    if sign in '"\\':
        return f"\\{sign}"
    if sign.isprintable():
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
