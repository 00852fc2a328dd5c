"""``cast``: columns of other types, and the values that were none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.casting import Cast, cast_columns, cast_lazily, is_lazy_polars, type_named
from nbops.frames.masking import COVERED, is_masked
from nbops.frames.masks import first_rows
from nbops.frames.reading import through_narwhals
from nbops.frames.selecting import select, snapshot
from nbops.frames.tables import is_frame, kind_of, library, row_count, shortened
from nbops.records import Examples, RowEntry
from nbops.rows.accounts import NOT_COUNTED, as_table, judged, name_of, report

__all__ = ["cast"]

_ERRORS = ("raise", "coerce", "drop")
_MOST_VALUES = 3
_MOST_ROWS = 5
_MOST_COLUMNS = 4
_MOST_LOOKED_AT = 1000


def cast(table: Any, types: Mapping[Any, Any], errors: str = "raise", *, count: bool = False) -> Any:
    """Return *table* with columns cast to other types; what cannot be cast is counted, with examples.

    Texts are stripped of blanks. Whole numbers are of the whole int64: ``2.5`` and ``1e30`` are none. True is ``true``,
    ``yes``, ``y``, ``t`` or ``1``, false their opposites, whatever their case. Dates are those of ISO 8601, as
    ``2013-02-08`` and ``2013-02-08T06:00``.

    Args:
        table: A frame of pandas, polars, pyarrow or any library that narwhals knows; of the lazy ones that of polars.
        types: By column: ``int``, ``float``, ``str``, ``bool``, ``date``, ``datetime`` or ``category``, as a text or
            as the class of Python.
        errors: What to do with a value that cannot be cast: ``raise`` fails as a test, ``coerce`` makes it null, and
            ``drop`` leaves its row out. The rows are kept as a table of the run (``nbops.excluded``), as they were.
        count: Look at the values of a lazy table now, which reads these columns once more; else it is cast when it is
            computed, and what cannot be cast is unknown. With ``raise`` it is needed, because nobody would be told.

    Raises:
        UsageError: It is a lazy table that cannot be cast, or has no such column, or there is no such type.
        CheckFailed: Outside a step: a value cannot be cast, with ``raise``.
        StepFailed: In a step: the same.

    Example:
        >>> import pandas as pd
        >>> orders = pd.DataFrame({"amount": ["5", "n/a", "7.5"]})
        >>> cast(orders, {"amount": float}, errors="coerce").amount.tolist()
        [5.0, nan, 7.5]
    """
    is_lazy = is_lazy_polars(table)
    if not is_frame(table) or (row_count(table) is None and not is_lazy):
        fix = "cast a lazy table in its own library, or compute it before"
        raise UsageError(f"{kind_of(table)} is no table whose values can be looked at", where="cast", fix=fix)
    if errors not in _ERRORS:
        fix = did_you_mean(str(errors), _ERRORS)
        raise UsageError(f"errors {errors!r} is none of {', '.join(_ERRORS)}", where="cast", fix=fix)
    wanted = {name: type_named(kind) for name, kind in types.items()}
    if is_lazy:
        return _lazily(table, wanted, errors, count=count)
    found = cast_columns(table, wanted)
    if errors == "raise":
        _judge(table, found, wanted)
    result = found.table
    if errors == "drop" and found.bad:
        result = select(result, _any(found), where=False).table
    held = snapshot(table)
    if errors == "drop" and len(found.bad) > 1:
        entries = [_together(held, found, wanted)]
    else:
        entries = [_entry(held, name, bad, wanted[name], errors) for name, bad in found.bad.items()]
    masks = [_any(found)] if len(entries) < len(found.bad) else list(found.bad.values())
    excluded = {at: (lambda mask=mask: select(held, mask).table) for at, mask in enumerate(masks)}
    report("cast", [table], result, entries, tables_in=[as_table(table)], excluded=excluded)
    return result


def _lazily(table: Any, wanted: Mapping[Any, str], errors: str, *, count: bool) -> Any:
    """Cast a lazy table of polars when it is computed; with *count* its columns are also looked at now."""
    if errors == "raise" and not count:
        fix = "count=True looks at the values now; errors='coerce' or 'drop' casts when the table is computed"
        raise UsageError("what cannot be cast in a lazy table would be told to nobody", where="cast", fix=fix)
    result = cast_lazily(table, wanted, drop=errors == "drop")
    if not count:
        kind = "dropped" if errors == "drop" else "aside"
        entry = RowEntry(f"{', '.join(map(str, wanted))} cannot be cast", None, kind, NOT_COUNTED)  # type: ignore[arg-type]
        report("cast", [table], result, [entry], tables_in=[as_table(table)])
        return result
    looked = table.select(list(wanted)).collect()
    found = cast_columns(looked, wanted)
    if errors == "raise":
        _judge(looked, found, wanted)
    if errors == "drop" and len(found.bad) > 1:
        entries = [_together(looked, found, wanted)]
    else:
        entries = [_entry(looked, name, bad, wanted[name], errors) for name, bad in found.bad.items()]
    gone = int(_any(found).sum()) if errors == "drop" and found.bad else 0
    rows = len(looked)
    report("cast", [table], result, entries, tables_in=[as_table(table, rows=rows)], rows_out=rows - gone)
    return result


def _any(found: Cast) -> Any:
    masks = list(found.bad.values())
    both = masks[0]
    for mask in masks[1:]:
        both = both | mask
    return both


def _entry(table: Any, name: Any, bad: Any, wanted: str, errors: str) -> RowEntry:
    note = f"as {', '.join(_values(table, name, bad))}"
    if errors == "drop":
        return RowEntry(f"{name} is no {wanted}", int(bad.sum()), "dropped", note, _examples(table, bad))
    return RowEntry(
        f"values of {name} are no {wanted}", int(bad.sum()), "aside", f"null now, {note}", _examples(table, bad)
    )


def _together(table: Any, found: Cast, wanted: Mapping[Any, str]) -> RowEntry:
    """Return one entry for rows that several columns drop: a row is counted once."""
    mask = _any(found)
    told = list(found.bad.items())[:_MOST_COLUMNS]
    more = [f"{len(found.bad) - len(told):,} more columns"] if len(found.bad) > len(told) else []
    values = [f"{name} {int(bad.sum()):,} as {', '.join(_values(table, name, bad))}" for name, bad in told]
    reason = ", ".join([*(f"{name} is no {wanted[name]}" for name, _ in told), *more])
    return RowEntry(reason, int(mask.sum()), "dropped", "; ".join(values), _examples(table, mask))


def _examples(table: Any, mask: Any) -> Examples:
    places = mask.nonzero()[0][:_MOST_ROWS].tolist()
    return first_rows(table.iloc[places] if library(table) == "pandas" else _rows(table, places), _MOST_ROWS)


def _rows(table: Any, places: list[int]) -> Any:
    return through_narwhals(table)[places].to_native()


def _values(table: Any, name: Any, bad: Any) -> list[str]:
    """Return the first different values of a column where it is bad, as text."""
    if is_masked(name):
        return [COVERED]
    places = bad.nonzero()[0][:_MOST_LOOKED_AT].tolist()
    if library(table) == "pandas":
        values = table[name].iloc[places].tolist()
    else:
        values = through_narwhals(table)[name][places].to_list()
    return [repr(value) for value in list(dict.fromkeys(shortened(str(v), 60) for v in values))[:_MOST_VALUES]]


def _judge(table: Any, found: Cast, wanted: Mapping[Any, str]) -> None:
    for name, kind in wanted.items():
        bad = found.bad.get(name)
        failing = 0 if bad is None else int(bad.sum())
        judged(
            f"{name} can be cast to {kind}",
            failing == 0,
            why=""
            if bad is None
            else f"{failing:,} values of {name_of(table) or 'the table'} are none, as "
            + ", ".join(_values(table, name, bad)),
            rows=row_count(table),
            failing=failing,
            examples=None if bad is None else _examples(table, bad),
        )
