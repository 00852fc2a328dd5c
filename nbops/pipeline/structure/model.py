"""What is believed of a dataset: its columns in order, and what one row stands for."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["NOTHING", "Column", "Structure"]


@dataclass(frozen=True, slots=True)
class Column:
    """What is believed of one column.

    Args:
        name: Its name.
        type: Its type; empty as long as it never held a value.
        may_be_null: Whether a null was ever seen; None as long as there was no row.
        values: The values of a column that groups rows, sorted; empty where they are many or unknown.
        unit: Its unit, as its name tells or as it was converted; empty when unknown.
        grain: The longest period of which all its moments are the first; empty when unknown.
    """

    name: str
    type: str = ""
    may_be_null: bool | None = None
    values: tuple[str, ...] = ()
    unit: str = ""
    grain: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """What is believed of a dataset.

    Args:
        columns: Its columns, in order; no name stands twice.
        key: The columns whose values together tell one row from every other; empty when none are known.
    """

    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)


NOTHING = Structure()
"""What is believed of a dataset before anybody saw it."""
