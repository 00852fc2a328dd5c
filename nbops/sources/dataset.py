"""Sources that are datasets of other pipelines: what runs that ended well left, as their hub knows it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence

from nbops.errors import HubError, ReferenceNotFound, UsageError
from nbops.records import DatasetSeen, to_json
from nbops.sources.model import SOURCES, Asked, Definition, Delivery, Unreachable

__all__ = ["DatasetSource"]

_MOST = 400


@SOURCES.register("dataset")
class DatasetSource:
    """``dataset:NB/DATASET``: it arrives when a run that ended well leaves it."""

    def check(self, definition: Definition) -> None:
        """Say what is wrong with the name.

        Raises:
            UsageError: It names no dataset.
        """
        from nbops.store.datasets import dataset_ref

        dataset_ref(definition.url.removeprefix("dataset:"))

    def look(self, definition: Definition, asked: Asked) -> Sequence[Delivery]:
        """Return what runs left, the oldest first; nothing while no run left any.

        Raises:
            UsageError: Several notebooks leave a dataset of this name.
            Unreachable: The hub cannot be read.
        """
        from nbops.store.datasets import SeveralDatasets, deliveries_of, find_dataset

        if asked.hub is None:
            raise UsageError("a dataset is looked up in the hub, and none was given", where=definition.url)
        try:
            with asked.hub() as hub:
                ref, _ = find_dataset(hub, definition.url.removeprefix("dataset:"), env=asked.env)
                found = deliveries_of(hub, ref, _MOST)
        except SeveralDatasets:
            raise
        except ReferenceNotFound:
            return []
        except HubError as error:
            raise Unreachable(f"the hub cannot be read: {error.what}", where=error.where, fix=error.fix) from error
        return [Delivery("", at, _mark(seen), None, seen.rows, (seen.name,)) for at, seen in found]


def _mark(seen: DatasetSeen) -> str:
    """Return what the content of a dataset is recognised by: everything that was seen of it, not when nor by whom."""
    body = to_json(dataclasses.replace(seen, at=0.0, run="", step="", part=0, attempt=1))
    return hashlib.blake2b(json.dumps(body, sort_keys=True).encode(), digest_size=16).hexdigest()
