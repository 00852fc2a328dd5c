"""Where a hub is: a SQLite file or a PostgreSQL database, and how that is told without its password.

A password belongs into ``~/.pgpass``, the file that ``PGPASSFILE`` names, or a service file; PostgreSQL's library reads
them. One that stands in the address works too, and is never told to anybody.
"""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import quote, quote_plus

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from nbops.errors import UsageError
from nbops.store.masking import HIDDEN, SECRETS, masked
from nbops.store.project import Project

__all__ = ["hub_url", "shown", "without_secrets"]

_GIVEN = "--hub, NBOPS_HUB or the setting hub"
_ADDRESS = "write sqlite:////path/to/hub.db, or postgresql://user@host/database"
_POSTGRES = ("postgresql", "postgres")


def hub_url(project: Project, where: str = "") -> URL:
    """Return the URL of a hub: of the project's own when *where* is empty, else of that URL or path of a SQLite file.

    Raises:
        UsageError: *where* is no URL, or of a database that is not known, or whose driver is missing.

    Example:
        >>> from pathlib import Path
        >>> str(hub_url(Project(Path("/srv/nbops")), "team.db"))
        'sqlite:////srv/nbops/team.db'
    """
    if "://" not in where:
        return URL.create("sqlite", database=str(project.root / where if where else project.hub_file))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):  # not chained: it may tell a part of the password
        raise UsageError(f"{masked(where)!r} is no address of a hub", where=_GIVEN, fix=_ADDRESS) from None
    kind, _, driver = url.drivername.partition("+")
    if kind == "sqlite":
        return url
    if kind not in _POSTGRES or driver not in ("", "psycopg"):
        raise UsageError(f"a hub cannot be kept in {url.drivername}", where=_GIVEN, fix=_ADDRESS)
    if find_spec("psycopg") is None:
        raise UsageError("a hub in PostgreSQL needs psycopg", where=shown(url), fix="pip install 'nbops[postgres]'")
    return url.set(drivername="postgresql+psycopg")


def shown(url: URL) -> str:
    """Return how a hub is called in lists, errors and records: the file's path, or the address without its password.

    Example:
        >>> shown(make_url("postgresql+psycopg://ada:secret@db.example/nbops?sslmode=require"))
        'postgresql://ada@db.example/nbops?sslmode=require'
        >>> shown(make_url("sqlite:///team.db")), shown(make_url("sqlite://"))
        ('team.db', 'memory')
    """
    if url.get_backend_name() == "sqlite":
        return url.database if url.database and url.database != ":memory:" else "memory"
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database)
    public = {name: value for name, value in url.query.items() if name.lower() not in SECRETS}
    return plain.update_query_dict(public).render_as_string(hide_password=False)


def without_secrets(text: str, url: URL) -> str:
    """Return *text*, which a database said, with the password that stands in *url* hidden, however it is spelled."""
    secrets = [url.password, *(value for name, value in url.query.items() if name.lower() in SECRETS)]
    for secret in filter(None, map(_word, secrets)):
        for spelled in {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}:
            text = text.replace(spelled, HIDDEN)
    return text


def _word(secret: object) -> str:
    return "".join(secret) if isinstance(secret, tuple) else str(secret or "")
