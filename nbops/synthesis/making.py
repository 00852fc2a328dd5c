"""Tables made from profiles: one or several, with their references, and rows that satisfy their rules."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from nbops.checks.model import Check
from nbops.errors import CheckFailed, UsageError
from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.records import CheckResult
from nbops.synthesis.obeying import OF_THE_PAST, OF_VOLUME, obeying
from nbops.synthesis.people import parts_of
from nbops.synthesis.several import Reference, find_references, in_order, read_references, referring, with_common
from nbops.synthesis.sources import Source, source_of
from nbops.synthesis.streams import Stream
from nbops.synthesis.table import Maker

__all__ = ["Made", "make_tables"]

_MOST_ROWS = 1_000_000_000
_SUMS = ("parts_sum_to", "satisfies", "equal_to")


@dataclass(frozen=True, slots=True)
class Made:
    """Tables that were made.

    Args:
        tables: The tables by name.
        references: Which column refers to which table.
        notes: What could not be kept, by ``table.column``.
        warned: The rules that only warn and do not hold.
    """

    tables: Mapping[str, pd.DataFrame]
    references: Sequence[Reference] = ()
    notes: Mapping[str, str] = field(default_factory=dict)
    warned: Sequence[CheckResult] = ()


def make_tables(
    profiles: Mapping[str, Profile],
    rows: Mapping[str, int],
    *,
    seed: int = 0,
    references: Mapping[str, str] | None = None,
    rules: Mapping[str, Sequence[Check]] | None = None,
    locale: str = "",
) -> Made:
    """Return tables like those of *profiles*.

    Args:
        profiles: What the tables are like, by name.
        rows: How many rows each gets.
        seed: Any whole number: the same makes the same rows.
        references: Which column refers to which key; found by names and values when None.
        rules: What each must satisfy.
        locale: The country in whose language names of people are.

    Raises:
        UsageError: What is wanted cannot be meant.
        CheckFailed: No rows were found that satisfy the rules.
    """
    parts = parts_of(locale)
    known = find_references(profiles) if references is None else read_references(references, profiles)
    tables: dict[str, pd.DataFrame] = {}
    notes: dict[str, str] = {}
    warned: list[CheckResult] = []
    for name in in_order(profiles, known):
        profile, wanted = profiles[name], rows[name]
        if not 0 <= wanted <= _MOST_ROWS:
            raise UsageError(f"{wanted:,} rows of {name}", where="rows", fix=f"0 to {_MOST_ROWS:,}")
        checks = (rules or {}).get(name, ())
        given = _given(name, profiles, known, tables, functools.partial(source_of, parts=parts, rows=wanted))
        maker = Maker(profile, seed, parts, wanted, given, keeps_sums=any(one.kind in _SUMS for one in checks))
        tables[name], soft = _satisfying(maker, name, wanted, checks)
        warned += soft
        _refer_to_itself(tables[name], profile, [one for one in known if one.table == one.parent == name], seed)
        if len(tables[name]) < wanted:
            notes[name] = f"{len(tables[name]):,} rows, not {wanted:,}: its key has no more different values"
        notes |= {f"{name}.{column}": note for column, note in maker.notes.items()}
    return Made({name: tables[name] for name in profiles}, known, notes, warned)


def _given(
    name: str, profiles: Mapping[str, Profile], known: Sequence[Reference], tables: Mapping[str, pd.DataFrame],
    source: Callable[[ColumnProfile], Source],
) -> dict[str, Source]:  # fmt: skip
    """Return the sources of the columns that other tables decide: references, and keys that others refer to.

    Args:
        name: The table.
        profiles: What all tables are like.
        known: The references.
        tables: Those that were made.
        source: Returns what a column would be drawn from that nothing decides.
    """
    found: dict[str, Source] = {}
    for one in known:
        if one.parent == name and one.table != name and one.key not in found:
            children = [profiles[o.table][o.column] for o in known if (o.parent, o.key) == (name, one.key)]
            column = profiles[name][one.key]
            found[one.key] = with_common(source(column), children, column.kind)
    for one in known:
        if one.table == name and one.parent != name:
            found[one.column] = referring(profiles[name][one.column], tables[one.parent][one.key])
    return found


def _satisfying(maker: Maker, name: str, rows: int, checks: Sequence[Check]) -> tuple[pd.DataFrame, list[CheckResult]]:
    """Return rows that satisfy *checks*, and the verdicts of those that only warn.

    Raises:
        CheckFailed: There are none.
    """
    left_out = OF_THE_PAST if rows == maker.profile.rows else OF_THE_PAST | OF_VOLUME
    judged = [check for check in checks if check.kind not in left_out]
    if not judged:
        return maker.make(rows), []
    found, broken = obeying(maker.make, rows, judged)
    hard = [one for one in broken if one.severity == "fail"]
    if hard or len(found) < rows:
        told = "; ".join(f"{one.name}: {one.why}" for one in hard[:3]) or f"{len(found):,} of {rows:,} rows do"
        fix = "mend the rule, or profile a table that satisfies it: nbops check TABLE --rules FILE"
        raise CheckFailed(f"no rows were found that satisfy the rules: {told}", where=name, fix=fix)
    return found, [one for one in broken if one.severity == "warn"]


def _refer_to_itself(table: pd.DataFrame, profile: Profile, references: Sequence[Reference], seed: int) -> None:
    """Fill the columns that refer to a key of the same table."""
    for one in references:
        source = referring(profile[one.column], table[one.key])
        drawn = source.draw(len(table), None, Stream(seed, one.table, one.column, "value"))
        table[one.column] = drawn.values.where(table[one.column].notna().to_numpy(), None)
