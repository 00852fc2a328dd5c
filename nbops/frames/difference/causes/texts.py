"""Causes in columns of texts: case, padding, encoding, cuts, affixes, other ways to write the same."""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np

from nbops.frames.difference.causes.candidate import Candidate, Pairs, Rule
from nbops.frames.difference.values import Array

__all__ = ["text_candidates"]

_SPACES = re.compile(r"\s+")
_MARKS = re.compile(r"[\W_]+")
_ZEROS = re.compile(r"([-+]?)0*(.+)", re.DOTALL)
_LONE = re.compile(r"[?\ufffd]+")
_NUMBER = re.compile(r"[-+]?[\d\s.,']*\d[\d\s.,']*")
_DATE = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{1,4})(.*)")
_CASES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("to upper case", str.upper), ("to lower case", str.lower), ("to Title Case", str.title),
    ("to Capital first", str.capitalize), ("upper and lower swapped", str.swapcase),
)  # fmt: skip
_CODECS = ("cp1252", "latin-1", "cp437", "cp850", "mac-roman")


def text_candidates(pairs: Pairs) -> Iterator[Candidate]:
    """Yield the causes that may explain how texts changed."""
    yield from _case(pairs)
    yield from _padding(pairs)
    yield Candidate("encoding", _encoding_words(pairs), _each(_is_recoded), least=0.3, distinct=1, rank=2,
                    by_chance=False)  # fmt: skip
    yield from _cut(pairs)
    yield from _affix(pairs)
    yield Candidate("format", "the same number, written otherwise", _each(_is_same_number), least=0.8, rank=3)
    yield Candidate("format", "the same date, written otherwise", _each(_is_same_date), least=0.8, rank=3)
    marks = "the same letters and digits, with other marks between"
    yield Candidate("format", marks, _each(_is_same_but_marks), least=0.8, rank=4)
    values, counts = np.unique(pairs.after.astype(str), return_counts=True)
    most = str(values[np.argmax(counts)])
    what = f"{most!r} stands where other texts stood"
    yield Candidate("constant", what, lambda a, b: b == most, least=0.8, rows=5, rank=6, by_chance=False)


def _each(test: Callable[[str, str], bool]) -> Rule:
    """Return the rule that asks *test* of each different pair once."""

    def explains(a: Array, b: Array) -> Array:
        known: dict[tuple[str, str], bool] = {}
        found = np.zeros(len(a), dtype=bool)
        for at, pair in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
            if pair not in known:
                known[pair] = test(*pair)
            found[at] = known[pair]
        return found

    return explains


def _case(pairs: Pairs) -> Iterator[Candidate]:
    def cased(change: Callable[[str], str]) -> Rule:
        return _each(lambda a, b: change(a) == b)

    for words, change in _CASES:
        yield Candidate("case", words, cased(change), least=0.3, distinct=1, rank=1, by_chance=False)
    words = "upper and lower case alone differ"
    yield Candidate("case", words, _each(lambda a, b: a.casefold() == b.casefold()), least=0.3, distinct=1, rank=2,
                    by_chance=False)  # fmt: skip


def _padding(pairs: Pairs) -> Iterator[Candidate]:
    grew = float(np.mean([len(b) > len(a) for a, b in zip(pairs.before, pairs.after, strict=True)])) >= 0.5
    word = "added" if grew else "removed"
    yield Candidate("padding", f"white space {word}", _each(_is_same_but_spaces), least=0.3, distinct=1, rank=1,
                    by_chance=False)  # fmt: skip
    yield Candidate("padding", f"leading zeros {word if grew else 'lost'}", _each(_is_same_but_zeros), least=0.3,
                    distinct=2, rank=1, by_chance=False)  # fmt: skip
    filler = f"filled up with one sign to a length {word}"
    yield Candidate("padding", filler, _each(_is_filled_up), least=0.8, rank=4)


def _is_same_but_spaces(a: str, b: str) -> bool:
    return _SPACES.sub("", a) == _SPACES.sub("", b)


def _is_same_but_zeros(a: str, b: str) -> bool:
    one, other = _ZEROS.fullmatch(a), _ZEROS.fullmatch(b)
    return one is not None and other is not None and a != b and one.groups() == other.groups()


def _is_filled_up(a: str, b: str) -> bool:
    short, long = sorted((a, b), key=len)
    rest = long.removeprefix(short) if long.startswith(short) else long.removesuffix(short)
    return len(short) < len(long) and rest != long and len(set(rest)) == 1 and not rest.isalnum()


# ── encoding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _is_recoded(a: str, b: str) -> bool:
    """Whether *b* is *a*, or *a* is *b*, read or written in the wrong encoding, or without its accents."""
    if a.isascii() and b.isascii():
        return "&" in a + b and html.unescape(a) == html.unescape(b)
    return _is_broken(a, b) or _is_broken(b, a) or _is_plainer(a, b) or _is_plainer(b, a)


