"""What people do about incidents: each act is a line of the journal, so that a hub made anew knows it too."""

from __future__ import annotations

import time
from collections.abc import Mapping

from nbops.engine.production.stopping import user_name
from nbops.errors import UsageError
from nbops.pipeline.incident import Incident, reported
from nbops.records import Act
from nbops.store.hub import Hub
from nbops.store.incidents import incident, incidents
from nbops.store.ingest import ingest
from nbops.store.journal import Journal

__all__ = ["ack", "assign", "close", "note", "report"]


def ack(hub: Hub, number: int, reason: str = "") -> Incident:
    """Say that somebody looks at incident *number*; return it as it is then."""
    return _act(hub, number, "ack", reason)


def assign(hub: Hub, number: int, owner: str) -> Incident:
    """Give incident *number* to *owner*.

    Raises:
        UsageError: Nobody is named.
    """
    if not owner.strip():
        raise UsageError("nobody is named", where=f"#{number}", fix=f"nbops incidents assign {number} NAME")
    return _act(hub, number, "assign", "", {"owner": owner.strip()})


def note(hub: Hub, number: int, text: str) -> Incident:
    """Add *text* to what is known of incident *number*.

    Raises:
        UsageError: There is no text.
    """
    if not text.strip():
        raise UsageError("a note without text", where=f"#{number}", fix=f'nbops incidents note {number} "what you saw"')
    return _act(hub, number, "note", text.strip())


def close(hub: Hub, number: int, reason: str) -> Incident:
    """Say that incident *number* is fixed. A run that shows it again brings it back.

    Raises:
        UsageError: There is no reason.
    """
    if not reason.strip():
        fix = f'nbops incidents close {number} --reason "what was done"'
        raise UsageError("closing demands a reason", where=f"#{number}", fix=fix)
    return _act(hub, number, "close", reason.strip())


def report(hub: Hub, text: str, dataset: str = "", env: str = "", owner: str = "") -> Incident:
    """Record an error that a person found; return its incident, which others may have told of before.

    Raises:
        UsageError: There is no text.
    """
    if not text.strip():
        raise UsageError("an error without a word about it", fix='nbops incidents report "what is wrong"')
    about = {"dataset": dataset, "env": env, "owner": owner}
    detail = {"text": text.strip()[:2000], **{name: value for name, value in about.items() if value}}
    act = Act(time.time(), "report", dataset or "error", user_name(), "", detail)
    _write(hub, act)
    print_of = reported(act, "").fingerprint
    return next(one for one in incidents(hub, closed=True, limit=None) if one.fingerprint == print_of)


def _act(hub: Hub, number: int, verb: str, reason: str, detail: Mapping[str, str] | None = None) -> Incident:
    one = incident(hub, number)
    _write(
        hub,
        Act(time.time(), verb, one.fingerprint, user_name(), reason, {"number": str(one.number), **(detail or {})}),
    )
    return incident(hub, number)


def _write(hub: Hub, act: Act) -> None:
    journal = Journal(hub.project)
    journal.append(act, sync=True)
    journal.close()
    ingest(hub, hub.project)
