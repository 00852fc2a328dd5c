"""Numbers of a stretch of time in words: what each is called, how it reads, and whether more of it is better."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from nbops.pipeline.metrics import Metrics
from nbops.views.words import count, duration

__all__ = ["Tile", "share", "tiles"]

_WORSE, _BETTER = "worse", "better"


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with its past.

    Args:
        name: What it is.
        value: The number, as it reads; ``–`` when it is not known.
        unit: What it counts.
        said: How it changed against the median of the weeks before.
        tone: ``better``, ``worse``, or empty.
        past: The numbers of all weeks, the newest last; None where a week has none.
        more: What else there is to say.
    """

    name: str
    value: str
    unit: str
    said: str = ""
    tone: str = ""
    past: tuple[float | None, ...] = ()
    more: str = ""


def share(value: float | None) -> str:
    """Return a share in percent.

    Example:
        >>> share(0.014), share(1.0), share(None)
        ('1.4 %', '100 %', '–')
    """
    if value is None:
        return "–"
    percent = value * 100
    return f"{percent:.1f} %" if 0 < percent < 99.95 and percent < 10 else f"{percent:.0f} %"


def tiles(weeks: Sequence[Metrics]) -> tuple[Tile, ...]:
    """Return the numbers of the newest of *weeks*, each with its past."""
    now = weeks[-1]
    found = [None if not week.incidents else week.by_tests / week.incidents for week in weeks]
    waived = f"{count(now.false_alarms, 'verdict')} of {now.alarms} taken back" if now.alarms else ""
    return (
        _tile("Errors", [week.error_rate for week in weeks], "of runs", is_less_better=True,
              more=f"{now.bad:,} of {count(now.runs, 'run')}"),
        _tile("Found by tests", found, "of incidents", more=f"{now.by_people} found by people"),
        _tile("With a test", [week.test_share for week in weeks], "of incidents"),
        _tile("Coverage", [week.coverage for week in weeks], "of steps have a test"),
        _tile("Time to recover", [week.to_recover for week in weeks], "median", is_less_better=True, is_time=True),
        _tile("Time to detect", [week.to_detect for week in weeks], "median", is_less_better=True, is_time=True),
        _tile("False alarms", [_false(week) for week in weeks], "of verdicts", is_less_better=True, more=waived),
        _tile("Open incidents", [float(week.is_open) for week in weeks], "now", is_less_better=True, is_number=True),
    )  # fmt: skip


def _false(week: Metrics) -> float | None:
    return min(week.false_alarms / week.alarms, 1.0) if week.alarms else None


def _tile(
    name: str,
    past: Sequence[float | None],
    unit: str,
    *,
    is_less_better: bool = False,
    is_time: bool = False,
    is_number: bool = False,
    more: str = "",
) -> Tile:
    def read(value: float | None) -> str:
        if value is None:
            return "–"
        return duration(value) if is_time else f"{value:,.0f}" if is_number else share(value)

    now, before = past[-1], [value for value in past[:-1] if value is not None]
    said, tone = "", ""
    if now is not None and before:
        usual = statistics.median(before)
        if read(usual) == read(now):
            said = "same as usual"
        else:
            tone = _BETTER if (now < usual) == is_less_better else _WORSE
            said = f"{tone}, from {read(usual)}"
    return Tile(name, read(now), unit, said, tone, tuple(past), more)
