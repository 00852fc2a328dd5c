"""What JupyterLab asks the server for jobs and for adopting, asked of a real Jupyter server."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbops.doors.server import job_runs
from nbops.doors.server.jobs import ROUTES
from nbops.errors import KernelError
from tests.browser.running_lab import TOKEN, end, free_port

CONFIG = Path(__file__).parents[2] / "labextension" / "jupyter-config" / "nbops.json"
CELLS = (
    "%load_ext nbops\nimport time",
    "%%params\nrows: int = 3  # how many\nday: date = date(2013, 2, 1)\nregion: Literal['EU', 'US'] = 'EU'\n"
    "wait: float = 0\nis_bad: bool = False\ntoken: Secret = 'abc'",
    "%%step load\nmade = list(range(rows))\ntime.sleep(wait)\nassert not is_bad, 'good'",
    "%%step count\nn = len(made)\nassert n == rows",
)


@dataclasses.dataclass(frozen=True)
class Server:
    """A Jupyter server that runs, and the folder that it shows."""

    root: Path
    address: str

    def ask(self, where: str, sent: object = None, *, token: str = TOKEN) -> tuple[int, Any]:
        """Return the status and the answer of an address below ``nbops/``."""
        request = urllib.request.Request(
            f"{self.address}/nbops/{where}",
            data=None if sent is None else json.dumps(sent).encode(),
            headers={"Authorization": f"token {token}"} if token else {},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else text

    def ended(self, path: str, run: str) -> dict[str, Any]:
        """Return what became of a job, once it is over."""
        for _ in range(600):
            status, told = self.ask(f"jobs/{run}?path={path}")
            assert status == 200, told
            if told["is_over"]:
                return dict(told)
            time.sleep(0.1)
        raise AssertionError(told)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a Jupyter server with the extension enabled as the wheel enables it."""
    home = tmp_path_factory.mktemp("server")
    root, config = home / "project", home / "config"
    (config / "jupyter_server_config.d").mkdir(parents=True)
    (config / "jupyter_server_config.d" / "nbops.json").write_bytes(CONFIG.read_bytes())
    root.mkdir()
    (root / "pyproject.toml").touch()
    (home / "secret.ipynb").write_text("{}")
    port = free_port()
    names = {"JUPYTER_CONFIG_DIR": config, "JUPYTER_RUNTIME_DIR": home / "runtime", "IPYTHONDIR": home / "ipython"}
    command = [
        *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}"),
        *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}", "--ServerApp.port_retries=0"),
    ]
    with (home / "log").open("wb") as log:
        environment = os.environ | {name: str(place) for name, place in names.items()}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            running = Server(root, f"http://127.0.0.1:{port}")
            for _ in range(240):
                assert process.poll() is None, (home / "log").read_text()
                try:
                    if running.ask("jobs?path=none.ipynb")[0] == 400:
                        break
                except OSError:  # it does not listen yet
                    time.sleep(0.25)
            yield running
        finally:
            end(process)


def write(server: Server, name: str, cells: tuple[str, ...] = CELLS) -> str:
    """Write a notebook into the folder that the server shows, and return its path there."""
    code = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for i, source in enumerate(cells)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": code, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    (server.root / name).parent.mkdir(exist_ok=True)
    (server.root / name).write_text(json.dumps(content))
    return name


def test_the_form_says_what_each_parameter_takes(server: Server) -> None:
    """Kinds, choices, comments and defaults come from the code; a secret's default does not."""
    status, form = server.ask(f"jobs/form?path={write(server, 'form.ipynb')}")
    fields = {field["name"]: field for field in form["fields"]}

    assert status == 200
    assert [(f["kind"], f["value"]) for f in fields.values()] == [
        ("integer", "3"), ("date", "2013-02-01"), ("choice", "EU"), ("number", "0"), ("bool", False), ("secret", None),
    ]  # fmt: skip
    assert fields["region"]["choices"] == ["EU", "US"]
    assert fields["rows"]["doc"] == "how many"
    assert "abc" not in json.dumps(form)
    assert (form["env"], form["environments"], form["resume"]) == ("dev", ["dev", "test", "prod"], None)
    assert form["steps"] == ["load", "count"]


