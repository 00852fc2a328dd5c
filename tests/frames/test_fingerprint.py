"""Fingerprints: the same as long as nothing changed, another one when something did."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.frames.fingerprint import fingerprint


def frame() -> pd.DataFrame:
    """Return a frame with a column of every common kind."""
    return pd.DataFrame(
        {
            "n": [1, 2, 3],
            "x": [0.5, None, 1.5],
            "s": ["a", "b", None],
            "o": pd.Series([1, "two", None], dtype=object),
            "d": pd.to_datetime(["2013-01-01", "2013-01-02", "2013-01-03"]),
            "z": pd.to_datetime(["2013-01-01", "2013-01-02", "2013-01-03"], utc=True),
            "c": pd.Categorical(["u", "v", "u"]),
            "i": pd.array([1, None, 3], dtype="Int64"),
        }
    )


VALUES: list[Callable[[], Any]] = [
    frame,
    lambda: frame().set_index("s"),
    lambda: frame().x,
    lambda: np.arange(6.0).reshape(2, 3),
    lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    lambda: np.arange(20)[::2],
    lambda: np.array(["a", None], dtype=object),
    lambda: np.array([]),
    lambda: pl.DataFrame({"a": [1, 2], "b": ["x", None]}),
    lambda: pl.Series([1.0, None]),
    lambda: pl.LazyFrame({"a": [1]}),
    lambda: pa.table({"a": [1]}),
    lambda: {"a": [1, 2, {"b": 3}], "t": (1, 2)},
    lambda: SimpleNamespace(coefficients=[1.0], _cache={}),
    lambda: np.random.default_rng(0),
    lambda: "text",
    lambda: len,
]


@pytest.mark.parametrize("make", VALUES)
def test_a_value_that_nobody_touched_keeps_its_fingerprint(make: Callable[[], Any]) -> None:
    """Taking a fingerprint changes nothing, and two in a row are equal."""
    value = make()

    assert fingerprint(value) is not None
    assert fingerprint(value) == fingerprint(value)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.loc.__setitem__((1, "n"), 9),
        lambda t: t.loc.__setitem__((1, "x"), 9.0),
        lambda t: t.loc.__setitem__((1, "s"), "z"),
        lambda t: t.loc.__setitem__((1, "o"), "z"),
        lambda t: t.loc.__setitem__((1, "d"), pd.Timestamp("2020-01-01")),
        lambda t: t.loc.__setitem__((1, "z"), pd.Timestamp("2020-01-01", tz="UTC")),
        lambda t: t.loc.__setitem__((1, "c"), "u"),
        lambda t: t.loc.__setitem__((1, "i"), 7),
        lambda t: t.insert(0, "new", 1),
        lambda t: setattr(t, "columns", list("abcdefgh")),
        lambda t: t.__delitem__("n"),
        lambda t: setattr(t, "index", [5, 6, 7]),
        lambda t: t.__setitem__("n", t.n.astype("int32")),
    ],
)
def test_a_change_of_a_pandas_frame_shows(change: Callable[[pd.DataFrame], None]) -> None:
    """Cells, columns, types, rows and labels are all part of it."""
    table = frame()
    before = fingerprint(table)
    change(table)

    assert fingerprint(table) != before


def test_changes_of_other_values_show() -> None:
    """Arrays, polars frames, nested containers, attributes and generators of random numbers are followed."""
    array, table, nested = np.arange(6.0).reshape(2, 3), pl.DataFrame({"a": [1, 2]}), {"a": [1, {"b": 2}]}
    model, rng = SimpleNamespace(weight=1), np.random.default_rng(0)
    values = [array, table, nested, model, rng]
    before = [fingerprint(value) for value in values]
    array[1, 1] = 9
    table[0, "a"] = 5
    nested["a"][1]["b"] = 3  # type: ignore[index]
    model.weight = 2
    rng.random()

    assert [a == b for a, b in zip(before, map(fingerprint, values), strict=True)] == [False] * 5


def test_a_big_column_that_was_recomputed_shows_in_the_samples() -> None:
    """A million rows are sampled, and a change of all of them is found."""
    table = pd.DataFrame({"x": np.arange(1_000_000.0), "y": 1})
    before = fingerprint(table)
    table["x"] = table.x * 2

    assert fingerprint(table) != before


def test_what_cannot_be_looked_at_has_none() -> None:
    """Nothing is told about an object without attributes, or one whose attributes raise."""

    class Hostile:
        """Something that lets nobody look inside."""

        @property
        def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
            raise RuntimeError("no")

    assert fingerprint(object()) is None
    assert fingerprint(Hostile()) is None


def test_private_attributes_are_no_part_of_it() -> None:
    """A cache that an object fills for itself is no change of its value."""
    model = SimpleNamespace(weight=1, _cache=None)
    before = fingerprint(model)
    model._cache = 1

    assert fingerprint(model) == before


def test_a_container_that_holds_itself_ends() -> None:
    """A list that contains itself has a fingerprint too."""
    loop: list[Any] = []
    loop.append(loop)

    assert fingerprint(loop) == fingerprint(loop)


@pytest.mark.parametrize("make", [list, tuple, lambda items: dict(enumerate(items)), lambda items: [items, items]])
def test_of_a_big_container_only_the_beginning_is_looked_at(make: Callable[[list[Any]], Any]) -> None:
    """The cost does not follow the size: what stands behind the first few hundred items is never touched."""
    touched: set[int] = set()

    class Item:
        """An object that notes when its attributes are looked at."""

        @property
        def __dict__(self) -> dict[str, object]:  # type: ignore[override]
            touched.add(id(self))
            return {}

    items = [Item() for _ in range(10_000)]
    fingerprint(make(items))

    assert 0 < len(touched) <= 400
