"""Addresses of sources: as they are used, with secrets from the environment, and as they are shown, without any."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit, urlunsplit

from nbops.errors import UsageError

__all__ = ["expanded", "kind_of", "password_in", "shown_url"]

_VARIABLE = re.compile(r"\$\{([A-Za-z_]\w*)\}")
_SECRET_WORDS = re.compile(
    r"([?&;](?:[\w.-]*(?:passw(?:or)?d|pwd|secret|token|signature|credential|api[_-]?key|access[_-]?key)|sig|key|auth)=)"
    r"([^&;#]*)",
    re.IGNORECASE,
)
_HIDDEN = "***"
_DATABASES = (
    "sqlite", "postgresql", "postgres", "mysql", "mariadb", "oracle", "mssql", "duckdb", "snowflake", "bigquery",
    "redshift", "trino", "clickhouse", "db2",
)  # fmt: skip


def shown_url(url: str) -> str:
    """Return *url* as people may see it: no password, and no secret of its query.

    Example:
        >>> shown_url("https://ann:s3cret@host/feed.csv?token=abc&day=1")
        'https://ann:***@host/feed.csv?token=***&day=1'
        >>> shown_url("https://ann:${FEED_PASSWORD}@host/feed.csv")
        'https://ann:${FEED_PASSWORD}@host/feed.csv'
    """
    head, at, rest = _userinfo(url)
    if at:
        scheme, slashes, user = head.partition("://")
        name, colon, password = user.partition(":")
        kept = _HIDDEN if colon and not _VARIABLE.fullmatch(password) else password
        url = f"{scheme}{slashes}{name}{colon}{kept}@{rest}"
    return _SECRET_WORDS.sub(lambda found: found[0] if _VARIABLE.fullmatch(found[2]) else found[1] + _HIDDEN, url)


def password_in(url: str) -> bool:
    """Return whether a secret stands in *url* itself, instead of the name of a variable of the environment."""
    return shown_url(url) != url


def expanded(url: str, name: str) -> str:
    """Return *url* with the values of the variables of the environment that it names.

    Raises:
        UsageError: One of them is not set.
    """

    def value(found: re.Match[str]) -> str:
        if found[1] not in os.environ:
            fix = f"export {found[1]}=…"
            raise UsageError(f"the environment variable {found[1]} is not set", where=f"source {name!r}", fix=fix)
        return os.environ[found[1]]

    return _VARIABLE.sub(value, url)


def kind_of(url: str) -> str:
    """Return the kind of source that *url* tells.

    Example:
        >>> kind_of("/feeds/a.csv"), kind_of("https://host/a"), kind_of("dataset:sales/orders"), kind_of("s3://b/a.csv")
        ('files', 'http', 'dataset', 'remote')
    """
    scheme = url.partition(":")[0].lower() if re.match(r"[A-Za-z][\w+.-]*:", url) else ""
    if scheme == "dataset":
        return "dataset"
    if "://" not in url:
        return "files"
    if scheme in ("http", "https"):
        return "http"
    return "sql" if scheme.split("+")[0] in _DATABASES else "remote"


def _userinfo(url: str) -> tuple[str, str, str]:
    """Return what stands before and after the ``@`` of the address; a password may hold more of them."""
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return url, "", ""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in authority and "@" in rest and ":" in authority:  # a password with a slash that nobody encoded
        authority = rest[: rest.rindex("@") + 1]
    if "@" not in authority:
        return url, "", ""
    cut = len(scheme) + len(slashes) + authority.rindex("@")
    return url[:cut], "@", url[cut + 1 :]


def without_userinfo(url: str) -> tuple[str, str, str]:
    """Return *url* without who asks, and the name and the password of who does."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    address = urlunsplit((parts.scheme, f"{host}:{parts.port}" if parts.port else host, parts.path, parts.query, ""))
    return address, parts.username or "", parts.password or ""
