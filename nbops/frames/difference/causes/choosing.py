"""Which cause is believed: the one that explains the most changed cells, and far more than chance would."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from nbops.frames.difference.causes.candidate import Candidate, Pairs
from nbops.frames.difference.values import Array

__all__ = ["Chosen", "choose"]

_SAMPLE = {"text": 1_000}
_NUMBERS_SAMPLE = 5_000
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """A cause that holds, and what it explains.

    Args:
        candidate: The cause.
        explained: How many of the changed cells it explains.
        row: The position before of a row that it explains.
    """

    candidate: Candidate
    explained: int
    row: int


def choose(pairs: Pairs, propose: Callable[[Pairs, Pairs], Iterable[Candidate]]) -> tuple[list[Chosen], Array]:
    """Return the causes that hold, most first, and the rows that none of them explains.

    Args:
        pairs: The changed cells.
        propose: What returns candidates for the cells that are not explained yet: a sample of them, and all of them.
    """
    found: list[Chosen] = []
    rest = pairs
    for _ in range(_ROUNDS):
        if len(rest) < 2:
            break
        sample = rest.spread(_SAMPLE.get(rest.kind, _NUMBERS_SAMPLE))
        with np.errstate(all="ignore"):
            best = _best(sample, propose(sample, rest))
            if best is None:
                break
            explained = np.asarray(best.explains(rest.before, rest.after), dtype=bool)
        if not explained.any():
            break
        n = round(float(np.count_nonzero(explained)) * rest.weight)
        found.append(Chosen(best, n, int(rest.rows[np.argmax(explained)])))
        rest = rest.at(~explained)
    return found, rest.rows


def _best(sample: Pairs, candidates: Iterable[Candidate]) -> Candidate | None:
    best: tuple[float, int] | None = None
    chosen = None
    different = _different(sample)
    for one in candidates:
        share = _believed(one, sample, different)
        if share is not None and (best is None or (-share, one.rank) < best):
            best, chosen = (-share, one.rank), one
    return chosen


def _believed(one: Candidate, sample: Pairs, different: Pairs) -> float | None:
    """Return the share that a candidate explains, in steps of a twentieth; None when it is not to be believed."""
    explained = np.asarray(one.explains(sample.before, sample.after), dtype=bool)
    n = int(np.count_nonzero(explained))
    share = n / len(sample)
    if n * sample.weight < one.rows or share < one.least:
        return None
    wanted = one.distinct if one.distinct < 3 or len(set(sample.before.tolist())) > 2 else 2
    if len(set(sample.before[explained].tolist())) < wanted:
        return None
    if one.by_chance and _is_chance(one, different):
        return None
    return round(share * 20) / 20


def _different(pairs: Pairs) -> Pairs:
    """Return each pair of cells once: where one value fills most rows, its repeats tell nothing about a rule."""
    seen: dict[tuple[object, object], int] = {}
    for at, pair in enumerate(zip(pairs.before.tolist(), pairs.after.tolist(), strict=True)):
        seen.setdefault(pair, at)
    return pairs.at(np.array(list(seen.values()), dtype="int64"))


def _is_chance(one: Candidate, different: Pairs) -> bool:
    """Whether a rule explains nearly as many pairs when the cells after stand in any other order."""
    if len(different) < 2:
        return False
    explained = float(np.mean(one.explains(different.before, different.after)))
    shuffled = different.shuffled()
    by_chance = float(np.mean(one.explains(shuffled.before, shuffled.after)))
    return by_chance > 0.5 * explained
