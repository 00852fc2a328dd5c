"""Sources that are tables of a database: a query says what is there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from nbops.errors import UsageError
from nbops.sources.model import SOURCES, Asked, Definition, Delivery, Unreachable
from nbops.sources.patterns import read_pattern
from nbops.sources.urls import expanded, shown_url

__all__ = ["DatabaseSource"]

_MOST_ROWS = 100_000
_AT = ("arrived_at", "loaded_at", "updated_at")
_ROWS = ("rows", "row_count", "count")
_READS = re.compile(r"\s*(select|with|values|table|from|show|describe)\b", re.IGNORECASE)


@SOURCES.register("sql")
class DatabaseSource:
    """What a query returns. Its rows are hashed: the source has changed when they have.

    A query of one row may name what it tells: a column ``arrived_at`` (when the newest rows came) and a column
    ``rows`` (how many there are), as in ``SELECT max(loaded_at) AS arrived_at, count(*) AS rows FROM orders``. A field
    as ``{day:%Y-%m-%d}`` in the query is the day of the delivery.
    """

    def check(self, definition: Definition) -> None:
        """Say what is wrong with an address or a query.

        Raises:
            UsageError: There is no query, it does more than read, or a field of it means nothing.
        """
        where = f"source {definition.name!r}"
        if not definition.query:
            fix = '--query "SELECT max(loaded_at) AS arrived_at, count(*) AS rows FROM orders"'
            raise UsageError("a database needs a query", where=where, fix=fix)
        if not _READS.match(definition.query):
            raise UsageError("the query does more than read", where=where, fix="begin it with SELECT")
        read_pattern(definition.query.replace("*", ""))

    def look(self, definition: Definition, asked: Asked) -> Sequence[Delivery]:
        """Return what the query finds now, for the newest day that matters; nothing when it finds no rows.

        Raises:
            UsageError: The address is none, or its driver is not installed.
            Unreachable: The database does not answer, or refuses the query.
        """
        days = asked.days[:2] if "{" in definition.query else asked.days[:1]
        found = [self._ask(definition, day) for day in reversed(days or (datetime.now(UTC),))]
        return [delivery for delivery in found if delivery is not None]

    def _ask(self, definition: Definition, day: datetime) -> Delivery | None:
        names, rows = _fetch(definition, _dated(definition.query, day))
        key = _key(definition.query, day)
        if not rows:
            return None
        counted = _named(names, rows, _ROWS) if len(rows) == 1 else len(rows)
        if counted == 0:
            return None
        mark = hashlib.blake2b(repr((names, rows)).encode("utf-8", "backslashreplace"), digest_size=16).hexdigest()
        at = _named(names, rows, _AT) if len(rows) == 1 else None
        return Delivery(key, _seconds(at), mark, None, counted if isinstance(counted, int) else None, ("query",))


def _fetch(definition: Definition, query: str) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    import sqlalchemy as sa

    where = shown_url(definition.url)
    try:
        engine = sa.create_engine(expanded(definition.url, definition.name), poolclass=sa.NullPool)
    except ImportError as error:
        raise UsageError(f"the driver of the database is not installed: {error.name}", where=where,
                         fix=f"pip install {error.name}") from None  # fmt: skip
    except sa.exc.ArgumentError:
        raise UsageError("it is no address of a database", where=where, fix="postgresql://user@host/name") from None
    try:
        with engine.connect() as connection:  # never committed: what the query might have done is undone
            result = connection.exec_driver_sql(query)
            rows = [tuple(row) for row in result.fetchmany(_MOST_ROWS + 1)]
            names = tuple(result.keys())
    except sa.exc.SQLAlchemyError as error:
        kind = type(getattr(error, "orig", None) or error).__name__
        raise Unreachable(f"the database did not answer the query ({kind})", where=where, fix=_FIX) from None
    if len(rows) > _MOST_ROWS:
        fix = "let it count: SELECT max(loaded_at) AS arrived_at, count(*) AS rows FROM …"
        what = f"the query returns more than {_MOST_ROWS:,} rows"
        raise UsageError(what, where=f"source {definition.name!r}", fix=fix)
    return names, rows


_FIX = "try the query with the database's own client"


def _dated(query: str, day: datetime) -> str:
    return re.sub(r"\{\w+(?:[+-]\d+)?:[^{}]+\}", lambda found: read_pattern(found[0]).path(day), query)


def _key(query: str, day: datetime) -> str:
    found = re.search(r"\{\w+(?:[+-]\d+)?:[^{}]+\}", query)
    return read_pattern(found[0]).key(day) if found else ""


def _named(names: Sequence[str], rows: Sequence[Sequence[Any]], wanted: Sequence[str]) -> Any:
    return next((rows[0][i] for i, name in enumerate(names) if name.lower() in wanted), None)


def _seconds(moment: Any) -> float | None:
    """Return a moment in seconds since 1970; one without a time zone is UTC, as databases write them."""
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError:
            return None
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(moment, date):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC).timestamp()
    return None
