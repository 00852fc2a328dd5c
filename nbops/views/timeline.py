"""Where each step stands in the time of its run, in percent of the width: bars and their usual length behind them.

The axis begins with the first step: the time that a kernel takes to start would squeeze the steps aside.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from nbops.pipeline.run import RunState

__all__ = ["Span", "Timeline", "timeline"]

Span = tuple[float, float]
"""Left edge and width in percent."""

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The bars of a run.

    Args:
        bars: By step name, when it ran.
        ghosts: By step name, how long it usually runs, from where it began or would have begun.
        ticks: Left edge in percent and text of each mark of the axis.
        lead: How many seconds of the run went by before its first step, where the axis begins.
    """

    bars: Mapping[str, Span] = field(default_factory=dict)
    ghosts: Mapping[str, Span] = field(default_factory=dict)
    ticks: tuple[tuple[float, str], ...] = ()
    lead: float = 0.0

    def of(self, step: str) -> dict[str, Span | None]:
        """Return the bar and the ghost of a step, None for what it has not."""
        return {"bar": self.bars.get(step), "ghost": self.ghosts.get(step)}


def timeline(state: RunState, usual: Mapping[str, float]) -> Timeline:
    """Return the bars of *state*; *usual* gives by step name what it takes, in seconds."""
    origin = min((step.record.started_at for step in state.steps if step.record), default=state.started.at)
    begins, seconds, cursor = {}, {}, 0.0
    for step in state.steps:
        if step.record:
            begins[step.name] = step.record.started_at - origin
            seconds[step.name] = step.record.seconds
            cursor = max(cursor, begins[step.name] + step.record.seconds)
        elif step.name in usual:
            begins[step.name] = cursor
            cursor += usual[step.name]
    ends = [b + max(seconds.get(n, 0.0), usual.get(n, 0.0)) for n, b in begins.items()]
    step_size, total = _axis(max(ends, default=0.0))

    def span(begin: float, length: float) -> Span:
        return round(100 * begin / total, 2), round(100 * length / total, 2)

    ticks = tuple(
        (round(100 * i * step_size / total, 2), _mark(i * step_size, step_size))
        for i in range(round(total / step_size) + 1)
    )
    return Timeline(
        bars={n: span(begins[n], s) for n, s in seconds.items()},
        ghosts={n: span(begins[n], usual[n]) for n in begins if n in usual},
        ticks=ticks,
        lead=max(origin - state.started.at, 0.0),
    )


def _axis(end: float) -> tuple[float, float]:
    """Return the distance of the marks and the end of the axis: two to five marks at round numbers."""
    if end <= 0:
        return 1.0, 1.0
    units = 60.0 if end >= 120 else 1.0  # minutes read better than hundreds of seconds
    unit = 10.0 ** math.floor(math.log10(end / units / 4))
    step = next(unit * n for n in _NICE if unit * n * 4 * units >= end) * units
    marks = int(end / step) + (0 if (end / step).is_integer() else 1)
    return step, step * marks


def _mark(seconds: float, step: float) -> str:
    """Return the text of a mark of the axis.

    Example:
        >>> _mark(2.0, 1.0), _mark(0.05, 0.05), _mark(240.0, 120.0)
        ('2 s', '50 ms', '4 m')
    """
    if step >= 60:
        return f"{seconds / 60:g} m"
    return f"{seconds:g} s" if step >= 0.1 else f"{seconds * 1000:g} ms"
