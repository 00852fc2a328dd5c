"""Artifacts at a URL: S3, Google Cloud Storage, Azure, SFTP, HDFS, whatever fsspec has a file system for.

How whole a file is while it is written depends on the protocol, so :attr:`RemotePlace.atomicity` says it. Nothing
depends on it for truth: what is read is compared with its hash, and a torn list counts as none.
"""

from __future__ import annotations

import contextlib
import importlib
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from nbops.errors import UsageError
from nbops.store.disk import LEFTOVER_AFTER_SECONDS, is_leftover
from nbops.store.places import KeptFile

__all__ = ["RemotePlace"]

_APPEARS_WHOLE = frozenset(
    {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "ociobject", "tos", "memory"}
)
_RENAMES = frozenset({"sftp", "ssh", "hdfs", "webhdfs", "arrow_hdfs", "smb", "dbfs"})
_TIMES = ("LastModified", "last_modified", "mtime", "modified", "updated", "created", "timeModified")


class RemotePlace:
    """A folder at a URL.

    Args:
        url: The URL; options of its file system come from fsspec's own configuration, never from here.

    Raises:
        UsageError: There is no such file system here.
    """

    is_far = True

    def __init__(self, url: str) -> None:
        self.where = url
        try:
            core = importlib.import_module("fsspec.core")
            self._fs, self._root = core.url_to_fs(url)
        except ImportError as error:
            raise UsageError(
                f"artifacts at {url} need a package that is not here: {error}",
                where="the setting artifact_store",
                fix='pip install "nbops[remote]", and the package that the message names',
            ) from error
        except Exception as error:
            raise UsageError(
                f"artifacts cannot be kept at {url}: {error}",
                where="the setting artifact_store",
                fix='write a folder or a URL, as artifact_store = "s3://bucket/folder"',
            ) from error
        self._root = self._root.rstrip("/")

    @property
    def _kind(self) -> str:
        protocol = self._fs.protocol
        return str(protocol if isinstance(protocol, str) else protocol[0])

    @property
    def atomicity(self) -> str:
        """What a reader may meet while a file is written."""
        if self._kind in _APPEARS_WHOLE:
            return f"{self._kind}: a file appears under its name when all of it is there"
        if self._kind in _RENAMES:
            return f"{self._kind}: a file is written under another name and renamed, as whole as the server renames"
        return f"{self._kind}: a file is written under another name and moved; a reader may meet a part, and finds out"

    def write(self, name: str, parts: Sequence[bytes | memoryview], *, sync: bool = True) -> None:
        """Write a file; what the other side does to keep it is its own affair."""
        path = self._path(name)
        whole = bytes(parts[0]) if len(parts) == 1 else b"".join(parts)
        with _as_os_errors():
            if self._kind in _APPEARS_WHOLE:
                self._put(path, path, whole)
                return
            folder, _, last = path.rpartition("/")
            beside = f"{folder}/.{last}.{uuid.uuid4().hex[:8]}.tmp"
            self._put(path, beside, whole)
            self._fs.mv(beside, path)

    def _put(self, path: str, at: str, whole: bytes) -> None:
        try:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(at, whole)
        except BaseException:
            if at != path:
                with contextlib.suppress(Exception):  # what is to be told is why it could not be written
                    self._fs.rm_file(at)
            raise

    def read(self, name: str) -> bytes:
        """Return what a file holds."""
        with _as_os_errors():
            return bytes(self._fs.cat_file(self._path(name)))

    def refresh(self, name: str, size: int) -> bool:
        """Return whether there is such a file of *size* bytes; it keeps its age, which few servers let others change.

        A server that does not tell sizes is believed.
        """
        with _as_os_errors():
            if not self._fs.exists(self._path(name)):
                return False
            return self._fs.size(self._path(name)) in (size, None)

    def files(self, under: str) -> Iterator[KeptFile]:
        """Yield the files in the folder *under* and in those inside it."""
        for found in self._all(under):
            if not found.name.rpartition("/")[2].startswith("."):
                yield found

    def remove(self, name: str) -> None:
        """Remove a file."""
        with _as_os_errors(), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._path(name))

    def sweep(self, older_than: float = LEFTOVER_AFTER_SECONDS) -> list[str]:
        """Remove the temporary files of killed writers."""
        names = [f.name for f in self._all("") if is_leftover(f.name.rpartition("/")[2], f.at, older_than)]
        for name in names:
            self.remove(name)
        return names

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}" if name else self._root

    def _all(self, under: str) -> Iterator[KeptFile]:
        with _as_os_errors():
            self._fs.invalidate_cache()  # what other machines wrote meanwhile counts too
            found: Mapping[str, Mapping[str, Any]] = self._fs.find(self._path(under), detail=True)
        start = len(self._root) + 1
        for path, about in found.items():
            yield KeptFile(path[start:], int(about.get("size") or 0), _written_at(about))


@contextlib.contextmanager
def _as_os_errors() -> Iterator[None]:
    """Let every trouble with a server be an OSError, whatever its library raises."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(f"{type(error).__name__}: {error}") from error


def _written_at(about: Mapping[str, Any]) -> float:
    """Return when a file was written; now when its server does not say, so that it is never taken for old."""
    told = next((about[name] for name in _TIMES if about.get(name) is not None), None)
    if isinstance(told, datetime):
        return told.timestamp()
    if isinstance(told, str):
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(told).timestamp()
    return float(told) if isinstance(told, (int, float)) else time.time()
