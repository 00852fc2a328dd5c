"""Values that any database takes, from fields of records that may hold anything."""

from __future__ import annotations

import math

from nbops.records import encodable

__all__ = ["number_of", "text_of", "whole_of"]


def text_of(value: object) -> str:
    """Return *value* as text that any database takes: what no encoding has is spelled out.

    Raises:
        TypeError: It is no text.
    """
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return encodable(value)


def number_of(value: object) -> float:
    """Return *value* as a number.

    Raises:
        TypeError: It is none, or not finite.
    """
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError(f"a number expected, not {value!r}")
    return float(value)


def whole_of(value: object) -> int:
    """Return *value* as a whole number.

    Raises:
        TypeError: It is none, or beyond 2^53.
    """
    if not isinstance(value, int) or abs(value) >= 2**53:
        raise TypeError(f"a whole number expected, not {value!r}")
    return int(value)
