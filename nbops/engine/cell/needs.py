"""What a step needs that is run by hand: whether its sources are there is asked when it begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nbops.errors import Refused
from nbops.records import SourceGate

if TYPE_CHECKING:
    from nbops.engine.kernel.session import Session

__all__ = ["look_before_step", "told"]


def look_before_step(session: Session, name: str, needs: Sequence[str], code: Iterable[str]) -> None:
    """Look at what a step needs that is run by hand; a warning is told, and what is to stop it is raised.

    Args:
        session: The run that the step belongs to.
        name: The step.
        needs: What its mark says.
        code: The cells that ran here: they may define sources.

    Raises:
        Refused: A source is not there.
        UsageError: A source is unknown, or what is said of it means nothing.
    """
    from nbops.sources.definitions import project_definitions, written_definitions
    from nbops.sources.gate import ask, read_need
    from nbops.sources.watching import Watcher

    where = f"step {name!r}"
    known = {**project_definitions(session.project.root), **written_definitions(code, where)}
    watcher = Watcher(session.project, session.settings.hub, session.settings.env)
    gates = ask([read_need(text, (name,), where) for text in needs], known, watcher, tell=_say, where=where)
    shut = [gate for gate in gates if gate.answer == "refused"]
    for gate in gates:
        if gate.answer == "warned":
            _say(f"goes on without {gate.source}: {gate.reason}")
    if shut:
        fix = f"nbops sources check {shut[0].source}, or let it only warn: --needs {shut[0].source}:warn"
        raise Refused(told(shut), where=where, fix=fix)


def told(shut: Sequence[SourceGate]) -> str:
    """Return what is not there, in one sentence."""
    return "; ".join(f"source {gate.source} is {_is(gate)}" for gate in shut)


def _is(gate: SourceGate) -> str:
    return (
        gate.reason
        if gate.reason.startswith(("not here", "unknown", gate.state or "\0"))
        else f"not there: {gate.reason}"
    )


def _say(text: str) -> None:
    print(f"nbops: {text}")
