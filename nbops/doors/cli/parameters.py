"""``-p NAME VALUE``, ``-p NAME=VALUE`` and ``-f FILE``: the parameters of a run, as typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from nbops.errors import UsageError

__all__ = ["WithParameters", "read_parameters"]

_PAIR = re.compile(r"[^\W\d]\w*=", re.UNICODE)
_FLAGS = ("-p", "--parameter", "--parameters")


class WithParameters(click.Command):
    """A command whose ``-p`` takes ``NAME=VALUE`` as one word, or ``NAME VALUE`` as two."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join ``-p NAME VALUE`` to ``-p NAME=VALUE`` before click reads the arguments."""
        return super().parse_args(ctx, join_pairs(args))


def join_pairs(args: list[str]) -> list[str]:
    """Return *args* with the two words after a ``-p`` made one.

    Example:
        >>> join_pairs(["sales.ipynb", "-p", "day", "2013-01-01", "-p", "low=-5"])
        ['sales.ipynb', '-p', 'day=2013-01-01', '-p', 'low=-5']
    """
    joined: list[str] = []
    rest = iter(args)
    for word in rest:
        joined.append(word)
        if word == "--":
            break
        if word not in _FLAGS:
            continue
        name = next(rest, None)
        if name is None:
            break
        if _PAIR.match(name):
            joined.append(name)
            continue
        value = next(rest, None)
        if value is None:
            raise UsageError(f"the parameter {name!r} has no value", where="-p", fix=f"-p {name} VALUE")
        joined.append(f"{name}={value}")
    return [*joined, *rest]


def read_parameters(pairs: tuple[str, ...], file: str | None) -> dict[str, Any]:
    """Return the parameters of *file* with those of *pairs* over them; values of pairs are text.

    Raises:
        UsageError: A pair has no name, the file cannot be read or holds no mapping, or a name comes twice.
    """
    parameters = _read_file(Path(file)) if file else {}
    typed: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if not name.isidentifier():
            raise UsageError(f"{name!r} is no name of a parameter", where="-p", fix="-p NAME=VALUE")
        if name in typed:
            raise UsageError(f"the parameter {name!r} is given twice", where="-p", fix=f"give one value for {name}")
        typed[name] = value
    return {**parameters, **typed}


def _read_file(file: Path) -> dict[str, Any]:
    import yaml

    fix = "a YAML or JSON file with one `name: value` a line"
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError(f"no file {str(file)!r}", where="-f", fix=fix) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"the parameters cannot be read: {error}", where=str(file), fix=fix) from error
    if not isinstance(found or {}, dict):
        raise UsageError(f"holds a {type(found).__name__}, not names and values", where=str(file), fix=fix)
    return {str(name): value for name, value in (found or {}).items()}
