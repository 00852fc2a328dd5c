"""Columns under another name: recognised by what they hold, not by what they are called.

A column that is gone and one that is new are the same when their values are about as near to each other as those of
columns that kept their name: two batches of one column differ, and by how much the others tell. Where values say
little (truth values, constants, columns of nulls), the name and the place must speak for it as well.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbops.records import ColumnSeen

__all__ = ["Renamed", "distance", "renames"]

_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_FLOOR = 0.02
_MOST_NOISE = 0.35
_CHANCE = 0.3
_SAME_NAME = 1.0
_ENOUGH = 0.3
_MARGIN = 0.25
_MOSTLY = 0.8
_NEAR, _BLUR = 0.06, 0.01
_AGAINST = 0.6
_CONTRAST = 0.8
_CONTENT, _NAMES, _PLACE, _KIND, _PRIOR = 2.0, 2.0, 0.7, 0.6, 1.4
_SIBLINGS = 1.5
_MOST_PAIRS = 4_000
_FAMILY, _APART = 0.5, 0.15


@dataclass(frozen=True, slots=True)
class Renamed:
    """A column that is known under another name.

    Args:
        old: Its name before.
        new: Its name now.
        score: How much speaks for it; 0.3 and more is a rename.
        why: What says so, in a few words.
    """

    old: str
    new: str
    score: float
    why: str


def renames(before: Sequence[ColumnSeen], after: Sequence[ColumnSeen], *, rows: int = 0) -> tuple[Renamed, ...]:
    """Return which columns of *before* stand in *after* under another name; each one once at most.

    Args:
        before: All columns as they were.
        after: All columns as they are.
        rows: How many rows were looked at; of few, two batches of one column differ by chance alone.

    Example:
        >>> from dataclasses import replace
        >>> old = ColumnSeen(
        ...     "km", "float64", "number", "measure", 0, 900, quantiles=(1.0, 2.0, 5.0, 9.0, 20.0, 40.0, 60.0)
        ... )
        >>> new = ColumnSeen(
        ...     "distance", "float64", "number", "measure", 0, 900, quantiles=(1.0, 2.0, 5.0, 9.0, 21.0, 40.0, 60.0)
        ... )
        >>> [(one.old, one.new) for one in renames([old], [new], rows=1000)]
        [('km', 'distance')]
    """
    old, new = {c.name: c for c in before}, {c.name: c for c in after}
    gone = [c for c in before if c.name not in new]
    come = [c for c in after if c.name not in old]
    if not gone or not come or len(gone) * len(come) > _MOST_PAIRS:
        return ()
    noise = min(_noise(old, new), _MOST_NOISE) + _CHANCE / math.sqrt(max(rows, 4))
    neighbours = _Neighbours(before, after)
    scored = []
    for b in come:
        compared = before if len(before) * len(come) <= _MOST_PAIRS else gone
        apart = {a.name: distance(a, b) for a in compared}
        alike = {a.name: _names_alike(a.name, b.name) for a in compared}
        for a in gone:
            if a.is_masked == b.is_masked:
                named = _of_its_own(a.name, alike)
                score = _score(a, b, noise, stands=neighbours.agree(a.name, b.name), named=named)
                scored.append((score + _CONTRAST * _stands_out(a.name, apart) if score else 0.0, a, b))
    return tuple(_matched(scored))


def distance(a: ColumnSeen, b: ColumnSeen) -> float:
    """Return how far apart the contents of two columns are, from 0 for the same to 1.

    Numbers and moments by their quantiles, as a share of the spread; groups by the shares of their values (total
    variation); texts by shapes, lengths and values; all by their shares of nulls.
    """
    if a.kind != b.kind or a.is_masked != b.is_masked:
        return 1.0
    return min(1.0, max(_content(a, b), _kinds_apart(a, b)))


def _kinds_apart(a: ColumnSeen, b: ColumnSeen) -> float:
    """Return how far apart the numbers of different values are; up to four times as many is what more rows do."""
    if not a.distinct or not b.distinct:
        return 0.0
    return max(0.0, abs(math.log(a.distinct / b.distinct)) - math.log(4)) / 4


def _content(a: ColumnSeen, b: ColumnSeen) -> float:
    if a.values and b.values:
        return _variation(a.values, b.values)
    shared = _shared(a, b)
    if a.kind in ("number", "time"):
        near = _quantiles_apart(a.quantiles, b.quantiles)
        return near if shared < 0.5 else near * (1 - shared)
    if a.kind == "text":
        return _texts_apart(a, b) * (1 - shared)
    return 0.0


def _variation(a: Mapping[str, int], b: Mapping[str, int]) -> float:
    of_a, of_b = sum(a.values()) or 1, sum(b.values()) or 1
    return sum(abs(a.get(value, 0) / of_a - b.get(value, 0) / of_b) for value in {*a, *b}) / 2


def _shared(a: ColumnSeen, b: ColumnSeen) -> float:
    """Return the share of values that both hold, estimated from the smallest hashes of either (Broder 1997)."""
    if not a.sketch or not b.sketch:
        return 0.0
    least = sorted({*a.sketch, *b.sketch})[: min(len(a.sketch), len(b.sketch))]
    both = {*a.sketch} & {*b.sketch}
    return sum(one in both for one in least) / len(least)


def _quantiles_apart(a: Sequence[float], b: Sequence[float]) -> float:
    if len(a) != len(b) or not a:
        return 1.0 if a or b else 0.0
    inner = slice(1, -1) if len(a) > 4 else slice(None)
    spread = max(a[inner][-1] - a[inner][0], b[inner][-1] - b[inner][0])
    if not spread or not math.isfinite(spread):
        return 0.0 if tuple(a) == tuple(b) else 1.0
    return min(1.0, sum(abs(x - y) for x, y in zip(a[inner], b[inner], strict=True)) / len(a[inner]) / spread)


def _texts_apart(a: ColumnSeen, b: ColumnSeen) -> float:
    shapes = 1 - len({*a.shapes} & {*b.shapes}) / (len({*a.shapes} | {*b.shapes}) or 1)
    lengths = [abs(x - y) / max(x, y, 1) for x, y in zip(a.lengths, b.lengths, strict=False)]
    return (shapes + (sum(lengths) / len(lengths) if lengths else 0.0)) / 2


def _of_its_own(name: str, alike: Mapping[str, float]) -> float:
    """Return how alike two names are, where not many columns are named so: ``sum_a`` and ``sum_b`` are a family."""
    second = max((other for one, other in alike.items() if one != name), default=0.0)
    if alike[name] == 1.0:
        return 1.0 if second < 1.0 else _FAMILY
    return alike[name] * min(1.0, max(0.0, alike[name] - second) / _APART)


def _stands_out(name: str, apart: Mapping[str, float]) -> float:
    """Return how much nearer a column is than every other one that was there, 0 to 1; 0 where it is not near at all."""
    others = [far for other, far in apart.items() if other != name]
    if not others or apart[name] > _NEAR:
        return 0.0
    return max(0.0, 1 - (apart[name] + _BLUR) / (min(others) + _BLUR))


def _noise(old: Mapping[str, ColumnSeen], new: Mapping[str, ColumnSeen]) -> float:
    """Return how far apart two batches of one column usually are: three quarters of the kept columns are nearer."""
    found = sorted(distance(one, new[name]) for name, one in old.items() if name in new and _tells(one))
    return found[(3 * len(found)) // 4] if len(found) > 2 else _FLOOR


def _tells(column: ColumnSeen) -> bool:
    return bool(column.quantiles or column.values or column.shapes)


def _score(a: ColumnSeen, b: ColumnSeen, noise: float, *, stands: float, named: float) -> float:
    """Return how much speaks for *a* being *b*: contents, names, places and kinds are put together as log odds are."""
    same = ((a.type == b.type) + (a.meaning == b.meaning) + (bool(a.nulls) == bool(b.nulls))) / 3
    if named == 1.0 or not a.kind or not b.kind or a.kind != b.kind:
        return _SAME_NAME + _PLACE * stands if named == 1.0 else 0.0
    near = max(-1.0, 1 - distance(a, b) / (_FLOOR + 1.5 * noise))
    near *= _information(a, b) if near > 0 else _AGAINST
    against = _PRIOR + _SIBLINGS * _are_siblings(a.name, b.name)
    return _CONTENT * near + _NAMES * max(0.0, named - 0.3) / 0.7 + _PLACE * stands + _KIND * same - against


def _information(a: ColumnSeen, b: ColumnSeen) -> float:
    """Return how much being alike says: little of a flag, much of many values."""
    if a.is_masked:
        return 0.0
    kinds, shared = min(a.distinct or 0, b.distinct or 0), _shared(a, b)
    if shared >= _MOSTLY and kinds > 1:
        return min(1.0, math.log2(kinds + 1) / 3)
    if kinds < 2:
        return 0.5 if shared == 1.0 else 0.0
    if a.values or b.values:
        return min(1.0, math.log2(kinds) / 4)
    return min(1.0, math.log2(kinds) / 8) if a.kind != "text" else 0.6


def _names_alike(a: str, b: str) -> float:
    one, other = (" ".join(word.lower() for word in _WORD.findall(name)) for name in (a, b))
    if not one or not other:
        return 0.0
    if one.replace(" ", "") == other.replace(" ", ""):
        return 1.0
    words = {*one.split()}, {*other.split()}
    common = len(words[0] & words[1]) / max(1, min(map(len, words)))
    return max(difflib.SequenceMatcher(None, one, other, autojunk=False).ratio(), 0.8 * common)


def _are_siblings(a: str, b: str) -> bool:
    """Whether two names differ in a number alone: ``lag_1`` and ``lag_2`` are two columns, however alike they are."""
    return bool(_NUMBER.search(a)) and _NUMBER.sub("0", a.lower()) == _NUMBER.sub("0", b.lower())


class _Neighbours:
    """Which columns stand beside which, as far as they kept their names."""

    def __init__(self, before: Sequence[ColumnSeen], after: Sequence[ColumnSeen]) -> None:
        kept = {c.name for c in before} & {c.name for c in after}
        self._before, self._after = (self._beside([c.name for c in some], kept) for some in (before, after))

    @staticmethod
    def _beside(names: Sequence[str], kept: set[str]) -> dict[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        left = ""
        for name in names:
            found[name] = left, ""
            left = name if name in kept else left
        right = ""
        for name in reversed(names):
            found[name] = found[name][0], right
            right = name if name in kept else right
        return found

    def agree(self, old: str, new: str) -> float:
        """Return 1 when both stand between the same columns, a half when one side is the same."""
        a, b = self._before[old], self._after[new]
        return ((a[0] == b[0]) + (a[1] == b[1])) / 2


def _matched(scored: Sequence[tuple[float, ColumnSeen, ColumnSeen]]) -> list[Renamed]:
    """Return the best pairs, each column once; where two are about as good, neither is told."""
    found: list[Renamed] = []
    told: set[tuple[str, str]] = set()  # with which side it is: the old names and the new ones
    unclear: set[tuple[str, str]] = set()
    for score, a, b in sorted(scored, key=lambda one: (-one[0], one[1].name, one[2].name)):
        ends = {("old", a.name), ("new", b.name)}
        if score < _ENOUGH or ends & (told | unclear):
            continue
        rivals = [
            other
            for other, x, y in scored
            if (x.name == a.name) != (y.name == b.name) and not {("old", x.name), ("new", y.name)} & told
        ]
        if max(rivals, default=0.0) > score - _MARGIN:
            unclear |= ends
            continue
        told |= ends
        found.append(Renamed(a.name, b.name, round(score, 2), _reason(a, b)))
    return found


def _reason(a: ColumnSeen, b: ColumnSeen) -> str:
    said = []
    if _shared(a, b) >= 0.8:
        said.append("the same values")
    elif a.kind in ("number", "time"):
        said.append("its numbers lie where they lay" if a.kind == "number" else "its moments lie where they lay")
    elif a.values:
        said.append("its groups are as frequent as before")
    elif a.kind == "text":
        said.append("its texts are written alike")
    if _names_alike(a.name, b.name) >= 0.7:
        said.append("the names are alike")
    return ", ".join(said)
