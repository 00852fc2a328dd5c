"""Asking a table for many aggregates in few queries; one that raises is found by halving, and harms no other."""

from __future__ import annotations

import warnings
from typing import Any

import narwhals.stable.v2 as nw

from nbops.frames.portable_groups import plain
from nbops.frames.reading import Measured, Unmeasured, reason

__all__ = ["AT_ONCE", "ask"]

AT_ONCE = 100
"""Aggregates in one query; engines that compile their plan slow down beyond."""


def ask(frame: Any, asked: dict[Any, Any]) -> dict[Any, Measured]:
    """Return the value of each aggregate of *frame*, a table of narwhals, or why it has none."""
    found: dict[Any, Measured] = {}
    names = list(asked)
    for start in range(0, len(names), AT_ONCE):
        found |= _ask_some(frame, {name: asked[name] for name in names[start : start + AT_ONCE]})
    return found


def _ask_some(frame: Any, asked: dict[Any, Any]) -> dict[Any, Measured]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dask and pandas warn of groups in a pattern, which do no harm here
            row = frame.select(*[expr.alias(f"a{i}") for i, expr in enumerate(asked.values())])
            values = (row if isinstance(row, nw.DataFrame) else row.collect()).row(0)
    except Exception as error:  # noqa: BLE001 - whatever a library raises, the other aggregates must be judged
        if len(asked) == 1:
            return dict.fromkeys(asked, Unmeasured(reason(error)))
        names = list(asked)
        halves = names[: len(names) // 2], names[len(names) // 2 :]
        return {k: v for half in halves for k, v in _ask_some(frame, {n: asked[n] for n in half}).items()}
    return dict(zip(asked, map(plain, values), strict=True))
