"""Letting a process of its own take what was journaled into the hub, so that nobody waits for a database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from nbops.store.project import Project

__all__ = ["ship"]


def ship(project: Project, on_trouble: Callable[[str], None]) -> None:
    """Start the process and return; when it cannot be started, the next look at the hub takes everything in."""
    command = [sys.executable, "-m", "nbops.store.ship", str(project.root)]
    quiet = subprocess.DEVNULL
    try:
        subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    except OSError as error:
        on_trouble(f"the hub will take this run in later: {error}")
