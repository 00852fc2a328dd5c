"""``nbops metrics``: how well the whole is doing, from runs and incidents."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Sequence

from nbops.pipeline.incident import Incident
from nbops.pipeline.metrics import Cause, Metrics
from nbops.pipeline.reference import notebook_name
from nbops.store.hub import Hub
from nbops.store.incidents import incidents
from nbops.store.measuring import alarms, occurred_between, pipelines, taken_back

__all__ = ["measure", "measure_each"]

_MOST_CAUSES = 10
_STRETCH = 30 * 86_400.0


def measure(hub: Hub, *, since: float | None = None, until: float | None = None, env: str = "") -> Metrics:
    """Return the numbers of a stretch of time.

    Args:
        hub: The hub.
        since: Where it begins, in seconds since 1970; thirty days before its end by default.
        until: Where it ends; now by default.
        env: Only of this environment; empty: of all.
    """
    until = time.time() if until is None else until
    return measure_each(hub, [(until - _STRETCH if since is None else since, until)], env=env)[0]


def measure_each(hub: Hub, stretches: Sequence[tuple[float, float]], *, env: str = "") -> list[Metrics]:
    """Return the numbers of several stretches of time; what is known of the incidents is made out once for all.

    Args:
        hub: The hub.
        stretches: When each begins and ends, in seconds since 1970.
        env: Only of this environment; empty: of all.
    """
    begin = min((since for since, _ in stretches), default=0.0)
    known = incidents(hub, closed=True, since=begin, env=env, limit=None) if stretches else []
    return [_measure(hub, known, since, until, env) for since, until in stretches]


def _measure(hub: Hub, known: Sequence[Incident], since: float, until: float, env: str) -> Metrics:
    prints = occurred_between(hub, since, until)
    occurred = [one for one in known if one.fingerprint in prints]
    fixed = [one for one in occurred if one.state == "fixed" and one.since is not None]
    return Metrics(
        since=since,
        until=until,
        env=env,
        pipelines=pipelines(hub, since, until, env),
        incidents=len(occurred),
        is_open=sum(one.is_open for one in occurred),
        by_tests=sum(one.first.kind != "reported" for one in occurred),
        by_people=sum(one.first.kind == "reported" for one in occurred),
        with_test=sum(bool(one.test) for one in occurred),
        to_detect=_median(one.last.seconds for one in occurred if one.last.kind != "reported"),
        to_recover=_median(max(one.changed_at - one.since.at, 0.0) for one in fixed if one.since),
        alarms=alarms(hub, since, until, env),
        false_alarms=taken_back(hub, since, until),
        causes=tuple(_cause(one) for one in sorted(occurred, key=lambda one: (-one.count, one.number))[:_MOST_CAUSES]),
    )


def _median(values: Iterable[float]) -> float | None:
    known = list(values)
    return statistics.median(known) if known else None


def _cause(one: Incident) -> Cause:
    last = one.last
    where = notebook_name(last.notebook) + (f"::{last.step}" if last.step else "")
    what = last.told if last.kind == "reported" else last.name
    can_have_test = last.kind in ("test", "error") and bool(last.step)
    return Cause(one.number, where or last.name, what, one.count, one.is_open, bool(one.test), can_have_test)
