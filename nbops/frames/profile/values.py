"""Which values a column holds, how often, and which of them only stand where a value is missing."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbops.frames.profile.cells import Cells
from nbops.frames.profile.hashing import Array, hash_numbers, hash_word, runs, total
from nbops.frames.profile.rare import LEAST_ROWS, Rare, is_written_shortly, rare_among
from nbops.frames.profile.sketch import Distinct
from nbops.frames.profile.times import DAY, moment_text

__all__ = ["FEW", "STANDS_FOR_MISSING", "Values", "values_of"]

FEW = 256
"""Up to how many different values are all kept, with their counts."""

_TOP = 20
_MOST_COMMON = 2_048
_LEAST_TOP = 5  # a value that fewer rows share may tell of a person
STANDS_FOR_MISSING = (
    "n/a", "na", "n.a.", "#n/a", "nan", "null", "none", "nil", "tbd", "unknown", "undefined", "missing", "blank",
    "empty", "error", "#error", "#ref!", "#value!", "(null)", "(none)", "(blank)", "[null]", "k.a.", "keine angabe",
    "unbekannt",
    "inconnu", "desconocido", "-", "--", ".", "..", "?", "??", "x", "xx", "xxx", "0000-00-00",
)  # fmt: skip
_NUMBERS = (-9999999, -999999, -99999, -9999, -999, -99, 9999, 99999, 999999, 9999999, 999999999)
_DAYS = ("0001-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "2999-12-31", "9999-12-31")


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a column.

    Args:
        counts: How often each occurs, the most frequent first, when they are at most 256; None when they are more.
        top: The most frequent where they are more, those of at least five rows.
        top_missed: In how many rows a value may occur beside what *top* says of it, or without standing there.
        distinct: How many there are: exact for one part and wherever *counts* is there.
        is_exact: Whether *distinct* is exact.
        repeated: How many cells hold a value that stood in the same part before.
        once: How many values occur once; exact where *is_exact*.
        sentinels: How often each value occurs that stands where one is missing, as ``n/a``, -999 or 1900-01-01.
        summary: What *distinct* is estimated from, when parts are put together.
        content: The sum of the hashes of all cells: the same for the same values in any order.
        rare: Which values fewer than ten rows hold, as a filter that cannot be read back.
        common: How many rows hold a number, for all those that at least ten rows hold, where they are at most 2,048.
    """

    counts: Mapping[Any, int] | None = None
    top: Mapping[Any, int] = field(default_factory=dict)
    top_missed: int = 0
    distinct: int = 0
    is_exact: bool = True
    repeated: int = 0
    once: int = 0
    sentinels: Mapping[str, int] = field(default_factory=dict)
    summary: Distinct = field(default_factory=Distinct)
    content: int = 0
    rare: Rare = field(default_factory=Rare)
    common: Mapping[float | int, int] = field(default_factory=dict)

    def __add__(self, other: Values) -> Values:
        if not other.distinct or not self.distinct:
            return self if self.distinct else other
        counts = None
        if self.counts is not None and other.counts is not None:
            both = _sum(self.counts, other.counts)
            counts = both if len(both) <= FEW else None
        summary = self.summary + other.summary
        mine, theirs = (one.counts if one.counts is not None else one.top for one in (self, other))
        missed = self.top_missed + other.top_missed
        return Values(
            counts,
            {} if counts is not None else _top(_sum(mine, theirs)),
            0 if counts is not None else missed + _dropped(_sum(mine, theirs)),
            len(counts) if counts is not None else max(summary.estimate, self.distinct, other.distinct),
            counts is not None,
            self.repeated + other.repeated,
            sum(rows == 1 for rows in counts.values()) if counts is not None else self.once + other.once,
            _sum(self.sentinels, other.sentinels),
            summary,
            (self.content + other.content) % 2**64,
            self.rare + other.rare,
            {} if counts is not None else _at_most(_sum(self._often, other._often)),
        )

    @property
    def _often(self) -> Mapping[float | int, int]:
        """The numbers that are known not to be rare."""
        if self.counts is None:
            return self.common
        return {value: rows for value, rows in self.counts.items() if _is_number(value) and rows >= LEAST_ROWS}

    @property
    def error(self) -> float:
        """The relative standard error of *distinct*; 0 when it is exact."""
        return 0.0 if self.is_exact else Distinct.ERROR

    @property
    def most_frequent(self) -> tuple[tuple[Any, int], ...]:
        """The values that are known, the most frequent first."""
        return tuple((self.counts if self.counts is not None else self.top).items())


def _sum(left: Mapping[Any, int], right: Mapping[Any, int]) -> dict[Any, int]:
    found = dict(left)
    for value, rows in right.items():
        found[value] = found.get(value, 0) + rows
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0]))))


