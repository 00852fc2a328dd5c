"""One scan of a table: every statistic once, conditions decided by statistics first, rows looked at only where not."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from nbops.errors import NbopsError, UsageError
from nbops.frames.conditions import Condition, Per, Stat, Within
from nbops.frames.derived import bases, derive
from nbops.frames.reading import Counted, Measured, Reader, Unmeasured, attempt, reason
from nbops.frames.tables import is_frame, kind_of, library
from nbops.records import Examples

__all__ = ["Scan", "open_table"]

Measure = Stat | Condition | Per


class Scan:
    """A table and all that is known of it so far; asking again costs nothing.

    Args:
        table: The table, of any library that is known.

    Raises:
        UsageError: It is no table.
    """

    def __init__(self, table: Any) -> None:
        self._reader, self.names, self.repeated = open_table(table)
        self._begin()

    def _begin(self) -> None:
        self._seen: dict[Stat, Measured] = {}
        self._counted: dict[Condition, Counted | Measured] = {}
        self._resolved: dict[Condition, Condition] = {}
        self._parts: dict[str, Scan] = {}
        self._groups: dict[Per, Measured] = {}

    @property
    def types(self) -> dict[Any, str]:
        """The type of each column, as its library names it."""
        return {**self._reader.types, **dict.fromkeys(self.repeated, "several columns")}

    def kind(self, column: Any) -> str:
        """Return what *column* holds: ``number``, ``bool``, ``text``, ``time`` or ``object``."""
        return "object" if column in self.repeated else self._reader.kind(column)

    def measure(self, wanted: Iterable[Measure]) -> Mapping[Measure, Any]:
        """Return each of *wanted*: a number, a :class:`Counted`, or why there is none; of groups, one for each.

        The columns of *wanted* must be there, each once.
        """
        asked = list(dict.fromkeys(wanted))
        conditions = [one for one in asked if isinstance(one, Condition)]
        stats = [one for one in asked if isinstance(one, Stat)]
        stats += [stat for condition in conditions for stat in condition.statistics()]
        self._learn([Stat("rows"), *stats])
        self._count([condition for condition in conditions if condition not in self._counted])
        self._group([one for one in asked if isinstance(one, Per) and one not in self._groups])
        return {one: self._found(one) for one in asked}

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*; none when they cannot be shown."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # libraries warn of what they are asked here, and not of the data
            found = attempt(lambda: self._reader.examples(self._resolved.get(condition, condition), limit))
        return Examples() if isinstance(found, Unmeasured) else found

    def _found(self, one: Measure) -> Any:
        if isinstance(one, Per):
            return self._groups[one]
        return self._counted[one] if isinstance(one, Condition) else self._seen[one]

    # ── statistics ───────────────────────────────────────────────────────────────────────────────────────────────

    def _learn(self, stats: Iterable[Stat]) -> None:
        new = [stat for stat in dict.fromkeys(stats) if stat not in self._seen]
        made = [stat for stat in new if bases(stat)]
        plain = [stat for stat in new if not bases(stat)] + [base for stat in made for base in bases(stat)]
        plain = [stat for stat in dict.fromkeys(plain) if stat not in self._seen]
        if plain:
            self._seen |= self._reader.statistics(plain)
        for stat in made:
            self._seen[stat] = _derived(stat, self._seen)

    # ── conditions ───────────────────────────────────────────────────────────────────────────────────────────────

    def _count(self, conditions: list[Condition]) -> None:
        rows = self._seen[Stat("rows")]
        known = {stat: value for stat, value in self._seen.items() if not isinstance(value, Unmeasured)}
        undecided: dict[Condition, list[Condition]] = {}
        for condition in conditions:
            resolved = self._resolve(condition, known)
            failing = attempt(functools.partial(resolved.decide, known))
            if failing is None or isinstance(failing, Unmeasured):
                undecided.setdefault(resolved, []).append(condition)
            else:
                self._counted[condition] = Counted(failing, rows)
        self._count_meant([one for one in conditions if one in self._counted and isinstance(one, Within)])
        if undecided:
            for resolved, counted in self._reader.count(list(undecided)).items():
                self._counted |= dict.fromkeys(undecided[resolved], counted)

    def _count_meant(self, decided: list[Within]) -> None:
        """Count the rows that restrictions mean, though no row fails: none may be meant, or none can be told."""
        meant = self._reader.meant(list(dict.fromkeys(one.where for one in decided))) if decided else {}
        for one in decided:
            rows = meant[one.where]
            self._counted[one] = rows if isinstance(rows, Unmeasured) else Counted(0, rows)

    def _resolve(self, condition: Condition, known: Mapping[Stat, Any]) -> Condition:
        resolved = condition.resolved(known)
        if resolved is not condition:
            self._resolved[condition] = resolved
        return resolved

    # ── some of the rows, and groups of rows ─────────────────────────────────────────────────────────────────────

    def _group(self, wanted: list[Per]) -> None:
        """Measure *wanted*, all of the same groups together."""
        plans: dict[tuple[tuple[str, ...], str], list[Per]] = {}
        for one in wanted:
            plans.setdefault((one.by, one.where), []).append(one)
        for (by, where), members in plans.items():
            part = attempt(functools.partial(self._part, where))
            if isinstance(part, Unmeasured):
                self._groups |= dict.fromkeys(members, part)
            elif by:
                self._groups |= part._of_groups(by, members)
            else:
                seen = part.measure([member.what for member in members])
                self._groups |= {member: seen[member.what] for member in members}

    def _part(self, where: str) -> Scan:
        if not where:
            return self
        if where not in self._parts:
            part = object.__new__(Scan)
            part._reader = self._reader.restricted(where)
            part.names, part.repeated = self.names, self.repeated
            part._begin()
            self._parts[where] = part
        return self._parts[where]

    def _of_groups(self, by: tuple[str, ...], members: list[Per]) -> dict[Per, Measured]:
        self.measure([one.what for one in members if isinstance(one.what, Condition)])  # which resolves them
        asked: dict[Stat | Condition, None] = {}
        meant: dict[Per, Stat | Condition] = {}
        for one in members:
            what = self._resolved.get(one.what, one.what) if isinstance(one.what, Condition) else one.what
            meant[one] = what
            asked |= dict.fromkeys((bases(what) if isinstance(what, Stat) else ()) or (what,))
        found = self._reader.grouped(by, list(asked))
        return {one: _of_each(meant[one], found) for one in members}


def _of_each(what: Stat | Condition, found: Mapping[Any, Any]) -> Measured:
    """Return *what* of each group; a statistic that is made of others is made group by group."""
    made_of = bases(what) if isinstance(what, Stat) else ()
    if not isinstance(what, Stat) or not made_of:
        return found[what]
    for base in made_of:
        if isinstance(found[base], Unmeasured):
            return found[base]
    return {key: _derived(what, {base: found[base][key] for base in made_of}) for key in found[made_of[0]]}


def _derived(stat: Stat, seen: Mapping[Stat, Measured]) -> Measured:
    for base in bases(stat):
        if isinstance(seen[base], Unmeasured):
            return seen[base]
    return attempt(functools.partial(derive, stat, seen))


def open_table(table: Any) -> tuple[Reader, tuple[Any, ...], frozenset[Any]]:
    """Return the reader for *table*, the names of its columns, and those that several of them bear.

    Raises:
        UsageError: It is no table.
        NbopsError: It cannot be read: its source has gone.
    """
    found = library(table)
    if not is_frame(table):
        fix = "give it a table: a frame of pandas, polars, pyarrow, DuckDB …"
        raise UsageError(f"{kind_of(table)} is no table", fix=fix)
    if found == "pandas":
        from nbops.frames.pandas_reader import PandasReader

        names = tuple(table.columns)
        return PandasReader(table), names, _repeated(names)
    from nbops.frames.portable_reader import PortableReader

    if found == "pyarrow":
        names = tuple(table.schema.names)
        repeated = _repeated(names)
        if repeated:
            table = table.select([i for i, name in enumerate(names) if name not in repeated])
        return PortableReader(_plain_arrow(table)), names, repeated
    try:
        reader = PortableReader(table)
    except TypeError as error:
        fix = "give it a frame of pandas, polars, pyarrow, DuckDB …"
        raise UsageError(f"{kind_of(table)} cannot be read", fix=fix) from error
    except Exception as error:  # a lazy table looks at its source, which may have gone
        fix = "look whether its file or connection is still there"
        raise NbopsError(f"the table cannot be read: {reason(error)}", where=kind_of(table), fix=fix) from error
    return reader, reader.names, frozenset()


def _plain_arrow(table: Any) -> Any:
    """Return a table of Arrow with texts and categories stored in the ways that all its functions know."""
    import pyarrow as pa

    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    for at, field in enumerate(table.schema):
        stored = field.type
        is_category = pa.types.is_dictionary(stored)
        held = stored.value_type if is_category else stored
        if pa.types.is_string_view(held):
            table = table.set_column(at, field.name, table.column(at).cast(pa.large_string()))
        elif is_category and not (pa.types.is_string(held) or pa.types.is_large_string(held)):
            table = table.set_column(at, field.name, table.column(at).cast(held))
    return table


def _repeated(names: tuple[Any, ...]) -> frozenset[Any]:
    return frozenset(name for name in names if names.count(name) > 1) if len(set(names)) < len(names) else frozenset()
