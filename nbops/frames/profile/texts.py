"""What a column of texts is like: lengths, kinds of characters, shapes, and what the texts look like."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np

from nbops.frames.formats import is_well_formed
from nbops.frames.profile.hashing import Array, Texts
from nbops.frames.profile.numbers import added
from nbops.frames.profile.patterns import MOST_PATTERNS, patterns_of
from nbops.frames.profile.times import TimeFacts
from nbops.frames.profile.written import form_of, written_moments

__all__ = ["CLASSES", "LOOKS", "TextFacts", "looks_like", "shape", "text_facts"]

CLASSES = {"upper": 1, "lower": 2, "digit": 4, "space": 8, "mark": 16, "control": 32, "other": 64}
"""The kinds of characters that a text may hold, as bits; ``other`` is all beyond ASCII."""

_MOST_SHAPES = 40
_MOST_LENGTHS = 200
_SAMPLE = 1_000
_LONGEST_SHAPE = 60


def _table() -> Array:
    table = np.full(256, CLASSES["mark"], dtype="uint8")
    table[:32] = table[127] = CLASSES["control"]
    table[128:] = CLASSES["other"]
    for name, letters in {"upper": range(65, 91), "lower": range(97, 123), "digit": range(48, 58)}.items():
        table[list(letters)] = CLASSES[name]
    table[32] = CLASSES["space"]
    return table


_CLASS_OF = _table()
_BLANK = frozenset({0, CLASSES["space"], CLASSES["control"], CLASSES["space"] | CLASSES["control"]})


@dataclass(frozen=True, slots=True)
class TextFacts:
    """The texts of a column; nulls are left out.

    Args:
        count: How many there are.
        characters: The lengths of all together.
        lengths: How many texts have so many characters; empty where there are more than 200 lengths.
        shortest: The fewest characters.
        longest: The most.
        classes: How many texts hold characters of exactly these kinds, by the sum of their bits.
        blank: How many are empty, or white space alone.
        untrimmed: How many begin or end with white space.
        quoted: How many stand in quotes.
        shapes: In the sample, how many have a shape: letters as ``A`` and ``a``, digits as ``9``, runs made one.
        looks: In the sample, how many look like a number, a date, an address …
        sampled: How many texts the shapes and looks are of.
        spellings: Where all texts are of one length: how many could be written with what the sample has at each place.
        patterns: In the sample, how many are written in a pattern, as ``ORD-[0-9]{6}``; rare patterns are left out.
        form: How all texts are written as days or moments, as ``%Y-%m-%d``; empty when they are none.
        moments: The moments that they stand for, in a sample.
    """

    count: int = 0
    characters: int = 0
    lengths: Mapping[int, int] = field(default_factory=dict)
    shortest: int | None = None
    longest: int | None = None
    classes: Mapping[int, int] = field(default_factory=dict)
    blank: int = 0
    untrimmed: int = 0
    quoted: int = 0
    shapes: Mapping[str, int] = field(default_factory=dict)
    looks: Mapping[str, int] = field(default_factory=dict)
    sampled: int = 0
    spellings: float = 0.0
    patterns: Mapping[str, int] = field(default_factory=dict)
    form: str = ""
    moments: TimeFacts | None = None

    def __add__(self, other: TextFacts) -> TextFacts:
        if not self.count or not other.count:
            return self if self.count else other
        lengths = added(self.lengths, other.lengths) if self.lengths and other.lengths else {}
        is_one_form = self.form == other.form
        return TextFacts(
            self.count + other.count,
            self.characters + other.characters,
            lengths if len(lengths) <= _MOST_LENGTHS else {},
            min(self.shortest, other.shortest),  # type: ignore[type-var]
            max(self.longest, other.longest),  # type: ignore[type-var]
            added(self.classes, other.classes),
            self.blank + other.blank,
            self.untrimmed + other.untrimmed,
            self.quoted + other.quoted,
            _most_frequent(_both(self.shapes, other.shapes)),
            _both(self.looks, other.looks),
            self.sampled + other.sampled,
            max(self.spellings, other.spellings)
            if (self.shortest, self.longest) == (other.shortest, other.longest)
            else 0,
            _most_frequent(_both(self.patterns, other.patterns), MOST_PATTERNS),
            self.form if is_one_form else "",
            self.moments + other.moments if is_one_form and self.moments and other.moments else None,
        )

    @property
    def mean_length(self) -> float:
        """The mean number of characters."""
        return self.characters / self.count if self.count else 0.0

    def having(self, *kinds: str) -> int:
        """Return how many texts hold a character of one of *kinds*."""
        wanted = sum(CLASSES[kind] for kind in kinds)
        return sum(rows for mask, rows in self.classes.items() if mask & wanted)


def text_facts(texts: Texts, known: Mapping[str, int] | None) -> TextFacts:
    """Return what *texts* are like.

    Args:
        texts: The texts, without nulls.
        known: How often each occurs, when they are few; then shapes and looks are of all of them.
    """
    count = len(texts)
    if not count:
        return TextFacts()
    filled = texts.starts[:-1][texts.sizes > 0]
    masks = np.zeros(count, dtype="uint8")
    if len(filled):
        begin, end = int(texts.starts[0]), int(texts.starts[-1])
        masks[texts.sizes > 0] = np.bitwise_or.reduceat(_CLASS_OF[texts.data[begin:end]], filled - begin)
    lengths = _characters(texts, masks)
    sizes, rows = np.unique(lengths, return_counts=True)
    classes = np.bincount(masks, minlength=1)
    first, last = _ends(texts)
    white = _white(first) | _white(last)
    quotes = (first == last) & ((first == ord('"')) | (first == ord("'"))) & (texts.sizes > 1)
    counted = known if known is not None else _sample(texts)
    form = form_of(counted)
    return TextFacts(
        count,
        int(lengths.sum()),
        dict(zip(sizes.tolist(), rows.tolist(), strict=True)) if len(sizes) <= _MOST_LENGTHS else {},
        int(sizes[0]),
        int(sizes[-1]),
        {int(mask): int(classes[mask]) for mask in np.flatnonzero(classes)},
        max(int(sum(classes[mask] for mask in _BLANK if mask < len(classes))), _rows(counted, lambda t: not t.strip())),
        max(int(np.count_nonzero(white)), _rows(counted, lambda text: text != text.strip())),
        int(np.count_nonzero(quotes)),
        _most_frequent(_tally((shape(text), n) for text, n in counted.items())),
        _tally((look, n) for text, n in counted.items() for look in looks_like(text)),
        sum(counted.values()),
        _spellings(counted) if sizes[0] == sizes[-1] else 0.0,
        patterns_of(counted),
        form,
        written_moments(texts, form) if form else None,
    )


def _rows(counted: Mapping[str, int], holds: Callable[[str], bool]) -> int:
    """Return of how many of the texts that were looked at it holds: white space beyond ASCII is seen here alone."""
    return sum(rows for text, rows in counted.items() if holds(text))


def _spellings(texts: Iterable[str]) -> float:
    """Return the product of how many different signs stand at each place of texts of one length."""
    return float(math.prod(len(set(signs)) for signs in zip(*texts, strict=False)))


def _characters(texts: Texts, masks: Array) -> Array:
    """Return the number of characters of each text: of bytes, less those that continue a character."""
    if not (masks & CLASSES["other"]).any():
        return texts.sizes
    continues = np.concatenate([[0], np.cumsum((texts.data & 0xC0) == 0x80)])
    return texts.sizes - (continues[texts.starts[1:]] - continues[texts.starts[:-1]])


def _ends(texts: Texts) -> tuple[Array, Array]:
    """Return the first and the last byte of each text; zero for an empty one."""
    if not len(texts.data):
        return (np.zeros(len(texts), dtype="uint8"),) * 2
    most = len(texts.data) - 1
    has = texts.sizes > 0
    return tuple(np.where(has, texts.data[np.clip(at, 0, most)], 0) for at in (texts.starts[:-1], texts.starts[1:] - 1))  # type: ignore[return-value]


def _white(byte: Array) -> Array:
    return (byte == ord(" ")) | ((byte >= ord("\t")) & (byte <= ord("\r")))


def _sample(texts: Texts) -> dict[str, int]:
    places = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), _SAMPLE)).astype("int64"))
    return _tally((texts.text(int(at)), 1) for at in places)


def _tally(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, rows in pairs:
        found[key] = found.get(key, 0) + rows
    return found


def _both(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return _tally([*left.items(), *right.items()])


def _most_frequent(counts: Mapping[str, int], most: int = _MOST_SHAPES) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return dict(ordered[:most])


# ── single texts ─────────────────────────────────────────────────────────────────────────────────────────────────────

_RUNS = ((re.compile(r"[0-9]+"), "9"), (re.compile(r"[^\W\d_]+"), "a"))


def shape(text: str) -> str:
    """Return the shape of a text: a run of digits as ``9``, of letters as ``A`` (upper case), ``a`` or ``Aa``.

    Example:
        >>> shape("ORD-00012 b"), shape("Müller, Ada")
        ('A-9 a', 'Aa, Aa')
    """
    found = re.sub(r"[^\W\d_]+", lambda run: _letters(run[0]), text[:_LONGEST_SHAPE])
    return re.sub(r"[0-9]+", "9", found)


def _letters(run: str) -> str:
    if run.isupper():
        return "A"
    return "Aa" if run[:1].isupper() and run[1:].islower() else "a"


def _is_number(text: str) -> bool:
    try:
        return Decimal(text.strip()).is_finite()
    except InvalidOperation:
        return False


def _matching(pattern: str) -> Callable[[str], Any]:
    return re.compile(pattern, re.IGNORECASE).fullmatch


def _well_formed(name: str, hint: str) -> Callable[[str], Any]:
    """Return the test that a text looks like *hint*, and is in the format *name*, by which a rule would judge it."""
    looks = _matching(hint)
    return lambda text: looks(text) is not None and is_well_formed(text, name)


LOOKS: Mapping[str, Callable[[str], Any]] = {
    "number": _is_number,
    "decimal comma": _matching(r"\s*[-+]?(?:\d+|\d{1,3}(?:[. '’]\d{3})+),\d+\s*"),
    "thousands": _matching(r"\s*[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\s*"),
    "money": _matching(
        r"\s*[-+]?\s*(?:[€$£¥]\s*\d[\d.,' ’]*|\d[\d.,' ’]*\s*(?:[€$£¥]|eur|usd|gbp|chf|jpy|pln|sek))\s*"
    ),
    "number with unit": _matching(r"(?!(?-i:[1-9]\d{3} ?[A-Z]{2})$)\s*[-+]?\d+(?:[.,]\d+)?\s*(?:[a-zµ°]{1,4}|%)"),
    "postal code": re.compile(
        r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|[1-9]\d{3} ?[A-Z]{2}|\d{2}-\d{3}|\d{3}-\d{4}"
        r"|\d{4}-\d{3}|\d{5}-\d{3,4}|\d{3} \d{2}|[A-Z]\d[\dW] ?[A-Z\d]{4}"
    ).fullmatch,  # of the countries where it is more than digits
    "date": _matching(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}/\d{1,2}/\d{1,2}"),
    "moment": _matching(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"),
    "email": _well_formed("email", r"[^@\s]+@[^@\s]+"),
    "url": _well_formed("url", r"(?:https?|ftp)://\S+"),
    "uuid": _matching(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    "ip address": _well_formed("ipv4", r"(?:\d{1,3}\.){3}\d{1,3}"),
    "phone": _matching(r"(?:\+|00)\d[\d ()/.-]{6,18}\d|\(?0\d[\d ()/-]{6,15}\d|\(\d{3}\) ?\d{3}-\d{4}"),
    "json": _matching(r"\s*(?:\{.*\}|\[.*\])\s*"),
    "list": _matching(r"[^,;|\s]+(?:\s*[;|]\s*[^,;|\s]+)+"),
    "truth": _matching(r"true|false|yes|no|ja|nein|oui|non|si|y|n|t|f"),
    "payment card": _well_formed("card", r"[3-6](?:[ -]?\d){12,18}"),
    "iban": _well_formed("iban", r"[a-z]{2}\d{2} ?[a-z\d ]{10,38}"),
}
"""What a text may look like; what a rule can demand of it is judged as that rule does."""


def looks_like(text: str) -> list[str]:
    """Return what a text looks like.

    Example:
        >>> looks_like("12.50"), looks_like("a@b.eu"), looks_like("DE89 3704 0044 0532 0130 00")
        (['number'], ['email'], ['iban'])
    """
    return [name for name, is_like in LOOKS.items() if is_like(text)] if len(text) <= 500 else []
