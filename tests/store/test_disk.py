"""Writing files whole: all of it or nothing, whatever stops the writer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nbops.store.disk import leftovers, temporary_beside, write_whole


def names(folder: Path) -> list[str]:
    """Return what is in *folder*."""
    return [path.name for path in folder.iterdir()]


def test_parts_are_written_one_after_the_other(tmp_path: Path) -> None:
    """Bytes and views, in one file, with nothing beside it."""
    assert write_whole(tmp_path / "a", [b"one", memoryview(b"-two-")[1:4], b""], sync=False)
    assert ((tmp_path / "a").read_bytes(), names(tmp_path)) == (b"onetwo", ["a"])


def test_a_new_file_has_its_permissions_from_the_first_byte_on(tmp_path: Path) -> None:
    """A secret is never readable by others, not even for a moment; a file that is there keeps its own."""
    path = tmp_path / "key"
    write_whole(path, [b"a"], mode=0o600)
    first = path.stat().st_mode & 0o777
    path.chmod(0o640)
    write_whole(path, [b"b"])

    assert (first, path.stat().st_mode & 0o777) == (0o600, 0o640)


def test_a_file_that_must_not_be_replaced_stays(tmp_path: Path) -> None:
    """Of two writers the first wins, and the other is told."""
    path = tmp_path / "key"

    assert [write_whole(path, [data], replace=False) for data in (b"a", b"b")] == [True, False]
    assert (path.read_bytes(), names(tmp_path)) == (b"a", ["key"])


def test_a_part_that_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    """The old file stands, and no temporary one."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_whole(path, [b"new", "text"])  # type: ignore[list-item]

    assert (path.read_bytes(), names(tmp_path)) == (b"old", ["a"])


def test_leftovers_are_told_by_name_and_age(tmp_path: Path) -> None:
    """What is being written now is left alone, and so is another file's."""
    path = tmp_path / "a"
    old, young, other = temporary_beside(path), temporary_beside(path), temporary_beside(tmp_path / "b")
    for file in (old, young, other):
        file.touch()
    for file in (old, other):
        os.utime(file, (time.time() - 7200,) * 2)

    assert list(leftovers(path)) == [old]


FULL = """
import sys
from pathlib import Path
from nbops.store.disk import write_whole
path = Path(sys.argv[1]) / "a"
write_whole(path, [b"old"])
try:
    write_whole(path, [b"x" * 8_000_000])
except OSError as error:
    print(error.errno, path.read_bytes(), [p.name for p in path.parent.iterdir()])
"""


def test_a_disk_that_is_full_keeps_the_old_file(small_disk: Path) -> None:
    """On a file system of two megabytes."""
    done = subprocess.run([sys.executable, "-c", FULL, str(small_disk)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "28 b'old' ['a']"
