"""What makes a delivery bad: the loudest of several questions, each with a limit of its own.

Is the table as a whole odd? Is one column? Are rows missing? Are there zeros in place of values?
Does a column no longer hang together with the others?
All but the first two are narrow: they are asked of few measurements, which damage moves in one direction, so that a
single one is enough. That rows are missing is asked of their number, of gaps in what runs on and of the rows that a
group has, of each alone and of all together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from nbops.rules.verdict.delivery import Floats
from nbops.rules.verdict.history import Calibration
from nbops.rules.verdict.scoring import TOP, by_column, column_scores, table_score

__all__ = ["Alarm", "alarms"]

RISK = 0.0005
"""The risk of a false alarm that each narrow question may spend: together less than a third of one in a hundred."""
_NARROW = {"rows": -1, "zeros": 1, "tie": -1, "gapless": -1, "group_rows": -1}
_LOST = ("rows", "gapless", "group_rows")
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
        scores = column_scores(filled[None], known.keys)[0]
        oddest = list(columns.values())[int(np.argmax(scores))]
        found.append(Alarm(float(scores.max()) / known.column_threshold, _largest(filled, oddest)))
    found += [*_narrow(filled, value, known), *_lost(filled, value, known)]
    return sorted(found, key=lambda alarm: -alarm.ratio)


def _largest(surprise: Floats, places: list[int]) -> tuple[int, ...]:
    """Return the places of the largest surprises, those that are not small beside the first."""
    order = sorted(places, key=lambda place: -surprise[place])[:TOP]
    return tuple(place for place in order if surprise[place] > 0.5 * surprise[order[0]])


def _narrow(surprise: Floats, value: Floats, known: Calibration) -> Iterator[Alarm]:
    """Yield the answers to the questions about one kind of measurement each, asked of all columns that have it."""
    for kind, direction in _NARROW.items():
        places = [place for place, key in enumerate(known.keys) if key[0] == kind]
        if not places:
            continue
        least = NormalDist().inv_cdf(1.0 - RISK / len(places))
        for place in places:
            moved = value[place] - known.forecast[place]
            if moved * direction >= 0 and (kind != "tie" or _is_loose(value[place], known.forecast[place])):
                share = _beside_chance(place, known) if kind == "rows" else 1.0
                yield Alarm(float(surprise[place]) * share / least, (place,))


def _lost(surprise: Floats, value: Floats, known: Calibration) -> Iterator[Alarm]:
    """Yield whether rows are missing by all that tells of it together: their number, gaps, rows of a group.

    None of them depends on another where nothing is lost, so their sum over the root of their number is one deviate
    (Stouffer 1949); those of one kind count as their mean.
    """
    means, places = [], []
    for kind in _LOST:
        own = [at for at, key in enumerate(known.keys) if key[0] == kind and np.isfinite(value[at])]
        if own:
            fewer = [float(np.sign(known.forecast[at] - value[at]) * surprise[at]) for at in own]
            share = _beside_chance(own[0], known) if kind == "rows" else 1.0
            means.append(share * float(np.mean(fewer)))
            places.append(own[int(np.argmax(fewer))])
    if len(means) > 1:
        least = NormalDist().inv_cdf(1.0 - RISK)
        yield Alarm(sum(means) / len(means) ** 0.5 / least, tuple(places))


def _is_loose(slope: float, usual: float) -> bool:
    """Whether a tie holds less than half as well as was foretold: a shuffled column has none."""
    return usual > _TIED and slope < _HALF * usual


def _beside_chance(place: int, known: Calibration) -> float:
    """Return by how much less a number of rows surprises when rows that come at random are two past observations more.

    Their logarithm varies by 1/n. Of few deliveries that are alike by chance one learns too small a spread.
    """
    own = known.squares[place] + 2.0 * known.floor[place] ** 2
    return float(np.sqrt(own / (known.squares[place] + 2.0 * np.exp(-known.forecast[place]))))
