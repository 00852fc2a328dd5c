"""The numbers of a stretch of time, counted by hand on few runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.ops.incidents import report
from nbops.ops.metrics import measure, measure_each
from nbops.pipeline.metrics import Metrics, PipelineMetrics
from nbops.records import Act
from nbops.store.ingest import ingest
from nbops.store.project import Project
from nbops.testing import records
from nbops.views.metrics_page import metrics_page
from nbops.views.metrics_words import tiles
from tests.ops.conftest import own_hub
from tests.store.contents import write

NOW = time.time()
DAY = 86_400.0
Ran = Callable[..., None]


@pytest.fixture
def ran(tmp_path: Path) -> Ran:
    """Return what writes a run so many days ago into the journal."""

    def run(name: str, days: float, failing: str = "", env: str = "prod", notebook: str = "sales.ipynb") -> None:
        made = records(notebook, run=name * 32, at=NOW - days * DAY, failing=failing, env=env, seconds=10.0)
        write(Project(tmp_path), *made)

    return run


def measured(root: Path, **about: object) -> Metrics:
    """Return the numbers of the last week of the project at *root*."""
    project = Project(root)
    with own_hub(project) as hub:
        ingest(hub, project)
        return measure(hub, since=NOW - 7 * DAY, until=time.time() + 1, **about)  # type: ignore[arg-type]


def test_runs_errors_and_tests_are_counted_by_pipeline(tmp_path: Path, ran: Ran) -> None:
    """The one with most errors first; what is older than the stretch does not count."""
    ran("a", 9, "clean")
    ran("b", 3)
    ran("c", 2, "clean")
    ran("d", 1, notebook="stock.ipynb")
    found = measured(tmp_path)

    assert [(one.notebook, one.runs, one.bad, one.steps, one.tested) for one in found.pipelines] == [
        ("sales.ipynb", 2, 1, 3, 2),  # the newest run ended at its second step
        ("stock.ipynb", 1, 0, 3, 3),
    ]
    assert (found.runs, found.bad, found.error_rate, found.coverage) == (3, 1, 1 / 3, 5 / 6)


def test_times_to_detect_and_to_recover(tmp_path: Path, ran: Ran) -> None:
    """From the start of the run to the test that failed; from the failure to the start of the run that went well."""
    ran("a", 3, "clean")
    ran("b", 2)
    found = measured(tmp_path)

    assert found.to_detect == pytest.approx(20.0)
    assert found.to_recover == pytest.approx(DAY - 20.0)
    assert (found.incidents, found.is_open, found.by_tests) == (1, 0, 1)


def test_what_people_found_and_took_back(tmp_path: Path, ran: Ran) -> None:
    """A report counts as an incident that no test had found; a waived test as a false alarm."""
    ran("a", 3, "clean")
    ran("b", 2, "load")
    project = Project(tmp_path)
    write(project, Act(NOW - DAY, "waive", "c" * 32, "ann", "right", {"test": "x", "resumes": "a" * 32}))
    with own_hub(project) as hub:
        ingest(hub, project)
        report(hub, "margin is too high")
    found = measured(tmp_path)

    assert (found.incidents, found.by_tests, found.by_people) == (3, 2, 1)
    assert (found.alarms, found.false_alarms) == (2, 1)
    assert [(one.what, one.can_have_test) for one in found.causes] == [
        ("ids are unique", True),
        ("ids are unique", True),
        ("margin is too high", False),
    ]


def test_only_one_environment_is_measured_when_one_is_named(tmp_path: Path, ran: Ran) -> None:
    """Sessions and other environments are left out."""
    ran("a", 3, "clean")
    ran("b", 2, env="dev")

    assert (measured(tmp_path).runs, measured(tmp_path, env="dev").runs) == (2, 1)


def test_nothing_is_not_zero() -> None:
    """Where nothing ran nothing is known: no share, no median."""
    empty = Metrics(0.0, 1.0)

    assert (empty.error_rate, empty.coverage, empty.test_share, empty.to_recover) == (None, None, None, None)
    assert [tile.value for tile in tiles([empty])][:-1] == ["–"] * 7


def test_a_change_is_told_against_the_median_of_before() -> None:
    """Fewer errors are better; less coverage is worse."""
    before = Metrics(0.0, 1.0, pipelines=(PipelineMetrics("a", 100, 4, (), 10, 9),))
    now = Metrics(1.0, 2.0, pipelines=(PipelineMetrics("a", 100, 2, (), 10, 8),))
    said = {tile.name: (tile.value, tile.said) for tile in tiles([before, before, now])}

    assert said["Errors"] == ("2.0 %", "better, from 4.0 %")
    assert said["Coverage"] == ("80 %", "worse, from 90 %")


def test_names_from_notebooks_are_text_on_the_page() -> None:
    """Whatever a notebook is called."""
    hostile = Metrics(0.0, 1.0, pipelines=(PipelineMetrics("<img src=x onerror=alert(1)>.ipynb", 1, 1),))
    page = metrics_page([hostile])

    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_the_command_tells_it_writes_it_and_says_what_to_do_when_nothing_ran(
    tmp_path: Path, ran: Ran, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words, as JSON, and as a page."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    nothing = CliRunner().invoke(main, ["metrics"], catch_exceptions=False).stdout
    ran("a", 1, "clean")
    text = CliRunner().invoke(main, ["metrics"], catch_exceptions=False).stdout
    facts = json.loads(CliRunner().invoke(main, ["metrics", "--json", "--weeks", "2"], catch_exceptions=False).stdout)
    CliRunner().invoke(main, ["metrics", "-o", "out/m.html"], catch_exceptions=False)

    assert "nbops metrics --since 90d" in nothing
    assert "nbops incidents to-test 1" in text
    assert (facts["now"]["incidents"], len(facts["before"])) == (1, 2)
    assert (tmp_path / "out" / "m.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_several_stretches_are_measured_as_each_alone(tmp_path: Path, ran: Ran) -> None:
    """What occurred in one of them, and before it, counts there alone."""
    for name, days, failing in (("a", 20, "clean"), ("b", 13, ""), ("c", 9, "load"), ("d", 2, "clean"), ("e", 1, "")):
        ran(name, days, failing)
    project = Project(tmp_path)
    stretches = [(NOW - (back + 7) * DAY, NOW - back * DAY) for back in (14, 7, 0)]
    with own_hub(project) as hub:
        ingest(hub, project)
        found = measure_each(hub, stretches)

        assert found == [measure(hub, since=since, until=until) for since, until in stretches]
        assert [one.incidents for one in found] == [1, 1, 1]
