"""``nbops run`` and ``nbops stop`` in processes of their own: exit codes, JSON, JUnit, progress."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]
NBOPS = [sys.executable, "-m", "nbops.doors.cli"]

STEPS = (
    "%load_ext nbops",
    "%%params\nlow: int = 0",
    "%%step load\norders = [3, 1, 2]\nassert orders",
    "%%step clean\nkept = [o for o in orders if o > low]\nassert len(kept) == 3, 'all are kept'",
    "%%step publish\nprint('published')",
)


def typed(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Type a command and return how it ended."""
    env = {**os.environ, **environ}
    return subprocess.run([*NBOPS, *words], env=env, capture_output=True, text=True, check=False, timeout=120)


def test_json_is_alone_on_standard_output(write: Write) -> None:
    """The run is one document; progress and notes go to standard error."""
    write(*STEPS)
    done = typed("run", "nb.ipynb", "--json")
    run = json.loads(done.stdout)

    assert (done.returncode, run["status"], run["exit_code"]) == (0, "passed", 0)
    assert [(s["name"], s["status"], len(s["record"]["tests"])) for s in run["steps"]] == [
        ("load", "passed", 1), ("clean", "passed", 1), ("publish", "passed", 0),
    ]  # fmt: skip
    assert [name for name in ("load", "clean", "publish") if name not in done.stderr] == []


def test_a_failed_test_ends_with_one_and_names_the_test_everywhere(write: Write, project: Path) -> None:
    """Card, JUnit and annotations tell the same failure; the last line has the exit code."""
    write(*STEPS)
    done = typed("run", "nb.ipynb", "out.ipynb", "-p", "low", "1", "--junit", "j.xml", GITHUB_ACTIONS="true")

    assert done.returncode == 1
    assert re.search(r"nb@[0-9a-f]+ failed  3 steps: .* exit 1", done.stdout)
    assert "NEXT" in done.stdout
    assert "::error file=nb.ipynb,title=nb%3A%3Aclean::all are kept" in done.stdout
    assert [c.get("name") for c in ET.parse(project / "j.xml").iter("testcase") if c.find("failure") is not None] == [
        "all are kept"
    ]
    assert (project / "out.ipynb").exists()


@pytest.mark.parametrize("words", [(), ("-v",), ("--json",)])
def test_a_run_that_nobody_reads_goes_on_to_its_end(write: Write, project: Path, words: tuple[str, ...]) -> None:
    """``nbops run … | head -1`` closes the pipe in the middle: the run, its record and its exit code stay the same."""
    write(*STEPS)
    run = subprocess.Popen([*NBOPS, "run", "nb.ipynb", "out.ipynb", "-p", "low=1", *words], stdout=subprocess.PIPE)
    assert run.stdout is not None
    run.stdout.close()

    assert run.wait(120) == 1
    states = json.loads(typed("runs", "--json").stdout)
    assert [(state["status"], state["reason"]) for state in states] == [("failed", "step clean: all are kept")]


def test_quiet_leaves_the_last_lines_and_what_is_wrong(write: Write) -> None:
    """With -q a run that passed is its verdict and its files; one that failed has its card before them."""
    write(*STEPS)
    passed = [line.split()[0] for line in typed("run", "nb.ipynb", "-q").stdout.splitlines()]
    failed = [line.split()[:1] for line in typed("run", "nb.ipynb", "-q", "-p", "low", "1").stdout.splitlines()]

    assert (passed[0][:3], passed[1:]) == ("nb@", ["report", "notebook"])
    assert failed[0] == ["✗"]
    assert [word for word in failed if word in (["WHAT"], *failed[-2:])] == [["WHAT"], ["report"], ["notebook"]]
    assert ["passed"] not in failed


def test_verbose_adds_the_plan_and_every_test(write: Write) -> None:
    """With -v the plan and the parameters come first, and each test stands below its step."""
    write(*STEPS)
    lines = typed("run", "nb.ipynb", "-v", "-p", "low", "1").stdout.splitlines()

    assert [line.split() for line in lines[:2]] == [["plan", "load,", "clean,", "publish"], ["parameters", "low=1"]]
    assert [line.split()[1:3] for line in lines[2:6]] == [
        ["passed", "load"], ["passed", "orders"], ["failed", "clean"], ["failed", "all"],
    ]  # fmt: skip


def test_verbose_on_a_terminal_prints_every_test_above_the_table(write: Write) -> None:
    """The live table is not torn by the tests' lines."""
    write(*STEPS)
    terminal, other = pty.openpty()
    with subprocess.Popen([*NBOPS, "run", "nb.ipynb", "-v"], stdin=other, stdout=other, stderr=other,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}):  # fmt: skip
        os.close(other)
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", read_all(terminal))

    assert [said for said in ("plan        load, clean, publish", "✓ passed  all are kept") if said not in text] == []


