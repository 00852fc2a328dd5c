"""Sources on web servers: a look asks for as little as tells whether the content changed, and trusts no answer."""

from __future__ import annotations

import base64
import contextlib
import email.utils
import hashlib
import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

from nbops._version import __version__
from nbops.errors import UsageError
from nbops.sources.content import content_of
from nbops.sources.model import SOURCES, Asked, Definition, Delivery, Unreachable
from nbops.sources.patterns import Pattern, read_pattern
from nbops.sources.urls import expanded, shown_url, without_userinfo

__all__ = ["MOST_BYTES", "WebSource"]

MOST_BYTES = 64 * 1024 * 1024
"""How much of an answer is read at most."""

_MOST_REDIRECTS = 5
_SECONDS_OF_SILENCE = 10.0
_SECONDS_IN_ALL = 45.0
_BLOCK = 65536
_REDIRECTS = (301, 302, 303, 307, 308)
_NOT_THERE = (404, 410)
_NO_HEAD = (400, 403, 405, 501)


@SOURCES.register("http")
class WebSource:
    """A resource of a web server, recognised by its ETag, else by its date and size, else by its content."""

    def check(self, definition: Definition) -> None:
        """Say what is wrong with an address.

        Raises:
            UsageError: It names no host, or a star stands in it: a web server lists no files.
        """
        pattern = read_pattern(definition.url)
        where = shown_url(definition.url)
        if not urlsplit(definition.url).hostname:
            raise UsageError("the address names no host", where=where, fix="https://host/feed.csv")
        if definition.parts and not pattern.has_parts:
            raise UsageError("parts are named, and the address does not say where they stand", where=where,
                             fix="write {part} into the address")  # fmt: skip

    def look(self, definition: Definition, asked: Asked) -> Sequence[Delivery]:
        """Return what the server has, for the newest days that matter.

        Raises:
            Unreachable: It does not answer, or with an error, or leads elsewhere, or sends more than is read.
        """
        pattern = read_pattern(expanded(definition.url, definition.name))
        days = asked.days[:2] if pattern.is_dated else asked.days[:1]
        found = []
        for day in reversed(days or (datetime.now(UTC),)):
            parts = {part: _asked(pattern.path(day, part), definition) for part in definition.parts or ("",)}
            there = {part: one for part, one in parts.items() if one is not None}
            if there:
                found.append(_joined(pattern, day, there))
        return found


def _joined(pattern: Pattern, day: datetime, parts: dict[str, Delivery]) -> Delivery:
    times = [one.at for one in parts.values() if one.at is not None]
    mark = "|".join(f"{part}={one.fingerprint}" for part, one in sorted(parts.items()))
    sizes = [one.size for one in parts.values() if one.size is not None]
    return Delivery(
        key=pattern.key(day),
        at=max(times) if len(times) == len(parts) else None,
        fingerprint=hashlib.blake2b(mark.encode(), digest_size=16).hexdigest(),
        size=sum(sizes) if len(sizes) == len(parts) else None,
        rows=next(iter(parts.values())).rows if len(parts) == 1 else None,
        parts=tuple(sorted(part or "answer" for part in parts)),
    )


def _asked(url: str, definition: Definition) -> Delivery | None:
    """Return what stands at *url*; None when the server says that there is nothing."""
    where = shown_url(definition.url)
    ends = time.monotonic() + _SECONDS_IN_ALL
    try:
        with _answer("HEAD", url, ends) as answer:
            status, headers = answer.status, answer.headers
        found = _told(headers) if 200 <= status < 300 else None
        if found is None and (200 <= status < 300 or status in _NO_HEAD):
            with _answer("GET", url, ends) as answer:
                status = answer.status
                found = _read(answer, url, ends) if 200 <= status < 300 else None
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, Unreachable):
            raise Unreachable(error.what, where=where, fix=error.fix) from None
        raise Unreachable(f"the server does not answer ({_reason(error)})", where=where) from None
    if found is None and status not in _NOT_THERE:
        raise Unreachable(f"the server answers {status}", where=where)
    return found


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing came for {_SECONDS_OF_SILENCE:g} s"
    return str(getattr(error, "strerror", "") or type(error).__name__)


