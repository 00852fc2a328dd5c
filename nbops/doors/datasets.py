"""Datasets as Python functions: ``nbops.changelog("sales/orders")``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nbops.doors.verbs import hub
from nbops.pipeline.structure.changelog import Changelog
from nbops.store.datasets import changelog_of, find_dataset
from nbops.store.describing import known_dictionary, with_declared

if TYPE_CHECKING:
    from nbops.store.hub import Hub

__all__ = ["changelog", "changelog_in", "said_of_columns", "since_then"]


def changelog(dataset: str, *, env: str = "") -> Changelog:
    """Return how the structure of a dataset changed, run by run, and what is known of it now.

    Args:
        dataset: ``NB/DATASET``, or the name alone where it is the only one; ``::STEP`` where several steps leave it.
        env: The environment; that of the newest run by default.

    Raises:
        ReferenceNotFound: There is no such dataset, or more than one.

    Example::

        for entry in nbops.changelog("sales/orders").entries:
            print(entry.run, [(change.kind, change.column) for change in entry.changes])
    """
    with hub() as found:
        return changelog_in(found, dataset, env=env)


def changelog_in(found: Hub, dataset: str, *, env: str = "") -> Changelog:
    """Return the change log of *dataset* in a hub, with the readers that its dictionary declares."""
    ref, others = find_dataset(found, dataset, env=env)
    log = with_declared(found.project.root, ref, changelog_of(found, ref))
    return replace(log, also_at=others)


def since_then(log: Changelog, at: float) -> Changelog:
    """Return *log* without what runs changed that began before *at*, in seconds since 1970."""
    return replace(log, entries=tuple(entry for entry in log.entries if entry.at >= at))


def said_of_columns(found: Hub, dataset: str, *, env: str = "") -> dict[str, str]:
    """Return what people wrote of the columns of a dataset, by name."""
    ref, _ = find_dataset(found, dataset, env=env)
    columns = known_dictionary(found.project.root, ref).columns
    return {name: f"{said.meaning}{f' [{said.unit}]' if said.unit else ''}" for name, said in columns.items()}
