"""Rules about what never was: a first negative number, a first new value. One row is enough, and it only warns.

A tolerance that follows from a baseline of a thousand rows lets a dozen odd ones pass. That is right for what chance
may do. A first row with a sign or a value that never was is worth a look, however few they are. It refuses nothing,
since no sample proves that a thing cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbops.checks.values import InSet, NonNegative
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.semantic import SemanticType
from nbops.rules.candidate import Candidate, counted
from nbops.rules.evidence import Baseline

__all__ = ["never_negative", "no_new_value"]

_LEAST_AT_ZERO = 30
_LEAST_ROWS_OF_A_VALUE = 20
_MOST_VALUES = 60
_NOTE = "a first one only warns"


def never_negative(column: ColumnProfile, meaning: SemanticType) -> Iterator[Candidate]:
    """Yield the rule that no number is negative, where zero is where the numbers end, or far below them.

    Numbers end at zero when many lie just above it and none below: where 30 lie within a quarter of the quartile range
    above, chance leaves the same room below empty with a probability under one in a thousand for every distribution
    that falls off no faster than a normal one. They are far from it when zero lies further below the least of them than
    twice what lies between that and the middle.
    """
    facts = column.number
    if facts is None or facts.low is None or facts.low < 0 or facts.infinite or column.values.distinct < 2:
        return
    if not meaning.is_amount or meaning is SemanticType.COORDINATE:
        return
    quarter, middle, more = (facts.quantiles.at(share) for share in (0.25, 0.5, 0.75))
    near = round(facts.count * facts.quantiles.below((more - quarter) / 4))
    if near < _LEAST_AT_ZERO and facts.low <= 2 * (middle - facts.low):
        return
    at_zero = f", {near:,} just above zero" if near >= _LEAST_AT_ZERO else ""
    yield Candidate(
        lambda _: NonNegative(column.name, severity="warn"), "statistical", "rows below zero",
        f"0 of {facts.count:,}{at_zero}", f"{column.name} is never negative.", is_priced=False, note=_NOTE,
    )  # fmt: skip


def no_new_value(base: Baseline, column: ColumnProfile, known: list[Any]) -> Iterator[Candidate]:
    """Yield the rule that there is no other value than those *known*, where each of them is seen again and again.

    Where the rarest stands in 20 rows, the next table as large has a value that was never seen in fewer than one case
    in 400, measured on Zipf, geometric and Poisson frequencies from 200 to 100,000 rows: a long tail has rare values.
    Of several batches each value must be in two.
    """
    counts = column.values.counts or {}
    if not counts or len(known) > _MOST_VALUES or min(counts.values()) < _LEAST_ROWS_OF_A_VALUE:
        return
    batches = [one.values.counts or {} for one in base.column(column.name)]
    if len(batches) > 1 and any(sum(value in one for one in batches) < 2 for value in counts):
        return
    yield Candidate(
        lambda _: InSet(column.name, tuple(known), severity="warn", name=f"{column.name}.new_value"),
        "statistical", "rows with a new value",
        f"{counted(len(known), 'value')}, the rarest in {min(counts.values()):,} rows",
        f"{column.name} has no value that it never had.", is_priced=False, note=_NOTE,
    )  # fmt: skip
