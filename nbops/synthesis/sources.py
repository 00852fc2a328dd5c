"""What a column is drawn from: for each kind of column the source that its profile suggests."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nbops.frames.profile.hashing import hash_numbers
from nbops.frames.profile.rare import LEAST_ROWS, Rare
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.profile.times import TimeFacts
from nbops.frames.semantic import SemanticType, meaning_of
from nbops.synthesis.columns import Drawn
from nbops.synthesis.moments import Days, moments_of, unit_of
from nbops.synthesis.normals import PLACES, Ties
from nbops.synthesis.people import Parts, person_kind
from nbops.synthesis.spans import Spans, spans_of_counts, spans_of_quantiles
from nbops.synthesis.streams import Array, Stream
from nbops.synthesis.texts import text_source, written_as

__all__ = ["Source", "source_of"]

_MOST_DIGITS = 9
_SURE = 0.99
_MUCH = 0.05
_FEW_RARE = 0.03  # of the rows, that hold numbers which are rare
_LARGEST = 2.0**52
_LARGEST_KEY = 2**62  # keys are counted in whole numbers; behind the largest that was seen there must be room
_HOUR = 3_600_000_000  # microseconds
_MOST_LATER = 100  # units by which a moment is moved away from a rare one
_BIRTH = re.compile(
    r"(?:date_?of_?)?birth(?:_?(?:date|day))?|dob|geburts(?:datum|tag)|naissance|nacimiento", re.IGNORECASE
)
_KEYS = (SemanticType.KEY, SemanticType.ID, SemanticType.COUNTER)
Draw = Callable[[int, Array | None, Stream], Drawn]


@dataclass
class Source:
    """Draws a column.

    Args:
        draw: Returns values for so many rows; *places*, where there are some, say where in the distribution each lies.
        ties: Where places are of one value; None for a column that does not rise with others.
        is_key: Whether its values never repeat, and are new ones.
        note: What could not be kept; empty when nothing is lost.
        dense: Says, after it has drawn, whether every number in reach was rare.
        is_rare: Says of values which must not stand in the column.
    """

    draw: Draw
    ties: Ties | None = None
    is_key: bool = False
    note: str = ""
    dense: Callable[[], bool] = lambda: False
    is_rare: Callable[[Array], Array] = lambda values: np.zeros(len(values), dtype="bool")


def source_of(column: ColumnProfile, parts: Parts, rows: int) -> Source:
    """Return what *column* is drawn from.

    Args:
        column: What it is like.
        parts: Pools for what looks like values of people.
        rows: How many rows will be drawn.
    """
    if not column.filled:
        return _nothing("")
    if column.kind == "number":
        return _whole_or_measured(column)
    if column.kind == "time":
        return _time_key(column) if column.is_unique and column.rows >= LEAST_ROWS and column.time else _times(column)
    if column.kind == "text":
        return _texts(column, parts, rows)
    return _truths(column) if column.kind == "bool" else _nothing("its values are of no simple type: they are null")


def _nothing(note: str) -> Source:
    return Source(lambda size, places, stream: Drawn(np.zeros(size, dtype="int64")), note=note)


def _whole_or_measured(column: ColumnProfile) -> Source:
    if _is_whole(column) and _is_key(column):
        return _number_key(column)
    return _number_ids(column) if _is_whole(column) and _is_id(column) else _numbers(column)


def _texts(column: ColumnProfile, parts: Parts, rows: int) -> Source:
    if column.text is not None and column.text.form and column.text.moments and not person_kind(column):
        return _written_times(column, column.text.form, column.text.moments)
    made = text_source(column, parts, rows, is_key=column.is_unique and column.rows >= LEAST_ROWS)
    return Source(lambda size, places, stream: made(size, stream), is_key=column.is_unique)


def _is_whole(column: ColumnProfile) -> bool:
    return column.number is not None and column.number.count > 0 and column.number.whole == column.number.count


def _is_key(column: ColumnProfile) -> bool:
    """Whether a column of numbers never repeats by design: by chance, measured ones do not repeat either."""
    is_key = column.is_unique and column.rows >= LEAST_ROWS and meaning_of(column).type in _KEYS
    return is_key and _has_room(column)


def _has_room(column: ColumnProfile) -> bool:
    """Whether new whole numbers can stand behind those that were seen, which an own type of integer tells exactly."""
    facts = column.number
    largest = max(abs(int(facts.low or 0)), abs(int(facts.high or 0))) if facts else 0
    return largest < (_LARGEST_KEY if "int" in column.type.lower() else _LARGEST)


def _number_key(column: ColumnProfile) -> Source:
    """Return what draws whole numbers that go on where those that were seen end."""
    facts = column.number
    assert facts is not None
    assert facts.low is not None
    assert facts.high is not None
    low, high = int(facts.low), int(facts.high)
    step = max(1, round((high - low) / max(1, column.rows - 1)))
    following = high + step

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        nonlocal following
        stride = step if following + step * size < 2 * _LARGEST_KEY else 1
        numbers = following + stride * np.arange(size, dtype="int64")
        following += stride * size
        return Drawn(numbers if column.rises else numbers[stream.shuffled(size)])

    return Source(draw, is_key=True)


def _is_id(column: ColumnProfile) -> bool:
    """Whether a column of whole numbers names things, most of which few rows are about."""
    often = column.values.counts or column.values.common
    rows = sum(rows for rows in often.values() if rows >= LEAST_ROWS)
    assert column.number is not None
    if not _has_room(column):
        return False
    return meaning_of(column).type is SemanticType.ID and 2 * rows < column.filled


def _number_ids(column: ColumnProfile) -> Source:
    """Return what draws as many different numbers as there were, all of them new ones."""
    facts = column.number
    assert facts is not None
    assert facts.high is not None
    first, kinds = int(facts.high) + 1, max(1, column.values.distinct)
    return Source(lambda size, places, stream: Drawn(first + stream.below(kinds, size)))


def _scale(column: ColumnProfile) -> int:
    """Return how many units of its grid one is; 0 for measured numbers, which are on none."""
    facts = column.number
    assert facts is not None
    if facts.whole == facts.count:
        return 1 if max(abs(float(facts.low or 0)), abs(float(facts.high or 0))) < 2.0**62 else 0
    often = [float(value) for value, rows in (column.values.counts or {}).items() if rows >= LEAST_ROWS]
    if often:
        fitting = (d for d in range(_MOST_DIGITS + 1) if all(round(value, d) == value for value in often))
        digits = next(fitting, None)
        return 0 if digits is None else 10**digits
    sampled, seen = sum(facts.decimals.values()), 0
    for digits in range(_MOST_DIGITS + 1):
        seen += facts.decimals.get(digits, 0)
        if seen >= _SURE * sampled:
            largest = max(abs(float(facts.low or 0)), abs(float(facts.high or 0))) * 10**digits
            return 10**digits if largest < _LARGEST else 0
    return 0


def _numbers(column: ColumnProfile) -> Source:
    facts = column.number
    if facts is None or not facts.count:
        return _unknown_numbers(column)
    scale = _scale(column)
    counts = {value: rows for value, rows in (column.values.counts or {}).items() if np.isfinite(value)}
    is_closed = not counts and _is_closed(column)
    known = column.values.common if is_closed else counts
    spans = spans_of_counts(list(known.items()), scale) if known else spans_of_quantiles(facts.quantiles, scale)
    is_short = "float32" in column.type
    written = (lambda units: (units / max(scale, 1)).astype("float32").astype("float64")) if is_short else None
    often = [value for value, rows in (counts or column.values.common).items() if rows >= LEAST_ROWS]
    made = Spans(spans, scale, column.values.rare, often, written, is_closed)
    note = "so many values are rare that one may come up again by chance" if column.values.rare.is_full else ""
    if made.moved > _MUCH and not made.dense:
        note = f"its distribution is off by {made.moved:.0%}: many rows lie where every number is rare"

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        return Drawn(made.numbers(made.draw(stream.shorts(size) if places is None else places, stream)))

    return Source(draw, made.ties, note=note if scale else "", dense=lambda: made.dense, is_rare=made.is_rare_number)


def _is_closed(column: ColumnProfile) -> bool:
    """Whether nearly all rows hold a number that is known to be common: then those are all that there are."""
    values = column.values
    return bool(values.common) and sum(values.common.values()) >= (1 - _FEW_RARE) * column.filled


def _unknown_numbers(column: ColumnProfile) -> Source:
    """Return what draws the numbers of a masked column, of which a profile tells nothing."""
    kinds = max(1, column.values.distinct)
    note = "its values are masked: nothing is kept but how many there are"
    return Source(lambda size, places, stream: Drawn(stream.below(kinds, size)), note=note)


def _truths(column: ColumnProfile) -> Source:
    counts = column.values.counts or {}
    yes = sum(rows for value, rows in counts.items() if value in (True, "True", "true", 1))
    share = yes / max(1, sum(counts.values())) if counts else 0.5
    edge = round((1 - share) * PLACES)

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        return Drawn((stream.shorts(size) if places is None else places) >= edge)

    return Source(draw, [(0, edge), (edge, PLACES)] if 0 < edge < PLACES else None)


def _times(column: ColumnProfile) -> Source:
    facts = column.time
    if facts is None:
        found = _unknown_numbers(column)
        days = 86_400_000_000

        def some(size: int, places: Array | None, stream: Stream) -> Drawn:
            return Drawn(found.draw(size, places, stream).values % 20_000 * days)

        return Source(some, note=found.note)
    unit = unit_of(facts)
    made: Days | Spans = moments_of(facts, column.values.rare)
    if _BIRTH.fullmatch(column.name):
        spans = [
            type(one)(one.low // unit, one.high // unit, one.weight) for one in spans_of_quantiles(facts.quantiles, 1)
        ]
        made = Spans(spans, 1, column.values.rare, written=lambda units: units * unit)

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        return Drawn(made.draw(stream.shorts(size) if places is None else places, stream) * unit)

    return Source(draw, made.ties, dense=lambda: made.dense)


def _written_times(column: ColumnProfile, form: str, facts: TimeFacts) -> Source:
    """Return what draws days or moments that are written as text."""
    if column.is_unique and column.rows >= LEAST_ROWS:
        key = _time_key(dataclasses.replace(column, time=facts))
        return Source(lambda size, places, stream: written_as(key.draw(size, places, stream).values, form), is_key=True)
    made, unit = moments_of(facts, Rare()), unit_of(facts)

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        return written_as(made.draw(stream.shorts(size) if places is None else places, stream) * unit, form)

    return Source(draw, made.ties)


def _time_key(column: ColumnProfile) -> Source:
    """Return what draws moments that never repeat, one after the other, as far apart as those that were seen."""
    facts = column.time
    assert facts is not None
    assert facts.low is not None
    assert facts.high is not None
    unit = unit_of(facts)
    step = max(1, round((facts.high - facts.low) / unit / max(1, column.rows - 1)))
    following = facts.low // unit

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        nonlocal following
        numbers = following + step * np.arange(size, dtype="int64")
        following += step * size
        for _ in range(min(step, _MOST_LATER) if unit < _HOUR else 0):  # a day or an hour is nobody's own
            numbers += column.values.rare.may_hold(hash_numbers(numbers * unit))
        return Drawn(numbers * unit if column.rises else numbers[stream.shuffled(size)] * unit)

    return Source(draw, is_key=True)
