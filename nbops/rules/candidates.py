"""The rules that a baseline could carry, each with what was seen; the budget decides their tolerances afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nbops.checks.baseline import UsualMix, UsualSpread
from nbops.checks.completeness import NotNull, Unique
from nbops.checks.history import UsualValues
from nbops.checks.schema import Dtype, HasColumns, NotEmpty, RowCount
from nbops.checks.values import Between, InSet, IsMultipleOf, WholeNumber
from nbops.frames.profile.sketch import POINTS
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.semantic import SemanticType, expected_repeats, likely_kinds, meaning_of, period_bounds, space_of
from nbops.rules.between_columns import between_columns, comes_with_the_calendar
from nbops.rules.candidate import Candidate, counted, few
from nbops.rules.evidence import Baseline, effective, usual_rate
from nbops.rules.firsts import never_negative, no_new_value
from nbops.rules.moments import date_format, hours_of_the_day
from nbops.rules.over_time import over_time, volume
from nbops.rules.volume import row_limits
from nbops.rules.written import written

__all__ = ["candidates"]

_LEAST_ROWS = 50
_BY_DESIGN = 20  # repeats that chance would have made, from which on a key is one by design
_MOST_MIX = 8
_MOST_SEGMENTS = 200
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def candidates(base: Baseline) -> Iterator[Candidate]:
    """Yield every rule that *base* could carry, the table's own first, then column by column."""
    yield from _table(base)
    yield from _keys(base)
    for column in base.whole.columns:
        if base.column(column.name):
            yield from _column(base, column)
    yield from between_columns(base)
    yield from over_time(base)


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(base: Baseline) -> Iterator[Candidate]:
    whole, many = base.whole, len(base.batches)
    names = [name for name in whole.names if all(name in batch.names for batch in base.batches)]
    is_exact = len(names) == len(whole.names)
    yield Candidate(
        lambda _: HasColumns(tuple(names), is_exact=is_exact), "hard", "columns",
        f"{counted(len(names), 'column')} in {counted(many, 'batch', 'batches')}",
        f"It has the columns {few(names)}{' and no others' if is_exact else ''}.", is_priced=False,
    )  # fmt: skip
    yield Candidate(lambda _: NotEmpty(), "hard", "rows", counted(whole.rows, "row"), "It has rows.", is_priced=False)
    seasonal = volume(base)
    if seasonal is not None:
        yield seasonal
        return
    limits = row_limits([batch.rows for batch in base.batches])
    if limits is not None:
        yield Candidate(
            lambda risk: RowCount(*limits.at(risk), severity="fail" if limits.is_known else "warn"), "statistical",
            "rows", limits.evidence, "It has as many rows as usual.", is_priced=limits.is_known, note=limits.note,
        )  # fmt: skip


def _keys(base: Baseline) -> Iterator[Candidate]:
    whole = base.whole
    found: list[tuple[str, ...]] = [(name,) for name in whole.names if _is_key(base, name)]
    if not found:
        found = [key for key in whole.relations.keys if len(key) > 1 and _is_telling(base, key)][:1]
    for key in found[:3]:
        shown, is_sure = " + ".join(key), len(key) > 1 or _never_by_chance(base, key[0])
        yield Candidate(
            lambda _, key=key, sure=is_sure: Unique(key, severity="fail" if sure else "warn"),  # type: ignore[misc]
            "hard", "rows that share their key", f"0 of {whole.rows:,} rows",
            f"{shown} {'is' if len(key) == 1 else 'are'} never the same in two rows.", is_priced=False,
            note="" if is_sure else "chance alone might have made no repeat, so it only warns",
        )  # fmt: skip


def _is_key(base: Baseline, name: str) -> bool:
    columns = base.column(name)
    is_unique = len(columns) == len(base.batches) and all(column.is_unique for column in columns)
    return is_unique and meaning_of(columns[0]).type is SemanticType.KEY and base.usual_rows >= _LEAST_ROWS


def _never_by_chance(base: Baseline, name: str) -> bool:
    """Whether a column without repeats must be a key: it counts, or drawing its values would have repeated some."""
    columns = base.column(name)
    if any(column.text and column.text.looks.get("uuid", 0) == column.text.sampled for column in columns):
        return True
    spaces = [(column.rows, space_of(column)) for column in columns]
    return any(kinds <= 1.05 * rows for rows, kinds in spaces) or (
        sum(expected_repeats(rows, kinds) for rows, kinds in spaces) >= _BY_DESIGN
    )


def _is_telling(base: Baseline, key: tuple[str, ...]) -> bool:
    """Whether chance would have repeated the values of *key* together, were they drawn each for itself."""
    expected = 0.0
    for batch in base.batches:
        kinds = 1.0
        for name in key:
            kinds *= likely_kinds(batch.rows, batch[name].values.distinct)
        expected += expected_repeats(batch.rows, kinds)
    return expected >= _BY_DESIGN


