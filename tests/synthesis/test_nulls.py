"""Nulls: as often as they were, and together with those that they went with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.frames.profile.table import profile
from nbops.synthesis.nulls import draw_nulls
from nbops.synthesis.streams import Streams


def table() -> pd.DataFrame:
    """Return columns whose nulls are the same, within each other, apart, and independent."""
    random = np.random.default_rng(1)
    gone = random.random(20_000) < 0.2
    found = pd.DataFrame({name: np.arange(20_000.0) for name in "abcde"})
    found.loc[gone, ["a", "b"]] = None
    found.loc[gone & (random.random(20_000) < 0.5), "c"] = None
    found.loc[~gone & (random.random(20_000) < 0.3), "d"] = None
    found.loc[random.random(20_000) < 0.1, "e"] = None
    return found


def test_nulls_are_alone_and_together_as_they_were() -> None:
    """Each share, and each share of two together, is that of the model."""
    model = table().isna()

    drawn = pd.DataFrame(draw_nulls(profile(table()), 20_000, Streams(1, "t")))

    for left in model:
        for right in model:
            wanted = (model[left] & model[right]).mean()
            assert (drawn[left] & drawn[right]).mean() == pytest.approx(wanted, abs=0.02), (left, right)
    assert (drawn["a"] == drawn["b"]).all()
    assert not (drawn["c"] & ~drawn["a"]).any()


def test_columns_without_nulls_have_none() -> None:
    """Nothing is drawn where nothing was null; all is null where all was."""
    drawn = draw_nulls(profile(pd.DataFrame({"x": [1, 2], "y": [None, None]})), 100, Streams(1, "t"))

    assert list(drawn) == ["y"]
    assert drawn["y"].all()
