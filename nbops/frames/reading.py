"""What reading a table means for every library: what is asked of a reader, and what it answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nbops.frames.conditions import Condition, Stat
from nbops.frames.tables import library
from nbops.records import Examples

__all__ = [
    "Counted",
    "Measured",
    "Reader",
    "Unmeasured",
    "attempt",
    "counted_keys",
    "reason",
    "rows_of",
    "through_narwhals",
]

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

    def meant(self, wheres: Sequence[str]) -> dict[str, Measured]:
        """Return for how many rows each of the expressions *wheres* is true."""

    def restricted(self, where: str) -> Reader:
        """Return a reader of the rows for which the expression *where* is true."""

    def grouped(
        self, by: tuple[str, ...], wanted: Sequence[Stat | Condition]
    ) -> dict[Stat | Condition, dict[tuple[Any, ...], Any] | Measured]:
        """Return each of *wanted* for each group of rows that agree in the columns *by*, by the group's values."""


def attempt(compute: Callable[[], Any]) -> Any:
    """Return what *compute* returns, or why it could not."""
    try:
        return compute()
    except Exception as error:  # noqa: BLE001 - one statistic that raises must not take the others with it
        return Unmeasured(reason(error))
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of polars, which is no Exception
            raise
        return Unmeasured(reason(error))


def reason(error: BaseException) -> str:
    """Return the first line of *error*'s text, with its class unless that says nothing."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    text = text if len(text) <= 200 else f"{text[:199]}…"
    plain = type(error) in (TypeError, ValueError) and text
    return text if plain else f"{type(error).__name__}: {text}".removesuffix(": ")


def through_narwhals(table: Any) -> Any:
    """Return *table* as narwhals has it.

    Raises:
        TypeError: narwhals does not know it.
    """
    import narwhals.stable.v2 as nw

    with warnings.catch_warnings():  # where the reader of a library will live one day is no news about the data
        warnings.filterwarnings("ignore", category=FutureWarning, message=".*support is moving out of Narwhals")
        return nw.from_native(table)


def counted_keys(table: Any, names: Sequence[str]) -> Any:
    """Return the different rows of the columns *names* of a table of any library, without nulls, as a pandas frame.

    Its columns are ``k0``, ``k1`` … and ``n``, the number of rows of each key.

    Raises:
        KeyError: It has no such column.
    """
    import pandas

    labels = [f"k{at}" for at in range(len(names))]
    if library(table) == "pandas":
        found = pandas.DataFrame({label: table[name] for label, name in zip(labels, names, strict=True)})
        found = found.dropna().groupby(labels, sort=False, observed=True).size().reset_index(name="n")
    else:
        import narwhals.stable.v2 as nw

        frame = through_narwhals(table).lazy()
        frame = frame.select(*[nw.col(name).alias(label) for name, label in zip(names, labels, strict=True)])
        frame = frame.filter(*[~nw.col(label).is_null() for label in labels])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # DuckDB brings moments with a zone in a way that pandas warns of
            found = frame.group_by(labels).agg(nw.len().alias("n")).collect("pandas").to_native()
    return found


def rows_of(keys: Any, there: Any) -> Any:
    """Return for each of *keys* the number of its rows *there*, NaN when there are none; both as counted keys."""
    import pandas

    labels = list(keys.columns[:-1])
    here = pandas.DataFrame({label: _comparable(keys[label]) for label in labels})
    other = pandas.DataFrame({label: _comparable(there[label]) for label in labels})
    if len(labels) == 1:
        numbers = pandas.Series(there["n"].to_numpy(), index=pandas.Index(other["k0"]))
        return numbers.reindex(pandas.Index(here["k0"])).reset_index(drop=True)
    return here.merge(other.assign(n=there["n"].to_numpy()), how="left", on=labels)["n"]


def _comparable(series: Any) -> Any:
    """Return a column of keys, stored in the way that all libraries' keys compare in."""
    import pandas

    if isinstance(series.dtype, pandas.CategoricalDtype):
        series = series.astype(series.dtype.categories.dtype)
    if pandas.api.types.infer_dtype(series, skipna=True) in ("date", "datetime", "datetime64"):
        return pandas.to_datetime(series).astype("datetime64[us]")
    is_plain = getattr(series.dtype, "kind", "O") in "iufb"
    return pandas.Series(series.to_numpy()) if is_plain else pandas.Series(series.to_numpy(dtype=object), dtype=object)
