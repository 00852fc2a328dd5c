"""Causes in columns of numbers: units, offsets, signs, rounding, caps, constants."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from nbops.frames.difference.causes.candidate import Candidate, Pairs, Rule
from nbops.frames.difference.causes.units import FACTORS, MAPS, factor_words
from nbops.frames.difference.values import Array

__all__ = ["number_candidates", "plain"]

_NOISE = 1e-9  # relative; what arithmetic in another order does to a float
_MOST_DECIMALS = 9
_STEPS = (1.0, 5.0, 2.5, 2.0)
_MANY, _NEAR_ONE = 10, 0.02  # cells and nearness at which a factor needs more to be believed
_WIDEST = 0.1  # a factor that is known no better tells nothing


def number_candidates(pairs: Pairs) -> Iterator[Candidate]:
    """Yield the causes that may explain how numbers changed."""
    x, y = pairs.before, pairs.after
    decimals = _decimals(y)
    is_one = len(np.unique(np.abs(x))) < 2  # of 1 and -1 each change turns the sign
    sign = "each number has the other sign"
    yield Candidate("sign", sign, lambda a, b: b == -a, least=0.3, distinct=2, rank=1, by_chance=is_one)
    yield from _rounded(x, y, decimals)
    yield from _mapped(decimals)
    yield from _factor(x, y, None)
    yield from _factor(x, y, decimals)
    yield from _factor_of_unrounded(x, y, _decimals(x), decimals)
    yield from _offset(x, y)
    yield from _one_value(x, y)


def plain(value: float) -> str:
    """Return a number with as many digits as it takes to tell it.

    Example:
        >>> plain(100.0), plain(1.609344), plain(1 / 3)
        ('100', '1.609344', '0.3333333')
    """
    return f"{int(value):,}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.7g}"


def _decimals(values: Array) -> int | None:
    """Return behind how many digits nearly all of *values* end; None when they go on."""
    finite = values[np.isfinite(values) & (np.abs(values) < 1e12)]
    for digits in range(_MOST_DECIMALS):
        if np.mean(_is_multiple(finite, 10.0**-digits)) >= 0.9:
            return digits
    return None


def _slack(decimals: int | None) -> float:
    return 0.0 if decimals is None else 0.5 * 10.0**-decimals


def _near(a: Array, b: Array, slack: float) -> Array:
    found: Array = np.abs(a - b) <= slack * (1 + 1e-6) + _NOISE * np.maximum(np.abs(a), np.abs(b))
    return found


# ── factors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _factor(x: Array, y: Array, decimals: int | None) -> Iterator[Candidate]:
    slack = _slack(decimals)
    with np.errstate(all="ignore"):
        a, b = (y - slack) / x, (y + slack) / x
        low, high = np.minimum(a, b) - _NOISE * np.abs(a), np.maximum(a, b) + _NOISE * np.abs(a)
        middle = y / x
    telling = np.isfinite(low) & np.isfinite(high) & (x != 0) & (np.abs(high - low) <= _WIDEST * np.abs(middle))
    if np.count_nonzero(telling) < 3:
        return
    bounds = _common(low[telling], high[telling])
    factor = _nice(*bounds)
    if factor is None or abs(factor - 1) < 1e-7 or factor == -1 or np.median(np.abs(y - x)) <= slack:
        return
    largest, largest_after = float(np.abs(x[telling]).max()), float(np.abs(y[telling]).max())
    words = factor_words(factor, largest=largest, largest_after=largest_after)
    what = f"× {plain(factor)}{words}"
    least, rows = _evidence(factor, is_known=bool(words))
    yield Candidate("unit factor", what, lambda a, b: _near(b, a * factor, slack), least, rows=rows, rank=3)


def _factor_of_unrounded(x: Array, y: Array, before: int | None, after: int | None) -> Iterator[Candidate]:
    """Yield the factor of numbers that were rounded on both sides: the one before knows no more digits than the other.

    The intervals are wide, so nearly all cells must lie in them.
    """
    if before is None or after is None:
        return
    mine, other = _slack(before), _slack(after)
    with np.errstate(all="ignore"):
        ends = np.array([(y + one * other) / (x + two * mine) for one in (-1, 1) for two in (-1, 1)])
        low, high, middle = ends.min(axis=0), ends.max(axis=0), y / x
    telling = np.isfinite(ends).all(axis=0) & (np.abs(x) > mine) & (high - low <= _WIDEST * np.abs(middle))
    if np.count_nonzero(telling) < _MANY:
        return
    factor = _nice(*_common(low[telling], high[telling]))
    if factor is None or abs(factor - 1) < _NEAR_ONE or factor == -1:
        return
    largest, largest_after = float(np.abs(x[telling]).max()), float(np.abs(y[telling]).max())
    words = factor_words(factor, largest=largest, largest_after=largest_after)
    slack = other + abs(factor) * mine
    what = f"× {plain(factor)}{words}, before both were rounded"
    yield Candidate("unit factor", what, lambda a, b: _near(b, a * factor, slack), 0.9, rows=_MANY, rank=5)


def _evidence(factor: float, *, is_known: bool) -> tuple[float, int]:
    """Return which share of the changes, and how many, a factor must explain: the more, the stranger it is."""
    if abs(factor - 1) < _NEAR_ONE:
        return 0.9, _MANY
    is_short = any(len(f"{one:.10g}".replace(".", "").strip("0")) <= 4 for one in (factor, 1 / factor))
    return (0.5, 3) if is_known or is_short else (0.8, 6)


def _common(low: Array, high: Array) -> tuple[float, float]:
    """Return the stretch that lies in the most of the intervals *low* to *high*."""
    ends = np.concatenate([low, high])
    steps = np.concatenate([np.ones(len(low)), -np.ones(len(high))])
    order = np.lexsort((-steps, ends))
    depth = np.cumsum(steps[order])
    best = int(np.argmax(depth))
    return float(ends[order[best]]), float(ends[order[min(best + 1, len(order) - 1)]])


def _nice(low: float, high: float) -> float | None:
    """Return the factor between *low* and *high* that somebody means: of units, else the shortest number."""
    if not low <= high or low <= 0 <= high:
        return None
    reach = max(high - low, _NOISE * abs(low))
    low, high = low - reach * 1e-3, high + reach * 1e-3
    for known in FACTORS:
        for one in (known, 1 / known):
            if low <= one <= high:
                return one
    for digits in range(1, 12):
        for one in (float(f"{(low + high) / 2:.{digits}g}"), 1 / float(f"{2 / (low + high):.{digits}g}")):
            if low <= one <= high:
                return one
    return (low + high) / 2


def _mapped(decimals: int | None) -> Iterator[Candidate]:
    slack = _slack(decimals)
    for factor, constant, words in MAPS:
        what = f"× {plain(factor)} {'+' if constant > 0 else '−'} {plain(abs(constant))}, {words}"
        if factor == 1.0:
            what = f"{'+' if constant > 0 else '−'} {plain(abs(constant))}, {words}"
        explains = _affine(factor, constant, slack)
        yield Candidate("unit factor", what, explains, rank=2)


def _affine(factor: float, constant: float, slack: float) -> Rule:
    return lambda a, b: _near(b, a * factor + constant, slack)


def _offset(x: Array, y: Array) -> Iterator[Candidate]:
    with np.errstate(invalid="ignore"):
        away = y - x
    away = away[np.isfinite(away)]
    if not len(away):
        return
    values, counts = np.unique(np.round(away, 9), return_counts=True)
    constant = float(values[np.argmax(counts)])
    if constant:
        what = f"{'+' if constant > 0 else '−'} {plain(abs(constant))}"
        explains = _affine(1.0, constant, 0.0)
        yield Candidate("offset", what, explains, least=0.8, rank=4)


# ── rounding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rounded(x: Array, y: Array, decimals: int | None) -> Iterator[Candidate]:
    step = _step(y, decimals)
    if step is not None:
        words = f"to {_places(step)}"
        yield Candidate("rounding", words, _to_step(step), rank=2, by_chance=False)
        for way, cut, rank in (("down", np.floor, 3), ("towards zero", np.trunc, 4), ("up", np.ceil, 4)):
            yield Candidate("rounding", f"{way} {words}", _cut_to(step, cut), rank=rank, by_chance=False)
    for digits in range(2, 8):
        yield Candidate("rounding", f"to {digits} significant digits", _to_digits(digits), rank=4, least=0.8)
    yield Candidate("rounding", "to what 32 bits hold of a float", _is_short, rank=1)
    noise = "in the last digits of floats alone, below one in a thousand million"
    yield Candidate("rounding", noise, _is_noise, least=0.8, rows=10, rank=2)


def _step(y: Array, decimals: int | None) -> float | None:
    """Return the coarsest step of which nearly all of *y* are multiples."""
    finite = y[np.isfinite(y)]
    if decimals is None or not len(finite):
        return None
    found = 10.0**-decimals
    for power in range(-decimals, 7):
        for times in _STEPS:
            step = times * 10.0**power
            if step > found and np.mean(_is_multiple(finite, step)) >= 0.95 and (finite != 0).any():
                found = step
    return found


def _places(step: float) -> str:
    if step == 1.0:
        return "whole numbers"
    digits = -math.log10(step)
    if step < 1 and abs(digits - round(digits)) < 1e-9:
        return f"{round(digits)} decimal{'s' if round(digits) > 1 else ''}"
    return f"multiples of {plain(step)}"


def _is_multiple(b: Array, step: float) -> Array:
    """Return which of *b* are multiples of *step*, but for what floats lose; 0 is the multiple of 0 alone."""
    found: Array = np.abs(b - np.rint(b / step) * step) <= _NOISE * np.abs(b)
    return found


def _to_step(step: float) -> Rule:
    return lambda a, b: (np.abs(b - a) <= 0.5 * step * (1 + 1e-6)) & _is_multiple(b, step) & ~_is_multiple(a, step)


def _cut_to(step: float, cut: Callable[[Array], Array]) -> Rule:
    return lambda a, b: (np.abs(cut(a / step * (1 + 1e-12)) * step - b) <= 1e-6 * step) & ~_is_multiple(a, step)


def _to_digits(digits: int) -> Rule:
    def explains(a: Array, b: Array) -> Array:
        with np.errstate(all="ignore"):
            scale = 10.0 ** (digits - 1 - np.floor(np.log10(np.abs(a))))
            found: Array = np.abs(np.rint(a * scale) / scale - b) <= _NOISE * np.abs(b)
        return found & (a != b)

    return explains


def _is_short(a: Array, b: Array) -> Array:
    with np.errstate(over="ignore"):
        found: Array = a.astype("float32").astype("float64") == b
    return found


def _is_noise(a: Array, b: Array) -> Array:
    found: Array = np.abs(a - b) <= _NOISE * np.abs(a)
    return found


# ── one value for many ───────────────────────────────────────────────────────────────────────────────────────────────


def _one_value(x: Array, y: Array) -> Iterator[Candidate]:
    values, counts = np.unique(y, return_counts=True)
    if not len(values):
        return
    most = float(values[np.argmax(counts)])
    hit = x[y == most]
    side = "above" if (hit > most).all() else "below" if (hit < most).all() else ""
    if side and most not in (0.0, -1.0) and _is_cap(x, y, most, side):
        what = f"at {plain(most)}: what was {side} it became it"
        explains = (lambda a, b: (b == most) & (a > most)) if side == "above" else (
            lambda a, b: (b == most) & (a < most))  # fmt: skip
        yield Candidate("capped", what, explains, least=0.8, rows=5, rank=4, by_chance=False)
    what = f"{plain(most)} stands where other values stood"
    yield Candidate("constant", what, lambda a, b: b == most, least=0.8, rows=5, rank=6, by_chance=False)


def _is_cap(x: Array, y: Array, most: float, side: str) -> bool:
    """Whether what was changed lies near the limit too, as it does when a limit is drawn through a column."""
    spread = float(np.ptp(x)) if len(x) else 0.0
    nearest = float(np.min(np.abs(x[y == most] - most)))
    return side != "" and (spread == 0.0 or nearest <= 0.2 * spread)
