"""What stays of a run that is pruned: enough to count it by day, pipeline and status, and no more.

It stands in the act of pruning, beside the ids, so that a hub made anew from journals counts as before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from nbops.pipeline.run import RunSummary
from nbops.store.values import number_of, text_of, whole_of

__all__ = ["told_of", "tombstones"]

_NOTHING = dict.fromkeys(("started_at", "kind", "notebook", "env", "status", "seconds", "tests", "tests_failed"))


def told_of(runs: Iterable[RunSummary]) -> str:
    """Return what the act that prunes *runs* tells of them, in their order."""
    rows = [(r.started_at, r.kind, r.notebook, r.env, str(r.status), r.seconds, r.tests, r.tests_failed) for r in runs]
    return json.dumps(rows, separators=(",", ":"))


def tombstones(act: str, detail: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the row of each run that an act of pruning names.

    Args:
        act: The id of the act.
        detail: What it says; older ones name the runs alone.

    Raises:
        TypeError: It says something of another kind (or ValueError).

    Example:
        >>> rows = tombstones("a-1", {"runs": "r1 r2", "told": '[[1.0,"batch","n.ipynb","dev","passed",2.0,3,0]]'})
        >>> rows["r1"]["status"], rows["r2"]["status"]
        ('passed', None)
    """
    told = json.loads(detail.get("told", "[]"))
    names = text_of(detail.get("runs", "")).split()
    rows = [_row(row) for row in told[: len(names)]]
    rows += [_NOTHING] * (len(names) - len(rows))
    return {run: {"run": run, "act": act, **row} for run, row in zip(names, rows, strict=True)}


def _row(told: Any) -> dict[str, Any]:
    at, kind, notebook, env, status, seconds, tests, tests_failed = told
    return {
        "started_at": number_of(at),
        "kind": text_of(kind),
        "notebook": None if notebook is None else text_of(notebook),
        "env": text_of(env),
        "status": text_of(status),
        "seconds": None if seconds is None else number_of(seconds),
        "tests": whole_of(tests),
        "tests_failed": whole_of(tests_failed),
    }
