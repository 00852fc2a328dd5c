"""Secrets: text that code may use and nothing may show; and taking it out of whatever is to be written."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from nbops.errors import ParameterError

__all__ = ["HIDDEN", "REFERENCE", "Secret", "redact", "redact_tree", "secret_value"]

HIDDEN = "•••"
"""What stands where a secret stood."""

REFERENCE = "secret:"
_WORD_LENGTH = 4  # a shorter secret is only taken out as a whole word, or it would eat the text around it
_KEY_LENGTH = 8  # a shorter one might be a key of the notebook format
_STRUCTURE = frozenset({"cell_type", "id", "kind", "nbformat", "output_type", "run"})


class Secret(str):
    """Text that is used as any other, and hidden where Python shows values: the display, a traceback, a container.

    Args:
        value: The text; ``secret:NAME`` stands for the environment variable NAME, see :func:`secret_value`.

    Example:
        >>> token = Secret("abc")
        >>> token, f"Bearer {token}"
        (Secret('•••'), 'Bearer abc')
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Secret({HIDDEN!r})"


def secret_value(text: str, name: str = "the secret") -> Secret:
    """Return the secret that *text* gives: itself, or for ``secret:NAME`` the environment variable NAME.

    Raises:
        ParameterError: There is no such environment variable.
    """
    if not text.startswith(REFERENCE):
        return Secret(text)
    variable = text.removeprefix(REFERENCE)
    if variable not in os.environ:
        raise ParameterError(
            f"{name} is to come from the environment variable {variable!r}, which is not set",
            where=f"{name} = {text}",
            fix=f"export {variable}=…",
        )
    return Secret(os.environ[variable])


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return *text* without the secrets, also where they are escaped for JSON, Python, HTML or a URL.

    Example:
        >>> redact("https://ada:pa%2Fss@host, 'pa/ss'", ["pa/ss"])
        "https://ada:•••@host, '•••'"
    """
    pattern = _pattern(tuple(secrets))
    return pattern.sub(HIDDEN, text) if pattern else text


def redact_tree(tree: Any, secrets: Iterable[str]) -> Any:
    """Return a tree of JSON values without the secrets; what holds none is returned as it is, not copied.

    The words that make a notebook's structure are left, whatever the secrets are.

    Example:
        >>> redact_tree({"text": ["key: abcdef"], "count": 1}, ["abcdef"])
        {'text': ['key: •••'], 'count': 1}
    """
    known = tuple(secrets)
    pattern = _pattern(known)
    if pattern is None:
        return tree
    long = _pattern(tuple(secret for secret in known if len(secret) >= _KEY_LENGTH))
    return _redacted(
        tree,
        lambda text: pattern.sub(HIDDEN, text),
        lambda key: long.sub(HIDDEN, key) if long else key,
        frozenset(secret for secret in known if len(secret) >= _WORD_LENGTH),
    )


def _redacted(tree: Any, text: Callable[[str], str], key: Callable[[str], str], known: frozenset[str]) -> Any:
    if isinstance(tree, str):
        return text(tree)
    if isinstance(tree, dict):
        new = {
            key(name) if isinstance(name, str) else name: value
            if name in _STRUCTURE
            else _redacted(value, text, key, known)
            for name, value in tree.items()
        }
        is_same = all(a is b for a, b in zip(tree.values(), new.values(), strict=False)) and new.keys() == tree.keys()
        return tree if is_same else new
    if isinstance(tree, list | tuple):
        items = [_redacted(item, text, key, known) for item in tree]
        return tree if all(a is b for a, b in zip(tree, items, strict=True)) else type(tree)(items)
    if isinstance(tree, int | float) and not isinstance(tree, bool) and str(tree) in known:
        return HIDDEN
    return tree


@functools.lru_cache(maxsize=64)
def _pattern(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    written = {form for secret in secrets if secret.strip() for form in _forms(str(secret))}
    longest_first = sorted(written, key=len, reverse=True)
    return re.compile("|".join(_alone(form) for form in longest_first)) if longest_first else None


def _alone(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _WORD_LENGTH else rf"(?<!\w){escaped}(?!\w)"


def _forms(secret: str) -> set[str]:
    from html import escape
    from urllib.parse import quote, quote_plus

    return {
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        escape(secret),
        escape(secret, quote=False),
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    }
