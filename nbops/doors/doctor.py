"""The doctor: what of nbops works here, what is missing, and what to type for it. Nothing is changed or created."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nbops._version import __version__
from nbops.errors import NbopsError
from nbops.settings import Settings
from nbops.store.project import Project, is_network_file_system

__all__ = ["Finding", "examine"]

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 100_000_000
_KERNEL_SECONDS = 30.0
_ASK_KERNEL = "import json, nbops, sys; print(json.dumps([nbops.__version__, sys.version.split()[0]]))"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        name: What was looked at.
        status: ``ok``; ``note`` for what is worth knowing; ``lack`` for what keeps nbops from working.
        seen: What was seen.
        fix: What to type; empty when nothing is missing.
    """

    name: str
    status: Literal["ok", "note", "lack"]
    seen: str
    fix: str = ""


def examine(project: Project, settings: Settings) -> Iterator[Finding]:
    """Yield what is found about this environment, its kernels, and the places of *project*."""
    yield _python()
    yield Finding("nbops", "ok", f"{__version__} in {Path(__file__).parent.parent}")
    yield from _kernels()
    yield _papermill()
    yield from _front_ends()
    yield Finding("project", "ok", f"{project.root} · env {settings.env}")
    yield from _places(project, settings)
    yield from _surroundings(project)


def _python() -> Finding:
    seen = f"{sys.version.split()[0]} in {sys.executable}"
    if sys.version_info < LEAST_PYTHON:
        return Finding("python", "lack", seen, "install Python 3.11 or newer")
    return Finding("python", "ok", seen)


# ── kernels ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _kernels() -> Iterator[Finding]:
    if importlib.util.find_spec("jupyter_client") is None:
        yield Finding("kernels", "lack", "jupyter_client is not installed", _pip("nbops"))
        return
    from jupyter_client.kernelspec import KernelSpecManager

    found = {
        name: about["spec"]
        for name, about in KernelSpecManager().get_all_specs().items()
        if str(about["spec"].get("language", "")).lower() == "python"
    }
    if not found:
        yield Finding(
            "kernels", "lack", "there is no kernel for Python", f"{sys.executable} -m ipykernel install --user"
        )
    for name, spec in sorted(found.items()):
        yield _kernel(name, [str(word) for word in spec.get("argv", [])])


def _kernel(name: str, argv: list[str]) -> Finding:
    title = f"kernel {name}"
    if argv and re.fullmatch(r"python[\d.]*", argv[0]):  # jupyter starts these with the interpreter it runs in itself
        return Finding(title, "ok", f"nbops {__version__} (this environment)")
    python = shutil.which(argv[0]) if argv else None
    if python is None:
        program = argv[0] if argv else "nothing"
        return Finding(title, "note", f"starts {program}, which does not exist", f"jupyter kernelspec remove {name}")
    if not Path(python).name.startswith(("python", "pypy")):
        return Finding(title, "note", f"starts through {python}: whether nbops is there cannot be seen from here")
    if Path(python).parent == Path(sys.executable).parent:
        return Finding(title, "ok", f"nbops {__version__} (this environment)")
    return _asked(title, python)


def _asked(title: str, python: str) -> Finding:
    try:
        done = subprocess.run(
            [python, "-c", _ASK_KERNEL], capture_output=True, text=True, timeout=_KERNEL_SECONDS, check=False, cwd="/"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(title, "note", f"{python} does not answer: {error}", f"{python} --version")
    if done.returncode != 0:
        last = done.stderr.strip().splitlines()[-1:] or ["it does not say why"]
        return Finding(title, "note", f"{python} has no nbops ({last[0]})", f"{python} -m pip install nbops")
    try:
        version, of_python = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        seen = f"starts through {python}, which is no plain Python: whether nbops is there cannot be seen from here"
        return Finding(title, "note", seen)
    if version != __version__:
        return Finding(
            title, "note", f"nbops {version} there, {__version__} here", f"{python} -m pip install nbops=={__version__}"
        )
    return Finding(title, "ok", f"nbops {version}, Python {of_python} in {python}")


# ── what else is installed ───────────────────────────────────────────────────────────────────────────────────────────


def _papermill() -> Finding:
    version = _version("papermill")
    if not version:
        return Finding("papermill", "lack", "not installed", _pip("nbops"))
    entry = next((e for e in importlib.metadata.entry_points(group="papermill.engine") if e.name == "nbops"), None)
    if entry is None:
        return Finding("papermill", "lack", f"{version}, without the engine of nbops", _pip("--force-reinstall nbops"))
    try:
        entry.load()
    except ImportError as error:
        return Finding("papermill", "lack", f"{version}; its engine nbops cannot be loaded: {error}", _pip("nbops"))
    return Finding("papermill", "ok", f"{version}, with --engine nbops")


def _front_ends() -> Iterator[Finding]:
    for package, title in (("jupyterlab", "JupyterLab"), ("notebook", "Notebook")):
        version = _version(package)
        if version:
            yield Finding(title, "ok", version)
        else:
            yield Finding(title, "note", "not in this environment", _pip("'nbops[lab]'"))
    missing = [name for name in ("anywidget", "ipywidgets") if not _version(name)]
    if missing:
        yield Finding(
            "panel", "note", f"{' and '.join(missing)} not installed: it shows, but does not move", _pip("nbops")
        )
    else:
        yield Finding("panel", "ok", f"anywidget {_version('anywidget')}")


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _pip(what: str) -> str:
    return f"{sys.executable} -m pip install {what}"


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _places(project: Project, settings: Settings) -> Iterator[Finding]:
    trouble = _cannot_write(project.journals)
    if trouble:
        fix = f"give yourself the right to write in {_existing(project.journals)}; until then runs are not recorded"
        yield Finding("journals", "lack", f"{project.journals}: {trouble}", fix)
    else:
        count = sum(1 for _ in project.journals.glob("*.jsonl")) if project.journals.is_dir() else 0
        yield Finding("journals", "ok", f"{count} in {project.journals}")
    yield _hub(project, settings)
    if is_network_file_system(project.root):
        seen = "the project is on a network file system, so its hub is kept on this machine; journals stay with it"
        yield Finding("file system", "note", seen, "NBOPS_HUB=/path/on/this/machine/hub.db names another place")
    else:
        yield Finding("file system", "ok", "local")


def _hub(project: Project, settings: Settings) -> Finding:
    place = settings.hub or str(project.hub_file)
    is_file = "://" not in place
    if is_file and not (project.root / place).exists():
        trouble = _cannot_write((project.root / place).parent)
        if trouble:
            return Finding("hub", "lack", f"{place}: {trouble}", "NBOPS_HUB=/path/to/hub.db")
        return Finding("hub", "ok", f"{place} (made with the first run)")
    from nbops.store.hub import open_hub

    try:
        with open_hub(project, settings.hub) as hub:
            return Finding("hub", "ok", f"{hub.where}, revision {hub.version}")
    except NbopsError as error:
        return Finding("hub", "lack", f"{error.what} ({error.where})", error.fix or "nbops hub rebuild")


def _surroundings(project: Project) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(project.folder)).free
    if free < LEAST_FREE_BYTES:
        yield Finding("disk", "note", f"only {free / 1e6:.0f} MB free at {project.root}", "nbops hub prune")
    if shutil.which("git") is None:
        yield Finding("git", "note", "not found: owners of notebooks are not known", "set NBOPS_OWNER, or install git")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _cannot_write(folder: Path) -> str:
    """Return why nothing can be written below *folder*, empty when it can; the trial leaves nothing behind."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return ""
    except OSError as error:
        return error.strerror or str(error)
