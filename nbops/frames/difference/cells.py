"""Which cells of a column changed: one gather and one comparison of it all, a closer look only where it differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nbops.frames.difference.matching import Matching
from nbops.frames.difference.values import Array, Values

__all__ = ["Codes", "Tolerance", "changed_rows", "codes_of", "has_few"]

_SAMPLE = 2_000
_EXACT = 2.0**53
_FEW_IN_SAMPLE, _FEW_OF_ALL = 300, 12


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What still counts as equal.

    Args:
        absolute: How far two numbers may lie apart.
        relative: The same as a share of the number before.
        nulls_equal: Whether a null equals a null.
    """

    absolute: float = 0.0
    relative: float = 0.0
    nulls_equal: bool = True


@dataclass(frozen=True, slots=True)
class Codes:
    """Texts told by numbers.

    Args:
        codes: For each cell the place of its text.
        words: The texts, None for null.
    """

    codes: Array
    words: Sequence[str | None]


def has_few(values: Values) -> bool:
    """Whether a column of texts seems to have few different ones, by a sample."""
    if values.kind != "text" or not len(values):
        return False
    places = np.arange(0, len(values), max(1, len(values) // _SAMPLE))[:_SAMPLE]
    different = len(set(values.take(places).objects().tolist()))
    return different <= max(_FEW_OF_ALL, min(_FEW_IN_SAMPLE, len(places) // 4))


def _positions(rows: Array) -> Array:
    import pyarrow

    return pyarrow.array(rows)


def codes_of(values: Values) -> Codes:
    """Return texts as codes."""
    if not values.is_arrow:
        import pandas

        places, different = pandas.factorize(values.data, use_na_sentinel=False)
        return Codes(places, [word if isinstance(word, str) else None for word in different.tolist()])
    encoded = values.data.dictionary_encode(null_encoding="encode")
    words = encoded.dictionary.to_pylist()
    codes = np.asarray(encoded.indices)
    return Codes(codes.astype("int16") if len(words) < 2**14 else codes, words)


def changed_rows(
    before: Values, after: Values, matching: Matching, tolerance: Tolerance, codes: tuple[Codes, Codes] | None = None
) -> Array:
    """Return the positions before of the pairs whose cells differ.

    Args:
        before: The column before.
        after: The column after, made to compare.
        matching: The pairs of rows.
        tolerance: What still counts as equal.
        codes: Both columns as codes, where they have few different texts.
    """
    if not matching.pairs:
        return np.zeros(0, dtype="int64")
    place = matching.place
    safe = None if place is None else np.maximum(place, 0)
    if codes is not None:
        differs = _codes_differ(*codes, safe)
    elif before.is_arrow:
        differs = _texts_differ(before, after, safe)
    else:
        differs = _arrays_differ(before, after, safe)
    if place is not None and len(matching.removed):
        differs[matching.removed] = False
    if place is not None and matching.pairs + len(matching.removed) < len(place):  # rows without a key
        differs &= place >= 0
    rows = np.flatnonzero(differs)
    return _beyond(before, after, rows, matching, tolerance)


def _codes_differ(before: Codes, after: Codes, safe: Array | None) -> Array:
    places = {word: at for at, word in enumerate(before.words)}
    table = np.array([places.get(word, -1 - at) for at, word in enumerate(after.words)], dtype="int32")
    table = table.astype("int16") if len(before.words) + len(after.words) < 2**14 else table
    other = table[after.codes] if len(table) else after.codes
    differs: Array = before.codes != (other if safe is None else other[safe])
    return differs


def _texts_differ(before: Values, after: Values, safe: Array | None) -> Array:
    import pyarrow.compute

    other = after.data if safe is None else after.data.take(_positions(safe))
    differs = pyarrow.compute.not_equal(before.data, other)
    if not differs.null_count:
        return np.array(differs)
    found = np.array(differs.fill_null(False))
    return found | (np.asarray(before.data.is_null()) ^ np.asarray(other.is_null()))


def _arrays_differ(before: Values, after: Values, safe: Array | None) -> Array:
    other = after.data if safe is None else after.data[safe]
    differs = np.asarray(before.data != other, dtype=bool)
    if before.data.dtype.kind + other.dtype.kind in ("if", "fi", "uf", "fu"):
        _tell_apart(before.data, other, differs)
    if before.null is None and after.null is None:
        return differs
    gone, lost = before.nulls, after.nulls if safe is None else after.nulls[safe]
    found: Array = (differs & ~(gone | lost)) | (gone ^ lost)
    return found


def _tell_apart(before: Array, after: Array, differs: Array) -> None:
    """Mark whole numbers beyond 2⁵³ that equal a float only because NumPy rounds them to compare."""
    rows = np.flatnonzero(~differs & (np.abs(before.astype("float64")) >= _EXACT))
    differs[rows] = [x != y for x, y in zip(before[rows].tolist(), after[rows].tolist(), strict=True)]


def _beyond(before: Values, after: Values, rows: Array, matching: Matching, tolerance: Tolerance) -> Array:
    """Return those of *rows* that differ by more than is allowed; with the equal nulls where null is not null."""
    if before.kind == "number" and len(rows):
        x, y = before.data[rows], after.data[matching.after(rows)]
        keep = np.ones(len(rows), dtype=bool)
        if x.dtype.kind == "f" or y.dtype.kind == "f":
            keep &= ~(np.isnan(x.astype("float64")) & np.isnan(y.astype("float64")))
        if tolerance.absolute or tolerance.relative:
            a, b = x.astype("float64"), y.astype("float64")
            with np.errstate(invalid="ignore"):
                keep &= ~(np.abs(a - b) <= tolerance.absolute + tolerance.relative * np.abs(a))
        rows = rows[keep]
    if tolerance.nulls_equal:
        return rows
    pairs = matching.before()
    both = pairs[before.nulls[pairs] & after.nulls[matching.after(pairs)]]
    return np.union1d(rows, both)
