"""``nbops resume``, ``nbops run --cache`` and ``nbops hub prune --artifacts`` as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]
NBOPS = [sys.executable, "-m", "nbops.doors.cli"]
CELLS = (
    "%load_ext nbops",
    "%%params\nn: int = 2\ntoken: Secret = ''",
    "%%step load\norders = [3, 1, n]",
    "%%step clean\nfrom pathlib import Path\nassert Path('go').exists(), 'go is there'\nkept = sorted(orders)",
)


def typed(*words: str) -> subprocess.CompletedProcess[str]:
    """Type a command and return how it ended."""
    return subprocess.run([*NBOPS, *words], capture_output=True, text=True, check=False, timeout=120)


def test_the_card_of_a_failed_run_names_the_command_that_goes_on(write: Write, project: Path) -> None:
    """Typed as it stands, it restores what passed and says so."""
    write(*CELLS)
    failed = typed("run", "nb.ipynb", "-p", "n", "7")
    command = next(line for line in failed.stdout.splitlines() if "go on" in line).partition("nbops ")[2]
    (project / "go").touch()
    done = typed(*command.split())

    assert (failed.returncode, done.returncode) == (1, 0)
    assert "1 of 2 steps passed" in done.stderr
    assert "load" in done.stdout
    assert "↺ from @" in done.stdout
    assert "nb@" in done.stdout


def test_a_dry_run_says_what_would_be_restored_and_runs_nothing(write: Write, project: Path) -> None:
    """The step that passed, the step that failed; and a step whose code was edited since runs, too."""
    write(*CELLS)
    typed("run", "nb.ipynb", "-p", "n", "7")
    told = typed("resume", "-n").stdout
    write(*CELLS[:2], "%%step load\norders = [3, 2, n]", CELLS[3])
    edited = json.loads(typed("resume", "-n", "--json").stdout)["steps"]
    runs = json.loads(typed("runs", "--json").stdout)

    assert "load   restored from @" in told
    assert "clean  runs: it failed" in told
    assert [step["why"] for step in edited] == ["runs: its code changed", "runs: it failed"]
    assert len(runs) == 1


def test_resume_can_be_read_by_programs(write: Write, project: Path) -> None:
    """The new run is one document, which names the run that it goes on with."""
    write(*CELLS)
    first = json.loads(typed("run", "nb.ipynb", "-p", "n", "7", "--json").stdout)
    (project / "go").touch()
    done = json.loads(typed("resume", "nb", "--json").stdout)

    assert (done["status"], done["started"]["resumes"], done["parameters"]["n"]) == ("passed", first["run"], "7")


def test_what_cannot_be_resumed_says_why(write: Write, project: Path) -> None:
    """Nothing ran: usage. A run that passed: refused. A secret that no record holds: asked for."""
    nothing = typed("resume")
    write(*CELLS)
    typed("run", "nb.ipynb", "-p", "token", "hush-hush")
    secret = typed("resume")
    (project / "go").touch()
    passed = typed("resume", "-p", "token", "hush-hush")
    run = json.loads(typed("runs", "--json").stdout)
    again = typed("resume", "nb@last-good")

    assert (nothing.returncode, secret.returncode, passed.returncode, again.returncode) == (4, 4, 0, 3), run
    assert "the secret 'token' is in no record" in secret.stderr
    assert "there is nothing to resume" in again.stderr


def test_the_cache_is_an_option_of_run(write: Write, project: Path) -> None:
    """The second run restores both steps."""
    write(*CELLS)
    (project / "go").touch()
    typed("run", "nb.ipynb")

    again = typed("run", "nb.ipynb", "--cache").stdout
    assert [line.count("↺ from @") for line in again.splitlines() if line.startswith("✓ passed")] == [1] * 4


def test_kept_values_are_listed_and_discarded(write: Write, project: Path) -> None:
    """They are listed first; ``--yes`` discards them, and then the steps run again."""
    write(*CELLS)
    typed("run", "nb.ipynb")
    listed = typed("hub", "prune", "--artifacts", "--older-than", "0s", "--keep", "0")
    limited = typed("hub", "prune", "--artifacts", "--max-size", "1GB")
    done = typed("hub", "prune", "--artifacts", "--older-than", "0s", "--keep", "0", "--yes", "--json")
    (project / "go").touch()
    resumed = typed("resume")

    assert "1 run" in listed.stdout
    assert "--yes" in listed.stdout
    assert "nothing to discard" in limited.stdout
    assert len(json.loads(done.stdout)["runs"]) == 1
    assert "ran again: what it left was not kept" in resumed.stdout
