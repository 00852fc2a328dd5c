"""Tables as Arrow and Parquet: whatever they are made of, they come back the same, or are refused."""

from __future__ import annotations

import datetime
import decimal
import mmap
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbops.frames.ipc import from_ipc, frozen_table, to_ipc
from nbops.frames.parquet import from_parquet, to_parquet

ROWS = st.integers(0, 6)
NAMES = st.text(max_size=4) | st.sampled_from(["", " ", "a.b", "index", "__index_level_0__", "level_0", "ü\n", "None"])
WIDE = 10**8
KINDS: dict[str, Any] = {
    "int8": st.integers(-128, 127),
    "uint64": st.integers(0, 2**64 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float32": st.floats(width=32),
    "float64": st.floats(),
    "bool": st.booleans(),
    "str": st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    "datetime64[ns]": st.none() | st.integers(-WIDE, WIDE).map(lambda n: pd.Timestamp(n, unit="s")),
    "datetime64[us]": st.none() | st.integers(-WIDE, WIDE).map(lambda n: pd.Timestamp(n, unit="s")),
    "datetime64[s, Europe/Berlin]": st.none() | st.integers(0, WIDE).map(lambda n: pd.Timestamp(n, unit="s", tz="UTC")),
    "timedelta64[ms]": st.none() | st.integers(-WIDE, WIDE).map(lambda n: pd.Timedelta(n, unit="s")),
    "Int16": st.none() | st.integers(-99, 99),
    "UInt32": st.none() | st.integers(0, 99),
    "Float64": st.none() | st.floats(allow_nan=False),
    "boolean": st.none() | st.booleans(),
    "string": st.none() | st.text(max_size=3),
    "category": st.none() | st.sampled_from(["lo", "hi"]),
    "period[M]": st.none() | st.integers(0, 500).map(lambda n: pd.Period(ordinal=n, freq="M")),
    "int64[pyarrow]": st.none() | st.integers(-9, 9),
    "double[pyarrow]": st.none() | st.floats(),
    "bool[pyarrow]": st.none() | st.booleans(),
    "string[pyarrow]": st.none() | st.text(max_size=3),
    "decimal": st.none() | st.decimals(-999, 999, places=2),
    "date": st.none() | st.dates(),
    "object": st.none() | st.integers(0, 9) | st.text(max_size=2) | st.decimals(0, 9, places=1) | st.dates(),
}
ARROW_TYPES = {"decimal": pd.ArrowDtype(pa.decimal128(10, 2)), "date": pd.ArrowDtype(pa.date32())}


def column(draw: Any, rows: int) -> pd.Series:
    """Draw one column of so many rows, of any kind."""
    kind = draw(st.sampled_from(sorted(KINDS)))
    values = draw(st.lists(KINDS[kind], min_size=rows, max_size=rows))
    if kind == "category":
        return pd.Series(pd.Categorical(values, ["lo", "mid", "hi"], ordered=draw(st.booleans())))
    return pd.Series(values, dtype=ARROW_TYPES.get(kind, kind))


def index(draw: Any, rows: int) -> pd.Index:
    """Draw an index: a range, some rows of a range, texts, numbers, times, two levels."""
    name = draw(st.none() | NAMES)
    kind = draw(st.sampled_from(["range", "part", "texts", "numbers", "times", "levels"]))
    if kind == "levels":
        return pd.MultiIndex.from_arrays(
            [list("abcdef"[:rows]), list(range(rows))], names=[name, draw(st.none() | NAMES)]
        )
    made = {
        "range": pd.RangeIndex(rows),
        "part": pd.RangeIndex(10)[2 : 2 + rows],
        "texts": pd.Index(list("xyxyxy"[:rows]), dtype="str"),
        "numbers": pd.Index(range(rows), dtype="float64"),
        "times": pd.date_range("2013-01-01", periods=rows, freq="D", tz=draw(st.sampled_from([None, "UTC"]))),
    }[kind]
    return made.rename(name)


@st.composite
def frames(draw: Any) -> pd.DataFrame:
    """Draw a frame of any columns, index and names; some of them chosen rows of a bigger one."""
    rows, names = draw(ROWS), draw(st.lists(NAMES, max_size=4))
    frame = pd.DataFrame(dict(enumerate(column(draw, rows) for _ in names)))
    frame.index = index(draw, rows)
    frame.columns = pd.Index(names, name=draw(st.none() | NAMES)) if names else frame.columns
    return frame.iloc[draw(st.slices(rows).filter(_is_short))] if draw(st.booleans()) else frame


def _is_short(chosen: slice) -> bool:
    """Whether the numbers of a slice are ones that Arrow can count with."""
    return all(abs(number or 0) < 2**31 for number in (chosen.start, chosen.stop, chosen.step))


def arrived(parts: list[bytes | memoryview], mapped: bool) -> Any:
    """Return what a reader gets: bytes, or a private map that may be written."""
    whole = b"".join(parts)
    if not mapped:
        return whole
    memory = mmap.mmap(-1, len(whole))
    memory.write(whole)
    return memory


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames(), st.booleans(), st.sampled_from([(to_ipc, from_ipc), (to_parquet, from_parquet)]))
def test_any_frame_comes_back_equal_or_is_refused(frame: pd.DataFrame, mapped: bool, way: Any) -> None:
    """Dtypes, index, categories and odd names included; what does not come back is refused when it is written."""
    frozen = frozen_table(frame)
    if frozen is None:
        kinds = [*frame.dtypes, *getattr(frame.index, "dtypes", [frame.index.dtype])]
        assert "object" in map(str, kinds) or not frame.columns.is_unique
        return
    try:
        parts = way[0](frozen)
    except Exception:  # noqa: BLE001 - refused: it goes to the next codec
        return
    back = way[1](arrived(parts, mapped))

    pd.testing.assert_frame_equal(
        frame,
        back,
        check_freq=True,
        check_categorical=True,
        check_column_type=True,
        check_index_type=True,
        check_exact=True,
    )
    assert list(frame.dtypes) == list(back.dtypes)
    assert [list(map(repr, frame.iloc[:, i])) for i in range(frame.shape[1])] == [
        list(map(repr, back.iloc[:, i])) for i in range(frame.shape[1])
    ]


