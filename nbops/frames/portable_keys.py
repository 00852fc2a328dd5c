"""Conditions that the different keys of a table decide: the library counts each key once, and Python judges it."""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw

from nbops.frames import conditions as c
from nbops.frames import relating as r
from nbops.frames.conditions import Condition
from nbops.frames.expressions import evaluate, parse_expression
from nbops.frames.masks import row_cells
from nbops.frames.portable_asking import AT_ONCE
from nbops.frames.portable_conditions import Columns, failing
from nbops.frames.portable_groups import is_bad, plain
from nbops.frames.reading import Counted
from nbops.records import Examples

__all__ = ["Keys", "inner_of", "is_of_keys"]


def inner_of(condition: Condition) -> Condition:
    """Return *condition* without the restriction to some rows."""
    return condition.inner if isinstance(condition, c.Within) else condition


def is_of_keys(condition: Condition) -> bool:
    """Whether the different values of its columns decide *condition*."""
    return isinstance(inner_of(condition), (r.OfKeys, c.WellFormed, c.Matches, c.OneOf))


class Keys:
    """The keys of a table, and which of them failed.

    Args:
        columns: The table's columns.
        frame: The table, of narwhals.
        names: The names of its columns.
    """

    def __init__(self, columns: Columns, frame: Any, names: Sequence[Any]) -> None:
        self._columns = columns
        self._frame = frame
        self._names = names
        self._bad: dict[Condition, Any] = {}

    def count(self, condition: Condition) -> Counted:
        """Return how many rows have a key that fails.

        Raises:
            TypeError: It makes no sense for what the column holds.
        """
        inner = inner_of(condition)
        if isinstance(inner, r.Repeated):
            return self._count_repeated(condition, inner)
        frame, names = self._meant(condition), list(inner.columns)
        kind = self._columns.kind(names[0])
        if isinstance(inner, c.WellFormed) and inner.format.startswith("date:") and kind == "time":
            return Counted(0, _rows(frame))  # it was read already
        if isinstance(inner, (c.WellFormed, c.Matches)) and kind != "text":
            raise TypeError(f"needs text, the column holds {self._columns.dtype(names[0])}")
        keys = [f"k{at}" for at in range(len(names))]
        filled = frame.select(*[self._columns.cell(name).alias(key) for name, key in zip(names, keys, strict=True)])
        filled = filled.filter(*[~nw.col(key).is_null() for key in keys])
        groups = filled.group_by(keys).agg(nw.len().alias("n"))
        if isinstance(inner, r.Unique):
            groups = groups.filter(nw.col("n") > 1)
        found = groups.collect("pandas").to_native()[[*keys, "n"]]
        bad = found[is_bad(inner, found)] if len(found) else found
        self._bad[condition] = bad[keys]
        return Counted(int(bad["n"].sum()), _rows(frame))

    def _count_repeated(self, condition: Condition, inner: r.Repeated) -> Counted:
        """Return how many rows stand more than once; null is like null here."""
        frame = self._meant(condition)
        names = [str(name) for name in inner.columns or self._names]
        count = next(name for name in map("n{}".format, range(len(names) + 1)) if name not in names)
        cells = [self._columns.cell(name).alias(name) for name in names]  # in which NaN is null
        groups = frame.select(*cells).group_by(names).agg(nw.len().alias(count))
        bad = groups.filter(nw.col(count) > 1)
        repeated = bad.select(nw.col(count).sum()).collect().item()
        self._bad[condition] = bad
        return Counted(int(repeated or 0), _rows(frame))

    def _meant(self, condition: Condition) -> Any:
        frame = self._frame.lazy()
        return frame.filter(self._truth(condition.where)) if isinstance(condition, c.Within) else frame

    def _truth(self, where: str) -> Any:
        return evaluate(parse_expression(where), self._columns)[0]

    def failing(self, condition: Condition) -> Any:
        """Return where *condition* fails, by its bad keys where it was judged by those."""
        if condition not in self._bad:
            return failing(self._columns, condition)
        names = inner_of(condition).columns
        parts = [
            functools.reduce(
                operator.and_, [self._columns.cell(n) == plain(v) for n, v in zip(names, row, strict=True)]
            )
            for row in self._bad[condition].head(AT_ONCE).itertuples(index=False)
        ]
        found = functools.reduce(operator.or_, parts)
        return found & self._truth(condition.where) if isinstance(condition, c.Within) else found

    def repeated(self, condition: Condition, limit: int) -> Examples | None:
        """Return rows that repeat; None when *condition* is about something else."""
        if not isinstance(inner_of(condition), r.Repeated) or condition not in self._bad:
            return None
        *names, count = self._bad[condition].collect_schema().names()
        rows = self._bad[condition].collect().head(limit).rows(named=True)
        shown = [row_cells(names, [row[name] for name in names]) for row in rows for _ in range(row[count])][:limit]
        return Examples(tuple(map(str, names)), ("",) * len(shown), tuple(shown))


def _rows(frame: Any) -> int:
    return int(frame.select(nw.len().alias("n")).collect().item())
