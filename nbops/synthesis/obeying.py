"""Rows that satisfy rules: those that do not are thrown away, and others drawn, until enough are left."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from nbops.checks.model import Check, RowCheck
from nbops.checks.suite import judge_table
from nbops.frames.pandas_reader import PandasReader
from nbops.frames.reading import Unmeasured, attempt
from nbops.records import CheckResult, Status
from nbops.synthesis.streams import Array

__all__ = ["OF_THE_PAST", "OF_VOLUME", "obeying"]

OF_VOLUME = frozenset({
    "row_count", "fresh", "file_fresh", "delivered", "arrived_by", "not_delivered", "usual_number", "usual_values",
    "usual_hours", "same_row_count", "rows_per_period", "period_count",
})  # fmt: skip
"""Rules about how many rows came and when; test data comes when and as large as it was asked for."""
OF_THE_PAST = frozenset({"pinned_totals"})
"""Rules about what once was booked, which made rows are not."""
_ROUNDS = 12
_LEAST_SHARE = 0.002
_PASSES = 4
_HALF = 0.5


def obeying(
    draw: Callable[[int], pd.DataFrame], rows: int, checks: Sequence[Check]
) -> tuple[pd.DataFrame, list[CheckResult]]:
    """Return *rows* rows of *draw*, and the verdicts of the rules that they do not satisfy.

    Args:
        draw: Returns so many new rows.
        rows: How many are wanted.
        checks: The rules.
    """
    found = draw(rows)
    strict: list[RowCheck] = []
    for _ in range(_PASSES):
        results = judge_table(found, checks, limit=0)
        broken = [
            check for check, result in zip(checks, results, strict=True)
            if isinstance(check, RowCheck) and check not in strict and _can_be_kept(check, result)
        ]  # fmt: skip
        if not broken:
            break
        strict += broken
        found = _kept(found, draw, rows, strict)
    return found, [one for one in results if one.status in (Status.FAILED, Status.ERROR, Status.WARNED)]


def _can_be_kept(check: RowCheck, result: CheckResult) -> bool:
    """Whether a rule is broken, and worth drawing rows again for: one that only warns must hold for half of them."""
    if result.status is Status.WARNED:
        return result.share is not None and result.share <= _HALF
    return result.status is Status.FAILED


def _kept(
    found: pd.DataFrame, draw: Callable[[int], pd.DataFrame], rows: int, strict: Sequence[RowCheck]
) -> pd.DataFrame:
    """Return *rows* rows that keep all of *strict*; fewer where hardly any does."""
    for _ in range(_ROUNDS):
        good = ~_failing(found, strict)
        share = float(good.mean()) if len(good) else 1.0
        found = found[good].reset_index(drop=True)
        if len(found) >= rows or share < _LEAST_SHARE:
            break
        missing = rows - len(found)
        found = pd.concat([found, draw(round(1.1 * missing / max(share, _LEAST_SHARE)) + 8)], ignore_index=True)
    return found.iloc[:rows].reset_index(drop=True)


def _failing(table: pd.DataFrame, checks: Sequence[RowCheck]) -> Array:
    """Return which rows fail one of *checks*; what cannot be judged row by row fails none."""
    reader = PandasReader(table)
    found = np.zeros(len(table), dtype="bool")
    for check in checks:

        def mask(check: RowCheck = check) -> Array:
            condition = check.failing()
            return reader.failing(condition.resolved(reader.statistics(list(condition.statistics()))))

        wrong = attempt(mask)
        if not isinstance(wrong, Unmeasured):
            found |= np.asarray(wrong, dtype="bool")
    return found
