"""Sources that are files: on this machine by their path, elsewhere by a URL that fsspec knows."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from nbops.errors import UsageError
from nbops.sources.content import Content, content_of, joined_content
from nbops.sources.listing import File, TooMany, list_folder, matching
from nbops.sources.model import SOURCES, Asked, Definition, Delivery, Unreachable
from nbops.sources.patterns import Pattern, read_pattern
from nbops.sources.urls import expanded, shown_url

__all__ = ["FileSource", "RemoteFileSource"]

_NEWEST = 2  # deliveries whose content is read: the newest, and the one before it to compare with


class _Place(Protocol):
    """Where files are."""

    def list(self, folder: str) -> Iterator[File]:
        """Yield what is in a folder."""

    def stat(self, path: str) -> File | None:
        """Return the file at *path*; None when there is none."""

    def open(self, path: str) -> BinaryIO:
        """Open a file to be read."""


@dataclass(frozen=True, slots=True)
class _Here:
    """The files of this machine; relative paths start at *root*, whose own name may hold any sign."""

    root: str

    def list(self, folder: str) -> Iterator[File]:
        return list_folder(folder, "/" if folder.startswith("/") else self.root)

    def stat(self, path: str) -> File | None:
        try:
            found = Path(self.root, path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return File(path, path.rpartition("/")[2], stat.S_ISDIR(found.st_mode), found.st_size, found.st_mtime)

    def open(self, path: str) -> BinaryIO:
        return open(os.path.join(self.root, path), "rb")


@dataclass(frozen=True, slots=True)
class _There:
    """A file system of fsspec."""

    files: Any

    def list(self, folder: str) -> Iterator[File]:
        try:
            found = self.files.ls(folder or "/", detail=True, refresh=True)
        except TypeError:  # a file system that keeps no listings knows no such word
            found = self.files.ls(folder or "/", detail=True)
        except (FileNotFoundError, NotADirectoryError):
            return
        for info in found:
            yield _remote_file(info)

    def stat(self, path: str) -> File | None:
        try:
            return _remote_file(self.files.info(path))
        except FileNotFoundError:
            return None

    def open(self, path: str) -> BinaryIO:
        opened: BinaryIO = self.files.open(path, "rb")
        return opened


def _remote_file(info: dict[str, Any]) -> File:
    path = str(info["name"]).rstrip("/")
    changed = next(
        (info[key] for key in ("mtime", "LastModified", "last_modified", "updated", "created") if key in info), None
    )
    return File(path, path.rpartition("/")[2], info.get("type") == "directory", info.get("size"), _seconds(changed))


def _seconds(moment: Any) -> float | None:
    if isinstance(moment, datetime):
        return moment.timestamp()
    if isinstance(moment, str):
        try:
            return datetime.fromisoformat(moment).timestamp()
        except ValueError:
            return None
    return float(moment) if isinstance(moment, (int, float)) else None


@SOURCES.register("files")
class FileSource:
    """Files of this machine: one path, or a pattern of paths with days, parts and stars."""

    def check(self, definition: Definition) -> None:
        """Say what is wrong with a path or its parts.

        Raises:
            UsageError: A field of it means nothing, or parts are named and none is in the path.
        """
        pattern = read_pattern(definition.url)
        if definition.parts and not pattern.has_parts:
            where = shown_url(definition.url)
            raise UsageError("parts are named, and the path does not say where they stand", where=where,
                             fix="write {part} into the path")  # fmt: skip
        if pattern.has_parts and not definition.parts:
            raise UsageError("the path holds {part}, and no part is named", where=shown_url(definition.url),
                             fix="--part east --part west")  # fmt: skip

    def look(self, definition: Definition, asked: Asked) -> Sequence[Delivery]:
        """Return the deliveries whose files are there, the oldest first."""
        path = os.path.normpath(Path(expanded(definition.url, definition.name)).expanduser())
        return _look(read_pattern(path), definition, asked, _Here(str(asked.root)))


@SOURCES.register("remote")
class RemoteFileSource(FileSource):
    """Files elsewhere, by a URL of fsspec: ``s3://``, ``gs://``, ``sftp://`` …"""

    def look(self, definition: Definition, asked: Asked) -> Sequence[Delivery]:
        """Return the deliveries whose files are there, the oldest first.

        Raises:
            UsageError: fsspec is not installed, or does not know the URL.
            Unreachable: The place does not answer.
        """
        try:
            import fsspec  # type: ignore[import-untyped, unused-ignore]
        except ImportError as error:
            raise UsageError("a source elsewhere needs fsspec", fix="pip install 'nbops[remote]'") from error
        where = shown_url(definition.url)
        try:
            files, path = fsspec.core.url_to_fs(expanded(definition.url, definition.name))
        except (ImportError, ValueError) as error:
            raise UsageError(f"fsspec cannot read it ({type(error).__name__})", where=where,
                             fix="install the file system that fsspec asks for") from None  # fmt: skip
        try:
            return _look(read_pattern(path), definition, asked, _There(files))
        except TooMany:
            raise
        except Exception as error:  # noqa: BLE001 - each file system has its own ways to fail, with texts that may name secrets
            raise Unreachable(f"it cannot be looked at ({type(error).__name__})", where=where) from None


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _look(pattern: Pattern, definition: Definition, asked: Asked, place: _Place) -> list[Delivery]:
    wanted = dict.fromkeys(pattern.key(day) for day in asked.days)
    try:
        groups = _listed(pattern, definition, asked, place)
        newest = sorted(groups, key=lambda name: _order(groups[name], name))
        read = {name for name in newest if name in wanted} | set(newest[-_NEWEST:])
        return [_delivery(name, groups[name], place if name in read else None, pattern) for name in newest]
    except OSError as error:
        if isinstance(error, Unreachable):
            raise
        raise Unreachable(f"it cannot be read ({error.strerror or error})", where=shown_url(definition.url)) from error


