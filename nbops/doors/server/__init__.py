"""The extension of the Jupyter server: what JupyterLab asks of nbops that no kernel can answer.

Every address stands below ``nbops/`` and asks who is there, and whether they may.
"""

from __future__ import annotations

from typing import Any

__all__: list[str] = []


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "nbops.doors.server"}]


def _load_jupyter_server_extension(server: Any) -> None:
    from jupyter_server.utils import url_path_join

    from nbops.doors.server.jobs import ROUTES

    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(
        ".*$", [(url_path_join(base, "nbops", pattern), handler) for pattern, handler in ROUTES]
    )
