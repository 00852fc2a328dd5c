"""Artifacts: the values that steps left, kept under the hash of their bytes, and lists of them under the step's key.

::

    .nbops/artifacts/objects/ab/abcd….arrow     the bytes of one value; equal values are kept once
    .nbops/artifacts/steps/KEY/RUN.json         what the step with that key left in that run
    .nbops/key                                  the secret with which pickles are signed, readable by its owner alone

Everything is written to a temporary file, brought to the disk and moved into place, the list last: a process that is
killed leaves no half artifact that looks whole. What a pickle holds is run when it is read, so it is read only when our
own signature stands before it.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib
import importlib.util
import json
import os
import secrets
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbops.errors import ArtifactError
from nbops.store.codecs import CouldNotKeep, Frozen, codec_named, is_signed
from nbops.store.disk import sync_folder
from nbops.store.project import Project

__all__ = ["Artifacts", "Kept", "KeptStep"]

_LEFTOVER_AFTER_SECONDS = 3600.0
_MAC_BYTES = 32
_xxhash: Any = importlib.import_module("xxhash") if importlib.util.find_spec("xxhash") else None  # ten times faster


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept value.

    Args:
        names: The variables that were this one object.
        codec: How it was kept.
        digest: The hash of its bytes.
        size: How many bytes it takes.
        same_as: A variable of before that it was the same object as; then nothing of its own is kept.
    """

    names: tuple[str, ...]
    codec: str = ""
    digest: str = ""
    size: int = 0
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class KeptStep:
    """What one step left in one run.

    Args:
        key: The key of the step.
        run: The run.
        origin: The run in which the code really ran; another one when that run took it over.
        at: When it was kept, in seconds since 1970.
        values: The values that it left.
        problem: Why it could not be kept; empty when it was.
        record: The step's record, as JSON.
    """

    key: str
    run: str
    origin: str
    at: float = 0.0
    values: tuple[Kept, ...] = ()
    problem: str = ""
    record: Mapping[str, Any] = field(default_factory=dict)


