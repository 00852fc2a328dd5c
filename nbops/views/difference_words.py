"""A comparison of two versions in words: its headline, its causes, its columns; the same in every door."""

from __future__ import annotations

from collections.abc import Sequence

from nbops.frames.difference.record import Cause, ColumnDifference, Difference, Facts, SchemaChange
from nbops.views.profile_words import amount
from nbops.views.words import count, line

__all__ = [
    "cause_parts",
    "cause_text",
    "columns_in_order",
    "explained_text",
    "headline",
    "key_text",
    "percent",
    "readers_text",
    "schema_text",
    "short_cause",
    "side_text",
    "strip_facts",
    "subline",
    "unexplained_text",
]

_IS = ("unit factor", "offset", "time zone", "day shift", "time shift")
_NEXT = ("category renamed", "rounding", "case", "truncation", "capped")
_ABOUT_ROWS = "rows"
_MOST_READERS = 8


def percent(share: float) -> str:
    """Return a share in per cent: never 100 % where something is left, never 0 % where there is something.

    Example:
        >>> percent(0.98234), percent(1.0), percent(0.9999), percent(0.0001), percent(0.0)
        ('98.2 %', '100 %', '> 99.9 %', '< 0.1 %', '0 %')
    """
    if 0 < share < 0.0005:
        return "< 0.1 %"
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def cause_text(cause: Cause) -> str:
    """Return a cause as a sentence without its end.

    Example:
        >>> cause_text(Cause("unit factor", "Unit changed", ("way",), "× 1.609344, miles became kilometres", 9, 9))
        'Unit changed: way is × 1.609344, miles became kilometres'
    """
    head, what = cause_parts(cause)
    return f"{head}{what}"


def cause_parts(cause: Cause) -> tuple[str, str]:
    """Return a cause in two pieces: what kind it is of, with its column; and what happened."""
    names = " and ".join(line(name, 60) for name in cause.columns)
    what = line(cause.what, 200)
    if cause.unit == _ABOUT_ROWS or not names or cause.kind in ("columns swapped", "column moved"):
        return f"{cause.title}: ", what
    if cause.kind in _IS:
        return f"{cause.title}: ", f"{names} is {what}"
    if cause.kind in _NEXT:
        return f"{cause.title}: ", f"{names} {what}"
    return f"{cause.title} in {names}: ", what


def headline(found: Difference) -> str:
    """Return what one should know first."""
    if found.causes:
        return cause_text(found.causes[0])
    rows = _rows_headline(found)
    if rows:
        return rows
    if found.paired_by == "nothing" and found.multiset and (found.multiset.before or found.multiset.after):
        return f"{found.multiset.before:,} rows stand only before, {found.multiset.after:,} only after"
    if found.schema:
        return _schema_headline(found.schema)
    if found.not_compared:
        return "Nothing differs in what could be compared"
    return "Nothing differs"


def _rows_headline(found: Difference) -> str:
    if found.changed:
        return f"No single cause: {count(found.cells, 'cell')} in {count(found.changed, 'row')} changed"
    if found.added or found.removed:
        return f"{count(found.added, 'row')} added, {found.removed:,} removed; no other row changed"
    return ""


def _schema_headline(schema: Sequence[SchemaChange]) -> str:
    for kind, said in (("renamed", "Column renamed: {} → {}"), ("moved", "Column moved: {2} from {0} to {1}")):
        one = next((change for change in schema if change.kind == kind), None)
        if one is not None:
            return said.format(line(one.before, 60), line(one.after, 60), line(one.column, 60))
    return f"The columns changed: {schema_text(schema[0])}"


def readers_text(found: Difference) -> str:
    """Return who reads the version after; empty where nobody is known."""
    more = len(found.readers) - _MOST_READERS
    names = ", ".join(line(name, 60) for name in found.readers[:_MOST_READERS])
    return f"{names} and {more} more" if more > 0 else names


def subline(found: Difference) -> str:
    """Return what stands below the headline: how much its cause explains."""
    if found.causes:
        return explained_text(found.causes[0])
    if found.is_equal:
        return f"{count(found.after.rows, 'row')}, {count(found.after.columns, 'column')}, the same cells"
    return ""


def explained_text(cause: Cause) -> str:
    """Return how much a cause explains.

    Example:
        >>> explained_text(Cause("sign", "Sign turned", ("a",), "", 9, 9, share_of_all=0.5))
        'Explains 9 of 9 changed cells of a, 50 % of all changed cells'
    """
    seen = "" if cause.looked_at is None else f" (by {cause.looked_at:,} of them)"
    if cause.unit == _ABOUT_ROWS:
        whole = f", {percent(cause.share_of_all)} of all added and removed rows" if cause.share_of_all < 1 else ""
        return f"Explains {cause.explained:,} of {cause.of:,} rows{whole}"
    names = " and ".join(line(name, 60) for name in cause.columns)
    return (
        f"Explains {cause.explained:,} of {cause.of:,} changed cells of {names}{seen}, "
        f"{percent(cause.share_of_all)} of all changed cells"
    )


