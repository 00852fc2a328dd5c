"""Incidents in a real hub: which runs make them, their numbers, what people do, and a hub that is made anew."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.errors import ReferenceNotFound, UsageError
from nbops.ops.incidents import ack, assign, close, note, report
from nbops.records import Act, Failure, Record, RunFinished, RunStarted, SourceGate, Status, StepFinished
from nbops.store.hub import Hub
from nbops.store.incidents import incident, incidents, occurrences, take_stock
from nbops.store.ingest import ingest
from nbops.store.project import Project
from nbops.store.rebuild import rebuild
from nbops.testing import records
from tests.ops.conftest import lose_hub, own_hub
from tests.store.contents import write

BEGAN = time.time() - 100_000.0


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    return Project(tmp_path)


def run(name: str, at: float, failing: str = "", env: str = "prod", notebook: str = "sales.ipynb") -> list[Record]:
    """Return the records of a run that began *at* seconds after the beginning."""
    return records(notebook, run=name * 32, at=BEGAN + at, failing=failing, env=env, owner="ann")


def hub_of(project: Project, *runs: list[Record]) -> Hub:
    """Return the project's hub with *runs* in it."""
    for some in runs:
        write(project, *some)
    hub = own_hub(project)
    ingest(hub, project)
    return hub


def test_runs_that_failed_alike_are_one_incident(project: Project) -> None:
    """Counted, from the first to the last; another step is another incident; runs in dev are none."""
    made = [run("a", 0, "clean"), run("b", 10, "clean"), run("c", 20, "load"), run("d", 30, "publish", env="dev")]
    with hub_of(project, *made) as hub:
        later, earlier = incidents(hub)

        assert (earlier.number, earlier.count, earlier.last.step, earlier.state) == (1, 2, "clean", "open")
        assert (later.number, later.count, later.last.step, later.owner) == (2, 1, "load", "ann")
        assert [one.run[0] for one in occurrences(hub, earlier)] == ["b", "a"]
        assert earlier.last.told == "2 of 100 rows failed"


def test_a_run_of_the_same_step_that_went_well_fixes_it(project: Project) -> None:
    """It leaves the list of those that are open, and says by which run."""
    with hub_of(project, run("a", 0, "clean"), run("b", 10)) as hub:
        assert incidents(hub) == []
        assert [(one.state, one.fixed_by) for one in incidents(hub, closed=True)] == [("fixed", "b" * 32)]
        write(project, *run("c", 20, "clean"))
        ingest(hub, project)

        assert [(one.state, one.count) for one in incidents(hub)] == [("back again", 2)]


def test_a_run_that_waived_the_test_fixes_nothing(project: Project) -> None:
    """The next one that passed without a waiver does; waiving another test says nothing of this one."""
    failed = run("a", 0, "clean")
    test = next(one.tests[0].name for one in failed if isinstance(one, StepFinished) and one.status.is_bad)
    with hub_of(project, failed, run("b", 10)) as hub:
        write(project, Act(BEGAN + 10, "waive", "b" * 32, "eve", "late", {"test": f"clean::{test}", "resumes": "a"}))
        ingest(hub, project)
        assert [one.state for one in incidents(hub)] == ["open"]
        write(project, *run("c", 20), Act(BEGAN + 20, "waive", "c" * 32, "eve", "late", {"test": "clean::100% of_it"}))
        ingest(hub, project)

        assert [one.fixed_by for one in incidents(hub, closed=True)] == ["c" * 32]


def test_a_run_that_went_on_without_the_source_fixes_nothing(project: Project) -> None:
    """A run was refused because a source was missing; only one that found it shows that it is there again."""

    def gated(name: str, at: float, answer: str) -> list[Record]:
        began, *rest = run(name, at)
        assert isinstance(began, RunStarted)
        return [dataclasses.replace(began, gates=(SourceGate("feed", answer, ("load",)),)), *rest]

    began, *_ = gated("a", 0, "refused")
    failure = Failure("SourceNotReady", "source feed is missing")
    end = RunFinished(BEGAN + 1, "a" * 32, Status.REFUSED, "source feed is missing", failure=failure)
    with hub_of(project, [began, end], gated("b", 10, "waived"), gated("c", 20, "warned")) as hub:
        assert [one.state for one in incidents(hub)] == ["open"]
        write(project, *gated("d", 30, "open"))
        ingest(hub, project)

        assert [one.fixed_by for one in incidents(hub, closed=True)] == ["d" * 32]


def test_a_run_that_left_the_step_out_fixes_nothing(project: Project) -> None:
    """Only a run in which the step passed tells that it is well."""
    others = records("sales.ipynb", run="b" * 32, at=BEGAN + 10, steps=("load",), env="prod")
    with hub_of(project, run("a", 0, "clean"), others) as hub:
        assert [one.state for one in incidents(hub)] == ["open"]


