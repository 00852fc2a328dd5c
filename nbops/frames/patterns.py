r"""Regular expressions as text: which of them other libraries read as Python does, and which may take for ever.

Patterns mean what they mean to Python. Rust's and RE2's engines know most of them, never look back, and so take a time
that grows with the text alone; but they read some signs otherwise, and say nothing: ``\<`` begins a word, ``[a[b]]``
is a set in a set, ``\B`` stands in an empty text. A pattern is handed to them only when it has none of these.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec

__all__ = ["ODD", "found_in", "is_common", "may_explode", "tells_odd"]

ODD = "[^ -~]"
"""The pattern of a text that libraries may read otherwise than Python: with a sign beyond printable ASCII."""

_PYTHON_ONLY = re.compile(
    r"\(\?[^:]"  # flags, names, looking around
    r"|\((?:\?:)?\)"  # a group of nothing
    r"|\\(?![dDwWsSbntrfva])[\w<>]"  # escapes that only some know, or know otherwise
    r"|\\b\{|&&|~~|--|[*+?}]\+|\{,|\{[^}]*\s"
)
_TELLS_ODD = re.compile(r"\\[dDwWsSb]|\$")
_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{\d*,?\d*\}|.", re.DOTALL)
_TIMES = re.compile(r"\{(?:\d*,)?(\d*)\}")
_FEW = 10
_ESCAPE = re.compile(r"\\.", re.DOTALL)


@functools.lru_cache(maxsize=1024)
def is_common(pattern: str) -> bool:
    r"""Whether libraries can be asked for *pattern*, and mean by it what Python means, at least for plain texts.

    Example:
        >>> is_common(r"^[A-Z]+\d?$"), is_common("(?i)a"), is_common(r"(a)\1"), is_common("[a[b]]")
        (True, False, False, False)
    """
    if _PYTHON_ONLY.search(pattern) is not None:
        return False
    return not any("[" in _ESCAPE.sub("", token[1:]) for token in _TOKEN.findall(pattern) if token[0] == "[")


def tells_odd(pattern: str) -> bool:
    r"""Whether libraries may find *pattern* where Python does not, or the other way, in texts that are not plain.

    Example:
        >>> tells_odd(r"^\w"), tells_odd("^[A-Z]")
        (True, False)
    """
    return _TELLS_ODD.search(pattern) is not None


@functools.lru_cache(maxsize=1024)
def may_explode(pattern: str) -> bool:
    """Whether Python may look for *pattern* for ever, in a text that nearly matches: what repeats is repeated.

    An engine that looks back tries every way to share a text between two repetitions, one inside the other, and every
    way to take one of several alternatives each time: twice as many ways with each further sign.

    Example:
        >>> may_explode("^(a+)+$"), may_explode("(a|aa)*b"), may_explode("^[a-z]+(-[0-9]{4})?$")
        (True, True, False)
    """
    open_groups = [False]  # of each group that is open: whether it leaves a choice how often, or which
    closed, before = False, ""
    for token in _TOKEN.findall(pattern):
        if token == ")" and len(open_groups) > 1:
            closed = open_groups.pop()
            open_groups[-1] |= closed
        else:
            if closed and _comes_often(token):
                return True
            if token == "(":
                open_groups.append(False)
            elif token == "|" or _comes_often(token) or (token == "?" and before != "("):
                open_groups[-1] = True
            closed = False
        before = token
    return False


def _comes_often(token: str) -> bool:
    """Whether *token* lets what stands before it come any number of times, or more than a few."""
    times = _TIMES.fullmatch(token)
    return token in ("*", "+") or (times is not None and int(times[1] or _FEW + 1) > _FEW)


def found_in(texts: Sequence[str], pattern: str) -> list[bool]:
    """Return in which of *texts* the pattern is found, as Python finds it.

    What Python might search for ever is left to an engine that never looks back, where there is one and it finds the
    same: that of pyarrow or polars, for texts of printable ASCII.

    Raises:
        re.error: *pattern* is none.
    """
    search = re.compile(pattern).search
    if not (may_explode(pattern) and is_common(pattern)):
        return [search(text) is not None for text in texts]
    is_plain = [not tells_odd(pattern) or (text.isascii() and text.isprintable()) for text in texts]
    plain = [text for text, is_one in zip(texts, is_plain, strict=True) if is_one]
    found = iter(_found_straight(plain, pattern) or [search(text) is not None for text in plain])
    return [next(found) if is_one else search(text) is not None for text, is_one in zip(texts, is_plain, strict=True)]


def _found_straight(texts: list[str], pattern: str) -> list[bool] | None:
    """Return in which of *texts* an engine that never looks back finds *pattern*; None when there is none."""
    for search in _engines():
        try:
            return search(texts, pattern)
        except Exception:  # noqa: BLE001 - a pattern that one engine refuses is left to the next
            continue
    return None


def _engines() -> Iterator[functools.partial[list[bool]]]:
    if find_spec("pyarrow"):
        yield functools.partial(_by_arrow)
    if find_spec("polars"):
        yield functools.partial(_by_polars)


def _by_arrow(texts: list[str], pattern: str) -> list[bool]:
    import pyarrow
    import pyarrow.compute

    found: list[bool] = pyarrow.compute.match_substring_regex(pyarrow.array(texts, "string"), pattern).to_pylist()
    return found


def _by_polars(texts: list[str], pattern: str) -> list[bool]:
    import polars

    found: list[bool] = polars.Series(texts, dtype=polars.String).str.contains(pattern).to_list()
    return found
