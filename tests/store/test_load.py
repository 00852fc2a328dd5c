"""The hub that the bench measures is one that nbops itself would have made."""

from __future__ import annotations

import json
from pathlib import Path

from nbops.records import to_json
from nbops.store.intake import prepare, take
from nbops.store.journal import Entry
from tests.bench import hub_load
from tests.store.conftest import Hubs
from tests.store.contents import dump


def test_a_hub_that_is_filled_past_nbops_is_as_if_taken_in(hubs: Hubs, tmp_path: Path) -> None:
    """Every row of every table is what taking in the same records gives."""
    with hubs.fresh(tmp_path) as filled, hubs.fresh(tmp_path) as taken:
        hub_load.fill(filled, 24)
        with taken.write() as connection:
            for number in range(24):
                some = list(hub_load.records_of_number(number, 24))
                journal = hub_load.run_of(number)[::-1]
                entries = [Entry(f"{journal}-{n}", r, json.dumps(to_json(r))) for n, r in enumerate(some, start=1)]
                take(connection, [prepare(entry) for entry in entries])

        assert dump(filled) == dump(taken)
        assert len(filled.latest()) == 24
