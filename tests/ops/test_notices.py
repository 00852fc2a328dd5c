"""Who hears of an incident, and when; told once, whatever the channels do. The servers are real ones, on loopback."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbops.ops.channels import Failed, Message, send
from nbops.ops.incidents import ack, close
from nbops.ops.notices import GIVEN_UP_AFTER, announce, deliver, try_routes
from nbops.ops.routes import Mail, read_routes
from nbops.records import Record
from nbops.store.hub import Hub
from nbops.store.ingest import ingest
from nbops.store.outbox import LEASE_SECONDS, notices, take_due
from nbops.store.project import Project
from nbops.testing import records
from tests.ops.conftest import own_hub
from tests.ops.receivers import Web, mail_server, web_server
from tests.store.contents import write

NOW = time.time()
HOUR = 3600.0
MESSAGE = Message("key", "it broke", "it broke\nat clean", {"number": 1}, "ann@example.org")


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    """Return a web server for all tests of the module."""
    with web_server() as web:
        yield web


@pytest.fixture
def web(server: Web) -> Web:
    """Return that server as if nobody had posted to it."""
    server.posts.clear()
    server.keys.clear()
    server.answers.clear()
    return server


def run(name: str, hours: float, failing: str = "clean", notebook: str = "sales.ipynb") -> list[Record]:
    """Return the records of a run in production so many hours ago."""
    at = NOW - hours * HOUR
    return records(notebook, run=name * 32, at=at, failing=failing, env="prod", owner="ann@example.org")


def hub_of(root: Path, settings: str, *runs: list[Record]) -> Hub:
    """Return the hub of a project with routes and runs."""
    (root / "pyproject.toml").write_text(f"[tool.nbops.notices]\n{settings}", encoding="utf-8")
    hub = own_hub(Project(root))
    add(hub, *runs)
    return hub


def add(hub: Hub, *runs: list[Record]) -> None:
    """Take runs into a hub."""
    for some in runs:
        write(hub.project, *some)
    ingest(hub, hub.project)


def route(to: str, more: str = "") -> str:
    """Return the settings of one route."""
    return f'routes.team = {{to = "{to}"{", " + more if more else ""}}}\n'


def test_an_incident_is_told_once_then_that_it_is_back_and_that_it_is_fixed(tmp_path: Path, web: Web) -> None:
    """However often one asks, and however often it occurs meanwhile."""
    with hub_of(tmp_path, route(web.url), run("a", 9), run("b", 8)) as hub:
        for _ in range(2):
            announce(hub)
            deliver(hub)
        add(hub, run("c", 7, failing=""))
        announce(hub)
        deliver(hub)
        add(hub, run("d", 6), run("e", 5))
        announce(hub)
        deliver(hub)

    assert [post["incidents"][0]["event"] for post in web.posts] == ["open", "fixed", "back again"]
    assert web.posts[0]["subject"] == "✗ open: sales::clean #1"
    assert "(2 times in a row)" in web.posts[0]["text"]
    assert "NEXT" in web.posts[0]["text"]
    assert len(set(web.keys)) == 3


def test_what_is_fixed_before_anybody_heard_of_it_is_not_told(tmp_path: Path, web: Web) -> None:
    """Nobody has to be told that what they never knew is over."""
    with hub_of(tmp_path, route(web.url), run("a", 9), run("b", 8, failing="")) as hub:
        assert announce(hub) == 0


def test_somebody_who_looks_at_it_is_not_reminded(tmp_path: Path, web: Web) -> None:
    """Acknowledged before it was told, it is not told; closed by a person, that is told to whom it was told before."""
    with hub_of(tmp_path, route(web.url), run("a", 9), run("b", 8, failing="load")) as hub:
        ack(hub, 1)
        announce(hub)
        close(hub, 2, "mended")
        announce(hub)
        deliver(hub)

    told = [(one["number"], one["event"]) for one in web.posts[0]["incidents"]]
    assert sorted(told) == [(2, "fixed"), (2, "open")]


def test_what_is_due_together_is_one_message(tmp_path: Path, web: Web) -> None:
    """Five incidents of one owner for one route do not ring five times."""
    runs = [run(str(n), 9, notebook=f"n{n}.ipynb") for n in range(5)]
    with hub_of(tmp_path, route(web.url), *runs) as hub:
        announce(hub)
        done = deliver(hub)

    assert [(one.notices, one.why) for one in done] == [(5, "")]
    assert web.posts[0]["subject"].endswith(", and 4 more")


def test_a_route_tells_only_what_it_is_for(tmp_path: Path, web: Web) -> None:
    """By notebook, environment, owner, event, and how often it occurred in a row."""
    with hub_of(
        tmp_path,
        route(web.url, 'notebooks = ["stock*"]')
        + f'routes.twice = {{to = "{web.url}", after = 2}}\n'
        + f'routes.test = {{to = "{web.url}", envs = ["test"]}}\n'
        + f'routes.eve = {{to = "{web.url}", owners = ["eve"]}}\n',
        run("a", 9),
    ) as hub:
        assert announce(hub) == 0
        add(hub, run("b", 8))
        announce(hub)

        assert [one.route for one in notices(hub)] == ["twice"]


def test_quiet_hours_wait_for_the_morning(tmp_path: Path, web: Web) -> None:
    """What happened at night is told when they end."""
    settings = 'timezone = "UTC"\n' + route(web.url, 'quiet = "22:00-06:00"')
    midnight = NOW - NOW % 86_400.0
    night = [records("sales.ipynb", run="a" * 32, at=midnight - 3 * HOUR / 4, failing="clean", env="prod")]
    with hub_of(tmp_path, settings, *night) as hub:
        announce(hub)

        assert deliver(hub, now=midnight + 5.9 * HOUR) == []
        assert [one.why for one in deliver(hub, now=midnight + 6.1 * HOUR)] == [""]


def test_a_receiver_that_is_down_for_an_hour_gets_everything_afterwards(tmp_path: Path, web: Web) -> None:
    """Nothing is lost, nothing is told twice, and what is asked less and less often."""
    with hub_of(tmp_path, route(web.url), run("a", 9)) as hub:
        announce(hub)
        web.answers.extend([503] * 7)
        moment, tries = NOW, []
        while not web.posts:
            due = notices(hub)[0].due
            moment = max(moment, due)
            tries.append(moment - NOW)
            assert all(one.why for one in deliver(hub, now=moment)) or web.posts
        deliver(hub, now=moment + 86_400)

        assert len(web.posts) == 1
        assert HOUR * 0.4 < tries[-1] < HOUR * 1.2
        assert [one.state for one in notices(hub)] == ["delivered"]
        gaps = [after - before for before, after in itertools.pairwise(tries)]
        assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(gaps))


@pytest.mark.parametrize("answer", [404, 410, 302])
def test_what_a_receiver_refuses_for_good_is_given_up_and_said(tmp_path: Path, web: Web, answer: int) -> None:
    """An address that is gone, or that sends one elsewhere, is not asked again; the list tells it."""
    web.answers.append(answer)
    with hub_of(tmp_path, route(web.url), run("a", 9)) as hub:
        announce(hub)
        (done,) = deliver(hub)

        assert (done.is_final, f"answered {answer}" in done.why) == (True, True)
        assert "abcdefgh12345" not in done.why
        assert [one.state for one in notices(hub, state="failed")] == ["failed"]
        assert deliver(hub, now=NOW + 86_400) == []


def test_after_three_days_it_is_given_up(tmp_path: Path) -> None:
    """A receiver that never was there does not stay in the outbox for ever."""
    with hub_of(tmp_path, route("http://127.0.0.1:9/"), run("a", 1)) as hub:
        announce(hub)
        deliver(hub, now=NOW)

        assert [one.state for one in notices(hub)] == ["waiting"]
        deliver(hub, now=NOW + GIVEN_UP_AFTER + HOUR)
        assert [one.state for one in notices(hub)] == ["failed"]


def test_a_dead_channel_does_not_keep_others_waiting(tmp_path: Path, web: Web) -> None:
    """Each route for itself."""
    settings = route("http://127.0.0.1:9/") + f'routes.other = {{to = "{web.url}"}}\n'
    with hub_of(tmp_path, settings, run("a", 9)) as hub:
        announce(hub)
        done = {one.route.name: bool(one.why) for one in deliver(hub)}

    assert done == {"team": True, "other": False}
    assert len(web.posts) == 1


def test_of_two_that_deliver_one_tells_and_the_other_takes_over_when_it_dies(tmp_path: Path, web: Web) -> None:
    """What somebody took is left alone until the lease ends."""
    with hub_of(tmp_path, route(web.url), run("a", 9)) as hub:
        announce(hub)
        assert len(take_due(hub, NOW)) == 1  # and dies
        assert deliver(hub, now=NOW + 1) == []
        assert len(deliver(hub, now=NOW + LEASE_SECONDS + 1)) == 1

    assert len(web.posts) == 1


def test_mail_goes_to_the_owner(tmp_path: Path) -> None:
    """With a mail server and no route, failures go to who answers for them."""
    with (
        mail_server() as (url, mails),
        hub_of(tmp_path, f'smtp = "{url}"\nfrom = "nbops@example.org"\n', run("a", 9)) as hub,
    ):
        announce(hub)
        (done,) = deliver(hub)

    assert done.why == ""
    assert (mails[0]["To"], mails[0]["From"]) == ("ann@example.org", "nbops@example.org")
    assert mails[0]["Subject"] == "✗ open: sales::clean #1"
    assert "ids are unique" in mails[0].get_content()


def test_without_any_setting_it_is_told_on_the_console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing needs an account before it is useful."""
    (tmp_path / "pyproject.toml").touch()
    assert [one.why for one in try_routes(tmp_path, "ann")] == [""]
    assert "This is a try" in capsys.readouterr().err
    assert read_routes(tmp_path).is_default


