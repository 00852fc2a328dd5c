"""``nbops hub open``: the hub as a page in the browser, without JupyterLab."""

from __future__ import annotations

import secrets
import sys
import webbrowser

import click

from nbops.doors.cli.invocation import Invocation, verb
from nbops.errors import Refused, UsageError

__all__ = ["open_page"]


@verb("open")
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65535), default=0, help="Where to listen; a free one by default."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
def open_page(here: Invocation, *, port: int, no_browser: bool) -> None:
    """Show the hub as a page in the browser, until Ctrl-C.

    The page is served on this machine alone, and its address holds a token that is good for as long as it is served.
    """
    if _is_in_kernel():
        raise Refused(
            "a server would keep this kernel busy",
            where="nbops hub open",
            fix="type it in a terminal, or open nbops → Hub",
        )
    try:
        from nbops.doors.server.application import serve
        from nbops.doors.server.hubs import Hubs
    except ModuleNotFoundError as error:
        missing = f"the page needs {error.name}, which is not installed"
        raise UsageError(missing, where="nbops hub open", fix='pip install "nbops[lab]"') from error

    def tell(address: str) -> None:
        if here.as_json:
            here.print_json({"hub": here.hub_address, "address": address})
        else:
            click.echo(address)
            here.say(f"the hub {here.hub_shown}; Ctrl-C ends it")
        sys.stdout.flush()
        if not no_browser:
            webbrowser.open(address)

    hubs = Hubs(here.project.root, here.project, str(here.given.get("hub", "")))
    serve(hubs, token=secrets.token_urlsafe(24), port=port, on_ready=tell)


def _is_in_kernel() -> bool:
    kernels = sys.modules.get("ipykernel.kernelapp")
    return kernels is not None and bool(kernels.IPKernelApp.initialized())
