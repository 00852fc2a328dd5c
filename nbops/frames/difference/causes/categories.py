"""Causes in columns of few values: categories that got another name, and nulls that are written otherwise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nbops.frames.difference.causes.candidate import Candidate, Pairs
from nbops.frames.difference.values import Array

__all__ = ["category_candidate", "coded", "permuted_candidate"]

_LEAST_ROWS = 3
_MOVED = 0.9  # of a category's rows, for it to count as renamed
_MOST_SHOWN = 3
_MOST_CATEGORIES = 2_000


def category_candidate(
    pairs: Pairs, count_before: Callable[[Array], Array], shown: Callable[[object], str]
) -> Candidate | None:
    """Return that whole categories got other names; None when none did.

    A category is renamed when nearly all rows that held it before hold one and the same other value after.

    Args:
        pairs: All changed cells of the column.
        count_before: What returns how many compared rows hold each of some values before.
        shown: What returns a value as text.
    """
    at_before, before = coded(pairs.before)
    if not len(before) or len(before) > _MOST_CATEGORIES or len(before) > len(pairs):
        return None
    at_after, after = coded(pairs.after)
    moves, counts = np.unique(at_before.astype("int64") * len(after) + at_after, return_counts=True)
    sizes = counts * pairs.weight
    origin, target = moves // len(after), moves % len(after)
    enough = sizes >= _LEAST_ROWS
    if not enough.any():
        return None
    origin, target, sizes = origin[enough], target[enough], sizes[enough]
    whole = sizes >= _MOVED * count_before(before[origin])
    if not whole.any():
        return None
    origin, target, sizes = origin[whole], target[whole], sizes[whole]
    order = np.argsort(-sizes)
    names = {before[origin[at]]: after[target[at]] for at in order}
    if pairs.kind == "bool" and len(names) == 2:
        turned = "what was true is false, what was false is true"
        return Candidate("inverted", turned, lambda a, b: a != b, 0.8, 2, 6, 1, by_chance=False)
    first = [f"{shown(old)} → {shown(new)}" for old, new in list(names.items())[:_MOST_SHOWN]]
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return Candidate(
        "category renamed", ", ".join(first) + more, _renamed(names), 0.3, 1, _LEAST_ROWS, 5, by_chance=False
    )


def coded(values: Array) -> tuple[Array, Array]:
    """Return *values* as places in the list of the different ones, and that list."""
    if values.dtype != object:
        different, places = np.unique(values, return_inverse=True)
        return places, different
    import pandas

    places, different = pandas.factorize(values, use_na_sentinel=False)
    return places, different


def permuted_candidate(
    held: Array, holds: Array, share_changed: float, spread: Callable[[], float], *, is_rolled: Callable[[], bool]
) -> Candidate | None:
    """Return that the same cells stand with other keys; None when other cells do.

    Cells that were replaced by what the column holds elsewhere have nearly the same counts too. So the counts must
    agree five times better than those of two samples would, whose counts differ by √(2(a + b)/π) on average (the mean
    deviation of a normal variable); with fewer than five different values they must be the same, in a column as
    changed as one that was shuffled whole.

    Args:
        held: All changed cells before, nulls among them.
        holds: The same after.
        share_changed: The share of the compared rows in which the column changed.
        spread: What returns the share that would change if the whole column were shuffled.
        is_rolled: What returns whether each cell holds what stood in the row before.
    """
    n = len(held)
    if n < 8:
        return None
    places, different = coded(np.concatenate([held, holds]))
    first, second = (np.bincount(part, minlength=len(different)) for part in (places[:n], places[n:]))
    apart = 0.5 * float(np.abs(first - second).sum())
    noise = 0.5 * float(np.sqrt(2 * (first + second) / np.pi).sum())
    has_many = np.count_nonzero(first) >= 5
    is_same = apart <= 0.2 * noise if has_many else n >= 20 and apart == 0 and share_changed >= 0.7 * spread()
    if not is_same:
        return None
    what = "each row holds what stood in the row before" if is_rolled() else "the same values stand in other rows"
    return Candidate("permuted", what, lambda a, b: np.ones(len(a), dtype=bool), 0.8, 2, 8, 7, by_chance=False)


def _renamed(names: dict[object, object]) -> Callable[[Array, Array], Array]:
    def explains(a: Array, b: Array) -> Array:
        return np.array([old in names and names[old] == new for old, new in zip(a.tolist(), b.tolist(), strict=True)],
                        dtype=bool)  # fmt: skip

    return explains
