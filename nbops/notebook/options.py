"""What a mark says about its step: the name, then options, each with a clear error."""

from __future__ import annotations

import ast
import functools
import keyword
import re
import shlex
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.pipeline.step import StepOptions
from nbops.settings import duration

__all__ = ["read_options"]

_STEP_NAME = re.compile(r"\w[\w.-]*")
_OPTIONS = {
    "-i": "inputs",
    "--in": "inputs",
    "-o": "outputs",
    "--out": "outputs",
    "--after": "after",
    "--retries": "retries",
    "--retry-delay": "retry_delay_seconds",
    "--timeout": "timeout_seconds",
    "--cache": "cache_seconds",
    "--needs": "needs",
    "--when": "when",
    "--on-fail": "on_fail",
    "--owner": "owner",
    "--doc": "doc",
}
_REPEATABLE = frozenset({"after", "needs"})
_OF_TESTS = frozenset({"timeout_seconds", "when", "on_fail", "owner", "doc"})


@functools.lru_cache(maxsize=1024)
def read_options(kind: str, text: str, where: str) -> StepOptions:
    """Return what the rest of a mark says.

    Args:
        kind: What the mark makes of its cell: ``step``, ``test``, ``params`` or ``skip``.
        text: What stands behind that word.
        where: Where the mark stands, for errors.

    Raises:
        UsageError: There is no name, an option is unknown, given twice, without a value, or its value means nothing.

    Example:
        >>> read_options("step", "clean -i orders,rates --timeout 10m", "line 1").inputs
        ('orders', 'rates')
    """
    words = _words(text, where)
    if kind in ("params", "skip"):
        if words:
            raise UsageError(f"{kind} takes no argument, not {words[0]!r}", where=where, fix=f"write %%{kind} alone")
        return StepOptions(name="")
    name, found = _sorted_out(kind, words, where)
    return StepOptions(name=name, **found)


def _words(rest: str, where: str) -> list[str]:
    try:
        words = shlex.split(rest, comments=True)
    except ValueError as error:
        raise UsageError(f"a quote is not closed: {error}", where=where, fix="close it, or write \\' for '") from error
    joined: list[str] = []
    for word in words:  # "-i a, b" means "-i a,b"
        if joined and joined[-1].endswith(",") and not word.startswith("-"):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _sorted_out(kind: str, words: list[str], where: str) -> tuple[str, dict[str, Any]]:
    name, found, rest = "", dict[str, Any](), iter(words)
    for word in rest:
        if word.startswith("-"):
            option, equals, value = word.partition("=")
            field = _field(kind, option, where)
            if field in found and field not in _REPEATABLE:
                raise UsageError(f"{option} is given twice", where=where, fix=f"keep one {option}")
            text = value if equals else next(rest, "")
            if not text or (not equals and text in _OPTIONS):
                raise UsageError(f"{option} needs a value", where=where, fix=f"{option} {_EXAMPLES[field]}")
            value_read = _READERS.get(field, _text)(option, text, where)
            found[field] = found[field] + value_read if field in found else value_read
        elif name:
            raise UsageError(f"what {word!r} means is unclear", where=where, fix="one name, then --options")
        else:
            name = _checked_name(kind, word, where)
    if not name:
        raise UsageError(f"the {kind} has no name", where=where, fix=f"%%{kind} NAME")
    return name, found


def _field(kind: str, option: str, where: str) -> str:
    if option not in _OPTIONS:
        raise UsageError(f"unknown option {option!r}", where=where, fix=did_you_mean(option, _OPTIONS))
    field = _OPTIONS[option]
    if kind == "test" and field not in _OF_TESTS:
        raise UsageError(f"{option} means nothing for a %%test", where=where, fix="give it to the step")
    return field


def _checked_name(kind: str, name: str, where: str) -> str:
    if not _STEP_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a {kind}: letters, digits, _ - . only", where=where, fix=f"%%{kind} load_orders"
        )
    return name


def _text(option: str, text: str, where: str) -> str:
    return text


def _listed(option: str, text: str, where: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def _variables(option: str, text: str, where: str) -> tuple[str, ...]:
    names = _listed(option, text, where)
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UsageError(f"{option}: {name!r} is no name of a variable", where=where, fix=f"{option} orders,rates")
    return names


def _steps(option: str, text: str, where: str) -> tuple[str, ...]:
    return tuple(_checked_name("step", name, where) for name in _listed(option, text, where))


def _whole_number(option: str, text: str, where: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{option} is {text!r}, not a whole number from 0", where=where, fix=f"{option} 3")
    return int(text)


def _seconds(option: str, text: str, where: str) -> float:
    try:
        return duration(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error.what}", where=where, fix=f"{option} 10m (90s, 10m, 2h, 30d)") from error


def _expression(option: str, text: str, where: str) -> str:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"{option}: {text!r} is no expression of Python", where=where, fix=f'{option} "len(orders) > 0"'
        ) from error
    return text


def _stop_or_warn(option: str, text: str, where: str) -> str:
    if text not in ("stop", "warn"):
        raise UsageError(f"{option} is {text!r}", where=where, fix=did_you_mean(text, ["stop", "warn"]))
    return text


_READERS = {
    "inputs": _variables,
    "outputs": _variables,
    "after": _steps,
    "retries": _whole_number,
    "retry_delay_seconds": _seconds,
    "timeout_seconds": _seconds,
    "cache_seconds": _seconds,
    "needs": _listed,
    "when": _expression,
    "on_fail": _stop_or_warn,
}
_EXAMPLES = {
    "inputs": "orders,rates",
    "outputs": "orders",
    "after": "load",
    "retries": "3",
    "retry_delay_seconds": "10s",
    "timeout_seconds": "10m",
    "cache_seconds": "1h",
    "needs": "orders_feed",
    "when": '"len(orders) > 0"',
    "on_fail": "warn",
    "owner": "ada@example.org",
    "doc": '"orders of the day"',
}
