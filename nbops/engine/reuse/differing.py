"""What changed between two keys of a step, in words that a person understands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

__all__ = ["CODE", "MADE", "SHARED", "VARIABLE", "Change", "ChangeKind", "changes", "differences", "kind_of", "made_by"]

CODE = "code"
SHARED = "shared "  # stands before a variable that shares a part with one that the step changes or binds anew
VARIABLE = "variable "  # stands before a variable that is called as another part of a key is
MADE = ":"  # stands in a part between the key of the step that made a variable and the variable's name
_SHOWN = "="  # stands before a value that is short enough to be its own hash
ChangeKind = Literal[
    "code", "python", "package", "module", "file", "files", "random", "rules", "shared", "value", "made", "again"
]
_KINDS: dict[str, ChangeKind] = {
    "package ": "package",
    "module ": "module",
    "file ": "file",
    "files ": "files",
    "random numbers": "random",
    "rules of ": "rules",
    SHARED: "shared",
    VARIABLE: "value",
}


_TOLD = {
    "code": "its code changed",
    "random": "the random numbers of {} stand elsewhere",
    "again": "{} was made anew",
    "rules": "the rules of {} changed",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a key that is not as it was.

    Args:
        name: The part, without its kind.
        kind: What it is: the step's ``code``, ``python``, a ``package``, a ``module`` of one's own, a ``file``, the
            ``files`` of a pattern or folder, ``random`` numbers, ``rules``, a variable that is ``shared`` now or no
            longer, a ``value``, something that a step ``made`` in another way, or made ``again`` in the same way.
        before: What it was, where that can be shown; None when the step did not depend on it.
        now: What it is, in the same way.
    """

    name: str
    kind: ChangeKind
    before: str | None = ""
    now: str | None = ""

    def __str__(self) -> str:
        thing = f"{self.kind} {self.name}" if self.kind in ("file", "files", "module") else self.name
        if self.kind in _TOLD:
            return _TOLD[self.kind].format(thing)
        if self.kind == "shared":
            no_longer = "no longer " if self.now is None else ""
            return f"what it changes {no_longer}shares a part with {thing}{'' if no_longer else ' now'}"
        if self.before is None:
            return f"it reads {thing} now"
        if self.now is None:
            return f"it no longer reads {thing}"
        if self.before and self.now:
            return f"{thing} changed ({self.before} → {self.now})"
        return f"{thing} changed"


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Change, ...]:
    """Return which parts of a key changed.

    Example:
        >>> [str(change) for change in changes({"code": "a", "day": "=1"}, {"code": "b", "day": "=1", "rate": "=2"})]
        ['its code changed', 'it reads rate now']
        >>> [
        ...     str(change)
        ...     for change in changes({"package pandas": "2.1", "n": "=1"}, {"package pandas": "2.2", "n": "=5"})
        ... ]
        ['pandas changed (2.1 → 2.2)', 'n changed (1 → 5)']
        >>> [str(change) for change in changes({"orders": "k:orders@1"}, {"orders": "k:orders@2"})]
        ['orders was made anew']
        >>> [str(change) for change in changes({"shared raw": "=1"}, {"shared box": "=1"})]
        ['what it changes no longer shares a part with raw', 'what it changes shares a part with box now']
    """
    names = dict.fromkeys([*before, *now])
    return tuple(_change(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name))


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return in one line what changed between two keys; empty when nothing did."""
    return ", ".join(map(str, changes(before, now)))


def kind_of(part: str) -> tuple[ChangeKind, str]:
    """Return what a part of a key is about, by the part's name: its kind, and the name without it.

    Example:
        >>> kind_of("file data/orders.csv"), kind_of("package pandas"), kind_of("orders")
        (('file', 'data/orders.csv'), ('package', 'pandas'), ('value', 'orders'))
    """
    if part == CODE:
        return "code", part
    if part == "python":
        return "python", part
    for prefix, kind in _KINDS.items():
        if part.startswith(prefix):
            return kind, part.removeprefix(prefix).strip("() ")
    return "value", part


def made_by(content: str) -> str:
    """Return the key of the step that made what a part of a key holds; empty when no step made it.

    Example:
        >>> made_by("4f2a:orders@7c1b"), made_by("='a:b@c'")
        ('4f2a', '')
    """
    return "" if content[:1] == _SHOWN or "@" not in content else content.partition(MADE)[0]


def _change(name: str, before: str | None, now: str | None) -> Change:
    kind, thing = kind_of(name)
    if kind == "code":
        return Change(thing, kind)
    if kind == "python":
        return Change(thing, kind, before, now)
    if kind != "value" and not (kind == "shared" and before is not None and now is not None):
        is_shown = kind == "package"
        return Change(thing, kind, *(text if text is None or is_shown else _missing(text) for text in (before, now)))
    if before and now and made_by(before) and before.partition("@")[0] == now.partition("@")[0]:
        return Change(thing, "again")
    is_made = any(text is not None and made_by(text) for text in (before, now))
    return Change(thing, "made" if is_made else "value", _shown(before), _shown(now))


def _missing(text: str) -> str:
    return text if text == "missing" else ""


def _shown(text: str | None) -> str | None:
    return None if text is None else text[1:] if text[:1] == _SHOWN else ""
