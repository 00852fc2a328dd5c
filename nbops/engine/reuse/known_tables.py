"""Other tables that a rule names: a sibling that the same notebook made, or what a good run left in the hub.

``other: customers`` in a rule file is the variable ``customers`` where the notebook has such a table, and otherwise the
dataset ``customers`` of the newest good run; ``other: sales/customers`` names the notebook, ``sales/customers@7f3a``
the run, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbops.checks.model import Check
from nbops.engine.reuse.versions import find_version
from nbops.errors import ReferenceNotFound, UsageError
from nbops.frames.files import open_file
from nbops.frames.tables import is_frame
from nbops.rules.checking import Checked
from nbops.rules.checking import check as judge

__all__ = ["check", "known_tables", "table_named"]

_GOOD = "last-good"


def known_tables(given: Mapping[str, Any] | None = None) -> Callable[[str], Any]:
    """Return what finds the table that a rule names: among *given* ones first, then in the hub."""

    def find(name: str) -> Any:
        held = (given or {}).get(name)
        if isinstance(held, (str, os.PathLike)):
            return open_file(os.fspath(held))
        return held if is_frame(held) else table_named(name)

    return find


def table_named(name: str) -> Any:
    """Return a dataset that a run kept: of the newest good run, where *name* says no other.

    Raises:
        ReferenceNotFound: Nothing of that name was kept.
    """
    found = find_version(name if "@" in name else f"{name}@{_GOOD}")
    if found.tables is None:
        return found.table
    alone = name.partition("@")[0].rpartition("/")[2]
    if alone in found.tables:  # a notebook that bears the name of what it makes
        return found.tables[alone]
    fix = f"{name}/DATASET, of {', '.join(sorted(found.tables))}"
    raise ReferenceNotFound(f"{name!r} is a notebook, and no dataset", where=name, fix=fix)


def check(
    table: Any,
    rules: str | os.PathLike[str] | Sequence[Check],
    *,
    name: str = "",
    examples: int = 5,
    masked: Sequence[str] = (),
    others: Mapping[str, Any] | None = None,
) -> Checked:
    """Return the verdict of *rules* on *table*.

    Args:
        table: A frame of pandas, polars, pyarrow, DuckDB …, the path of a CSV or Parquet file, or a table of a
            database, as ``sqlite:///shop.db::orders``.
        rules: The path of a rule file or of a baseline, or checks.
        name: The table's name; that of its file, or of the rule file, when empty.
        examples: How many failing rows of a rule to keep.
        masked: Columns whose values are not shown, ``*`` standing for anything, beside those of the setting ``masked``.
        others: The tables that rules name by ``other``, or their files. What is not among them is looked for among the
            datasets that runs kept.

    Raises:
        UsageError: *table* is no table, or the rules cannot be meant.

    Example:
        >>> import pandas as pd
        >>> from nbops.checks.completeness import Unique
        >>> check(pd.DataFrame({"id": [1, 2, 2]}), [Unique("id")], name="orders").status
        <Status.FAILED: 'failed'>
    """
    for said, other in (others or {}).items():
        if not is_frame(other) and not isinstance(other, (str, os.PathLike)):
            raise UsageError("it is no table and no file", where=f"others[{said!r}]", fix='others={"customers": table}')
    return judge(table, rules, name=name, examples=examples, masked=masked, others=known_tables(others))
