"""Artifacts: kept once, whole or not at all, and read only when they are what was written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xxhash

from nbops.errors import ArtifactError
from nbops.store.artifacts import Artifacts, Kept, KeptStep
from nbops.store.codecs import freeze
from nbops.store.project import Project


@pytest.fixture
def artifacts(tmp_path: Path) -> Artifacts:
    """Return the artifacts of an empty project."""
    return Artifacts(Project(tmp_path))


def objects_of(artifacts: Artifacts) -> Path:
    """Return the folder of the values."""
    return artifacts.project.artifacts / "objects"


def file_of(artifacts: Artifacts) -> Path:
    """Return the one file that holds a value."""
    (path,) = objects_of(artifacts).glob("*/*")
    return path


def test_a_value_comes_back(artifacts: Artifacts) -> None:
    """What is put can be got."""
    assert artifacts.get(artifacts.put(("x",), freeze({"a": [1]}))) == {"a": [1]}
    assert artifacts.get(artifacts.put(("y",), freeze((1, 2)))) == (1, 2)


def test_equal_values_are_kept_once(artifacts: Artifacts) -> None:
    """The bytes give the name."""
    first, second = (artifacts.put((name,), freeze([1, 2, 3])) for name in "ab")

    assert first.digest == second.digest
    assert file_of(artifacts).read_bytes() == b"[1, 2, 3]"


def test_a_damaged_value_is_found_out(artifacts: Artifacts) -> None:
    """One byte is enough."""
    kept = artifacts.put(("x",), freeze([1, 2, 3]))
    file_of(artifacts).write_bytes(b"[1, 2, 4]")

    with pytest.raises(ArtifactError, match="what was kept of x is damaged"):
        artifacts.get(kept)
    assert artifacts.get(artifacts.put(("x",), freeze([1, 2, 3]))) == [1, 2, 3]


def test_a_missing_value_is_said_to_be_missing(artifacts: Artifacts) -> None:
    """Nobody needs to guess what a removed file means."""
    kept = artifacts.put(("x",), freeze([1]))
    file_of(artifacts).unlink()

    with pytest.raises(ArtifactError, match="is missing"):
        artifacts.get(kept)


def test_a_pickle_of_somebody_else_is_never_read(artifacts: Artifacts, tmp_path: Path) -> None:
    """A pickle runs code when it is read: one that another key signed, or none, is refused before."""
    other = Artifacts(Project(tmp_path / "other"))
    kept = other.put(("x",), freeze((1, 2)))
    stranger = file_of(other)
    place = objects_of(artifacts) / stranger.parent.name
    place.mkdir(parents=True)
    (place / stranger.name).write_bytes(stranger.read_bytes())
    artifacts.put(("z",), freeze((3,)))

    with pytest.raises(ArtifactError, match="its signature is not ours"):
        artifacts.get(kept)


def test_a_pickle_without_a_signature_is_never_read(artifacts: Artifacts, tmp_path: Path) -> None:
    """Even when its hash is right."""
    mark = tmp_path / "ran"
    data = b"cos\nsystem\n(S'touch " + str(mark).encode() + b"'\ntR."
    digest = f"x{xxhash.xxh3_128_hexdigest(data)}"
    place = objects_of(artifacts) / digest[:2] / f"{digest}.pickle"
    place.parent.mkdir(parents=True)
    place.write_bytes(data)

    with pytest.raises(ArtifactError, match="its signature is not ours"):
        artifacts.get(Kept(("x",), "pickle", digest, len(data)))
    assert not mark.exists()


def test_the_key_is_for_its_owner_alone(artifacts: Artifacts) -> None:
    """It is made so, and one that others can read is not used."""
    kept = artifacts.put(("x",), freeze((1,)))
    key = artifacts.project.folder / "key"

    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    with pytest.raises(ArtifactError, match="may be read by others"):
        artifacts.get(kept)


def test_what_a_step_left_is_found_by_key_and_run(artifacts: Artifacts) -> None:
    """The list of a step comes back as it was noted; another run knows nothing."""
    kept = artifacts.put(("x", "y"), freeze([1]))
    step = KeptStep("k", "run1", "run0", 5.0, (kept, Kept(("z",), same_as="orders")))
    artifacts.note(step)

    assert (step, None) == (artifacts.find("k", "run1"), artifacts.find("k", "run2"))
    assert [step] == list(artifacts.all_of("k")) == list(artifacts.every())


def test_a_torn_list_is_as_if_it_were_not_there(artifacts: Artifacts) -> None:
    """What cannot be read is never guessed."""
    artifacts.note(KeptStep("k", "run1", "run1"))
    (artifacts.project.artifacts / "steps" / "k" / "run1.json").write_text('{"key": "k", ')

    assert artifacts.find("k", "run1") is None


def test_values_that_nothing_names_are_unused(artifacts: Artifacts) -> None:
    """A value stays as long as one step names it."""
    kept, other = artifacts.put(("x",), freeze([1])), artifacts.put(("y",), freeze([2]))
    step = KeptStep("k", "run1", "run1", values=(kept,))

    assert [other.digest] == [Path(file.name).stem for file in artifacts.unused([step])]
    assert artifacts.unused([step], older_than=60.0) == []


def test_leftovers_of_killed_processes_are_swept_by_age(artifacts: Artifacts) -> None:
    """A temporary file that is being written now is left alone."""
    artifacts.put(("x",), freeze([1]))
    old, young = (objects_of(artifacts) / f".{name}.json.abc.tmp" for name in ("old", "young"))
    old.touch()
    young.touch()
    os.utime(old, (time.time() - 7200,) * 2)

    assert [old.relative_to(artifacts.project.artifacts).as_posix()] == artifacts.sweep()
    assert young.exists()


KILLED = """
import sys
from pathlib import Path
from nbops.store.artifacts import Artifacts
from nbops.store.codecs import freeze
from nbops.store.project import Project
store = Artifacts(Project(Path(sys.argv[1])))
print("ready", flush=True)
for number in range(1_000_000):
    store.put(("x",), freeze("x" * 200_000 + str(number)))
