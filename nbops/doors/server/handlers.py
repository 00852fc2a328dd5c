"""The handlers of the hub's page: every one of them asks who it is and whether they may, as Jupyter's server decides.

``nbops/hub/`` is the page, ``nbops/hub/report/RUN`` a run's report, ``nbops/api/NAME`` an answer, ``nbops/api/live``
the socket that says when to ask again.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.websocket import WebSocketHandler

import nbops.views.style
from nbops.doors.server.hubs import Hubs, OpenHub
from nbops.doors.server.live import Live
from nbops.errors import HubError, NbopsError, ReferenceNotFound, UsageError, did_you_mean
from nbops.views.style import style_sheet

__all__ = ["handlers", "handlers_of"]

RESOURCE = "nbops"
"""The name by which an authorizer of Jupyter's server knows all of this."""

_STATUSES = ((ReferenceNotFound, 404), (UsageError, 400), (HubError, 503))
_SCRIPT = Path(nbops.views.style.__file__).parents[1] / "static" / "hub.js"
_SHEETS = ("nbops.css", "report.css", "profile.css", "changelog.css", "hub.css")
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; sandbox"

Found = TypeVar("Found")


async def _in_thread(hubs: Hubs, work: Callable[[], Found]) -> Found:
    return await asyncio.get_running_loop().run_in_executor(hubs.threads, work)


def _answer_to(name: str, hub: OpenHub, given: dict[str, str]) -> dict[str, Any]:
    from nbops.doors.server.answers import ANSWERS

    if name not in ANSWERS:
        raise ReferenceNotFound(f"no question {name!r}", fix=did_you_mean(name, ANSWERS))
    return hub.ask(lambda opened: ANSWERS[name](opened, given))


def _report_of(run: str, hub: OpenHub) -> str:
    from nbops.doors.server.answers import report_page

    return hub.ask(lambda opened: report_page(opened, {"run": run}))


def _status_of(error: NbopsError) -> int:
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)


class Question(APIHandler):
    """One answer as JSON; an error says what, where and what to do, with a status that fits it."""

    auth_resource = RESOURCE

    def initialize(self, hubs: Hubs) -> None:
        """Take the hubs that are shown."""
        self.hubs = hubs

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Answer the question of that name."""
        given = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        folder = given.get("in", "")
        if name == "place":
            await self._answer(lambda: {"folder": self.hubs.folder_of(folder)})
        else:
            await self._answer(lambda: _answer_to(name, self.hubs.of(folder), given))

    async def _answer(self, work: Callable[[], dict[str, Any]]) -> None:
        try:
            found = await _in_thread(self.hubs, work)
        except NbopsError as error:
            self.set_status(_status_of(error))
            told = {"what": error.what, "where": error.where, "fix": error.fix}
            found = {"message": error.what, "reason": type(error).__name__, "error": told}
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps(found))


class Again(Question):
    """Opening a hub anew that could not be read."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Close the hub and open it again; this changes what the server holds, so it is no GET."""
        given = self.get_json_body() or {}
        await self._answer(lambda: self._opened(str(given.get("in", ""))))

    def _opened(self, folder: str) -> dict[str, Any]:
        hub: OpenHub = self.hubs.of(folder)
        hub.reopen()
        return {"extent": hub.ask(lambda opened: opened.extent())}

    @web.authenticated
    @authorized
    async def get(self, name: str = "") -> None:
        """Refuse: to look changes nothing."""
        raise web.HTTPError(405)


class _Page(JupyterHandler):
    auth_resource = RESOURCE
    policy = _PAGE_POLICY

    def initialize(self, hubs: Hubs) -> None:
        """Take the hubs that are shown."""
        self.hubs = hubs

    @property
    def content_security_policy(self) -> str:
        """What the page may load: nothing from elsewhere."""
        return self.policy

    def get_login_url(self) -> str:
        """Return where one logs in; a server that knows only its token says so instead."""
        if not self.settings.get("login_url"):
            raise web.HTTPError(403, "the token is missing or wrong: open the address that `nbops hub open` printed")
        return super().get_login_url()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write an error as a page that needs nothing else."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        said = (getattr(error, "log_message", None) or getattr(error, "reason", None) or self._reason) or ""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(_bare_page(f"{status_code} {self._reason}", f"<h1>{status_code}</h1><p>{escape(str(said))}</p>"))


