"""Factors between units that are confused in practice, and what a factor is called in words."""

from __future__ import annotations

import math

__all__ = ["FACTORS", "MAPS", "factor_words"]

# factor → what it turns into what; the reciprocal is the way back. Exact by the international definitions of 1959
# (yard, pound), the nautical mile of 1929 and the thermochemical calorie.
FACTORS: dict[float, tuple[str, str]] = {
    1.609344: ("miles", "kilometres"),
    1.852: ("nautical miles", "kilometres"),
    1.150779448: ("nautical miles", "miles"),
    2.54: ("inches", "centimetres"),
    25.4: ("inches", "millimetres"),
    0.3048: ("feet", "metres"),
    30.48: ("feet", "centimetres"),
    0.9144: ("yards", "metres"),
    0.45359237: ("pounds", "kilograms"),
    453.59237: ("pounds", "grams"),
    28.349523125: ("ounces", "grams"),
    3.785411784: ("US gallons", "litres"),
    4.54609: ("imperial gallons", "litres"),
    158.987294928: ("barrels", "litres"),
    0.40468564224: ("acres", "hectares"),
    2.589988110336: ("square miles", "square kilometres"),
    0.09290304: ("square feet", "square metres"),
    4.184: ("calories", "joules"),
    0.44704: ("miles per hour", "metres per second"),
    0.514444444444: ("knots", "metres per second"),
    3.6: ("metres per second", "kilometres per hour"),
    6.894757293: ("psi", "kilopascals"),
    33.8638866667: ("inches of mercury", "hectopascals"),
    1.33322387415: ("millimetres of mercury", "hectopascals"),
    0.745699872: ("horsepower", "kilowatts"),
    57.29577951308232: ("radians", "degrees"),
    86400.0: ("days", "seconds"),
    3600.0: ("hours", "seconds"),
    1440.0: ("days", "minutes"),
    24.0: ("days", "hours"),
    7.0: ("weeks", "days"),
    1024.0: ("a binary unit", "the next smaller one"),
    1048576.0: ("megabytes", "bytes"),
}
MAPS: tuple[tuple[float, float, str], ...] = (
    (1.8, 32.0, "degrees Celsius became Fahrenheit"),
    (1 / 1.8, -32 / 1.8, "degrees Fahrenheit became Celsius"),
    (1.0, 273.15, "degrees Celsius became kelvins"),
    (1.0, -273.15, "kelvins became degrees Celsius"),
)
"""Factor, constant, and what it turns into what."""


_LOOSE = {
    60.0: ("as from hours to minutes or minutes to seconds",) * 2,
    1 / 60: ("as from minutes to hours or seconds to minutes",) * 2,
    100.0: ("as from euros to cents or metres to centimetres", "shares became per cent"),
    0.01: ("as from cents to euros or centimetres to metres", "per cent became shares"),
}
"""Factors of several units, and what is said of them; the second where one side holds shares."""


def factor_words(factor: float, *, largest: float, largest_after: float) -> str:
    """Return what a factor means, with a comma before it; empty when nobody knows.

    Args:
        factor: The factor.
        largest: The largest number before: shares and percentages are told by it.
        largest_after: The largest number after.

    Example:
        >>> factor_words(1.609344, largest=2475, largest_after=3983)
        ', miles became kilometres'
        >>> factor_words(100.0, largest=0.9, largest_after=90.0)
        ', shares became per cent'
    """
    for known, (small, large) in FACTORS.items():
        if math.isclose(factor, known, rel_tol=1e-7):
            return f", {small} became {large}"
        if math.isclose(factor, 1 / known, rel_tol=1e-7):
            return f", {large} became {small}"
    is_share = max(largest, largest_after) <= 100 and min(largest, largest_after) <= 1
    for loose, words in _LOOSE.items():
        if math.isclose(factor, loose):
            return f", {words[is_share]}"
    power = math.log10(factor) if factor > 0 else 0.5
    if abs(power - round(power)) < 1e-9 and power:
        return ", the decimal point moved" if abs(power) < 3 else _thousands(round(power))
    return ""


def _thousands(power: int) -> str:
    if power % 3:
        return ", the decimal point moved"
    return ", as from kilo to one" if power == 3 else ", as from one to kilo" if power == -3 else ", by a power of 1000"
