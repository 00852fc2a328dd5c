"""What a source is: how it is defined, what a look at it finds, and what a kind of source must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nbops.errors import NbopsError
from nbops.registry import Registry

if TYPE_CHECKING:
    from nbops.store.hub import Hub

__all__ = ["SOURCES", "Asked", "Definition", "Delivery", "Source", "Unreachable"]


class Unreachable(NbopsError, OSError):
    """A source could not be looked at, so nobody knows whether anything arrived."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Definition:
    """One source, as people defined it.

    Args:
        name: Its name.
        url: Where it is: a path or a URL, with fields as ``{day:%Y-%m-%d}``; ``${NAME}`` is taken from the environment.
        query: What to ask a database.
        cron: When it is expected, as five fields of cron.
        margin: How much later than that it may come.
        by: Until when it is expected, as ``06:30 on weekdays``.
        tz: The time zone of *cron*, *by* and of what is learned, as ``Europe/Berlin``; empty: the system's.
        parts: The parts that make a delivery complete; they stand for ``{part}`` in *url*.
        holidays: Days on which nothing is expected, as ``2026-12-25``.
        provider: Who delivers it; empty: the source itself.
        owner: Who answers for it.
        kind: The name of the kind of source; empty when the URL tells.
        declared_in: The file that defines it; empty when that is the code that runs.
    """

    name: str
    url: str
    query: str = ""
    cron: str = ""
    margin: str = "15m"
    by: str = ""
    tz: str = ""
    parts: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()
    provider: str = ""
    owner: str = ""
    kind: str = ""
    declared_in: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery, as a look at its source found it.

    Args:
        key: The day or moment that it is for, as ``2026-11-20``; empty when its name does not tell.
        at: When it arrived, in seconds since 1970, as the source tells; None when it does not.
        fingerprint: What its content is recognised by; empty when it was not read.
        size: How many bytes it has; None when unknown.
        rows: How many rows it has; None when nobody counted.
        parts: The names of its parts that are there.
    """

    key: str = ""
    at: float | None = None
    fingerprint: str = ""
    size: int | None = None
    rows: int | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a look is to find out.

    Args:
        root: The project's root; relative paths start there.
        days: The moments of the deliveries that matter now, the newest first, in the time zone of the source.
        is_history: Whether all earlier deliveries are wanted too, by name and time alone.
        hub: Opens the hub, for sources that are datasets of other pipelines.
        env: The environment whose datasets are meant.
    """

    root: Path
    days: tuple[datetime, ...] = ()
    is_history: bool = True
    hub: Callable[[], Hub] | None = field(default=None)
    env: str = ""


class Source(Protocol):
    """One kind of source: files, a database, a web server. Packages add kinds by the entry point ``nbops.source``."""

    def check(self, definition: Definition) -> None:
        """Say what is wrong with a definition, without looking at the source.

        Raises:
            UsageError: It cannot be meant.
        """

    def look(self, definition: Definition, asked: Asked) -> Sequence[Delivery]:
        """Return the deliveries that are there, the oldest first; those of *asked* with their content's fingerprint.

        Raises:
            Unreachable: It cannot be looked at.
        """


SOURCES: Registry[type[Source]] = Registry("source")
"""The kinds of sources, by name."""
