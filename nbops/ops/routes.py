"""Routes: who is told of what, where, and when; ``[tool.nbops.notices]`` of the project.

::

    [tool.nbops.notices]
    smtp = "smtp://mailer@mail.example.org:587"     # password: secret:SMTP_PASSWORD in `password`
    password = "secret:SMTP_PASSWORD"
    from = "nbops@example.org"
    timezone = "Europe/Berlin"

    [tool.nbops.notices.routes.team]
    to = "https://chat.example.org/hooks/data"      # or owner, mailto:…, file:…, console, any address of Apprise
    notebooks = ["orders_*"]
    envs = ["prod"]
    tell = ["open", "back again", "fixed"]
    after = 2                                        # how often it must have occurred since it last went well
    quiet = "22:00-06:00"                            # told when the quiet hours end
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import re
import tomllib
import zoneinfo
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.pipeline.incident import Incident
from nbops.pipeline.reference import notebook_name

__all__ = ["EVENTS", "Mail", "Quiet", "Route", "Routes", "read_routes"]

EVENTS = ("open", "back again", "fixed")
"""What a route may tell of."""

_KEYS = {"to", "notebooks", "datasets", "owners", "envs", "tell", "after", "quiet"}
_HEAD = {"smtp", "password", "from", "timezone", "routes"}
_HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the day in which nothing is told, in the time zone of the routes; they may go over midnight."""

    begin: dt.time
    end: dt.time

    def until(self, moment: dt.datetime) -> dt.datetime:
        """Return when something may be told that happened at *moment*: then, or when the quiet hours end.

        Example:
            >>> night = Quiet(dt.time(22), dt.time(6))
            >>> night.until(dt.datetime(2026, 11, 27, 23, 30)).isoformat()
            '2026-11-28T06:00:00'
            >>> night.until(dt.datetime(2026, 11, 27, 12)).isoformat()
            '2026-11-27T12:00:00'
        """
        now = moment.time()
        goes_over = self.begin > self.end
        inside = (now >= self.begin or now < self.end) if goes_over else self.begin <= now < self.end
        if not inside:
            return moment
        day = moment.date() + dt.timedelta(days=1 if goes_over and now >= self.begin else 0)
        return dt.datetime.combine(day, self.end, moment.tzinfo)


@dataclass(frozen=True, slots=True)
class Mail:
    """How mail is sent: ``smtp://user@host:port`` or ``smtps://…``, a password, and who it comes from."""

    url: str = ""
    password: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Who is told of what, and when.

    Args:
        name: What it is called.
        to: Where it goes: ``console``, ``file:PATH``, ``http(s)://…``, ``mailto:A,B``, ``owner``, or an address that
            Apprise knows. ``secret:NAME`` stands for an environment variable.
        notebooks: Patterns of notebooks' names; empty: all.
        datasets: Patterns of what an incident may be about, as the name of a failed test or a reported dataset.
        owners: Only incidents of these owners; empty: of all.
        envs: Only in these environments; empty: in all.
        tell: Which events are told.
        after: How often it must have occurred before the first is told.
        quiet: When nothing is told; None: never.
    """

    name: str
    to: str
    notebooks: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    envs: tuple[str, ...] = ()
    tell: tuple[str, ...] = EVENTS
    after: int = 1
    quiet: Quiet | None = None

    def wants(self, one: Incident, event: str) -> bool:
        """Return whether this route tells of *event* of an incident."""
        last = one.last
        name = notebook_name(last.notebook)
        return (
            event in self.tell
            and _fits(self.notebooks, name, name.rsplit("/", 1)[-1])
            and _fits(self.datasets, last.name, last.name.rsplit("/", 1)[-1])
            and (not self.owners or one.owner in self.owners)
            and (not self.envs or last.env in self.envs)
            and (one.in_a_row >= self.after or event == "fixed")
        )


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes of a project, how mail is sent, and the time zone of quiet hours."""

    routes: tuple[Route, ...]
    mail: Mail = Mail()
    zone: dt.tzinfo | None = None
    is_default: bool = False

    def due(self, route: Route, at: float) -> float:
        """Return when *route* may tell of something that happened *at*, both in seconds since 1970."""
        if route.quiet is None:
            return at
        return route.quiet.until(dt.datetime.fromtimestamp(at, self.zone).astimezone(self.zone)).timestamp()


