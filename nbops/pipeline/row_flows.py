"""Where rows went, from table to table: the accounts of row functions, joined to the ways that rows took.

A *flow* ends in a table that no other account goes on with, and goes back to the table that its rows came from,
through all accounts between, over steps. A view begins a flow of its own: it looks at a table whose way goes on without
it. What a flow's accounts do not explain is a *gap*: the table had another number of rows when the next function got
it, or at the end of the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nbops.records import RowAccount, RowEntry, StepFinished, Table

__all__ = ["RowFlow", "Stage", "flows"]

Node = tuple[int, StepFinished, RowAccount]
"""An account, with its step and the step's place."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One account on the way of a flow.

    Args:
        step: The step that it stands in.
        account: It.
        gap: By how many rows its table had changed since the account before, without an account; None when unknown.
    """

    step: str
    account: RowAccount
    gap: int | None = 0

    @property
    def unexplained(self) -> int | None:
        """By how many rows this stage does not add up, the gap before it counted; None when unknown."""
        own = self.account.unexplained
        return None if own is None or self.gap is None else own + self.gap


@dataclass(frozen=True, slots=True)
class RowFlow:
    """The way of rows from one table to another.

    Args:
        stages: The accounts, the first one first.
        end: The table at the end, as it was at the end of its step.
    """

    stages: tuple[Stage, ...]
    end: Table

    @property
    def start(self) -> Table:
        """The table that the rows came from."""
        return self.stages[0].account.tables_in[0]

    @property
    def start_rows(self) -> int | None:
        """How many rows came in at the first stage, from all its tables; None when unknown."""
        return self.stages[0].account.rows_in

    @property
    def last_gap(self) -> int | None:
        """By how many rows the table changed after its last account; None when unknown."""
        return _difference(self.end.rows, self.stages[-1].account.table_out.rows)

    @property
    def unexplained(self) -> int | None:
        """By how many rows more came out than is explained, all differences added; None when unknown.

        Differences of several stages do not cancel each other: each is counted by its size, the sign is that of the
        largest.
        """
        own = [gap for stage in self.stages for gap in (stage.gap, stage.account.unexplained)]
        seen = [*own, self.last_gap]
        known = [gap for gap in seen if gap is not None]
        if len(known) < len(seen):
            return None
        total = sum(map(abs, known))
        return -total if max(known, key=abs, default=0) < 0 else total

    @property
    def entries(self) -> tuple[RowEntry, ...]:
        """What became of rows on the way, of all stages."""
        return tuple(entry for stage in self.stages for entry in stage.account.entries)


def flows(steps: Iterable[StepFinished]) -> list[RowFlow]:
    """Return the ways of rows through *steps*, in the order of their last accounts.

    Example:
        >>> from nbops.records import Status
        >>> raw, clean = Table("raw", "pandas.DataFrame", 930), Table("clean", "pandas.DataFrame", 458)
        >>> keep = RowAccount("keep", (raw,), clean, (RowEntry("cancelled", 472),), sources=(-1,))
        >>> (flow,) = flows([StepFinished(1.0, "r", "clean", Status.PASSED, tables_out=(clean,), accounts=(keep,))])
        >>> flow.start.name, flow.start_rows, flow.end.rows, flow.unexplained
        ('raw', 930, 458, 0)
    """
    nodes: list[Node] = []
    parents: list[int] = []
    every = list(steps)
    for place, step in enumerate(every):
        first = len(nodes)
        for account in step.accounts:
            source = account.sources[0] if account.sources else -1
            before = first + source if source >= 0 else _parent(nodes, account, every[: place + 1])
            parents.append(-1 if account.verb == "view" else before)
            nodes.append((place, step, account))
    used = set(parents)
    return [_flow(nodes, parents, at) for at in range(len(nodes)) if at not in used]


def _parent(nodes: Sequence[Node], account: RowAccount, steps: Sequence[StepFinished]) -> int:
    """Return the account of an earlier step that made the table of *account*, by its name; -1 when there is none.

    A name that was bound to something else in between, without being read, is another table.
    """
    name = account.tables_in[0].name if account.tables_in else ""
    if not name or not _reads(steps[-1], name):
        return -1
    last = len(steps) - 1
    for at in range(len(nodes) - 1, -1, -1):
        place, _, earlier = nodes[at]
        if place < last and earlier.table_out.name == name:
            between = steps[place + 1 : last]
            return at if all(_reads(step, name) for step in between if name in step.writes) else -1
    return -1


def _reads(step: StepFinished, name: str) -> bool:
    return name in step.reads or any(table.name == name for table in step.tables_in)


def _flow(nodes: Sequence[Node], parents: Sequence[int], last: int) -> RowFlow:
    places = [last]
    while parents[places[0]] >= 0:
        places.insert(0, parents[places[0]])
    stages = []
    for before, at in zip([-1, *places], places, strict=False):
        _, step, account = nodes[at]
        gap = 0 if before < 0 else _difference(account.tables_in[0].rows, nodes[before][2].table_out.rows)
        stages.append(Stage(step.step, account, gap))
    _, step, account = nodes[last]
    found = next((table for table in step.tables_out if table.name and table.name == account.table_out.name), None)
    return RowFlow(tuple(stages), found or account.table_out)


def _difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before
