"""The hub as a real Jupyter server gives it: who may ask, what is answered, what is pushed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import websocket

from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records
from tests.doors.server.generated_hub import generate_hub
from tests.doors.server.running_server import TOKEN, Server, running_server

HOSTILE = "<img src=x onerror=alert(1)>\u202eevil"
PROTECTED = ["nbops/api/about", "nbops/api/home", "nbops/api/runs", "nbops/api/run?run=00", "nbops/api/again"]
PAGES = ["nbops/hub/", "nbops/hub/hub.js", "nbops/hub/hub.css", "nbops/hub/mark", "nbops/hub/report/00"]

SOME_AUTHORIZER = """
from jupyter_server.auth import Authorizer

class NoHub(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        return resource != "nbops"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server on a project of 300 runs, beside one that has none and one whose hub is broken."""
    home = tmp_path_factory.mktemp("served")
    root = home / "project"
    for name in ("", "empty", "broken", "growing"):
        (root / name).mkdir()
        (root / name / "pyproject.toml").touch()
    generate_hub(root, 300, notebooks=7)
    append(root, records(f"{HOSTILE}.ipynb", run="abcdef" * 5 + "ab", at=1.0, failing="clean"))
    (root / "broken" / ".nbops").mkdir()
    (root / "broken" / ".nbops" / "hub.db").write_text("this is no database, however long one looks at it")
    with running_server(home, root) as running:
        yield running


def append(root: Path, some: list) -> None:  # type: ignore[type-arg]
    """Write records as a process would, into a journal of its own."""
    journal = Journal(Project(root))
    for record in some:
        journal.append(record)
    journal.close()


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_who_has_no_token_is_answered_nothing(server: Server, path: str, token: str) -> None:
    """An answer needs the token, and a wrong one is as good as none."""
    assert server.get(path, token=token).status_code == 403


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("token", ["", "wrong"])
def test_who_has_no_token_is_led_to_where_one_logs_in(server: Server, path: str, token: str) -> None:
    """A page, its script and its style sheet are given to nobody who did not log in."""
    response = server.get(path, token=token)
    assert response.status_code == 302
    assert "/login" in response.headers["Location"]


def test_an_authorizer_decides(tmp_path: Path) -> None:
    """Who may use the server, but not nbops, is answered nothing by it."""
    (tmp_path / "project").mkdir()
    (tmp_path / "jupyter_config_dir").mkdir()
    (tmp_path / "jupyter_config_dir" / "jupyter_server_config.py").write_text(
        SOME_AUTHORIZER + "\nc.ServerApp.authorizer_class = NoHub\n"
    )
    with running_server(tmp_path, tmp_path / "project") as server:
        assert server.get("api/status").status_code == 200
        statuses = {path: server.get(path).status_code for path in (*PROTECTED[:-1], *PAGES)}
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            connect(server)

    assert set(statuses.values()) == {403}


def test_what_changes_something_needs_more_than_a_cookie(server: Server) -> None:
    """A page from elsewhere that makes the browser send its cookie cannot open the hub anew."""
    session = requests.Session()
    session.get(f"{server.address}nbops/hub/", params={"token": TOKEN}, timeout=30).raise_for_status()
    again = f"{server.address}nbops/api/again"

    assert session.get(f"{server.address}nbops/api/about", timeout=30).status_code == 200
    assert session.post(again, timeout=30).status_code == 403
    with_mark = {"X-XSRFToken": session.cookies["_xsrf"]}
    assert session.post(again, headers=with_mark, timeout=30).status_code == 200
    assert server.get("nbops/api/again").status_code == 405


def test_pages_of_runs_hold_each_run_once_while_new_ones_come(server: Server) -> None:
    """The list is read to its end, newest first, though a run is recorded in between."""
    page = server.ask("runs", limit="64")
    seen, total = [run["run"] for run in page["runs"]], page["total"]
    append(server.root, records("late.ipynb", run="fedcba" * 5 + "fe", at=2_000_000_000.0))
    while page["next"]:
        page = server.ask("runs", limit="64", after=page["next"])
        seen += [run["run"] for run in page["runs"]]

    assert total == len(seen) == len(set(seen)) == 301
    assert server.ask("runs", limit="1")["runs"][0]["name"] == "late"


def test_what_is_asked_wrongly_is_told(server: Server) -> None:
    """A limit, a place in the list, a run or a folder that means nothing: what it was, and what to do."""
    wrong = [("runs", {"limit": "x"}, 400), ("runs", {"after": "x"}, 400), ("run", {"run": "99999"}, 404),
             ("about", {"in": "../.."}, 400), ("nothing", {}, 404), ("pipeline", {"name": "nope"}, 404),
             ("dataset", {"name": "nope"}, 404), ("runs", {"since": "yesterday"}, 400)]  # fmt: skip
    found = [server.get(f"nbops/api/{name}", **given) for name, given, _ in wrong]

    assert [response.status_code for response in found] == [status for _, _, status in wrong]
    assert all(response.json()["message"] for response in found)


def test_names_are_text(server: Server) -> None:
    """A notebook whose name is a tag stays a name: in lists as it is, in pages escaped."""
    run = server.ask("find", q="abcdef")["found"][0]["key"]
    page = server.ask("run", run=run)
    report = server.get(f"nbops/hub/report/{run}")

    assert page["name"] == HOSTILE
    for html in (page["html"], report.text):
        assert "<img" not in html
        assert "&lt;img src=x" in html
    assert "default-src 'none'" in report.headers["Content-Security-Policy"]
    assert "script-src 'self'" in server.get("nbops/hub/").headers["Content-Security-Policy"]


def test_an_empty_project_is_answered_and_left_alone(server: Server) -> None:
    """To look at a project where nothing ran makes no file in it."""
    assert server.ask("about", **{"in": "empty"})["runs"] == 0
    assert server.ask("home", **{"in": "empty"})["pipelines"] == []
    assert [file.name for file in (server.root / "empty").iterdir()] == ["pyproject.toml"]


def test_a_hub_that_cannot_be_read_says_so_until_it_can(server: Server) -> None:
    """What is wrong with it, where it is and what to type; when it is mended, it is answered."""
    broken = server.get("nbops/api/home", **{"in": "broken"})
    assert broken.status_code == 503
    assert broken.json()["error"]["where"] == str(server.root / "broken" / ".nbops" / "hub.db")
    assert "nbops hub rebuild" in broken.json()["error"]["fix"]
    (server.root / "broken" / ".nbops" / "hub.db").unlink()

    assert server.ask("home", **{"in": "broken"})["pipelines"] == []


def test_sessions_are_not_listed_among_runs(server: Server) -> None:
    """Cells that were run by hand are no runs."""
    assert {run["kind"] for run in server.ask("runs", limit="200")["runs"]} == {"batch"}


def connect(server: Server, origin: str | None = None, folder: str = "") -> websocket.WebSocket:
    """Return the socket of the hub, opened by a page from *origin*."""
    address = f"{server.address.replace('http', 'ws')}nbops/api/live?token={TOKEN}&in={folder}"
    return websocket.create_connection(address, timeout=20, origin=origin, suppress_origin=origin is None)


def test_a_page_that_watches_hears_of_a_new_run(server: Server) -> None:
    """What is recorded while a page watches is told to it, and then answered."""
    socket = connect(server, origin=server.address.rstrip("/"), folder="growing")
    first = json.loads(socket.recv())["state"]
    begun = time.monotonic()
    append(server.root / "growing", records("new.ipynb"))
    second = json.loads(socket.recv())["state"]
    told_after = time.monotonic() - begun
    socket.close()
    print(f"told {told_after:.2f} s after it was recorded")

    assert first != second
    assert [run["name"] for run in server.ask("runs", **{"in": "growing"})["runs"]] == ["new"]


def test_a_page_from_elsewhere_may_not_watch(server: Server) -> None:
    """A token in its address does not vouch for where a page comes from."""
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        connect(server, origin="https://elsewhere.example")


def test_who_has_no_token_may_not_watch(server: Server) -> None:
    """The socket is given to nobody who did not log in."""
    address = f"{server.address.replace('http', 'ws')}nbops/api/live?token=wrong"
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        websocket.create_connection(address, timeout=20, suppress_origin=True)
