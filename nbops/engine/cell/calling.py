"""Calling the test functions of a ``%%test`` cell."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

from nbops.checks.verdict import Verdict
from nbops.records import Status

__all__ = ["call", "fixtures", "outcome_of"]

_OUTCOMES = {"Skipped": Status.SKIPPED, "SkipTest": Status.SKIPPED, "Failed": Status.FAILED}


def fixtures(function: Callable[..., object]) -> dict[str, object]:
    """Return the arguments of a test function: the values of the notebook that have their names.

    Raises:
        NameError: The notebook has no such name, and the function no default.
    """
    known = getattr(inspect.unwrap(function), "__globals__", {})
    arguments: dict[str, object] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if name in known:
            arguments[name] = known[name]
        elif parameter.default is parameter.empty:
            raise NameError(f"the test asks for {name!r}, and the notebook has no such name")
    return arguments


def call(function: Callable[..., object], arguments: Mapping[str, object]) -> None:
    """Call a test function, and run it to its end when it is asynchronous."""
    result = function(**arguments)
    if inspect.iscoroutine(result):
        _await(result)


def _await(coroutine: Any) -> None:
    """Run *coroutine* to its end in a loop of its own: the cell's loop is busy with the cell."""
    raised: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            context.run(asyncio.run, coroutine)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread of the cell
            raised.append(error)

    thread = threading.Thread(target=work, name="nbops-async-test")
    thread.start()
    thread.join()
    if raised:
        raise raised.pop()


def outcome_of(error: BaseException) -> Verdict | None:
    """Return the verdict that pytest's or unittest's own exceptions stand for; None for all others."""
    origins = {base.__module__.partition(".")[0] for base in type(error).__mro__}  # pytest hides where its own are from
    status = None if origins.isdisjoint(("_pytest", "unittest")) else _OUTCOMES.get(type(error).__name__)
    return Verdict(status, str(error)) if status else None
