"""The hub's page on its own: ``nbops hub open`` as a process, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from ipykernel.kernelapp import IPKernelApp

from nbops.doors.cli import main
from nbops.doors.server.application import hub_application
from nbops.doors.server.hubs import Hubs
from nbops.errors import Refused, UsageError
from tests.doors.server.generated_hub import generate_hub


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return what ``nbops hub open`` printed, while it serves; it ends well when it is told to."""
    root = tmp_path_factory.mktemp("alone")
    generate_hub(root, 30, notebooks=3)
    command = [sys.executable, "-m", "nbops", "-C", str(root), "hub", "open", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    yield process.stdout.readline().decode().strip()
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=30) == 0


def test_its_address_opens_it(address: str) -> None:
    """The address that is printed shows the page, and its answers then need no token in their addresses."""
    session = requests.Session()
    page = session.get(address, timeout=30)
    about = session.get(f"{address.partition('hub/')[0]}api/about", timeout=30)

    assert page.status_code == 200
    assert 'id="nbops-hub"' in page.text
    assert about.json()["runs"] == 30


@pytest.mark.parametrize("path", ["nbops/hub/", "nbops/hub/hub.js", "nbops/api/runs", "nbops/hub/report/00"])
@pytest.mark.parametrize("token", ["", "?token=wrong"])
def test_without_its_token_nothing_is_shown(address: str, path: str, token: str) -> None:
    """Nobody is led to where one logs in, because there is no such place: it is refused, in words."""
    base = address.partition("nbops/")[0]
    response = requests.get(base + path + token, timeout=30, allow_redirects=False)

    assert response.status_code == 403


def test_another_name_of_this_machine_is_refused(address: str) -> None:
    """A page from elsewhere that lets its name mean this machine is shown nothing, even with the token."""
    assert requests.get(address, headers={"Host": "elsewhere.example"}, timeout=30).status_code == 403


def test_it_shows_no_files_and_runs_nothing(address: str) -> None:
    """Of Jupyter's server only who may look is there: no files, no kernels, no terminals."""
    base, _, query = address.partition("nbops/hub/")
    for path in ("api/contents", "api/kernels", "terminals", "files/pyproject.toml"):
        assert requests.get(f"{base}{path}{query}", timeout=30).status_code == 404


def test_a_port_that_is_taken_is_told(project: Path) -> None:
    """Who listens there already keeps it, and the command says what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = ["hub", "open", "--no-browser", "--port", str(taken.getsockname()[1])]
        told = CliRunner().invoke(main, words, catch_exceptions=False)

    assert told.exit_code == UsageError.exit_code
    assert "cannot be listened on" in told.stderr
    assert "leave --port out" in told.stderr


def test_it_is_not_served_by_a_kernel(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a notebook it would keep the kernel from everything else, so it is refused."""
    monkeypatch.setattr(IPKernelApp, "_instance", IPKernelApp())
    told = CliRunner().invoke(main, ["hub", "open", "--no-browser"], catch_exceptions=False)

    assert told.exit_code == Refused.exit_code
    assert "keep this kernel busy" in told.stderr


def test_without_the_extra_it_names_the_extra(project: Path) -> None:
    """Where Jupyter's server is not installed, it says what to install."""
    code = "import sys; sys.modules['jupyter_server'] = None\nfrom nbops.doors.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", code, "hub", "open", "--json"], capture_output=True, text=True, check=False
    )

    assert done.returncode == UsageError.exit_code
    assert json.loads(done.stdout)["error"]["fix"] == 'pip install "nbops[lab]"'


def test_nobody_is_let_in_without_a_token() -> None:
    """An application without a token is not made."""
    with pytest.raises(UsageError, match="without a token"):
        hub_application(Hubs(Path()), token="")
