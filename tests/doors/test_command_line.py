"""The command line: how it is typed, what it prints, and the exit code that it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import Result

from nbops.doors.cli import main
from nbops.doors.cli.group import VERBS, Verbs
from nbops.errors import UsageError

CommandLine = Callable[..., Result]
Ran = Callable[..., str]


# ── typing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_help_lists_every_verb_without_loading_any() -> None:
    """``nbops --help`` imports neither the verbs nor what they need."""
    code = (
        "import sys\nfrom nbops.doors.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit: pass\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in ('rich', 'sqlalchemy', 'papermill', 'nbformat')"
        " or m.startswith('nbops.doors.cli.r')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert [name for name in VERBS if f"\n  {name} " not in done.stdout] == []
    assert done.stdout.splitlines()[-1] == ""


def test_the_list_of_verbs_says_what_each_verb_says() -> None:
    """Each verb exists, and its own help begins as the list tells."""
    context = click.Context(main)
    made = {name: main.get_command(context, name) for name in main.list_commands(context)}

    assert [name for name, command in made.items() if command is None or command.name != name] == []


def test_without_a_verb_the_verbs_are_listed(nbops: CommandLine) -> None:
    """``nbops`` alone answers with the list on standard output; to a script it is usage."""
    done = nbops()

    assert (done.exit_code, done.stderr) == (4, "")
    assert [name for name in VERBS if f"\n  {name} " not in done.stdout] == []


def test_an_unknown_verb_is_usage_with_the_nearest_one(nbops: CommandLine) -> None:
    """Exit code 4, and what was probably meant."""
    done = nbops("rnu")

    assert done.exit_code == 4
    assert "no verb 'rnu'" in done.stderr
    assert "did you mean 'run'" in done.stderr


def test_a_notebook_in_place_of_a_verb_is_told_to_be_run(nbops: CommandLine) -> None:
    """``nbops sales.ipynb`` names what to type."""
    assert "fix:   nbops run sales.ipynb" in nbops("sales.ipynb").stderr


@pytest.mark.parametrize("words", [["--foo"], ["runs", "--fialed"], ["run"], ["runs", "--limit", "0"]])
def test_what_cannot_be_meant_is_usage(nbops: CommandLine, words: list[str]) -> None:
    """Flags and arguments that mean nothing end with 4, never with 2."""
    done = nbops(*words)

    assert done.exit_code == 4
    assert done.stderr.startswith("error: ")
    assert "--help" in done.stderr


@pytest.mark.parametrize("words", [["--json", "runs"], ["runs", "--json"], ["-q", "runs", "--json", "--env", "prod"]])
def test_global_options_stand_before_or_behind_the_verb(nbops: CommandLine, words: list[str]) -> None:
    """``--json`` means the same wherever it stands."""
    assert json.loads(nbops(*words).stdout) == []


def test_another_folder_is_worked_in_and_left_again(
    nbops: CommandLine,
    project: Path,
    ran: Ran,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``-C DIR`` reads that project, and this process stays where it was."""
    ran()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)

    assert [run["notebook"] for run in json.loads(nbops("-C", str(project), "runs", "--json").stdout)] == [
        "sales.ipynb"
    ]
    assert Path.cwd() == elsewhere
    assert nbops("-C", "nowhere", "runs").exit_code == 4


def test_an_unknown_environment_is_usage(nbops: CommandLine) -> None:
    """There are three environments, and the nearest is named."""
    done = nbops("runs", "--env", "prd")

    assert (done.exit_code, "did you mean 'prod'?" in done.stderr) == (4, True)


def test_errors_are_json_too(nbops: CommandLine) -> None:
    """Under ``--json`` an error is an object with what, where and fix, beside the text for people."""
    done = nbops("show", "nothing@last", "--json")
    told = json.loads(done.stdout)

    assert (done.exit_code, told["exit_code"], told["error"]["type"]) == (4, 4, "ReferenceNotFound")
    assert set(told["error"]) == {"type", "what", "where", "fix"}
    assert done.stderr.startswith("error: ")


