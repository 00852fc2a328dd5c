r"""The patterns that texts are written in, place by place: ``ORD-[0-9]{6}``, ``[A-Z]{2}-[0-9]{4}``.

Texts that have the same kind of character at each place are one group. Where ten different texts of a group share a
letter or a digit at a place, it belongs to the pattern; so nothing in a pattern tells of fewer than ten texts.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

__all__ = ["MOST_PATTERNS", "Place", "parse_pattern", "patterns_of"]

MOST_PATTERNS = 40
_LEAST_TEXTS = 10
_LEAST_SHARE = 0.01
_LONGEST = 60
_CLASS = {"9": "[0-9]", "A": "[A-Z]", "a": "[a-z]"}
_PLACE = re.compile(r"\[(?P<low>.)-(?P<high>.)\](?:\{(?P<times>\d+)\})?|\\(?P<escaped>.)|(?P<plain>.)", re.DOTALL)
_SPECIAL = frozenset("\\[]{}()^$.|?*+")
Place = tuple[str, str]
"""The first and the last character that may stand at a place, one behind the other in ASCII."""


def patterns_of(counted: Mapping[str, int]) -> dict[str, int]:
    """Return the patterns that texts are written in, and how many rows are written in each; rare ones are left out.

    Args:
        counted: How many rows hold each text.

    Example:
        >>> patterns_of({f"ORD-{n:04}": 1 for n in range(1000, 1100)})
        {'ORD-10[0-9]{2}': 100}
    """
    groups: dict[str, list[str]] = {}
    for text in counted:
        if 0 < len(text) <= _LONGEST:
            groups.setdefault("".join(map(_kind, text)), []).append(text)
    rows = {kinds: sum(counted[text] for text in texts) for kinds, texts in groups.items()}
    least = max(2, _LEAST_SHARE * sum(counted.values()))
    found: dict[str, int] = {}
    for kinds in sorted(groups, key=lambda one: (-rows[one], one))[:MOST_PATTERNS]:
        if rows[kinds] >= least:
            written = _written(kinds, groups[kinds])
            found[written] = found.get(written, 0) + rows[kinds]
    return found


def _kind(sign: str) -> str:
    """Return the kind of a character: ``9``, ``A``, ``a``; what is neither letter nor digit is its own kind."""
    if "0" <= sign <= "9":
        return "9"
    if sign.isalnum():
        return "A" if sign.isupper() else "a"
    return sign


def _written(kinds: str, texts: list[str]) -> str:
    is_known = len(texts) >= _LEAST_TEXTS
    places = []
    for at, kind in enumerate(kinds):
        if kind not in _CLASS:
            places.append(f"\\{kind}" if kind in _SPECIAL else kind)
            continue
        signs = {text[at] for text in texts} if is_known else set()
        if len(signs) == 1 and min(signs).isascii():
            places.append(min(signs))
        elif kind == "9" and signs:
            places.append(f"[{min(signs)}-{max(signs)}]")
        else:
            places.append(_CLASS[kind])
    return "".join(_counted(place, len(list(run))) for place, run in itertools.groupby(places))


def _counted(place: str, times: int) -> str:
    return f"{place}{{{times}}}" if times > 1 and place.startswith("[") else place * times


def parse_pattern(pattern: str) -> tuple[Place, ...]:
    """Return what may stand at each place of a text in *pattern*.

    Example:
        >>> parse_pattern("A[0-9]{2}")
        (('A', 'A'), ('0', '9'), ('0', '9'))
    """
    return tuple(_places(pattern))


def _places(pattern: str) -> Iterator[Place]:
    for match in _PLACE.finditer(pattern):
        if match["low"]:
            yield from itertools.repeat((match["low"], match["high"]), int(match["times"] or 1))
        else:
            sign = match["escaped"] or match["plain"]
            yield sign, sign
