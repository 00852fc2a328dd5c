"""The kernel process and its folder, apart from any notebook."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from nbops.engine.production.kernels import Kernel, check_language
from nbops.errors import KernelError


def test_a_kernel_answers_over_sockets_in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port is opened; the folder is there while the kernel lives, for its owner alone, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="k") as place:
        monkeypatch.setattr(tempfile, "tempdir", place)
        kernel = Kernel.start("python3")
        folder = next(Path(place).iterdir())
        kernel.connect()

        assert kernel.manager.transport == "ipc"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert kernel.info["language_info"]["name"] == "python"

        kernel.close()
        assert (kernel.is_alive(), list(Path(place).iterdir())) == (False, [])


def test_a_long_temporary_folder_is_replaced_by_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket's path has a limit, so a folder that is too deep is not used for them."""
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))

    kernel = Kernel.start("python3")
    kernel.connect()
    kernel.close()

    assert kernel.exit_code is not None
    assert list(deep.iterdir()) == []


def test_the_folder_of_a_killed_run_is_removed_by_a_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder whose run is dead goes; one whose run lives stays, however old it is."""
    with tempfile.TemporaryDirectory(prefix="k") as place:
        monkeypatch.setenv("TMPDIR", place)
        monkeypatch.setattr(tempfile, "tempdir", place)
        code = (
            "import os, time; from nbops.engine.production.kernels import Kernel;"
            "k = Kernel.start('python3'); k.connect();"
            "k.kill(); print(k.log.parent, flush=True); time.sleep(60)"
        )
        runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
        dead, alive = (Path(str(run.stdout and run.stdout.readline()).strip()) for run in runs)
        runs[0].kill()
        runs[0].wait()
        for folder in (dead, alive):
            os.utime(folder, (time.time() - 3600, time.time() - 3600))

        Kernel.start("python3").close()

        assert [folder.exists() for folder in (dead, alive)] == [False, True]
        runs[1].kill()
        for run in runs:
            run.communicate()


def test_a_kernel_that_is_wanted_no_more_is_not_waited_for() -> None:
    """Ctrl-C while the kernel boots ends the wait."""
    kernel = Kernel.start("python3")
    try:
        with pytest.raises(KeyboardInterrupt):
            kernel.connect(is_unwanted=lambda: True)
    finally:
        kernel.close()


def test_a_kernel_that_never_answered_is_killed() -> None:
    """It would not hear that it is to end, so nobody waits for it."""
    kernel = Kernel.start("python3")
    process = kernel.manager.provisioner.process

    kernel.close()

    assert process.returncode == -signal.SIGKILL


def test_a_folder_of_somebody_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the folders of kernels are swept, whatever else lies in the temporary folder and is called after nbops."""
    with tempfile.TemporaryDirectory(prefix="k") as place:
        monkeypatch.setattr(tempfile, "tempdir", place)
        own = Path(place) / "nbops-demo"
        own.mkdir()
        (own / "lock").touch()
        os.utime(own, (time.time() - 3600, time.time() - 3600))

        Kernel.start("python3").close()

        assert own.exists()


def test_without_a_temporary_folder_the_error_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full or missing temporary folder is told as what it is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))

    with pytest.raises(KernelError, match="no place for the kernel's sockets: No such file") as caught:
        Kernel.start("python3", where="nb.ipynb")

    assert (caught.value.where, "TMPDIR=" in caught.value.fix) == ("nb.ipynb", True)


def test_an_unknown_kernel_is_an_error_with_the_known_ones() -> None:
    """A name that nobody installed is told before any process starts."""
    with pytest.raises(KernelError, match="did you mean 'python3'"):
        Kernel.start("pyton3")


@pytest.mark.parametrize("text", ["{broken", "[]", '{"argv": [], "display_name": "x", "language": "python"}'])
def test_a_kernel_that_is_badly_described_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """The error names the file's folder, and nothing is left in the temporary folder."""
    spec = tmp_path / "kernels" / "odd"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(text, encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))

    with pytest.raises(KernelError, match="kernel 'odd'") as caught:
        Kernel.start("odd", where="nb.ipynb")

    assert (caught.value.where, "kernel.json" in caught.value.fix) == (str(spec), True)


@pytest.mark.parametrize("language", ["", "python", "Python", "ipython"])
def test_python_has_several_names(language: str) -> None:
    """What notebooks call Python is Python, and nothing said is too."""
    check_language(language, "nb.ipynb")