class Artifacts:
    """The kept values of one project.

    Args:
        project: Whose values.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.objects = project.artifacts / "objects"
        self.steps = project.artifacts / "steps"

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, names: tuple[str, ...], frozen: Frozen, secrets: Iterable[str] = ()) -> Kept:
        """Keep one value, unless the same bytes are kept already.

        Args:
            names: The variables that are this value.
            frozen: The value.
            secrets: Texts that must never be written.

        Raises:
            CouldNotKeep: There is no form in which it could be kept, or it holds a secret.
            OSError: It cannot be written.
        """
        codec, data = frozen.encoded()
        if any(_holds(data, secret) for secret in secrets):
            raise CouldNotKeep(f"{', '.join(names)}: it holds a secret")
        if is_signed(codec):
            data = hmac.digest(self._secret(), bytes(data), "sha256") + bytes(data)
        digest = _digest(data)
        path = self._path(digest, codec)
        if path.exists():
            os.utime(path)  # it is young again: nobody is to sweep what was just asked for
        else:
            self._write(path, data)
        return Kept(names, codec, digest, len(data))

    def get(self, kept: Kept) -> Any:
        """Return a kept value.

        Raises:
            ArtifactError: It is missing, damaged, not signed by us, or kept in a way that is not known here.
        """
        path = self._path(kept.digest, kept.codec)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise self._bad(f"is missing ({error.strerror or error})", kept, path) from error
        if kept.digest[:1] == "x" and _xxhash is None:
            raise self._bad("cannot be verified: xxhash is not installed here", kept, path)
        if _digest(data, kept.digest) != kept.digest:
            path.unlink(missing_ok=True)  # or it would stand in the way when the value is made again
            raise self._bad("is damaged: its hash is another", kept, path)
        if is_signed(kept.codec):
            data = self._verified(data, kept, path)
        try:
            return codec_named(kept.codec).decode(data)
        except Exception as error:
            raise self._bad(f"cannot be read ({type(error).__name__}: {error})", kept, path) from error

    def _verified(self, data: bytes, kept: Kept, path: Path) -> bytes:
        mac, payload = data[:_MAC_BYTES], data[_MAC_BYTES:]
        if not hmac.compare_digest(mac, hmac.digest(self._secret(), payload, "sha256")):
            raise self._bad("is refused: its signature is not ours", kept, path)
        return payload

    def _bad(self, what: str, kept: Kept, path: Path) -> ArtifactError:
        return ArtifactError(
            f"what was kept of {', '.join(kept.names)} {what}", where=str(path), fix="nothing: its step runs again"
        )

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def note(self, step: KeptStep) -> None:
        """Write the list of what a step left: from now on it can be found.

        Raises:
            OSError: It cannot be written.
        """
        values = [{name: getattr(kept, name) for name in Kept.__slots__} for kept in step.values]
        fields = {"key": step.key, "run": step.run, "origin": step.origin, "at": step.at, "problem": step.problem}
        data = json.dumps({**fields, "values": values, "record": step.record}, separators=(",", ":")).encode()
        self._write(self.steps / step.key / f"{step.run}.json", data)

    def find(self, key: str, run: str) -> KeptStep | None:
        """Return what the step with that key left in that run; None when nothing is known of it."""
        return _read_step(self.steps / key / f"{run}.json")

    def all_of(self, key: str) -> list[KeptStep]:
        """Return what steps with that key left, in any run, newest first."""
        found = [_read_step(path) for path in (self.steps / key).glob("*.json")]
        return sorted(filter(None, found), key=lambda step: step.at, reverse=True)

    def every(self) -> Iterator[KeptStep]:
        """Yield everything that is known to be kept."""
        for path in self.steps.glob("*/*.json"):
            step = _read_step(path)
            if step is not None:
                yield step

    # ── tidying ──────────────────────────────────────────────────────────────────────────────────────────────────

    def sweep(self, older_than: float = _LEFTOVER_AFTER_SECONDS) -> list[Path]:
        """Remove temporary files that killed processes left behind longer than *older_than* seconds ago."""
        return [path for path in self.project.artifacts.rglob(".*.tmp") if _is_old(path, older_than) and _removed(path)]

    def size(self) -> int:
        """Return how many bytes the values take."""
        return sum(path.stat().st_size for path in self.objects.glob("*/*"))

    def forget(self, step: KeptStep) -> None:
        """Remove the list of what a step left; its values go with :meth:`remove_unused`."""
        path = self.steps / step.key / f"{step.run}.json"
        path.unlink(missing_ok=True)
        try:
            path.parent.rmdir()
        except OSError:  # other runs of the same step are still known
            return

    def unused(self, steps: Iterator[KeptStep] | list[KeptStep], older_than: float = 0.0) -> list[Path]:
        """Return the files of values that none of *steps* names, and that are older than *older_than* seconds."""
        used = {kept.digest for step in steps for kept in step.values}
        files = (path for path in self.objects.glob("*/*") if not path.name.startswith("."))
        return [path for path in files if path.stem not in used and _is_old(path, older_than)]

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _path(self, digest: str, codec: str) -> Path:
        return self.objects / digest[:2] / f"{digest}.{codec}"

    def _write(self, path: Path, data: bytes | memoryview) -> None:
        self.project.make_folder()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)

    def _secret(self) -> bytes:
        """Return the key of this project's hub, made when it is first needed.

        Raises:
            ArtifactError: Others than its owner may read it.
        """
        path = self.project.folder / "key"
        self.project.make_folder()
        if not path.exists():
            self._make_secret(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ArtifactError("the key of the hub may be read by others", where=str(path), fix=f"chmod 600 {path}")
        return path.read_bytes()

    def _make_secret(self, path: Path) -> None:
        temporary = path.with_name(f".key.{uuid.uuid4().hex[:8]}.tmp")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(fd, secrets.token_bytes(32))
            os.fsync(fd)
        finally:
            os.close(fd)
        try:
            os.link(temporary, path)  # unlike a replacement this never takes the place of another process's key
        except FileExistsError:
            return
        finally:
            temporary.unlink(missing_ok=True)


def _holds(data: bytes | memoryview, secret: str) -> bool:
    """Whether *data* holds *secret* in one of the ways in which codecs write text."""
    forms = {secret.encode("utf-8", "surrogatepass"), json.dumps(secret)[1:-1].encode()}
    forms |= {secret.encode(kind, "surrogatepass") for kind in ("utf-16-le", "utf-32-le", "utf-32-be")}
    whole = bytes(data)
    return any(form in whole for form in forms if form)


def _digest(data: bytes | memoryview, like: str = "") -> str:
    """Return the hash of *data*, with xxhash where that is there: *like* is another one, whose kind is wanted."""
    if like[:1] != "b" and _xxhash is not None:
        return f"x{_xxhash.xxh3_128_hexdigest(data)}"
    return f"b{hashlib.blake2b(data, digest_size=16).hexdigest()}"


def _read_step(path: Path) -> KeptStep | None:
    try:
        found: Mapping[str, Any] = json.loads(path.read_bytes())
        values = tuple(Kept(**{**kept, "names": tuple(kept["names"])}) for kept in found["values"])
        key, run, origin, at = (found[name] for name in ("key", "run", "origin", "at"))
        return KeptStep(key, run, origin, at, values, found["problem"], found.get("record") or {})
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not ours: then nothing is known of it
        return None


def _is_old(path: Path, seconds: float) -> bool:
    try:
        return time.time() - path.stat().st_mtime > seconds
    except FileNotFoundError:  # moved into place, or removed, meanwhile
        return False


def _removed(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True
