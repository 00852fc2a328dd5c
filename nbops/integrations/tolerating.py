"""Tolerances that a baseline tells, for tools that compute none: what they are for a delivery of its own size."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

from nbops.checks.model import Check, RowCheck
from nbops.stats.tolerance import read_tolerance

__all__ = ["plain_tolerances"]


def plain_tolerances(check: Check) -> Iterator[tuple[Check, str]]:
    """Yield *check* with its tolerance as a share of rows, then as a number of them, each with what that means.

    The tolerance follows from both sizes, so it is a share for one size only: that of the baseline. Where no row of the
    baseline was bad, the last is the check without any tolerance. A check that has none is yielded as it is.

    Example:
        >>> from nbops.checks.completeness import NotNull
        >>> for one, told in plain_tolerances(NotNull("id", usual="rate(0, 1000) risk 1e-3")):
        ...     print(one.allow, told)
        0.008 it is written as what it is for a delivery as large as its baseline
        8 it is written as what it is for a delivery as large as its baseline
        0 the first row that fails refuses, as none of the baseline did
    """
    if not isinstance(check, RowCheck) or not check.usual:
        yield check, ""
        return
    tolerance = read_tolerance(check.usual)
    rows = max(1, round(tolerance.rows))
    most = tolerance.allowed(rows)
    share = min(0.999999, math.ceil(1e6 * most / rows) / 1e6) if most else 0
    told = "it is written as what it is for a delivery as large as its baseline"
    yield dataclasses.replace(check, usual="", allow=share), told
    yield dataclasses.replace(check, usual="", allow=most), told
    if tolerance.family == "rate" and not tolerance.seen:
        yield dataclasses.replace(check, usual=""), "the first row that fails refuses, as none of the baseline did"
