"""The hub: what is known of all runs, asked in one place.

Nothing here changes what was recorded. A run whose process died is *shown* as interrupted, for as long as no true end
of it is known; a run that was pruned is unknown.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import itertools
import json
import time
from collections.abc import Collection, Generator
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, or_, select

from nbops.errors import ReferenceNotFound
from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import History, RunState, RunSummary, fold
from nbops.pipeline.structure.changelog import DatasetSummary
from nbops.records import Act, Record, SourceSeen, Status, encodable, from_json
from nbops.store import schema
from nbops.store.address import hub_url
from nbops.store.arrivals import looks_at, sources_seen
from nbops.store.database import Database
from nbops.store.datasets import datasets
from nbops.store.history import history_of
from nbops.store.listing import DayCount, day_counts, newest_rows, notebook_paths
from nbops.store.process import ProcessMark, is_alive
from nbops.store.project import Project
from nbops.store.prune import Pruned, prune

__all__ = ["FUTURE_SECONDS", "Hub", "open_hub"]

FUTURE_SECONDS = 60.0
"""What is stamped later than this from now was stamped by another clock than the one that is right."""

_MAY_BE_BAD = tuple(str(s) for s in Status if s.is_bad or s is Status.RUNNING)  # what runs may prove to be dead


class Hub(Database):
    """The hub of a project; :func:`open_hub` opens it.

    ``where`` says where it is, ``version`` of which revision its tables are.
    """

    def runs(
        self,
        *,
        limit: int | None = 20,
        failed: bool = False,
        since: float | None = None,
        nb: str | None = None,
        owner: str | None = None,
        env: str | None = None,
        sessions: bool = False,
        notebook: str | None = None,
        after: tuple[float, str] | None = None,
    ) -> list[RunSummary]:
        """Return the newest runs first.

        Args:
            limit: How many at most; None for all.
            failed: Only those that stop a gate: failed, error, interrupted, refused.
            since: Only those that began then or later, in seconds since 1970.
            nb: Only those of notebooks that match: a pattern with ``*``, or a tail of the path; suffixes left out.
            owner: Only those whose owner this is.
            env: Only those of this environment.
            sessions: Also cells that were run by hand.
            notebook: Only those of the notebook with exactly this path.
            after: Only those that stand behind this one in the list: when it began, and its whole id. So a long list
                is read page by page, each as quickly as the first, while new runs come in above.
        """
        run = schema.run.c
        query = _listed(sessions)
        if after is not None:
            at, last = after
            query = query.where(run.started_at <= at, or_(run.started_at < at, run.run < encodable(last)))
        if failed:
            query = query.where(run.status.in_(_MAY_BE_BAD))
        if since is not None:
            query = query.where(run.started_at >= since)
        if nb is not None:
            query = query.where(run.notebook.in_([path for path in self.notebooks() if _matches(path, nb)]))
        for column, wanted in ((run.owner, owner), (run.env, env), (run.notebook, notebook)):
            query = query if wanted is None else query.where(column == encodable(wanted))
        with contextlib.closing(self._each(query)) as found:
            return list(itertools.islice((r for r in found if r.status.is_bad or not failed), limit))

    def newest(
        self,
        *,
        statuses: Collection[Status] = (),
        notebook: str | None = None,
        env: str = "",
        before: float | None = None,
        since: float | None = None,
    ) -> RunSummary | None:
        """Return the newest run that fits, or else the newest session that does; None when there is neither.

        A run that began in a time to come was stamped before the clock was set back, or by a clock that is ahead: it
        is the newest only where nothing else fits.

        Args:
            statuses: Any of these; empty: any at all.
            notebook: Of the notebook with exactly this path; None: of any.
            env: Of this environment; empty: of any.
            before: Begun before then, in seconds since 1970.
            since: Begun then or later.
        """
        run = schema.run.c
        for kind in ("batch", "session"):
            query = _listed(sessions=True).where(run.kind == kind)
            query = query if notebook is None else query.where(run.notebook == encodable(notebook))
            query = query.where(run.env == env) if env else query
            query = query if before is None else query.where(run.started_at < before)
            query = query if since is None else query.where(run.started_at >= since)
            now = time.time() + FUTURE_SECONDS
            for span in (run.started_at <= now, run.started_at > now):
                with contextlib.closing(self._each(query.where(span))) as found:
                    fitting = next((r for r in found if not statuses or r.status in statuses), None)
                if fitting:
                    return fitting
        return None

    def run(self, run: str) -> RunState:
        """Return the state of the run or session with exactly this id.

        Raises:
            ReferenceNotFound: Nothing is known of its start.
        """
        with self.read() as connection:
            row = connection.execute(select(schema.run).where(schema.run.c.run == run)).first()
        if row is None or row.started_at is None:
            raise ReferenceNotFound(f"no run {run!r}", where=f"hub {self.where}", fix="nbops runs --all")
        state = fold(self.records(run), died=_death(row))
        return dataclasses.replace(state, last_seen=max(state.last_seen, row.last_seen))

    def records(self, run: str) -> list[Record]:
        """Return what was recorded about *run*, in the order of time; heartbeats are not kept."""
        entry = schema.entry.c
        query = select(entry.body).where(entry.run == run).order_by(entry.at, entry.journal, entry.number)
        with self.read() as connection:
            return [from_json(json.loads(row.body)) for row in connection.execute(query)]

    def acts(self) -> list[Act]:
        """Return what people did, in the order of time."""
        entry = schema.entry.c
        query = select(entry.body).where(entry.kind == "Act").order_by(entry.at, entry.journal, entry.number)
        with self.read() as connection:
            return [from_json(json.loads(row.body)) for row in connection.execute(query)]

    def history(self, state: RunState) -> History:
        """Return what earlier runs of the same notebook in the same environment say about *state*."""
        started = state.started
        if started.notebook is None:
            return History()
        good = [status for status in Status if status.is_good]
        last_good = self.newest(statuses=good, notebook=started.notebook, env=started.env, before=started.at)
        with self.read() as connection:
            return dataclasses.replace(history_of(connection, state), last_good=last_good)

    def notebooks(self) -> list[str]:
        """Return the paths of all notebooks that ever ran, sorted."""
        with self.read() as connection:
            return notebook_paths(connection)

    def latest(self, env: str = "") -> list[RunSummary]:
        """Return the newest batch run of each notebook in each environment, newest first; only in *env* if given."""
        with self.read() as connection:
            return [_summary(row) for row in newest_rows(connection, env)]

    def count_runs(self) -> tuple[int, int]:
        """Return how many runs are known, and how many sessions."""
        kind, started = schema.run.c.kind, schema.run.c.started_at
        query = select(kind, func.count()).where(started.is_not(None)).group_by(kind)
        with self.read() as connection:
            found = {row[0]: int(row[1]) for row in connection.execute(query)}
        return found.get("batch", 0), sum(found.values()) - found.get("batch", 0)

    def days(
        self, *, since: float | None = None, until: float | None = None, env: str = "", notebook: str = ""
    ) -> list[DayCount]:
        """Return how many batch runs began on each day, by notebook, environment and status, pruned ones included.

        Args:
            since: Only those that began then or later, in seconds since 1970.
            until: Only those that began before.
            env: Only those of this environment; empty: of all.
            notebook: Only those of the notebook with exactly this path; empty: of all.
        """
        with self.read() as connection:
            return list(day_counts(connection, since=since, until=until, env=env, notebook=notebook))

    def pipelines(self, *, env: str = "") -> list[tuple[str | None, str]]:
        """Return the path and the environment of everything that ran as a batch, sorted; only in *env* unless empty."""
        run = schema.run.c
        query = select(run.notebook, run.env).where(run.kind == "batch", run.started_at.is_not(None)).distinct()
        query = query.where(run.env == encodable(env)) if env else query
        with self.read() as connection:
            found = [(row.notebook, str(row.env)) for row in connection.execute(query)]
        return sorted(found, key=lambda pair: (pair[0] or "", pair[1]))

    def last_runs(self, *, env: str = "", most: int = 1) -> list[list[RunSummary]]:
        """Return of everything that ran as a batch the last runs in each environment, newest first, *most* of each."""
        run = schema.run.c
        query = _listed(sessions=False).limit(most)
        query = query.where(run.notebook.is_not_distinct_from(bindparam("path")), run.env == bindparam("place"))
        known = self.pipelines(env=env)
        with self.read() as connection:
            found = [connection.execute(query, {"path": path, "place": place}).all() for path, place in known]
        return [[_summary(row) for row in rows] for rows in found if rows]

    def count_batches(self, *, env: str = "") -> int:
        """Return how many batch runs there are; only those in *env* unless it is empty."""
        run = schema.run.c
        query = select(func.count()).where(run.kind == "batch", run.started_at.is_not(None))
        query = query.where(run.env == encodable(env)) if env else query
        with self.read() as connection:
            return int(connection.scalar(query) or 0)

    def extent(self) -> tuple[int, int]:
        """Return how many journals were taken in and how many bytes: it changes whenever something was recorded."""
        query = select(func.count(), func.coalesce(func.sum(schema.journal.c.offset), 0))
        with self.read() as connection:
            journals, taken = connection.execute(query).one()
        return int(journals), int(taken)

    def datasets(self, *, env: str = "", nb: str = "") -> list[DatasetSummary]:
        """Return the datasets that batch runs left, the one that was seen last first.

        Args:
            env: Only those of this environment; empty: of all.
            nb: Only those of the notebook with this name, or this end of a name.
        """
        return datasets(self, env=env, nb=nb)

    def sources(self) -> list[SourceSeen]:
        """Return what the last look at each source found, sorted by their names."""
        return [looks_at(self, name, most=1)[0] for name in sources_seen(self)]

    def has_datasets(self) -> bool:
        """Return whether any run left a table that was looked at."""
        with self.read() as connection:
            return connection.execute(select(schema.dataset.c.run).limit(1)).first() is not None

    def find_run(self, prefix: str) -> str:
        """Return the whole id of the one run or session whose id begins with *prefix*.

        Raises:
            ReferenceNotFound: There is none, or more than one.
        """
        found = self.runs_beginning(prefix)
        if len(found) > 1 and found[0] != prefix:
            more = " …" if len(found) > 2 else ""
            raise ReferenceNotFound(
                f"{prefix!r} begins more than one run: {found[0]}, {found[1]}{more}",
                where=f"hub {self.where}",
                fix="type more of the id",
            )
        if not found:
            raise ReferenceNotFound(f"no run begins with {prefix!r}", where=f"hub {self.where}", fix="nbops runs --all")
        return found[0]

    def runs_beginning(self, prefix: str) -> list[str]:
        """Return the whole ids of the runs and sessions whose ids begin with *prefix*, in order; the first three."""
        run, prefix = schema.run.c, encodable(prefix)
        query = (
            select(run.run)
            .where(run.run >= prefix, run.run < prefix + "\U0010ffff", run.started_at.is_not(None))
            .order_by(run.run)
            .limit(3)
        )
        with self.read() as connection:
            return [str(found) for found in connection.scalars(query)]

    def prune(self, older_than_seconds: float, keep: int = 1, *, dry: bool = True, who: str = "") -> Pruned:
        """Forget old runs and sessions for ever, and remove their outputs.

        Args:
            older_than_seconds: The least age.
            keep: How many of each notebook, environment and kind to keep, however old.
            dry: Only say what would be forgotten.
            who: Who does it; the user by default.

        Raises:
            HubError: The act cannot be written down; then nothing is forgotten.
        """
        doomed = [r for r in self.runs(limit=None, sessions=True) if r.status.is_final]
        return prune(self, doomed, older_than_seconds, keep, dry=dry, who=who)

    def _each(self, query: Select[Any]) -> Generator[RunSummary, None, None]:
        with self.read() as connection:
            for row in connection.execution_options(yield_per=100).execute(query):
                yield _summary(row)


def open_hub(project: Project, url: str = "") -> Hub:
    """Open the hub of *project*, and make it when there is none.

    Args:
        project: Whose hub.
        url: Where it is, when not in the project: a URL, or the path of a SQLite file relative to the project.
            ``sqlite://`` keeps it in memory.

    Raises:
        HubVersionError: It was made by a newer nbops.
        HubError: It cannot be opened, made or read.
        UsageError: *url* means no hub.
    """
    address = hub_url(project, url)
    return Hub(address, project)


def _listed(sessions: bool) -> Select[Any]:
    run = schema.run.c
    query = select(schema.run).where(run.started_at.is_not(None)).order_by(run.started_at.desc(), run.run.desc())
    return query if sessions else query.where(run.kind == "batch")


def _matches(path: str, wanted: str) -> bool:
    name, wanted = notebook_name(path), notebook_name(wanted)
    if any(sign in wanted for sign in "*?["):
        return fnmatch.fnmatchcase(name, wanted) or fnmatch.fnmatchcase(name.rsplit("/", 1)[-1], wanted)
    return f"/{name}".endswith(f"/{wanted}")


def _death(row: Row[Any]) -> str:
    """Say how it is known that the process of a run without an end is dead; empty when it may live."""
    mark = ProcessMark(row.host, row.pid, row.boot)
    if row.status != Status.RUNNING or is_alive(mark, row.started_at, row.last_seen):
        return ""
    return f"its process died: {row.pid} on {row.host}" if row.pid else "its process died"


def _summary(row: Row[Any]) -> RunSummary:
    death = _death(row)
    ended = row.last_seen if death else row.finished_at
    return RunSummary(
        run=row.run,
        kind=row.kind,
        notebook=row.notebook,
        env=row.env,
        status=Status.INTERRUPTED if death else Status(row.status),
        reason=death or row.reason,
        started_at=row.started_at,
        seconds=None if ended is None else ended - row.started_at,
        steps=row.steps,
        tests_passed=row.tests_passed,
        tests_failed=row.tests_failed,
        owner=row.owner,
        parameters=json.loads(row.parameters),
        tests=row.tests,
    )