def read_routes(root: Path) -> Routes:
    """Return the routes of the project at *root*. Without any, failures go to the owner, or to the console.

    Raises:
        UsageError: The table cannot be read, or a route cannot be meant.
    """
    file = root / "pyproject.toml"
    table = _table(file)
    where = f"{file} [tool.nbops.notices]"
    _known(table, _HEAD, where)
    mail = Mail(_text(table, "smtp", where), _text(table, "password", where), _text(table, "from", where))
    routes = tuple(_route(name, found, where) for name, found in dict(table.get("routes", {})).items())
    zone = _zone(_text(table, "timezone", where), where)
    if routes:
        return Routes(routes, mail, zone)
    return Routes((Route("default", "owner" if mail.url else "console"),), mail, zone, is_default=True)


def _fits(patterns: tuple[str, ...], *names: str) -> bool:
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns for name in names)


def _table(file: Path) -> dict[str, Any]:
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise UsageError(f"pyproject.toml cannot be read: {error}", where=str(file), fix=f"open {file}") from error
    found = tool.get("nbops", {}).get("notices", {})
    if not isinstance(found, dict):
        raise UsageError("notices must be a table", where=str(file), fix="[tool.nbops.notices]")
    return found


def _route(name: str, table: Any, where: str) -> Route:
    where = where.replace("notices]", f"notices.routes.{name}]")
    if not isinstance(table, dict):
        raise UsageError(
            "a route must be a table", where=where, fix=f'[tool.nbops.notices.routes.{name}]\nto = "owner"'
        )
    _known(table, _KEYS, where)
    to = _text(table, "to", where)
    if not to:
        raise UsageError("a route without an address", where=where, fix='to = "owner"')
    tell = _names(table, "tell", where) or EVENTS
    for event in tell:
        if event not in EVENTS:
            raise UsageError(f"nothing is told of {event!r}", where=where, fix=did_you_mean(event, EVENTS))
    after = table.get("after", 1)
    if not isinstance(after, int) or isinstance(after, bool) or after < 1:
        raise UsageError(f"after must be a whole number from 1, not {after!r}", where=where, fix="after = 2")
    many = {key: _names(table, key, where) for key in ("notebooks", "datasets", "owners", "envs")}
    return Route(name, to, **many, tell=tell, after=after, quiet=_quiet(_text(table, "quiet", where), where))


def _known(table: dict[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise UsageError(f"unknown setting {key!r}", where=where, fix=did_you_mean(key, known))


def _text(table: dict[str, Any], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise UsageError(f"{key} must be text, not {value!r}", where=where, fix=f'{key} = "{value}"')
    return value.strip()


def _names(table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(f"{key} must be a list of texts, not {value!r}", where=where, fix=f'{key} = ["…"]')
    return tuple(value)


def _quiet(text: str, where: str) -> Quiet | None:
    if not text:
        return None
    found = _HOURS.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        begin, end = (dt.time(int(found[i]), int(found[i + 1])) for i in (1, 3))
    except ValueError:
        raise UsageError(f"{text!r} are no hours", where=where, fix='quiet = "22:00-06:00"') from None
    if begin == end:
        raise UsageError("quiet hours of a whole day tell nothing", where=where, fix='quiet = "22:00-06:00"')
    return Quiet(begin, end)


def _zone(name: str, where: str) -> dt.tzinfo | None:
    if not name:
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(f"unknown time zone {name!r}", where=where, fix='timezone = "Europe/Berlin"') from error
