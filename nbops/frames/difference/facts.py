"""What a column is like on both sides: nulls, mean, extremes, different values, a picture on common bins."""

from __future__ import annotations

import numpy as np

from nbops.frames.difference.cells import Codes
from nbops.frames.difference.record import Facts
from nbops.frames.difference.values import Array, Values

__all__ = ["facts_of"]

_SAMPLE = 20_000
_BINS = 20
_MOST_WORDS = 15


def facts_of(
    before: Values, after: Values, codes: tuple[Codes, Codes] | None, *, is_equal: bool, is_masked: bool
) -> tuple[Facts, Facts]:
    """Return what a column is like before and after.

    Args:
        before: Its cells before.
        after: Its cells after.
        codes: Both as codes, where they are texts with few different ones.
        is_equal: Whether both sides hold the same cells; then one look is enough.
        is_masked: Whether nothing that tells a value may be kept.
    """
    if is_masked or not len(before) or not len(after):
        return Facts(_null_count(before)), Facts(_null_count(after))
    if codes is not None:
        return _of_codes(*codes)
    if before.kind in ("text", "object"):
        return Facts(_null_count(before)), Facts(_null_count(after))
    edges = _edges(before, after)
    first = _of_numbers(before, edges)
    return first, first if is_equal else _of_numbers(after, edges)


def _null_count(values: Values) -> int:
    if values.is_arrow:
        return int(values.data.null_count)
    return 0 if values.null is None and values.data.dtype.kind != "f" else int(np.count_nonzero(values.nulls))


def _of_codes(before: Codes, after: Codes) -> tuple[Facts, Facts]:
    counts = [np.bincount(one.codes, minlength=len(one.words)) if len(one.codes) else np.zeros(len(one.words), int)
              for one in (before, after)]  # fmt: skip
    known: list[dict[str, int]] = []
    nulls = []
    for one, found in zip((before, after), counts, strict=True):
        pairs = list(zip(one.words, found.tolist(), strict=True))
        known.append({word: n for word, n in pairs if word is not None and n})
        nulls.append(sum(n for word, n in pairs if word is None))
    ordered = sorted(known[0], key=lambda word: -known[0][word]) + [w for w in known[1] if w not in known[0]]
    shown = ordered[:_MOST_WORDS]
    made = []
    for here, gone in zip(known, nulls, strict=True):
        whole = sum(here.values()) or 1
        made.append(Facts(gone, distinct=len(here), bins=tuple(round(here.get(word, 0) / whole, 6) for word in shown)))
    return made[0], made[1]


def _sample(values: Values) -> Array:
    step = max(1, len(values) // _SAMPLE)
    cells = values.data[::step].astype("float64")
    gone = values.nulls[::step] if values.null is not None else ~np.isfinite(cells)
    return cells[~gone & np.isfinite(cells)]


def _edges(before: Values, after: Values) -> Array:
    """Return the edges of bins that hold 98 % of the cells of both sides; what lies beyond goes to the last bins."""
    both = np.concatenate([_sample(before), _sample(after)])
    if not len(both):
        return np.array([0.0, 1.0])
    different = np.unique(both[:: max(1, len(both) // 4_000)])
    if 1 < len(different) <= _BINS:
        middle = (different[1:] + different[:-1]) / 2
        return np.concatenate([[-np.inf], middle, [np.inf]])
    low, high = np.percentile(both, [1, 99])
    if low == high:
        low, high = both.min(), both.max()
    inner = np.linspace(low, high, _BINS + 1)[1:-1] if low < high else np.array([low])
    return np.concatenate([[-np.inf], inner, [np.inf]])


def _of_numbers(values: Values, edges: Array) -> Facts:
    nulls = _null_count(values)
    cells = values.data
    if nulls and nulls == len(cells):
        return Facts(nulls)
    present = cells[~values.nulls] if nulls and values.null is not None else cells
    with np.errstate(all="ignore"):
        low, high = (np.fmin.reduce(present), np.fmax.reduce(present))
        mean = _mean(present, nulls) if values.kind != "time" else None
    sample = _sample(values)
    places = np.searchsorted(edges[1:-1], sample, side="right")
    counted = np.bincount(places, minlength=max(1, len(edges) - 1))
    bins = tuple(np.round(counted / max(1, len(sample)), 6).tolist())
    return Facts(nulls, mean, _text(low, values), _text(high, values), None, bins)


def _mean(present: Array, nulls: int) -> float | None:
    is_float = present.dtype.kind == "f"
    found = float(np.mean(present[~np.isnan(present)] if nulls and is_float else present, dtype="float64"))
    return found if np.isfinite(found) else None


def _text(value: object, values: Values) -> str:
    if values.kind == "time":
        moment = np.array([value]).astype("int64").astype(f"datetime64[{values.unit}]")
        return str(np.datetime_as_string(moment, unit="auto")[0]).replace("T", " ")
    if values.kind == "bool":
        return str(bool(value)).lower()
    number = float(value)  # type: ignore[arg-type]
    return f"{int(number):,}" if number.is_integer() and abs(number) < 1e15 else f"{number:,.6g}"