# ── one column ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _column(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    name, kinds = column.name, {one.kind for one in base.column(column.name)}
    dated = date_format(column) if column.kind == "text" else None
    if len(kinds) == 1 and column.kind != "object" and dated is None:  # a date in text is one, too, once it is read
        yield Candidate(
            lambda _: Dtype(name, column.kind), "hard", "type", f"{column.type} in all",
            f"{name} holds {_holds(column)}.", is_priced=False,
        )  # fmt: skip
    yield _nulls(base, column)
    if column.filled < _LEAST_ROWS:
        return
    meaning = meaning_of(column).type
    if column.kind == "number":
        yield from _number(base, column, meaning)
        yield from never_negative(column, meaning)
    if dated is not None:
        yield dated
    elif column.kind == "text":
        yield from written(base, column, meaning)
    if column.kind == "time":
        yield from hours_of_the_day(base, column)
    if meaning.is_grouping:
        yield from _mix(base, column)


def _nulls(base: Baseline, column: ColumnProfile) -> Candidate:
    name = column.name
    counts = [(one.nulls, one.rows) for batch in base.batches for one in batch.columns if one.name == name and one.rows]
    never = column.nulls == 0
    return Candidate(
        lambda risk: NotNull(name, usual=str(usual_rate(counts, risk, base.prior))), "hard" if never else "statistical",
        "nulls",
        f"{column.nulls:,} of {column.rows:,} rows",
        f"{name} is never null." if never else f"{name} is null no more often than usual.",
        note="" if never else base.learning,
    )  # fmt: skip


def _number(base: Baseline, column: ColumnProfile, meaning: SemanticType) -> Iterator[Candidate]:
    name, facts = column.name, column.number
    if facts is None or facts.low is None or meaning in (SemanticType.KEY, SemanticType.COUNTER, SemanticType.ID):
        return
    bounds = period_bounds(column) if meaning in (SemanticType.PERIOD, SemanticType.CONSTANT) else None
    if bounds is not None:  # the months of ten months say nothing of the eleventh
        low, high = bounds
        yield Candidate(
            lambda _: Between(name, low, high), "hard", "rows outside", _seen_between(facts.low, facts.high),
            f"{name} lies between {low} and {high}, as the calendar has it.", is_priced=False,
        )  # fmt: skip
    elif not (meaning.is_grouping and column.values.counts is not None):
        yield Candidate(
            lambda risk: Between(name, facts.low, facts.high, usual=str(base.outside(name, risk))), "statistical",
            "rows outside", f"none of {facts.count:,} outside, by definition",
            f"{name} lies between {_value(facts.low)} and {_value(facts.high)}.",
        )  # fmt: skip
    yield from _digits(base, column)
    if meaning.is_amount and column.values.distinct > 1 and not facts.infinite:  # which lie below no quantile
        points = _points(base, name)
        if points:
            yield Candidate(
                lambda risk: _spread(name, points, base, risk), "statistical", "rows at or below each quantile",
                f"{len(points)} quantiles of {facts.count:,} values", f"{name} is spread as usual.",
                note=base.learning,
            )  # fmt: skip


