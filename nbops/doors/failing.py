"""``nbops.failing(REF)``: the rows that failed, to look at."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from nbops.doors.verbs import hub, hub_that_knows
from nbops.engine.failed_rows import failed_rows
from nbops.store.artifacts import Artifacts
from nbops.store.lookup import resolve

__all__ = ["failing"]


def failing(ref: str = "last") -> Any:
    """Return the rows that failed a test as a pandas frame.

    Where the run kept the table, the rows are whole, with their types, and for a rule all of them; else they are the
    first ones, as the record tells them, cells shortened. ``frame.attrs["source"]`` says which, ``table`` or
    ``record``; ``frame.attrs["failing"]`` how many rows failed.

    Args:
        ref: The test, as ``sales@last::clean::orders.id.unique``; a step or a run means all its tests that have
            failing rows.

    Raises:
        ReferenceNotFound: It means nothing, or more than one thing.
        NothingSelected: No failing rows are recorded there.
    """
    with hub() as own, contextlib.ExitStack() as others:
        known = own if os.environ.get("NBOPS_HUB") else hub_that_knows(own, ref)
        if known is not own:
            others.enter_context(known)
        found = resolve(known, ref)
        return failed_rows(found.state, Artifacts.of(known.project), found.step, found.test)