def test_a_run_is_looked_at_once(project: Project) -> None:
    """Asking again finds nothing new; a run that has ended meanwhile is looked at then."""
    with hub_of(project, run("a", 0, "clean")) as hub:
        assert (take_stock(hub), take_stock(hub)) == (1, 0)
        began, *rest = run("b", 10, "load")
        write(project, began)
        ingest(hub, project)
        first = take_stock(hub)
        write(project, *rest)
        ingest(hub, project)

        assert first == 1  # nobody knows its process: it died
        assert take_stock(hub) == 1
        assert {one.last.step for one in incidents(hub)} == {"clean", "load"}


def test_what_people_do_is_in_the_journal_and_a_hub_made_anew_knows_it(project: Project) -> None:
    """Acts, reports and numbers are the same afterwards."""
    with hub_of(project, run("a", 0, "clean"), run("b", 10, "load")) as hub:
        assert ack(hub, 2, "on it").state == "acknowledged"
        assert assign(hub, 2, "eve").owner == "eve"
        assert note(hub, 2, "the feed was cut").acts[-1].reason == "the feed was cut"
        assert report(hub, "margin is 8 % too high", "sales/orders").number == 3
        assert close(hub, 1, "feed is whole again").state == "fixed"
        before = incidents(hub, closed=True, limit=None)
        rebuild(hub, project)

        assert incidents(hub, closed=True, limit=None) == before
    lose_hub(project)
    with hub_of(project) as hub:
        assert incidents(hub, closed=True, limit=None) == before


def test_numbers_that_people_know_are_kept_although_an_older_error_is_found_later(project: Project) -> None:
    """A journal that comes late does not change what ``#1`` means, not even in a hub that is made from nothing."""
    with hub_of(project, run("b", 10, "clean")) as hub:
        ack(hub, 1)
        write(project, *run("a", 0, "load"))
        ingest(hub, project)

        assert incident(hub, 1).last.step == "clean"
        assert incident(hub, 2).last.step == "load"
    lose_hub(project)
    with hub_of(project) as hub:
        assert incident(hub, 1).last.step == "clean"


def test_errors_that_two_people_tell_in_the_same_words_are_one(project: Project) -> None:
    """Numbers in them may differ."""
    with hub_of(project) as hub:
        report(hub, "Margin is 8 % too high", "sales/orders")
        told = report(hub, "margin is 11 % too high", "sales/orders")

        assert (told.number, told.count, told.last.kind) == (1, 2, "reported")


def test_an_incident_outlives_the_pruning_of_its_runs(project: Project) -> None:
    """What happened stays known; only the run's own records are gone."""
    with hub_of(project, run("a", 0, "clean"), run("b", 10, "load")) as hub:
        known = incidents(hub)
        hub.prune(1.0, keep=0, dry=False)

        assert [one.number for one in incidents(hub)] == [one.number for one in known]


def test_only_some_are_asked_for(project: Project) -> None:
    """By notebook, owner, environment, time and number."""
    made = [run("a", 0, "clean"), run("b", 10, "clean", env="test", notebook="sub/stock.ipynb")]
    with hub_of(project, *made) as hub:
        assert [one.number for one in incidents(hub, nb="stock")] == [2]
        assert [one.number for one in incidents(hub, nb="sub/stock.ipynb")] == [2]
        assert [one.number for one in incidents(hub, env="prod")] == [1]
        assert [one.number for one in incidents(hub, since=BEGAN + 5)] == [2]
        assert incidents(hub, owner="nobody") == []
        assert len(incidents(hub, limit=1)) == 1


@pytest.mark.parametrize("act", ["close", "note", "assign"])
def test_an_act_without_words_is_refused(project: Project, act: str) -> None:
    """Nothing is written, and the error says what to type."""
    with hub_of(project, run("a", 0, "clean")) as hub:
        with pytest.raises(UsageError, match=r"reason|text|nobody"):
            {"close": close, "note": note, "assign": assign}[act](hub, 1, " ")

        assert incident(hub, 1).acts == ()
        with pytest.raises(ReferenceNotFound, match="no incident #7"):
            ack(hub, 7)


def test_a_scheduled_run_opens_one_in_every_environment(project: Project) -> None:
    """Others rely on what comes by itself."""
    began, *rest = run("a", 0, "clean", env="dev")
    assert isinstance(began, RunStarted)
    scheduled = RunStarted(began.at, began.run, "batch", "sales.ipynb", steps=began.steps, launcher="nbops serve")
    with hub_of(project, [scheduled, *rest]) as hub:
        assert [one.envs for one in incidents(hub)] == [("dev",)]


def test_a_report_belongs_to_whom_it_was_told_for(project: Project) -> None:
    """So that a notice of it has somebody to go to; whoever it is given to later counts more."""
    with hub_of(project) as hub:
        assert report(hub, "margin is 8 % too high", "sales/orders", owner="ann").owner == "ann"
        assert assign(hub, 1, "eve").owner == "eve"


def test_of_several_incidents_none_is_changed_when_one_is_not_there(project: Project) -> None:
    """A typing error among the numbers leaves nothing half done."""
    hub_of(project, run("a", 0, "clean")).close()
    (project.root / "pyproject.toml").touch()
    done = CliRunner().invoke(main, ["incidents", "close", "1", "99", "--reason", "done", "-C", str(project.root)])
    with own_hub(project) as hub:
        assert (done.exit_code, incident(hub, 1).state) == (4, "open")
