"""The hub as a page: an extension of Jupyter's server, and the same page on its own (``nbops hub open``).

One set of handlers serves both. Jupyter's server finds the extension by itself, because the wheel carries the file
that enables it; where Jupyter's server is not installed, nothing here is imported.
"""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbops.doors.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from jupyter_server.utils import url_path_join

    from nbops.doors.server.handlers import handlers_of
    from nbops.doors.server.jobs import ROUTES

    base = server.web_app.settings["base_url"]
    jobs = [(url_path_join(base, "nbops", pattern), handler) for pattern, handler in ROUTES]
    server.web_app.add_handlers(".*$", [*handlers_of(base, server.root_dir), *jobs])
