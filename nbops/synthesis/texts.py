"""Where the texts of a column come from: its own, where many rows hold them; otherwise new ones, written alike."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nbops.frames.profile.rare import LEAST_ROWS
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.profile.texts import TextFacts
from nbops.synthesis.columns import Drawn
from nbops.synthesis.people import Parts, person_kind, personal
from nbops.synthesis.spans import shares_of_places
from nbops.synthesis.streams import Array, Stream
from nbops.synthesis.wording import (
    Draw,
    fresh,
    mixture,
    numbered,
    of_pattern,
    of_pools,
    pools_of,
    pools_of_shape,
)

__all__ = ["TextDraw", "text_source", "written_as"]

TextDraw = Callable[[int, Stream], Drawn]
_CLOSED = 0.95  # of the rows that hold texts which are not rare: from there on, others are left out
_COVERED = 0.6  # of the sample, from which on patterns tell how texts are written
_SIGNS = "abcdefghjkmnpqrstuvwxyz0123456789"
_MOST_POOL = 1 << 17
_DIGIT = re.compile(r"\[[0-9]-[0-9]\]|(?<!\{)[0-9](?!\d*\})")


def text_source(column: ColumnProfile, parts: Parts, rows: int, *, is_key: bool) -> TextDraw:
    """Return what draws the texts of *column*.

    Args:
        column: What it is like.
        parts: Pools for what looks like values of people.
        rows: How many rows will be drawn.
        is_key: Whether no text may come twice.
    """
    text = column.text or TextFacts()
    kind = person_kind(column)
    if is_key:
        kinds = max(rows, column.values.distinct)
        return _key(column, personal(kind, parts) if kind else _pools(text, 16 * kinds), kinds)
    new = of_pools(personal(kind, parts)) if kind else _written_alike(text)
    common = {} if kind else _common(column)
    return _some_own(column, common, new)


def _common(column: ColumnProfile) -> dict[str, int]:
    """Return the texts that are not rare, by how many rows hold each."""
    return {str(value): rows for value, rows in sorted(column.values.most_frequent, key=str) if rows >= LEAST_ROWS}


def _some_own(column: ColumnProfile, common: Mapping[str, int], new: Draw) -> TextDraw:
    """Return what draws the texts *common* as often as they stood there, and new ones in place of the others."""
    values = column.values
    left = column.filled - sum(common.values())
    is_closed = values.counts is not None and left <= (1 - _CLOSED) * column.filled
    if common and (is_closed or left <= 0):
        return _category(list(common), list(common.values()))
    others = max(1, values.distinct - len(common))
    if others > min(left / 2, _MOST_POOL):
        return _category_or(column, common, left, new)
    pool: list[str] = []

    def draw(size: int, stream: Stream) -> Drawn:
        if not pool:
            pool.extend(dict.fromkeys([*common, *map(str, _fresh(column, new, others, stream))]))
        weights = [*common.values(), *[left / max(1, len(pool) - len(common))] * (len(pool) - len(common))]
        return Drawn(_codes(weights, size, stream), pool)

    return draw


def _codes(weights: Sequence[float], size: int, stream: Stream) -> Array:
    """Return a choice for each row; of more than a place has room for, those of equal weight are chosen evenly."""
    if len(weights) <= 4_096:
        return shares_of_places(weights)[stream.shorts(size)].astype("int32")
    ends = np.cumsum(np.array(weights))
    return np.searchsorted(ends / ends[-1], stream.fractions(size), side="right").astype("int32")


def _category(pool: list[str], weights: Sequence[float]) -> TextDraw:
    table = shares_of_places(weights).astype("int32")
    return lambda size, stream: Drawn(table[stream.shorts(size)], pool)


def _category_or(column: ColumnProfile, common: Mapping[str, int], left: int, new: Draw) -> TextDraw:
    """Return what draws mostly texts that never stood there, and some that many rows held."""
    if not common:
        return lambda size, stream: Drawn(_fresh(column, new, size, stream))
    kinds = {"": float(left), **{text: float(rows) for text, rows in common.items()}}
    both = mixture(
        kinds, lambda text: of_pools([[text]]) if text else lambda size, stream: _fresh(column, new, size, stream)
    )
    return lambda size, stream: Drawn(both(size, stream))


def _fresh(column: ColumnProfile, new: Draw, size: int, stream: Stream) -> Any:
    return fresh(new, size, column.values.rare, stream, (column.text.longest if column.text else 0) or 0)


def _key(column: ColumnProfile, pools: Sequence[Sequence[str]], rows: int) -> TextDraw:
    draw = numbered(pools, rows)
    return lambda size, stream: Drawn(_fresh(column, draw, size, stream))


# ── how texts are written ────────────────────────────────────────────────────────────────────────────────────────────


def _patterns(text: TextFacts) -> dict[str, int]:
    """Return the patterns that tell how most texts are written; none when they do not."""
    return dict(text.patterns) if sum(text.patterns.values()) >= _COVERED * max(1, text.sampled) else {}


def _shapes(text: TextFacts) -> dict[str, int]:
    often = {shape: rows for shape, rows in text.shapes.items() if rows >= max(2, 0.01 * text.sampled)}
    return often if sum(often.values()) >= text.sampled / 2 else {}


def _written_alike(text: TextFacts) -> Draw:
    """Return what draws texts in the patterns of those that were seen; else in their shapes; else of their lengths."""
    patterns, shapes = _patterns(text), _shapes(text)
    if patterns:
        return mixture(patterns, of_pattern)
    if shapes:
        return mixture(shapes, lambda shape: of_pools(pools_of_shape(shape)))
    lengths = text.lengths or {max(1, round(text.mean_length)): 1}
    return mixture(lengths, lambda length: of_pools(_signs(length)))


def _pools(text: TextFacts, wanted: int) -> Sequence[Sequence[str]]:
    """Return the pools of the pattern or the shape in which most texts are written.

    Where a pattern has fewer than *wanted* texts, any digit may stand where digits stood.
    """
    patterns, shapes = _patterns(text), _shapes(text)
    if patterns:
        pattern = max(patterns, key=lambda one: patterns[one])
        pools = pools_of(pattern)
        return pools if math.prod(map(len, pools)) >= wanted else pools_of(_DIGIT.sub("[0-9]", pattern))
    if shapes:
        return pools_of_shape(max(shapes, key=lambda one: shapes[one]))
    return _signs(max(1, round(text.mean_length)))


def _signs(length: int) -> list[list[str]]:
    two = [a + b for a in _SIGNS for b in _SIGNS]
    return [two] * (length // 2) + [list(_SIGNS)] * (length % 2) or [[""]]


# ── days and moments as text ─────────────────────────────────────────────────────────────────────────────────────────


def written_as(moments: Array, form: str) -> Drawn:
    """Return moments, microseconds since 1970, as they are written in *form*.

    Example:
        >>> written_as(np.array([0, 86_400_000_000]), "%d.%m.%Y").pool
        ['01.01.1970', '02.01.1970']
    """
    distinct, codes = np.unique(moments, return_inverse=True)
    texts = np.datetime_as_string(distinct.astype("datetime64[us]"), unit="s").tolist()
    places = {"Y": (0, 4), "m": (5, 7), "d": (8, 10), "H": (11, 13), "M": (14, 16), "S": (17, 19)}
    pieces = [places.get(piece[0]) for piece in form.split("%")[1:]]
    rests = [piece[1:] for piece in form.split("%")[1:]]
    pool = [
        "".join(text[span[0] : span[1]] + rest for span, rest in zip(pieces, rests, strict=True) if span)
        for text in texts
    ]
    return Drawn(codes.ravel().astype("int32"), pool, distinct)
