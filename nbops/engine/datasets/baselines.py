"""What the runs of a notebook tell of the tables that it makes: profiles of what its good runs kept. Runs nothing.

A kept table never changes, so its profile is taken once and stored under the table's own hash in ``.nbops/profiles``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nbops.engine.plans.saving import atomic_write
from nbops.errors import ArtifactError, UsageError
from nbops.frames.tables import is_frame
from nbops.store.artifacts import Artifacts, Kept, KeptStep
from nbops.store.hub import Hub

if TYPE_CHECKING:
    from nbops.frames.profile.table import Profile

__all__ = ["MOST_RUNS", "profiles_of_run", "profiles_of_runs"]

MOST_RUNS = 60


def profiles_of_runs(hub: Hub, notebook: str, *, most: int = MOST_RUNS) -> dict[str, list[Profile]]:
    """Return the profiles of the tables that the good runs of *notebook* kept, by variable, the oldest first.

    Args:
        hub: The hub that knows the runs.
        notebook: The notebook's path, as the hub names it.
        most: How many runs at most, the newest.

    Raises:
        UsageError: No good run kept a table.
    """
    artifacts = Artifacts.of(hub.project)
    found: dict[str, list[Profile]] = {}
    looked = 0
    for summary in reversed(hub.runs(limit=most, nb=notebook)):
        if not summary.status.is_good:
            continue
        looked += 1
        for kept in _kept(hub, artifacts, summary.run):
            one = _profile(artifacts, kept)
            for name in kept.names if one is not None else ():
                found.setdefault(name, []).append(one)  # type: ignore[arg-type]
    if not found:
        what = f"{looked} good runs of it kept no table" if looked else "no good run of it is known"
        raise UsageError(what, where=notebook, fix=f"nbops run {notebook}, or name a table: nbops suggest TABLE")
    return found


def profiles_of_run(hub: Hub, run: str) -> dict[str, Profile]:
    """Return the profiles of the tables that one run kept, by variable.

    Args:
        hub: The hub that knows the run.
        run: Its id.
    """
    artifacts = Artifacts.of(hub.project)
    found: dict[str, Profile] = {}
    for kept in _kept(hub, artifacts, run):
        one = _profile(artifacts, kept)
        if one is not None:
            found |= dict.fromkeys(kept.names, one)
    return found


def _kept(hub: Hub, artifacts: Artifacts, run: str) -> Iterator[Kept]:
    """Yield what the steps of a run left; of a table that several steps left, only the last."""
    last: dict[tuple[str, ...], Kept] = {}
    for step in hub.run(run).steps:
        key = step.record.key if step.record else ""
        left: KeptStep | None = artifacts.find(key, run) if key else None
        for kept in left.values if left and not left.problem else ():
            if kept.digest:
                last[kept.names] = kept
    yield from last.values()


def _profile(artifacts: Artifacts, kept: Kept) -> Profile | None:
    """Return the profile of a kept table, from the store when it was taken before; None when it is no table."""
    from nbops.frames.profile.coding import profile_from_json, profile_to_json
    from nbops.frames.profile.table import profile

    path = _stored(artifacts, kept)
    if path.exists():
        try:
            text = path.read_text(encoding="utf-8")
            return profile_from_json(text) if text else None
        except UsageError:  # written by a newer nbops: it is taken anew
            path.unlink(missing_ok=True)
    try:
        value = artifacts.get(kept)
    except ArtifactError:  # discarded, or damaged: that run tells nothing of this table
        return None
    found = profile(value) if is_frame(value) else None
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, profile_to_json(found).encode() if found else b"")
    return found


def _stored(artifacts: Artifacts, kept: Kept) -> Path:
    part = f".{kept.part}" if kept.part >= 0 else ""  # of values that were pickled together each has its own
    return artifacts.project.folder / "profiles" / kept.digest[:2] / f"{kept.digest}{part}.json"
