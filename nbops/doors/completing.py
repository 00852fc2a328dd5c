"""TAB after ``expect(orders).``: the vocabulary of checks. IPython calls no function to find out, so it is told."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["chain_fragment", "offer_checks", "withdraw_checks"]

_TYPED = re.compile(r"\.\s*([A-Za-z_]\w*)?$")
_CALLED = re.compile(r"([A-Za-z_]\w*)\s*$")


def offer_checks(shell: Any) -> None:
    """Let TAB in *shell* complete the names of checks."""
    completer = getattr(shell, "Completer", None)
    if completer is not None and _complete not in getattr(completer, "custom_matchers", [_complete]):
        completer.custom_matchers.append(_complete)


def withdraw_checks(shell: Any) -> None:
    """Undo :func:`offer_checks`."""
    matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", [])
    if _complete in matchers:
        matchers.remove(_complete)


def chain_fragment(text: str) -> str | None:
    r"""Return what is typed of the next check at the end of *text*; None when no chain of checks ends there.

    Example:
        >>> chain_fragment('expect(orders, "o)").unique("id").not_n'), chain_fragment("nbops.expect(t)\n  .")
        ('not_n', '')
        >>> chain_fragment("orders.head(3).not_n") is None
        True
    """
    typed = _TYPED.search(text)
    if typed is None:
        return None
    before = text[: typed.start()].rstrip()
    while before.endswith(")"):
        opened = _opening(before)
        called = _CALLED.search(before[:opened]) if opened >= 0 else None
        if called is None:
            return None
        if called[1] == "expect":
            return typed[1] or ""
        before = before[: called.start()].rstrip()
        if not before.endswith("."):
            return None
        before = before[:-1].rstrip()
    return None


def _opening(text: str) -> int:
    """Return where the bracket was opened that *text* ends by closing; -1 when nowhere."""
    depth, quote = 0, ""
    for at in range(len(text) - 1, -1, -1):
        sign = text[at]
        if quote:
            quote = "" if sign == quote and text[at - 1 : at] != "\\" else quote
        elif sign in "'\"":
            quote = sign
        elif sign in ")]}":
            depth += 1
        elif sign in "([{":
            depth -= 1
            if depth == 0:
                return at
    return -1


def _complete(context: Any) -> dict[str, Any]:
    """Complete a check, as IPython asks its matchers."""
    lines = context.full_text.split("\n")[: context.cursor_line]
    fragment = chain_fragment("\n".join([*lines, context.text_until_cursor]))
    if fragment is None:
        return {"completions": [], "suppress": False}
    from IPython.core.completer import SimpleCompletion

    from nbops.checks.vocabulary import kinds

    found = [SimpleCompletion(kind, type="function") for kind in ["check", *kinds()] if kind.startswith(fragment)]
    return {"completions": found, "matched_fragment": fragment, "suppress": bool(found)}


_complete.matcher_api_version = 2  # type: ignore[attr-defined]
_complete.matcher_identifier = "nbops.checks"  # type: ignore[attr-defined]
_complete.matcher_priority = 200  # type: ignore[attr-defined]
