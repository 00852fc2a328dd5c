"""What looks wrong in a table now: advice, no verdict. Each finding says how much, shows some, and how to guard it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from nbops.checks.completeness import NotNull, Unique
from nbops.checks.dates import NotBefore
from nbops.checks.model import Check
from nbops.checks.schema import Dtype
from nbops.checks.text import NotBlank, NotMatches, Printable, Trimmed
from nbops.checks.values import AtMost, InSet, IsFinite, NotInSet
from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.frames.profile.times import DAY, moment_text
from nbops.frames.semantic import SemanticType, is_postal, meaning_of
from nbops.rules.hygiene_texts import text_findings
from nbops.rules.hygiene_words import Finding, share_text

__all__ = ["Certainty", "Finding", "findings"]

Certainty = Literal["definite", "likely", "possible"]
_OLDEST = -70 * 365.25 * DAY  # 1900
_FAR = 10.0
_LEAST_TELLING = 8


@dataclass(frozen=True, slots=True)
class _Now:
    """The day on which a table is looked at, in microseconds since 1970."""

    at: float


def findings(profile: Profile, *, now: dt.datetime | None = None) -> tuple[Finding, ...]:
    """Return what looks wrong in the table of *profile*, what is certain first.

    Args:
        profile: Its profile, not read from a file: a written profile has fewer values.
        now: The day by which dates are old or in the future; today when None.

    Example:
        >>> import pandas as pd
        >>> from nbops.frames.profile.table import profile
        >>> found = findings(profile(pd.DataFrame({"city": ["Oslo", "n/a", "Oslo "] * 10})))
        >>> [(one.column, one.count, one.what) for one in found][:2]
        [('city', 10, "'n/a' stands where a value is missing"), ('city', 10, 'white space around the text')]
    """
    today = (now or dt.datetime.now(dt.UTC)).timestamp() * 1e6
    found = [one for column in profile.columns for look in _COLUMN for one in look(column, _Now(today))]
    found += [one for look in _TABLE for one in look(profile, _Now(today))]
    order = ("definite", "likely", "possible")
    return tuple(sorted(found, key=lambda one: order.index(one.certainty)))


# ── one column ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _empty(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    if column.rows and not column.filled:
        fix = f"df = df.drop(columns={column.name!r})"
        yield Finding(column.name, "no value at all", column.rows, column.rows, (), fix, None, "possible")
    elif column.values.distinct == 1 and column.filled > 20:
        (value, rows), *_rest = column.values.most_frequent or (("", 0),)
        fix = "is it meant to be the same in all rows?"
        rule = InSet(column.name, (value,)) if rows else None
        yield Finding(
            column.name, "one value in all rows", column.filled, column.rows, (str(value),), fix, rule, "possible"
        )


def _sentinels(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    for value, rows in column.values.sentinels.items():
        if column.kind == "number" and not _is_apart(column, float(value)):
            continue
        what = f"{value!r} stands where a value is missing" if column.kind == "text" else (
            f"{value} may stand where a value is missing"
        )  # fmt: skip
        code = repr(value) if column.kind != "number" else value
        fix = f"df[{column.name!r}] = df[{column.name!r}].replace({code}, None)"
        rule: Check = NotBefore(column.name, "1901-01-01")
        if column.kind != "time":
            rule = NotInSet(column.name, (float(value) if column.kind == "number" else value,))
        certainty: Certainty = "definite" if column.kind == "text" else "likely"
        yield Finding(column.name, what, rows, column.filled, (value,), fix, rule, certainty)


def _is_apart(column: ColumnProfile, value: float) -> bool:
    """Whether *value* lies at the very end of the numbers, and far from the others."""
    facts = column.number
    if facts is None or facts.low is None or facts.high is None or value not in (facts.low, facts.high):
        return False
    low, high = facts.quantiles.at(0.1), facts.quantiles.at(0.9)
    return value < low - 3 * (high - low) or value > high + 3 * (high - low)


def _few_nulls(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    if 0 < column.null_share < 0.03 and column.rows >= 100:
        fix = f"df[df[{column.name!r}].isna()] shows them: fill, or drop with a reason"
        rule = NotNull(column.name, allow=round(column.null_share * 2, 4))
        yield Finding(column.name, "a few nulls", column.nulls, column.rows, (), fix, rule, "possible")


def _nearly_one(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    known = column.values.most_frequent
    if not known or column.values.distinct < 2 or meaning_of(column).type is SemanticType.FLAG:
        return
    value, rows = known[0]
    if 0.97 <= rows / column.filled < 1 and column.filled >= 100:
        others = tuple(str(other) for other, _ in known[1:4])
        what = f"{share_text(rows, column.filled)} are {value!r}, the rest differ"
        fix = "are the others meant?"
        yield Finding(column.name, what, column.filled - rows, column.filled, others, fix, None, "possible")


def _numbers(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    facts, name = column.number, column.name
    if facts is None or facts.low is None or facts.high is None:
        return
    if facts.infinite:
        fix = f"df[{name!r}] = df[{name!r}].replace([float('inf'), -float('inf')], None)"
        yield Finding(
            name, "infinite numbers", facts.infinite, column.filled, ("inf",), fix, IsFinite(name), "definite"
        )
    if column.nulls and facts.whole == facts.count and column.type.startswith("float"):
        fix = f"df[{name!r}] = df[{name!r}].astype('Int64')"
        what = "whole numbers stored as floats, because of its nulls"
        yield Finding(name, what, facts.count, column.rows, (), fix, Dtype(name, "number"), "possible")
    yield from _lost_zeros(column)
    low, high = facts.quantiles.at(0.01), facts.quantiles.at(0.99)
    reach = _FAR * (high - low)
    if facts.count >= 100 and reach > 0 and meaning_of(column).type.is_amount and facts.high > high + reach:
        fix = f"df.nlargest(5, {name!r}) shows them: another unit, or a slip of the decimal point?"
        count = max(1, round(facts.count * (1 - facts.quantiles.below(high + reach))))
        rule = AtMost(name, float(f"{high + reach:.3g}"))
        yield Finding(
            name, "numbers far beyond the others", count, facts.count, (f"{facts.high:,}",), fix, rule, "possible"
        )


def _lost_zeros(column: ColumnProfile) -> Iterator[Finding]:
    facts, name = column.number, column.name
    if facts is None or facts.low is None or facts.high is None or facts.whole != facts.count or not is_postal(column):
        return
    long = len(str(int(facts.high)))
    short = round(facts.count * facts.quantiles.below(10 ** (long - 1), or_equal=False))
    if facts.low >= 0 and short:
        what = f"postal codes of fewer than {long} digits: read as numbers, they lost their zeros"
        fix = f"pd.read_csv(…, dtype={{{name!r}: str}})"
        yield Finding(name, what, short, facts.count, (str(int(facts.low)),), fix, Dtype(name, "text"), "likely")


def _dates(column: ColumnProfile, now: _Now) -> Iterator[Finding]:
    facts, name = column.time, column.name
    if facts is None or facts.low is None or facts.high is None:
        return
    if facts.low < _OLDEST and "1899-12-31" not in column.values.sentinels:
        fix = f"df[df[{name!r}] < '1900'] shows them"
        rule = NotBefore(name, "1900-01-01")
        yield Finding(name, "dates before 1900", 1, facts.count, (moment_text(facts.low),), fix, rule, "likely")
    if facts.high > now.at + 30 * 365.25 * DAY:
        fix = f"df[{name!r}].max() shows it; 9999-12-31 often means 'never'"
        yield Finding(
            name, "dates more than 30 years ahead", 1, facts.count, (moment_text(facts.high),), fix, None, "likely"
        )


def _repeats(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    values = column.values
    if meaning_of(column).type not in (SemanticType.ID, SemanticType.CODE, SemanticType.TEXT, SemanticType.MEASURE):
        return
    is_whole = column.number is None or (column.number.whole == column.number.count and column.number.count > 0)
    if is_whole and values.distinct > 1000 and 0 < values.repeated <= 0.02 * column.filled:
        fix = f"df[df[{column.name!r}].duplicated(keep=False)] shows them"
        what = "almost a key: few values repeat"
        yield Finding(column.name, what, values.repeated, column.filled, (), fix, Unique((column.name,)), "possible")


def _objects(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    if column.kind == "object" and column.filled:
        fix = f"df[{column.name!r}].map(type).value_counts() shows which"
        yield Finding(column.name, "values of several types, or of none that a table knows", column.filled, column.rows,
                      (), fix, Dtype(column.name, "text"), "likely")  # fmt: skip


def _written(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    text, name = column.text, column.name
    if text is None or not text.count:
        return
    simple: list[tuple[int, str, str, Check, Certainty]] = [
        (text.blank, "blank texts", f"df[{name!r}] = df[{name!r}].replace(r'^\\s*$', None, regex=True)", NotBlank(name),
         "definite"),
        (text.untrimmed, "white space around the text", f"df[{name!r}] = df[{name!r}].str.strip()", Trimmed(name),
         "likely"),
        (text.having("control"), "control characters, as tabs and line ends",
         f"df[{name!r}] = df[{name!r}].str.replace(r'[\\x00-\\x1f]', ' ', regex=True)", Printable(name), "definite"),
        (text.quoted, "texts in quotes", f"df[{name!r}] = df[{name!r}].str.strip('\"')", NotMatches(name, '^["\']'),
         "likely"),
    ]  # fmt: skip
    for rows, what, fix, rule, certainty in simple:
        if rows:
            yield Finding(name, what, rows, text.count, (), fix, rule, certainty)


def _texts(column: ColumnProfile, _: _Now) -> Iterator[Finding]:
    yield from text_findings(column)


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _duplicates(profile: Profile, _: _Now) -> Iterator[Finding]:
    if profile.duplicates and profile.names:
        fix = "df = df.drop_duplicates()"
        rule = Unique(profile.names)
        yield Finding("", "rows that stand there twice", profile.duplicates, profile.rows, (), fix, rule, "likely")


def _same_columns(profile: Profile, _: _Now) -> Iterator[Finding]:
    seen: dict[tuple[int, int], str] = {}
    for column in profile.columns:
        if column.values.distinct < _LEAST_TELLING:  # columns of few values have the same counts by chance
            continue
        first = seen.setdefault((column.values.content, column.nulls), column.name)
        if first != column.name:
            fix = f"(df[{first!r}] == df[{column.name!r}]).all() tells; then drop one"
            what = f"the same values as {first}"
            yield Finding(column.name, what, column.filled, column.rows, (), fix, None, "possible")


def _names(profile: Profile, _: _Now) -> Iterator[Finding]:
    lower = [name.strip().lower() for name in profile.names]
    for name, plain in zip(profile.names, lower, strict=True):
        if name != name.strip() or not plain or plain.startswith("unnamed:"):
            fix = f"df = df.rename(columns={{{name!r}: 'a_name'}})"
            yield Finding(name, "a column without a proper name", 1, len(lower), (name,), fix, None, "likely")
        elif lower.count(plain) > 1:
            fix = f"df = df.rename(columns={{{name!r}: {plain + '_2'!r}}})"
            yield Finding(
                name, "names that differ in case alone", lower.count(plain), len(lower), (), fix, None, "possible"
            )


def _stale(profile: Profile, now: _Now) -> Iterator[Finding]:
    newest = [(c.time.high, c.name) for c in profile.columns if c.time and c.time.high is not None]
    if not newest:
        return
    at, name = max(newest)
    age = (now.at - at) / DAY
    if age > 183:
        what = "no date within a year" if age > 365 else "no date within six months"
        fix = "is this the newest delivery?"
        yield Finding(name, what, profile.rows, profile.rows, (moment_text(at),), fix, None, "possible")


_COLUMN: tuple[Callable[[ColumnProfile, _Now], Iterator[Finding]], ...] = (
    _empty, _sentinels, _written, _few_nulls, _nearly_one, _numbers, _dates, _repeats, _objects, _texts
)  # fmt: skip
_TABLE: tuple[Callable[[Profile, _Now], Iterator[Finding]], ...] = (_duplicates, _same_columns, _names, _stale)
