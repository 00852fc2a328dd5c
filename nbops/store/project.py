"""Where a project keeps things: its root, the ``.nbops`` folder, the journals and the hub's file.

The root is the nearest folder above a notebook that holds a ``pyproject.toml`` or a ``.git``, else the notebook's
own folder. Nothing is created until something is to be written, and what is created is invisible to git.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from nbops.settings import find_root

__all__ = ["Project", "find_project", "is_network_file_system", "state_folder"]

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "beegfs", "fuse.sshfs", "gpfs"}
)


@dataclass(frozen=True, slots=True)
class Project:
    """The places of one project. Relative names of notebooks are relative to *root*, an absolute path."""

    root: Path

    @property
    def folder(self) -> Path:
        """``.nbops``: everything that nbops writes beside the notebooks."""
        return self.root / ".nbops"

    @property
    def journals(self) -> Path:
        """The folder of the journals, one file for each process."""
        return self.folder / "journal"

    @property
    def runs(self) -> Path:
        """The folder of the runs' executed notebooks and reports, one folder for each run."""
        return self.folder / "runs"

    @property
    def artifacts(self) -> Path:
        """The folder of the values that steps left, kept for resuming."""
        return self.folder / "artifacts"

    @property
    def hub_file(self) -> Path:
        """The SQLite file of the hub; in the user's local state folder when the project is on a network file system."""
        if not is_network_file_system(self.root):
            return self.folder / "hub.db"
        mark = hashlib.blake2b(str(self.root).encode(), digest_size=4).hexdigest()
        return state_folder() / f"{self.root.name}-{mark}.db"

    def relative(self, path: Path | str) -> str:
        """Return *path* relative to the root with forward slashes, or absolute when it lies outside."""
        absolute = Path(os.path.abspath(path))
        try:
            return absolute.relative_to(self.root).as_posix()
        except ValueError:
            return absolute.as_posix()

    def make_folder(self) -> Path:
        """Create ``.nbops`` with a ``.gitignore`` of ``*`` and return it.

        Raises:
            OSError: The project is not writable.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        ignore = self.folder / ".gitignore"
        if not ignore.exists() or not ignore.stat().st_size:  # empty when a full disk or a kill stopped its writing
            ignore.write_text("*\n", encoding="utf-8")
        return self.folder


def find_project(start: Path | str | None = None) -> Project:
    """Return the project of a notebook or folder; of the working directory when *start* is None.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()).resolve()
        >>> (folder / "pyproject.toml").touch()
        >>> (folder / "deep").mkdir()
        >>> find_project(folder / "deep" / "sales.ipynb").root == folder
        True
    """
    path = Path(os.path.abspath(start or os.getcwd()))
    folder = path if path.is_dir() else path.parent
    return Project(find_root(folder) or folder)


def state_folder() -> Path:
    """Return where nbops keeps what belongs to this user on this machine, beside all projects; it need not exist.

    Raises:
        RuntimeError: The user has no home.
    """
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".local" / "state") / "nbops"


def is_network_file_system(path: Path) -> bool:
    """Return whether *path* (or its nearest existing parent) lies on a network file system; False when unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    path = Path(os.path.realpath(path))  # a symbolic link may lead to another file system
    best, kind = "", ""
    for line in mounts:
        _, point, fs_type, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if len(point) >= len(best) and path.is_relative_to(point):
            best, kind = point, fs_type
    return kind in _NETWORK_FILE_SYSTEMS
