"""Codecs: what is kept comes back as it was, or is named as what cannot be kept."""

from __future__ import annotations

import datetime
import math
import threading
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from nbops.store.codecs import CouldNotKeep, codec_named, freeze

FRAMES = {
    "mixed": pd.DataFrame(
        {
            "i": np.arange(3, dtype="int16"),
            "f": [1.5, math.nan, -0.0],
            "s": ["a", None, "ü"],
            "d": pd.to_datetime(["2013-01-01", None, "2013-01-03"]).tz_localize("Europe/Berlin"),
            "n": pd.array([1, None, 3], dtype="Int64"),
            "b": pd.array([True, None, False], dtype="boolean"),
        }
    ),
    "categories": pd.DataFrame({"c": pd.Categorical(["lo", "hi", "lo"], categories=["lo", "mid", "hi"], ordered=True)}),
    "named index": pd.DataFrame({"x": [1, 2]}, index=pd.Index(["a", "b"], name="key")),
    "two levels": pd.DataFrame({"x": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", "n"])),
    "frequency": pd.DataFrame({"x": [1, 2, 3]}, index=pd.date_range("2013-01-01", periods=3, freq="D")),
    "numbers as columns": pd.DataFrame({0: [1], 1: [2]}),
    "two columns of one name": pd.DataFrame([[1, 2]], columns=["a", "a"]),
    "objects": pd.DataFrame({"o": pd.Series([{1}, "x", 2.5], dtype=object)}),
    "empty": pd.DataFrame({"x": pd.Series([], dtype="float32")}),
    "no columns": pd.DataFrame(index=pd.RangeIndex(3)),
    "part of a range": pd.DataFrame({"x": [1, 2, 3, 4]}).iloc[1:3],
}


def there_and_back(value: Any) -> tuple[str, Any]:
    """Keep *value* in memory; return the codec's name and what came back."""
    codec, data = freeze(value).encoded()
    return codec, codec_named(codec).decode(data)


@pytest.mark.parametrize("name", FRAMES)
def test_frames_come_back_with_dtypes_index_and_categories(name: str) -> None:
    """Whatever a frame is made of, it comes back equal."""
    frame = FRAMES[name]
    _, back = there_and_back(frame)

    pd.testing.assert_frame_equal(frame, back, check_freq=True, check_categorical=True, check_column_type=True)


def test_ordinary_frames_are_kept_as_arrow() -> None:
    """Arrow is read fast and runs no code; only what it cannot hold is pickled."""
    codecs = {name: there_and_back(frame)[0] for name, frame in FRAMES.items()}

    assert {name for name, codec in codecs.items() if codec == "pickle"} == {
        "two columns of one name", "objects", "frequency", "numbers as columns", "no columns",
    }  # fmt: skip


def test_a_frame_that_came_back_can_be_changed() -> None:
    """What is restored is the notebook's own again."""
    _, back = there_and_back(pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}))
    back.loc[0, "x"] = 5.0
    back["x"] *= 2

    assert back["x"].tolist() == [10.0, 4.0]


def test_what_is_frozen_does_not_change_with_the_original() -> None:
    """The notebook may go on and change a table while it is being written."""
    frame, array, numbers = pd.DataFrame({"x": [1, 2]}), np.array([1, 2]), [1, 2]
    frozen = [freeze(value) for value in (frame, array, numbers)]
    frame.loc[0, "x"] = 9
    frame["y"] = 1
    array[0] = 9
    numbers.append(9)
    back = [codec_named(codec).decode(data) for codec, data in (one.encoded() for one in frozen)]

    assert [back[0].to_dict(), back[1].tolist(), back[2]] == [{"x": {0: 1, 1: 2}}, [1, 2], [1, 2]]


def test_series_polars_and_arrow_tables_come_back() -> None:
    """Tables of the other libraries, and single columns, are kept as Arrow too."""
    series = pd.Series([1, 2], index=["a", "b"], name=7)
    frame = pl.DataFrame({"x": [1, None], "c": pl.Series(["a", "b"], dtype=pl.Categorical)})
    table = pa.table({"x": [1, 2]}, metadata={"k": "v"})
    found = [there_and_back(value) for value in (series, frame, frame["x"], table)]

    assert [codec for codec, _ in found] == ["arrow"] * 4
    pd.testing.assert_series_equal(series, found[0][1])
    assert frame.equals(found[1][1])
    assert frame.schema == found[1][1].schema
    assert frame["x"].equals(found[2][1])
    assert table.equals(found[3][1], check_metadata=True)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2**80, 0.1, math.inf, "ü\n", [1, [2.0, None]], {"a": {"b": [False]}}, (1, 2), {1: 2}, {"a"},
     b"x", datetime.date(2013, 1, 1), np.float64(1.5), complex(1, 2), [(1,)]],
)  # fmt: skip
def test_plain_values_come_back_with_their_types(value: Any) -> None:
    """JSON is used only where it brings everything back."""
    _, back = there_and_back(value)

    assert (value, repr(value), type(value)) == (back, repr(back), type(back))


def test_json_is_used_for_what_it_keeps_exactly_and_nothing_else() -> None:
    """A tuple, a key that is no text, and a list held twice are not JSON's."""
    inner: list[int] = []
    codecs = [there_and_back(value)[0] for value in ([1, "a"], (1,), {1: 2}, [inner, inner])]

    assert codecs == ["json", "pickle", "pickle", "pickle"]
    twice = there_and_back([inner, inner])[1]
    assert twice[0] is twice[1]


@pytest.mark.parametrize(
    "array", [np.arange(6).reshape(2, 3), np.asfortranarray(np.ones((2, 3))), np.array(["a", "b"])]
)
def test_arrays_come_back_with_dtype_and_layout(array: Any) -> None:
    """An array is kept as npy."""
    codec, back = there_and_back(array)

    assert ("npy", array.dtype, array.flags.f_contiguous) == (codec, back.dtype, back.flags.f_contiguous)
    assert np.array_equal(array, back)


@pytest.mark.parametrize("is_writeable", [True, False])
def test_an_array_that_nobody_may_change_stays_one(is_writeable: bool) -> None:
    """A frame of pandas hands out such arrays: what raises in a cold run must not pass where the array is restored."""
    array = np.arange(6).reshape(2, 3)
    array.flags.writeable = is_writeable
    codec, back = there_and_back(array)

    assert (codec, back.flags.writeable, back.tolist()) == ("npy", is_writeable, array.tolist())


def test_a_frame_that_refuses_labels_twice_goes_on_doing_so() -> None:
    """Arrow has no place for that, a pickle has."""
    codec, back = there_and_back(pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False))

    assert (codec, back.flags.allows_duplicate_labels) == ("pickle", False)


class Model:
    """Something that holds what cannot be pickled."""

    def __init__(self) -> None:
        self.weights = [1.0]
        self.parts = {"lock": threading.Lock()}


def test_what_cannot_be_kept_is_named_with_its_attribute() -> None:
    """The message leads to the part that is at fault."""
    with pytest.raises(CouldNotKeep, match=r"\.parts\['lock'\] \(lock\) cannot be pickled"):
        freeze(Model())


class _Broken:
    def __reduce__(self) -> Any:
        return int, ("no number",)


def test_a_pickle_that_cannot_be_read_back_is_not_kept() -> None:
    """The bytes are tried before they are trusted."""
    with pytest.raises(CouldNotKeep, match="cannot be read back"):
        freeze(_Broken()).encoded()
