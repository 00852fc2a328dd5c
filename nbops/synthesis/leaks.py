"""Whether a rare value of a table stands in data that was made in its likeness."""

from __future__ import annotations

from typing import Any

import pandas as pd

from nbops.frames.profile.rare import LEAST_ROWS
from nbops.frames.profile.written import form_of

__all__ = ["leaks"]


def leaks(made: pd.DataFrame, table: pd.DataFrame, *, least: int = LEAST_ROWS) -> dict[str, int]:
    """Return how many values of each column stand in *made* though fewer than *least* rows of *table* hold them.

    Truth values, days and hours are left out: each is one of few that everybody knows.

    Args:
        made: The data that was made.
        table: The table that it is like.
        least: In how many rows of the table a value must stand to be none of a single person or row.

    Example:
        >>> leaks(pd.DataFrame({"id": [1, 2, 3]}), pd.DataFrame({"id": [3, 4, 5]}))
        {'id': 1}
    """
    found = {}
    for name in made.columns.intersection(table.columns):
        if _is_period(table[name]):
            continue
        counts = table[name].value_counts()
        rare = set(counts.index[counts < least].tolist())
        found[str(name)] = len(rare & set(made[name].dropna().unique().tolist()))
    return found


def _is_period(series: Any) -> bool:
    if pd.api.types.is_bool_dtype(series.dtype):
        return True
    present = series.dropna()
    if not pd.api.types.is_datetime64_any_dtype(series.dtype):
        form = form_of(present.head(1_000)) if len(present) and present.map(type).eq(str).all() else ""
        if not form:
            return False
        present = pd.to_datetime(present, format=form)
    return bool((present.dt.minute == 0).all() and (present.dt.second == 0).all())
