"""Rules about several columns at once: orders, sums, one that decides another, two that go together.

They are what catches values that are each valid and stand in the wrong row.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from statistics import median

from nbops.checks.completeness import NullsTogether
from nbops.checks.history import UsualDependency
from nbops.checks.model import Check
from nbops.checks.relations import Compare, Implies, PartsSumTo
from nbops.frames.profile.dependencies import Dependency, Halves
from nbops.frames.profile.table import Profile
from nbops.rules.candidate import Candidate
from nbops.rules.evidence import Baseline, effective, usual_rate

__all__ = ["between_columns", "comes_with_the_calendar"]

_LEAST_ROWS = 50
_TELLING_ROWS = 350
_NEAR_THE_MIDDLE = 0.15
_WORDS = frozenset({*keyword.kwlist, "null", "true", "false"})


def between_columns(base: Baseline) -> Iterator[Candidate]:
    """Yield the rules that *base* could carry about several of its columns at once."""
    yield from _exact(base)
    yield from _dependencies(base)
    yield from _halves(base)


def _exact(base: Baseline) -> Iterator[Candidate]:
    whole = base.whole
    for order in whole.relations.orders:
        if order.rows >= _LEAST_ROWS:
            counts = [(0, order.rows)]
            yield Candidate(
                lambda risk, o=order, c=counts: Compare(o.left, "<=", o.right, usual=str(usual_rate(c, risk))),  # type: ignore[misc]
                "statistical", "rows the other way round", f"0 of {order.rows:,} compared",
                f"{order.left} is at most {order.right}.",
            )  # fmt: skip
    for one in whole.relations.sums:
        counts = [(0, one.rows)]
        yield Candidate(
            lambda risk, s=one, c=counts: PartsSumTo(  # type: ignore[misc]
                (s.left, s.right), s.total, s.tolerance, usual=str(usual_rate(c, risk))
            ),
            "statistical", "rows that do not add up", f"0 of {one.rows:,} computed",
            f"{one.left} and {one.right} add up to {one.total}.",
        )  # fmt: skip
    for (left, right), both in whole.relations.nulls_together.items():
        if 10 <= both < whole.rows and both == whole[left].nulls == whole[right].nulls:
            yield Candidate(
                lambda risk, names=(left, right): NullsTogether(names, usual=str(usual_rate([(0, whole.rows)], risk))),  # type: ignore[misc]
                "statistical", "rows with one of them null", f"0 of {whole.rows:,}, both null in {both:,}",
                f"{left} and {right} are null together.",
            )  # fmt: skip


def comes_with_the_calendar(base: Baseline, name: str) -> str:
    """Return the column of moments that decides *name*, as a day does the name of its month; empty when none does."""
    found = [one.left for one in base.whole.relations.dependencies if one.right == name]
    return next((left for left in found if base.whole[left].kind == "time"), "")


def _dependencies(base: Baseline) -> Iterator[Candidate]:
    for one in base.whole.relations.dependencies:
        counts = [(found.odd, found.rows) for batch in base.batches for found in _same_dependency(batch, one)]
        calendar = base.whole[one.left].kind == "time"
        yield Candidate(
            lambda risk, d=one, c=counts: _decides(d, c, base, risk),  # type: ignore[misc]
            "statistical", "rows that disagree with the others of their value",
            f"{one.odd:,} of {one.rows:,} rows that repeat a value, by chance {one.by_chance:,.0f}",
            f"{one.left} decides {one.right}.",
            note=f"{one.right} comes with the calendar, so that its values are no closed set" if calendar else "",
        )  # fmt: skip


def _same_dependency(batch: Profile, one: Dependency) -> list[Dependency]:
    return [found for found in batch.relations.dependencies if (found.left, found.right) == (one.left, one.right)]


def _decides(one: Dependency, counts: list[tuple[float, float]], base: Baseline, risk: float) -> Check:
    odd, rows = effective(counts, risk, base.prior)
    return UsualDependency(one.left, one.right, odd, rows, float(f"{risk:.3g}"), severity="warn")


def _halves(base: Baseline) -> Iterator[Candidate]:
    for each in _in_most(base):
        one = Halves(
            each[0].left, each[0].right, 0.0, 0.0, each[0].rises, sum(f.rows for f in each), sum(f.odd for f in each)
        )
        at_left, at_right = median(found.at_left for found in each), median(found.at_right for found in each)
        if not (_is_steady(base, one.left, at_left) and _is_steady(base, one.right, at_right)):
            continue  # middles that move from batch to batch are no points to judge the next by
        counts = [(found.odd, found.rows) for found in each]
        side = ">" if one.rises else "<="
        yield Candidate(
            lambda risk, h=one, a=at_left, b=at_right, s=side, c=counts: Implies(  # type: ignore[misc]
                f"{_quoted(h.left)} > {a!r}", f"{_quoted(h.right)} {s} {b!r}",
                usual=str(usual_rate(c, risk, base.prior)), severity="warn", allow_empty=True,
            ),
            "statistical", "rows whose values lie in opposite halves",
            f"{one.odd:,} of {one.rows:,} where {one.left} is high",
            f"{one.right} is {'high' if one.rises else 'low'} where {one.left} is high.",
        )  # fmt: skip


def _in_most(base: Baseline) -> list[list[Halves]]:
    """Return the pairs that most batches of enough rows show, each as those batches count it."""
    large = [batch for batch in base.batches if batch.rows >= _TELLING_ROWS]
    found: dict[tuple[str, str, bool], list[Halves]] = {}
    for batch in large:
        for one in batch.relations.halves:
            found.setdefault((one.left, one.right, one.rises), []).append(one)
    return [each for each in found.values() if len(each) > 0.8 * len(large)]


def _is_steady(base: Baseline, name: str, middle: float) -> bool:
    """Whether *middle* is near the middle of the column in every batch."""
    if base.is_one:
        return True
    facts = [column.number for column in base.column(name) if column.number]
    below = [(one.quantiles.below(middle, or_equal=False), one.quantiles.below(middle)) for one in facts]
    return all(less - _NEAR_THE_MIDDLE <= 0.5 <= most + _NEAR_THE_MIDDLE for less, most in below)


def _quoted(name: str) -> str:
    return name if name.isidentifier() and name not in _WORDS else f"`{name}`"
