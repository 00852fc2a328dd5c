"""What follows one upon the other: running numbers, moments in regular steps, lines of one order.

Where rows are lost at random, numbers that ran on have gaps, and groups that come new in each delivery have fewer rows
each. Both tell of it, whatever the number of rows is from day to day.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from nbops.rules.verdict.delivery import Column, Delivery, Floats, Hashes, among, distinct, scattered
from nbops.rules.verdict.metric import Key, Measured, proportion

__all__ = ["Chain", "Sequences", "find_sequences", "sequence_metrics"]

_RECENT = 12
_MOST_ROWS = 5_000
_MOST_TEXTS = 20_000
_TRIED, _HOPE = 3, 0.4  # deliveries after which a chain is given up, and below what
_MOST_GROUPS = 60
_MOST_BY = 5
_MOST_CHAINS = 4
_LEAST_STEPS = 30
_FEWEST = 12
_HALF = 0.5
_FAR = 10.0
_TOLD = 1.0
_LOST = 7  # one row in seven is taken away to see what that changes
_NEW = 0.1
_NUMBER = re.compile(r"(\d{1,15})(\D{0,3})$")


@dataclass(frozen=True, slots=True)
class Chain:
    """A column whose values follow one another in a usual step.

    Args:
        column: The column.
        by: Within which other column's values; empty within all rows.
        ranks: Whether a step leads to the next value that the delivery has at all.
        steps: The usual step of each group, by the hash of what the group shares; empty for ranks.
    """

    column: str
    by: str = ""
    ranks: bool = False
    steps: Mapping[str, float] = field(default_factory=dict)

    @property
    def named(self) -> tuple[str, ...]:
        """The column, and the one that it is looked at within."""
        return (self.column, self.by) if self.by else (self.column,)


@dataclass(frozen=True)
class Sequences:
    """What follows one upon the other in a table: chains, and the columns whose groups of rows are always new."""

    chains: tuple[Chain, ...] = ()
    bundles: tuple[str, ...] = ()


def find_sequences(deliveries: Sequence[Delivery], plain: Sequence[str], few: Sequence[str]) -> Sequences:
    """Return the sequences among the columns *plain*; groups are looked for in the columns *few*."""
    recent = [d for d in deliveries if d.rows >= _FEWEST][-_RECENT:]
    if len(recent) < 3:
        return Sequences()
    thinned = [_thinned(delivery.rows, place) for place, delivery in enumerate(recent)]
    few = [by for by in few if all(by in delivery.columns for delivery in recent)]
    found = []
    for name in plain:
        if not all(name in delivery.columns for delivery in recent) or not _may_run(recent, name):
            continue
        runs = [_Run(delivery, name) for delivery in recent]
        made = [_told(chain, runs, thinned) for chain in _chains(runs, name, [by for by in few if by != name])]
        best = max(made, key=lambda item: item[0], default=(0.0, None))
        if best[1] is not None and best[0] > _TOLD:
            found.append((best[0], best[1]))
    chains = tuple(chain for _, chain in sorted(found, key=lambda item: -item[0])[:_MOST_CHAINS])
    return Sequences(chains, tuple(name for name in plain if _is_bundle(recent, name)))


def sequence_metrics(delivery: Delivery, known: Sequences) -> Iterator[tuple[Key, Measured]]:
    """Yield what share of values directly follow another, and how many rows a new group has."""
    for chain in known.chains:
        if any(name not in delivery.columns for name in chain.named):
            continue
        followed = _followed(_Run(delivery, chain.column), chain)
        if len(followed) >= _FEWEST:
            yield ("gapless", *chain.named), proportion(float(followed.mean()), len(followed))
    for name in known.bundles:
        counts = _sizes(delivery, name)
        if len(counts) >= _FEWEST:
            size = float(counts.mean())
            error = float(counts.std()) / size / math.sqrt(len(counts))
            yield ("group_rows", name), Measured(math.log(size), error + 0.3 / math.sqrt(delivery.rows))


def _thinned(rows: int, seed: int) -> np.ndarray:
    kept: np.ndarray = np.random.default_rng(seed).random(rows) >= 1.0 / _LOST
    return kept


def _may_run(deliveries: Sequence[Delivery], name: str) -> bool:
    """Whether a column holds whole numbers, moments, or texts that end in a number; few rows share one."""
    for delivery in deliveries[-3:]:
        column = delivery.columns.get(name)
        if column is None or (column.kind == "number" and not bool((column.present[:2000] % 1 == 0).all())):
            return False
        if column.kind == "text" and name not in delivery.dates:
            some = column.texts[:200]
            if sum(_NUMBER.search(text) is not None for text in some) < 0.9 * len(some) or not some:
                return False
        if (column.counts > 0).sum() < _FEWEST:
            return False
    return True


def _is_bundle(deliveries: Sequence[Delivery], name: str) -> bool:
    """Whether the rows of a delivery come in groups by a column, and the groups are new in each."""
    if any(name not in d.columns or name in d.dates for d in deliveries):
        return False
    columns = [d.columns[name] for d in deliveries]
    if columns[-1].kind == "number" and any((column.present[:2000] % 1 != 0).any() for column in columns):
        return False
    sizes = [counts for d in deliveries if len(counts := _sizes(d, name)) >= _FEWEST]
    if len(sizes) < 0.8 * len(deliveries) or not 1.3 <= float(np.median([s.mean() for s in sizes])) <= 50.0:
        return False
    values = [np.sort(column.hashes[column.counts > 0]) for column in columns]
    again = [float(among(now, before).mean()) for before, now in itertools.pairwise(values) if len(now)]
    return bool(again) and max(again) < _NEW


def _sizes(delivery: Delivery, name: str) -> np.ndarray:
    column = delivery.columns.get(name)
    return column.counts[column.counts > 0] if column is not None else np.empty(0, np.int64)


class _Run:
    """The numbers of a column in one delivery, and of texts what stands around them as a hash: read once."""

    def __init__(self, delivery: Delivery, name: str) -> None:
        self.delivery = delivery
        self.values, self.groups = _numbers(delivery, name)


def _chains(runs: Sequence[_Run], name: str, few: Sequence[str]) -> Iterator[Chain]:
    for by in ("", *few[:_MOST_BY]):
        chain = Chain(name, by)
        steps = _usual_steps([_gaps(run, chain) for run in runs])
        if steps:
            yield Chain(name, by, False, steps)
        if by:
            yield Chain(name, by, True)


def _told(chain: Chain, runs: Sequence[_Run], thinned: Sequence[np.ndarray]) -> tuple[float, Chain]:
    """Return how many standard deviations the loss of a few rows moves what is measured of a chain."""
    whole: list[Measured] = []
    less: list[float] = []
    error: list[float] = []
    for run, kept in zip(runs, thinned, strict=True):
        if len(whole) == _TRIED and _moved(whole, less, error) < _HOPE:
            break
        a, b = _followed(run, chain), _followed(run, chain, kept)
        if len(a) < _FEWEST or len(b) < _FEWEST:
            continue
        whole.append(proportion(float(a.mean()), len(a)))
        less.append(proportion(float(b.mean()), len(b)).value)
        error.append(1.0 / len(a))
    if len(whole) < 0.6 * len(runs) or min(m.value for m in whole) < math.pi / 3:
        return 0.0, chain
    return _moved(whole, less, error), chain


def _moved(whole: Sequence[Measured], less: Sequence[float], error: Sequence[float]) -> float:
    values = np.array([m.value for m in whole])
    return float((values - np.array(less)).mean() / math.sqrt(float(np.mean(error)) + float(values.var())))


def _usual_steps(found: Sequence[tuple[Hashes, Floats]]) -> dict[str, float]:
    """Return the commonest step of each group that has one: more than half of its steps are that."""
    groups, gaps = (np.concatenate([item[place] for item in found]) for place in (0, 1))
    steps = {}
    for group in distinct(groups)[:_MOST_GROUPS].tolist() if len(groups) else []:
        own = gaps[groups == np.uint64(group)]
        if len(own) < _LEAST_STEPS:
            continue
        values, counts = np.unique(own, return_counts=True)
        step = float(values[int(np.argmax(counts))])
        if counts.max() > _HALF * (own <= _FAR * step).sum():
            steps[f"{group:x}"] = step
    return steps


def _followed(run: _Run, chain: Chain, kept: np.ndarray | None = None) -> np.ndarray:
    """Return for each value whether the next one follows in the usual step; far jumps are none."""
    groups, gaps = _gaps(run, chain, kept)
    if chain.ranks:
        next_one: np.ndarray = gaps == 1.0
        return next_one
    if not chain.steps:
        return np.empty(0, bool)
    known = np.array(sorted((int(group, 16), step) for group, step in chain.steps.items()), dtype=object)
    hashes, steps = known[:, 0].astype(np.uint64), known[:, 1].astype(np.float64)
    place = np.minimum(np.searchsorted(hashes, groups), len(hashes) - 1)
    usual = steps[place]
    near = (hashes[place] == groups) & (gaps <= _FAR * usual)
    followed: np.ndarray = gaps[near] == usual[near]
    return followed


def _gaps(run: _Run, chain: Chain, kept: np.ndarray | None = None) -> tuple[Hashes, Floats]:
    """Return the steps from each value to the next of its group, and the groups."""
    values, groups = run.values, run.groups
    if chain.by:
        groups = groups + scattered(run.delivery.columns[chain.by].cells, chain.by)
    told = np.isfinite(values) if kept is None else np.isfinite(values) & kept
    values, groups = values[told], groups[told]
    if len(values) > _MOST_ROWS:  # a stretch without gaps of its own
        near = values <= np.partition(values, _MOST_ROWS)[_MOST_ROWS]
        values, groups = values[near], groups[near]
    if chain.ranks:
        values = np.searchsorted(distinct(values), values).astype(np.float64)
    order = np.lexsort((values, groups))
    values, groups = values[order], groups[order]
    gaps = np.diff(values)
    next_one = (groups[1:] == groups[:-1]) & (gaps > 0)
    return groups[1:][next_one], gaps[next_one]


def _numbers(delivery: Delivery, name: str) -> tuple[Floats, Hashes]:
    """Return the numbers of a column, and what stands before them in a text as a hash."""
    column: Column = delivery.dates.get(name, delivery.columns[name])
    if column.values is not None:
        return column.values, np.zeros(delivery.rows, np.uint64)
    assert column.codes is not None
    some = column.texts[:_MOST_TEXTS]  # in the order of the file, in which numbers run on
    found = [_NUMBER.search(text) for text in some]
    numbers = np.array([*(float(m[1]) if m else math.nan for m in found), math.nan])
    around = [f"{text[: m.start()]}|{m[2]}" if m else "" for m, text in zip(found, some, strict=True)]
    hashes = pd.util.hash_array(np.array([*around, ""], dtype=object), categorize=True)
    place = np.where((column.codes >= 0) & (column.codes < len(some)), column.codes, len(some))
    return numbers[place], hashes[place]
