"""Files as sources: found by patterns, never more than one would wait for, here and elsewhere."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from nbops.sources.files import FileSource, RemoteFileSource
from nbops.sources.listing import TooMany, list_folder, matching
from nbops.sources.model import Asked, Definition
from nbops.sources.patterns import read_pattern

TODAY = datetime(2026, 11, 20)


def test_each_file_of_a_star_is_a_delivery(tmp_path: Path) -> None:
    """The newest comes last, with its content; hidden files are none."""
    for n, name in enumerate(("b.csv", "a.csv", ".c.csv")):
        (tmp_path / name).write_text(f"x\n{n}\n")
        os.utime(tmp_path / name, (1000 + n, 1000 + n))
    found = FileSource().look(Definition("feed", "*.csv"), Asked(tmp_path, (TODAY,)))
    assert [one.at for one in found] == [1000.0, 1001.0]
    assert found[-1].rows == 1


def test_a_folder_with_signs_of_a_pattern_in_its_name_is_a_folder(tmp_path: Path) -> None:
    """The project may lie in a folder named ``[a]{b}``: relative paths know nothing of it."""
    root = tmp_path / "[a]{b} *"
    root.mkdir()
    (root / "feed_2026-11-20.csv").write_text("x\n1\n")
    found = FileSource().look(Definition("feed", "feed_{day:%Y-%m-%d}.csv"), Asked(root, (TODAY,)))
    assert [one.key for one in found] == ["2026-11-20"]


def test_too_many_files_are_told_and_not_listed(tmp_path: Path) -> None:
    """A star over more files than a look goes through is an error that says what to write."""
    for n in range(60):
        (tmp_path / f"f{n}.csv").touch()
    with pytest.raises(TooMany, match="too many files") as caught:
        list(matching(read_pattern(f"{tmp_path}/*.csv"), list_folder, most=50))
    assert "{day" in caught.value.fix


def test_where_a_day_names_the_file_a_huge_folder_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many files to list: those of the days that matter are looked for by their names."""
    for n in range(60):
        (tmp_path / f"other{n}").touch()
    (tmp_path / "f_2026-11-20.csv").write_text("x\n1\n")
    monkeypatch.setattr(matching, "__defaults__", (50,))
    found = FileSource().look(Definition("feed", "f_{day:%Y-%m-%d}.csv"), Asked(tmp_path, (TODAY,)))
    assert [one.key for one in found] == ["2026-11-20"]


def test_nothing_there_is_no_error(tmp_path: Path) -> None:
    """A folder that does not exist holds no delivery."""
    assert list(FileSource().look(Definition("feed", "no/where_{day:%Y}.csv"), Asked(tmp_path, (TODAY,)))) == []


def test_files_elsewhere_are_read_by_fsspec() -> None:
    """The same patterns, over a file system of fsspec."""
    fsspec = pytest.importorskip("fsspec")
    files = fsspec.filesystem("memory")
    files.pipe("/src8/f_2026-11-20_a.csv", b"x\n1\n2\n")
    files.pipe("/src8/f_2026-11-20_b.csv", b"x\n3\n")
    definition = Definition("feed", "memory://src8/f_{day:%Y-%m-%d}_{part}.csv", parts=("a", "b"))
    (found,) = RemoteFileSource().look(definition, Asked(Path("/"), (TODAY,)))
    assert (found.key, found.parts, found.rows) == ("2026-11-20", ("a", "b"), 3)
