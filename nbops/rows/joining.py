"""``join``: two tables side by side, with what matched nothing on either side and what matched too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.joining import HOW, Keys, Matches, joined, keys_of, matches, repeated_keys
from nbops.frames.masks import first_rows
from nbops.frames.tables import library, row_count
from nbops.records import Examples, RowEntry, Table
from nbops.rows.accounts import as_table, judged, report

__all__ = ["join"]

_CARDINALITIES = {
    "1:1": (True, True),
    "1:m": (True, False),
    "m:1": (False, True),
    "m:m": (False, False),
}
_OTHER_WORDS = {
    "one_to_one": "1:1",
    "one_to_many": "1:m",
    "many_to_one": "m:1",
    "many_to_many": "m:m",
    "1:n": "1:m",
    "n:1": "m:1",
    "n:m": "m:m",
}
_Excluded = dict[int, Callable[[], Any]]


def join(
    left: Any,
    right: Any,
    on: Any = None,
    how: str = "inner",
    *,
    left_on: Any = None,
    right_on: Any = None,
    expect: str = "",
    suffix: str = "_right",
    count: bool = False,
) -> Any:
    """Return the rows of *left* with the columns of *right*, as the library of both joins them.

    Rows that match nothing are counted on both sides, and kept as tables of the run (``nbops.excluded``). With
    *expect*, a join that repeats rows which may not be repeated is a failed test, before it is made.

    Args:
        left: A frame of pandas, polars, pyarrow or any library that narwhals knows.
        right: A frame of the same library.
        on: The column, or list of columns, to join by.
        how: ``inner``, ``left``, ``right`` or ``outer``.
        left_on: The columns of *left*, where they are named otherwise than those of *right*.
        right_on: The columns of *right*.
        expect: How many rows of the one side a row of the other may match: ``1:1``, ``1:m``, ``m:1`` (each row of
            *left* matches one of *right* at most) or ``m:m``.
        suffix: What is added to the names of columns of *right* that *left* has, too.
        count: Count the rows of lazy tables, which reads their keys once; else they are unknown.

    Raises:
        UsageError: They cannot be joined so.
        CheckFailed: Outside a step: a key is repeated that may not be.
        StepFailed: In a step: the same.

    Example:
        >>> import pandas as pd
        >>> flights = pd.DataFrame({"flight": [1, 2, 3], "carrier": ["UA", "AA", "??"]})
        >>> names = pd.DataFrame({"carrier": ["UA", "AA"], "name": ["United", "American"]})
        >>> join(flights, names, on="carrier", how="left", expect="m:1").name.tolist()
        ['United', 'American', nan]
    """
    how = {"full": "outer"}.get(how, how)
    if how not in HOW:
        raise UsageError(f"unknown way to join {how!r}", where="join", fix=did_you_mean(str(how), HOW))
    expected = _expected(expect)
    keys = keys_of(left, right, on, left_on, right_on)
    names = as_table(left), as_table(right)
    seen = None if keys.is_lazy and not count else matches(left, right, keys)
    if expected:
        _judge((left, right), keys, seen, names, expected)
    result = joined(left, right, keys, how, suffix)
    entries, excluded = _entries(
        seen, how, *(table.name or side for table, side in zip(names, ("left", "right"), strict=True))
    )
    report(
        "join",
        [left],
        result,
        entries,
        tables_in=[_counted(names[0], seen.left_rows if seen else None)],
        rows_out=_rows_out(seen, how, result) if row_count(result) is None else None,
        beside=[_counted(names[1], seen.right_rows if seen else None)],
        excluded=excluded,
    )
    return result


def _expected(expect: str) -> str:
    found = _OTHER_WORDS.get(expect, expect)
    if found and found not in _CARDINALITIES:
        fix = did_you_mean(str(expect), list(_CARDINALITIES))
        raise UsageError(f"{expect!r} says not how often rows may match", where="join", fix=fix)
    return found


def _counted(table: Table, rows: int | None) -> Table:
    return Table(table.name, table.kind, table.rows if rows is None else rows, table.columns)


def _rows_out(seen: Matches | None, how: str, result: Any) -> int | None:
    """Return how many rows a lazy join has; where a null may match a null, only the join itself can tell."""
    if seen is None:
        return None
    if library(result) == "dask":
        return len(result)
    alone = {"left": seen.left_alone, "right": seen.right_alone, "outer": seen.left_alone + seen.right_alone}
    return seen.pairs + alone.get(how, 0)


def _judge(tables: tuple[Any, Any], keys: Keys, seen: Matches | None, names: tuple[Table, Table], expect: str) -> None:
    """Judge whether the keys are as unique as *expect* says."""
    if seen is None:
        fix = "join(…, count=True), which reads the keys once"
        raise UsageError(f"whether a join of lazy tables is {expect} is not known before", where="join", fix=fix)
    unique = _CARDINALITIES[expect]
    sides = (
        (names[0].name or "left", tables[0], keys.left, seen.left_repeated),
        (names[1].name or "right", tables[1], keys.right, seen.right_repeated),
    )
    bad = [side for side, must in zip(sides, unique, strict=True) if must and side[3]]
    title = f"join of {sides[0][0]} with {sides[1][0]} is {expect}"
    if not bad:
        judged(title, is_good=True, rows=seen.left_rows)
        return
    name, table, columns, repeated = bad[0]
    told = ", ".join(map(str, columns))
    grows = f": {seen.left_rows:,} rows would become {seen.pairs:,}" if seen.pairs > seen.left_rows else ""
    judged(
        title,
        is_good=False,
        why=f"{repeated:,} rows of {name} share their {told} with another{grows}",
        observed=f"{repeated:,} repeated rows",
        allowed="0 repeated rows",
        rows=row_count(table),
        failing=repeated,
        examples=_examples(table, columns),
    )


def _examples(table: Any, columns: tuple[Any, ...]) -> Examples:
    return first_rows(repeated_keys(table, columns))


def _entries(seen: Matches | None, how: str, left: str, right: str) -> tuple[list[RowEntry], _Excluded]:
    """Return what became of the rows of both sides, and what returns those that match nothing."""
    if seen is None:
        return [RowEntry(f"without a match in {right}", None, "dropped" if how in ("inner", "right") else "aside")], {}
    entries: list[RowEntry] = []
    excluded: _Excluded = {}
    for entry, rows in _items(seen, how, left, right):
        if rows is not None and entry.rows:
            excluded[len(entries)] = rows
        entries.append(entry)
    return entries, excluded


def _items(seen: Matches, how: str, left: str, right: str) -> Iterator[tuple[RowEntry, Callable[[], Any] | None]]:
    keeps_left = how in ("left", "outer")
    reason = f"without a match in {right}"
    if keeps_left:
        yield RowEntry(f"of {left} {reason}", seen.left_alone, "aside", "filled with nulls"), seen.left_others
    else:
        yield RowEntry(reason, seen.left_alone), seen.left_others
    if seen.more:
        yield RowEntry(f"repeated by several matches in {right}", seen.more, "added"), None
    if how in ("right", "outer"):
        yield RowEntry(f"of {right} without a match in {left}", seen.right_alone, "added"), seen.right_others
    else:
        yield RowEntry(f"of {right} without a match in {left}", seen.right_alone, "aside"), seen.right_others
    for name, rows in ((left, seen.left_null), (right, seen.right_null)):
        if rows:
            yield RowEntry(f"of {name} with a null in the key", rows, "aside"), None
