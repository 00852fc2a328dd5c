"""A notebook as a graph of steps: structures only. :mod:`nbops.notebook` makes them, everything else reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Edge", "Parameter", "Pipeline", "Step", "StepOptions"]


@dataclass(frozen=True, slots=True)
class StepOptions:
    """What a ``%%step`` line says. Durations in seconds.

    Args:
        name: The step's name; for ``%%test`` the name of the step that is tested.
        inputs: Names pinned with ``-i``; None leaves them to the dataflow.
        outputs: Names pinned with ``-o``; None leaves them to the dataflow.
        after: Steps that must come before, whatever the dataflow says.
        retries: How many more attempts after a failed one.
        retry_delay_seconds: How long to wait before the first of them; each further wait is twice as long.
        timeout_seconds: The longest that one attempt may take; None means no limit.
        cache_seconds: How long a stored result may be reused; None means never.
        needs: Sources that must have arrived, as typed (``feed:wait=30m``).
        when: An expression; the step is skipped when it is false.
        on_fail: ``stop`` ends the run when a test fails, ``warn`` records it as a warning and goes on.
        owner: Who answers for it.
        doc: What it is for.
    """

    name: str
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    after: tuple[str, ...] = ()
    retries: int = 0
    retry_delay_seconds: float = 1.0
    timeout_seconds: float | None = None
    cache_seconds: float | None = None
    needs: tuple[str, ...] = ()
    when: str = ""
    on_fail: Literal["stop", "warn"] = "stop"
    owner: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a notebook, as its ``%%params`` (or ``parameters``-tagged) cell declares it.

    Args:
        name: The variable's name.
        annotation: The declared type as written; empty when there is none.
        default: The default as written; empty when there is none (then it must be given).
        doc: The comment behind it.
        is_secret: Whether its value must never be written anywhere.
    """

    name: str
    annotation: str = ""
    default: str = ""
    doc: str = ""
    is_secret: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the cells that make it, what it reads and makes.

    Args:
        name: Its name, unique in the notebook.
        cells: Indexes of its cells in the notebook, counted from 0, attached plain cells included, in order.
        test_cells: Indexes of the ``%%test`` cells that judge it.
        options: What its first ``%%step`` line says.
        inputs: Names it reads that an earlier step or the setup made (pinned ones as pinned).
        outputs: Names it makes, rebinds or mutates.
        source_hash: Hash of its code without comments and formatting; two steps with the same one do the same.
        tests: The names of its tests as far as they can be read from the code.
    """

    name: str
    cells: tuple[int, ...]
    options: StepOptions
    test_cells: tuple[int, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    source_hash: str = ""
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """*target* depends on *source*. Steps are named; ``""`` is the setup.

    Args:
        names: The variables that pass along it; empty for an ``--after``.
        reason: One line that says why, as ``reads orders in line 3``.
    """

    source: str
    target: str
    names: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The steps of one notebook, in its order, with the edges between them.

    Args:
        name: The notebook's path without suffix, relative to the project root where it lies in it.
        path: The notebook's path as given; empty for cells without a file.
        steps: The steps, in the order of the notebook.
        edges: Who depends on whom, and why; from the setup too.
        parameters: What can be given to a run.
        setup_cells: Indexes of the plain cells before the first step.
        plain_cells: Indexes of the plain cells that belong to no step (they run all the same).
        plain_needs: For each of *plain_cells* that reads what steps make, those steps; through other plain cells too.
        problems: What is odd about it, one sentence each (a cell that cannot be parsed, an undeclared mutation).
    """

    name: str
    path: str = ""
    steps: tuple[Step, ...] = ()
    edges: tuple[Edge, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    setup_cells: tuple[int, ...] = ()
    plain_cells: tuple[int, ...] = ()
    problems: tuple[str, ...] = field(default=())
    plain_needs: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def step(self, name: str) -> Step:
        """Return the step of that name.

        Raises:
            KeyError: There is none.
        """
        return self.by_name[name]

    @property
    def by_name(self) -> Mapping[str, Step]:
        """The steps by name, in order."""
        return {step.name: step for step in self.steps}
