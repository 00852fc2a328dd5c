"""Which cells are null: each column as often as in its profile, and together with the column that it goes with best."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from nbops.frames.profile.table import Profile
from nbops.synthesis.streams import Array, Streams

__all__ = ["draw_nulls"]

_FULL = 1 << 32


def draw_nulls(profile: Profile, rows: int, streams: Streams) -> dict[str, Array]:
    """Return where each column that has nulls is null.

    The columns make a tree: each hangs on the one before it with which its nulls are most correlated, and is null with
    one probability where that is null, and with another where it is not.
    """
    shares = {column.name: column.null_share for column in profile.columns if column.nulls}
    together = _together(profile)
    found: dict[str, Array] = {}
    for name in sorted(shares, key=lambda one: (-shares[one], one)):
        words = streams.of(name, "null").words(rows)
        parent = max(found, key=lambda one: _association(shares, together, one, name), default="")
        if parent and _association(shares, together, parent, name) > 0.05:
            both, above = together[name, parent], shares[parent]
            with_it, without = both / above, (shares[name] - both) / (1 - above) if above < 1 else 0.0
            limits = np.array([_limit(without), _limit(with_it)])
            found[name] = words < limits[found[parent].view("int8")]
        else:
            found[name] = words < _limit(shares[name])
    return found


def _limit(share: float) -> int:
    return round(min(1.0, max(0.0, share)) * _FULL)


def _together(profile: Profile) -> dict[tuple[str, str], float]:
    found = {}
    for (left, right), rows in profile.relations.nulls_together.items():
        found[left, right] = found[right, left] = rows / max(1, profile.rows)
    return found


def _association(
    shares: Mapping[str, float], together: Mapping[tuple[str, str], float], left: str, right: str
) -> float:
    """Return the correlation of two columns' nulls; 0 where it is not known."""
    a, b = shares[left], shares[right]
    spread = math.sqrt(a * (1 - a) * b * (1 - b))
    return abs(together[left, right] - a * b) / spread if (left, right) in together and spread else 0.0
