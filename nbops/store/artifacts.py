"""Artifacts: the values that steps left, kept under the hash of their bytes, and lists of them under the step's key.

::

    objects/ab/abcd….arrow      the bytes of one value; equal values are kept once
    steps/KEY/RUN.json          what the step with that key left in that run
    steps/KEY/newest            the same of the run that was noted last, so that it is found among thousands

in ``.nbops/artifacts``, or where the setting ``artifact_store`` says. Everything is written whole, the list last: a
process that is killed leaves no half artifact that looks whole. What a pickle holds is run when it is read, so it is
read only when our own signature stands before it.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xxhash

from nbops.errors import ArtifactError
from nbops.settings import load_settings
from nbops.store.codecs import CouldNotKeep, Frozen, Parts, codec_named, is_signed
from nbops.store.disk import LEFTOVER_AFTER_SECONDS
from nbops.store.hubkey import MAC_BYTES, hub_key, is_our_signature, signature
from nbops.store.local import LocalPlace
from nbops.store.pickles import resolving
from nbops.store.places import Content, KeptFile, Place
from nbops.store.project import Project

__all__ = ["Artifacts", "Kept", "KeptStep"]

_SEARCHED_BYTES = 1 << 20
_OBJECTS, _STEPS = "objects", "steps"


@dataclass(frozen=True, slots=True)
class Kept:
    """One kept value.

    Args:
        names: The variables that were this one object.
        codec: How it was kept.
        digest: The hash of its bytes.
        size: How many bytes it takes.
        same_as: A variable of before that it was the same object as; then nothing of its own is kept.
        part: Which one of several values that are kept as one, because they share parts; -1 when it is alone.
        links: The variables that it holds, which are not kept in it.
    """

    names: tuple[str, ...]
    codec: str = ""
    digest: str = ""
    size: int = 0
    same_as: str = ""
    part: int = -1
    links: tuple[str, ...] = ()


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
        store: Where they are, as the setting ``artifact_store`` says it; in the project when empty.

    Raises:
        UsageError: There is no such place.
    """

    def __init__(self, project: Project, store: str = "") -> None:
        self.project = project
        self.place = _open_place(store, project)

    @classmethod
    def of(cls, project: Project) -> Artifacts:
        """Return those of *project*, where its settings keep them."""
        return cls(project, load_settings(project.root).artifact_store)

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, names: tuple[str, ...], frozen: Frozen, secrets: Iterable[str] = ()) -> Kept:
        """Keep one value, unless the same bytes are kept already.

        Args:
            names: The variables that are this value.
            frozen: The value.
            secrets: Texts that must never be written.

        Raises:
            CouldNotKeep: There is no form in which it could be kept, or it holds a secret.
            ArtifactError: It is to be signed, and the key cannot be used.
            OSError: It cannot be written.
        """
        codec, parts = frozen.parts(small=self.place.is_far)
        if any(_holds(parts, secret) for secret in secrets):
            raise CouldNotKeep(f"{', '.join(names)}: it holds a secret")
        if is_signed(codec):
            parts = [signature(hub_key(self.project), parts), *parts]
        kept = Kept(names, codec, _digest(parts), sum(len(part) for part in parts), links=frozen.links)
        name = _name(kept)
        if not self.place.refresh(name, kept.size):
            self.place.write(name, parts)
        return kept

    def get(self, kept: Kept, others: Mapping[str, Any] | None = None) -> Any:
        """Return a kept value.

        Args:
            kept: Which.
            others: The variables that it may hold links to.

        Raises:
            ArtifactError: It is missing, damaged, not signed by us, or kept in a way that is not known here.
        """
        value = self._read(kept, others or {})
        return value if kept.part < 0 else value[kept.part]

    def get_all(self, values: Sequence[Kept], namespace: Mapping[str, Any]) -> list[tuple[Kept, Any]]:
        """Return kept values, those that links lead to first; what was one object is one again.

        Args:
            values: Which.
            namespace: The variables of before.

        Raises:
            ArtifactError: One cannot be had; see :meth:`get`.
        """
        try:
            return self._get_all(values, namespace)
        except ArtifactError:
            for kept in values:  # one was bad: whatever else is damaged is removed now, and made again with it
                with contextlib.suppress(ArtifactError):
                    self._whole(kept) if kept.digest else None
            raise

    def _get_all(self, values: Sequence[Kept], namespace: Mapping[str, Any]) -> list[tuple[Kept, Any]]:
        known, found = dict(namespace), []
        read: dict[str, Any] = {}
        for kept in sorted(values, key=lambda one: (not one.same_as, is_signed(one.codec))):
            if kept.same_as and kept.same_as not in namespace:
                raise self._bad(f"was {kept.same_as}, which is not there", kept)
            if kept.same_as:
                value = namespace[kept.same_as]
            elif kept.part < 0:  # read each time: two lists that are equal are not one list
                value = self._read(kept, known)
            else:
                if kept.digest not in read:
                    read[kept.digest] = self._read(kept, known)
                value = read[kept.digest][kept.part]
            known.update(dict.fromkeys(kept.names, value))
            found.append((kept, value))
        return found

    def _read(self, kept: Kept, others: Mapping[str, Any]) -> Any:
        data = self._whole(kept)
        if is_signed(kept.codec):
            data = self._verified(data, kept)
        try:
            with resolving(others):
                return codec_named(kept.codec).decode(data)
        except Exception as error:
            raise self._bad(f"cannot be read ({type(error).__name__}: {error})", kept) from error

    def _whole(self, kept: Kept) -> Content:
        """Return the bytes of a kept value, which are those that were kept; others are removed."""
        name = _name(kept)
        try:
            data = self.place.read(name)
        except OSError as error:
            raise self._bad(f"is missing ({error.strerror or error})", kept) from error
        if _digest([data]) != kept.digest:
            with contextlib.suppress(OSError):  # where nothing may be removed, it stays damaged and is told again
                self.place.remove(name)  # or it would stand in the way when the value is made again
            raise self._bad("is damaged: its hash is another", kept)
        return data

    def _verified(self, data: Content, kept: Kept) -> Any:
        view = memoryview(data)
        if not is_our_signature(hub_key(self.project), bytes(view[:MAC_BYTES]), view[MAC_BYTES:]):
            raise self._bad("is refused: its signature is not ours", kept)
        return view[MAC_BYTES:]

    def _bad(self, what: str, kept: Kept) -> ArtifactError:
        fix = "nothing: its step runs again"
        if "signature" in what:
            fix += "; when another machine of yours made it, there: nbops hub key, here: nbops hub key --import FILE"
        return ArtifactError(
            f"what was kept of {', '.join(kept.names)} {what}", where=f"{self.place.where}/{_name(kept)}", fix=fix
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
        self.place.write(f"{_STEPS}/{step.key}/{step.run}.json", [data])
        self.place.write(f"{_STEPS}/{step.key}/newest", [data], sync=False)

    def find(self, key: str, run: str) -> KeptStep | None:
        """Return what the step with that key left in that run; None when nothing is known of it."""
        return self._step(f"{_STEPS}/{key}/{run}.json")

    def all_of(self, key: str) -> Iterator[KeptStep]:
        """Yield what steps with that key left, in any run: what was noted last first, then the others, newest first."""
        newest = self._step(f"{_STEPS}/{key}/newest")
        if newest is not None:
            yield newest
        files = sorted(self.place.files(f"{_STEPS}/{key}"), key=lambda file: file.at, reverse=True)
        for file in files:
            step = self._step(file.name) if file.name.endswith(".json") else None
            if step is not None and (newest is None or step.run != newest.run):
                yield step

    def every(self) -> Iterator[KeptStep]:
        """Yield everything that is known to be kept."""
        for file in self.place.files(_STEPS):
            step = self._step(file.name) if file.name.endswith(".json") else None
            if step is not None:
                yield step

    def _step(self, name: str) -> KeptStep | None:
        try:
            found: Mapping[str, Any] = json.loads(bytes(self.place.read(name)))
            values = tuple(
                Kept(**{**kept, "names": tuple(kept["names"]), "links": tuple(kept.get("links", ()))})
                for kept in found["values"]
            )
            key, run, origin, at = (found[name] for name in ("key", "run", "origin", "at"))
            return KeptStep(key, run, origin, at, values, found["problem"], found.get("record") or {})
        except (OSError, ValueError, KeyError, TypeError):  # not there, or not ours: then nothing is known of it
            return None

    # ── tidying ──────────────────────────────────────────────────────────────────────────────────────────────────

    def sweep(self, older_than: float = LEFTOVER_AFTER_SECONDS) -> list[str]:
        """Remove temporary files that killed processes left behind longer than *older_than* seconds ago."""
        return self.place.sweep(older_than)

    def size(self) -> int:
        """Return how many bytes the values take."""
        return sum(file.size for file in self.place.files(_OBJECTS))

    def forget(self, step: KeptStep) -> None:
        """Remove the list of what a step left; its values go with :meth:`unused`."""
        newest = self._step(f"{_STEPS}/{step.key}/newest")
        if newest is not None and newest.run == step.run:
            self.place.remove(f"{_STEPS}/{step.key}/newest")
        self.place.remove(f"{_STEPS}/{step.key}/{step.run}.json")

    def unused(self, steps: Iterable[KeptStep], older_than: float = 0.0) -> list[KeptFile]:
        """Return the files of values that none of *steps* names, and that are older than *older_than* seconds."""
        used = {_name(kept) for step in steps for kept in step.values}
        return [file for file in self.place.files(_OBJECTS) if file.name not in used and file.is_older(older_than)]


def _open_place(address: str, project: Project) -> Place:
    """Return the place that the setting ``artifact_store`` names; ``.nbops/artifacts`` when it is empty."""
    if not address:
        return LocalPlace(project.artifacts, project.make_folder)
    scheme, _, rest = address.partition("://")
    if "::" not in address and not rest:
        return LocalPlace(project.root / Path(address).expanduser())
    if "::" not in address and scheme in ("file", "local"):
        return LocalPlace(Path(rest.removeprefix("localhost")))
    from nbops.store.remote import RemotePlace

    return RemotePlace(address)


def _name(kept: Kept) -> str:
    return f"{_OBJECTS}/{kept.digest[:2]}/{kept.digest}.{kept.codec}"


def _holds(parts: Parts, secret: str) -> bool:
    """Whether one of *parts* holds *secret* in one of the ways in which codecs write text."""
    forms = {secret.encode("utf-8", "surrogatepass"), json.dumps(secret)[1:-1].encode()}
    forms |= {secret.encode(kind, "surrogatepass") for kind in ("utf-16-le", "utf-32-le", "utf-32-be")}
    overlap = max(map(len, forms)) - 1
    for part in parts:
        view = memoryview(part)
        for start in range(0, len(view), _SEARCHED_BYTES):  # piece by piece: a copy of it all would be slow
            piece = bytes(view[start : start + _SEARCHED_BYTES + overlap])
            if any(form in piece for form in forms if form):
                return True
    return False


def _digest(parts: Sequence[Any]) -> str:
    """Return the hash of *parts*. It tells accidents; what may run is signed besides."""
    digest = xxhash.xxh3_128()
    for part in parts:
        digest.update(part)
    return f"x{digest.hexdigest()}"
