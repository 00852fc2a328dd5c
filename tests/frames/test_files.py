"""Tables in files are read as they are written, or it is said why not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nbops.errors import NbopsError
from nbops.frames.files import open_file

HEADERS = [
    ("a.csv", "id,amount,amount\n1,2,3\n", ["id", "amount", "amount"]),
    ("a.tsv", "id\tid\n1\t2\n", ["id", "id"]),
    ("a.csv.gz", "id,id,b\n1,2,3\n", ["id", "id", "b"]),
    ("a.csv", '\ufeff\n"i\nd","i\nd",x\n1,2,3\n', ["i\nd", "i\nd", "x"]),
    ("a.csv", '"a, b","a, b",\n1,2,3\n', ["a, b", "a, b", "Unnamed: 2"]),
    ("a.csv", "a,a.1\n1,2\n", ["a", "a.1"]),
    ("a.csv", ",,a\n1,2,3\n", ["Unnamed: 0", "Unnamed: 1", "a"]),
    ("a.csv", "a,b\n1,2,3\n", ["a", "b"]),
]


@pytest.mark.parametrize(("name", "text", "columns"), HEADERS)
def test_names_are_those_of_the_header(tmp_path: Path, name: str, text: str, columns: list[str]) -> None:
    """Two columns of one name keep it, so that it can be told; columns without a name get one."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())

    assert columns == list(open_file(path).columns)


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_a_big_file_that_names_a_column_twice_is_refused(tmp_path: Path, name: str) -> None:
    """A lazy table cannot hold both, and would rename one without a word."""
    path = tmp_path / name
    path.write_text("id,id\n1,2\n".replace(",", "\t" if name.endswith("tsv") else ","), encoding="utf-8")
    with pytest.raises(NbopsError) as caught:
        open_file(path, big=0)

    assert "names the column 'id' more than once" in caught.value.what


def test_a_parquet_file_that_names_a_column_twice_is_read(tmp_path: Path) -> None:
    """Pandas refuses it; Arrow holds it as it is."""
    pq.write_table(pa.table([[1], [2], [3]], names=["a", "b", "a"]), tmp_path / "a.parquet")

    assert open_file(tmp_path / "a.parquet").column_names == ["a", "b", "a"]
