"""Totals of closed periods, pinned: they stand beside the rules for ever, and a rule finds a past that was restated.

The totals of ``orders`` stand in ``orders.pinned/month.csv``, a line a period, and the rule file says once that they
hold. Pinning again adds the periods that were closed since; what stands there already is never changed in silence.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.checks.pinned import PERIODS, PinnedTotals, period_of, totals_by_period
from nbops.errors import UsageError, did_you_mean
from nbops.frames.comparing import moment
from nbops.frames.conditions import Per, Stat
from nbops.frames.masking import is_masked
from nbops.frames.reading import Unmeasured
from nbops.frames.scan import Measure, Scan
from nbops.frames.structure import seen_in
from nbops.records import ColumnSeen
from nbops.rules.rule import rule_of
from nbops.rules.writing import rules_added, rules_text

__all__ = ["PinnedPeriods", "Restated", "pin_totals"]

_MOST_TOTALS = 12
_FIRST = ("period", "rows")
_LAST = ("pinned", "note")
_SHARE = 1e-9
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Restated:
    """A total of a pinned period that is not what it was.

    Args:
        period: The period.
        total: The column that is summed up, or ``rows``.
        was: What was pinned.
        now: What it is.
    """

    period: str
    total: str
    was: float
    now: float


@dataclass(frozen=True, slots=True)
class PinnedPeriods:
    """What pinning did.

    Args:
        rules: The rule file.
        file: The file with the totals.
        rule: The rule, as it stands in the rule file.
        new: The periods that were pinned now.
        periods: How many are pinned in all.
        restated: What is not as it was pinned.
        is_written: Whether the files were written: not where something was restated and nobody said why.
    """

    rules: Path
    file: Path
    rule: str
    new: tuple[str, ...] = ()
    periods: int = 0
    restated: tuple[Restated, ...] = ()
    is_written: bool = True


def pin_totals(
    rules: Path,
    table: Any,
    *,
    by: str = "month",
    date: str = "",
    totals: Sequence[str] = (),
    lag_seconds: float = 0.0,
    reason: str = "",
    dry: bool = False,
    today: str = "",
) -> PinnedPeriods:
    """Pin the totals of the closed periods of a table: all but the newest, and those within the lag of it.

    Args:
        rules: The dataset's rule file, which need not exist.
        table: The dataset as it is now.
        by: The length of the periods: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
        date: The column with the moment of a row; found by its meaning when empty.
        totals: The columns to sum up; those that were pinned before, else all that are measured, when empty.
        lag_seconds: How long after its end a period still gets rows.
        reason: Why pinned totals are to be those of now; without it nothing that is pinned is changed.
        dry: Only say what would be done.
        today: The day to write beside new lines; that of the clock by default.

    Raises:
        UsageError: It is not known which column has the moments, a column is unknown or masked, or nothing is closed.
    """
    if by not in PERIODS:
        raise UsageError(f"unknown period {by!r}", where="--by", fix=did_you_mean(by, PERIODS))
    place = f"{rules.stem}.pinned/{by}.csv"
    file = rules.parent / place
    before = _read(file)
    seen = seen_in(table, at=0.0, run="", step="", name=rules.stem)
    date = date or _date_column(seen.columns)
    names = _totals(totals, before, seen.columns, date)
    found = _measured(table, date, names, by)
    closed = _closed(found["rows"], by, lag_seconds)
    if not closed and not before:
        raise UsageError(f"no {by} is closed yet: all rows lie in the newest", fix="--by day, or pin later")
    restated = tuple(_restated(before, found))
    day = today or dt.date.today().isoformat()
    rows = _rows(before, found, closed, day, reason)
    new = tuple(period for period in closed if period not in before)
    is_written = not dry and (not restated or bool(reason))
    text = _csv(rows, names)
    check = PinnedTotals(date, by, _frame(rows, names), names)
    rule = rule_of(check, other=place)
    if is_written:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        if rules.is_file():
            written, _ = rules_added(rules.read_text(encoding="utf-8"), [rule], name=str(rules))
        else:
            written = rules_text([rule], dataset=rules.stem)
        rules.write_text(written, encoding="utf-8")
    return PinnedPeriods(rules, file, rule.text, new, len(rows), restated, is_written)


# ── which columns ────────────────────────────────────────────────────────────────────────────────────────────────────


def _date_column(columns: Iterable[ColumnSeen]) -> str:
    found = [column.name for column in columns if column.meaning == "date of event" and not column.is_masked]
    if len(found) == 1:
        return found[0]
    named = ", ".join(found[:5])
    what = f"several columns hold dates: {named}" if found else "no column holds dates"
    raise UsageError(f"{what}, so it is not known which one the periods are of", fix="--date COLUMN")


def _totals(
    wanted: Sequence[str], before: Mapping[str, Mapping[str, str]], columns: Sequence[ColumnSeen], date: str
) -> tuple[str, ...]:
    known = {column.name: column for column in columns}
    for name in (date, *wanted):
        if name not in known:
            raise UsageError(f"there is no column {name!r}", fix=did_you_mean(name, known))
    first = next(iter(before.values()), {})
    pinned = tuple(name for name in first if name not in (*_FIRST, *_LAST))
    if before and wanted and set(wanted) != set(pinned):
        said = ", ".join(pinned) or "the rows alone"
        raise UsageError(f"pinned before are {said}: other totals cannot stand in one file", fix="leave --total out")
    if before:
        return pinned
    measured = [c.name for c in columns if c.meaning in ("measure", "ratio") and c.kind == "number"]
    names = tuple(wanted) or tuple(name for name in measured if not is_masked(name))[:_MOST_TOTALS]
    for name in names:
        if is_masked(name):
            raise UsageError(f"the column {name!r} is masked: its totals must not stand in git", fix="another --total")
        if known[name].kind != "number":
            raise UsageError(f"the column {name!r} holds no numbers that add up", fix="another --total")
        if name in (*_FIRST, *_LAST):
            raise UsageError(f"a column {name!r} cannot stand beside the pinned {name!r}", fix="rename it")
    return names


# ── what is, and what was ────────────────────────────────────────────────────────────────────────────────────────────


def _measured(table: Any, date: str, names: Sequence[str], by: str) -> dict[str, dict[str, float]]:
    wanted: dict[str, Measure] = {"rows": Per(Stat("rows"), (date,))}
    wanted |= {name: Per(Stat("sum", name), (date,)) for name in names}
    measured = Scan(table).measure(list(wanted.values()))
    found: dict[str, dict[str, float]] = {}
    for name, measure in wanted.items():
        sums = measured[measure]
        if isinstance(sums, Unmeasured):
            raise UsageError(f"{name} cannot be summed up by {date}: {sums.why}", fix="--date COLUMN, --total COLUMNS")
        try:
            found[name] = totals_by_period(sums, by)
        except TypeError as error:
            raise UsageError(f"{date} is no column of dates: {error}", fix="--date COLUMN") from error
    return found


def _closed(rows: Mapping[str, float], by: str, lag_seconds: float) -> list[str]:
    """Return the periods behind which the table goes on, and for longer than the lag."""
    periods = sorted(rows)
    if not periods:
        return []
    newest = _first_day(periods[-1], by)
    return [p for p in periods[:-1] if (newest - _first_day(_next(p, by), by)).days * _DAY >= lag_seconds]


def _first_day(period: str, by: str) -> dt.date:
    if by == "quarter":
        year, _, quarter = period.partition("-Q")
        return dt.date(int(year), 3 * int(quarter) - 2, 1)
    return moment({"month": f"{period}-01", "year": f"{period}-01-01"}.get(by, period)).date()


def _next(period: str, by: str) -> str:
    days = {"day": 1, "week": 7, "month": 32, "quarter": 95, "year": 370}[by]
    return period_of(_first_day(period, by) + dt.timedelta(days=days), by)


def _restated(before: Mapping[str, Mapping[str, str]], found: Mapping[str, Mapping[str, float]]) -> Iterable[Restated]:
    for period, line in before.items():
        for name, sums in found.items():
            was, now = float(line[name]), float(sums.get(period, 0))
            if abs(was - now) > _SHARE * max(abs(was), abs(now)):
                yield Restated(period, name, was, now)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(file: Path) -> dict[str, dict[str, str]]:
    """Return the lines of a file of totals by period, each cell as it is written."""
    if not file.is_file():
        return {}
    try:
        lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
        found = {line["period"]: dict(line) for line in lines}
        for line in found.values():
            _ = [float(line[name]) for name in line if name not in ("period", *_LAST)]
    except (OSError, UnicodeDecodeError, KeyError, ValueError, TypeError, csv.Error) as error:
        raise UsageError(
            f"the pinned totals cannot be read: {error}", where=str(file), fix=f"git log -- {file}"
        ) from error
    return found


def _rows(
    before: Mapping[str, Mapping[str, str]],
    found: Mapping[str, Mapping[str, float]],
    closed: Sequence[str],
    day: str,
    reason: str,
) -> list[dict[str, str]]:
    """Return all lines of the file; those of before as they stand, unless there is a reason to restate them."""
    changed = {one.period for one in _restated(before, found)} if reason else set()
    rows = []
    for period in sorted({*before, *closed}):
        if period in before and period not in changed:
            rows.append(dict(before[period]))
        else:
            totals = {name: _number(sums.get(period, 0)) for name, sums in found.items()}
            rows.append({"period": period, **totals, "pinned": day, "note": reason if period in changed else ""})
    return rows


def _number(value: float) -> str:
    """Return a total as it stands in the file: without the last digits, which floats add up to by chance."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 2**53 else f"{float(value):.13g}"


def _csv(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [*_FIRST, *names, *_LAST], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _frame(rows: Sequence[Mapping[str, str]], names: Sequence[str]) -> Any:
    import pandas

    columns: dict[str, list[Any]] = {"period": [row["period"] for row in rows]}
    columns |= {name: [float(row[name]) for row in rows] for name in ("rows", *names)}
    return pandas.DataFrame(columns)
