"""Secrets: text that code may use and nothing may show; and taking it out of whatever is to be written."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from nbops.errors import ParameterError

__all__ = ["HIDDEN", "REFERENCE", "Secret", "redact", "redact_tree", "secret_value"]

HIDDEN = "•••"
"""What stands where a secret stood."""

REFERENCE = "secret:"
_WORD_LENGTH = 4  # a shorter secret is only taken out as a whole word, or it would eat the text around it
_KEY_LENGTH = 8  # a shorter one might be a key of the notebook format
_ELLIPSES = ("…", "...")
_CUT = re.compile(r"(…|\.\.\.)")
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
    clean = _cleaner(tuple(secrets))
    return clean(text) if clean else text


def redact_tree(tree: Any, secrets: Iterable[str]) -> Any:
    """Return a tree of JSON values without the secrets; what holds none is returned as it is, not copied.

    The words that make a notebook's structure are left, whatever the secrets are.

    Example:
        >>> redact_tree({"text": ["key: abcdef"], "count": 1}, ["abcdef"])
        {'text': ['key: •••'], 'count': 1}
    """
    known = tuple(secrets)
    clean = _cleaner(known)
    if clean is None:
        return tree
    clean_key = _cleaner(tuple(secret for secret in known if len(secret) >= _KEY_LENGTH))
    return _redacted(
        tree,
        clean,
        clean_key or (lambda key: key),
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
def _cleaner(secrets: tuple[str, ...]) -> Callable[[str], str] | None:
    """Return what takes *secrets* out of a text; None when there are none."""
    texts = {text for secret in secrets for text in _texts(str(secret))}
    longest_first = sorted({form for text in texts for form in _forms(text)}, key=len, reverse=True)
    if not longest_first:
        return None
    pattern = re.compile("|".join(_alone(form) for form in longest_first))
    long = tuple(form for form in longest_first if len(form) >= 2 * _KEY_LENGTH)

    def clean(text: str) -> str:
        text = pattern.sub(HIDDEN, text)
        return _without_cut_ones(text, long) if long and any(mark in text for mark in _ELLIPSES) else text

    return clean


def _texts(secret: str) -> set[str]:
    """Return the texts that tell *secret*: of several lines also each long one, and all of them in one line."""
    if not secret.strip():
        return set()
    lines = {line for line in secret.splitlines() if len(line.strip()) >= _KEY_LENGTH}
    return {secret, " ".join(secret.split()), *lines}


def _without_cut_ones(text: str, forms: Sequence[str]) -> str:
    """Return *text* without what was cut short of *forms* to be shown: the part of one that stands at an ellipsis."""
    pieces, backwards = _CUT.split(text), [form[::-1] for form in forms]
    last = len(pieces) - 1
    for i in range(0, last + 1, 2):  # between them stand the ellipses
        if i < last:
            pieces[i] = _without_end(pieces[i], forms)
        if i > 0:
            pieces[i] = _without_end(pieces[i][::-1], backwards)[::-1]
    clean = "".join(pieces)
    return text if clean == text else clean


def _without_end(piece: str, forms: Sequence[str]) -> str:
    size = _KEY_LENGTH
    form = next((form for form in forms if len(piece) >= size and piece[-size:] in form), "")
    if not form:
        return piece
    while size < len(piece) and piece[-size - 1 :] in form:
        size += 1
    return piece[:-size] + HIDDEN


def _alone(form: str) -> str:
    escaped = re.escape(form)
    return escaped if len(form) >= _WORD_LENGTH else rf"(?<!\w){escaped}(?!\w)"


def _forms(secret: str) -> set[str]:
    from html import escape
    from urllib.parse import quote, quote_plus

    in_a_cell = secret.replace("\t", r"\t").replace("\r", r"\r").replace("\n", r"\n")  # of a table that is shown
    return {
        in_a_cell,
        escape(in_a_cell),
        escape(in_a_cell, quote=False),
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
