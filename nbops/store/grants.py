"""Who may do what to a hub in PostgreSQL: the rights of a role, as SQL that the owner of the hub says once.

A *reader* sees everything. A *runner* also takes records in, as machines do that run notebooks; it can neither forget
runs nor change the tables. The *owner* made the tables, and so may do both.
"""

from __future__ import annotations

from collections.abc import Iterator

from nbops.store import schema

__all__ = ["ROLES", "grants"]

ROLES = ("reader", "runner")
"""The roles that are given rights; the owner has them."""

_ADDED_TO = {
    "entry": "INSERT",
    "run": "INSERT, UPDATE",
    "part": "INSERT, UPDATE",
    "test": "INSERT",
    "dataset": "INSERT",
    "dataset_summary": "INSERT, UPDATE, DELETE",
    "incident": "INSERT",
    "occurrence": "INSERT, DELETE",
    "notice": "INSERT, UPDATE",
    "source": "INSERT",
    "journal": "INSERT, UPDATE",
    "archive": "INSERT, UPDATE",
    "slot": "INSERT, UPDATE",
    "server": "INSERT, UPDATE, DELETE",
}


def grants(kind: str, role: str, *, place: str = "public") -> Iterator[str]:
    """Yield the statements that make *role* a reader or a runner.

    Args:
        kind: One of :data:`ROLES`.
        role: The role's name.
        place: The schema of the database in which the hub's tables are.

    Raises:
        KeyError: There is no such kind.

    Example:
        >>> next(iter(grants("reader", "nbops_reader")))
        'GRANT USAGE ON SCHEMA public TO nbops_reader;'
    """
    added = {"reader": {}, "runner": _ADDED_TO}[kind]
    tables = sorted(["alembic_version", *schema.metadata.tables])
    yield f"GRANT USAGE ON SCHEMA {place} TO {role};"
    yield f"GRANT SELECT ON {', '.join(f'{place}.{name}' for name in tables)} TO {role};"
    for rights in sorted(set(added.values())):
        names = ", ".join(f"{place}.{name}" for name in tables if added.get(name) == rights)
        yield f"GRANT {rights} ON {names} TO {role};"
