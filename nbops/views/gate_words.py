"""A run that was refused because a source was not there, in the lines of the card."""

from __future__ import annotations

from collections.abc import Iterator

from nbops.pipeline.run import RunState
from nbops.records import SourceGate, Status
from nbops.views.words import command, count, line

__all__ = ["gate_next", "gate_since", "gate_what", "gate_where", "gate_who", "shut_gates"]

Said = tuple[str, str]
_MOST = 3


def shut_gates(state: RunState) -> tuple[SourceGate, ...]:
    """Return the sources for which a run was refused; none when it was not."""
    if state.status is not Status.REFUSED:
        return ()
    return tuple(gate for gate in state.started.gates if gate.answer == "refused")


def gate_what(gates: tuple[SourceGate, ...]) -> Iterator[tuple[Said, ...]]:
    """Yield what is not there, a line for each source."""
    for gate in gates[:_MOST]:
        yield ("source ", ""), (line(gate.source), "name"), (" ", ""), (line(gate.reason), "bad")
    if len(gates) > _MOST:
        yield ((f"and {count(len(gates) - _MOST, 'more source')}", "muted"),)


def gate_where(gates: tuple[SourceGate, ...]) -> Iterator[Said]:
    """Yield where it should be, and which steps need it."""
    yield line(gates[0].url, 120), ""
    steps = [line(step) for step in gates[0].needed_by]
    yield f" · needed by {'step ' + ', '.join(steps) if steps else 'the whole notebook'}", "muted"
    if gates[0].waited_seconds >= 1:
        yield f" · waited {gates[0].waited_seconds / 60:.0f} min for it", "muted"


def gate_since(gates: tuple[SourceGate, ...]) -> Iterator[Said]:
    """Yield when it came last, and how reliable it is."""
    yield line(gates[0].since) or "it was never seen to arrive", ""


def gate_who(gates: tuple[SourceGate, ...], owner: str) -> Iterator[Said]:
    """Yield who answers for the source, and for the run."""
    named = [f"{line(gate.owner)} for {line(gate.source)}" for gate in gates if gate.owner]
    told = [*named, *([line(owner)] if owner else [])]
    yield (" · ".join(told), "") if told else ("no owner is named", "muted")
    yield " · nothing ran", "muted"


def gate_next(gates: tuple[SourceGate, ...], run_again: str, root: str) -> Iterator[tuple[str, str]]:
    """Yield what to type: to look again, to run once it is there, to go on without."""
    where = ["-C", root] if root else []
    yield "look first", command(*where, "sources", "check", gates[0].source)
    yield "it came?", run_again
    waived = " ".join(command("--waive", gate.source).removeprefix("nbops ") for gate in gates)
    yield "go without?", f'{run_again} {waived} --reason "…"'
