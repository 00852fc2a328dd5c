"""What a check measures and what a profile measures is the same number."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.frames.conditions import Stat
from nbops.frames.profile.table import profile
from nbops.frames.scan import Scan

CELL = st.one_of(st.none(), st.just(float("nan")), st.floats(-1e6, 1e6, width=32), st.integers(-3, 3).map(float))
_NUMBERS = ("min", "max", "zeros", "negatives", "mean", "std")


@settings(max_examples=60, deadline=None)
@given(st.lists(CELL, min_size=1, max_size=40), st.sampled_from(["float64", "float32", "Float64", "double[pyarrow]"]))
def test_a_scan_and_a_profile_measure_the_same(cells: list[float | None], dtype: str) -> None:
    """Nulls, different values, extremes, zeros, means and spreads, however the column is stored."""
    frame = pd.DataFrame({"n": pd.Series(cells, dtype="float64").astype(dtype), "t": pd.Series(cells).map(str)})
    column, text = profile(frame).columns
    wanted = [Stat(name, "n") for name in ("nulls", "distinct", *_NUMBERS)] + [Stat("distinct", "t")]
    seen = Scan(frame).measure(wanted)

    assert (seen[wanted[0]], seen[wanted[1]]) == (column.nulls, column.values.distinct)
    assert seen[Stat("distinct", "t")] == text.values.distinct
    if column.filled and column.number:
        facts = column.number
        mine = {"min": facts.low, "max": facts.high, "zeros": facts.zeros, "negatives": facts.negatives,
                "mean": facts.mean, "std": facts.std or 0.0}  # fmt: skip

        assert {name: seen[Stat(name, "n")] or 0.0 for name in _NUMBERS} == pytest.approx(mine, rel=1e-9, abs=1e-6)
