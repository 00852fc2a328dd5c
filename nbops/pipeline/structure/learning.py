"""What is known of a dataset, run by run: each look at it is learnt, and says what changed.

A batch tells less than the truth: a value that it happens not to hold is not gone, a column that is all null has no
type. So something is said to have changed only where chance would hardly have made it look so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from nbops.frames.units import Conversion, conversion_between
from nbops.pipeline.structure.change import StructureChange, differences
from nbops.pipeline.structure.model import NOTHING, Column, Structure
from nbops.pipeline.structure.renaming import Renamed, distance, renames
from nbops.records import ColumnSeen, DatasetSeen

__all__ = ["Known", "learnt"]

_SURE = 20  # so many rows are expected where none is seen: by chance in one of e²⁰ batches
_MOST_VALUES = 60
_GROWING = 0.1  # so many new values are expected in a batch of this size: then one more is no news
_LEAST_ROWS = 30
_CLEAN_LOOKS = 3  # so many without a null, until a column counts as never null again
_UNIT_ROWS, _UNIT_DISTINCT = 100, 20
_DEGREES = ("temp", "deg", "°", "celsius", "fahrenheit", "kelvin", "dew", "heat")
_LEAST_DISTINCT = 8
_SAID = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is remembered of one column beside its structure.

    Args:
        last: The column as it was last seen with values in it.
        rows: How many rows it had in all looks.
        counts: How often each of its values was seen in all looks.
        null_share: The share of nulls when it last had any.
        clean: How many looks in a row had none.
    """

    last: ColumnSeen
    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    null_share: float = 0.0
    clean: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a dataset.

    Args:
        structure: What is believed of it.
        evidence: By the name of each column, what is remembered of it.
        looks: How many runs went into it.
        rows: How many rows it had last.
    """

    structure: Structure = NOTHING
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    looks: int = 0
    rows: int | None = None


def learnt(known: Known, seen: DatasetSeen) -> tuple[Known, tuple[StructureChange, ...]]:
    """Return what is known after *seen*, and what that changed; the first look changes nothing.

    A look that could not see the columns teaches nothing.

    Example:
        >>> km = ColumnSeen("km", "int64", "number", nulls=0)
        >>> look = DatasetSeen(0.0, "r1", "load", "trips", rows=9, columns=(km,))
        >>> known, changes = learnt(Known(), look)
        >>> more = replace(look, columns=(*look.columns, ColumnSeen("day", "str", "text", nulls=0)))
        >>> changes, [change.kind for change in learnt(known, more)[1]]
        ((), ['added'])
    """
    if not seen.columns and (seen.problem or not known.looks):
        return known, ()
    if not known.looks:
        return _first(seen), ()
    found = _renamed(known, seen) if seen.looked else {}
    names = {one.old: one.new for one in found.values()}
    old = {names.get(column.name, column.name): column for column in known.structure.columns}
    evidence = {names.get(name, name): one for name, one in known.evidence.items()}
    units = _converted(evidence, seen, {name: column.unit for name, column in old.items()})
    columns = tuple(_next(old.get(c.name), evidence.get(c.name), c, seen, units.get(c.name)) for c in seen.columns)
    key = _key(tuple(names.get(name, name) for name in known.structure.key), seen)
    structure = Structure(columns, key)
    changes = differences(known.structure, structure, names)
    told = tuple(_with_reason(change, evidence, seen, found, units) for change in changes)
    pairs = zip(seen.columns, columns, strict=True)
    remembered = {c.name: _remembered(evidence.get(c.name), c, seen, new.values) for c, new in pairs}
    return Known(structure, remembered, known.looks + 1, seen.rows), told


def _first(seen: DatasetSeen) -> Known:
    columns = tuple(_next(None, None, column, seen, None) for column in seen.columns)
    remembered = {column.name: _remembered(None, column, seen, ()) for column in seen.columns}
    return Known(Structure(columns, _key((), seen)), remembered, 1, seen.rows)


def _is_filled(column: ColumnSeen, seen: DatasetSeen) -> bool:
    """Whether the column held a value; where nobody looked its type counts as one."""
    return bool(column.distinct) or (not seen.looked and bool(seen.problem))


def _next(
    old: Column | None, before: Evidence | None, column: ColumnSeen, seen: DatasetSeen, unit: Conversion | None
) -> Column:
    """Return what is believed of a column after this look."""
    old = old or Column(column.name)
    if not _is_filled(column, seen):
        may_be_null = True if column.nulls else old.may_be_null
        return replace(old, name=column.name, may_be_null=may_be_null, unit=old.unit or column.unit)
    return Column(
        name=column.name,
        type=column.type,
        may_be_null=_may_be_null(old, before, column, seen),
        values=_values(old, before, column, seen),
        unit=_unit(old, column, unit),
        grain=_grain(old, column),
    )


def _may_be_null(old: Column, before: Evidence | None, column: ColumnSeen, seen: DatasetSeen) -> bool | None:
    if column.nulls is None or not seen.rows:
        return old.may_be_null
    if column.nulls:
        return True
    if old.may_be_null is None or before is None:
        return False
    is_over = before.clean + 1 >= _CLEAN_LOOKS and before.null_share * seen.rows >= _SURE
    return False if is_over else old.may_be_null


def _values(old: Column, before: Evidence | None, column: ColumnSeen, seen: DatasetSeen) -> tuple[str, ...]:
    if not seen.looked or column.is_masked:
        return () if column.is_masked else old.values
    if not column.values:  # too many now, or too few rows to call them groups
        return old.values if seen.looked < _LEAST_ROWS or (column.distinct or 0) <= _MOST_VALUES else ()
    if not old.values:
        return tuple(sorted(column.values))
    gone = {value for value in old.values if value not in column.values and _expected(value, before, seen) >= _SURE}
    found = ({*old.values, *column.values} - gone) if before else set(column.values)
    return tuple(sorted(found)) if len(found) <= _MOST_VALUES else ()


def _expected(value: str, before: Evidence | None, seen: DatasetSeen) -> float:
    """Return in how many rows of this look *value* is to be expected."""
    if before is None or not before.rows:
        return 0.0
    return before.counts.get(value, 0) / before.rows * seen.looked


def _unit(old: Column, column: ColumnSeen, conversion: Conversion | None) -> str:
    if column.unit and column.unit != old.unit and (not old.unit or " " not in old.unit or conversion):
        return column.unit
    if conversion is None:
        return old.unit or column.unit
    return conversion.target or f"{old.unit.partition(' × ')[0] or 'as before'} {conversion.text}"


def _grain(old: Column, column: ColumnSeen) -> str:
    """Return the grain; one more moment may break a long period, but few moments make none."""
    if not column.grain or not old.grain or column.grain == old.grain:
        return column.grain or old.grain
    is_finer = (
        _GRAINS.index(column.grain) > _GRAINS.index(old.grain) if {column.grain, old.grain} <= set(_GRAINS) else True
    )
    return column.grain if is_finer or (column.distinct or 0) >= _LEAST_DISTINCT else old.grain


_GRAINS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond")


def _key(old: tuple[str, ...], seen: DatasetSeen) -> tuple[str, ...]:
    """Return what one row stands for: the old key as long as nothing speaks against it."""
    if not seen.looked:
        return old
    first = seen.keys[0] if seen.keys else ()
    if not old:
        return first
    by_name = {column.name: column for column in seen.columns}
    if any(name not in by_name for name in old) or seen.looked < _LEAST_ROWS:
        return first if any(name not in by_name for name in old) else old
    if len(old) == 1:
        column = by_name[old[0]]
        repeats = (column.distinct or 0) < seen.looked - (column.nulls or 0)
        return first if repeats else old
    finer = [key for key in seen.keys if set(old) < set(key)]
    return finer[0] if finer else old


# ── the same column under another name, or in another unit ───────────────────────────────────────────────────────────


def _renamed(known: Known, seen: DatasetSeen) -> dict[str, Renamed]:
    """Return the columns that are known under another name, by their new one."""
    here = {column.name: column for column in seen.columns}
    before = [
        one.last if name == one.last.name else replace(one.last, name=name) for name, one in known.evidence.items()
    ]
    return (
        {one.new: one for one in renames(before, seen.columns, rows=seen.looked)}
        if set(here) != set(known.evidence)
        else {}
    )


def _converted(evidence: Mapping[str, Evidence], seen: DatasetSeen, known: Mapping[str, str]) -> dict[str, Conversion]:
    """Return which columns of numbers are in another unit than they were; what the calmest of them moved is chance."""
    if seen.looked < _UNIT_ROWS:
        return {}
    pairs = [
        (evidence[column.name].last, column)
        for column in seen.columns
        if column.name in evidence and column.kind == "number" and column.quantiles
        and (column.distinct or 0) >= _UNIT_DISTINCT
        and column.meaning not in _NO_AMOUNT and evidence[column.name].last.meaning not in _NO_AMOUNT
    ]  # fmt: skip
    moved = sorted(distance(old, new) for old, new in pairs)
    noise = moved[len(moved) // 4] if len(moved) > 2 else 0.0
    noise = min(noise, 0.1)
    found = {
        new.name: conversion_between(old.quantiles, new.quantiles, noise=noise, unit=known.get(new.name, ""))
        for old, new in pairs
    }
    return {
        name: one
        for name, one in found.items()
        if one is not None and (not one.offset or any(word in name.lower() for word in _DEGREES))
    }


_NO_AMOUNT = frozenset({"key", "id", "running total", "period", "code", "coordinate", "flag"})


# ── what is remembered, and what is said of it ───────────────────────────────────────────────────────────────────────


def _remembered(before: Evidence | None, column: ColumnSeen, seen: DatasetSeen, values: tuple[str, ...]) -> Evidence:
    rows = (before.rows if before else 0) + seen.looked
    counts = dict(before.counts) if before else {}
    for value, times in column.values.items():
        counts[value] = counts.get(value, 0) + times
    if values:  # what is gone is new when it comes again
        counts = {value: times for value, times in counts.items() if value in values}
    last = column if before is None or _is_filled(column, seen) else before.last
    share, clean = (before.null_share, before.clean) if before else (0.0, 0)
    if column.nulls is not None and seen.rows:
        share = column.nulls / seen.rows if column.nulls else share
        clean = 0 if column.nulls else clean + 1
    return Evidence(last, rows, counts, share, clean)


def _with_reason(
    change: StructureChange,
    evidence: Mapping[str, Evidence],
    seen: DatasetSeen,
    found: Mapping[str, Renamed],
    units: Mapping[str, Conversion],
) -> StructureChange:
    if change.kind in ("key", "grain", "type") and not change.before:  # it was not known before
        return replace(change, is_minor=True)
    column = next((one for one in seen.columns if one.name == change.column), None)
    before = evidence.get(change.column)
    if change.kind == "renamed":
        return replace(change, why=found[change.column].why)
    if column is None or before is None:
        return change
    if change.kind == "values":
        return _values_reason(change, before, column, seen)
    if change.kind == "unit":
        return _unit_reason(change, before.last, column, units.get(change.column))
    return replace(change, why=_reason(change, before, column, seen))


def _reason(change: StructureChange, before: Evidence, column: ColumnSeen, seen: DatasetSeen) -> str:
    if change.kind == "nulls" and seen.rows:
        rows = f"{column.nulls or 0:,} of {seen.rows:,} rows are null"
        return rows if column.nulls else f"no row is null in {_CLEAN_LOOKS} runs, {before.null_share:.1%} were"
    if change.kind == "type" and column.nulls and not before.null_share and column.type.startswith("float"):
        return "because nulls came, which whole numbers of pandas cannot hold"
    return ""


def _unit_reason(
    change: StructureChange, old: ColumnSeen, new: ColumnSeen, conversion: Conversion | None
) -> StructureChange:
    """Say by what all numbers were multiplied; where only the name tells the unit now, nothing happened to them."""
    if conversion is None:
        return replace(change, why="as its name tells now", is_minor=True)
    middle = len(old.quantiles) // 2
    moved = f"the median from {old.quantiles[middle]:,.6g} to {new.quantiles[middle]:,.6g}"
    why = f"all numbers {conversion.text}, {moved}" + (f" ({conversion.note})" if conversion.note else "")
    return replace(change, before=change.before or conversion.source, why=why)


def _values_reason(change: StructureChange, before: Evidence, column: ColumnSeen, seen: DatasetSeen) -> StructureChange:
    """Say how often new values stand there, and whether one more was to be expected (Good 1953)."""
    new = [value for value in column.values if value not in before.counts]
    if not change.names:
        return replace(change, why=f"{column.distinct or 0:,} different values: too many to be a group each")
    once = sum(times == 1 for times in before.counts.values())
    is_growing = not before.counts or once / max(1, before.rows) * seen.looked >= _GROWING
    said = ", ".join(f"{value} in {column.values[value]:,} rows" for value in new[:_SAID])
    said = said.removeprefix(f"{new[0]} ") if len(new) == 1 else said
    more = f" and {len(new) - _SAID} more" if len(new) > _SAID else ""
    has_gone = bool(change.before)
    return replace(change, why=_renamed_value(change, before, column, seen) or said + more,
                   is_minor=is_growing and not has_gone)  # fmt: skip


def _renamed_value(change: StructureChange, before: Evidence, column: ColumnSeen, seen: DatasetSeen) -> str:
    """Return that one value took another's place, where one came and one went and both are about as frequent."""
    gone = [value for value in before.counts if value not in change.names]
    new = [value for value in column.values if value not in before.counts]
    if len(gone) != 1 or len(new) != 1 or not before.rows or not seen.looked:
        return ""
    was, now = before.counts[gone[0]] / before.rows, column.values[new[0]] / seen.looked
    spread = 4 * (was * (1 - was) / seen.looked + was * (1 - was) / before.rows) ** 0.5
    return (
        f"{new[0]} stands where {gone[0]} stood: {now:.1%} of the rows, as before" if abs(was - now) <= spread else ""
    )
