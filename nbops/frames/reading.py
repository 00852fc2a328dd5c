"""What reading a table means for every library: what is asked of a reader, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nbops.frames.conditions import Condition, Stat
from nbops.frames.tables import library
from nbops.records import Examples

__all__ = ["Counted", "Measured", "Reader", "Unmeasured", "attempt", "key_columns", "reason"]

Measured = Any  # the number, or an Unmeasured


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows fail a condition, of how many that were judged."""

    failing: int
    rows: int


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Why something could not be measured."""

    why: str


class Reader(Protocol):
    """A table that is being judged."""

    names: tuple[Any, ...]

    @property
    def types(self) -> dict[Any, str]:
        """The type of each column, as its library names it."""

    def kind(self, column: Any) -> str:
        """Return what *column* holds: ``number``, ``bool``, ``text``, ``time`` or ``object``."""

    def statistics(self, wanted: Sequence[Stat]) -> dict[Stat, Measured]:
        """Return each of *wanted*; what cannot be computed is an :class:`Unmeasured`."""

    def count(self, wanted: Sequence[Condition]) -> dict[Condition, Counted | Measured]:
        """Return how many rows fail each of *wanted*."""

    def examples(self, condition: Condition, limit: int) -> Examples:
        """Return the first rows that fail *condition*."""


def attempt(compute: Callable[[], Any]) -> Any:
    """Return what *compute* returns, or why it could not."""
    try:
        return compute()
    except Exception as error:  # noqa: BLE001 - one statistic that raises must not take the others with it
        return Unmeasured(reason(error))


def reason(error: BaseException) -> str:
    """Return the first line of *error*'s text, with its class unless that says nothing."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    text = text if len(text) <= 200 else f"{text[:199]}…"
    plain = type(error) in (TypeError, ValueError) and text
    return text if plain else f"{type(error).__name__}: {text}".removesuffix(": ")


def key_columns(table: Any, names: Sequence[str]) -> Any:
    """Return the different rows of the columns *names* of a table of any library, without nulls, as a pandas frame.

    Raises:
        KeyError: It has no such column.
    """
    if library(table) == "pandas":
        found = table[list(names)]
    else:
        import narwhals.stable.v2 as nw

        found = nw.from_native(table).lazy().select(list(names)).collect("pandas").to_native()
    return found.dropna().drop_duplicates()
