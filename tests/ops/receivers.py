"""Real receivers of notices on loopback: a web server and a mail server."""

from __future__ import annotations

import contextlib
import email
import email.policy
import http.server
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Web:
    """A web server that keeps what was posted; it answers with each of *answers* once, then with 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextlib.contextmanager
def web_server() -> Iterator[Web]:
    """Run a web server on a free port of loopback."""
    web = Web()

    class Post(http.server.BaseHTTPRequestHandler):
        """Keeps what is posted, and answers as it was told."""

        def do_POST(self) -> None:
            """Answer a post."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = web.answers.pop(0) if web.answers else 200
            if answer == 200:
                web.posts.append(json.loads(body))
                web.keys.append(self.headers["Idempotency-Key"])
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()
            if answer == 599:
                with contextlib.suppress(OSError):
                    while True:
                        self.wfile.write(b"x" * 65_536)

        def log_message(self, *_: object) -> None:
            """Say nothing of it."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Post)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    web.url = f"http://127.0.0.1:{server.server_port}/hooks/abcdefgh12345"
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Keeper:
    def __init__(self) -> None:
        self.found: list[Any] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        self.found.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[str, list[Any]]]:
    """Run a mail server on a free port of loopback; give its address, and the list of what came."""
    keeper = _Keeper()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", keeper.found
    finally:
        controller.stop()
