"""The types of columns as both databases need them: text ordered by code points, whole numbers beyond 2^31."""

from __future__ import annotations

import sqlalchemy as sa

__all__ = ["text", "whole"]


def text(kind: type[sa.String] = sa.String) -> sa.types.TypeEngine[str]:
    """Return a type of text that PostgreSQL orders as SQLite does."""
    return kind().with_variant(kind(collation="C"), "postgresql")


def whole() -> sa.types.TypeEngine[int]:
    """Return a type of whole numbers that holds the bytes of a journal and the nanoseconds of a time."""
    return sa.Integer().with_variant(sa.BigInteger(), "postgresql")
