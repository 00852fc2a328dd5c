"""What the hub knows of datasets: which there are, what runs saw of each, and which steps read them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from nbops.errors import ReferenceNotFound, UsageError, did_you_mean
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunState
from nbops.pipeline.structure.changelog import Changelog, DatasetSummary, Entry, Look, Reader, fold_looks
from nbops.records import DatasetSeen, Status, encodable, from_json
from nbops.store import schema
from nbops.store.consumers import readers_in
from nbops.store.database import Database

__all__ = [
    "DatasetRef",
    "SeveralDatasets",
    "changelog_of",
    "dataset_ref",
    "datasets",
    "datasets_of_notebook",
    "datasets_of_run",
    "deliveries_of",
    "find_dataset",
    "readers_of",
    "structures_of",
]

_LOOKS = 50
_WHOLE = ("passed", "warned")
_MOST_NAMED = 20
_FEWEST_LOOKS, _MOST_CELLS = 5, 20_000


class SeveralDatasets(ReferenceNotFound):
    """A name that more than one notebook gives to a dataset."""


@dataclass(frozen=True, slots=True)
class DatasetRef:
    """One dataset of the hub.

    Args:
        notebook: The path of the notebook that makes it.
        name: Its name there.
        step: The step that leaves it.
        env: The environment of the runs.
    """

    notebook: str
    name: str
    step: str
    env: str

    @property
    def full(self) -> str:
        """Its full name, ``NOTEBOOK/NAME``."""
        return f"{notebook_name(self.notebook)}/{self.name}"


def dataset_ref(text: str) -> tuple[str, str, str]:
    """Return the notebook, the name and the step in ``NB/DATASET::STEP``; a part that is left out is empty.

    Raises:
        UsageError: A part that was begun is empty, or a run is named.

    Example:
        >>> dataset_ref("reports/sales/orders"), dataset_ref("orders::clean")
        (('reports/sales', 'orders', ''), ('', 'orders', 'clean'))
    """
    head, colons, step = text.strip().partition("::")
    head, at, _ = head.partition("@")
    notebook, slash, name = head.rpartition("/")
    if not name or (colons and not step) or (slash and not notebook) or at:
        why = "it names a run, and a change log tells of all" if at else "a part of it is empty"
        raise UsageError(f"{text!r} is no dataset: {why}", fix="write NB/DATASET, or DATASET, or NB/DATASET::STEP")
    return notebook_name(notebook), name, step


def datasets(hub: Database, *, env: str = "", nb: str = "") -> list[DatasetSummary]:
    """Return the datasets that batch runs left, the one that was seen last first.

    Args:
        hub: The hub to look in.
        env: Only those of this environment; empty: of all.
        nb: Only those of the notebook with this name, or this end of a name.
    """
    wanted = notebook_name(nb)
    with hub.read() as connection:
        found = [
            _summary(ref, group)
            for ref, group in _groups(connection, env=env).items()
            if not wanted or f"/{notebook_name(ref.notebook)}".endswith(f"/{wanted}")
        ]
    return sorted(found, key=lambda one: (-one.at, one.dataset, one.step))


def datasets_of_notebook(hub: Database, notebook: str, *, env: str) -> list[DatasetRef]:
    """Return what a notebook leaves in an environment, each name once: by the step that left it last.

    Args:
        hub: The hub to look in.
        notebook: The notebook's path; empty: all notebooks.
        env: The environment.
    """
    with hub.read() as connection:
        groups = _groups(connection, notebook=notebook, env=env)
    newest: dict[tuple[str, str], DatasetRef] = {}
    for ref in sorted(groups, key=lambda ref: (groups[ref].started_at, groups[ref].at)):
        newest[ref.notebook, ref.name] = ref
    return list(newest.values())


def find_dataset(hub: Database, text: str, *, env: str = "") -> tuple[DatasetRef, tuple[str, ...]]:
    """Return the one dataset that *text* names, and the other steps that leave a table of that name.

    Where several steps leave it, the one is meant that left it last; where several environments know it, that of
    the newest run.

    Raises:
        ReferenceNotFound: There is none, or notebooks differ.
        UsageError: *text* is no dataset.
    """
    notebook, name, step = dataset_ref(text)
    with hub.read() as connection:
        groups = _groups(connection, name=name, env=env)
    named = [ref for ref in groups if not notebook or f"/{notebook_name(ref.notebook)}".endswith(f"/{notebook}")]
    paths = sorted({ref.notebook for ref in named})
    exact = [path for path in paths if notebook_name(path) == notebook]
    paths = exact if len(exact) == 1 else paths
    if len(paths) > 1:
        names = [f"{notebook_name(path)}/{name}" for path in paths]
        raise SeveralDatasets(
            f"{text!r} is more than one dataset: {', '.join(names[:4])}",
            where=f"hub {hub.where}",
            fix=f"name the notebook too, as {names[0]}",
        )
    here = [ref for ref in named if paths and ref.notebook == paths[0]]
    wanted = [ref for ref in here if not step or ref.step == step]
    if not wanted:
        with hub.read() as connection:
            known = {ref.full for ref in _groups(connection)}
        raise _unknown(hub, text, known, [ref.step for ref in here])
    best = max(wanted, key=lambda ref: (groups[ref].started_at, groups[ref].at))
    others = tuple(dict.fromkeys(ref.step for ref in here if ref.step != best.step and ref.env == best.env))
    return best, others


def changelog_of(hub: Database, ref: DatasetRef, *, most: int | None = None, until: str = "") -> Changelog:
    """Return the change log of a dataset.

    Args:
        hub: The hub to look in.
        ref: The dataset.
        most: Only learn from so many of the newest looks, of wide tables from fewer; None: from all.
        until: The run at which to end; empty: at the newest.
    """
    with hub.read() as connection:
        rows = _looks(connection, ref)
        runs = [row.run for row in rows]
        whole = [row.run for row in rows if row.status in _WHOLE]  # one that broke off did not reach all who read
        if until in runs:
            rows = rows[: runs.index(until) + 1]
        if most and rows:
            rows = rows[-max(min(most, _FEWEST_LOOKS), min(most, _MOST_CELLS // max(1, rows[-1].columns))) :]
        bodies = _bodies(connection, [row.entry for row in rows])
        readers = tuple(_readers(connection, ref, (whole or runs)[-1])) if runs else ()
    looks = [Look(bodies[row.entry], row.started_at, row.status) for row in rows if row.entry in bodies]
    log = fold_looks(ref.full, looks, step=ref.step, env=ref.env)
    return replace(log, readers=readers)


def datasets_of_run(hub: Database, run: str) -> list[DatasetRef]:
    """Return the datasets that a run left, in the order in which it left them."""
    d, r = schema.dataset.c, schema.run.c
    query = (
        select(r.notebook, d.name, d.step, r.env)
        .join(schema.run, r.run == d.run)
        .where(d.run == run, r.notebook.is_not(None))
        .order_by(d.at, d.entry)
    )
    with hub.read() as connection:
        return list(dict.fromkeys(DatasetRef(*row) for row in connection.execute(query)))


def structures_of(hub: Database, state: RunState) -> tuple[tuple[str, Entry], ...]:
    """Return what a batch run changed in the structure of the datasets that it left, by their full names.

    What was known before it is learnt from the last fifty looks at each.
    """
    if state.started.kind != "batch":
        return ()
    logs = [changelog_of(hub, ref, most=_LOOKS, until=state.run) for ref in datasets_of_run(hub, state.run)]
    found = [(log.dataset, log.of_run(state.run)) for log in logs]
    return tuple((name, entry) for name, entry in found if entry is not None)


def readers_of(hub: Database, ref: DatasetRef) -> tuple[Reader, ...]:
    """Return the steps that read a dataset, as far as the newest runs tell."""
    with hub.read() as connection:
        rows = _looks(connection, ref)
        return tuple(_readers(connection, ref, rows[-1].run)) if rows else ()


def deliveries_of(hub: Database, ref: DatasetRef, most: int) -> list[tuple[float, DatasetSeen]]:
    """Return when runs that ended well left a dataset, and what they left, the oldest first; the newest *most*."""
    good = {str(status) for status in Status if status.is_good}
    with hub.read() as connection:
        rows = [row for row in _looks(connection, ref) if row.status in good][-most:]
        bodies = _bodies(connection, [row.entry for row in rows])
    return [(bodies[row.entry].at, bodies[row.entry]) for row in rows if row.entry in bodies]


# ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _groups(
    connection: Connection, *, name: str = "", notebook: str = "", env: str = ""
) -> dict[DatasetRef, Row[tuple[Any, ...]]]:
    """Return what is counted of each dataset, of those with this name, of this notebook, in this environment."""
    s = schema.dataset_summary.c
    query = select(schema.dataset_summary)
    for column, wanted in ((s.name, name), (s.notebook, notebook), (s.env, env)):
        query = query.where(column == encodable(wanted)) if wanted else query
    return {DatasetRef(row.notebook, row.name, row.step, row.env): row for row in connection.execute(query)}


def _summary(ref: DatasetRef, row: Any) -> DatasetSummary:
    return DatasetSummary(ref.full, ref.step, ref.env, row.rows, row.columns, row.runs, row.newest, row.started_at)


def _looks(connection: Connection, ref: DatasetRef) -> list[Row[tuple[object, ...]]]:
    """Return the last look of each run at one dataset, oldest first."""
    d, r = schema.dataset.c, schema.run.c
    query = (
        select(d.run, d.entry, d.columns, r.started_at, r.status)
        .join(schema.run, r.run == d.run)
        .where(
            d.name == encodable(ref.name), d.step == encodable(ref.step), r.kind == "batch",
            r.notebook == encodable(ref.notebook), r.env == ref.env,
        )
        .order_by(r.started_at, d.run, d.attempt, d.part, d.at, d.entry)
    )  # fmt: skip
    found: dict[str, Row[tuple[object, ...]]] = {}
    for row in connection.execute(query):
        found[row.run] = row  # type: ignore[assignment]
    return list(found.values())


def _bodies(connection: Connection, entries: Iterable[str]) -> dict[str, DatasetSeen]:
    from nbops.store.intake import chunks

    entry = schema.entry.c
    found: dict[str, DatasetSeen] = {}
    for some in chunks(entries):
        for row in connection.execute(select(entry.id, entry.body).where(entry.id.in_(some))):
            found[row.id] = from_json(json.loads(row.body))
    return found


def _readers(connection: Connection, ref: DatasetRef, run: str) -> Iterable[Reader]:
    return readers_in(connection, notebook=ref.notebook, name=ref.name, step=ref.step, env=ref.env, run=run)


def _unknown(hub: Database, text: str, known: set[str], steps: list[str]) -> ReferenceNotFound:
    if steps:
        return ReferenceNotFound(
            f"no such step leaves {text!r}", where=f"hub {hub.where}", fix=f"steps that do: {', '.join(steps[:5])}"
        )
    if not known:
        fix = "run a notebook: each batch run records the tables that its steps leave"
        return ReferenceNotFound(f"no dataset {text!r}: no run left any", where=f"hub {hub.where}", fix=fix)
    names = sorted({*known, *(one.rpartition("/")[2] for one in known)})
    near = did_you_mean(text, names)
    near = f"{len(known):,} others are known:" if near.startswith("known") and len(names) > _MOST_NAMED else near
    fix = f"{near}   nbops datasets lists them"
    return ReferenceNotFound(f"no dataset {text!r}", where=f"hub {hub.where}", fix=fix)
