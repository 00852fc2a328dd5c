"""Units of measure: those that a column's name tells, and the factors by which one becomes another."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

__all__ = ["Conversion", "conversion_between", "unit_in"]

_UNITS = {
    "km": "km", "kilometer": "km", "kilometers": "km", "kilometre": "km", "kilometres": "km", "mi": "mi",
    "mile": "mi", "miles": "mi", "meter": "m", "meters": "m", "metre": "m", "metres": "m", "cm": "cm", "mm": "mm",
    "ft": "ft", "feet": "ft", "foot": "ft", "inch": "in", "inches": "in", "yd": "yd", "yards": "yd",
    "kg": "kg", "kilo": "kg", "kilos": "kg", "gram": "g", "grams": "g", "mg": "mg", "lb": "lb", "lbs": "lb",
    "pound": "lb", "pounds": "lb", "oz": "oz", "ounces": "oz", "ton": "t", "tons": "t", "tonnes": "t",
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "min", "mins": "min", "minutes": "min",
    "hr": "h", "hrs": "h", "hours": "h", "ms": "ms", "millis": "ms", "days": "d", "weeks": "weeks",
    "usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF", "jpy": "JPY", "cents": "cents", "dollars": "USD",
    "euros": "EUR", "pct": "%", "percent": "%", "percentage": "%", "celsius": "°C", "fahrenheit": "°F",
    "kelvin": "K", "degc": "°C", "degf": "°F", "kmh": "km/h", "kph": "km/h", "mph": "mph", "knots": "kn",
    "kwh": "kWh", "mwh": "MWh", "watt": "W", "watts": "W", "kw": "kW", "mw": "MW", "joule": "J", "joules": "J",
    "hpa": "hPa", "mbar": "mbar", "litre": "l", "litres": "l", "liter": "l", "liters": "l", "ml": "ml",
    "gallon": "gal", "gallons": "gal", "bytes": "B", "kb": "kB", "mb": "MB", "gb": "GB",
}  # fmt: skip
_LAST_ONLY = frozenset({"min", "sec", "mi", "in", "ms", "mb", "kb", "gb", "t", "days", "weeks", "second"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+")


def unit_in(name: str) -> str:
    """Return the unit that the name of a column tells; empty when it tells none.

    Example:
        >>> unit_in("distance_km"), unit_in("tripMiles"), unit_in("min_price"), unit_in("taxi_in"), unit_in("price [€]")
        ('km', 'mi', '', '', 'EUR')
    """
    for sign, unit in (("€", "EUR"), ("$", "USD"), ("£", "GBP"), ("°C", "°C"), ("°F", "°F"), ("%", "%")):
        if sign in name:
            return unit
    words = [word.lower() for word in _WORD.findall(name)]
    for at, word in enumerate(words):
        if word in _UNITS and (word not in _LAST_ONLY or (at == len(words) - 1 and at)):
            return _UNITS[word]
    return ""


# ── what became of the numbers ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Conversion:
    """How the numbers of one version become those of another: times *factor*, plus *offset*.

    Args:
        factor: By what they were multiplied.
        offset: What was added then.
        source: The unit before; empty when several fit.
        target: The unit now.
        note: What is known to be so converted, where several units fit.
    """

    factor: float
    offset: float = 0.0
    source: str = ""
    target: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The conversion as a formula.

        Example:
            >>> Conversion(1.609344).text, Conversion(1.8, 32.0).text, Conversion(-1.0).text
            ('× 1.609', '× 1.8 + 32', '× −1')
        """
        plus = f" {'+' if self.offset > 0 else '−'} {abs(self.offset):.4g}" if self.offset else ""
        return f"× {self.factor:.4g}{plus}".replace("-", "−")

    @property
    def turned(self) -> Conversion:
        """The conversion back."""
        return Conversion(1 / self.factor, -self.offset / self.factor, self.target, self.source, self.note)


_KNOWN = tuple(
    Conversion(factor, offset, source, target, note)
    for factor, offset, source, target, note in (
        (1.609344, 0.0, "mi", "km", ""), (0.3048, 0.0, "ft", "m", ""), (2.54, 0.0, "in", "cm", ""),
        (0.9144, 0.0, "yd", "m", ""), (0.45359237, 0.0, "lb", "kg", ""), (28.349523, 0.0, "oz", "g", ""),
        (3.785412, 0.0, "gal", "l", ""), (1.852, 0.0, "nmi", "km", ""), (0.514444, 0.0, "kn", "m/s", ""),
        (3.6, 0.0, "m/s", "km/h", ""), (1.8, 32.0, "°C", "°F", ""), (1.0, 273.15, "°C", "K", ""),
        (60.0, 0.0, "", "", "hours and minutes, or minutes and seconds"), (3600.0, 0.0, "h", "s", ""),
        (24.0, 0.0, "d", "h", ""), (86400.0, 0.0, "d", "s", ""), (1440.0, 0.0, "d", "min", ""),
        (10.0, 0.0, "", "", "tens: cm and mm"),
        (100.0, 0.0, "", "", "hundreds: shares and percent, a currency and its cents, m and cm"),
        (1000.0, 0.0, "", "", "thousands: k and 1, kg and g, km and m, s and ms"),
        (1e6, 0.0, "", "", "millions"), (1e9, 0.0, "", "", "billions"), (1024.0, 0.0, "KiB", "B", ""),
    )
)  # fmt: skip
_CONVERSIONS = (*_KNOWN, *(one.turned for one in _KNOWN), Conversion(-1.0, note="the sign was turned"))
_BINARY = tuple(one for one in _CONVERSIONS if "KiB" in (one.source, one.target))  # thousands are nearly the same
_MOST_ERROR = 0.04
_UNEVEN, _OFF = 0.1, 0.06
_LEAST_DIFFERENT = 4
_LEAST_RATIOS = 3
_GROWTH = 2.5  # by so much numbers may grow from one batch to the next; three of them do not tell that from a unit
_NEAR_ZERO = 0.1  # of the spread: what lies nearer is moved by chance, by whatever factor
_LEAST_QUANTILES = 5


