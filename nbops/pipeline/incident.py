"""Incidents: errors kept as data. What went wrong in runs that others rely on, grouped by its cause.

An *occurrence* is one run that went wrong, or one error that a person told of. Occurrences with the same fingerprint
are one incident. Whether it is open follows from what happened since: acts of people, and runs that went well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from nbops.pipeline.reference import notebook_name
from nbops.pipeline.run import RunState, StepState
from nbops.records import Act, CheckResult, RunStarted, Status

__all__ = [
    "SCHEDULERS",
    "Incident",
    "IncidentState",
    "Occurrence",
    "fold_incident",
    "is_relied_on",
    "occurrence_of",
    "reported",
]

IncidentState = Literal["open", "acknowledged", "fixed", "back again"]
OccurrenceKind = Literal["test", "error", "interrupted", "refused", "reported"]

SCHEDULERS = frozenset({"nbops serve", "jupyter-scheduler", "airflow", "cron", "systemd", "kubernetes"})
"""The launchers that start runs by themselves: others rely on what those make, in every environment."""

_RELIED_ON = ("test", "prod")
_KINDS: dict[Status, OccurrenceKind] = {
    Status.FAILED: "test",
    Status.ERROR: "error",
    Status.INTERRUPTED: "interrupted",
    Status.REFUSED: "refused",
}
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+\b|\b[0-9a-f]{12,}\b")
_NUMBER = re.compile(r"\d+(?:[.,_:\-]\d+)*")
_FOLDER = re.compile(r"(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\"]+)+[\\/]")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that something went wrong.

    Args:
        run: The run in which it showed; for a report the id of the act.
        at: When, in seconds since 1970.
        kind: ``test`` (judged wrong), ``error`` (could not be judged), ``interrupted``, ``refused``, or ``reported`` by
            a person.
        fingerprint: The same for the same cause, whenever and wherever it showed.
        notebook: The notebook; empty when unknown.
        env: The environment.
        step: The step that went wrong; empty when it was none.
        name: The test, or the exception's class; of a report its dataset.
        told: What was seen, in one line.
        owner: Who answers for the step.
        seconds: How long after the start of the run it was found; 0 for a report.
    """

    run: str
    at: float
    kind: OccurrenceKind
    fingerprint: str
    notebook: str = ""
    env: str = ""
    step: str = ""
    name: str = ""
    told: str = ""
    owner: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Incident:
    """What is known of one cause of errors.

    Args:
        number: The number that people call it by, ``#38``.
        fingerprint: What its occurrences have in common.
        state: ``open``, ``acknowledged``, ``fixed``, or ``back again`` when it came after it had been fixed.
        first: Its first occurrence.
        last: Its newest one.
        count: How often it occurred.
        owner: Who takes care of it: who was named, else the owner of the step.
        envs: The environments in which it occurred, in order of the alphabet.
        fixed_by: The run that showed it fixed, or who closed it; empty when it is not.
        since: Its first occurrence since it was fixed the time before; the first of all when it never was.
        in_a_row: How often it occurred since then.
        changed_at: When it came to this state, in seconds since 1970.
        test: The test that guards against it now; empty when none was made.
        acts: What people did about it, in the order of time.
    """

    number: int
    fingerprint: str
    state: IncidentState
    first: Occurrence
    last: Occurrence
    count: int
    owner: str = ""
    envs: tuple[str, ...] = ()
    fixed_by: str = ""
    since: Occurrence | None = None
    in_a_row: int = 0
    changed_at: float = 0.0
    test: str = ""
    acts: tuple[Act, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.state != "fixed"


def is_relied_on(started: RunStarted) -> bool:
    """Return whether others rely on a run, so that its errors are incidents: in test or prod, or on a schedule.

    Example:
        >>> is_relied_on(RunStarted(0.0, "7f3a", "batch", env="prod"))
        True
        >>> is_relied_on(RunStarted(0.0, "7f3a", "session", env="prod"))
        False
    """
    return started.kind == "batch" and (started.env in _RELIED_ON or started.launcher in SCHEDULERS)


def occurrence_of(state: RunState) -> Occurrence | None:
    """Return what went wrong in a run that ended badly; None when it did not, or was stopped by a person."""
    if not state.status.is_bad or (state.status is Status.INTERRUPTED and any(a.verb == "stop" for a in state.acts)):
        return None
    started = state.started
    step = next((one for one in state.steps if one.status.is_bad), None)
    kind = _KINDS[state.status]
    name, told = _cause(state, step)
    at = step.record.at if step and step.record else state.finished.at if state.finished else state.last_seen
    return Occurrence(
        run=state.run,
        at=at,
        kind=kind,
        fingerprint=_fingerprint(kind, started.notebook or "", step.name if step else "", name, told),
        notebook=started.notebook or "",
        env=started.env,
        step=step.name if step else "",
        name=name,
        told=told,
        owner=(step.record.owner if step and step.record else "") or started.owner,
        seconds=max(at - started.at, 0.0),
    )


def reported(act: Act, ident: str) -> Occurrence:
    """Return the occurrence that a person told of, by the act whose entry is *ident*."""
    text, dataset = act.detail.get("text", ""), act.detail.get("dataset", "")
    notebook = dataset.rpartition("/")[0]
    print_of = _digest("reported", dataset, _alike(text).casefold())
    env, owner = act.detail.get("env", ""), act.detail.get("owner", "")
    return Occurrence(ident, act.at, "reported", print_of, notebook, env, "", dataset, text, owner)


def fold_incident(
    number: int,
    occurrences: Sequence[Occurrence],
    acts: Iterable[Act] = (),
    good: Iterable[tuple[float, str, str]] = (),
) -> Incident:
    """Return the incident that *occurrences*, at least one and all of one fingerprint, tell of.

    Args:
        number: Its number.
        occurrences: Its occurrences.
        acts: What people did about it.
        good: When runs that could have shown it went well, in which environment, and their ids.

    Example:
        >>> seen = Occurrence("b21c", 10.0, "test", "f", env="prod")
        >>> fold_incident(38, [seen]).state
        'open'
        >>> fold_incident(38, [seen], good=[(20.0, "prod", "e4d0")]).state
        'fixed'
    """
    ordered = sorted(occurrences, key=lambda one: (one.at, one.run))
    deeds = sorted(acts, key=lambda act: act.at)
    state: IncidentState = "open"
    waiting: set[str] = set()  # environments in which no run went well since it occurred
    fixed_by = ""
    since, in_a_row, changed_at = ordered[0], 0, ordered[0].at
    events = [(one.at, 0, one) for one in ordered] + [(act.at, 1, act) for act in deeds]
    for at, _, event in sorted([*events, *((at, 2, (env, run)) for at, env, run in good)], key=lambda e: e[:2]):
        before = state
        if isinstance(event, Occurrence):
            if state == "fixed":
                state, since, in_a_row = "back again", event, 0
            waiting.add(event.env)
            fixed_by = ""
            in_a_row += 1
        elif isinstance(event, Act):
            state, fixed_by = _after(event, state, fixed_by)
        else:
            waiting.discard(event[0])
            if not waiting and state != "fixed":
                state, fixed_by = "fixed", event[1]
        changed_at = at if state != before else changed_at
    first, last = ordered[0], ordered[-1]
    return Incident(
        number=number,
        fingerprint=first.fingerprint,
        state=state,
        first=first,
        last=last,
        count=len(ordered),
        owner=next((a.detail["owner"] for a in reversed(deeds) if a.verb == "assign"), "") or last.owner,
        envs=tuple(sorted({one.env for one in ordered if one.env})),
        fixed_by=fixed_by,
        since=since,
        in_a_row=in_a_row,
        changed_at=changed_at,
        test=next((a.detail["test"] for a in reversed(deeds) if a.verb == "to-test"), ""),
        acts=tuple(deeds),
    )


def _after(act: Act, state: IncidentState, fixed_by: str) -> tuple[IncidentState, str]:
    if act.verb == "close":
        return "fixed", act.who
    if act.verb == "ack" and state != "fixed":
        return "acknowledged", ""
    return state, fixed_by


def _cause(state: RunState, step: StepState | None) -> tuple[str, str]:
    """Return the name of what went wrong, the same every time, and what was seen this time."""
    test = next((one for one in step.tests if one.status in (Status.FAILED, Status.ERROR)), None) if step else None
    if test is not None:
        return test.name, _seen(test)
    failure = (step.record.failure if step and step.record else None) or state.failure
    if failure is not None:
        return failure.type, failure.message.partition("\n")[0][:300]
    return str(state.status), state.reason.partition("\n")[0][:300]


def _seen(test: CheckResult) -> str:
    if test.observed and test.allowed:
        return f"{test.observed}, allowed {test.allowed}"
    return test.observed or test.why or test.message


def _fingerprint(kind: str, notebook: str, step: str, name: str, told: str) -> str:
    """Return a hash of the cause. Of a test its name is enough; an exception is told apart by what it says."""
    return _digest(kind, notebook_name(notebook), step, name, "" if kind == "test" else _alike(told))


def _alike(text: str) -> str:
    """Return *text* without what differs from one time to the next: numbers, addresses, folders.

    Example:
        >>> _alike("no file '/feeds/2013-01-02/flights_17.csv' (attempt 3)")
        "no file 'flights_#.csv' (attempt #)"
    """
    return _NUMBER.sub("#", _ADDRESS.sub("#", _FOLDER.sub("", text)))


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