def test_what_cannot_be_judged_ends_with_two(write: Write) -> None:
    """A step that raises is no failed test."""
    write("%load_ext nbops", "%%step load\nraise OSError('feed is down')")
    done = typed("run", "nb.ipynb")

    assert (done.returncode, "feed is down" in done.stdout) == (2, True)


@pytest.mark.parametrize(
    ("words", "code"), [(["-p", "lwo=1"], 4), (["-p", "low=many"], 4), (["--only", "x"], 4), (["--kernel", "none"], 2)]
)
def test_what_is_wrong_beforehand_says_what_to_type(write: Write, words: list[str], code: int) -> None:
    """Nothing runs, nothing is half-written, and there is a fix."""
    path = write(*STEPS)
    done = typed("run", "nb.ipynb", *words)

    assert done.returncode == code
    assert done.stderr.startswith("error: ")
    assert "fix:" in done.stderr
    assert not list((path.parent / ".nbops" / "runs").glob("*/*.ipynb"))


def test_a_part_of_the_steps_says_what_else_it_runs(write: Write) -> None:
    """``--only`` also runs what comes before, and says so."""
    write(*STEPS)
    done = typed("run", "nb.ipynb", "--only", "clean", "--json")

    assert "also runs what comes before: load" in done.stderr
    assert [s["name"] for s in json.loads(done.stdout)["steps"]] == ["load", "clean"]


def test_plain_cells_that_need_a_step_left_out_are_left_out_too(write: Write) -> None:
    """A look at a table that was not made is no error; a look at one that was made runs."""
    looks = "print('seen', len(kept))\nseen = 1", "print('again', seen)", "print('orders', len(orders))"
    write(*STEPS[:4], *looks, STEPS[4])
    done = typed("run", "nb.ipynb", "out.ipynb", "--until", "load")
    printed = [
        "".join(o.get("text", ""))
        for c in json.loads(Path("out.ipynb").read_text())["cells"]
        for o in c.get("outputs", ())
    ]

    assert done.returncode == 0, done.stdout
    assert [text for text in printed if text.startswith(("seen", "again", "orders"))] == ["orders 3\n"]


def test_parameters_from_a_file_are_overruled_by_typed_ones(write: Write, project: Path) -> None:
    """``-f`` gives values, ``-p`` wins."""
    write(*STEPS)
    (project / "p.yml").write_text("low: 2\n")

    assert typed("run", "nb.ipynb", "-f", "p.yml", "-q").returncode == 1
    assert typed("run", "nb.ipynb", "-f", "p.yml", "-p", "low=0", "-q").returncode == 0


def test_another_environment_and_hub_are_used_for_the_run(write: Write, project: Path) -> None:
    """``--env`` and ``--hub`` reach the engine."""
    write(*STEPS)
    done = typed("--env", "test", "--hub", "other.db", "run", "nb.ipynb", "--json")

    assert json.loads(done.stdout)["env"] == "test"
    assert (project / "other.db").exists()
    assert not (project / ".nbops" / "hub.db").exists()


def test_stop_ends_a_run_that_was_started_elsewhere(write: Write) -> None:
    """The run ends as interrupted with 130, and its record says who stopped it and why."""
    write("%load_ext nbops", "%%step wait\nimport time\nopen('begun', 'w').close()\ntime.sleep(60)")
    with subprocess.Popen([*NBOPS, "run", "nb.ipynb", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        try:
            wait_for(Path("begun"))
            stopped = typed("stop", "nb", "--reason", "wrong day")
            out, _ = run.communicate(timeout=60)
        finally:
            run.kill()

    assert stopped.returncode == 0, stopped.stderr
    assert (run.returncode, json.loads(out)["status"]) == (130, "interrupted")
    assert "wrong day" in stopped.stdout


def test_a_terminal_shows_the_run_live_and_ctrl_c_leaves_a_true_record(write: Write) -> None:
    """On a terminal the steps are seen while they run; Ctrl-C ends the run with 130."""
    write(
        "%load_ext nbops", "%%step first\nx = 1", "%%step wait\nimport time\nopen('begun', 'w').close()\ntime.sleep(60)"
    )
    terminal, other = pty.openpty()
    with subprocess.Popen([*NBOPS, "run", "nb.ipynb"], stdin=other, stdout=other, stderr=other, start_new_session=True,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}) as run:  # fmt: skip
        os.close(other)
        try:
            wait_for(Path("begun"))
            time.sleep(0.5)
            run.send_signal(signal.SIGINT)
            seen = read_all(terminal)
            run.wait(timeout=60)
        finally:
            run.kill()

    assert run.returncode == 130
    assert "▸ running" in seen
    assert re.search(r"nb@[0-9a-f]+ interrupted", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen))
    assert [r["status"] for r in json.loads(typed("runs", "--json").stdout)] == ["interrupted"]


def wait_for(path: Path) -> None:
    """Wait until *path* exists."""
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read_all(terminal: int) -> str:
    """Return what a terminal shows until the program ends."""
    parts = []
    while True:
        try:
            part = os.read(terminal, 65_536)
        except OSError:  # Linux says so when the other side is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode(errors="replace")
