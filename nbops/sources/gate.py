"""The gate before a run: the sources that its steps need must be there, or it is refused before anything starts."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nbops.errors import UsageError
from nbops.records import SourceGate
from nbops.settings import duration
from nbops.sources.definitions import find_definition
from nbops.sources.judging import Judgement, span
from nbops.sources.model import Definition
from nbops.sources.watching import Watcher

__all__ = ["Need", "ask", "read_need", "refused", "waived_needs"]

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0
_TELL_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Need:
    """A source that must be there.

    Args:
        source: Its name.
        wait_seconds: How long to wait for it; 0 not at all.
        warns: Whether the run goes on without it, with a warning.
        steps: The steps that need it; none when the whole notebook does.
    """

    source: str
    wait_seconds: float = 0.0
    warns: bool = False
    steps: tuple[str, ...] = ()


def read_need(text: str, steps: tuple[str, ...] = (), where: str = "--needs") -> Need:
    """Return what ``SOURCE``, ``SOURCE:wait=30m`` or ``SOURCE:warn`` means.

    Raises:
        UsageError: It means nothing.

    Example:
        >>> read_need("feed:wait=30m")
        Need(source='feed', wait_seconds=1800.0, warns=False, steps=())
    """
    name, *words = [word.strip() for word in text.split(":")]
    wait, warns = 0.0, False
    for word in words:
        if word == "warn":
            warns = True
        elif word.startswith("wait="):
            wait = duration(word.removeprefix("wait="))
        else:
            raise UsageError(
                f"{word!r} means nothing after a source", where=where, fix=f"{name}:wait=30m, or {name}:warn"
            )
    if not name:
        raise UsageError("--needs names no source", where=where, fix="--needs orders_feed")
    return Need(name, wait, warns, steps)


def joined(needs: Iterable[Need]) -> list[Need]:
    """Return one need for each source: it waits as long as one of them does, and warns only where all do.

    Example:
        >>> joined([Need("a", 5.0, steps=("x",)), Need("a", warns=True, steps=("y",))])
        [Need(source='a', wait_seconds=5.0, warns=False, steps=('x', 'y'))]
    """
    found: dict[str, Need] = {}
    for need in needs:
        before = found.get(need.source)
        if before is not None:
            wait = max(before.wait_seconds, need.wait_seconds)
            found[need.source] = Need(need.source, wait, before.warns and need.warns, (*before.steps, *need.steps))
        else:
            found[need.source] = need
    return list(found.values())


def waived_needs(needs: Sequence[Need], waive: Iterable[str], reason: str) -> dict[str, str]:
    """Return for each source that is waived why.

    Raises:
        UsageError: There is no reason, or nothing that runs needs it.
    """
    names = list(dict.fromkeys(waive))
    if names and not reason.strip():
        raise UsageError(
            "a waiver needs a reason", where=f"--waive {names[0]}", fix='--reason "the provider is closed today"'
        )
    known = {need.source for need in needs}
    for name in names:
        if name not in known:
            fix = f"needed are: {', '.join(sorted(known))}" if known else "no step that runs has --needs"
            raise UsageError(f"nothing that runs needs a source {name!r}", where=f"--waive {name}", fix=fix)
    return dict.fromkeys(names, reason.strip())


def ask(
    needs: Sequence[Need],
    definitions: Mapping[str, Definition],
    watcher: Watcher,
    *,
    waived: Mapping[str, str] | None = None,
    tell: Callable[[str], None] = lambda text: None,
    sleep: Callable[[float], None] = time.sleep,
    where: str = "",
) -> tuple[SourceGate, ...]:
    """Return how each needed source was found, once all are there, or nobody waits any longer.

    Args:
        needs: What is needed.
        definitions: The sources that are known.
        watcher: Looks at them.
        waived: By the name of a source, why it is not waited for.
        tell: Told while it waits.
        sleep: Waits so many seconds.
        where: The notebook, for errors.

    Raises:
        UsageError: A source is unknown, or its definition means nothing.
        HubError: The hub cannot be read.
    """
    needs = joined(needs)
    sources = {need.source: find_definition(definitions, need.source, where) for need in needs}
    began = watcher.clock()
    found: dict[str, Judgement] = {}
    pause, told = _FIRST_PAUSE, -_TELL_EVERY
    while True:
        open_ones = [need for need in needs if need.source not in found or not found[need.source].is_here]
        looked = watcher.check([sources[need.source] for need in open_ones])
        found |= {judgement.seen.source: judgement for judgement in looked}
        waits = [need for need in open_ones if _is_waited_for(need, found[need.source], waived or {})]
        left = max((need.wait_seconds - (watcher.clock() - began) for need in waits), default=0.0)
        if left <= 0:
            break
        waited = watcher.clock() - began
        if waited - told >= _TELL_EVERY:
            told = waited
            tell("; ".join(f"waits for {n.source}: {_why(found[n.source])}, {span(left)} at most" for n in waits))
        sleep(min(pause, left))
        pause = min(pause * 2, _LONGEST_PAUSE)
    waited = watcher.clock() - began
    gates = [_gate(need, found[need.source], sources[need.source], waited) for need in needs]
    return tuple(_answered(gate, found[gate.source], sources[gate.source], watcher, waived or {}) for gate in gates)


def refused(gates: Iterable[SourceGate]) -> tuple[SourceGate, ...]:
    """Return the gates that are shut."""
    return tuple(gate for gate in gates if gate.answer == "refused")


def _is_waited_for(need: Need, judgement: Judgement, waived: Mapping[str, str]) -> bool:
    return need.wait_seconds > 0 and not judgement.is_here and need.source not in waived


def _gate(need: Need, judgement: Judgement, definition: Definition, waited: float) -> SourceGate:
    """Return what was found of a source, as its need says: open, warned or refused."""
    answer = "open" if judgement.is_here else "warned" if need.warns else "refused"
    seen = judgement.seen
    waited = waited if need.wait_seconds else 0.0
    return SourceGate(need.source, answer, need.steps, seen.state, "", "", seen.url, definition.owner, waited)


def _answered(
    gate: SourceGate, judgement: Judgement, definition: Definition, watcher: Watcher, waived: Mapping[str, str]
) -> SourceGate:
    """Return *gate* with why it is shut, and whether it was waived."""
    if gate.answer == "open":
        return gate
    is_waived = gate.source in waived
    why = _why(judgement) + (f" · waived: {waived[gate.source]}" if is_waived else "")
    answer = "waived" if is_waived else gate.answer
    return dataclasses.replace(gate, answer=answer, reason=why, since=_since(definition, watcher))


def _why(judgement: Judgement) -> str:
    """Say why a source is not there: the newest delivery is not due yet, or what the last one is."""
    seen = judgement.seen
    if seen.trouble:
        return seen.reason
    if judgement.waits_until is not None:
        until = datetime.fromtimestamp(judgement.waits_until)
        day = "" if until.date() == datetime.fromtimestamp(seen.at).date() else f"{until:%a %d %b} "
        return f"not here yet, expected by {day}{until:%H:%M}"
    if not seen.state:
        return f"unknown: {seen.reason}" if seen.reason else "unknown"
    return f"{seen.state}: {seen.reason}" if seen.reason else seen.state


def _since(definition: Definition, watcher: Watcher) -> str:
    from nbops.sources.reliability import reliability_of

    known = watcher.known(definition)
    last = next(
        (seen for seen in reversed(known) if seen.state in ("on time", "early", "late") and seen.arrived_at), None
    )
    told = []
    if last is not None and last.arrived_at is not None:
        told.append(f"last arrived {datetime.fromtimestamp(last.arrived_at):%a %d %b %H:%M}")
    share = reliability_of(known)
    if share.judged:
        told.append(f"on time {share.on_time} of {share.judged}")
    return " · ".join(told)