class HubPage(_Page):
    """The page itself; what it shows comes by questions."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Write the page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        _ = self.xsrf_token  # sets the cookie that a POST must repeat
        base, mark = escape(self.base_url), _mark()
        body = f'<main id="nbops-hub" data-nbops-base="{base}" data-nbops-mark="{mark}"></main>'
        script = f'<script type="module" src="{base}nbops/hub/hub.js?v={mark}"></script>'
        self.finish(_bare_page("nbops hub", body + script))


class HubFile(_Page):
    """The script and the style sheet of the page, and the mark of both; the tab in JupyterLab loads the same."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Write the file."""
        kind, content = _files()[name] if name != "mark" else ("text/plain", _mark().encode())
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        is_this = self.get_query_argument("v", "") == _mark()
        self.set_header("Cache-Control", "private, max-age=31536000, immutable" if is_this else "no-cache")
        self.finish(content)


class Report(_Page):
    """A run's report as a page of its own: it runs no script and loads nothing."""

    policy = _REPORT_POLICY

    @web.authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Write the report of the run whose id begins so."""
        folder = self.get_query_argument("in", "")
        try:
            page = await _in_thread(self.hubs, lambda: _report_of(run, self.hubs.of(folder)))
        except NbopsError as error:
            raise web.HTTPError(_status_of(error), str(error).replace("%", "%%")) from error
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page.encode("utf-8", "backslashreplace"))


class Socket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Says when something was recorded. One per page, and only while the page is looked at."""

    auth_resource = RESOURCE

    def initialize(self, hubs: Hubs, live: Live) -> None:
        """Take the hubs that are shown and who tells of them."""
        self.hubs, self.live = hubs, live
        self._watched: OpenHub | None = None

    def skip_check_origin(self) -> bool:
        """Always look where a page comes from: a token alone does not vouch for it."""
        return False

    @property
    def ping_timeout(self) -> Any:
        """How long a ping may stay unanswered: as long as until the next one, which is the most that tornado takes."""
        return self.ping_interval

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the socket for who may read."""
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", RESOURCE)):
            raise web.HTTPError(403)
        try:
            self._watched = self.hubs.of(self.get_query_argument("in", ""))
        except NbopsError as error:
            raise web.HTTPError(_status_of(error)) from error
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Begin to tell."""
        super().open(*args, **kwargs)
        if self._watched is not None:
            self.live.watch(self._watched, self)

    def on_message(self, message: str | bytes) -> None:
        """Hear nothing: the page asks by questions."""

    def on_close(self) -> None:
        """Tell no more."""
        if self._watched is not None:
            self.live.leave(self._watched, self)
        super().on_close()


@functools.cache
def _files() -> dict[str, tuple[str, bytes]]:
    return {
        "hub.js": ("text/javascript", _SCRIPT.read_bytes()),
        "hub.css": ("text/css", style_sheet(*_SHEETS).encode()),
    }


@functools.cache
def _mark() -> str:
    """Return a text that is another one when the script or the style sheet is, so that both may be kept for ever."""
    return hashlib.blake2b(b"\0".join(content for _, content in _files().values()), digest_size=8).hexdigest()


def _bare_page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<title>{escape(title)}</title><meta name="color-scheme" content="light dark"><link rel="icon" href="data:,">'
        "<style>html,body{height:100%;margin:0;font:14px/1.5 system-ui,sans-serif}h1{margin:2rem 2rem .5rem}"
        f"p{{margin:0 2rem}}#nbops-hub{{height:100%}}</style></head><body>{body}</body></html>"
    )


def handlers(base_url: str, hubs: Hubs) -> list[tuple[str, type[web.RequestHandler], dict[str, Any]]]:
    """Return all handlers below *base_url*, for Jupyter's server or an application of their own."""
    base, shown = f"{base_url.rstrip('/')}/nbops", {"hubs": hubs}
    return [
        (rf"{base}/api/live", Socket, {**shown, "live": Live(hubs)}),
        (rf"{base}/api/again", Again, shown),
        (rf"{base}/api/([a-z]+)", Question, shown),
        (rf"{base}/hub/?", HubPage, shown),
        (rf"{base}/hub/(hub\.js|hub\.css|mark)", HubFile, shown),
        (rf"{base}/hub/report/([0-9a-f]+)", Report, shown),
    ]


def handlers_of(base_url: str, root: str) -> list[tuple[str, type[web.RequestHandler], dict[str, Any]]]:
    """Return all handlers below *base_url* for a server that shows the folder *root*: hubs of all projects in it."""
    return handlers(base_url, Hubs(Path(root)))
