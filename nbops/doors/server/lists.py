"""What lists of the hub's page show: lines of runs and pipelines, as JSON knows them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from nbops.errors import UsageError
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunSummary
from nbops.records import Status
from nbops.views.words import moment, short_id

__all__ = ["MOST_BARS", "cursor", "pipeline_line", "read_cursor", "run_line", "wrong_first"]

MOST_BARS = 30
_LEAST_SHARE = 0.12


def run_line(run: RunSummary) -> dict[str, Any]:
    """Return one line of a list of runs."""
    return {
        "run": run.run,
        "id": short_id(run.run),
        "name": notebook_name(run.notebook) if run.notebook else "unknown",
        "env": run.env,
        "kind": run.kind,
        "status": run.status,
        "reason": run.reason,
        "at": run.started_at,
        "when": moment(run.started_at),
        "seconds": run.seconds,
        "steps": run.steps,
        "tests": run.tests,
        "tests_passed": run.tests_passed,
        "tests_failed": run.tests_failed,
        "owner": run.owner,
        "parameters": dict(run.parameters),
    }


def pipeline_line(runs: Sequence[RunSummary]) -> dict[str, Any]:
    """Return one line of the list of pipelines: the newest of its *runs*, and all of them as bars.

    A bar is as high as the run took against the median of the good ones: the median itself is half the height. What
    went wrong has the full height, so that it is seen without its colour.
    """
    good = [run.seconds for run in runs if run.status.is_good and run.seconds is not None]
    usual = statistics.median(good) if good else None
    return {**run_line(runs[0]), "bars": [_bar(run, usual) for run in reversed(runs)], "usual": usual}


def _bar(run: RunSummary, usual: float | None) -> tuple[str, str, float, str]:
    share = 1.0 if run.status.is_bad else 0.5
    if usual and run.seconds is not None and not run.status.is_bad:
        share = min(0.5 * run.seconds / usual, 0.95)
    return short_id(run.run), run.status, round(max(share, _LEAST_SHARE), 2), moment(run.started_at)


def wrong_first(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return lines in the order of their urgency: bad, warned, running, the rest; the newest of each first."""

    def rank(line: dict[str, Any]) -> tuple[int, float]:
        status = Status(line["status"])
        order = 0 if status.is_bad else 1 if status is Status.WARNED else 3 if status.is_final else 2
        return order, -line["at"]

    return sorted(lines, key=rank)


def cursor(run: RunSummary) -> str:
    """Return where a page of the list of runs ends, for the next one to begin behind it.

    Example:
        >>> from nbops.testing import memory_hub, records
        >>> with memory_hub(records(run="7f3a" * 8, at=1000.5)) as hub:
        ...     read_cursor(cursor(hub.runs()[0])) == (1000.5, "7f3a" * 8)
        True
    """
    return f"{run.started_at!r},{run.run}"


def read_cursor(text: str) -> tuple[float, str]:
    """Return what :func:`cursor` wrote.

    Raises:
        UsageError: It wrote no such thing.
    """
    at, comma, run = text.partition(",")
    try:
        return float(at), run if comma else _no_cursor(text)
    except ValueError:
        return 0.0, _no_cursor(text)


def _no_cursor(text: str) -> str:
    raise UsageError(f"{text!r} is no place in the list of runs", where="after", fix="take it from the page before")
