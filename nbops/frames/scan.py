"""One scan of a table: every statistic once, conditions decided by statistics first, rows looked at only where not."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

from nbops.errors import UsageError
from nbops.frames.conditions import Condition, Stat
from nbops.frames.reading import Counted, Measured, Reader, Unmeasured, attempt
from nbops.frames.tables import is_frame, kind_of, library
from nbops.records import Examples

__all__ = ["Scan", "open_table"]

Measure = Stat | Condition


class Scan:
    """A table and all that is known of it so far; asking again costs nothing.

    Args:
        table: The table, of any library that is known.

    Raises:
        UsageError: It is no table.
    """

    def __init__(self, table: Any) -> None:
        self._reader, repeated = open_table(table)
        self.names: tuple[Any, ...] = self._reader.names
        self.repeated: frozenset[Any] = repeated
        self._seen: dict[Stat, Measured] = {}
        self._counted: dict[Condition, Counted | Measured] = {}

    @property
    def types(self) -> dict[Any, str]:
        """The type of each column, as its library names it."""
        return self._reader.types

    def kind(self, column: Any) -> str:
        """Return what *column* holds: ``number``, ``bool``, ``text``, ``time`` or ``object``."""
        return self._reader.kind(column)

    def measure(self, wanted: Iterable[Measure]) -> Mapping[Measure, Any]:
        """Return each of *wanted*: a number, a :class:`Counted`, or why there is none.

        The columns of *wanted* must be there, each once.
        """
        asked = list(dict.fromkeys(wanted))
        conditions = [one for one in asked if isinstance(one, Condition)]
        stats = [one for one in asked if isinstance(one, Stat)]
        stats += [stat for condition in conditions for stat in condition.statistics()]
        self._learn([Stat("rows"), *stats])
        self._count([condition for condition in conditions if condition not in self._counted])
        return {one: self._counted[one] if isinstance(one, Condition) else self._seen[one] for one in asked}

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*; none when they cannot be shown."""
        found = attempt(lambda: self._reader.examples(condition, limit))
        return Examples() if isinstance(found, Unmeasured) else found

    def _learn(self, stats: Iterable[Stat]) -> None:
        new = [stat for stat in dict.fromkeys(stats) if stat not in self._seen]
        if new:
            self._seen |= self._reader.statistics(new)

    def _count(self, conditions: list[Condition]) -> None:
        rows = self._seen[Stat("rows")]
        known = {stat: value for stat, value in self._seen.items() if not isinstance(value, Unmeasured)}
        undecided = []
        for condition in conditions:
            failing = attempt(functools.partial(condition.decide, known))
            if failing is None or isinstance(failing, Unmeasured):
                undecided.append(condition)
            else:
                self._counted[condition] = Counted(failing, rows)
        if undecided:
            self._counted |= self._reader.count(undecided)


def open_table(table: Any) -> tuple[Reader, frozenset[Any]]:
    """Return the reader for *table*, and the names that several of its columns bear.

    Raises:
        UsageError: It is no table.
    """
    found = library(table)
    if not is_frame(table):
        fix = "give it a table: a frame of pandas, polars, pyarrow, DuckDB …"
        raise UsageError(f"{kind_of(table)} is no table", fix=fix)
    if found == "pandas":
        from nbops.frames.pandas_reader import PandasReader

        names = list(table.columns)
        return PandasReader(table), _repeated(names)
    from nbops.frames.portable_reader import PortableReader

    if found == "pyarrow":
        names = list(table.schema.names)
        repeated = _repeated(names)
        if repeated:
            table = table.select([i for i, name in enumerate(names) if name not in repeated])
        if type(table).__name__ == "RecordBatch":
            import pyarrow

            table = pyarrow.Table.from_batches([table])
        return PortableReader(table), repeated
    try:
        return PortableReader(table), frozenset()
    except TypeError as error:
        fix = "give it a frame of pandas, polars, pyarrow, DuckDB …"
        raise UsageError(f"{kind_of(table)} cannot be read", fix=fix) from error


def _repeated(names: list[Any]) -> frozenset[Any]:
    return frozenset(name for name in names if names.count(name) > 1) if len(set(names)) < len(names) else frozenset()
