"""Keeping a delivery that its baseline refused, so that a person can look at it and accept it after all.

A step that failed leaves nothing for others to go on with; this is kept beside that, under a key of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbops.errors import NbopsError
from nbops.settings import bytes_of, load_settings
from nbops.store.artifacts import Artifacts, KeptStep
from nbops.store.codecs import CouldNotKeep, freeze
from nbops.store.project import Project

__all__ = ["keep_refused"]


def keep_refused(root: Path, run: str, name: str, table: Any, secrets: Iterable[str] = ()) -> str:
    """Keep a table as the delivery of a run, and return why that is not possible; empty when it was kept.

    Args:
        root: The project's root.
        run: The run.
        name: The dataset.
        table: Its table.
        secrets: Texts that must never be written.
    """
    try:
        if not bytes_of(load_settings(root).artifacts):
            return "the setting artifacts keeps nothing"
        artifacts = Artifacts.of(Project(root))
        kept = artifacts.put((name,), freeze(table), tuple(secrets))
        artifacts.note(KeptStep(f"refused-{name}", run, run, time.time(), (kept,)))
    except (CouldNotKeep, NbopsError, OSError) as error:
        return str(error)
    return ""
