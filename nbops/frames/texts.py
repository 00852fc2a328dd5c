"""Columns of many different texts, which cost the most: searched and counted by the fastest library at hand.

polars is asked where it is installed and the column is long enough to pay for it; else Arrow, else Python. All three
are asked only what they answer alike. Patterns mean what they mean to Python: to libraries a letter beyond ASCII may be
no letter, and a ``$`` does not stand before a last line end, so what tells such texts is asked of them only where there
are none.
"""

from __future__ import annotations

import functools
import sys
from importlib.util import find_spec
from typing import Any

from nbops.frames.patterns import is_common

__all__ = ["contains", "count_distinct", "is_plain"]

_MANY = 50_000  # rows from which on handing a column to polars pays
_ENOUGH = 500_000  # rows from which on importing polars pays, too


def is_plain(series: Any) -> bool:
    """Whether all texts of a Series without nulls, stored by Arrow, are surely of printable ASCII."""
    import numpy
    import pyarrow

    column = series.array.__arrow_array__()
    for chunk in column.chunks if isinstance(column, pyarrow.ChunkedArray) else [column]:
        data = chunk.buffers()[-1]
        signs = numpy.frombuffer(data or b"", "uint8")
        if signs.size and (int(signs.max()) > 126 or int(signs.min()) < 32):
            return False
    return True


def contains(series: Any, pattern: str) -> Any | None:
    """Return where a Series of texts without nulls matches *pattern*, as an array; None when only pandas can tell."""
    if not is_common(pattern):
        return None
    found = _as_polars(series)
    if found is None:
        return None
    try:
        return found.str.contains(pattern).to_numpy()
    except Exception:  # noqa: BLE001 - a pattern that Rust refuses is left to those who know it
        return None


def count_distinct(series: Any) -> int:
    """Return how many different texts a Series without nulls holds."""
    found = _as_polars(series)
    if found is not None and found.hash().n_unique() == len(found):
        return len(found)  # different hashes, different texts; equal hashes may be a coincidence
    return int(series.nunique() if found is None else found.n_unique())


def _as_polars(series: Any) -> Any | None:
    polars = _polars(len(series))
    if polars is None:
        return None
    try:
        return polars.Series(series.array.__arrow_array__())
    except Exception:  # noqa: BLE001 - a column that is no Arrow text is left to pandas
        return None


def _polars(rows: int) -> Any | None:
    if rows < _MANY:
        return None
    if rows >= _ENOUGH and _is_installed():
        import polars

        return polars
    return sys.modules.get("polars")


@functools.cache
def _is_installed() -> bool:
    return find_spec("polars") is not None and find_spec("pyarrow") is not None