def test_ordinary_frames_are_not_refused() -> None:
    """The property above is not won by refusing."""
    frame = pd.DataFrame({"i": [1, 2], "f": [0.5, None], "s": ["a", None], "c": pd.Categorical(["x", None])})

    pd.testing.assert_frame_equal(frame, from_ipc(b"".join(to_ipc(frozen_table(frame)))))
    pd.testing.assert_frame_equal(
        frame[["i", "f", "s"]], from_parquet(to_parquet(frozen_table(frame[["i", "f", "s"]]))[0])
    )


def test_a_frame_in_a_mapped_file_can_be_changed_and_the_file_stays(tmp_path: Path) -> None:
    """The numbers are used where they lie, in pages of our own as soon as they change."""
    frame = pd.DataFrame(
        {"i": range(1000), "f": [0.5, np.nan] * 500, "b": [True, False] * 500, "s": ["a", "b"] * 500,
         "t": pd.date_range("2013-01-01", periods=1000)}
    )  # fmt: skip
    path = tmp_path / "frame"
    path.write_bytes(b"".join(to_ipc(frozen_table(frame))))
    written = path.read_bytes()
    with path.open("rb") as file:
        back = from_ipc(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    changed = frame.copy()
    for one in (back, changed):
        one.loc[3, "i"] = 7
        one.loc[1, "f"] = 2.0
        one["i"] += 1
        one.iloc[0, 4] = pd.Timestamp("2020-01-01")
        one.loc[one.b, "s"] = "z"
        one.loc[5, "b"] = True
        one["new"] = one.f.fillna(0)
        del one["t"]

    pd.testing.assert_frame_equal(changed, back)
    assert written == path.read_bytes()
    assert back.f.to_numpy(copy=True).flags.writeable


def test_a_copy_of_a_mapped_frame_is_not_changed_with_it() -> None:
    """Pandas copies on write, here too."""
    memory = arrived(to_ipc(frozen_table(pd.DataFrame({"i": [1, 2, 3]}))), mapped=True)
    back = from_ipc(memory)
    view, column = back[:], back["i"]
    back.loc[0, "i"] = 99

    assert (view.i.tolist(), column.tolist()) == ([1, 2, 3], [1, 2, 3])


@pytest.mark.parametrize("way", [(to_ipc, from_ipc), (to_parquet, from_parquet)])
@pytest.mark.parametrize(
    "table",
    [
        pl.DataFrame({"x": [1, None], "s": ["a", None], "d": [datetime.date(2013, 1, 1), None], "b": [True, None]}),
        pl.DataFrame({"c": pl.Series(["a", "b"], dtype=pl.Categorical),
             "e": pl.Series(["a"] * 2, dtype=pl.Enum(["a"]))}),
        pl.DataFrame({"l": [[1, 2], []], "t": [datetime.datetime(2013, 1, 1)] * 2, "m": [decimal.Decimal("1.50")] * 2}),
        pl.Series("x", [1.5, None]),
        pa.table({"x": [1, None], "s": ["a", "b"]}, metadata={"k": "v"}),
        pa.table({"x": pa.chunked_array([[1], [2, 3]]), "l": [[1], [], None]}),
        pa.table({"d": pa.array(["a", "b"]).dictionary_encode(), "f": pa.array([1, 2], pa.float16())}),
    ],
)  # fmt: skip
def test_tables_of_polars_and_arrow_come_back_equal_or_are_refused(table: Any, way: Any) -> None:
    """Schemas, categories and metadata included."""
    try:
        parts = way[0](frozen_table(table))
    except ValueError:
        assert way[0] is to_parquet
        return
    back = way[1](b"".join(parts))

    assert type(table) is type(back)
    assert getattr(table, "schema", getattr(table, "dtype", None)) == getattr(
        back, "schema", getattr(back, "dtype", None)
    )
    assert table.equals(back, check_metadata=True) if isinstance(table, pa.Table) else table.equals(back)