def _told(headers: http.client.HTTPMessage) -> Delivery | None:
    """Return what the headers tell; None when they do not tell whether the content changed."""
    tag, changed, length = headers.get("ETag", ""), headers.get("Last-Modified", ""), headers.get("Content-Length", "")
    size = int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else None
    if not tag and not (changed and size is not None):
        return None
    mark = hashlib.blake2b((tag or f"{changed}|{size}").encode("utf-8", "replace"), digest_size=16).hexdigest()
    return Delivery("", _seconds(changed), mark, size)


def _read(answer: http.client.HTTPResponse, url: str, ends: float) -> Delivery:
    content = content_of(_Bounded(answer, ends), 0, urlsplit(url).path)  # type: ignore[arg-type]
    length = answer.headers.get("Content-Length", "")
    if length.isdecimal() and int(length) != content.size:
        raise Unreachable(f"the server announced {int(length):,} bytes and sent {content.size:,}")
    changed = _seconds(answer.headers.get("Last-Modified", ""))
    return Delivery("", changed, content.fingerprint, content.size, content.rows)


class _Bounded:
    """An answer that ends, whatever the server does."""

    def __init__(self, answer: http.client.HTTPResponse, ends: float) -> None:
        self._answer = answer
        self._ends = ends
        self._left = MOST_BYTES

    def read(self, most: int) -> bytes:
        block = self._answer.read1(min(most, _BLOCK))
        self._left -= len(block)
        if self._left < 0:
            fix = "name a smaller resource, or one with an ETag"
            raise Unreachable(f"the answer is longer than {MOST_BYTES:,} bytes", fix=fix)
        if time.monotonic() > self._ends:
            raise Unreachable(f"the answer took longer than {_SECONDS_IN_ALL:g} s")
        return block


def _seconds(moment: str) -> float | None:
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return email.utils.parsedate_to_datetime(moment).timestamp()
    return None


# ── one request ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def _answer(method: str, url: str, ends: float) -> Iterator[http.client.HTTPResponse]:
    """Ask, follow a few redirects to web servers alone, and close the connection afterwards."""
    asked_from = _is_inside(url)
    for _ in range(_MOST_REDIRECTS + 1):
        connection = _connection(url)
        try:
            address, user, password = without_userinfo(url)
            parts = urlsplit(address)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, headers=_headers(user, password))
            answer = connection.getresponse()
            if answer.status not in _REDIRECTS or not answer.headers.get("Location"):
                yield answer
                return
            url = _redirected(url, str(answer.headers["Location"]), asked_from)
        finally:
            connection.close()
        if time.monotonic() > ends:
            raise Unreachable(f"the answer took longer than {_SECONDS_IN_ALL:g} s")
    raise Unreachable(f"the server leads on more than {_MOST_REDIRECTS} times")


def _headers(user: str, password: str) -> dict[str, str]:
    found = {"User-Agent": f"nbops/{__version__}", "Accept-Encoding": "identity"}
    if user or password:
        found["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    return found


def _connection(url: str) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port, timeout=_SECONDS_OF_SILENCE, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_SECONDS_OF_SILENCE)


def _redirected(url: str, location: str, asked_from_inside: bool) -> str:
    """Return where *location* leads; who asks is told to the same host alone."""
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    if after.scheme not in ("http", "https") or not after.hostname:
        raise Unreachable(f"the server leads to {after.scheme or 'no'}: which is no web server")
    if before.scheme == "https" and after.scheme == "http":
        raise Unreachable("the server leads from https to http")
    if not asked_from_inside and _is_inside(target):
        raise Unreachable("the server leads into the network of this machine")
    if (before.hostname, before.port, before.scheme) == (after.hostname, after.port, after.scheme) and before.username:
        return target.replace("://", f"://{before.netloc.rpartition('@')[0]}@", 1) if not after.username else target
    return without_userinfo(target)[0]


def _is_inside(url: str) -> bool:
    """Whether the host of *url* is this machine or its own network: no answer from outside may lead there."""
    try:
        host = urlsplit(url).hostname or ""
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        return False
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    return any(one.is_loopback or one.is_private or one.is_link_local for one in addresses)
