"""The projects in which this user ran notebooks, so that the id of a run is enough to find it from any folder.

Each one is a small file of its own in the user's local state folder, written whole: two runs that begin at once never
lose each other's project. It holds a folder's name and nothing of what ran there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from pathlib import Path

from nbops.store.disk import write_whole
from nbops.store.project import Project, state_folder

__all__ = ["known_projects", "remember"]

MOST_PROJECTS = 100
_NO_STATE = (OSError, RuntimeError)  # a home that cannot be written, or no home at all


def remember(project: Project) -> None:
    """Put *project* first among the known ones. Where the user's state cannot be written, nothing is remembered."""
    with contextlib.suppress(*_NO_STATE):
        folder = state_folder() / "projects"
        root = os.fsencode(project.root)
        file = folder / hashlib.blake2b(root, digest_size=8).hexdigest()
        if file.exists():
            os.utime(file)
            return
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, [root], sync=False)  # what a power cut takes, the next run remembers
        for old in _newest_first(folder)[MOST_PROJECTS:]:
            old.unlink(missing_ok=True)


def known_projects() -> list[Project]:
    """Return the known projects, the one that ran last first; those that hold no journal any more are forgotten."""
    try:
        files = _newest_first(state_folder() / "projects")
    except _NO_STATE:
        return []
    return [project for file in files if (project := _read(file))]


def _read(file: Path) -> Project | None:
    with contextlib.suppress(OSError):  # forgotten by somebody else just now, or a folder that may not be looked into
        root = Path(os.fsdecode(file.read_bytes()))
        if root.is_absolute() and Project(root).journals.is_dir():  # a power cut may leave it empty
            return Project(root)
        file.unlink()
    return None


def _newest_first(folder: Path) -> list[Path]:
    with os.scandir(folder) as every:
        files = [(file.stat().st_mtime_ns, file.path) for file in every if not file.name.startswith(".")]
    return [Path(path) for _, path in sorted(files, reverse=True)]
