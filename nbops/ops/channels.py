"""Channels: the ways by which a notice leaves. Each delivers one message, or says whether to try again.

Built in are the console, a file, a webhook and mail; every other address is left to Apprise (``nbops[notify]``).
An address may hold a password or a token: none is ever shown, see :func:`shown`.
"""

from __future__ import annotations

import contextlib
import email.message
import email.utils
import http.client
import json
import smtplib
import socket
import ssl
import sys
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.errors import ParameterError
from nbops.notebook.secret import redact, secret_value
from nbops.ops.routes import Mail

__all__ = ["Failed", "Message", "send", "shown"]

TIMEOUT_SECONDS = 10.0
_MOST_ANSWER = 64_000
_TRY_AGAIN = frozenset({408, 425, 429})
_NOBODY_ANSWERS = (ConnectionError, TimeoutError, socket.gaierror)


@dataclass(frozen=True, slots=True)
class Message:
    """What is told.

    Args:
        key: The same whenever the same is told: a receiver that knows it already leaves it out.
        subject: One line.
        text: All of it, as plain text.
        about: The same for programs: a JSON object.
        owner: Who answers for what it is about; mail to ``owner`` goes there.
    """

    key: str
    subject: str
    text: str
    about: dict[str, Any]
    owner: str = ""


class Failed(Exception):
    """A message could not be delivered.

    Args:
        why: In one sentence, without any secret.
        is_final: Whether trying again is of no use.
        is_unreachable: Whether nobody answered, so that another message would not arrive now either.
    """

    def __init__(self, why: str, *, is_final: bool = False, is_unreachable: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.is_final = is_final
        self.is_unreachable = is_unreachable


def send(to: str, message: Message, mail: Mail, root: Path) -> None:
    """Deliver *message* to the address *to*.

    Args:
        to: The address, as a route names it.
        message: What is told.
        mail: How mail is sent.
        root: What the path of a file is relative to.

    Raises:
        Failed: It was not delivered.
    """
    try:
        address = str(secret_value(to, "the address"))
    except ParameterError as error:
        raise Failed(f"{error.what}") from error
    secrets = [address] if address != to else []
    scheme = address.partition(":")[0].lower()
    deliver: Callable[[], None]
    if address == "console":
        deliver = lambda: _to_console(message)  # noqa: E731 - one of a kind
    elif scheme == "file":
        deliver = lambda: _to_file(root / address.partition(":")[2].removeprefix("//"), message)  # noqa: E731
    elif scheme in ("http", "https"):
        deliver = lambda: _to_webhook(address, message)  # noqa: E731
    elif address == "owner" or scheme == "mailto":
        deliver = lambda: _to_mail(address, message, mail)  # noqa: E731
    else:
        deliver = lambda: _to_apprise(address, message)  # noqa: E731
    try:
        deliver()
    except Failed as error:
        raise Failed(redact(error.why, [*secrets, *_secrets_in(address)]), is_final=error.is_final) from None
    except (OSError, http.client.HTTPException, smtplib.SMTPException, ValueError) as error:
        why = redact(f"{type(error).__name__}: {error}", [*secrets, *_secrets_in(address)])
        raise Failed(why, is_unreachable=isinstance(error, _NOBODY_ANSWERS)) from None


def shown(to: str) -> str:
    """Return an address as it may be shown: without password, token, path and query.

    Example:
        >>> shown("https://ann:pw@chat.example.org/hooks/abcdef?token=1"), shown("mailto:ann@example.org")
        ('https://chat.example.org/…', 'mailto:ann@example.org')
        >>> shown("tgram://123:abc/456"), shown("owner"), shown("secret:HOOK")
        ('tgram://…', 'owner', 'secret:HOOK')
    """
    scheme, colon, rest = to.partition(":")
    if not colon or scheme in ("mailto", "file", "secret"):
        return to
    if scheme in ("http", "https"):
        host = urllib.parse.urlsplit(to).hostname or ""
        return f"{scheme}://{host}" + ("/…" if rest.strip("/").partition("/")[2] else "")
    return f"{scheme}://…"


def _secrets_in(address: str) -> list[str]:
    """Return the parts of an address that are nobody's business."""
    parts = urllib.parse.urlsplit(address)
    found = [parts.password or "", parts.username or "", parts.query, *parts.path.split("/")]
    return [part for part in found if len(part) > 5] if parts.scheme not in ("file", "mailto") else []


# ── the channels ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _to_console(message: Message) -> None:
    print(f"notice: {message.text}\n", file=sys.stderr, flush=True)


def _to_file(path: Path, message: Message) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"key": message.key, "subject": message.subject, "text": message.text, **message.about}
    line = json.dumps(about, ensure_ascii=False)
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"{line}\n")


def _to_webhook(address: str, message: Message) -> None:
    """Post it as JSON. Where it is sent on to is not followed: an answer is no reason to talk to another machine."""
    parts = urllib.parse.urlsplit(address)
    if not parts.hostname:
        raise Failed("the address names no host", is_final=True)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    body = json.dumps({"text": message.text, "subject": message.subject, "key": message.key, **message.about})
    headers = {"Content-Type": "application/json", "User-Agent": "nbops", "Idempotency-Key": message.key}
    if parts.username:
        import base64

        token = base64.b64encode(f"{parts.username}:{parts.password or ''}".encode()).decode()
        headers["Authorization"] = f"Basic {token}"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with contextlib.closing(kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)) as connection:
        connection.request("POST", target, body.encode(), headers)
        answer = connection.getresponse()
        answer.read(_MOST_ANSWER)
        if not 200 <= answer.status < 300:
            is_final = 300 <= answer.status < 500 and answer.status not in _TRY_AGAIN
            raise Failed(f"{parts.hostname} answered {answer.status} {answer.reason}", is_final=is_final)


def _to_mail(address: str, message: Message, mail: Mail) -> None:
    to = message.owner if address == "owner" else urllib.parse.unquote(address.partition(":")[2])
    if not mail.url:
        raise Failed("no mail server is set: [tool.nbops.notices] smtp")
    if "@" not in to:
        raise Failed(f"the owner {to!r} has no address of mail" if to else "nobody owns it", is_final=True)
    parts = urllib.parse.urlsplit(mail.url)
    post = email.message.EmailMessage()
    post["Subject"] = " ".join(message.subject.split())
    post["From"] = mail.sender or f"nbops@{parts.hostname}"
    post["To"] = ", ".join(to.split(","))
    post["Date"] = email.utils.formatdate(localtime=True)
    post["Message-ID"] = f"<{message.key}@nbops>"
    post.set_content(message.text)
    with _server(parts) as server:
        password = str(secret_value(mail.password, "the password of mail")) if mail.password else parts.password
        if parts.username and password:
            server.login(urllib.parse.unquote(parts.username), password)
        try:
            server.send_message(post)
        except smtplib.SMTPRecipientsRefused as error:
            raise Failed(f"the mail server refused every address: {to}", is_final=True) from error


def _server(parts: urllib.parse.SplitResult) -> smtplib.SMTP:
    host = parts.hostname or "localhost"
    context = ssl.create_default_context()
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
        server.ehlo()
    return server


def _to_apprise(address: str, message: Message) -> None:
    try:
        import apprise
    except ImportError as error:
        what = f"addresses of {address.partition(':')[0]!r} need apprise: pip install 'nbops[notify]'"
        raise Failed(what) from error
    service = apprise.Apprise()
    if not service.add(address):
        raise Failed(f"apprise does not know {shown(address)}", is_final=True)
    if not service.notify(title=message.subject, body=message.text):
        raise Failed(f"apprise could not deliver to {shown(address)}")