def _top(counts: Mapping[Any, int]) -> dict[Any, int]:
    kept = [pair for pair in counts.items() if pair[1] >= _LEAST_TOP]
    return dict(kept[:_TOP])


def _dropped(counts: Mapping[Any, int]) -> int:
    kept = _top(counts)
    return max((rows for value, rows in counts.items() if value not in kept), default=0)


def values_of(cells: Cells, ordered: Array | None) -> Values:
    """Return the values of a column.

    Args:
        cells: The column.
        ordered: Its numbers, sorted; None for texts.
    """
    hashes = np.sort(cells.present_hashes)
    keys = hashes if ordered is None else ordered
    starts, counts = runs(keys)
    few = len(starts) <= FEW
    found: dict[Any, int] = {}
    if len(starts):
        chosen = np.arange(len(starts)) if few else np.argpartition(counts, -_TOP)[-_TOP:]
        chosen = chosen if few else chosen[counts[chosen] >= _LEAST_TOP]
        named = _named(cells, keys[starts[chosen]], is_hash=ordered is None)
        found = _sum(dict(zip(named, counts[chosen].tolist(), strict=True)), {})
    rest = np.delete(counts, chosen) if len(starts) and not few else counts[:0]
    return Values(
        found if few else None,
        {} if few else found,
        int(rest.max()) if len(rest) else 0,
        len(starts),
        True,
        int(len(keys) - len(starts)),
        int(np.count_nonzero(counts == 1)),
        _sentinels(cells, hashes, ordered),
        Distinct.of(hashes),
        total(hashes),
        _rare(keys[starts[rare_among(counts)]], is_hash=ordered is None),
        _common(keys, starts, counts) if cells.kind == "number" and not few else {},
    )


def _common(keys: Array, starts: Array, counts: Array) -> Mapping[float | int, int]:
    often = ~rare_among(counts)
    if np.count_nonzero(often) > _MOST_COMMON:
        return {}
    return dict(zip(keys[starts[often]].tolist(), counts[often].tolist(), strict=True))


def _at_most(common: Mapping[float | int, int]) -> Mapping[float | int, int]:
    return common if len(common) <= _MOST_COMMON else {}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _rare(keys: Array, *, is_hash: bool) -> Rare:
    """Return the filter of rare values; of measured numbers there is none, as none is drawn a second time by chance."""
    if is_hash:
        return Rare.of(keys)
    if keys.dtype.kind == "f" and len(keys) and not is_written_shortly(keys[:: max(1, len(keys) // 500)]):
        return Rare()
    return Rare.of(hash_numbers(keys))


def _named(cells: Cells, keys: Array, *, is_hash: bool) -> list[Any]:
    """Return the values that *keys* stand for, as JSON knows them."""
    if is_hash:
        return [cells.texts.text(at) for at in _first_places(cells.present_hashes, keys)]
    if cells.kind == "time":
        return [moment_text(key) for key in keys.tolist()]
    return list(keys.tolist())


def _first_places(hashes: Array, wanted: Array) -> list[int]:
    """Return a place of each of *wanted* among *hashes*, where all of them stand."""
    found: dict[int, int] = {}
    for size in (1_000, 30_000):
        head = hashes[:size]
        kinds, places = np.unique(head, return_index=True)
        found |= dict(zip(kinds.tolist(), places.tolist(), strict=True))
        if all(int(key) in found for key in wanted):
            break
    return [found[key] if key in found else int((hashes == np.uint64(key)).argmax()) for key in wanted.tolist()]


@functools.cache
def _words() -> tuple[Array, list[str]]:
    """Return the hashes of all words that stand for a missing value, sorted, and the words."""
    spelt = {form: word for word in STANDS_FOR_MISSING for form in (word, word.upper(), word.title())}
    pairs = sorted((hash_word(form), form) for form in spelt)
    return np.array([key for key, _ in pairs], dtype="uint64"), [form for _, form in pairs]


def _sentinels(cells: Cells, hashes: Array, ordered: Array | None) -> dict[str, int]:
    if ordered is None:
        wanted, names = _words() if cells.kind == "text" else (np.zeros(0, "uint64"), [])
        found, keys = hashes, wanted
    elif cells.kind == "number":
        found, names = ordered, [str(number) for number in _NUMBERS]
        keys = np.array(_NUMBERS, dtype="float64" if ordered.dtype.kind == "f" else "int64")
    elif cells.kind == "time":
        found, names = ordered, list(_DAYS)
        keys = np.array([np.datetime64(day, "D").astype("int64") * DAY for day in _DAYS])
    else:
        return {}
    if not len(keys):
        return {}
    rows = np.searchsorted(found, keys, side="right") - np.searchsorted(found, keys)
    return {name: int(n) for name, n in zip(names, rows, strict=True) if n}
