"""Every error that nbops raises, and the exit code that each one means.

An error says three things: *what* happened (name, observed value, allowed value), *where*, and how to
*fix* it (something to type or to open)::

    NbopsError                          2  could not be judged
    ├── UsageError        ValueError    4  a flag, a reference, a parameter, not a notebook
    │   ├── NotebookError               4  a file that is no notebook, or cannot be read as one
    │   ├── ParameterError              4  an unknown parameter, or a value of the wrong type
    │   ├── PipelineError               4  duplicate steps, a cycle, an unknown step
    │   ├── UnknownCheck      AttributeError  4  a check that the vocabulary does not have
    │   └── ReferenceNotFound  LookupError  4  a REF that names nothing, or more than one thing
    ├── NothingSelected   LookupError   5  a selection that holds no step
    ├── Refused                         3  a gate refused, nothing ran
    ├── HubError          OSError       2  the hub cannot be read or written
    │   └── HubVersionError             2  the hub, or a record, was written by a newer nbops
    ├── ArtifactError                   2  a kept value is missing, damaged, or signed by somebody else
    ├── KernelError       RuntimeError  2  no kernel, a dead kernel, a kernel of another language
    ├── OutputError       OSError       2  the executed notebook or a report cannot be written
    ├── CheckFailed       AssertionError  1  an ``expect`` outside a step judged its data wrong
    └── StepFailed        AssertionError  1  a step's tests judged its data wrong
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "ArtifactError",
    "CheckFailed",
    "HubError",
    "HubVersionError",
    "KernelError",
    "NbopsError",
    "NotebookError",
    "NothingSelected",
    "OutputError",
    "ParameterError",
    "PipelineError",
    "ReferenceNotFound",
    "Refused",
    "StepFailed",
    "UnknownCheck",
    "UsageError",
    "did_you_mean",
]


class NbopsError(Exception):
    """What happened, where, and what to do about it.

    Args:
        what: One sentence: the name, the value seen, the value allowed.
        where: The file, step, cell or line. Empty when there is no place.
        fix: Something to type or to open. Empty only when nothing can be done.

    Example:
        >>> print(NbopsError("no step named 'laod'", where="sales.ipynb", fix="nbops show sales"))
        no step named 'laod'
          where: sales.ipynb
          fix:   nbops show sales
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.fix:
            lines.append("  fix:   " + self.fix.replace("\n", "\n         "))
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries, so keyword-only arguments must survive pickling."""
        return _rebuild, (type(self), self.what, self.where, self.fix)


def _rebuild(kind: type[NbopsError], what: str, where: str, fix: str) -> NbopsError:
    return kind(what, where=where, fix=fix)


class UsageError(NbopsError, ValueError):
    """What was typed cannot be meant: a flag, a reference, a parameter, a file."""

    exit_code = 4


class NotebookError(UsageError):
    """A file is no notebook, or cannot be read as one."""


class ParameterError(UsageError):
    """A parameter is unknown, or its value is not of the declared type."""


class PipelineError(UsageError):
    """The steps of a notebook do not make a pipeline: a duplicate, a cycle, an unknown step."""


class UnknownCheck(UsageError, AttributeError):
    """A check that the vocabulary does not have was called as a method of a table."""


class ReferenceNotFound(UsageError, LookupError):
    """A REF names nothing, or more than one thing."""


class NothingSelected(NbopsError, LookupError):
    """A selection holds no step."""

    exit_code = 5


class Refused(NbopsError):
    """A gate refused, and nothing ran."""

    exit_code = 3


class HubError(NbopsError, OSError):
    """The hub cannot be read or written."""


class HubVersionError(HubError):
    """The hub, or a record, was written by a newer nbops."""


class ArtifactError(NbopsError):
    """A kept value is missing, damaged, or not ours. The step that made it can always run again."""


class KernelError(NbopsError, RuntimeError):
    """There is no such kernel, it died, or it speaks another language."""


class OutputError(NbopsError, OSError):
    """The executed notebook or a report cannot be written."""


class CheckFailed(NbopsError, AssertionError):
    """An ``expect`` outside a step judged its data wrong."""

    exit_code = 1


class StepFailed(NbopsError, AssertionError):
    """The tests of a step judged its data wrong."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """Tell IPython to show what failed instead of a traceback through generated code."""
        return f"{type(self).__name__}: {self}".splitlines()


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the hint that lists the nearest known names, or all of them when none is near.

    Example:
        >>> did_you_mean("retires", ["retries", "timeout"])
        "did you mean 'retries'?"
        >>> did_you_mean("x", ["retries", "timeout"])
        'known: retries, timeout'
        >>> did_you_mean("x", [])
        'nothing is known by any name'
    """
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(repr(n) for n in near)}?"
    return f"known: {', '.join(names)}" if names else "nothing is known by any name"