def _digits(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    facts, name = column.number, column.name
    if facts is None or not column.type.lower().startswith(("float", "double", "decimal")):
        return
    if facts.whole == facts.count:
        yield Candidate(
            lambda risk: WholeNumber(name, usual=str(usual_rate([(facts.infinite, column.filled)], risk))),
            "statistical", "rows with a fraction", f"0 of {facts.count:,}", f"{name} is a whole number.",
        )  # fmt: skip
        return
    seen = sum(facts.decimals.values())
    if facts.most_decimals <= 4 and seen >= 500:
        step = float(f"1e-{facts.most_decimals}")
        yield Candidate(
            lambda risk: IsMultipleOf(name, step, usual=str(usual_rate([(0, seen)], risk))), "statistical",
            "rows with more digits", f"0 of {seen:,} sampled",
            f"{name} has at most {counted(facts.most_decimals, 'digit')} behind the point.",
        )  # fmt: skip


def _points(base: Baseline, name: str) -> list[float]:
    """Return the baseline's quantiles at which batches are compared, each once."""
    sketch = base.whole[name].number
    found = [sketch.quantiles.at(share) for share in _QUANTILES] if sketch else []
    most = float("inf") if base.whole[name].type.lower().startswith(("float", "double")) else 2.0**53  # exact ones
    return sorted({point for point in found if abs(point) < most})


def _spread(name: str, points: list[float], base: Baseline, risk: float) -> UsualSpread:
    columns = [column for column in base.column(name) if column.number and column.number.count]
    each = risk / (2 * len(points))
    found = [
        _ranks(columns[0], point) if len(columns) == 1 else _shares_at(base, columns, point, each) for point in points
    ]
    seen, under, of = zip(*found, strict=True)
    return UsualSpread(name, tuple(points), seen, under, of, risk)


def _ranks(column: ColumnProfile, point: float) -> tuple[float, float, float]:
    """Return the rank of the last value that is *point*, that of the first, and how many values there are.

    The points of a sketch are values of the table whose ranks are known exactly.
    """
    facts, counts = column.number, column.values.counts
    if facts is None:
        return 1, 1, 1
    if counts is not None:
        finite = {value: rows for value, rows in counts.items() if abs(value) != float("inf")}
        at_most = sum(rows for value, rows in finite.items() if value <= point)
        return at_most, at_most - finite.get(point, 0) + 1, facts.count
    (buffer,) = facts.quantiles.buffers
    places = [at for at, value in enumerate(buffer.points) if value == point]
    ranks = [at + 1 if buffer.weight == 1 else int((at + 0.5) * (buffer.rows / POINTS)) + 1 for at in places]
    return ranks[-1], ranks[0], buffer.rows


def _shares_at(base: Baseline, columns: list[ColumnProfile], point: float, risk: float) -> tuple[float, float, float]:
    """Return the rows at or below *point*, those strictly below, and of how many, as several batches tell them."""
    facts = [column.number for column in columns if column.number]
    upto = [(one.quantiles.below(point) * one.count, one.count) for one in facts]
    under = [(one.quantiles.below(point, or_equal=False) * one.count, one.count) for one in facts]
    at_most, strictly = effective(upto, risk, base.prior), effective(under, risk, base.prior)
    of = min(at_most[1], strictly[1])
    return at_most[0] * of / at_most[1], strictly[0] * of / strictly[1], of


def _mix(base: Baseline, column: ColumnProfile) -> Iterator[Candidate]:
    name, counts = column.name, column.values.counts
    columns = base.column(name)
    if counts is None or any(one.values.counts is None for one in columns) or comes_with_the_calendar(base, name):
        return
    if 20 * column.values.once <= column.filled and column.values.distinct <= 200:
        listed = sorted(counts, key=str)
        yield Candidate(
            lambda risk: InSet(name, tuple(listed), usual=str(base.unseen(name, risk))), "statistical",
            "rows with a new value", f"{counted(len(listed), 'value')}, {column.values.once:,} of them seen once",
            f"{name} is one of {few(list(map(str, listed)))}.",
        )  # fmt: skip
        yield from no_new_value(base, column, listed)
    usual = [value for value, rows in counts.items() if rows >= 10][:_MOST_MIX]
    if len(usual) > 1:
        yield Candidate(
            lambda risk: _shares(base, name, usual, risk), "statistical", "rows of each value",
            f"{counted(len(usual), 'value')} in {column.filled:,} rows", f"The mix of {name} is as usual.",
            note=base.learning,
        )  # fmt: skip
    others = [value for value, rows in counts.items() if rows >= 10][_MOST_MIX:_MOST_SEGMENTS]
    if others:
        yield Candidate(
            lambda risk: _segments(base, name, others, risk), "statistical", "values that are missing",
            f"{counted(len(others), 'value')} beside the commonest {_MOST_MIX}, each in 10 rows or more",
            f"{name} has all of its usual values.", note=base.learning,
        )  # fmt: skip


def _shares(base: Baseline, name: str, values: list[Any], risk: float) -> UsualMix:
    seen, of = _rows_with(base, name, values, risk / (2 * len(values)))
    return UsualMix(name, tuple(values), seen, of, risk)


def _segments(base: Baseline, name: str, values: list[Any], risk: float) -> UsualValues:
    seen, of = _rows_with(base, name, values, risk / len(values))
    return UsualValues(name, tuple(values), seen, of, risk, severity="warn", allow_empty=True)


def _rows_with(
    base: Baseline, name: str, values: list[Any], risk: float
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return in how many rows each of *values* stands, and of how many, as several batches tell it."""
    columns = base.column(name)
    pairs = [
        effective([((one.values.counts or {}).get(value, 0), one.rows) for one in columns], risk, base.prior)
        for value in values
    ]
    return tuple(k for k, _ in pairs), tuple(n for _, n in pairs)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _value(value: float | None) -> str:
    if value is None or (isinstance(value, float) and not value.is_integer()):
        return f"{value:,.6g}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.0f}"


def _seen_between(low: float, high: float | None) -> str:
    return _value(low) if low == high else f"{_value(low)} to {_value(high)}"


def _holds(column: ColumnProfile) -> str:
    return {"number": "numbers", "bool": "truth values", "text": "text", "time": "moments"}[column.kind]
