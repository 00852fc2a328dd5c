"""Letting a process of its own take what was journaled into the hub, so that nobody waits for a database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

from nbops.store.project import Project

__all__ = ["ship"]


def ship(project: Project, hub: str, on_trouble: Callable[[str], None]) -> None:
    """Start the process and return; when it cannot be started, the next look at the hub takes everything in.

    Args:
        project: Whose journals to take in.
        hub: Where the hub is, as in the settings.
        on_trouble: Told, in a sentence, that it could not be started.
    """
    environment = os.environ | ({"NBOPS_HUB": hub} if hub else {})
    command = [sys.executable, "-m", "nbops.store.ship", str(project.root)]
    quiet = subprocess.DEVNULL
    try:
        subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, env=environment, start_new_session=True)
    except OSError as error:
        on_trouble(f"the hub will take this run in later: {error}")
