"""Sources as Python knows them: ``nbops.source("feed", "/in/feed.csv", by="06:30")``, and the list of all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from nbops.records import SourceSeen
from nbops.settings import load_settings
from nbops.sources.cadence import TooLittle
from nbops.sources.definitions import check_definition, find_definition, project_definitions
from nbops.sources.judging import Judgement
from nbops.sources.model import Definition
from nbops.sources.reliability import Reliability, reliability_of
from nbops.sources.slots import declared_expectation
from nbops.sources.urls import shown_url
from nbops.sources.watching import Watcher, expectation_of
from nbops.store.arrivals import looks_at, sources_seen
from nbops.store.project import Project, find_project

if TYPE_CHECKING:
    from nbops.store.hub import Hub

__all__ = ["SourceListed", "listed", "one_source", "source"]

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class SourceListed:
    """One source as lists show it.

    Args:
        name: Its name.
        url: Where it is, without secrets.
        provider: Who delivers it.
        owner: Who answers for it.
        expectation: When it is expected, in words.
        last: What the last look found; None when nobody looked.
        arrived_at: When the last delivery arrived; None when nobody knows.
        next_due: Until when the next one is expected; None when nobody knows.
        reliability: How reliable it is.
        looks: The last looks, the oldest first.
        is_defined: Whether the project still defines it.
    """

    name: str
    url: str
    provider: str
    owner: str
    expectation: str
    last: SourceSeen | None
    arrived_at: float | None
    next_due: float | None
    reliability: Reliability
    looks: tuple[SourceSeen, ...] = ()
    is_defined: bool = True


def source(
    name: str,
    url: str = "",
    *,
    query: str = "",
    cron: str = "",
    margin: str = "15m",
    by: str = "",
    tz: str = "",
    parts: Sequence[str] = (),
    holidays: Sequence[str] = (),
    provider: str = "",
    owner: str = "",
    kind: str = "",
) -> Judgement:
    """Look at a source now, and return what it was judged to be.

    In a notebook the call also defines the source for ``--needs NAME``: it is read before the notebook runs, so what it
    says must stand there as text.

    Args:
        name: Its name.
        url: Where it is; empty takes the source of this name from ``pyproject.toml``.
        query: What to ask a database.
        cron: When it is expected, as five fields of cron.
        margin: How much later than *cron* is on time.
        by: Until when it is expected, as ``06:30 Europe/Berlin on weekdays``.
        tz: The time zone of *cron* and *by*.
        parts: The parts that ``{part}`` in *url* stands for.
        holidays: Days on which nothing is expected.
        provider: Who delivers it.
        owner: Who answers for it.
        kind: The kind of source, where *url* does not tell.

    Raises:
        UsageError: There is no such source, or what is said of it means nothing.
        HubError: The hub cannot be read.
    """
    project = find_project()
    if not url:
        definition = find_definition(project_definitions(project.root), name)
    else:
        given = Definition(
            name, url, query, cron, margin, by, tz, tuple(parts), tuple(holidays), provider, owner, kind, "source(…)"
        )
        definition = check_definition(given)
    settings = load_settings(project.root)
    return Watcher(project, settings.hub, settings.env).check([definition])[0]


def listed(project: Project, hub: str = "", *, now: float | None = None) -> list[SourceListed]:
    """Return the sources of a project, those that somebody should look at first; nothing is looked at.

    Raises:
        UsageError: A definition means nothing.
        HubError: The hub cannot be read.
    """
    known = project_definitions(project.root)
    moment = datetime.now(UTC).timestamp() if now is None else now
    with Watcher(project, hub).opened() as opened:
        return listed_in(opened, known, moment)


def listed_in(hub: Hub, known: dict[str, Definition], now: float) -> list[SourceListed]:
    """Return the sources that are defined, and those that the hub knows from before."""
    names = [*known, *(name for name in sources_seen(hub) if name not in known)]
    found = [_listed(name, known.get(name), looks_at(hub, name), now) for name in names]
    return sorted(found, key=_urgency)


def one_source(project: Project, hub: str, name: str, *, now: float | None = None) -> SourceListed:
    """Return what is known of one source.

    Raises:
        UsageError: There is none of that name.
    """
    every = {one.name: one for one in listed(project, hub, now=now)}
    if name not in every:
        find_definition(project_definitions(project.root), name)
    return every[name]


def _listed(name: str, definition: Definition | None, looks: list[SourceSeen], now: float) -> SourceListed:
    last = looks[-1] if looks else None
    arrived = [seen.arrived_at for seen in looks if seen.arrived_at is not None]
    shown = dataclasses.replace(last, reason=last.reason) if last else None
    return SourceListed(
        name=name,
        url=shown_url(definition.url) if definition else last.url if last else "",
        provider=(definition.provider or name) if definition else last.provider if last else name,
        owner=definition.owner if definition else "",
        expectation=_expectation(definition, last),
        last=shown,
        arrived_at=max(arrived, default=None),
        next_due=_next_due(definition, looks, now),
        reliability=reliability_of(looks),
        looks=tuple(looks[-_MOST_SHOWN:]),
        is_defined=definition is not None,
    )


def _expectation(definition: Definition | None, last: SourceSeen | None) -> str:
    declared = declared_expectation(definition) if definition else None
    if declared is not None:
        return str(declared)
    return last.expectation if last and last.expectation else "unknown yet"


def _next_due(definition: Definition | None, looks: list[SourceSeen], now: float) -> float | None:
    if definition is None:
        return None
    expectation, _ = expectation_of(definition, declared_expectation(definition), (), looks)
    if isinstance(expectation, TooLittle):
        return None
    moment = datetime.fromtimestamp(now, UTC)
    slots = [*islice(expectation.before(moment), 1), *islice(expectation.after(moment), 1)]
    arrived = {seen.due for seen in looks if seen.arrived_at is not None}
    waits = (
        slot.due.timestamp() for slot in slots if slot.due.timestamp() > now and slot.due.timestamp() not in arrived
    )
    return next(waits, None)


def _urgency(one: SourceListed) -> tuple[int, str]:
    from nbops.sources.judging import BAD

    if one.last is None or not one.last.state:
        return 1, one.name
    return (0 if one.last.state in BAD else 2), one.name
