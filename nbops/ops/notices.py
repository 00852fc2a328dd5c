"""Notices: who hears of an incident, and when; told once, kept until it is delivered.

:func:`announce` puts what happened into the outbox, :func:`deliver` sends what is due. Both may be called by whoever
runs a notebook and by ``nbops serve``, at the same time and as often as one likes: each thing is told once.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nbops.errors import ReferenceNotFound
from nbops.ops.channels import Failed, Message, send
from nbops.ops.routes import EVENTS, Mail, Route, Routes, read_routes
from nbops.pipeline.incident import Incident
from nbops.store.hub import Hub
from nbops.store.incidents import incidents
from nbops.store.outbox import Waiting, delivered, failed, put, take_due, told
from nbops.views.card import card, card_text
from nbops.views.incidents_text import incident_line, incident_subject

__all__ = ["GIVEN_UP_AFTER", "Delivery", "Sender", "announce", "deliver", "try_routes"]

NEW_SECONDS = 7 * 86_400.0
"""What happened longer ago is not told any more when it was not told yet: the hub was only just asked to tell."""

GIVEN_UP_AFTER = 3 * 86_400.0
"""How long a notice is tried."""

_FIRST_WAIT, _LONGEST_WAIT = 30.0, 3600.0
Sender = Callable[[str, Message, Mail, Path], None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of the notices of one route.

    Args:
        route: The route.
        notices: How many were told in one message.
        why: Why they were not; empty when they were.
        is_final: Whether they are given up.
    """

    route: Route
    notices: int
    why: str = ""
    is_final: bool = False


def announce(hub: Hub, routes: Routes | None = None, now: float | None = None) -> int:
    """Put into the outbox what happened since it was asked last; return how many notices are new.

    Args:
        hub: The hub.
        routes: Who is told; those of the project by default.
        now: The present moment, in seconds since 1970.
    """
    routes = routes or read_routes(hub.project.root)
    now = time.time() if now is None else now
    wanted = [
        (one, route)
        for one in incidents(hub, closed=True, since=now - NEW_SECONDS, limit=None)
        for route in routes.routes
        if one.state in EVENTS and route.wants(one, one.state)
    ]
    known = told(hub, [_key(one, event, route) for one, route in wanted for event in EVENTS])
    found = [_waiting(hub, routes, route, one) for one, route in wanted if _is_news(one, route, known)]
    return put(hub, found) if found else 0


def _key(one: Incident, event: str, route: Route) -> str:
    """Return what tells a notice from every other: each time that it comes up, an incident is told of once."""
    began = one.since.run if one.since else one.first.run
    return f"{one.fingerprint}:{event}:{began}:{route.name}"


def _is_news(one: Incident, route: Route, known: set[str]) -> bool:
    """Return whether *route* has not told it yet. That it is fixed is told only to whom it was told before."""
    if _key(one, one.state, route) in known:
        return False
    return one.state != "fixed" or any(_key(one, event, route) in known for event in EVENTS)


def _waiting(hub: Hub, routes: Routes, route: Route, one: Incident) -> Waiting:
    last = one.last
    body = {"event": one.state, "number": one.number, "line": incident_line(one), "owner": one.owner,
            "subject": incident_subject(one), "card": "" if one.state == "fixed" else _card(hub, one),
            "notebook": last.notebook, "step": last.step, "env": last.env, "run": last.run}  # fmt: skip
    due = routes.due(route, one.changed_at)
    return Waiting(_key(one, one.state, route), route.name, one.changed_at, due, 0, "waiting", "", body)


def _card(hub: Hub, one: Incident) -> str:
    """Return the card of the newest run, which holds no value of any row; empty when nothing is known of it."""
    seen = one.last
    if seen.kind == "reported":
        return ""
    try:
        state = hub.run(seen.run)
    except ReferenceNotFound:
        return ""
    return card_text(card(state, hub.history(state)))


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def deliver(hub: Hub, routes: Routes | None = None, now: float | None = None, sender: Sender = send) -> list[Delivery]:
    """Send what is due: what is due for one route and one owner as one message. Return what became of each.

    What fails is tried again after 30 s, then twice as long each time, at most an hour, for three days. What the
    receiver refuses for good is given up at once. Nothing here raises because a channel does.

    Args:
        hub: The hub.
        routes: Who is told; those of the project by default.
        now: The present moment, in seconds since 1970.
        sender: What sends a message.
    """
    routes = routes or read_routes(hub.project.root)
    now = time.time() if now is None else now
    known = {route.name: route for route in routes.routes}
    due = sorted(take_due(hub, now), key=_group)
    done: list[Delivery] = []
    dead: dict[str, Failed] = {}  # asked once: each time that nobody answers takes ten seconds of a run's end
    for _, some in itertools.groupby(due, key=_group):
        group = list(some)
        route = known.get(group[0].route)
        if route is None:
            failed(hub, [one.key for one in group], "there is no such route any more", again_at=None)
            continue
        error = dead.get(route.name) or _try(route, _message(group), routes.mail, hub.project.root, sender)
        if error is not None and error.is_unreachable:
            dead[route.name] = error
        done.append(_note(hub, route, group, error, now))
    return done


def _group(one: Waiting) -> tuple[str, str]:
    return one.route, str(one.body.get("owner", ""))


def _try(route: Route, message: Message, mail: Mail, root: Path, sender: Sender) -> Failed | None:
    try:
        sender(route.to, message, mail, root)
    except Failed as error:
        return error
    return None


def _note(hub: Hub, route: Route, group: list[Waiting], error: Failed | None, now: float) -> Delivery:
    """Note what became of *group*, and when to try it again."""
    keys = [one.key for one in group]
    if error is None:
        delivered(hub, keys)
        return Delivery(route, len(group))
    gives_up = error.is_final or now - min(one.at for one in group) > GIVEN_UP_AFTER
    wait = min(_FIRST_WAIT * 2 ** (max(one.attempts for one in group) - 1), _LONGEST_WAIT)
    again = None if gives_up else now + wait * random.uniform(0.9, 1.1)
    failed(hub, keys, error.why, again_at=again)
    return Delivery(route, len(group), error.why, gives_up)


def _message(group: list[Waiting]) -> Message:
    """Return one message that tells all of *group*."""
    key = hashlib.blake2b("\n".join(sorted(one.key for one in group)).encode(), digest_size=12).hexdigest()
    subject = group[0].body["subject"]
    if len(group) > 1:
        subject += f", and {len(group) - 1} more"
    text = "\n\n".join("\n".join(filter(None, (one.body["line"], one.body["card"]))) for one in group)
    about = [{name: value for name, value in one.body.items() if name not in ("card", "line")} for one in group]
    return Message(key, subject, text, {"incidents": about}, str(group[0].body.get("owner", "")))


def try_routes(root: Path, owner: str, sender: Sender = send, only: str = "") -> list[Delivery]:
    """Send a notice that says that it is a try, by every route or by the one named *only*; return what became of it."""
    routes = read_routes(root)
    done = []
    for route in routes.routes if not only else [one for one in routes.routes if one.name == only]:
        key = hashlib.blake2b(f"{route.name}{time.time()}".encode(), digest_size=12).hexdigest()
        message = Message(
            key, "nbops: a try", "This is a try: notices of nbops come this way.", {"event": "try"}, owner
        )
        error = _try(route, message, routes.mail, root, sender)
        done.append(Delivery(route, 1) if error is None else Delivery(route, 1, error.why, error.is_final))
    return done