def test_a_file_gets_a_line_for_each_message(tmp_path: Path) -> None:
    """JSON, for programs that read it."""
    send("file:told/notices.jsonl", MESSAGE, Mail(), tmp_path)
    send("file:told/notices.jsonl", MESSAGE, Mail(), tmp_path)
    lines = (tmp_path / "told" / "notices.jsonl").read_text(encoding="utf-8").splitlines()

    assert [json.loads(one)["subject"] for one in lines] == ["it broke", "it broke"]


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # apprise on older Pythons
def test_everything_else_is_left_to_apprise(tmp_path: Path, web: Web) -> None:
    """Its address for a JSON receiver reaches the same server; one that it does not know is refused for good."""
    send(web.url.replace("http://", "json://"), MESSAGE, Mail(), tmp_path)
    with pytest.raises(Failed, match="apprise does not know") as refused:
        send("carrier-pigeon://loft/17", MESSAGE, Mail(), tmp_path)

    assert web.posts[0]["title"] == "it broke"
    assert refused.value.is_final


def test_an_address_may_be_a_secret_that_is_never_shown(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes from the environment; when it fails, the error does not tell it."""
    monkeypatch.setenv("HOOK", web.url)
    send("secret:HOOK", MESSAGE, Mail(), tmp_path)
    web.answers.append(500)
    with pytest.raises(Failed) as error:
        send("secret:HOOK", MESSAGE, Mail(), tmp_path)

    assert len(web.posts) == 1
    assert "abcdefgh12345" not in error.value.why
    with pytest.raises(Failed, match="not set"):
        send("secret:MISSING", MESSAGE, Mail(), tmp_path)


def test_an_endless_answer_is_cut_off(tmp_path: Path, web: Web) -> None:
    """A hostile receiver does not fill the memory."""
    web.answers.append(599)
    with pytest.raises(Failed, match="answered 599"):
        send(web.url, MESSAGE, Mail(), tmp_path)


def test_a_name_that_no_encoding_has_keeps_no_notice_back(tmp_path: Path) -> None:
    """Half a surrogate pair in the names of one notebook, step and owner: it is told as the others are."""
    odd = "\ud800half"
    strange = records(f"{odd}.ipynb", run="b" * 32, at=NOW - HOUR, failing=odd, steps=(odd,), env="prod", owner=odd)
    with hub_of(tmp_path, route("file:told"), run("a", 2), strange) as hub:
        assert announce(hub) == 2
        assert {one.why for one in deliver(hub)} == {""}
    told = [json.loads(line) for line in (tmp_path / "told").read_text(encoding="utf-8").splitlines()]

    assert sorted("half" in one["subject"] for one in told) == [False, True]
    assert all("NEXT" in one["text"] for one in told)


def test_a_mail_waits_until_somebody_says_by_which_server(tmp_path: Path) -> None:
    """It is told as soon as the settings are mended."""
    with hub_of(tmp_path, route("owner"), run("a", 1)) as hub:
        announce(hub)
        (done,) = deliver(hub)

        assert (done.is_final, "no mail server" in done.why) == (False, True)


def test_a_receiver_that_does_not_answer_is_asked_once_for_all_that_is_due(tmp_path: Path) -> None:
    """Notices of other owners would wait as long for it; they wait with the first one, and other routes are told."""
    closed = route("http://127.0.0.1:1/hook").replace("team", "dead") + route("file:told")
    eve = records("stock.ipynb", run="b" * 32, at=NOW - HOUR, failing="load", env="prod", owner="eve@example.org")
    asked: list[str] = []

    def sender(to: str, message: Message, mail: Mail, root: Path) -> None:
        asked.append(to)
        send(to, message, mail, root)

    with hub_of(tmp_path, closed, run("a", 1), eve) as hub:
        announce(hub)
        done = deliver(hub, sender=sender)

        assert asked == ["http://127.0.0.1:1/hook", "file:told", "file:told"]
        assert [bool(one.why) for one in done] == [True, True, False, False]
        assert sorted(one.state for one in notices(hub)) == ["delivered", "delivered", "waiting", "waiting"]
