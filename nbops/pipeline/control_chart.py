"""The control chart of one series of a notebook's runs, as plain values: what is drawn, listed and asked by people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["SHARES", "SIGNALS", "THE_RUN", "ChartPoint", "ControlChart", "is_of", "series_title"]

SHARES = frozenset({"nulls", "failing"})
"""The kinds whose numbers are counts of so many rows."""

THE_RUN = "run"
"""What the time of a whole run is called, whose series has no name of its own."""

SIGNALS: Mapping[str, tuple[str, float]] = {
    "9 on one side": ("nelson_2", 0.0040),
    "6 rising or falling": ("nelson_3", 0.0028),
    "2 of 3 near a limit": ("nelson_5", 0.0021),
    "the mean has moved": ("ewma", 0.0027),
}
"""What a chart names beside points beyond the limits: its words, its name, and how often chance alone makes it."""


@dataclass(frozen=True, slots=True)
class ChartPoint:
    """One point of a chart: a number of one run.

    Args:
        run: The run's id.
        at: When the run began, in seconds since 1970.
        day: The day of its data.
        value: The number; of a share, the share.
        of: Of how many rows it is a share.
        centre: What was expected; None where nothing could be.
        low: The lower limit; None where the point was not judged.
        high: The upper limit.
        is_out: Whether it lies beyond them, or was found odd among the points that the chart learned from.
        is_used: Whether it tells of later points; one that is out, or of a run that went wrong, does not.
        history: How many points told of it.
        follows: What its limits follow: ``weekend`` or ``weekday``, ``trend``.
        signals: The run rules that it completes.
    """

    run: str
    at: float
    day: dt.date
    value: float
    of: float | None = None
    centre: float | None = None
    low: float | None = None
    high: float | None = None
    is_out: bool = False
    is_used: bool = True
    history: int = 0
    follows: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlChart:
    """The control chart of one series.

    Args:
        notebook: The notebook whose runs tell of it.
        env: Their environment.
        kind: ``rows``, ``nulls``, ``seconds``, ``failing`` or ``metric``.
        name: The dataset, its column, the step, the test or the metric.
        points: The points, oldest first.
        risk: The probability that a point like those before it lies beyond its limits.
        unit: What the numbers count.
        learning: How many points a chart learns from.
    """

    notebook: str
    env: str
    kind: str
    name: str
    points: tuple[ChartPoint, ...]
    risk: float
    unit: str = ""
    learning: int = 14

    @property
    def title(self) -> str:
        """What the chart is about, as ``rows of flights_clean``."""
        return series_title(self.kind, self.name)

    @property
    def is_share(self) -> bool:
        """Whether its values are shares."""
        return self.kind in SHARES

    @property
    def last(self) -> ChartPoint:
        """The newest point."""
        return self.points[-1]

    @property
    def out(self) -> tuple[ChartPoint, ...]:
        """The points beyond their limits."""
        return tuple(point for point in self.points if point.is_out)

    @property
    def is_learning(self) -> bool:
        """Whether too few points tell of the newest one for narrow limits."""
        return self.last.history < self.learning

    def rows(self) -> list[Mapping[str, Any]]:
        """Return the points as rows of a table."""
        names = [name for name in ChartPoint.__slots__ if name != "of" or self.is_share]
        return [{name: getattr(point, name) for name in names} for point in self.points]


def series_title(kind: str, name: str) -> str:
    """Return what a series is called in a sentence.

    Example:
        >>> series_title("rows", "flown"), series_title("seconds", ""), series_title("nulls", "flown.tailnum")
        ('rows of flown', 'time of the run', 'nulls in flown.tailnum')
    """
    words = {"rows": "rows of {}", "nulls": "nulls in {}", "failing": "rows that fail {}", "seconds": "time of step {}"}
    if kind == "seconds" and not name:
        return "time of the run"
    return words.get(kind, "{}").format(name)


def is_of(series: str, name: str) -> bool:
    """Whether a series is the one of that name, or tells of a part of it; the time of a run has the name ``run``.

    Example:
        >>> is_of("flown.tailnum", "flown"), is_of("clean::known", "clean"), is_of("flown_twice", "flown")
        (True, True, False)
        >>> is_of("", THE_RUN)
        True
    """
    return (series or THE_RUN) == name or series.startswith((f"{name}.", f"{name}::"))
