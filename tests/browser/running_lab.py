"""A JupyterLab of this machine, in folders of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

TOKEN = "a-token-for-tests"
EXTENSION = Path(__file__).parents[2] / "nbops" / "labextension"
SERVER_CONFIG = Path(__file__).parents[2] / "labextension" / "jupyter-config" / "nbops.json"


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs.

    Args:
        root: The folder that it shows, the root of a project.
        address: Where it listens, without the token.
    """

    root: Path
    address: str

    def url(self, notebook: str) -> str:
        """Return the address of a notebook in a fresh workspace."""
        return f"{self.address}/lab/tree/{notebook}?token={TOKEN}&reset"


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server and its kernels: politely, and after some seconds for good."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=8)
            return


def lab_command(root: Path, settings: Path, port: int) -> list[str]:
    """Return the command that starts JupyterLab, kept from looking anything up in the network."""
    return [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"),
        *("--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly"),
        *("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", f"--LabApp.app_settings_dir={settings}"),
    ]


def lab_environment(home: Path) -> dict[str, str]:
    """Return an environment in which JupyterLab reads and writes only below *home*, with the extension of this tree."""
    places = (
        "JUPYTER_CONFIG_DIR",
        "JUPYTER_RUNTIME_DIR",
        "JUPYTERLAB_SETTINGS_DIR",
        "JUPYTERLAB_WORKSPACES_DIR",
        "IPYTHONDIR",
    )
    own = home / "share" / "labextensions" / "@nbops" / "labextension"
    own.parent.mkdir(parents=True)
    own.symlink_to(EXTENSION)  # what is installed is a copy, and may be older
    config = home / "jupyter_config_dir" / "jupyter_server_config.d"
    config.mkdir(parents=True)
    (config / SERVER_CONFIG.name).write_bytes(SERVER_CONFIG.read_bytes())
    return os.environ | {name: str(home / name.lower()) for name in places} | {"JUPYTER_PATH": str(home / "share")}


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(running: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when JupyterLab answers."""
    for _ in range(240):
        assert process.poll() is None, log.read_text(errors="replace")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{running.address}/api?token={TOKEN}", timeout=2):
            return
        time.sleep(0.25)
    raise AssertionError(log.read_text(errors="replace"))
