"""Hiding the password in an address as it was typed. Nothing is imported for it, so that any error may use it."""

from __future__ import annotations

import re

__all__ = ["HIDDEN", "SECRETS", "masked"]

HIDDEN = "***"
"""What stands where a password stood."""

SECRETS = ("password", "sslpassword")
"""The parameters of an address that hold one."""

_IN_QUERY = re.compile(rf"(?i)\b({'|'.join(SECRETS)})=[^&\s]*")


def masked(text: str) -> str:
    """Return *text*, an address as it was typed, whether it is one or not, with what may be a password hidden.

    Example:
        >>> masked("postgresql://ada:se@cret@db/nbops?password=x"), masked("team.db")
        ('postgresql://ada:***@db/nbops?password=***', 'team.db')
    """
    head, colon, rest = text.partition("://")
    if not colon:
        return text
    rest = _IN_QUERY.sub(rf"\1={HIDDEN}", rest)
    who, at, place = rest.rpartition("@")
    if not at:
        return f"{head}://{rest}"
    user, has_password, _ = who.partition(":")
    return f"{head}://{user}{f':{HIDDEN}' if has_password else ''}@{place}"
