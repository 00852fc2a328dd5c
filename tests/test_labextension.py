"""The built extension is the one that its sources make, which can be told without node."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "labextension"
BUILT = ROOT / "nbops" / "labextension"


def script(name: str) -> ModuleType:
    """Return a script that stands beside the extension's sources, imported."""
    spec = importlib.util.spec_from_file_location(name, SOURCES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_bundle_is_built_from_these_sources() -> None:
    """After a change of the sources: `cd labextension && jlpm && jlpm build`."""
    stamp = script("stamp")
    assert stamp.stamp() == stamp.STAMP.read_text(encoding="utf-8").strip()


def test_the_stamp_follows_every_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte more in any of them is another stamp."""
    stamp = script("stamp")
    files = [path.relative_to(ROOT) for path in stamp._files()]
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes((ROOT / file).read_bytes())
    monkeypatch.setattr(stamp, "HERE", tmp_path / "labextension")
    before = stamp.stamp()
    assert before == script("stamp").stamp()
    for file in files:
        whole = (tmp_path / file).read_bytes()
        (tmp_path / file).write_bytes(whole + b" ")
        assert stamp.stamp() != before, file
        (tmp_path / file).write_bytes(whole)


def test_the_types_of_the_front_end_are_the_records() -> None:
    """After a change of the records: `python labextension/typescript_of_records.py`."""
    made = script("typescript_of_records")
    assert made.typescript() == made.TARGET.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(not (SOURCES / "node_modules").is_dir(), reason="`make labextension` installs what it needs")
def test_built_anew_elsewhere_it_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    """So anybody can tell that the bundle is made of these sources, and of nothing else."""
    shutil.copytree(SOURCES, tmp_path / "labextension", copy_function=_linked, symlinks=True)
    templates = ROOT / "nbops" / "views" / "templates"
    shutil.copytree(templates, tmp_path / "nbops" / "views" / "templates")
    shutil.rmtree(tmp_path / "labextension" / "lib", ignore_errors=True)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    done = subprocess.run(
        ["jlpm", "build"],
        check=False,
        cwd=tmp_path / "labextension",
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(tmp_path / "nbops" / "labextension") == contents(BUILT)
    widget = ROOT / "nbops" / "static" / "panel.js"
    assert (tmp_path / "nbops" / "static" / "panel.js").read_bytes() == widget.read_bytes()


def _linked(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)
    return target


def contents(folder: Path) -> dict[str, bytes]:
    """Return what stands in the files of a folder, by their paths in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_bundle_is_small() -> None:
    """At most 150 kB raw; the page of the hub is a script of its own, which is loaded when somebody opens it."""
    assert sum(file.stat().st_size for file in BUILT.rglob("*.js")) <= 150_000
    assert (ROOT / "nbops" / "static" / "hub.js").stat().st_size <= 60_000


def test_the_lock_names_no_registry() -> None:
    """Who builds it takes the packages from the registry of their own."""
    assert "http" not in (SOURCES / "yarn.lock").read_text(encoding="utf-8")


def test_the_extension_is_known_by_its_name() -> None:
    """Where it is installed to, and what it calls itself, are the same."""
    built = json.loads((BUILT / "package.json").read_text(encoding="utf-8"))
    assert built["name"] == "@nbops/labextension"
    assert (BUILT / built["jupyterlab"]["_build"]["load"]).is_file()
