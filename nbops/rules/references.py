"""Rules between datasets: columns whose values stand in the key of another table."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.checks.keys import ForeignKey
from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.errors import UsageError
from nbops.frames.files import open_file
from nbops.frames.profile.table import ColumnProfile, Profile, profile
from nbops.frames.tables import is_frame, kind_of
from nbops.rules.candidate import Candidate
from nbops.rules.evidence import usual_rate

__all__ = ["Other", "opened", "references"]

_LEAST_KINDS = 5
_MOST_LOST = 0.02  # of the rows, so many may have a key that the other table does not know


@dataclass(frozen=True, slots=True)
class Other:
    """Another dataset.

    Args:
        name: Its name.
        table: Its rows.
        path: The file that they came from; empty when from none.
        facts: Its profile.
    """

    name: str
    table: Any
    path: str
    facts: Profile

    @property
    def alone(self) -> str:
        """The name of the dataset, without its notebook and its run."""
        return self.name.rpartition("/")[2].partition("@")[0]


def opened(others: Mapping[str, Any]) -> tuple[Other, ...]:
    """Return the datasets of the given names, each a frame or the path of a file.

    Raises:
        UsageError: One is no table.
    """
    found = []
    for name, table in others.items():
        is_path = isinstance(table, (str, os.PathLike))
        frame = open_file(Path(table)) if is_path else table
        if not is_frame(frame):
            fix = 'others={"customers": "customers.csv"}'
            raise UsageError(f"{kind_of(table)} is no table", where=name, fix=fix)
        path = os.path.abspath(table) if is_path else ""
        found.append(Other(name, frame, path, profile(frame, name=name)))
    return tuple(found)


def references(table: Any, whole: Profile, others: tuple[Other, ...]) -> Iterator[Candidate]:
    """Yield the rules that columns of *table* stand in the key of one of *others*: the first that is found for each.

    Numbers that merely lie in the range of a key say nothing, so a column of numbers must bear the key's name.
    """
    for column in whole.columns:
        pairs = [(other, key) for other in others for key in other.facts.columns if _may_refer(column, other, key)]
        found = (one for other, key in pairs if (one := _reference(table, column, other, key)) is not None)
        yield from [one for one in [next(found, None)] if one is not None]


def _may_refer(column: ColumnProfile, other: Other, key: ColumnProfile) -> bool:
    if column.kind != key.kind or column.kind not in ("number", "text") or not key.is_unique:
        return False
    if column.values.distinct < _LEAST_KINDS or column.values.distinct > 1.1 * key.values.distinct:
        return False
    return column.kind == "text" or _bears_the_name(column.name, other.alone, key.name)


def _bears_the_name(column: str, other: str, key: str) -> bool:
    """Whether *column* is called as the key of the table *other*, with or without the table's name.

    Example:
        >>> _bears_the_name("customer_id", "customers", "id"), _bears_the_name("quantity", "customers", "id")
        (True, False)
    """
    here, there, table = (_plain(name) for name in (column, key, other))
    return here == there or here in (table + there, table.removesuffix("s") + there)


def _plain(name: str) -> str:
    return "".join(sign for sign in name.lower() if sign.isalnum())


def _reference(table: Any, column: ColumnProfile, other: Other, key: ColumnProfile) -> Candidate | None:
    there = () if key.name == column.name else (key.name,)
    (seen,) = judge_table(table, [ForeignKey((column.name,), other.table, there)], limit=0)
    if seen.rows is None or not seen.rows or seen.failing is None or seen.failing > _MOST_LOST * seen.rows:
        return None
    counts = [(seen.failing, seen.rows)]

    def make(risk: float) -> Check:
        return ForeignKey((column.name,), other.table, there, usual=str(usual_rate(counts, risk)))

    return Candidate(
        make, "statistical", f"rows whose key is not in {other.name}", f"{seen.failing:,} of {seen.rows:,} rows",
        f"{column.name} stands in {other.name}, as its {key.name}.", other=other.path or other.name,
    )  # fmt: skip