def test_a_job_runs_in_its_own_process_and_is_told_by_the_hub(server: Server) -> None:
    """It ends passed, with its steps and its executed notebook; its record names what started it."""
    path = write(server, "passes.ipynb")
    status, begun = server.ask("jobs", {"path": path, "values": {"rows": "5", "token": "hush-hush"}, "env": "test"})
    assert status == 201, begun
    told = server.ended(path, begun["run"])

    assert (told["status"], told["env"], told["has_notebook"]) == ("passed", "test", True)
    assert [(step["name"], step["status"]) for step in told["steps"]] == [("load", "passed"), ("count", "passed")]
    assert told["tests"] == {"passed": 2}
    assert server.ask(f"jobs?path={path}")[1]["job"]["run"] == begun["run"]
    status, executed = server.ask(f"jobs/{begun['run']}/notebook?path={path}")
    assert status == 200
    assert executed["metadata"]["nbops"]["records"][0]["launcher"] == "JupyterLab"
    kept = [file.read_bytes() for file in (server.root / ".nbops").rglob("*") if file.is_file()]
    assert not any(b"hush-hush" in content for content in kept)


def test_wrong_values_are_told_beside_their_fields_and_nothing_runs(server: Server) -> None:
    """All of them at once, without the name being said again."""
    path = write(server, "wrong.ipynb")
    values = {"rows": "many", "day": "2013-02-30", "region": "EV"}
    told = {"rows": "many is no whole number", "day": "2013-02-30 is no date",
            "region": "EV is not one of 'EU', 'US'"}  # fmt: skip

    assert server.ask("jobs/check", {"path": path, "values": values}) == (200, {"errors": told})
    status, answer = server.ask("jobs", {"path": path, "values": values})
    assert (status, answer["errors"]) == (400, told)
    assert server.ask(f"jobs?path={path}") == (200, {"job": None})


def test_a_run_that_ended_badly_is_resumed(server: Server) -> None:
    """The form names it and what it was given; what passed is not run again."""
    cells = (CELLS[0], CELLS[1], "%%step load\nmade = list(range(rows))", "%%step count\nassert not is_bad, 'good'")
    path = write(server, "resumed.ipynb", cells)
    _, begun = server.ask("jobs", {"path": path, "values": {"is_bad": True, "rows": 4}})
    told = server.ended(path, begun["run"])
    assert (told["status"], told["is_bad"]) == ("failed", True)

    _, form = server.ask(f"jobs/form?path={path}")
    assert (form["resume"]["run"], form["resume"]["step"], form["resume"]["passed"]) == (begun["run"], "count", 1)
    assert form["resume"]["given"] == {"rows": "4", "is_bad": "True"}
    assert server.ask(f"jobs/form?path={path}&env=prod")[1]["resume"] is None
    write(server, path, (*cells[:3], "%%step count\nassert made"))
    status, again = server.ask("jobs", {"path": path, "resumes": begun["run"]})
    assert status == 201, again
    resumed = server.ended(path, again["run"])

    assert (resumed["status"], resumed["resumes"]) == ("passed", begun["run"][: len(resumed["resumes"])])
    assert [step["remark"][:1] for step in resumed["steps"]] == ["↺", ""]


def test_a_job_is_stopped(server: Server) -> None:
    """The step that runs is interrupted, and the record says by whom."""
    path = write(server, "stopped.ipynb")
    _, begun = server.ask("jobs", {"path": path, "values": {"wait": 60}})
    for _ in range(300):
        told = server.ask(f"jobs/{begun['run']}?path={path}")[1]
        if told["steps"][0]["status"] == "running":
            break
        time.sleep(0.1)
    assert server.ask(f"jobs/{begun['run']}/stop", {"path": path})[0] == 200
    told = server.ended(path, begun["run"])

    assert told["status"] == "interrupted"
    assert "stopped in JupyterLab" in told["reason"]
    status, refused = server.ask(f"jobs/{begun['run']}/stop", {"path": path})
    assert (status, refused["message"][-20:]) == (409, "is over: interrupted")


