"""Columns of texts put together from pools of parts: a million at once, in the shapes that a profile knows.

A text is some parts one behind the other, each a choice from a pool; so no text is ever made alone. A text that fewer
than ten rows held is thrown away and another drawn; where a pattern has no others left, the texts become longer than
any that was seen.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from nbops.frames.profile.hashing import Texts, hash_texts
from nbops.frames.profile.patterns import parse_pattern
from nbops.frames.profile.rare import Rare
from nbops.synthesis.spans import shares_of_places
from nbops.synthesis.streams import Array, Stream

__all__ = [
    "Draw",
    "Part",
    "chosen",
    "fresh",
    "hashes_of",
    "joined",
    "mixture",
    "numbered",
    "of_pattern",
    "of_pools",
    "pool_of_words",
    "pools_of",
    "pools_of_shape",
    "together",
]

Part = tuple[Sequence[str], Array]
"""Texts to choose from, and which is chosen in each row."""
Draw = Callable[[int, Stream], Any]
"""Draws so many texts."""
_MOST_POOL = 4_096
_MOST_NUMBERED = 1 << 31  # products with a number of rows stay below 2⁶³
_ROUNDS = 20
_RUN = re.compile(r"Aa|A|a|9|[^Aa9]")
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


def joined(parts: Sequence[Part]) -> Any:
    """Return the texts that *parts* make: an array of Arrow where it is installed, else of objects.

    Example:
        >>> list(map(str, joined([(["a", "b"], np.array([0, 1])), (["-1"], np.array([0, 0]))])))
        ['a-1', 'b-1']
    """
    if not find_spec("pyarrow"):
        arrays = [np.array(list(pool), dtype=object)[codes] for pool, codes in parts]
        return functools.reduce(lambda left, right: left + right, arrays)
    import pyarrow
    import pyarrow.compute

    taken = [
        pool[0] if len(pool) == 1 and len(parts) > 1 else pyarrow.array(pool, pyarrow.large_string()).take(
            pyarrow.array(codes)
        )
        for pool, codes in parts
    ]  # fmt: skip
    if all(isinstance(one, str) for one in taken):
        return pyarrow.array(["".join(taken)] * len(parts[0][1]), pyarrow.large_string())
    return taken[0] if len(taken) == 1 else pyarrow.compute.binary_join_element_wise(
        *(pyarrow.scalar(one, pyarrow.large_string()) if isinstance(one, str) else one for one in taken),
        pyarrow.scalar("", pyarrow.large_string()),
    )  # fmt: skip


def chosen(texts: Any, rows: Array) -> Any:
    """Return the texts in *rows*: their numbers, or where a mask is true."""
    if isinstance(texts, np.ndarray):
        return texts[rows]
    return texts.filter(rows) if rows.dtype == bool else texts.take(rows)


def together(pieces: Sequence[Any]) -> Any:
    """Return several arrays of texts as one."""
    if isinstance(pieces[0], np.ndarray):
        return np.concatenate(pieces)
    import pyarrow

    return pieces[0] if len(pieces) == 1 else pyarrow.concat_arrays(pieces)


def hashes_of(texts: Any) -> Array:
    """Return the hash of each text."""
    if isinstance(texts, np.ndarray):
        data = [text.encode() for text in texts]
        starts = np.concatenate([[0], np.cumsum([len(one) for one in data])]).astype("int64")
        return hash_texts(Texts(np.frombuffer(b"".join(data), "uint8"), starts))
    _, starts, data = texts.buffers()
    begins = np.frombuffer(starts, "int64")[texts.offset : texts.offset + len(texts) + 1]
    return hash_texts(Texts(np.frombuffer(data or b"", "uint8"), begins))


def fresh(draw: Draw, rows: int, rare: Rare, stream: Stream, longest: int) -> Any:
    """Return *rows* texts of *draw* of which none is rare.

    Args:
        draw: What makes texts.
        rows: How many.
        rare: Which must not be drawn.
        stream: Where the bits come from.
        longest: The length of the longest text that was seen; a longer one is surely none of them.
    """
    if rare.is_full:
        return _lengthened(draw(rows, stream), stream, longest)
    pieces, missing, accepted = [], rows, 1.0
    for _ in range(_ROUNDS):
        drawn = draw(math.ceil(missing / accepted) if accepted > 0.02 else 50 * missing, stream)
        if not rare.bits:
            return chosen(drawn, np.arange(rows))
        good = ~rare.may_hold(hashes_of(drawn))
        accepted = (int(np.count_nonzero(good)) + 1) / (len(good) + 1)
        pieces.append(chosen(drawn, good))
        missing -= len(pieces[-1])
        if missing <= 0:
            break
    else:
        pieces.append(_lengthened(draw(missing, stream), stream, longest))
    return chosen(together(pieces), np.arange(rows))


def _lengthened(texts: Any, stream: Stream, longest: int) -> Any:
    """Return *texts* with so many more digits that each is longer than any that was seen."""
    size = len(texts)
    digits = [str(number) for number in range(10)]
    parts = [joined([(digits, stream.below(10, size))]) for _ in range(max(1, longest - _shortest(texts) + 1))]
    if isinstance(texts, np.ndarray):
        return functools.reduce(lambda left, right: left + right, [texts, *parts])
    import pyarrow.compute

    return pyarrow.compute.binary_join_element_wise(
        texts, *parts, pyarrow.scalar("", pyarrow.large_string())
    )  # fmt: skip


def _shortest(texts: Any) -> int:
    return min((len(str(text)) for text in chosen(texts, np.arange(min(len(texts), 1_000)))), default=0)


# ── patterns ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def of_pattern(pattern: str) -> Draw:
    """Return what draws texts in *pattern*, each as likely as the other.

    Example:
        >>> found = str(of_pattern("AB-[0-9]{4}")(1, Stream(1))[0])
        >>> found[:3], len(found)
        ('AB-', 7)
    """
    return of_pools(pools_of(pattern))


def of_pools(pools: Sequence[Sequence[str]]) -> Draw:
    """Return what draws texts of one choice from each of *pools*."""
    return lambda rows, stream: joined([(pool, stream.below(len(pool), rows)) for pool in pools])


def numbered(pools: Sequence[Sequence[str]], rows: int) -> Draw:
    """Return what draws texts of one choice from each of *pools* that never repeat; a number ends them where it must.

    The texts are those of the numbers 0, step, 2·step … modulo how many texts there are, which step does not divide.

    Example:
        >>> drawn = numbered([["a", "b"], ["1", "2", "3"]], 3)(3, Stream(1))
        >>> len(set(map(str, drawn)))
        3
    """
    wide = list(pools)
    while math.prod(len(pool) for pool in wide) < 3 * rows + 1_000:
        wide.append([str(number) for number in range(1_000, 10_000)])
    varied, capacity = [], 1
    for at in sorted(range(len(wide)), key=lambda at: -len(wide[at])):
        if capacity * len(wide[at]) < _MOST_NUMBERED:
            varied.append(at)
            capacity *= len(wide[at])
    step = next(one for one in itertools.count(int(capacity * 0.618)) if one and math.gcd(one, capacity) == 1)
    drawn = 0

    def draw(size: int, stream: Stream) -> Any:
        nonlocal drawn
        first, drawn = drawn, min(capacity, drawn + size)
        numbers = np.arange(first, drawn, dtype="int64") * (step % capacity or 1) % capacity
        codes = {}
        for at in varied:
            numbers, codes[at] = np.divmod(numbers, len(wide[at]))
        size = drawn - first
        return joined([(pool, codes.get(at, stream.below(len(pool), size))) for at, pool in enumerate(wide)])

    return draw


def pools_of(pattern: str) -> list[list[str]]:
    """Return what may stand at the places of a pattern, some together as long as they have not too many texts."""
    found: list[list[str]] = []
    waiting: list[list[str]] = []
    size = 1
    for low, high in parse_pattern(pattern):
        signs = [chr(code) for code in range(ord(low), ord(high) + 1)]
        if size * len(signs) > _MOST_POOL:
            found.append(["".join(one) for one in itertools.product(*waiting)])
            waiting, size = [], 1
        waiting.append(signs)
        size *= len(signs)
    return [*found, ["".join(one) for one in itertools.product(*waiting)]]


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@functools.cache
def pool_of_words(size: int = 1_024) -> tuple[str, ...]:
    """Return words of no language, of two and three syllables, all different.

    Example:
        >>> pool_of_words(3)
        ('vepa', 'sife', 'posipu')
    """
    syllables = [c + v for c in _CONSONANTS for v in _VOWELS]
    count = len(syllables)
    found: dict[str, None] = {}
    at = 0
    while len(found) < size:
        at += 1
        number = at * 2_654_435_761 % (count**3)
        first, rest = number % count, number // count
        word = syllables[first] + syllables[rest % count] + (syllables[rest // count] if at % 3 == 0 else "")
        found.setdefault(word)
    return tuple(found)


def pools_of_shape(shape: str) -> list[list[str]]:
    """Return what may stand in the runs of a shape: a word for letters, a number for digits.

    Example:
        >>> [pool[0] for pool in pools_of_shape("Aa, 9")]
        ['Vepa', ',', ' ', '1']
    """
    words = pool_of_words()
    known = {
        "Aa": [word.capitalize() for word in words],
        "A": [word.upper() for word in words],
        "a": list(words),
        "9": [str(number) for number in range(1, 1_000)],
    }
    return [known.get(run, [run]) for run in _RUN.findall(shape)] or [[""]]


def mixture(draws: Mapping[Any, float], make: Callable[[Any], Draw]) -> Draw:
    """Return what draws texts of several kinds, each as often as its weight says.

    Args:
        draws: The weights of the kinds.
        make: Returns what draws those of a kind.
    """
    kinds = [make(kind) for kind in draws]
    if len(kinds) == 1:
        return kinds[0]
    table = shares_of_places(list(draws.values()))

    def draw(rows: int, stream: Stream) -> Any:
        which = table[stream.shorts(rows)]
        order = np.argsort(which, kind="stable")
        counts = np.bincount(which, minlength=len(kinds)).tolist()
        pieces = [kind(count, stream) for kind, count in zip(kinds, counts, strict=True) if count]
        back = np.empty(rows, dtype="int64")
        back[order] = np.arange(rows)
        return chosen(together(pieces), back) if pieces else kinds[0](0, stream)

    return draw
