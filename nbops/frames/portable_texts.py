"""Patterns in tables that narwhals reads: asked of their library only where it means by them what Python means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames.conditions import Condition
from nbops.frames.patterns import ODD, may_explode, tells_odd
from nbops.frames.portable_conditions import Columns

__all__ = ["OddTexts"]


class OddTexts:
    """The columns with texts that a library may search otherwise than Python does; each is looked through once.

    Args:
        columns: The table's columns.
        select: Returns the values of aggregates of the table, in one query.
        looks_back: Whether the library's engine tries every way to match.
    """

    def __init__(
        self, columns: Columns, select: Callable[[dict[str, Any]], Mapping[str, Any]], *, looks_back: bool = False
    ) -> None:
        self._columns = columns
        self._select = select
        self._looks_back = looks_back
        self._has: dict[str, bool] = {}

    def look_for(self, wanted: Iterable[Condition]) -> None:
        """Look through all columns that *wanted* search, in one query."""
        named = {one.column for condition in wanted for one in _telling(condition)} - set(self._has)
        texts = [column for column in sorted(named) if self._columns.kind(column) == "text"]
        odd = {column: self._columns.cell(column).str.contains(ODD).cast(nw.Int64).sum() for column in texts}
        if odd:
            self._has |= {column: rows not in (0, None) for column, rows in self._select(odd).items()}

    def may_turn(self, condition: Condition) -> bool:
        """Whether such texts may turn the verdict on *condition*, or the library may take for ever to find it."""
        if self._looks_back and any(may_explode(one.pattern) for one in _searches(condition)):
            return True
        searches = _telling(condition)
        self.look_for([condition])
        return any(self._has.get(one.column, False) for one in searches)


def _telling(condition: Condition) -> list[c.Matches]:
    """Return the patterns that *condition* searches and that such texts may be told by."""
    return [one for one in _searches(condition) if tells_odd(one.pattern)]


def _searches(condition: Condition) -> list[c.Matches]:
    """Return the patterns that *condition* searches."""
    if isinstance(condition, c.Within):
        return _searches(condition.inner)
    if isinstance(condition, c.Every):
        return [one for part in condition.parts for one in _searches(part)]
    return [condition] if isinstance(condition, c.Matches) else []
