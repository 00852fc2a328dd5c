"""What changed in the columns themselves: added, removed, renamed, retyped, moved."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence

import numpy as np

from nbops.frames.difference.record import SchemaChange
from nbops.frames.difference.sides import Side
from nbops.frames.difference.values import Array

__all__ = ["Rename", "changes_of_schema", "find_renamed", "kind_of_type"]

_SAMPLE = 1_000
_MOST = 60  # of the columns of one side that are looked at for new names
_AGREED = 0.9
_ALIKE = 0.75

Rename = tuple[str, str, str]
"""The name before, the name after, and how that was found out."""


def changes_of_schema(before: Side, after: Side, renamed: Sequence[Rename]) -> tuple[SchemaChange, ...]:
    """Return what changed in the columns themselves, in the order after; what was removed comes last."""
    old = {new: was for was, new, _ in renamed}
    gone = {was for was, _, _ in renamed}
    found = [SchemaChange("renamed", new, was, new, note) for was, new, note in renamed]
    found += [SchemaChange("added", name, "", after.types[name]) for name in after.names
              if name not in before and name not in old]  # fmt: skip
    for name in after.names:
        was = old.get(name, name)
        if was in before and kind_of_type(before.types[was]) != kind_of_type(after.types[name]):
            found.append(SchemaChange("retyped", name, before.types[was], after.types[name]))
    found += _moved([name for name in before.names if name in after], [name for name in after.names if name in before])
    found += [SchemaChange("removed", name, before.types[name], "") for name in before.names
              if name not in after and name not in gone]  # fmt: skip
    return tuple(found)


def kind_of_type(said: str) -> str:
    """Return what a type means, whichever library names it.

    Example:
        >>> [kind_of_type(one) for one in ("Int64", "int64", "double", "datetime64[us]", "timestamp[ns, tz=UTC]")]
        ['int64', 'int64', 'float64', 'moment', 'moment with a zone']
        >>> kind_of_type("large_string") == kind_of_type("str") == kind_of_type("String") == kind_of_type("object")
        True
    """
    said = said.lower()
    said = re.sub(r"\[pyarrow\]$|\[python\]$", "", said)
    if said.startswith(("timestamp", "datetime")):
        return "moment with a zone" if "tz=" in said or "," in said else "moment"
    return _SAME.get(said, said)


_SAME = {
    **dict.fromkeys(("object", "str", "string", "large_string", "string_view", "utf8", "large_utf8"), "text"),
    "double": "float64",
    "float": "float32",
    "halffloat": "float16",
    "boolean": "bool",
    "bool_": "bool",
    "date32[day]": "date",
    "date64[ms]": "date",
}


def _moved(before: list[str], after: list[str]) -> list[SchemaChange]:
    """Return the columns that must move to turn one order into the other, as few as the longest common order leaves."""
    if before == after:
        return []
    place = {name: at for at, name in enumerate(before)}
    kept = _longest_rising([place[name] for name in after])
    return [
        SchemaChange("moved", name, f"place {place[name] + 1}", f"place {at + 1}")
        for at, name in enumerate(after)
        if place[name] not in kept
    ]


def _longest_rising(places: list[int]) -> set[int]:
    """Return the longest rising part of *places*, by patience sorting (Fredman 1975)."""
    import bisect

    ends: list[int] = []
    previous: dict[int, int | None] = {}
    for one in places:
        at = bisect.bisect_left(ends, one)
        previous[one] = ends[at - 1] if at else None
        ends[at : at + 1] = [one]
    found: set[int] = set()
    last: int | None = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = previous[last]
    return found


def find_renamed(
    before: Side, after: Side, rows: tuple[Array, Array], cells: Callable[[Side, str, Array], Array]
) -> tuple[Rename, ...]:
    """Return which columns seem to bear another name: those that hold the same in the rows of both sides.

    Agreement counts above what the columns' values would agree by chance (Cohen's kappa, 1960).

    Args:
        before: The side before.
        after: The side after.
        rows: The positions of paired rows, before and after; none when no rows are paired.
        cells: What returns some cells of a column as objects.
    """
    gone = [name for name in before.names if name not in after][:_MOST]
    come = [name for name in after.names if name not in before][:_MOST]
    if not gone or not come:
        return ()
    n = len(rows[0])
    some = np.linspace(0, n - 1, min(n, _SAMPLE)).astype("int64") if n else np.zeros(0, dtype="int64")
    held = {name: cells(before, name, rows[0][some]) for name in gone}
    holds = {name: cells(after, name, rows[1][some]) for name in come}
    scored = [(_score(held[was], holds[new], was, new), was, new) for was in gone for new in come]
    found: list[Rename] = []
    for (score, note), was, new in sorted(scored, key=lambda one: -one[0][0]):
        taken = any(was == one[0] or new == one[1] for one in found)
        if score >= _AGREED and not taken:
            found.append((was, new, note))
    return tuple(found)


def _score(held: Array, holds: Array, was: str, new: str) -> tuple[float, str]:
    alike = difflib.SequenceMatcher(None, _bare(was), _bare(new)).ratio()
    short, long = sorted((_bare(was), _bare(new)), key=len)
    alike = max(alike, 0.85 if len(short) > 2 and short in long else 0.0)
    if not len(held):
        return (0.9 + alike / 10, "by its name alone") if alike >= 0.85 else (0.0, "")
    same = float(np.mean(_same(held, holds)))
    by_chance = float(np.mean(_same(held, np.roll(holds, 1)))) if len(held) > 1 else 1.0
    agreed = (
        (same - by_chance) / (1 - by_chance) if by_chance < 1 else (1.0 if same == 1.0 and alike >= _ALIKE else 0.0)
    )
    if agreed >= _AGREED:
        return 1.0 + agreed + alike / 10, f"{100 * same:.4g} % of the rows hold the same"
    return (0.9 + alike / 100, "by its name; its values changed too") if alike >= 0.9 else (0.0, "")


def _bare(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())


def _same(a: Array, b: Array) -> Array:
    return np.array([x == y or (x is None and y is None) for x, y in zip(a.tolist(), b.tolist(), strict=True)])