"""


def test_a_process_killed_while_it_writes_leaves_no_half_value(artifacts: Artifacts) -> None:
    """Whatever has a value's name has the value's bytes."""
    root = artifacts.project.root
    for delay in (0.05, 0.1, 0.15):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(root)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    files = [path for path in objects_of(artifacts).glob("*/*") if not path.name.startswith(".")]
    values = [artifacts.get(Kept(("x",), "json", path.stem)) for path in files]

    assert len(values) > 3
    assert all(value.startswith("x" * 200_000) for value in values)


def test_a_full_disk_leaves_nothing_behind(artifacts: Artifacts) -> None:
    """A write that the system refuses half way raises, and removes its temporary file."""
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        + KILLED.replace('print("ready", flush=True)', "").replace("range(1_000_000)", "range(1)")
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(artifacts.project.root)], capture_output=True, text=True, check=False
    )

    assert "OSError" in done.stderr
    assert [path for path in objects_of(artifacts).rglob("*") if path.is_file()] == []


def test_a_file_that_was_cut_short_is_written_again(artifacts: Artifacts) -> None:
    """Though nobody read it: as a power cut leaves it."""
    kept = artifacts.put(("rows",), freeze([1, 2, 3]))
    (file,) = (artifacts.project.artifacts / "objects").glob("*/*")
    file.write_bytes(b"")
    artifacts.put(("rows",), freeze([1, 2, 3]))

    assert artifacts.get(kept) == [1, 2, 3]


def test_all_that_is_damaged_of_a_step_is_removed_at_once(artifacts: Artifacts) -> None:
    """So that it is made again at once, and not one value with each run."""
    values = [artifacts.put((name,), freeze(name * 3)) for name in "abc"]
    for file in (artifacts.project.artifacts / "objects").glob("*/*"):
        file.write_bytes(file.read_bytes().replace(b"aaa", b"xxx").replace(b"ccc", b"xxx"))
    damaged = [kept for kept in values if kept.names != ("b",)]
    with pytest.raises(ArtifactError, match="damaged"):
        artifacts.get_all(values, {})

    assert len(list((artifacts.project.artifacts / "objects").glob("*/*"))) == len(values) - len(damaged)
