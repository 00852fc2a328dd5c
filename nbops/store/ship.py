"""``python -m nbops.store.ship ROOT``: take the journals of a project into its hub once, and exit.

A kernel that runs without the engine starts this in the background, so that it never has to import a database
library itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nbops.errors import NbopsError
from nbops.settings import load_settings
from nbops.store.describing import keep_up
from nbops.store.hub import open_hub
from nbops.store.ingest import ingest
from nbops.store.known import remember
from nbops.store.project import Project

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Ship the journals of the project whose root is the one argument; return the exit code."""
    if len(arguments) != 1:
        print("usage: python -m nbops.store.ship ROOT", file=sys.stderr)
        return 4
    project = Project(Path(arguments[0]).absolute())
    remember(project)  # what a kernel ran by itself is found from everywhere too, and costs it nothing
    try:
        settings = load_settings(project.root)
        with open_hub(project, settings.hub) as hub:
            found = ingest(hub, project)
            problems = (*found.problems, *keep_up(hub, project, settings))
    except NbopsError as error:
        print(f"nbops: {error}", file=sys.stderr)
        return error.exit_code
    for problem in problems:
        print(f"nbops: {problem}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
