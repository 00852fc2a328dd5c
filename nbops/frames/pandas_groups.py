"""Groups of rows of a pandas frame: made once for a set of columns, measured by every check of that set."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property
from math import isnan
from typing import Any

from nbops.frames.conditions import Stat
from nbops.frames.pandas_column import Column
from nbops.frames.reading import Counted

__all__ = ["Groups"]

_FAST = frozenset({"min", "max", "mean", "sum"})  # what pandas measures for all groups at once, and as we do


class Groups:
    """The groups of rows that agree in some columns; null is a value of its own.

    Args:
        keys: The columns, as a frame.
        nulls: Where each of them is null; None where nothing is.
    """

    def __init__(self, keys: Any, nulls: Sequence[Any | None]) -> None:
        self._np: Any = sys.modules["numpy"]
        places = range(len(nulls))
        columns = [keys.iloc[:, at] for at in places]
        columns = [one if bad is None else one.mask(bad) for one, bad in zip(columns, nulls, strict=True)]
        frame = sys.modules["pandas"].concat(columns, axis=1, keys=places)
        self._codes = frame.groupby(list(places), dropna=False, observed=True, sort=True).ngroup().to_numpy()
        first = self._np.zeros(int(self._codes.max(initial=-1)) + 1, dtype=int)
        first[self._codes[::-1]] = self._np.arange(len(frame))[::-1]
        rows = frame.iloc[first].itertuples(index=False, name=None)
        self.keys: list[tuple[Any, ...]] = [tuple(None if _is_null(part) else part for part in row) for row in rows]

    def counted(self, failing: Any, meant: Any | None) -> dict[tuple[Any, ...], Counted]:
        """Return how many rows of each group fail, of those that are *meant* (None: all)."""
        bad = self._counts(failing)
        rows = self._counts(meant)
        return {
            key: Counted(int(part), int(whole)) for key, part, whole in zip(self.keys, bad, rows, strict=True) if whole
        }

    def statistics(self, stat: Stat, column: Column | None) -> dict[tuple[Any, ...], Any]:
        """Return a statistic of each group.

        Raises:
            TypeError: It makes no sense for what the column holds, or for a group.
        """
        if column is None:
            if stat.name != "rows":
                raise TypeError(f"{stat.name} cannot be told by groups")
            return self._named(self._counts(None))
        if stat.name == "nulls":
            return self._named(self._counts(column.null) if column.nulls else self._np.zeros(len(self.keys), dtype=int))
        if stat.name in _FAST and column.is_plain and column.kind == "number" and not column.may_wrap(stat.name):
            grouper = column.series.reset_index(drop=True).groupby(self._codes)
            found = grouper.sum(min_count=1) if stat.name == "sum" else grouper.agg(stat.name)
            return {key: None if _is_null(value) else value for key, value in self._named(found.to_numpy()).items()}
        if len(stat.columns) != 1:
            raise TypeError(f"{stat.name} cannot be told by groups")
        measure: Callable[[Any], Any] = lambda series: Column(series).statistic(stat.name, stat.argument)  # noqa: E731
        return {key: measure(column.series.iloc[places]) for key, places in zip(self.keys, self._places, strict=True)}

    @cached_property
    def _places(self) -> list[Any]:
        """Where the rows of each group stand."""
        order = self._np.argsort(self._codes, kind="stable")
        return self._np.split(order, self._np.cumsum(self._counts(None))[:-1])  # type: ignore[no-any-return]

    def _counts(self, chosen: Any | None) -> Any:
        codes = self._codes if chosen is None else self._codes[chosen]
        return self._np.bincount(codes, minlength=len(self.keys))

    def _named(self, values: Any) -> dict[tuple[Any, ...], Any]:
        return dict(zip(self.keys, values.tolist(), strict=True))


def _is_null(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and isnan(value))
