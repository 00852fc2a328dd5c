"""Who reads a dataset, as far as the newest runs tell: steps of its notebook, and steps of others that read its file.

A notebook hands a table to another one as a file. Whose file that is, is told where it can be told: a step wrote it
that leaves or reads the dataset, and it is named like the dataset, or the step has no other table.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from sqlalchemy import Connection, func, select

from nbops.pipeline.reference import notebook_name
from nbops.pipeline.structure.changelog import Reader
from nbops.records import StepFinished, encodable, from_json
from nbops.store import schema

__all__ = ["readers_in"]

_FILE = "file "


def readers_in(connection: Connection, *, notebook: str, name: str, step: str, env: str, run: str) -> Iterator[Reader]:
    """Yield the steps that read a dataset: those behind the step that leaves it, then those of other notebooks.

    Args:
        connection: To the hub.
        notebook: The notebook that makes it.
        name: Its name there.
        step: The step that leaves it.
        env: The environment.
        run: The run of the notebook that is asked.
    """
    steps = list(_steps_of(connection, run))
    here = [one for one in steps if one.step == step]
    behind = steps[steps.index(here[0]) :] if here else []
    for read_by in dict.fromkeys(one.step for one in behind if one.step != step and name in one.reads):
        yield Reader(f"{notebook_name(notebook)}::{read_by}")
    files = tuple(dict.fromkeys(file for one in behind for file in _files_of(one, name)))
    if files:
        yield from _elsewhere(connection, notebook, env, files)


def _files_of(step: StepFinished, name: str) -> Iterator[str]:
    """Yield the files that a step wrote of the dataset *name*."""
    tables = {table.name for table in (*step.tables_in, *step.tables_out)}
    if name not in tables:
        return
    for file in step.files_out:
        if tables == {name} or PurePath(file).name.split(".")[0].casefold() == name.casefold():
            yield file


def _elsewhere(connection: Connection, notebook: str, env: str, files: Sequence[str]) -> Iterator[Reader]:
    """Yield the steps of other notebooks that read one of *files* in their newest run."""
    wanted = {f"{_FILE}{file}" for file in files}
    for path, run in _newest_runs(connection, notebook, env):
        readers = (one.step for one in _steps_of(connection, run) if wanted & one.key_parts.keys())
        yield from (Reader(f"{notebook_name(path)}::{step}") for step in dict.fromkeys(readers))


def _newest_runs(connection: Connection, notebook: str, env: str) -> Iterable[tuple[str, str]]:
    """Return the path and the newest batch run of every other notebook in an environment."""
    r = schema.run.c
    is_meant = (r.kind == "batch", r.env == env, r.notebook.is_not(None), r.notebook != encodable(notebook))
    newest = select(r.notebook, func.max(r.started_at).label("at")).where(*is_meant).group_by(r.notebook).subquery()
    query = (
        select(r.notebook, func.max(r.run))
        .join(newest, (r.notebook == newest.c.notebook) & (r.started_at == newest.c.at))
        .where(*is_meant)
        .group_by(r.notebook)
        .order_by(r.notebook)
    )
    return [(str(path), str(run)) for path, run in connection.execute(query)]


def _steps_of(connection: Connection, run: str) -> Iterator[StepFinished]:
    """Yield what became of the cells of a run, in their order."""
    entry = schema.entry.c
    query = (
        select(entry.body)
        .where(entry.run == run, entry.kind == "StepFinished")
        .order_by(entry.at, entry.journal, entry.number)
    )
    for row in connection.execute(query):
        record = from_json(json.loads(row.body))
        if isinstance(record, StepFinished):
            yield record
