"""Rules that need several batches: volume with its season, running totals, levels that move, a file seen before."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import variance

from nbops.checks.aggregates import Max
from nbops.checks.history import NotDelivered, UsualNumber, growth
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.profile.times import DAY, moment_text
from nbops.frames.semantic import SemanticType, meaning_of
from nbops.records import Severity
from nbops.rules.candidate import Candidate
from nbops.rules.evidence import Baseline
from nbops.stats.forecast import forecast
from nbops.stats.pooling import pooled_variance

__all__ = ["over_time", "volume"]

_ENOUGH = 5
_FOR_LEVELS = 8
_FEW = 10
_BY_CHANCE = 7  # numbers, of which one order in 5,040 is the rising one
_MOST_KEPT = 400
_REMEMBERED = 30
_STEADY = 0.01  # growth is never known better than to one in a hundred
_MOST_SUMS = 2
_BEGINS = "%Y-%m-%d"  # how a text in ISO 8601 begins
_GROWING = (SemanticType.KEY, SemanticType.ID, SemanticType.COUNTER, SemanticType.LOAD_DATE, SemanticType.EVENT_DATE)


@dataclass(frozen=True, slots=True)
class _History:
    """A number of each batch, and the day of each."""

    statistic: str
    column: str
    seen: tuple[float, ...]
    on: str = ""
    days: tuple[dt.date, ...] = ()
    is_log: bool = False
    least: float = 0.0
    is_growth: bool = False

    @property
    def terms(self) -> tuple[str, ...]:
        """What it follows, as far as the history shows it."""
        if not self.on:
            return ()
        return forecast(self.days, self.scaled, self.days[-1], 0.5).terms

    @property
    def scaled(self) -> list[float]:
        """The numbers as they are judged."""
        return [math.log(one) for one in self.seen] if self.is_log else list(self.seen)

    def check(self, risk: float, severity: Severity, prior: tuple[float, float] = (0.0, 0.0)) -> UsualNumber:
        """Return the rule, for which *prior* tells a variance and what it is worth."""
        return UsualNumber(
            self.statistic, tuple(map(_short, self.seen)), float(f"{risk:.3g}"), self.column, self.on,
            tuple(self.days) if self.on else (), is_log=self.is_log, is_growth=self.is_growth,
            least=_short(self.least), spread=_short(math.sqrt(prior[0])), degrees=_short(prior[1]), severity=severity,
        )  # fmt: skip

    def evidence(self, terms: Sequence[str]) -> str:
        """Return what was seen, in words."""
        follows = f", following {' and '.join(terms)}" if terms else ""
        return f"{min(self.seen):,.6g} to {max(self.seen):,.6g} in {len(self.seen)} batches{follows}"


def _short(value: float) -> float:
    return float(f"{value:.7g}") if value % 1 else value


def volume(base: Baseline) -> Candidate | None:
    """Return the rule of the number of rows where it follows a trend or a season; None where it does not."""
    rows = [batch.rows for batch in base.batches]
    if len(rows) < _ENOUGH:
        return None
    found = _history(base, "rows", "", rows, is_log=True, least=1 / math.sqrt(min(rows)))
    terms = found.terms
    if not terms:
        return None
    return Candidate(
        lambda risk: found.check(risk, "fail"), "statistical", "rows", found.evidence(terms),
        f"It has as many rows as {_such(terms)}.",
    )  # fmt: skip


def _such(terms: Sequence[str]) -> str:
    """Return what a table is compared with, in words."""
    words = {"weekday": "on the same weekday", "weekend": "on such days of the week", "month": "in such a month"}
    told = [words[term] for term in terms if term in words]
    return " ".join(["usual", *told, *(["as it grows or falls"] if "trend" in terms else [])])


def over_time(base: Baseline) -> Iterator[Candidate]:
    """Yield the rules that *base* could carry about how one batch follows the other; all of them only warn."""
    if base.is_one:
        return
    yield from _repeated(base)
    if len(base.batches) < 3:
        return
    for column in base.whole.columns:
        yield from _goes_on(base, column)
    entities = [found for column in base.whole.columns for found in _entities(base, column)]
    prior = _spread(entities) if len(base.batches) < _FEW else (0.0, 0.0)
    for one in entities:
        terms = one.terms
        yield Candidate(
            lambda risk, h=one: h.check(risk, "warn", prior), "statistical", "different values",  # type: ignore[misc]
            one.evidence(terms), f"{one.column} has as many different values as usual.", note=base.learning,
        )  # fmt: skip
    for column in base.whole.columns:
        yield from _moving(base, column)


def _repeated(base: Baseline) -> Iterator[Candidate]:
    """Yield the rule that the table is none of the batches, where the sums of its columns can tell them apart."""
    batches = base.batches[-_REMEMBERED:]
    telling = [column for column in base.whole.columns if _has_telling_sum(base, column)]
    telling.sort(key=lambda column: not meaning_of(column).type.is_amount)
    able = [column.name for column in telling[:_MOST_SUMS]]
    sums = [[_sum(batch[name]) for name in able] for batch in batches]
    if not able or len({(batch.rows, *known) for batch, known in zip(batches, sums, strict=True)}) < len(batches):
        return
    yield Candidate(
        lambda _: NotDelivered(
            tuple(able), tuple(batch.rows for batch in batches), tuple(map(tuple, sums)), severity="warn"
        ),
        "hard", f"rows and sums of {', '.join(able)}", f"no two of {len(batches)} batches have the same",
        f"It is none of the last {len(batches)} batches, by its rows and the sums of {', '.join(able)}.",
        is_priced=False,
    )  # fmt: skip


def _has_telling_sum(base: Baseline, column: ColumnProfile) -> bool:
    columns = base.column(column.name)
    if column.kind != "number" or len(columns) < len(base.batches):
        return False
    return all(one.number and math.isfinite(_sum(one)) and one.values.distinct >= 30 for one in columns)


def _sum(column: ColumnProfile) -> float:
    return float(f"{column.number.mean * column.number.count:.11g}") if column.number else math.nan


def _goes_on(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    """Yield the rule that a column goes on where the last batch ended, if every batch did."""
    tops = _tops(base, column)
    if meaning_of(column).type not in _GROWING or len(tops) < len(base.batches) or not _rise(tops):
        return
    if len(tops) < _BY_CHANCE and not _follow(base, column):
        return  # three numbers rise by chance every sixth time
    if column.kind == "time":
        unit = DAY if column.time and column.time.unit == "day" else 1
        following, shown = moment_text(tops[-1] + unit), moment_text(tops[-1])
        low: object = following
    else:
        low, shown = (int(tops[-1]) + 1 if tops[-1] % 1 == 0 else tops[-1]), f"{tops[-1]:,.10g}"
    yield Candidate(
        lambda _: Max(column.name, low=low, severity="warn"), "hard", f"the largest {column.name}",
        f"it rose with each of {len(tops)} batches, last to {shown}",
        f"{column.name} goes on after {shown}, where the last batch ended.", is_priced=False, note=base.learning,
    )  # fmt: skip
    found = _history(base, "max", column.name, tops, is_log=True, least=_STEADY)
    if column.kind == "number" and len(tops) >= _FOR_LEVELS and found.on:
        found = replace(found, is_growth=True)
        more = growth(found.days, found.seen)
        yield Candidate(
            lambda risk: found.check(risk, "warn"), "statistical", f"how much {column.name} grew a day",
            f"{min(more):,.6g} to {max(more):,.6g} a day in {len(more)} steps",
            f"{column.name} grows as fast as usual.",
        )  # fmt: skip


def _tops(base: Baseline, column: ColumnProfile) -> list[float]:
    """Return the largest number or moment of each batch that has one; none of those that know their zone."""
    facts = [one.number or one.time for one in base.column(column.name) if not (one.time and one.time.has_zone)]
    return [one.high for one in facts if one is not None and one.high is not None]


def _written_tops(base: Baseline, column: ColumnProfile) -> list[float]:
    """Return the newest moment of each batch that has one, of texts which sort as the days that they begin with."""
    found = (_written_top(one) for one in base.column(column.name))
    return [top for top in found if top is not None]


def _written_top(column: ColumnProfile) -> float | None:
    """Return the newest moment, in a sample where they are many; None where not all texts begin with a day."""
    text, counts = column.text, column.values.counts
    if text is None:
        return None
    if text.moments is not None and text.form.startswith(_BEGINS):
        return text.moments.high
    known = list(counts) if counts else []  # a delivery of one day may hold one text alone
    if not known or text.looks.get("date", 0) + text.looks.get("moment", 0) < text.sampled:
        return None
    try:
        return max((dt.date.fromisoformat(one[:10]) - dt.date(1970, 1, 1)).days for one in known) * float(DAY)
    except ValueError:
        return None


def _follow(base: Baseline, column: ColumnProfile) -> bool:
    """Whether each batch begins after the one before it ended."""
    facts = [one.number or one.time for one in base.column(column.name)]
    ends = [(one.low, one.high) for one in facts if one is not None and one.low is not None and one.high is not None]
    return all(high < low for (_, high), (low, _) in itertools.pairwise(ends))


def _rise(values: Sequence[float]) -> bool:
    return all(one < other for one, other in itertools.pairwise(values))


def _entities(base: Baseline, column: ColumnProfile) -> Iterator[_History]:
    """Yield how many different customers, products or other entities each batch has."""
    columns = base.column(column.name)
    if len(columns) < len(base.batches) or meaning_of(column).type not in (SemanticType.ID, SemanticType.CODE):
        return
    seen = [one.values.distinct for one in columns]
    if column.values.counts is None and min(seen) >= 30 and all(one.values.is_exact for one in columns):
        yield _history(base, "distinct", column.name, seen, is_log=True, least=1 / math.sqrt(min(seen)))


def _spread(histories: Sequence[_History]) -> tuple[float, float]:
    """Return the variance that all of *histories* tell together, and what it is worth."""
    steady = [one for one in histories if not one.terms]
    many = len(steady[0].seen) if steady else 0
    return pooled_variance([variance(one.scaled) for one in steady], many - 1) if many > 1 else (0.0, 0.0)


def _moving(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    """Yield the rule of the middle of a column of amounts, where it follows a trend or a season."""
    columns = [one.number for one in base.column(column.name) if one.number]
    if len(base.batches) < _FOR_LEVELS or len(columns) < len(base.batches) or not meaning_of(column).type.is_amount:
        return
    found = _history(base, "median", column.name, [one.quantiles.at(0.5) for one in columns])
    if all(map(math.isfinite, found.seen)) and (terms := found.terms):
        yield _followed(found, terms, f"The middle of {column.name} is as {_such(terms)}.")


def _followed(found: _History, terms: Sequence[str], sentence: str) -> Candidate:
    return Candidate(
        lambda risk: found.check(risk, "warn"), "statistical", f"the {found.statistic} of {found.column}",
        found.evidence(terms), sentence,
    )  # fmt: skip


def _history(
    base: Baseline, statistic: str, column: str, seen: Sequence[float], *, is_log: bool = False, least: float = 0.0
) -> _History:
    on, days = _days(base)
    kept = slice(-_MOST_KEPT, None)
    return _History(statistic, column, tuple(seen[kept]), on, tuple(days[kept]), is_log, least)


def _days(base: Baseline) -> tuple[str, list[dt.date]]:
    """Return the column of moments whose newest day rises from batch to batch, and that day of each; or nothing.

    Texts that begin with the day, the year first, are in the order of the days: CSV files hold no others.
    """
    for column in sorted(base.whole.columns, key=lambda column: column.kind != "time"):
        tops = _tops(base, column) if column.kind == "time" else _written_tops(base, column)
        days = [int(top) // DAY for top in tops]
        if len(days) == len(base.batches) and _rise(days):
            return column.name, [dt.date(1970, 1, 1) + dt.timedelta(days=day) for day in days]
    return "", []
