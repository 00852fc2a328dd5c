"""A Jupyter server of this machine without JupyterLab, in folders of its own, with what the wheel enables."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import requests

TOKEN = "a-token-for-tests"
ENABLED = Path(__file__).parents[3] / "labextension" / "jupyter-config" / "nbops.json"


@dataclass(frozen=True)
class Server:
    """A server that runs.

    Args:
        root: The folder that it shows.
        address: Where it listens, with a slash at the end.
    """

    root: Path
    address: str

    def get(self, path: str, *, token: str = TOKEN, **given: str) -> requests.Response:
        """Return the answer to GET, never following it elsewhere."""
        headers = {"Authorization": f"token {token}"} if token else {}
        return requests.get(self.address + path, params=given, headers=headers, timeout=30, allow_redirects=False)

    def ask(self, name: str, **given: str) -> dict:  # type: ignore[type-arg]
        """Return the answer to a question, which must be one."""
        response = self.get(f"nbops/api/{name}", **given)
        assert response.status_code == 200, response.text
        found: dict = response.json()  # type: ignore[type-arg]
        return found


@contextlib.contextmanager
def running_server(home: Path, root: Path, *options: str) -> Iterator[Server]:
    """Start a server on *root*, and end it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(root, port, options), env=environment(home), stdout=out, stderr=out, start_new_session=True
        )
    try:
        server = Server(root, f"http://127.0.0.1:{port}/")
        wait_for(server, process, log)
        yield server
    finally:
        end(process)


def command(root: Path, port: int, options: Sequence[str]) -> list[str]:
    """Return what starts it."""
    return [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"),
        *options,
    ]


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which Jupyter reads and writes below *home* and finds what the wheel enables."""
    enabled = home / "etc" / "jupyter_server_config.d"
    enabled.mkdir(parents=True, exist_ok=True)
    (enabled / "nbops.json").write_bytes(ENABLED.read_bytes())
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(home / name.lower()) for name in places}
    return os.environ | own | {"JUPYTER_CONFIG_PATH": str(home / "etc"), "JUPYTER_PREFER_ENV_PATH": "0"}


def wait_for(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when it answers."""
    for _ in range(240):
        assert process.poll() is None, log.read_text(errors="replace")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{server.address}api?token={TOKEN}", timeout=2):
            return
        time.sleep(0.25)
    raise AssertionError(log.read_text(errors="replace"))


def end(process: subprocess.Popen[bytes]) -> None:
    """End it: politely, and after some seconds for good."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=8)
            return
