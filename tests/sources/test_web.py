"""Web servers, honest and hostile, on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.sources import web
from nbops.sources.model import Asked, Definition, Delivery, Unreachable

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """Serve on a free port of this machine whatever *answer* writes, and give the address."""

    class Handler(BaseHTTPRequestHandler):
        """Answers as the test says."""

        def do_GET(self) -> None:
            """Answer."""
            answer(self)

        do_HEAD = do_GET  # noqa: N815 - the name is that of the library

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.daemon_threads = True
    thread = threading.Thread(target=served.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_address[1]}"
    finally:
        served.shutdown()
        served.server_close()


def look(url: str, tmp_path: Path) -> list[Delivery]:
    """Look at a source at *url* once."""
    return list(web.WebSource().look(Definition("feed", url), Asked(tmp_path)))


def reply(status: int, body: bytes = b"", **headers: str) -> Answer:
    """Return what answers so."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(body)

    return answer


def test_an_etag_tells_the_content_without_reading_it(tmp_path: Path) -> None:
    """One request without a body is enough, and the date of the server is the arrival."""
    asked = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.command)
        changed = "Sat, 21 Nov 2026 06:10:00 GMT"
        reply(200, b"", ETag='"a1"', Last_Modified=changed, Content_Length="10")(handler)

    with server(answer) as url:
        (found,) = look(f"{url}/feed.csv", tmp_path)
    assert asked == ["HEAD"]
    assert (found.size, found.at) == (10, 1795241400.0)


def test_without_an_etag_the_content_is_read(tmp_path: Path) -> None:
    """Rows are counted, and the same content has the same fingerprint."""
    with server(reply(200, b"a,b\n1,2\n3,4\n")) as url:
        first, again = look(f"{url}/feed.csv", tmp_path)[0], look(f"{url}/feed.csv", tmp_path)[0]
    assert (2, first.fingerprint) == (first.rows, again.fingerprint)


def test_not_found_means_that_nothing_arrived(tmp_path: Path) -> None:
    """404 is an answer: nothing is there yet."""
    with server(reply(404)) as url:
        assert look(url, tmp_path) == []


def test_a_server_in_trouble_is_unreachable(tmp_path: Path) -> None:
    """503 says nothing about the delivery."""
    with server(reply(503)) as url, pytest.raises(Unreachable, match="answers 503"):
        look(url, tmp_path)


def test_an_endless_answer_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never stops sending is left after as much as is read at most."""
    monkeypatch.setattr(web, "MOST_BYTES", 1_000_000)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while handler.command == "GET":
                handler.wfile.write(b"x" * 65536)
        except OSError:
            return

    with server(answer) as url, pytest.raises(Unreachable, match="longer than"):
        look(url, tmp_path)


def test_a_wrong_length_is_no_delivery(tmp_path: Path) -> None:
    """An answer that is shorter than it said is cut off, not small."""
    with server(reply(200, b"short", Content_Length="500")) as url, pytest.raises(Unreachable):
        look(url, tmp_path)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://x/"])
def test_a_redirect_leads_to_web_servers_alone(tmp_path: Path, target: str) -> None:
    """No answer makes nbops read a file of this machine."""
    with server(reply(302, Location=target)) as url, pytest.raises(Unreachable, match="no web server"):
        look(url, tmp_path)


def test_a_loop_of_redirects_ends(tmp_path: Path) -> None:
    """A server that leads in circles is left after a few rounds."""
    with server(reply(302, Location="/again")) as url, pytest.raises(Unreachable, match="more than 5 times"):
        look(url, tmp_path)


def test_no_answer_from_outside_leads_inside() -> None:
    """A redirect of a server elsewhere into this machine's network is refused."""
    with pytest.raises(Unreachable, match="network of this machine"):
        web._redirected("http://192.0.2.1/feed", "http://127.0.0.1:8888/api", asked_from_inside=False)


def test_who_asks_is_not_told_to_other_hosts() -> None:
    """Name and password go to the host that they are for, and to no other."""
    target = web._redirected("http://me:pw@127.0.0.1/feed", "http://localhost/feed", asked_from_inside=True)
    assert "pw" not in target


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    """The error of a server that does not answer names the address without the password."""
    with pytest.raises(Unreachable) as caught:
        look("http://ann:hunter2@127.0.0.1:9/feed?token=s3cret", tmp_path)
    assert not any(secret in str(caught.value) for secret in ("hunter2", "s3cret"))


def test_an_address_without_a_host_is_told(tmp_path: Path) -> None:
    """A typing error is found before anything is asked."""
    with pytest.raises(UsageError, match="names no host"):
        web.WebSource().check(Definition("feed", "https:///feed.csv"))
