"""What makes a delivery bad: the loudest of four questions, each with a limit of its own.

Is the table as a whole odd? Is one column? Are rows missing? Does a column no longer hang together with the others?
The last two are asked of few measurements that one kind of damage moves in one direction, so a single one is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nbops.rules.verdict.delivery import Floats
from nbops.rules.verdict.history import Calibration
from nbops.rules.verdict.scoring import TOP, by_column, column_scores, table_score

__all__ = ["Alarm", "alarms"]

RISK = 0.0025
"""The risk of a false alarm that a question about few measurements may spend: a quarter of one in a hundred."""
_TIED = 0.2
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Alarm:
    """One question: how far its answer is above the limit (1 is at it), and the measurements that it rests on."""

    ratio: float
    places: tuple[int, ...]


def alarms(surprise: Floats, value: Floats, known: Calibration) -> list[Alarm]:
    """Return the answers to all questions, the loudest first."""
    filled = np.nan_to_num(surprise)
    everything = list(range(len(filled)))
    found = [Alarm(table_score(surprise) / known.threshold, _largest(filled, everything))]
    columns = by_column(known.keys)
    if columns:
        scores = column_scores(filled[None], columns)[0]
        oddest = list(columns.values())[int(np.argmax(scores))]
        found.append(Alarm(float(scores.max()) / known.column_threshold, _largest(filled, oddest)))
    found += _missing_rows(filled, value, known)
    found += _mixed_up(filled, value, known)
    return sorted(found, key=lambda alarm: -alarm.ratio)


def _largest(surprise: Floats, places: list[int]) -> tuple[int, ...]:
    """Return the places of the largest surprises, those that are not small beside the first."""
    order = sorted(places, key=lambda place: -surprise[place])[:TOP]
    return tuple(place for place in order if surprise[place] > 0.5 * surprise[order[0]])


def _missing_rows(surprise: Floats, value: Floats, known: Calibration) -> list[Alarm]:
    place = known.keys.index(("rows",)) if ("rows",) in known.keys else -1
    if place < 0 or not value[place] < known.forecast[place]:
        return []
    return [Alarm(float(surprise[place]) / NormalDist().inv_cdf(1.0 - RISK), (place,))]


def _mixed_up(surprise: Floats, value: Floats, known: Calibration) -> list[Alarm]:
    """Return the ties that hold less than half as well as was foretold: a shuffled column has none."""
    ties = [place for place, key in enumerate(known.keys) if key[0] == "tie"]
    usual = known.forecast
    loose = [p for p in ties if usual[p] > _TIED and value[p] < _HALF * usual[p]]
    least = NormalDist().inv_cdf(1.0 - RISK / max(1, len(ties)))
    return [Alarm(float(surprise[place]) / least, (place,)) for place in loose]
