"""What the hub's page is answered, asked of a hub without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.doors.server.answers import ANSWERS, report_page
from nbops.doors.server.lists import pipeline_line, read_cursor, wrong_first
from nbops.errors import ReferenceNotFound, UsageError
from nbops.records import Record, RunStarted, Status
from nbops.store.hub import Hub
from nbops.testing import memory_hub, records


def ask(hub: Hub, question: str, /, **given: str) -> dict:  # type: ignore[type-arg]
    """Return the answer to a question."""
    return ANSWERS[question](hub, given)


def some_runs() -> list[list[Record]]:
    """Return runs of two pipelines, one of them in two environments, the newest in production failed."""
    return [
        *(records("daily/sales.ipynb", run=f"aa{n}" + "0" * 29, at=1000.0 + n, env="prod") for n in range(5)),
        records("daily/sales.ipynb", run="bad" + "0" * 29, at=2000.0, env="prod", failing="clean", owner="Ana"),
        records("daily/sales.ipynb", run="dev" + "0" * 29, at=3000.0),
        records("board.ipynb", run="b0a" + "0" * 29, at=4000.0, env="prod"),
    ]


def test_the_home_says_what_status_says() -> None:
    """What is wrong comes first and has its card; each pipeline stands once for each environment."""
    with memory_hub(*some_runs()) as hub:
        home = ask(hub, "home")
        only_dev = ask(hub, "home", env="dev")

    assert [(line["name"], line["env"], line["status"]) for line in home["pipelines"]] == [
        ("daily/sales", "prod", "failed"), ("board", "prod", "passed"), ("daily/sales", "dev", "passed")
    ]  # fmt: skip
    assert home["counts"] == {"failed": 1, "in_order": 2}
    (card,) = home["cards"]
    assert [label for label, _ in card["lines"]] == ["WHAT", "WHERE", "SINCE", "WHO"]
    assert card["title"] == "daily/sales@bad000"
    assert [(line["name"], line["env"]) for line in only_dev["pipelines"]] == [("daily/sales", "dev")]


def test_bars_tell_a_run_that_went_wrong_by_their_height() -> None:
    """What failed has the full height; what took as long as usual has half of it."""
    with memory_hub(*some_runs()) as hub:
        runs = hub.runs(notebook="daily/sales.ipynb", env="prod", limit=30)
    bars = pipeline_line(runs)["bars"]

    assert [share for _, _, share, _ in bars] == [0.5] * 5 + [1.0]
    assert [status for _, status, _, _ in bars] == ["passed"] * 5 + ["failed"]


def test_wrong_first_then_what_warned_then_what_runs() -> None:
    """The order of urgency, the newest of each first."""
    states = [(Status.PASSED, 9), (Status.RUNNING, 1), (Status.WARNED, 2), (Status.ERROR, 3), (Status.FAILED, 4)]
    lines = wrong_first([{"status": status, "at": at} for status, at in states])

    assert [line["status"] for line in lines] == ["failed", "error", "warned", "running", "passed"]


def test_pages_follow_each_other_though_runs_began_at_once() -> None:
    """Runs of the same moment are told apart by their ids: each is on one page."""
    with memory_hub(*(records(run=f"{n:032x}", at=1000.0) for n in range(7))) as hub:
        pages, after = [], ""
        while after is not None:
            page = ask(hub, "runs", limit="2", after=after)
            pages.append([run["run"] for run in page["runs"]])
            after = page["next"]

    assert [len(page) for page in pages] == [2, 2, 2, 1]
    assert len({run for page in pages for run in page}) == 7


def test_sessions_are_in_no_answer() -> None:
    """Cells that were run by hand are neither runs nor pipelines."""
    session = [RunStarted(5000.0, "5e55" * 8, kind="session", notebook="play.ipynb", steps=("load",))]
    with memory_hub(*some_runs(), session) as hub:
        assert ask(hub, "about")["runs"] == 8
        assert "play" not in {run["name"] for run in ask(hub, "runs")["runs"]}
        assert "play" not in {line["name"] for line in ask(hub, "home")["pipelines"]}
        assert ask(hub, "find", q="play")["found"] == []


def test_a_run_is_its_report() -> None:
    """The page of a run holds what its report holds, and the report stands alone too."""
    with memory_hub(*some_runs()) as hub:
        page = ask(hub, "run", run="bad")
        report = report_page(hub, {"run": "bad"})

    assert page["status"] == "failed"
    assert "<html" not in page["html"]
    assert page["html"] in report
    for word in ("WHAT", "Steps", "Tests", "publish"):
        assert word in page["html"]


def test_a_pipeline_is_shown_where_it_matters_most() -> None:
    """Production is shown before other environments, unless one is asked for; all of them stand side by side."""
    with memory_hub(*some_runs()) as hub:
        page, other = ask(hub, "pipeline", name="sales"), ask(hub, "pipeline", name="daily/sales", env="dev")

    assert (page["name"], page["env"]) == ("daily/sales", "prod")
    assert sorted(line["env"] for line in page["envs"]) == ["dev", "prod"]
    assert other["env"] == "dev"


def test_a_search_finds_runs_and_pipelines() -> None:
    """A run by the beginning of its id, a pipeline by a part of its name, nothing by nothing."""
    with memory_hub(*some_runs()) as hub:
        found = {q: [(hit["kind"], hit["key"]) for hit in ask(hub, "find", q=q)["found"]] for q in ("bad", "SAL", " ")}

    assert found == {"bad": [("run", "bad" + "0" * 29)], "SAL": [("pipeline", "daily/sales")], " ": []}


def test_an_empty_hub_is_answered() -> None:
    """Where nothing ran, every list is empty and says which hub was read."""
    with memory_hub(root=Path("/somewhere")) as hub:
        about, home = ask(hub, "about"), ask(hub, "home")

    assert (about["runs"], about["envs"], about["has_datasets"]) == (0, [], False)
    assert (home["pipelines"], home["cards"], home["hub"]) == ([], [], "memory")


@pytest.mark.parametrize("text", ["", "x", "1.5", "yesterday,aa"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    """What no page gave as its end is no place in the list."""
    with pytest.raises(UsageError, match="no place in the list"):
        read_cursor(text)


def test_what_is_unknown_says_so() -> None:
    """A run, a notebook or a dataset that nobody knows."""
    with memory_hub(*some_runs()) as hub:
        for name, given in (("run", {"run": "fff"}), ("pipeline", {"name": "x"}), ("dataset", {"name": "x"})):
            with pytest.raises(ReferenceNotFound):
                ask(hub, name, **given)