def _is_broken(good: str, bad: str) -> bool:
    try:
        data = good.encode()
    except UnicodeEncodeError:
        return False
    return any(data.decode(codec, "replace") == bad or data.decode(codec, "ignore") == bad for codec in _CODECS) or (
        _is_lost(good, bad)
    )


def _is_lost(good: str, bad: str) -> bool:
    """Whether each letter beyond ASCII became a question mark or was left out."""
    marked = "".join(c if c.isascii() else "?" for c in good)
    return _LONE.sub("?", bad) == _LONE.sub("?", marked) or bad == "".join(c for c in good if c.isascii())


def _is_plainer(full: str, bare: str) -> bool:
    """Whether *bare* is *full* without its accents, or composed in another way."""
    if unicodedata.normalize("NFKC", full) == unicodedata.normalize("NFKC", bare):
        return True
    split = unicodedata.normalize("NFKD", full)
    return "".join(c for c in split if not unicodedata.combining(c)) == bare


def _encoding_words(pairs: Pairs) -> str:
    for a, b in zip(pairs.before[:200].tolist(), pairs.after[:200].tolist(), strict=True):
        if _is_recoded(a, b):
            if a.isascii() and b.isascii():
                return "characters became HTML entities, or such became characters"
            if not b.isascii() and len(b) > len(a):
                return "UTF-8 was read as an 8-bit encoding"
            if "?" in b or "\ufffd" in b:
                return "letters beyond ASCII became question marks"
            if b.isascii():
                return "accents were lost"
            return "text in a wrong encoding was mended" if not a.isascii() else "the encoding is another"
    return "the encoding is another"


# ── cuts and affixes ─────────────────────────────────────────────────────────────────────────────────────────────────


def _cut(pairs: Pairs) -> Iterator[Candidate]:
    before, after = pairs.before.tolist(), pairs.after.tolist()
    lengths = Counter(len(b) for a, b in zip(before, after, strict=True) if len(b) < len(a) and a.startswith(b))
    if not lengths:
        return
    length, n = lengths.most_common(1)[0]
    if n >= 0.5 * len(before):
        what = f"to {length:,} character{'' if length == 1 else 's'}"
        yield Candidate("truncation", what, _each(lambda a, b: a[:length].rstrip() == b.rstrip() and len(b) < len(a)),
                        rank=2, distinct=2, by_chance=False)  # fmt: skip
    what = "each text is the beginning of what it was"
    yield Candidate("truncation", what, _each(lambda a, b: len(b) < len(a) and a.startswith(b)), least=0.8, rank=4,
                    by_chance=False)  # fmt: skip
    what = "each text is the end of what it was"
    yield Candidate("truncation", what, _each(lambda a, b: len(b) < len(a) and a.endswith(b)), least=0.8, rank=5)


def _affix(pairs: Pairs) -> Iterator[Candidate]:
    """Yield what was put before or behind all texts, or taken from there."""
    found: Counter[tuple[str, str, str]] = Counter()
    for a, b in zip(pairs.before.tolist(), pairs.after.tolist(), strict=True):
        sign, short, long = ("added", a, b) if len(b) > len(a) else ("removed", b, a)
        if short and (at := long.find(short)) >= 0:
            found[(sign, long[:at], long[at + len(short) :])] += 1
    for (sign, head, tail), _ in found.most_common(1):
        shown = " and ".join(repr(one) for one in (head, tail) if one)
        place = "before and behind" if head and tail else "before" if head else "behind"
        yield Candidate("affix", f"{shown} {sign} {place} each text", _with(sign, head, tail), least=0.8, rank=3)


def _with(sign: str, head: str, tail: str) -> Rule:
    return _each(lambda a, b: (head + a + tail == b) if sign == "added" else (head + b + tail == a))


# ── the same, written otherwise ──────────────────────────────────────────────────────────────────────────────────────


def _is_same_but_marks(a: str, b: str) -> bool:
    bare = _MARKS.sub("", a)
    return len(bare) > 1 and bare.casefold() == _MARKS.sub("", b).casefold()


def _is_same_number(a: str, b: str) -> bool:
    return bool(_NUMBER.fullmatch(a) and _NUMBER.fullmatch(b)) and bool(_readings(a) & _readings(b))


def _readings(text: str) -> set[float]:
    """Return what a number with points and commas may mean."""
    bare = re.sub(r"[\s']", "", text)
    found = set()
    for form in (bare.replace(",", ""), bare.replace(".", "").replace(",", ".")):
        try:
            found.add(float(form))
        except ValueError:
            continue
    return found


def _is_same_date(a: str, b: str) -> bool:
    one, other = _DATE.fullmatch(a.strip()), _DATE.fullmatch(b.strip())
    if not one or not other:
        return False
    return sorted(_two(one.groups()[:3])) == sorted(_two(other.groups()[:3])) and one[4].strip() == other[4].strip()


def _two(parts: tuple[str, ...]) -> list[int]:
    return [int(part) % 100 if len(part) == 4 else int(part) for part in parts]
