"""Rules that refuse one bad table and pass the good ones: what a test is made of when an error has happened.

A rule is proposed only when both were shown by judging: it fails on the bad table, and passes on every good one. So
that the second is more than a memory of what it was made from, rules are learnt from the older good tables where there
are enough of them, and the newest are judged unseen.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from nbops.checks.baseline import UsualMix, UsualSpread
from nbops.checks.completeness import DistinctRows, NotNull, Unique
from nbops.checks.history import UsualValues
from nbops.checks.model import Check
from nbops.checks.schema import Dtype, HasColumns, NotEmpty, RowCount
from nbops.checks.suite import judge_table
from nbops.checks.text import AsciiOnly, LowerCase, NoMojibake, NotBlank, Printable, Trimmed, UpperCase
from nbops.checks.values import Between, InSet
from nbops.errors import NbopsError
from nbops.frames.profile.table import ColumnProfile, Profile, profile
from nbops.records import CheckResult, Status
from nbops.rules.rule import rule_of
from nbops.rules.suggest import suggest_from

__all__ = ["Proven", "separating"]

_ENOUGH = 4  # good tables, of which the newest third is judged unseen
_FEW_VALUES = 20
_ROOM = 0.5  # of the span of what was seen, on both sides
_FAMILIES = {"number": "number", "bool": "bool", "text": "text", "time": "time"}
_WRITTEN = (UpperCase, LowerCase, Trimmed, NotBlank, AsciiOnly, Printable, NoMojibake)
_HARD_TO_READ = (UsualMix, UsualSpread, UsualValues)  # they say "like before", which tells a person little
_REFUSES = (Status.FAILED, Status.WARNED)


@dataclass(frozen=True, slots=True)
class Proven:
    """A rule that told a bad table from good ones.

    Args:
        check: The rule, of severity ``fail``.
        result: What it said of the bad table.
        passed: On how many good tables it passed.
        unseen: How many of these it was not made from.
        is_hard: Whether what it forbids is wrong however much chance there is.
    """

    check: Check
    result: CheckResult
    passed: int
    unseen: int
    is_hard: bool

    @property
    def text(self) -> str:
        """The rule as a line of a rule file."""
        return rule_of(self.check).text


def separating(good: Sequence[Any], bad: Any, *, hints: Collection[str] = ()) -> tuple[Proven, ...]:
    """Return the rules that refuse *bad* and pass all of *good*, the most telling first.

    Args:
        good: Tables as they should be, the oldest first; at least one.
        bad: The table with the error in it.
        hints: Columns that the error is known to be about.

    Example:
        >>> import pandas as pd
        >>> good = [pd.DataFrame({"id": range(n, n + 90), "price": [1.0, 2.0, 3.0] * 30}) for n in range(6)]
        >>> bad = good[0].assign(price=[1.0, 2.0, -300.0] * 30)
        >>> [proven.text for proven in separating(good, bad, hints=["price"])][0]
        "between: {column: price, low: 1.0, high: 3.0, usual: 'bounds(360) risk 0.002'}"
    """
    seen = good[: -(len(good) // 3)] if len(good) >= _ENOUGH else good
    made = {rule_of(check).text: (check, is_hard) for check, is_hard in _made(seen)}
    refused = [(check, is_hard, result) for (check, is_hard), result in _judged(bad, made) if result.status in _REFUSES]
    held = [_passed(table, [check for check, _, _ in refused]) for table in good]
    proven = [
        Proven(check, result, len(good), len(good) - len(seen), is_hard)
        for number, (check, is_hard, result) in enumerate(refused)
        if all(each[number] for each in held)
    ]
    return tuple(sorted(proven, key=lambda one: _rank(one, hints)))


def _rank(one: Proven, hints: Collection[str]) -> tuple[bool, bool, bool, bool, float]:
    """Return what puts a rule before others: it names what is meant, it is hard, it is about the table."""
    columns = one.check.looks_at
    share = one.result.share if one.result.share is not None else 1.0
    is_meant = not hints or any(name in hints for name in columns)
    return not is_meant, isinstance(one.check, _HARD_TO_READ), not one.is_hard, bool(columns), -share


def _made(seen: Sequence[Any]) -> Iterator[tuple[Check, bool]]:
    batches = [profile(table) for table in seen]
    with_rows = [batch for batch in batches if batch.rows]
    if not with_rows:
        return
    going_on = {
        name for name in with_rows[-1].names if _goes_on([each for each in with_rows if name in each.names], name)
    }
    for one in suggest_from(with_rows).rules:
        if not one.other and not (one.nature == "statistical" and going_on.intersection(one.check.looks_at)):
            yield _stopping(one.check), one.nature == "hard"
    for check, is_hard in _plain(with_rows):
        if not (isinstance(check, Between) and check.column in going_on):
            yield check, is_hard


def _goes_on(batches: Sequence[Profile], name: str) -> bool:
    """Return whether a column counts on from table to table, as a day does: any limit of it is passed some time."""
    facts = [batch[name].number for batch in batches]
    lows = [one.low for one in facts if one is not None and one.low is not None]
    highs = [one.high for one in facts if one is not None and one.high is not None]
    rises = all(a < b for a, b in pairwise(lows)) and all(a < b for a, b in pairwise(highs))
    return len(lows) == len(batches) >= _ENOUGH - 1 and rises


def _stopping(check: Check) -> Check:
    return replace(check, severity="fail") if check.severity != "fail" else check


def _plain(batches: Sequence[Profile]) -> Iterator[tuple[Check, bool]]:
    """Yield rules with room on both sides of all that was seen, for baselines that are too small for better ones."""
    rows = [batch.rows for batch in batches]
    yield NotEmpty(), True
    yield DistinctRows(), True
    room = _ROOM * (max(rows) - min(rows)) if len(rows) >= _ENOUGH - 1 else max(rows)
    yield RowCount(low=max(math.floor(min(rows) - room), 1)), False
    yield RowCount(high=math.ceil(max(rows) + room)), False
    names = [name for name in batches[-1].names if all(name in batch.names for batch in batches)]
    yield HasColumns(tuple(names)), True
    for name in names:
        columns = [batch[name] for batch in batches]
        yield from _plain_column(name, columns)


def _plain_column(name: str, columns: Sequence[ColumnProfile]) -> Iterator[tuple[Check, bool]]:
    kinds = {column.kind for column in columns}
    if len(kinds) == 1 and (family := _FAMILIES.get(columns[0].kind)):
        yield Dtype(name, family), True
    if not any(column.nulls for column in columns):
        yield NotNull(name), True
    if all(column.is_unique for column in columns):
        yield Unique((name,)), True
    counts = [column.values.counts for column in columns]
    values = {value for some in counts for value in some or ()}
    if columns[0].kind == "text" and None not in counts and 0 < len(values) <= _FEW_VALUES:
        yield InSet(name, tuple(sorted(values))), False
    if columns[0].kind == "text":
        yield from ((check(name), False) for check in _WRITTEN)
    facts = [column.number for column in columns if column.number is not None]
    ends = [end for one in facts for end in (one.low, one.high) if end is not None]
    if len(facts) == len(columns) and ends:
        low, high = min(ends), max(ends)
        room = _ROOM * (high - low)
        yield Between(name, _round(low - room if low < 0 else max(0.0, low - room))), False
        yield Between(name, high=_round(high + room)), False


def _round(value: float) -> float | int:
    """Return *value* with three digits that tell something, as a person would write it."""
    short = float(f"{value:.3g}")
    return int(short) if short.is_integer() else short


def _judged(table: Any, made: dict[str, tuple[Check, bool]]) -> list[tuple[tuple[Check, bool], CheckResult]]:
    found = [(one, _verdict(table, one[0])) for one in made.values()]
    return [(one, result) for one, result in found if result is not None]


def _passed(table: Any, checks: Sequence[Check]) -> list[bool]:
    return [(result := _verdict(table, check)) is not None and result.status is Status.PASSED for check in checks]


def _verdict(table: Any, check: Check) -> CheckResult | None:
    """Return the verdict of one rule; None when it could not be judged, which proves nothing."""
    try:
        return judge_table(table, [check], limit=5)[0]
    except NbopsError:
        return None
