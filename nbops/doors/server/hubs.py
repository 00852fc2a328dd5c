"""The hubs that a server shows: opened when somebody looks, read in threads, and kept up to date meanwhile.

Nothing here waits in the server's event loop. What reads a hub is imported when the first one is looked at, so that
Jupyter's server starts as quickly as without it. A question waits for what is new in the journals, but not longer than
a second: a large backlog is taken in beside the answers, and the page shows it as it comes.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from nbops.errors import NbopsError, UsageError
from nbops.settings import load_settings
from nbops.store.project import Project, find_project

if TYPE_CHECKING:
    from nbops.store.hub import Hub

__all__ = ["Hubs", "OpenHub"]

Answer = TypeVar("Answer")

LONGEST_WAIT_SECONDS = 1.0


class OpenHub:
    """One hub that is looked at. Threads may share it.

    Args:
        project: Whose hub.
        url: Where it is, when not where the project's settings say.
    """

    def __init__(self, project: Project, url: str = "") -> None:
        self.project = project
        self._url = url
        self._hub: Hub | None = None
        self._file: tuple[int, int] | None = None
        self._turn = threading.Lock()
        self._reader = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="nbops-intake")
        self._reading: concurrent.futures.Future[None] | None = None

    def ask(self, question: Callable[[Hub], Answer]) -> Answer:
        """Return what *question* makes of the hub, with what was recorded until now taken in.

        Raises:
            HubError: It cannot be opened or read.
        """
        hub = self._opened()
        self._take_in(hub)
        return question(hub)

    def state(self) -> str:
        """Return a text that changes whenever something was recorded, or the hub can be read no more, or again."""
        try:
            return "{}.{}".format(*self.ask(lambda hub: hub.extent()))
        except NbopsError as error:
            return f"error {error.what}"

    def reopen(self) -> None:
        """Forget the hub, so that the next question opens it anew."""
        with self._turn:
            self._forget()

    def close(self) -> None:
        """Close the hub; what is being taken in is finished first."""
        self._reader.shutdown()
        with self._turn:
            self._forget()

    def _opened(self) -> Hub:
        """Return the hub; opened anew when its file is another one, or has come into being."""
        from nbops.doors.verbs import open_known

        with self._turn:
            if self._hub is None or self._file != _identity(self._hub):
                self._forget()
                settings = load_settings(self.project.root)
                self._hub = open_known(self.project, self._url or settings.hub)
                self._file = _identity(self._hub)
            return self._hub

    def _forget(self) -> None:
        if self._hub is not None:
            self._hub.close()
        self._hub, self._file = None, None

    def _take_in(self, hub: Hub) -> None:
        with self._turn:
            if self._reading is None or self._reading.done():
                self._reading = self._reader.submit(self._read, hub)
            reading = self._reading
        with contextlib.suppress(concurrent.futures.TimeoutError):
            reading.result(timeout=LONGEST_WAIT_SECONDS)

    def _read(self, hub: Hub) -> None:
        from nbops.store.ingest import ingest

        ingest(hub, self.project)


def _identity(hub: Hub) -> tuple[int, int] | None:
    """Return what tells one file of a hub from another at the same place; None while there is none."""
    try:
        status = Path(hub.where).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Hubs:
    """The hubs of the projects below one folder, each opened once.

    Args:
        root: The folder; projects outside of it are not shown.
        project: The one project that is shown, whatever is asked for; None: the one of the folder that is asked for.
        url: Its hub, when not where its settings say.
    """

    def __init__(self, root: Path, project: Project | None = None, url: str = "") -> None:
        self.root = root.resolve()
        self._only = OpenHub(project, url) if project is not None else None
        self._known: dict[Path, OpenHub] = {}
        self._turn = threading.Lock()
        self.threads = concurrent.futures.ThreadPoolExecutor(4, thread_name_prefix="nbops-hub")

    def of(self, folder: str = "") -> OpenHub:
        """Return the hub of the project that *folder*, relative to the root, belongs to.

        Raises:
            UsageError: The folder is not below the root.
        """
        if self._only is not None:
            return self._only
        project = self._project(folder)
        with self._turn:
            return self._known.setdefault(project.root, OpenHub(project))

    def folder_of(self, folder: str) -> str:
        """Return the folder of the project that *folder* belongs to; empty when that is the root's, or lies above it.

        Raises:
            UsageError: The folder is not below the root.
        """
        if self._only is not None:
            return ""
        root = self._project(folder).root
        return root.relative_to(self.root).as_posix() if root != self.root and root.is_relative_to(self.root) else ""

    def _project(self, folder: str) -> Project:
        place = (self.root / folder).resolve()
        if not place.is_relative_to(self.root):
            raise UsageError(f"{folder!r} is not below the folder that this server shows", fix="name a folder in it")
        while not place.is_dir() and place != self.root:
            place = place.parent
        return find_project(place)

    def close(self) -> None:
        """Close all of them."""
        self.threads.shutdown()
        for hub in (*self._known.values(), *([self._only] if self._only else ())):
            hub.close()
