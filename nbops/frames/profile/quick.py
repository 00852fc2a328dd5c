"""A column looked at quickly: what says what it means and by what it is recognised, and nothing else.

After every step of a run its tables are looked at. A whole profile costs a column some milliseconds; this look leaves
out what only a profile needs (moments, histograms, what looks wrong), and reads few texts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbops.frames.masking import is_masked
from nbops.frames.profile.cells import Cells
from nbops.frames.profile.hashing import Array, Texts, hash_numbers, runs
from nbops.frames.profile.numbers import NumberFacts
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.profile.texts import TextFacts, text_facts
from nbops.frames.profile.times import TimeFacts, moment_text, time_facts
from nbops.frames.profile.values import Values

__all__ = ["Glance", "glance"]

_FEW = 60
_TEXTS = 40
_SHORT = 2_000
_SKETCH = 24
_FINITE_BITS = np.uint64(32)


@dataclass(frozen=True, slots=True)
class Glance:
    """A column as it was looked at.

    Args:
        profile: What says what it means; of its values those of at most 60, of its texts a few.
        quantiles: Where its numbers lie, or its moments in microseconds since 1970.
        sketch: The smallest hashes of its values, by which two sets of values are compared (Broder 1997).
    """

    profile: ColumnProfile
    quantiles: tuple[float, ...] = ()
    sketch: tuple[int, ...] = ()


def glance(cells: Cells, name: str, kind: str, shares: Sequence[float]) -> Glance:
    """Return what one column is like at a glance; nothing made of the values of a masked one.

    Args:
        cells: The column.
        name: Its name.
        kind: Its type, as its library names it.
        shares: Where its quantiles are wanted.

    Example:
        >>> import pandas as pd
        >>> seen = glance(Cells(pd.Series([3, 1, 2, None])), "n", "float64", [0.5])
        >>> seen.profile.nulls, seen.profile.values.distinct, seen.quantiles
        (1, 3, (2.0,))
    """
    made = ColumnProfile(name, cells.kind, kind, cells.rows, cells.nulls)
    if cells.rows == cells.nulls:
        return Glance(made)
    is_number = cells.kind in ("number", "bool", "time")
    found = _of_numbers(cells, made, shares) if is_number else _of_texts(cells, made)
    return _covered(found) if is_masked(name) else found


def _of_numbers(cells: Cells, made: ColumnProfile, shares: Sequence[float]) -> Glance:
    numbers = cells.numbers
    ordered = np.sort(numbers)
    starts, counts = runs(ordered)
    kinds = ordered[starts]
    names = [moment_text(one) for one in kinds.tolist()] if cells.kind == "time" else kinds.tolist()
    values = _values(names if len(kinds) <= _FEW else None, counts)
    rises = cells.kind != "bool" and len(numbers) > 1 and bool((numbers[1:] >= numbers[:-1]).all())
    profile = dataclasses.replace(made, rises=rises, values=values)
    finite = ordered[np.isfinite(ordered)] if ordered.dtype.kind == "f" else ordered
    if cells.kind == "number":
        profile = dataclasses.replace(profile, number=_number_facts(finite))
    elif cells.kind == "time":
        times: TimeFacts = time_facts(ordered, has_zone=cells.has_zone)
        profile = dataclasses.replace(profile, time=times)
    quantiles = () if cells.kind == "bool" or not len(finite) else _quantiles(finite, shares)
    return Glance(profile, quantiles, _smallest(np.sort(hash_numbers(kinds))))


def _quantiles(ordered: Array, shares: Sequence[float]) -> tuple[float, ...]:
    places = np.rint(np.asarray(shares) * (len(ordered) - 1)).astype("int64")
    return tuple(float(one) for one in ordered[places].tolist())


def _number_facts(finite: Array) -> NumberFacts:
    if not len(finite):
        return NumberFacts()
    whole = len(finite) if finite.dtype.kind in "iub" else int(np.count_nonzero(np.floor(finite) == finite))
    return NumberFacts(len(finite), finite[0].item(), finite[-1].item(), whole=whole)


def _of_texts(cells: Cells, made: ColumnProfile) -> Glance:
    hashes = cells.present_hashes
    ordered = np.sort(hashes)
    starts, counts = runs(ordered)
    kinds = ordered[starts]
    few = len(kinds) <= _FEW
    names = [cells.texts.text(int((hashes == one).argmax())) for one in kinds] if few else None
    profile = dataclasses.replace(made, values=_values(names, counts))
    if cells.kind == "text":
        profile = dataclasses.replace(profile, text=_text_facts(cells.texts, profile.values.counts))
    return Glance(profile, (), _smallest(kinds))


def _text_facts(texts: Texts, known: Mapping[str, int] | None) -> TextFacts:
    """Return what a few of the texts are like, with the lengths of all: in bytes, where they are many."""
    if known is not None and len(known) <= _TEXTS and len(texts) <= _SHORT:
        return text_facts(texts, known)
    places = np.unique(np.linspace(0, len(texts) - 1, min(len(texts), _TEXTS)).astype("int64"))
    some = [texts.text(int(at)).encode("utf-8", "replace") for at in places]
    starts = np.concatenate([[0], np.cumsum([len(one) for one in some], dtype="int64")]).astype("int64")
    facts = text_facts(Texts(np.frombuffer(b"".join(some), "uint8"), starts), None)
    if len(some) == len(texts):
        return facts
    shortest, longest = int(texts.sizes.min()), int(texts.sizes.max())
    return dataclasses.replace(facts, shortest=shortest, longest=longest)


def _values(names: list[Any] | None, counts: Array) -> Values:
    found = None
    if names is not None:
        pairs = sorted(zip(names, counts.tolist(), strict=True), key=lambda pair: (-pair[1], str(pair[0])))
        found = dict(pairs)
    return Values(
        counts=found,
        distinct=len(counts),
        repeated=int(counts.sum()) - len(counts),
        once=int(np.count_nonzero(counts == 1)),
    )


def _smallest(hashes: Array) -> tuple[int, ...]:
    return tuple((hashes[:_SKETCH] >> _FINITE_BITS).tolist())


def _covered(found: Glance) -> Glance:
    """Return a masked column without anything that tells a value."""
    profile = found.profile
    values = dataclasses.replace(profile.values, counts=None)
    return Glance(dataclasses.replace(profile, values=values, number=None, time=None))
