"""``nbops.pin("sales/orders", by="month")``: totals of closed periods become tests for ever."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.engine.datasets.accepting import delivered
from nbops.errors import UsageError
from nbops.frames.tables import is_frame
from nbops.settings import duration

if TYPE_CHECKING:
    from nbops.rules.closing import PinnedPeriods

__all__ = ["pin"]


def pin(
    dataset: Any,
    *,
    by: str = "month",
    date: str = "",
    totals: str | tuple[str, ...] | list[str] = (),
    lag: str = "",
    rules: Path | str = "",
    reason: str = "",
    dry: bool = False,
) -> PinnedPeriods:
    """Pin the totals of the closed periods of a dataset, so that a past that is restated is found by its rules.

    Args:
        dataset: ``NB/DATASET``, as its last good run left it, ``NB/DATASET@RUN``, the path of a CSV or Parquet file, or
            a table; with a file or a table, *rules* says for which dataset.
        by: The length of the periods: ``day``, ``week``, ``month``, ``quarter`` or ``year``.
        date: The column with the moment of a row; found by its meaning when empty.
        totals: The columns to sum up; all that are measured when empty.
        lag: How long after its end a period still gets rows, as ``3d``.
        rules: The rule file; found for the notebook when empty.
        reason: Why what was pinned before is to be what is now; without it a restated past changes nothing.
        dry: Only say what would be done.

    Raises:
        UsageError: A column is unknown, nothing is closed, or the rule file is not known.
        ReferenceNotFound: *dataset* names nothing that was kept.

    Example::

        done = nbops.pin("sales/orders", by="month", totals=["amount"], lag="3d")
        assert not done.restated
    """
    from nbops.rules.closing import pin_totals

    table, file = _table_of(dataset, rules)
    names = [name.strip() for name in totals.split(",")] if isinstance(totals, str) and totals else list(totals)
    seconds = duration(lag) if lag else 0.0
    return pin_totals(file, table, by=by, date=date, totals=names, lag_seconds=seconds, reason=reason, dry=dry)


def _table_of(dataset: Any, rules: Path | str) -> tuple[Any, Path]:
    """Return the table that is meant, and the rule file of its dataset."""
    from nbops.rules.learning import SUFFIX, rule_file_of

    is_file = isinstance(dataset, (str, Path)) and "@" not in str(dataset) and Path(dataset).is_file()
    if is_frame(dataset) or is_file:
        if not rules:
            raise UsageError("a table does not say whose rules are meant", fix="--rules rules/NOTEBOOK/DATASET.yml")
        if is_file:
            from nbops.frames.files import open_file

            return open_file(Path(dataset)), Path(rules)
        return dataset, Path(rules)
    ref = str(dataset) if "@" in str(dataset) else f"{_full_name(str(dataset))}@last-good"
    found = delivered(ref, Path(rules).with_suffix(SUFFIX) if rules else "")
    return found.table, Path(rules) if rules else rule_file_of(found.baseline)


def _full_name(dataset: str) -> str:
    """Return the full name of a dataset that the hub knows; as typed, where runs recorded none."""
    from nbops.errors import ReferenceNotFound
    from nbops.store.datasets import find_dataset
    from nbops.store.hub import open_hub
    from nbops.store.ingest import ingest
    from nbops.store.project import find_project

    project = find_project()
    with open_hub(project) as hub:
        ingest(hub, project)
        try:
            return find_dataset(hub, dataset)[0].full
        except ReferenceNotFound:
            if "/" in dataset:
                return dataset
            raise