def conversion_between(
    old: Sequence[float], new: Sequence[float], *, noise: float = 0.0, unit: str = ""
) -> Conversion | None:
    """Return the conversion that explains how a column's quantiles moved; None when there is none, or none is needed.

    Only known conversions are told: a factor that nobody uses is a change of the data, and no unit.

    Args:
        old: The quantiles before, at the same shares as *new*.
        new: The quantiles now.
        noise: How far the quantiles of other columns moved, as a share of their spread: what chance does here.
        unit: The unit before, where it is known: a conversion from it comes before others that fit as well.

    Example:
        >>> conversion_between([1, 2, 5, 10, 20, 40, 60], [1.6, 3.2, 8.05, 16.1, 32.2, 64.4, 96.6]).target
        'km'
        >>> conversion_between([1, 2, 5, 10, 20, 40, 60], [1, 2, 5, 11, 20, 41, 60]) is None
        True
    """
    spread = _spread(old)
    if len(old) != len(new) or len(old) < _LEAST_QUANTILES or not spread or not _spread(new):
        return None
    inner, moved = old[1:-1], new[1:-1]  # the ends are what chance moves most
    if min(len({*inner}), len({*moved})) < _LEAST_DIFFERENT:  # most of the numbers are zero
        inner, moved = old, new
    if min(len({*inner}), len({*moved})) < _LEAST_DIFFERENT:
        return None
    unmoved, allowed = _error(inner, moved, _spread(inner)), _MOST_ERROR + noise
    if unmoved <= 2 * allowed:
        return None
    ranked = sorted(_CONVERSIONS, key=lambda one: _converted_error(inner, moved, one))
    if not _fits(inner, moved, ranked[0], allowed, unmoved):
        return None
    fitting = [one for one in ranked if _fits(inner, moved, one, allowed, unmoved)]
    best, *others = sorted(fitting, key=lambda one: (bool(unit) and one.source != unit, one in _BINARY))
    if best.note or (unit and best.source == unit):
        return best
    also = ", ".join(f"{one.text} {one.source} → {one.target}".strip(" →") for one in others if not one.offset)
    return replace(best, note=f"{also} would fit, too") if also else best


def _fits(old: Sequence[float], new: Sequence[float], one: Conversion, allowed: float, unmoved: float) -> bool:
    """Whether *one* explains how the quantiles moved, as near as chance lets them lie."""
    far = 0.0 if one.factor < 0 else abs(math.log(one.factor))  # the farther they moved, the less may chance explain
    error = _converted_error(old, new, one)
    return error <= allowed + 0.05 * far and error < unmoved / 4 and _is_even(old, new, one, allowed, far)


def _is_even(old: Sequence[float], new: Sequence[float], one: Conversion, allowed: float, far: float) -> bool:
    """Whether every quantile was multiplied by about the same: what grows does so at one end more than at the other."""
    if one.offset or one.factor < 0:
        return True
    near, near_now = (_NEAR_ZERO * _spread(some) if min(some) < 0 < max(some) else 0.0 for some in (old, new))
    pairs = [(a, b) for a, b in zip(old, new, strict=True) if abs(a) > near or abs(b) > near_now]
    if any(a * b <= 0 for a, b in pairs) or len({*pairs}) < _LEAST_RATIOS:
        return False
    ratios = [math.log(b / a) for a, b in pairs]
    are_few = len({*pairs}) < _LEAST_DIFFERENT
    if are_few and far < math.log(_GROWTH):
        return False
    strict = 0.5 if are_few else 1.0  # where few tell, they must agree the more
    middle = sum(ratios) / len(ratios)
    uneven = max(abs(ratio - middle) for ratio in ratios)
    off = abs(middle - math.log(one.factor))
    return uneven <= strict * (_UNEVEN + allowed + 0.2 * far) and off <= strict * (_OFF + allowed / 2 + 0.08 * far)


def _spread(quantiles: Sequence[float]) -> float:
    found = max(quantiles, default=0.0) - min(quantiles, default=0.0)
    return found if math.isfinite(found) else 0.0


def _error(old: Sequence[float], new: Sequence[float], scale: float) -> float:
    return sum(abs(a - b) for a, b in zip(old, new, strict=True)) / len(old) / scale


def _converted_error(old: Sequence[float], new: Sequence[float], one: Conversion) -> float:
    made = [value * one.factor + one.offset for value in old]
    made = list(reversed(made)) if one.factor < 0 else made
    return _error(made, new, max(_spread(made), 1e-300))
