"""Rows of all baseline deliveries together, an equal share of each, for learning structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nbops.rules.verdict.dates import parse_dates
from nbops.rules.verdict.delivery import Delivery, Floats, Hashes

__all__ = ["Pool", "pooled", "spread"]

_MOST = 12_000
_MOST_TEXTS = 2_000


@dataclass
class Pool:
    """Sampled rows of many deliveries, column by column."""

    kinds: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Floats] = field(default_factory=dict)
    dates: dict[str, Floats] = field(default_factory=dict)
    cells: dict[str, Hashes] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    batch: Floats = field(default_factory=lambda: np.empty(0))

    def text_dates(self, name: str, form: str) -> Floats:
        """Return the dates that the sampled texts of a column mean."""
        found = parse_dates(self.texts[name], form)
        return found[np.isfinite(found)]


def spread(rows: int, most: int) -> np.ndarray:
    """Return the places of at most *most* rows, spread evenly.

    Example:
        >>> spread(10, 5).tolist()
        [0, 2, 4, 6, 8]
    """
    if rows <= most:
        return np.arange(rows)
    return (np.arange(most) * (rows / most)).astype(np.int64)


def pooled(deliveries: Sequence[Delivery]) -> Pool:
    """Return sampled rows of all deliveries that have the columns of the newest."""
    names = list(deliveries[-1].columns)
    alike = [d for d in deliveries if set(names) <= set(d.columns)]
    most = max(1, _MOST // len(alike))
    rows = [spread(d.rows, most) for d in alike]
    pool = Pool(batch=np.repeat(np.arange(len(alike)), [len(r) for r in rows]).astype(np.float64))
    for name in names:
        columns = [d.columns[name] for d in alike]
        pool.kinds[name] = columns[-1].kind
        pool.cells[name] = np.concatenate([c.cells[r] for c, r in zip(columns, rows, strict=True)])
        if columns[-1].kind == "text":
            share = max(20, _MOST_TEXTS // len(columns))
            pool.texts[name] = list(dict.fromkeys(text for c in columns for text in c.texts[:share]))
        else:
            values = [c.values[r] for c, r in zip(columns, rows, strict=True) if c.values is not None]
            pool.numbers[name] = np.concatenate(values)
        if all(name in d.dates for d in alike):
            made = [d.dates[name].values for d in alike]
            pool.dates[name] = np.concatenate([v[r] for v, r in zip(made, rows, strict=True) if v is not None])
    return pool
