"""``metric(name, value)``: a number of the step that runs, and nothing worse than that."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import nbops
from nbops.checks.expect import metric
from nbops.engine.cell.judging import Judge
from nbops.errors import UsageError
from nbops.notebook.judge import TestTable
from nbops.records import Metric, Status, StepFinished, collecting, from_json, merge_parts, to_json


@pytest.mark.parametrize("value", [1, 0.5, True, np.float32(0.5), np.int64(3), Decimal("1.5"), Fraction(1, 2)])
def test_a_number_of_any_library_is_one(value: Any) -> None:
    """It comes back as a float; outside a step nothing else happens."""
    assert metric("m", value) == float(value)
    assert nbops.metric is metric


@pytest.mark.parametrize("value", ["3", "x", None, [1.0], float("nan"), float("inf"), 10**400, object()])
def test_what_nobody_could_judge_is_refused(value: Any) -> None:
    """A NaN would be a point of no chart, and nobody would know."""
    with pytest.raises(UsageError, match="number"):
        metric("m", value)
    with pytest.raises(UsageError, match="needs a name"):
        metric(" ", 1)


def test_the_last_number_of_a_name_counts_and_a_retry_forgets() -> None:
    """A loop reports many times; what a failed attempt reported is none."""
    judge = Judge(TestTable())
    token = collecting(judge)
    try:
        for value in (0.3, 0.7):
            metric("auc", value)
        metric("rows", 3, "rows")
    finally:
        token.var.reset(token)
    seen = tuple(judge.metrics.values())
    judge.reset()

    assert seen == (Metric("auc", 0.7), Metric("rows", 3.0, "rows"))
    assert judge.metrics == {}


def test_metrics_of_the_cells_of_a_step_are_those_of_the_step() -> None:
    """They cross the journal, and a record of older days has none."""
    parts = [
        StepFinished(1.0, "r", "s", Status.PASSED, part=0, metrics=(Metric("a", 1.0), Metric("b", 2.0))),
        StepFinished(2.0, "r", "s", Status.PASSED, part=1, metrics=(Metric("a", 3.0),)),
    ]

    assert from_json(to_json(parts[0])) == parts[0]
    assert merge_parts(parts).metrics == (Metric("a", 3.0), Metric("b", 2.0))
    assert from_json({"kind": "StepFinished", "at": 1.0, "run": "r", "step": "s", "status": "passed"}).metrics == ()