Group = dict[str, File]


def _listed(pattern: Pattern, definition: Definition, asked: Asked, place: _Place) -> dict[str, Group]:
    """Return the files of each delivery, by its key and by its part; without a day each file is a delivery."""
    if pattern.is_exact and (not asked.is_history or not pattern.is_dated):
        return _expected(pattern, definition, asked.days, place)
    groups: dict[str, Group] = {}
    try:
        for file, key, part in matching(pattern, place.list):
            if part and part not in definition.parts:
                continue
            name = key or (file.path if not part else "")
            groups.setdefault(name, {})[part or file.path] = file
    except TooMany:
        if not (pattern.is_exact and asked.days):
            raise
        return _expected(pattern, definition, asked.days, place)  # the files of the days that matter are known by name
    return {name: {part: _with_times(file, place) for part, file in group.items()} for name, group in groups.items()}


def _expected(pattern: Pattern, definition: Definition, days: Iterable[datetime], place: _Place) -> dict[str, Group]:
    """Return the files of *days* alone, looked for by their names."""
    groups: dict[str, Group] = {}
    for day in list(days) or [datetime.now()]:
        for part in definition.parts or ("",):
            file = place.stat(pattern.path(day, part))
            if file is not None and not file.is_folder:
                groups.setdefault(pattern.key(day), {})[part or file.path] = file
    return groups


def _with_times(file: File, place: _Place) -> File:
    return file if file.changed_at is not None else place.stat(file.path) or file


def _order(group: Group, name: str) -> tuple[float, str]:
    return (max((file.changed_at or 0.0) for file in group.values()), name)


def _delivery(name: str, group: Group, place: _Place | None, pattern: Pattern) -> Delivery:
    times = [file.changed_at for file in group.values() if file.changed_at is not None]
    sizes = [file.size for file in group.values() if file.size is not None]
    content = _content(group, place) if place is not None else None
    return Delivery(
        key=name if pattern.is_dated else "",
        at=max(times) if times else None,
        fingerprint=content.fingerprint if content else "",
        size=content.size if content else sum(sizes) if sizes else None,
        rows=content.rows if content else None,
        parts=tuple(sorted(group)) if pattern.has_parts else tuple(sorted(file.path for file in group.values())),
    )


def _content(group: Group, place: _Place) -> Content | None:
    found = []
    for part, file in group.items():
        try:
            with place.open(file.path) as opened:
                found.append((part, content_of(opened, file.size or 0, file.name)))
        except FileNotFoundError:  # it was there a moment ago: what it was nobody knows
            return None
    return joined_content(found)
