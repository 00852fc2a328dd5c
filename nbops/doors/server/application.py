"""The hub's page on its own: a small server on this machine, for who looks without JupyterLab.

It is the same handlers with the identity provider and the authorizer of Jupyter's server, and nothing else of it: no
files, no kernels, no terminals.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.auth.identity import IdentityProvider
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from nbops.doors.server.handlers import handlers
from nbops.doors.server.hubs import Hubs
from nbops.errors import UsageError

__all__ = ["hub_application", "serve", "serve_beside"]

LOOPBACK = "127.0.0.1"


def hub_application(hubs: Hubs, *, token: str, base_url: str = "/", **settings: Any) -> web.Application:
    """Return the page as an application of tornado.

    Args:
        hubs: What it shows.
        token: What who looks must know; it must not be empty.
        base_url: Below which address it stands.
        settings: Settings of tornado and of Jupyter's handlers over these, as ``identity_provider``.
    """
    if not token:
        raise UsageError("a server without a token shows its hub to everybody", fix="give it a token")
    provider = IdentityProvider(token=token)
    kept: Mapping[str, Any] = {
        "base_url": base_url,
        "cookie_secret": secrets.token_bytes(32),
        "xsrf_cookies": True,
        "xsrf_cookie_kwargs": {"path": base_url, "samesite": "Strict"},
        "identity_provider": provider,
        "authorizer": AllowAllAuthorizer(identity_provider=provider),
        "allow_unauthenticated_access": False,
        "allow_remote_access": False,
        "local_hostnames": ["localhost", LOOPBACK],
        "headers": {},
    }
    own: list[Any] = [
        *handlers(base_url, hubs),
        (rf"{base_url}", web.RedirectHandler, {"url": f"{base_url}nbops/hub/"}),
    ]
    return web.Application(own, **{**kept, **settings})


def serve(hubs: Hubs, *, token: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve the page on this machine until Ctrl-C or SIGTERM.

    Args:
        hubs: What is shown.
        token: What who looks must know.
        port: Where to listen; 0 takes one that is free.
        on_ready: Called with the address, the token in it, as soon as the server listens.

    Raises:
        UsageError: Somebody listens there already.
    """
    asyncio.run(_serve(hubs, token, port, on_ready))


def serve_beside(hubs: Hubs, *, token: str, port: int) -> str:
    """Serve the page from a thread, as long as this process lives; return its address, the token in it.

    Raises:
        UsageError: Somebody listens there already.
    """
    sockets = _sockets(port)

    async def work() -> None:
        """Answer until the thread ends."""
        server = HTTPServer(hub_application(hubs, token=token))
        server.add_sockets(sockets)
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(work()), name="nbops page", daemon=True).start()
    return f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}/nbops/hub/?token={token}"


def _sockets(port: int) -> list[socket.socket]:
    try:
        return bind_sockets(port, address=LOOPBACK)
    except OSError as error:
        fix = "leave --port out: a free one is taken"
        raise UsageError(f"port {port} cannot be listened on: {error.strerror}", where=LOOPBACK, fix=fix) from error


async def _serve(hubs: Hubs, token: str, port: int, on_ready: Callable[[str], None]) -> None:
    sockets = _sockets(port)
    server = HTTPServer(hub_application(hubs, token=token))
    server.add_sockets(sockets)
    over = asyncio.Event()
    for end in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(end, over.set)
    address = f"http://{LOOPBACK}:{sockets[0].getsockname()[1]}/nbops/hub/?token={token}"
    on_ready(address)
    await over.wait()
    server.stop()
    await server.close_all_connections()
    hubs.close()