@pytest.mark.parametrize("path", ["../secret.ipynb", "/etc/passwd", "link.ipynb", ".hidden/a.ipynb", "nope.ipynb", ""])
def test_a_notebook_lies_in_the_folder_that_the_server_shows(server: Server, path: str) -> None:
    """Neither dots, nor links, nor hidden folders lead elsewhere."""
    link = server.root / "link.ipynb"
    if not link.is_symlink():
        link.symlink_to(server.root.parent / "secret.ipynb")
    write(server, ".hidden/a.ipynb")
    for status, answer in (
        server.ask(f"jobs/form?path={urllib.parse.quote(path)}"),
        server.ask("jobs", {"path": path}),
        server.ask("jobs/check", {"path": path}),
        server.ask(f"jobs/{'0' * 32}/stop", {"path": path}),
    ):
        assert (status, "notebook" in answer["message"]) == (400, True)


def test_runs_of_other_notebooks_are_not_told(server: Server) -> None:
    """A run is only known together with its own notebook."""
    one, other = write(server, "one.ipynb", CELLS[:1]), write(server, "other.ipynb", CELLS[:1])
    _, begun = server.ask("jobs", {"path": one})
    server.ended(one, begun["run"])

    assert server.ask(f"jobs/{begun['run']}?path={other}")[0] == 404
    assert server.ask(f"jobs/{begun['run']}/notebook?path={other}")[0] == 404
    assert server.ask(f"jobs/{'0' * 32}?path={one}")[0] == 404


def test_nobody_asks_without_the_token(server: Server) -> None:
    """Neither reading nor starting: a POST is refused already for the missing mark against forged requests."""
    for token in ("", "wrong"):
        for where in ("jobs?path=a.ipynb", "jobs/form?path=a.ipynb", f"jobs/{'0' * 32}?path=a.ipynb"):
            assert server.ask(where, token=token)[0] == 403
        for where in ("jobs", "jobs/check", "adopt", f"jobs/{'0' * 32}/stop"):
            assert server.ask(where, {}, token=token)[0] == 403


def test_every_method_asks_who_is_there() -> None:
    """No method of a handler is left open: each is wrapped by the check of the user and that of the right."""
    for _, handler in ROUTES:
        for method in ("get", "post"):
            own = vars(handler).get(method)
            assert own is None or getattr(own, "__wrapped__", None) is not None, handler
            assert own is None or "Unauthenticated" not in (own.__doc__ or "")


def test_a_document_is_adopted_as_it_stands_on_the_page(server: Server) -> None:
    """The answer has the cells as they would be; nothing is written, and what cannot be parsed is told by its cell."""
    source = "import pandas as pd\norders = pd.DataFrame({'a': [1]})\norders.to_csv('out.csv')"
    cell: dict[str, Any] = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": []}
    content = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5, "cells": [{**cell, "source": source}]}
    status, told = server.ask("adopt", {"path": "plain.ipynb", "content": content})

    assert status == 200, told
    assert any(step["is_sink"] for step in told["steps"])
    assert "b/plain.ipynb" in told["diff"]
    assert any("".join(cell["source"]).startswith("%%step") for cell in told["cells"])
    assert not (server.root / "plain.ipynb").exists()
    content["cells"] = [{**cell, "source": "x = ("}]
    status, told = server.ask("adopt", {"path": "plain.ipynb", "content": content})
    assert status == 400
    assert "/tmp" not in json.dumps(told)


@pytest.mark.parametrize(
    ("does", "said", "kept"), [("echo boom >&2; exit 1", ": boom", 1), ("exit 1", "before it began", 0)]
)
def test_a_process_that_ends_before_it_begins_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, said: str, kept: int
) -> None:
    """With the last that it said, and where all of it stands; of one that said nothing nothing is left."""
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(KernelError) as told:
        job_runs.start(tmp_path / "a.ipynb", {})

    assert told.value.what.endswith(said)
    assert len(list((tmp_path / ".nbops" / "runs").iterdir())) == kept
