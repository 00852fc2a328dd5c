"""Where artifacts are: a folder, or a URL; what is written is whole, and what cannot be written leaves nothing."""

from __future__ import annotations

import errno
import os
import time
import uuid
from pathlib import Path
from typing import Any

import fsspec
import pandas as pd
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from nbops.errors import ArtifactError, UsageError
from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.codecs import freeze
from nbops.store.discarding import discard, sharing
from nbops.store.project import Project

FRAME = pd.DataFrame({"n": range(1000), "s": ["text"] * 1000, "c": pd.Categorical(["a", "b"] * 500)})


class SmallDisk(MemoryFileSystem):
    """A server with room for little: what is too much is cut off, and the writer told, as a full disk does it."""

    protocol = "smalldisk"
    store: dict[str, Any] = {}
    pseudo_dirs = [""]
    room = 2_000

    def pipe_file(self, path: str, value: bytes, **options: Any) -> None:
        """Write as much as there is room for."""
        super().pipe_file(path, value[: self.room], **options)
        if len(value) > self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)


fsspec.register_implementation("smalldisk", SmallDisk, clobber=True)


@pytest.fixture(params=["", "kept", "file", "memory", "smalldisk"])
def artifacts(request: pytest.FixtureRequest, tmp_path: Path) -> Artifacts:
    """Return artifacts at every kind of place."""
    store = {"file": f"file://{tmp_path}/elsewhere"}.get(request.param, request.param)
    if request.param in ("memory", "smalldisk"):
        store = f"{request.param}://{uuid.uuid4().hex}/deep"
    return Artifacts(Project(tmp_path), store)


def test_values_and_lists_come_back_from_everywhere(artifacts: Artifacts) -> None:
    """Whatever the place."""
    kept = tuple(artifacts.put((name,), freeze(value)) for name, value in (("x", [1]), ("p", (1, 2)), ("t", FRAME[:9])))
    step = KeptStep("key", "run", "run", 5.0, kept)
    artifacts.note(step)
    found = artifacts.find("key", "run")

    assert found == step == next(artifacts.all_of("key"))
    assert [artifacts.get(one) for one in kept[:2]] == [[1], (1, 2)]
    pd.testing.assert_frame_equal(FRAME[:9], artifacts.get(kept[2]))


def test_everywhere_what_is_old_can_be_discarded(artifacts: Artifacts) -> None:
    """Lists go with the values that no other names."""
    shared = artifacts.put(("s",), freeze("shared"))
    for run in ("one", "two"):
        artifacts.note(KeptStep("key", run, run, time.time() - 9, (shared, artifacts.put(("o",), freeze(run)))))
        time.sleep(0.01)
    counted = sharing(artifacts)
    gone = discard(artifacts, 0.0, 1, dry=False)

    assert (counted.values, counted.runs, counted.saved) == (3, 2, len('"shared"'))
    assert gone.runs == ("one",)
    assert [step.run for step in artifacts.all_of("key")] == ["two"]
    assert [f.size for f in artifacts.unused([], -1)] == [f.size for f in artifacts.place.files("objects")]


def test_what_is_damaged_anywhere_is_found_out_and_removed(artifacts: Artifacts) -> None:
    """The hash tells."""
    kept = artifacts.put(("x",), freeze(["a"]))
    (file,) = artifacts.place.files("objects")
    artifacts.place.write(file.name, [b'["b"]'])

    with pytest.raises(ArtifactError, match="what was kept of x is damaged"):
        artifacts.get(kept)
    assert list(artifacts.place.files("objects")) == []


def test_a_place_says_how_whole_its_writing_is(artifacts: Artifacts) -> None:
    """Nobody is promised more than the protocol keeps."""
    said = artifacts.place.atomicity

    if artifacts.place.where.startswith("smalldisk"):
        assert (
            said == "smalldisk: a file is written under another name and moved; a reader may meet a part, and finds out"
        )
    else:
        assert "a file appears under its name when all of it is" in said


def test_a_full_server_keeps_nothing_of_what_it_could_not_take(tmp_path: Path) -> None:
    """The error is the disk's, no part is left under any name, and what fits is kept as before."""
    artifacts = Artifacts(Project(tmp_path), f"smalldisk://{uuid.uuid4().hex}")
    with pytest.raises(OSError, match="No space left"):
        artifacts.put(("x",), freeze("x" * 3_000))

    assert list(artifacts.place._all("")) == []  # type: ignore[attr-defined]
    assert artifacts.get(artifacts.put(("y",), freeze("y"))) == "y"


def test_tables_travel_as_parquet_or_packed(tmp_path: Path) -> None:
    """Room counts where bytes go far; what Parquet would change is packed as Arrow."""
    near, far = Artifacts(Project(tmp_path)), Artifacts(Project(tmp_path), f"memory://{uuid.uuid4().hex}")
    plain, sized = FRAME[["n", "s"]], {}
    for name, place, table in (("near", near, plain), ("far", far, plain), ("packed", far, FRAME)):
        kept = place.put(("t",), freeze(table))
        pd.testing.assert_frame_equal(table, place.get(kept))
        sized[name] = (kept.codec, kept.size)

    assert [sized[name][0] for name in ("near", "far", "packed")] == ["arrow", "parquet", "arrow"]
    assert 2 * max(sized["far"][1], sized["packed"][1]) < sized["near"][1]


def test_a_url_that_means_nothing_is_an_error_with_a_fix(tmp_path: Path) -> None:
    """A misspelt protocol, and one whose package is not there."""
    with pytest.raises(UsageError, match="cannot be kept at nowhere://x"):
        Artifacts(Project(tmp_path), "nowhere://x")


def test_a_server_that_fails_in_its_own_way_is_told_as_a_missing_value(tmp_path: Path) -> None:
    """Libraries of servers raise what they like."""

    class Failing(MemoryFileSystem):
        """A server that lets nobody read."""

        protocol = "failing"
        store: dict[str, Any] = {}

        def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
            """Fail."""
            raise RuntimeError("the token has expired")

    fsspec.register_implementation("failing", Failing, clobber=True)
    artifacts = Artifacts(Project(tmp_path), "failing://x")
    kept = artifacts.put(("x",), freeze([1]))

    with pytest.raises(ArtifactError, match=r"is missing \(RuntimeError: the token has expired\)"):
        artifacts.get(kept)
    assert artifacts.find("key", "run") is None