def test_what_nbops_itself_gets_wrong_is_no_failed_test(nbops: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen error exits with 2, could not be judged: Python's own 1 would say that a test failed."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Verbs, "invoke", broken)
    done = nbops("runs", "--json")

    assert done.exit_code == 2
    assert "Traceback" in done.stderr
    assert "error: nbops itself failed: ZeroDivisionError: ours" in done.stderr
    assert json.loads(done.stdout)["exit_code"] == 2


def test_outside_standalone_mode_errors_are_raised(project: Path) -> None:
    """The magic ``%nbops`` gets the error itself, and the exit code of what went well."""
    assert main.main(["runs", "-q"], standalone_mode=False) == 0
    with pytest.raises(UsageError, match="no verb"):
        main.main(["rnu"], standalone_mode=False)


def test_a_reader_that_has_seen_enough_is_no_error(project: Path, ran: Ran) -> None:
    """``nbops runs | head -1`` ends quietly."""
    for _ in range(50):
        ran()
    pipe = f"{sys.executable} -m nbops.doors.cli runs --all | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {pipe}"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_output_that_knows_few_signs_takes_every_text(project: Path, ran: Ran) -> None:
    """A locale without UTF-8 loses signs, and not the list; JSON loses nothing."""
    ran("caf\udce9 \u2713.ipynb")
    listed, told = (
        subprocess.run(
            [sys.executable, "-m", "nbops.doors.cli", "runs", *words],
            env={**os.environ, "PYTHONIOENCODING": coding},
            capture_output=True,
            check=False,
        )
        for words, coding in (([], "ascii"), (["--json"], "ascii"))
    )

    assert (listed.returncode, b"? passed" in listed.stdout) == (0, True)
    assert [run["notebook"] for run in json.loads(told.stdout)] == ["caf\\udce9 \u2713.ipynb"]


@pytest.mark.parametrize("width", ["", "wide", "0"])
def test_a_width_that_is_none_is_not_heeded(nbops: CommandLine, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    """A list is printed, however the shell tells its width."""
    monkeypatch.setenv("COLUMNS", width)

    assert nbops("runs").exit_code == 0


def test_an_empty_list_names_the_hub_and_the_environment(nbops: CommandLine, project: Path) -> None:
    """Whoever sees nothing sees where nothing was found; and nothing is created by looking."""
    done = nbops("runs", "--env", "prod")

    assert (done.exit_code, "read: hub .nbops/hub.db, environment prod" in done.stdout) == (0, True)
    assert "prod" in done.stdout
    assert not (project / ".nbops").exists()


def test_runs_are_filtered_as_every_list_is(nbops: CommandLine, ran: Ran) -> None:
    """``--failed --nb --owner --env --limit`` choose runs."""
    good = ran("sales.ipynb", owner="ann")
    bad = ran("deep/costs.ipynb", failing="clean", env="prod")

    def listed(*words: str) -> list[str]:
        return [run["run"] for run in json.loads(nbops("runs", "--json", *words).stdout)]

    assert set(listed()) == {good, bad}
    assert (listed("--failed"), listed("--nb", "costs"), listed("--env", "prod")) == ([bad], [bad], [bad])
    assert (listed("--owner", "ann"), listed("--since", "1m"), len(listed("--limit", "1"))) == ([good], [], 1)


def test_status_tells_the_newest_run_of_each_notebook(nbops: CommandLine, ran: Ran) -> None:
    """A run that failed and was mended since is not wrong now."""
    ran("sales.ipynb", failing="clean", at=1_000.0)
    ran("sales.ipynb", at=2_000.0)
    wrong = ran("costs.ipynb", failing="load")
    told = json.loads(nbops("status", "--json").stdout)

    assert {run["notebook"]: run["status"] for run in told["runs"]} == {
        "sales.ipynb": "passed",
        "costs.ipynb": "failed",
    }
    assert told["is_well"] is False
    assert f"nbops show {wrong[:6]}" in nbops("status").stdout


# ── one thing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_show_names_a_notebook_a_run_a_step_or_a_test(nbops: CommandLine, ran: Ran, notebook: Path) -> None:
    """A file is shown as a pipeline, an id as a run, and what stands behind ``::`` as itself."""
    run = ran("costs.ipynb", failing="clean")

    def shown(ref: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(nbops("show", ref, "--json").stdout)
        return found

    assert [step["name"] for step in shown("sales")["steps"]] == ["load", "clean", "publish"]  # type: ignore[attr-defined]
    assert shown("sales.ipynb") == shown("sales")
    assert (shown(run[:8])["run"], shown("costs@last-failed")["status"]) == (run, "failed")
    assert shown("costs@last::clean")["name"] == "clean"


@pytest.mark.parametrize("name", ["a::b/nb.ipynb", "team@home.ipynb", "sales@last::clean.ipynb"])
def test_a_file_that_exists_is_shown_before_anything_else(nbops: CommandLine, notebook: Path, name: str) -> None:
    """A file whose name looks like a reference to a step or a run is that file."""
    file = Path(name)
    file.parent.mkdir(exist_ok=True)
    file.write_text(notebook.read_text())

    assert [step["name"] for step in json.loads(nbops("show", name, "--json").stdout)["steps"]] == [
        "load", "clean", "publish",
    ]  # fmt: skip


def test_show_of_one_test_tells_of_that_test_alone(nbops: CommandLine, ran: Ran) -> None:
    """NB@RUN::STEP::TEST is the test, and not the step with all that is wrong in it."""
    run = ran("costs.ipynb", failing="clean")
    (step,) = [s for s in json.loads(nbops("show", run, "--json").stdout)["steps"] if s["name"] == "clean"]
    names = [test["name"] for test in json.loads(nbops("show", f"{run}::clean", "--json").stdout)["record"]["tests"]]

    assert step["status"] == "failed"
    for name in names:
        assert [n for n in names if n in nbops("show", f"{run}::clean::{name}").stdout.splitlines()[0]] == [name]


def test_show_of_a_failed_run_is_the_card(nbops: CommandLine, ran: Ran) -> None:
    """The five lines that are the same in every door."""
    run = ran(failing="clean")
    text = nbops("show", run[:6]).stdout

    assert [word for word in ("WHAT", "WHERE", "SINCE", "WHO", "NEXT") if word not in text] == []


def test_show_says_what_is_not_there(nbops: CommandLine) -> None:
    """A file that is missing, and a run that is not known, are usage."""
    assert [nbops("show", ref).exit_code for ref in ("missing.ipynb", "abc123", "last")] == [4, 4, 4]


def test_a_report_is_written_where_it_is_asked_for(nbops: CommandLine, ran: Ran, project: Path) -> None:
    """The path is printed; without ``-o`` it lies in the folder of the run."""
    run = ran()

    assert nbops("report", "sales", "-o", "out/r.html").stdout.strip() == "out/r.html"
    assert "sales" in (project / "out" / "r.html").read_text()
    assert nbops("report").stdout.strip() == str(project / ".nbops" / "runs" / run[:12] / "report.html")


# ── running, without running ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_says_what_would_run_and_why(nbops: CommandLine, notebook: Path, project: Path) -> None:
    """Chosen steps and what they need, each with its reason; nothing is written."""
    told = json.loads(nbops("run", "sales.ipynb", "-n", "--only", "clean", "--json").stdout)

    assert [step["step"] for step in told["steps"]] == ["load", "clean"]
    assert told["steps"][1]["why"] == "chosen"
    assert "clean reads orders" in told["steps"][0]["why"]
    assert not (project / ".nbops").exists()


def test_a_dry_run_hides_secrets(nbops: CommandLine, notebook: Path) -> None:
    """What is secret in a run is secret in its plan."""
    notebook.write_text(notebook.read_text().replace("day: str", "day: Secret"))
    done = nbops("run", "sales.ipynb", "-n", "-p", "day=hush", "--json")

    assert (list(json.loads(done.stdout)["parameters"]), "hush" in done.output) == (["day"], False)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--only", "claen"], 4),
        (["-p", "dya", "2013-01-01"], 4),
        (["-p", "day"], 4),
        (["-p", "day=1", "-p", "day=2"], 4),
        (["-f", "missing.yml"], 4),
        (["--timeout", "soon"], 4),
        (["--only", ","], 4),
        (["--hub", "bogus://"], 4),
        (["--junit", "sales.ipynb/junit.xml"], 2),
        (["a.ipynb", "-o", "b.ipynb"], 4),
    ],
)
def test_what_can_be_known_to_be_wrong_is_found_before_anything_runs(
    nbops: CommandLine, notebook: Path, project: Path, words: list[str], code: int
) -> None:
    """No kernel starts and nothing is recorded."""
    done = nbops("run", "sales.ipynb", *words)

    assert done.exit_code == code
    assert "fix:" in done.stderr
    assert not (project / ".nbops" / "journal").exists()


def test_only_what_runs_can_be_stopped(nbops: CommandLine, ran: Ran) -> None:
    """A run that is over is named with how it ended."""
    run = ran()
    done = nbops("stop", run[:8])

    assert (done.exit_code, "is over: passed" in done.stderr) == (4, True)


# ── keeping the hub ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rebuilt_hub_knows_the_same(nbops: CommandLine, ran: Ran, project: Path) -> None:
    """The hub can be thrown away: the journals are the truth."""
    ran()
    ran(failing="clean")
    before = nbops("runs", "--json").stdout
    (project / ".nbops" / "hub.db").write_bytes(b"broken" * 1000)

    assert nbops("runs").exit_code == 2
    assert "was broken" in nbops("hub", "rebuild").stdout
    assert nbops("runs", "--json").stdout == before


def test_prune_lists_and_only_with_yes_forgets(nbops: CommandLine, ran: Ran) -> None:
    """Verbs that delete print a list; ``--yes`` deletes."""
    old, new = ran(at=1_000.0), ran(at=2_000.0)

    assert "1 run and 0 folders would be forgotten" in nbops("hub", "prune").stdout
    assert len(json.loads(nbops("runs", "--json").stdout)) == 2
    assert json.loads(nbops("hub", "prune", "--yes", "--json").stdout)["runs"][0]["run"] == old
    assert [run["run"] for run in json.loads(nbops("runs", "--json").stdout)] == [new]


def test_ingest_says_what_it_took_in(nbops: CommandLine, ran: Ran, project: Path) -> None:
    """Journals are taken in once; a notebook without records is told what it lacks."""
    ran()
    (project / "plain.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}')

    assert json.loads(nbops("hub", "ingest", "--json").stdout)["records"] == 8
    assert json.loads(nbops("hub", "ingest", "--json").stdout)["records"] == 0
    assert (nbops("hub", "ingest", "plain.ipynb").exit_code, nbops("hub").exit_code) == (4, 0)


# ── adopting ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_adopt_prints_a_diff_and_writes_on_demand(nbops: CommandLine, project: Path) -> None:
    """Without ``--write`` nothing changes; with it the notebook has steps, and the old one is kept."""
    path = project / "plain.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    source = "import pandas as pd\norders = pd.read_csv('o.csv')\norders.to_csv('p.csv')"
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{**cell, "source": source}]})
    )
    before = path.read_text()
    shown = nbops("adopt", "plain.ipynb").stdout

    assert "+%%step load_orders" in shown
    assert "2 steps, 0 parameters, 1 sink in steps of their own" in shown
    assert path.read_text() == before
    assert json.loads(nbops("adopt", "plain.ipynb", "--write", "--json").stdout)["is_written"] is True
    assert "%%step write_p" in path.read_text()
    assert "nothing to propose" in nbops("adopt", "plain.ipynb", "--write").stdout
