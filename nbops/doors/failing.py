"""Rows to look at: those that failed (``nbops.failing``), and those that were left out (``nbops.excluded``)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from nbops.doors.verbs import hub, hub_that_knows
from nbops.engine.cell.failed_rows import failed_rows
from nbops.pipeline.reference import parse
from nbops.store.artifacts import Artifacts
from nbops.store.hub import Hub
from nbops.store.lookup import resolve

__all__ = ["excluded", "failing"]


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
    with _hub_of(ref) as known:
        found = resolve(known, ref)
        return failed_rows(found.state, Artifacts.of(known.project), found.step, found.test)


def excluded(ref: str = "last") -> Any:
    """Return the rows that ``keep``, ``drop``, ``join``, ``dedupe`` and their like left out, as a pandas frame.

    They are a table of the run: whole, with their types and their index, as they stood before they were left out.
    ``frame.attrs`` says of which run, step and table they are, and the reason. Of several reasons: one below the
    other, under the names of step and reason.

    Args:
        ref: What left them out, as ``sales@last::clean::cancelled``: notebook, run, step, and the reason or the name
            of the table that was made; a step or a run alone means everything that was left out in it.

    Raises:
        ReferenceNotFound: It means nothing, or more than one thing.
        NothingSelected: No rows were left out there, or none are kept.
    """
    from nbops.engine.cell.excluding import excluded_rows

    asked = parse(ref)
    with _hub_of(ref) as known:
        found = resolve(known, replace(asked, test=""))
        return excluded_rows(found.state, Artifacts.of(known.project), found.step, asked.test)


@contextlib.contextmanager
def _hub_of(ref: str) -> Iterator[Hub]:
    """Give the hub that knows the run of *ref*."""
    with hub() as own, contextlib.ExitStack() as others:
        known = own if os.environ.get("NBOPS_HUB") else hub_that_knows(own, ref)
        if known is not own:
            others.enter_context(known)
        yield known
