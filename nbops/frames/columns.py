"""The columns of a table by their names: which there are, and errors about those that there are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.reading import through_narwhals
from nbops.frames.tables import library

__all__ = ["names_of_columns", "refuse_unknown", "without_level_names"]


def names_of_columns(table: Any) -> list[Any]:
    """Return the names of the columns of a table of any library, eager or lazy."""
    return list(table.columns) if library(table) == "pandas" else through_narwhals(table).collect_schema().names()


def refuse_unknown(table: Any, names: Iterable[Any], where: str, *, of: str = "") -> None:
    """Raise when *table* has not each of the columns *names* just once.

    Args:
        table: It.
        names: The columns that are asked for.
        where: The function that asks.
        of: What the table is called, where there are several.

    Raises:
        UsageError: A column is missing, is a level of the index, or there are several of its name.

    Example:
        >>> import pandas as pd
        >>> refuse_unknown(pd.DataFrame({"amount": [1]}), ["amuont"], "cast")
        Traceback (most recent call last):
        nbops.errors.UsageError: no column 'amuont'
          where: cast
          fix:   did you mean 'amount'?
    """
    known = names_of_columns(table)
    times = Counter(known)
    for name in names:
        found = times[name] if isinstance(name, Hashable) else 0
        if not found:
            levels = list(table.index.names) if library(table) == "pandas" else []
            is_level = name is not None and name in levels
            fix = "it is a level of the index: table.reset_index() before" if is_level else ""
            what = f"no column {name!r}" + (f" in {of}" if of else "")
            raise UsageError(what, where=where, fix=fix or did_you_mean(str(name), [str(one) for one in known]))
        if found > 1:
            fix = "table.columns = [...] with a name for each"
            raise UsageError(f"{found} columns are called {name!r}", where=where, fix=fix)


def without_level_names(table: Any, names: Iterable[Any]) -> Any:
    """Return a pandas frame whose index has no names, when one of them is that of a column among *names*, too.

    pandas refuses to group or join by such a name because it could mean either; here it always means the column.
    """
    levels = {name for name in table.index.names if name is not None}
    return table.rename_axis(index=[None] * table.index.nlevels) if levels & set(names) else table
