"""Finding a run by its id in the other projects of this user, for when the hub at hand does not know it."""

from __future__ import annotations

import os
from collections.abc import Callable

from nbops.errors import NbopsError, ReferenceNotFound
from nbops.settings import load_settings
from nbops.store.hub import Hub, open_hub
from nbops.store.ingest import ingest
from nbops.store.known import known_projects
from nbops.store.project import Project

__all__ = ["find_elsewhere"]


def find_elsewhere(own: Project, run: str, on_trouble: Callable[[str], None] = lambda text: None) -> Hub | None:
    """Return the hub of the one other project that knows a run whose id begins with *run*, to be closed by the caller.

    Args:
        own: The project at hand, which is not looked at again.
        run: The beginning of the run's id.
        on_trouble: Told, in a sentence, of each project that could not be looked at, where no other knows the run.

    Returns:
        The hub; None when no known project knows such a run.

    Raises:
        ReferenceNotFound: Runs of more than one project begin so.
    """
    found: list[tuple[Project, list[str]]] = []
    troubles: list[str] = []
    seen = {os.path.realpath(own.root)}
    for project in known_projects():
        place = os.path.realpath(project.root)  # one project may be known by several ways to it
        if place in seen:
            continue
        seen.add(place)
        try:
            with _opened(project) as hub:
                names = [f"{hub.run(full).name}@{full}" for full in hub.runs_beginning(run)]
        except NbopsError as error:
            troubles.append(f"the project {project.root} cannot be looked at: {error.what}")
            continue
        if names:
            found.append((project, names))
    for text in troubles if not found else ():  # where the run is known, nobody needs to look any further
        on_trouble(text)
    if len(found) > 1:
        every = ", ".join(f"{name} in {project.root}" for project, names in found for name in names[:1])
        fix = f"type more of the id, or name the project: -C {found[0][0].root}"
        raise ReferenceNotFound(
            f"{run!r} begins runs of more than one project: {every}", where="known projects", fix=fix
        )
    return _opened(found[0][0]) if found else None


def _opened(project: Project) -> Hub:
    hub = open_hub(project, load_settings(project.root).hub)
    try:
        ingest(hub, project)
    except BaseException:
        hub.close()
        raise
    return hub
