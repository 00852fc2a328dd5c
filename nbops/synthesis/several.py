"""Several tables at once: which column refers to the key of which table, and rows that find their partner."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from nbops.errors import UsageError, did_you_mean
from nbops.frames.profile.rare import LEAST_ROWS
from nbops.frames.profile.sketch import Distinct
from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.synthesis.columns import Drawn
from nbops.synthesis.sources import Source
from nbops.synthesis.streams import Array, Stream

__all__ = ["Reference", "find_references", "in_order", "read_references", "referring", "with_common"]

_STEEPEST = 3.0


@dataclass(frozen=True, slots=True)
class Reference:
    """A column whose values are those of a key: of another table, or of the same."""

    table: str
    column: str
    parent: str
    key: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column} → {self.parent}.{self.key}"


def read_references(given: Mapping[str, str], profiles: Mapping[str, Profile]) -> list[Reference]:
    """Return references as they are written: ``{"orders.customer_id": "customers.id"}``.

    Raises:
        UsageError: A table or a column is not there, or a column refers to two.
    """
    found = []
    for left, right in given.items():
        (table, column), (parent, key) = (_place(one, profiles) for one in (left, right))
        found.append(Reference(table, column, parent, key))
    return found


def _place(text: str, profiles: Mapping[str, Profile]) -> tuple[str, str]:
    table, dot, column = text.partition(".")
    fix = "references={'orders.customer_id': 'customers.id'}"
    if not dot:
        raise UsageError(f"{text!r} names no column of a table", where="references", fix=fix)
    if table not in profiles:
        raise UsageError(f"no table {table!r}", where=f"references: {text}", fix=did_you_mean(table, profiles))
    if column not in profiles[table].names:
        fix = did_you_mean(column, profiles[table].names)
        raise UsageError(f"{table} has no column {column!r}", where=f"references: {text}", fix=fix)
    return table, column


def find_references(profiles: Mapping[str, Profile]) -> list[Reference]:
    """Return the references that names and values agree on.

    A column refers to a key if it has its name, or that of its table before it, as ``customer_id`` to ``customers.id``,
    and no value that is not among those of the key, as far as the sketches of different values tell.
    """
    found: list[Reference] = []
    for parent, profile in profiles.items():
        for key in (column for column in profile.columns if column.is_unique):
            for table, other in profiles.items():
                for column in other.columns:
                    one = Reference(table, column.name, parent, key.name)
                    taken = any((known.table, known.column) == (table, column.name) for known in found)
                    if table != parent and not taken and _is_named(one) and _is_within(column, key):
                        found.append(one)
    return found


def _is_named(one: Reference) -> bool:
    words = {one.parent.lower(), re.sub(r"(?:e?s)$", "", one.parent.lower()), re.sub(r"s$", "", one.parent.lower())}
    name, key = one.column.lower(), one.key.lower()
    return (name == key and key not in ("id", "name", "key")) or name in {f"{word}_{key}" for word in words} | {
        f"{word}{key}" for word in words
    }


def _is_within(column: ColumnProfile, key: ColumnProfile) -> bool:
    if column.kind != key.kind or not column.filled:
        return False
    together = (column.values.summary + key.values.summary).estimate
    return together <= key.values.summary.estimate * (1 + Distinct.ERROR) + 2


def in_order(profiles: Mapping[str, Profile], references: Sequence[Reference]) -> Iterator[str]:
    """Yield the tables, each behind those that it refers to.

    Raises:
        UsageError: Tables refer to each other in a circle.
    """
    waiting, done = list(profiles), set[str]()
    while waiting:
        ready = [
            name for name in waiting
            if all(one.parent in done or one.parent == name for one in references if one.table == name)
        ]  # fmt: skip
        if not ready:
            circle = ", ".join(str(one) for one in references if one.table in waiting and one.parent in waiting)
            raise UsageError(f"tables refer to each other in a circle: {circle}", where="references",
                             fix="leave one of them out: references={…}")  # fmt: skip
        yield from ready
        done.update(ready)
        waiting = [name for name in waiting if name not in done]


# ── sources ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def with_common(own: Source, children: Sequence[ColumnProfile], kind: str) -> Source:
    """Return the source of a key that first draws the values which many rows of other tables refer to."""
    common: dict[Any, None] = {}
    for child in children:
        if child.values.counts is not None:
            ordered = sorted(child.values.counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
            common |= dict.fromkeys(value for value, rows in ordered if rows >= LEAST_ROWS)
    if not common or kind not in ("text", "number"):
        return own
    waiting = list(common)

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        first = waiting[:size]
        del waiting[:size]
        rest = own.draw(size - len(first), None, stream)
        taken = [str(one) for one in first] if kind == "text" else first
        others = pd.Series(_listed(rest), dtype=object)
        others = others[~others.isin(set(common))]
        both = pd.concat([pd.Series(taken, dtype=object), others], ignore_index=True)
        while len(both) < size:
            more = pd.Series(_listed(own.draw(size - len(both), None, stream)), dtype=object)
            both = pd.concat([both, more[~more.isin(set(common))]], ignore_index=True)
        return Drawn(both.infer_objects())

    return Source(draw, is_key=True)


def _listed(drawn: Drawn) -> list[Any]:
    if drawn.pool is not None:
        return [drawn.pool[code] for code in drawn.values]
    return drawn.values.tolist() if isinstance(drawn.values, np.ndarray) else list(map(str, drawn.values))


def _of_no_keys(size: int, name: str) -> Drawn:
    if size:
        raise UsageError(f"{name} refers to a table without rows", where="references", fix="more rows of that")
    return Drawn(np.zeros(0, dtype="int64"))


def referring(column: ColumnProfile, keys: pd.Series) -> Source:
    """Return the source of a column whose values are some of *keys*, of other rows, as unevenly as they were."""
    keys = keys.dropna().reset_index(drop=True)
    if not len(keys):
        return Source(lambda size, places, stream: _of_no_keys(size, column.name))
    weights = _weights(column, keys)
    ends = np.cumsum(weights)
    unused: Array = np.zeros(0, dtype="int64")

    def draw(size: int, places: Array | None, stream: Stream) -> Drawn:
        nonlocal unused
        if not column.is_unique:
            wanted = stream.fractions(size) * ends[-1]
            return Drawn(
                keys.take(np.searchsorted(ends, wanted, side="right").clip(0, len(keys) - 1)).reset_index(drop=True)
            )
        unused = unused if len(unused) >= size else np.concatenate([unused, stream.shuffled(len(keys))])
        if len(unused) < size:
            what = f"{column.name} never repeats, and refers to {len(keys):,} keys: {size:,} rows are too many"
            raise UsageError(what, where="references", fix=f"rows={len(keys)}, or more rows of the other table")
        taken, unused = unused[:size], unused[size:]
        return Drawn(keys.take(taken).reset_index(drop=True))

    return Source(draw, is_key=column.is_unique)


def _weights(column: ColumnProfile, keys: pd.Series) -> Array:
    """Return how often each key is referred to: known values as they were, others by a power law like theirs."""
    known = {value: rows for value, rows in column.values.most_frequent if rows >= LEAST_ROWS}
    text = {str(value): rows for value, rows in known.items()}
    weights = np.array([float(text.get(str(one), 0)) for one in keys.tolist()])
    used = weights > 0
    others = np.flatnonzero(~used)
    if not len(others):
        return weights
    left = max(column.filled - weights.sum(), 0.0)
    if left <= 0:
        return weights
    share = min(1.0, max(1, column.values.distinct - int(used.sum())) / len(others))
    chosen = others[: max(1, round(share * len(others)))]
    largest = max(known.values(), default=0) / column.filled if not used.any() else 0.0
    steep = _steepness(len(chosen), largest)
    law = (
        np.array([round(1.0 / (at + 1.0) ** steep, 9) for at in range(len(chosen))]) if steep else np.ones(len(chosen))
    )
    weights[chosen] = left * law / math.fsum(law.tolist())  # exact, in whatever order a machine would sum
    return weights


def _steepness(kinds: int, largest: float) -> float:
    """Return the exponent s for which 1/kˢ gives the first of *kinds* the share *largest*; 0 when all are alike."""
    if largest * kinds <= 1.5:
        return 0.0
    low, high = 0.0, _STEEPEST
    numbers = np.arange(1, kinds + 1, dtype="float64")
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if 1.0 / float((numbers**-middle).sum()) < largest else (low, middle)
    return round((low + high) / 2, 1)
