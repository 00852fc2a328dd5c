"""Tables in files that are larger than what is read whole: they stay where they are."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.frames import files
from nbops.frames.files import open_file
from nbops.frames.profile import table as profile_table
from nbops.frames.profile.table import profile


@pytest.mark.parametrize("nulls", [0, 1, 2])
def test_different_texts_of_a_file_are_counted_by_their_hashes(tmp_path: Path, nulls: int) -> None:
    """Null is no value, repeats are counted, and a key is seen to be one."""
    texts = [f"R{n}" for n in range(500)] + ["R1"] + [None] * nulls
    pl.DataFrame({"key": [f"K{n}" for n in range(501 + nulls)], "ref": texts}).write_parquet(tmp_path / "t.parquet")
    table = open_file(tmp_path / "t.parquet", big=1)
    made = check_class("unique")
    key, ref = judge_table(table, [made("key"), made("ref")])

    assert (key.status, ref.failing) == ("passed", 2)
    assert judge_table(table, [check_class("distinct_count")("ref", 500, 500)])[0].status == "passed"


def test_a_small_file_of_many_cells_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parquet may be a hundred times smaller than the table in memory; its cells count."""
    pd.DataFrame({"n": [1] * 1000, "m": [2] * 1000}).to_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(files, "_MANY_CELLS", 1500)

    assert isinstance(open_file(tmp_path / "t.parquet"), pl.LazyFrame)
    monkeypatch.setattr(files, "_MANY_CELLS", 2500)
    assert isinstance(open_file(tmp_path / "t.parquet"), pd.DataFrame)


def test_a_lazy_table_is_profiled_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What adds up is the same as of the whole table at once; an empty one keeps its columns."""
    monkeypatch.setattr(profile_table, "_PART", 100)
    frame = pl.DataFrame({"n": range(1050), "city": ["Oslo", "Rome", None] * 350})
    whole, parts = profile(frame), profile(frame.lazy())

    assert (parts.rows, parts["city"].nulls, parts["city"].values.counts) == (1050, 350, whole["city"].values.counts)
    assert parts.content == whole.content
    assert profile(frame.lazy().filter(pl.col("n") < 0)).names == ("n", "city")
