"""Looking at sources: what is found is judged by what is expected, and recorded when it tells something new."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from nbops.errors import NbopsError
from nbops.records import SourceSeen
from nbops.sources.cadence import TooLittle, learn
from nbops.sources.definitions import kind
from nbops.sources.judging import Case, Judgement, judge
from nbops.sources.model import Asked, Definition, Delivery, Unreachable
from nbops.sources.patterns import Pattern, read_pattern
from nbops.sources.slots import Expectation, declared_expectation, zone_of
from nbops.sources.urls import expanded, kind_of, shown_url
from nbops.store.journal import Journal
from nbops.store.project import Project

if TYPE_CHECKING:
    from nbops.store.hub import Hub

__all__ = ["LOOK_SECONDS", "Watcher", "expectation_of"]

LOOK_SECONDS = 60.0
"""How long a look may take; then the source could not be looked at."""

_QUIET_SECONDS = 3600.0
_PAST_SLOTS = 60
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Watcher:
    """Looks at the sources of one project.

    Args:
        project: The project; its journal takes what is seen.
        hub: Where it is known what was seen before: the setting.
        env: The environment whose datasets are meant.
        clock: Tells the time, in seconds since 1970.
        look_seconds: How long one look may take.
    """

    project: Project
    hub: str = ""
    env: str = ""
    clock: Callable[[], float] = time.time
    look_seconds: float = LOOK_SECONDS

    def check(self, definitions: Sequence[Definition]) -> list[Judgement]:
        """Look at sources, judge them, and record what is new.

        Raises:
            UsageError: A definition means nothing.
            HubError: The hub cannot be read.
        """
        with self.opened() as hub:
            histories = {one.name: self._history(hub, one.name) for one in definitions}
        found, new = [], list[SourceSeen]()
        with ThreadPoolExecutor(_AT_ONCE) as pool:  # those that do not answer are waited for together
            looked = list(pool.map(lambda one: self._look(one, histories[one.name]), definitions))
        for definition, (judgement, past) in zip(definitions, looked, strict=True):
            found.append(judgement)
            new += [*past, *_news(judgement.seen, histories[definition.name])]
        if new:
            self._record(new)
        return found

    def known(self, definition: Definition) -> list[SourceSeen]:
        """Return what earlier looks found, the oldest first."""
        with self.opened() as hub:
            return self._history(hub, definition.name)

    @contextlib.contextmanager
    def opened(self) -> Iterator[Hub]:
        """Open the hub, with every journal of the project taken in, and close it afterwards.

        Raises:
            HubError: It cannot be read.
        """
        from nbops.store.hub import open_hub
        from nbops.store.ingest import ingest

        with open_hub(self.project, self.hub) as hub:
            ingest(hub, self.project)
            yield hub

    def _history(self, hub: Hub, name: str) -> list[SourceSeen]:
        from nbops.store.arrivals import looks_at

        return looks_at(hub, name)

    def _look(self, definition: Definition, history: Sequence[SourceSeen]) -> tuple[Judgement, list[SourceSeen]]:
        now = self.clock()
        declared = declared_expectation(definition)
        pattern = _pattern(definition)
        asked = Asked(
            self.project.root,
            _days(declared, definition, now),
            is_history=True,
            hub=self.opened,  # type: ignore[arg-type]
            env=self.env,
        )
        try:
            deliveries = _within(self.look_seconds, lambda: kind(definition).look(definition, asked))
        except (Unreachable, OSError) as error:
            return _unseen(definition, now, error, declared), []
        expectation, confidence = expectation_of(definition, declared, deliveries, history)
        case = Case(definition, pattern, tuple(deliveries), tuple(history), now, confidence)
        judgement = judge(case, expectation)
        return judgement, _past(case, expectation, judgement)

    def _record(self, records: Sequence[SourceSeen]) -> None:
        journal = Journal(self.project)
        for record in records:
            journal.append(record)
        journal.sync()
        journal.close()


def expectation_of(
    definition: Definition,
    declared: Expectation | None,
    deliveries: Sequence[Delivery],
    history: Sequence[SourceSeen],
) -> tuple[Expectation | TooLittle, float | None]:
    """Return when a source is expected: as declared, else as learned from when it arrived; and how sure that is."""
    if declared is not None:
        return declared, None
    times = [one.at for one in deliveries if one.at is not None]
    times += [seen.arrived_at for seen in history if seen.arrived_at is not None]
    holidays = frozenset(date.fromisoformat(day) for day in definition.holidays)
    found = learn(times, zone_of(definition.tz), holidays)
    return (found, None) if isinstance(found, TooLittle) else found


def _pattern(definition: Definition) -> Pattern | None:
    if kind_of(definition.url) in ("dataset",):
        return None
    text = definition.query if definition.query else definition.url
    if "{" not in text:
        return None
    if definition.query:
        start = text.index("{")
        return read_pattern(text[start : text.index("}", start) + 1])
    return read_pattern(expanded(text, definition.name))


def _days(declared: Expectation | None, definition: Definition, now: float) -> tuple[datetime, ...]:
    """Return the moments of the deliveries that matter: the next one, and the last few that were due."""
    moment = datetime.fromtimestamp(now, UTC)
    if declared is None:
        return (moment.astimezone(zone_of(definition.tz)).replace(tzinfo=None),)
    before = [slot.expected.replace(tzinfo=None) for slot in islice(declared.before(moment), 4)]
    after = [slot.expected.replace(tzinfo=None) for slot in islice(declared.after(moment), 1)]
    return (*before[:2], *after, *before[2:]) if before else tuple(after)


def _within(seconds: float, look: Callable[[], Sequence[Delivery]]) -> Sequence[Delivery]:
    """Return what *look* returns; a place that does not answer in time is left to itself.

    Raises:
        Unreachable: It took too long.
    """
    found: list[Sequence[Delivery]] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(look())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that asked
            failed.append(error)

    thread = threading.Thread(target=work, name="nbops look", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not found:
        raise Unreachable(f"it did not answer within {seconds:g} s")
    return found[0]


def _unseen(definition: Definition, now: float, error: Exception, declared: Expectation | None) -> Judgement:
    what = (
        error.what
        if isinstance(error, NbopsError)
        else os.strerror(error.errno or 0)
        if isinstance(error, OSError)
        else ""
    )
    seen = SourceSeen(
        now,
        definition.name,
        reason=f"it could not be looked at: {what}",
        trouble=what or type(error).__name__,
        url=shown_url(definition.url),
        provider=definition.provider or definition.name,
        expectation="" if declared is None else str(declared),
    )
    return Judgement(seen)


def _past(case: Case, expectation: Expectation | TooLittle, judgement: Judgement) -> list[SourceSeen]:
    """Return what files that are still there tell of slots at which nobody looked."""
    timed = [one for one in case.deliveries if one.at is not None]
    if isinstance(expectation, TooLittle) or len(timed) < 2:
        return []
    first = min(one.at for one in timed if one.at is not None)
    known = {seen.due for seen in case.history} | {judgement.seen.due}
    found = []
    for slot in islice(expectation.before(datetime.fromtimestamp(case.now, UTC)), _PAST_SLOTS):
        due = slot.due.timestamp()
        if due < first:
            break
        if due in known or due > case.now:
            continue
        over = _when_over(expectation, slot.due)
        there = tuple(one for one in timed if one.at is not None and one.at <= over)
        late = judge(dataclasses.replace(case, deliveries=there, history=(), now=over), expectation)
        if late.seen.due == due:
            found.append(dataclasses.replace(late.seen, at=case.now - 1.0, fingerprint=""))
    return found[::-1]


def _when_over(expectation: Expectation, due: datetime) -> float:
    """Return a moment at which the slot that was due then is judged for good: shortly before the next is expected."""
    following = next((slot for slot in islice(expectation.after(due), 1)), None)
    return due.timestamp() + 60 if following is None else max(due.timestamp(), following.expected.timestamp() - 1)


def _news(seen: SourceSeen, history: Sequence[SourceSeen]) -> list[SourceSeen]:
    """Return *seen*, unless the last look found the same not long ago."""
    last = history[-1] if history else None
    is_same = last is not None and _gist(last) == _gist(seen)
    return [] if is_same and last is not None and seen.at - last.at < _QUIET_SECONDS else [seen]


def _gist(seen: SourceSeen) -> Mapping[str, object]:
    return {name: getattr(seen, name) for name in ("state", "due", "fingerprint", "key", "missing", "trouble", "url")}