def short_cause(column: ColumnDifference) -> str:
    """Return the causes of a column for a cell of a table."""
    parts = []
    for cause in column.causes:
        much = "" if cause.explained == column.changed else f" ({percent(cause.share)})"
        parts.append(f"{line(cause.what, 80)}{much}")
    left = column.unexplained
    if column.changed and not parts:
        parts.append("no single cause" if column.changed > 1 else "one cell")
    elif left:
        parts.append(f"{left:,} without a cause")
    if column.nulled and not any(cause.kind == "null marker" for cause in column.causes):
        parts.append(f"{column.nulled:,} became null")
    if column.filled and not any(cause.kind == "null marker" for cause in column.causes):
        parts.append(f"{column.filled:,} were null")
    return " · ".join(parts)


def unexplained_text(found: Difference) -> str:
    """Return which cells no cause explains; empty when there are none."""
    left = [(column.name, column.unexplained) for column in found.columns if column.unexplained]
    if not left:
        return ""
    cells = sum(n for _, n in left)
    names = ", ".join(line(name, 40) for name, _ in left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
    return f"{count(cells, 'cell')} of {names}, {percent(cells / max(1, found.cells))}"


def side_text(column: ColumnDifference, *, is_after: bool) -> str:
    """Return what a column is like on one side, in a few words."""
    facts = column.after if is_after else column.before
    if column.kind == "number" and facts.mean is not None:
        return f"{amount(facts.mean)} mean"
    if column.kind == "bool" and facts.mean is not None:
        return f"{percent(facts.mean)} true"
    if facts.low:
        return facts.low if facts.low == facts.high else f"{facts.low[:10]} – {facts.high[:10]}"
    if facts.distinct is not None:
        return count(facts.distinct, "value")
    return _nulls(facts)


def _nulls(facts: Facts) -> str:
    return f"{facts.nulls:,} null" if facts.nulls else "–"


def schema_text(change: SchemaChange) -> str:
    """Return one change of the columns as a sentence without its end.

    Example:
        >>> schema_text(SchemaChange("renamed", "b", "a", "b", "100 % of the rows hold the same"))
        'a is now called b: 100 % of the rows hold the same'
    """
    name, before, after = line(change.column, 60), line(change.before, 60), line(change.after, 60)
    said = {
        "added": f"{name} is new, {after}",
        "removed": f"{name} is gone, it was {before}",
        "renamed": f"{before} is now called {name}: {line(change.note, 80)}",
        "retyped": f"{name} was {before}, is {after}",
        "moved": f"{name} moved from {before} to {after}",
    }
    return said.get(change.kind, f"{name}: {change.kind}")


def key_text(found: Difference) -> str:
    """Return how rows were paired."""
    key = " + ".join(line(name, 60) for name in found.key)
    if found.paired_by == "key":
        return f"key {key}"
    if found.paired_by == "proposed key":
        return f"by {key}, which looks like the key; --key names another"
    return "row by row, at the same places" if found.paired_by == "position" else "rows not paired"


def strip_facts(found: Difference) -> list[tuple[str, str]]:
    """Return the figures of a comparison, each with its label."""
    changed = sum(1 for column in found.columns if column.changed)
    facts = [(f"{found.before.rows:,} → {found.after.rows:,}", "rows")]
    if found.paired_by == "nothing" and found.multiset is not None:
        facts += [(f"{found.multiset.before:,}", "only before"), (f"{found.multiset.after:,}", "only after"),
                  (f"{found.multiset.both:,}", "on both sides")]  # fmt: skip
    else:
        facts += [(f"{found.added:,}", "added"), (f"{found.removed:,}", "removed"), (f"{found.changed:,}", "changed"),
                  (f"{changed:,} of {len(found.columns):,}", "columns"), (f"{found.cells:,}", "cells")]  # fmt: skip
    schema = (count(len(found.schema), "change"), "of the schema") if found.schema else ("same", "schema")
    return [*facts, (schema[0], f"{schema[1]}{_key_label(found)}")]


def _key_label(found: Difference) -> str:
    if found.paired_by not in ("key", "proposed key"):
        return ""
    repeats = found.before.repeats, found.after.repeats
    if repeats == (0, 0):
        return ", key unique in both"
    return f", rows that repeat a key: {repeats[0]:,} before, {repeats[1]:,} after"


def columns_in_order(found: Difference) -> tuple[Sequence[ColumnDifference], Sequence[ColumnDifference]]:
    """Return the changed columns, most changed first, and the equal ones."""
    changed = sorted((one for one in found.columns if one.changed), key=lambda one: -one.changed)
    return changed, [one for one in found.columns if not one.changed]
