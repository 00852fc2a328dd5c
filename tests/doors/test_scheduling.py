"""``nbops schedule``, ``schedules`` and ``export`` as they are typed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from nbops.pipeline.schedule import fold_schedules
from nbops.records import Act
from nbops.store.journal import Journal
from nbops.store.project import Project

CommandLine = Callable[..., Result]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")


def back_date(project: Path, seconds: float) -> None:
    """Say that the newest schedule was made so long ago."""
    (file,) = [path for path in (project / ".nbops/journal").glob("*.jsonl") if '"verb":"schedule"' in path.read_text()]
    entry = json.loads(file.read_text().splitlines()[0])
    entry["at"] -= seconds
    file.write_text(json.dumps(entry) + "\n")
    for one in (project / ".nbops").glob("hub.db*"):
        one.unlink()


def journaled(project: Path) -> list[str]:
    """Return the lines of the journals, in the order of their time."""
    lines = [line for path in (project / ".nbops/journal").glob("*.jsonl") for line in path.open()]
    return sorted(lines, key=lambda line: float(json.loads(line)["at"]))


def test_a_schedule_is_made_listed_rests_and_ends(nbops: CommandLine, notebook: Path) -> None:
    """What nobody executes is said, with what would."""
    made = nbops("schedule", "sales", "0 7 * * 1-5", "--tz", "Europe/Berlin").stdout
    listed = nbops("schedules").stdout

    assert "scheduled sales  Mon-Fri 07:00 Europe/Berlin  next: " in made
    assert "not promoted" in made
    assert "nothing executes schedules yet" in made
    assert "nbops export crontab" in listed
    assert "never" in listed
    assert "paused" in nbops("schedules", "pause", "sales", "--reason", "holidays").stdout
    assert "paused" in nbops("schedules").stdout
    nbops("schedules", "unpause", "sales")
    assert "paused" not in nbops("schedules").stdout
    assert "--yes" in nbops("schedules", "remove", "sales").stdout
    assert "removed" in nbops("schedules", "remove", "sales", "--yes").stdout
    assert "no schedules" in nbops("schedules").stdout


def test_programs_read_the_same(nbops: CommandLine, notebook: Path) -> None:
    """One JSON document each."""
    made = json.loads(nbops("schedule", "sales.ipynb", "0 7 * * *", "-p", "day", "2013-01-02", "--json").stdout)
    listed = json.loads(nbops("schedules", "--json").stdout)

    assert (made["notebook"], made["parameters"], made["is_served"]) == ("sales.ipynb", {"day": "2013-01-02"}, False)
    assert [(one["name"], one["next_at"] > time.time(), one["last"]) for one in listed["schedules"]] == [
        ("sales", True, None)
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["sales", "0 7 * *"], 4, "4 fields"),
        (["sales", "0 7 * * *", "--tz", "Europe/Berln"], 4, "Europe/Berlin"),
        (["slaes", "0 7 * * *"], 4, "sales.ipynb"),
        (["sales"], 4, "neither times nor data"),
        (["sales", "--on", "fed"], 4, "no source"),
        (["sales", "0 7 * * *", "--env", "prod"], 3, "not promoted"),
        (["sales", "0 7 * * *", "--env", "prod", "--unreleased"], 3, "reason"),
        (["sales", "0 7 * * *", "--jitter", "soon"], 4, "soon"),
        (["sales", "0 7 * * *", "-p", "dya=1"], 4, "dya"),
    ],
)
def test_what_means_nothing_is_told(nbops: CommandLine, notebook: Path, words: list[str], code: int, said: str) -> None:
    """With what to type instead, and nothing is scheduled."""
    refused = nbops_error(nbops, "schedule", *words)

    assert refused[0] == code
    assert said in refused[1]
    assert json.loads(nbops("schedules", "--json").stdout)["schedules"] == []


def nbops_error(nbops: CommandLine, *words: str) -> tuple[int, str]:
    """Return the exit code and the text of a command that is refused."""
    from click.testing import CliRunner

    from nbops.doors.cli import main

    found = CliRunner().invoke(main, words)
    return found.exit_code, found.output


def test_an_unknown_name_is_answered_with_a_suggestion(nbops: CommandLine, notebook: Path) -> None:
    """For every verb, and before anything is done."""
    nbops("schedule", "sales", "0 7 * * *")
    for words in (["pause"], ["unpause"], ["remove"], ["run"]):
        code, text = nbops_error(nbops, "schedules", *words, "slaes")
        assert (code, "sales" in text) == (4, True)
    assert nbops_error(nbops, "export", "crontab", "slaes")[0] == 4


def test_a_run_that_is_missing_is_told_by_the_list_and_by_status(nbops: CommandLine, notebook: Path) -> None:
    """With what runs it now."""
    nbops("schedule", "sales", "* * * * *")
    back_date(notebook.parent, 3600)

    assert "sales did not run at" in nbops("schedules").stdout
    assert "sales did not run at" in nbops("status").stdout
    assert "Nothing is wrong" not in nbops("status").stdout
    assert json.loads(nbops("status", "--json").stdout)["schedules"][0]["missing"] is not None


def test_a_schedule_runs_now_and_another_scheduler_runs_a_slot_once(nbops: CommandLine, notebook: Path) -> None:
    """The snapshot runs, whatever became of the notebook since."""
    nbops("schedule", "sales", "* * * * *")
    notebook.write_text("no notebook any more")
    assert nbops("schedules", "run", "sales").exit_code == 0
    listed = nbops("schedules").stdout
    assert "changed since" in listed
    assert "passed" in listed
    back_date(notebook.parent, 3600)
    first = nbops("schedules", "run", "sales", "--by", "cron")
    slots = [json.loads(act)["detail"] for act in journaled(notebook.parent) if '"verb":"slot"' in act]
    assert (first.exit_code, [one.get("by_hand") for one in slots]) == (0, ["yes", "yes", None, None])
    started = json.loads(nbops("show", "last", "--json").stdout)["started"]

    assert (started["launcher"], started["notebook"]) == ("cron", "sales.ipynb")


def test_exports_are_told_as_text(nbops: CommandLine, notebook: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All schedules, or those that are named; none is exit code 5."""
    monkeypatch.setenv("TZ", "UTC")
    assert nbops_error(nbops, "export", "crontab")[0] == 5
    nbops("schedule", "sales", "0 7 * * *")

    assert "0 7 * * * " in nbops("export", "crontab", "sales").stdout
    assert "OnCalendar=*-*-* 07:00:00 UTC" in nbops("export", "systemd").stdout
    nbops("export", "systemd", "-o", "units")
    assert sorted(path.name for path in Path("units").iterdir()) == ["nbops-sales.service", "nbops-sales.timer"]
    assert "kind: CronJob" in nbops("export", "kubernetes", "--image", "i:1").stdout


def test_acts_of_a_newer_kind_do_no_harm(project: Path, nbops: CommandLine) -> None:
    """What they are about is not known, and what is known stands."""
    assert fold_schedules([Act(1.0, "pause", "schedule:gone.ipynb")]) == {}
    journal = Journal(Project(project))
    journal.append(Act(1.0, "unschedule", "schedule:gone.ipynb"))
    journal.close()

    assert "no schedules" in nbops("schedules").stdout
