"""``expect(table).not_null("id").unique("id")``: checks of one table, gathered into one scan.

In a step a chain waits until its run of tests ends, and is then judged with all other chains on the same table.
Elsewhere each check is judged when it is called.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbops.checks.telling import headline
from nbops.errors import CheckFailed, UnknownCheck, UsageError, did_you_mean
from nbops.records import Severity, Status, current_collector

if TYPE_CHECKING:
    from nbops.checks.model import Check

__all__ = ["Chain"]


class Chain:
    """A table and the checks that are expected to hold for it; every check of the vocabulary is a method.

    Args:
        table: The table.
        name: What the names of the results begin with.
        severity: What a failed check means unless it says otherwise itself.
    """

    def __init__(self, table: Any, name: str = "", *, severity: Severity = "fail") -> None:
        self._table = table
        self._name = name
        self._severity = severity
        self._checks: list[Check] = []
        self.is_held = False

    @property
    def table(self) -> Any:
        """The table."""
        return self._table

    @property
    def dataset(self) -> str:
        """What the names of the results begin with."""
        return self._name

    def checks(self) -> tuple[Check, ...]:
        """Return the checks that were called so far."""
        return tuple(self._checks)

    def check(self, *checks: Check) -> Chain:
        """Expect checks that were made before, one of your own among them.

        Example:
            >>> import pandas as pd
            >>> from nbops.checks.values import Positive
            >>> len(Chain(pd.DataFrame({"amount": [1, 2]})).check(Positive("amount")).checks())
            1
        """
        self._checks += checks
        if not self.is_held:
            self._judge(checks)
        return self

    def __getattr__(self, kind: str) -> Callable[..., Chain]:
        if kind.startswith("_"):
            raise AttributeError(kind)
        from nbops.checks.vocabulary import check_class

        try:
            made = check_class(kind, where="expect")
        except UsageError as error:  # an attribute that is not there must say so to hasattr, too
            raise UnknownCheck(error.what, where=error.where, fix=error.fix) from None

        def method(*args: Any, **kwargs: Any) -> Chain:
            if self._severity != "fail":
                kwargs.setdefault("severity", self._severity)
            return self.check(_made(made, kind, args, kwargs))

        method.__name__ = kind
        method.__doc__ = made.__doc__
        method.__signature__ = inspect.signature(made)  # type: ignore[attr-defined]
        return method

    def __dir__(self) -> list[str]:
        """Return the vocabulary, which is what completion offers."""
        from nbops.checks.vocabulary import kinds

        return ["check", *kinds()]

    def __repr__(self) -> str:
        return f"<expect: {len(self._checks)} checks>"

    def _judge(self, checks: tuple[Check, ...]) -> None:
        """Judge checks now, and raise for the first that stops."""
        from nbops.checks.suite import judge_table

        collector = current_collector()
        for result in judge_table(self._table, checks, dataset=self._name):
            if collector is not None:
                collector.report(result)
            elif result.status is Status.WARNED or (result.severity == "warn" and result.status is Status.ERROR):
                warnings.warn(headline(result), stacklevel=3)
            elif result.status is not Status.PASSED:
                raise CheckFailed(headline(result))


def _made(made: type[Check], kind: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Check:
    """Return a check of the class *made*; arguments that do not fit are told in the words of its kind."""
    from nbops.checks.vocabulary import usage

    signature = inspect.signature(made)
    for unknown in (name for name in kwargs if name not in signature.parameters):
        raise UsageError(
            f"{kind} has no argument {unknown!r}", where="expect", fix=did_you_mean(unknown, list(signature.parameters))
        )
    try:
        signature.bind(*args, **kwargs)
    except TypeError as error:
        raise UsageError(f"{kind}: {error}", where="expect", fix=usage(made)) from error
    return made(*args, **kwargs)
