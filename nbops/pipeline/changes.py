"""What is found out about a run that went wrong: what changed since the last good one, and where an error came in.

Structures only; :mod:`nbops.engine` fills them, :mod:`nbops.views` shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Change", "Changes", "CodeChange", "Findings", "Origin", "Seen"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was.

    Args:
        what: What it is, as ``rows of orders`` or ``nulls in orders.amount``.
        before: How it was, as text; empty when there was none.
        now: How it is; empty when it is gone.
        is_large: Whether it stands out: it is shown first, and named in the card.
    """

    what: str
    before: str = ""
    now: str = ""
    is_large: bool = False


@dataclass(frozen=True, slots=True)
class CodeChange:
    """The code of one step, or of the plain cells, that is not as it was.

    Args:
        name: The step; ``plain cells`` for those outside all steps.
        diff: The lines of a unified diff, without its head.
        is_layout: Whether only comments and layout changed.
    """

    name: str
    diff: tuple[str, ...] = ()
    is_layout: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed between two runs of a notebook.

    Args:
        run: The earlier run; empty when there is none, and only what is unknown is told.
        at: When it began, in seconds since 1970.
        code: What changed in the code.
        parameters: What changed in the parameters.
        files: Files that steps read and that are not the same.
        schema: Columns and their types.
        profile: Rows, nulls and simple statistics.
        packages: Versions of packages.
        unknown: What could not be compared, and why, one sentence each.
    """

    run: str
    at: float = 0.0
    code: tuple[CodeChange, ...] = ()
    parameters: tuple[Change, ...] = ()
    files: tuple[Change, ...] = ()
    schema: tuple[Change, ...] = ()
    profile: tuple[Change, ...] = ()
    packages: tuple[Change, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a test said about one version of a variable.

    Args:
        step: The step that made that version; ``cell 3`` for a plain cell.
        variable: Its name there.
        outcome: ``fails``, ``passes`` or ``unknown``.
        detail: How many rows, or why nobody can tell.
    """

    step: str
    variable: str
    outcome: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the error that a failed test found came in.

    Args:
        test: The test's name.
        at: The step in which it failed.
        step: The first step at which it fails; empty when that could not be found out.
        variable: The variable of that step.
        how: In one sentence, how that is known, or why it is not.
        seen: The versions that were tested, in the order of the notebook.
    """

    test: str
    at: str
    step: str = ""
    variable: str = ""
    how: str = ""
    seen: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is found out about one run that went wrong."""

    changes: Changes | None = None
    origins: tuple[Origin, ...] = field(default=())
