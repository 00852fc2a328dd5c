"""``nbops why``: every step that ran, was kept, was skipped or did not run is explained, down to the first cause."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbops.engine.causes.why import StepWhy, why
from nbops.engine.production.notebook import run
from nbops.engine.production.resume import resume
from nbops.errors import ReferenceNotFound
from nbops.records import Status
from tests.notebooks.live_kernel import LiveKernel, live_kernel

Write = Callable[..., Path]
CELLS = [
    "%load_ext nbops",
    "%%params\nn: int = 2",
    "def outer(x):\n    return x + 1",
    "%%step load\norders = [3, 1, outer(n)]",
    "%%step clean\nkept = sorted(orders)\nassert len(kept) == 3",
    "%%step total\ntotal = sum(kept)",
]


def of(step: str, ref: str = "last") -> StepWhy:
    """Return the explanation of one step."""
    (found,) = why(f"{ref}::{step}" if "@" in ref else f"nb@{ref}::{step}").steps
    return found


def test_what_changed_is_told_down_to_the_first_cause(write: Write, project: Path) -> None:
    """The code of a function line by line, a parameter by its values, and what another step made by why it did."""
    before = run(write(*CELLS), report=False)
    write(CELLS[0], CELLS[1], CELLS[2].replace("+ 1", "+ 2"), *CELLS[3:])
    run("nb.ipynb", params={"n": 5}, report=False)
    load, total = of("load"), of("total")

    assert [e.told for e in load.changes] == ["outer changed", "n changed (2 → 5)"]
    assert load.changes[0].diff == (" def outer(x):", "-    return x + 1", "+    return x + 2")
    assert [(e.told, e.because) for e in total.changes] == [
        ("kept changed", ("clean: orders changed", "load: outer changed", "load: n changed (2 → 5)"))
    ]
    assert (load.compared, total.edges[0].reason) == (before.run, "reads kept in line 2")


def test_the_cause_is_the_step_that_made_what_was_read_and_no_later_one(write: Write, project: Path) -> None:
    """A later step may change the variable again, or make it under the same name: that explains nothing here."""
    load, clean, late = (
        "%%step load\norders = [3, 1]",
        "%%step clean\nkept = sorted(orders)",
        "%%step late\norders.append(len(kept))",
    )
    run(write("%load_ext nbops", load, clean, late), report=False)
    run(write("%load_ext nbops", load.replace("3, 1", "3, 2"), clean, late), report=False)
    assert [(e.told, e.because) for e in of("clean").changes] == [("orders changed", ("load: its code changed",))]

    early = "%%step early\norders = [3, 9]"
    run(write("%load_ext nbops", load.replace("orders", "other"), early, clean, late), report=False)
    assert [(e.told, e.because) for e in of("clean").changes] == [
        ("orders changed", ("early makes it now, which load made before",))
    ]


def test_a_failed_step_is_compared_with_when_it_was_well(write: Write, project: Path) -> None:
    """What it had yet to read when it failed is not what changed; another failure in between explains nothing."""
    (project / "a.txt").write_text("1")
    (project / "b.txt").write_text("2")
    read = "%%step read\na = int(open('a.txt').read())\nassert a < 5, 'a is small'\nb = open('b.txt').read()"
    good = run(write("%load_ext nbops", read), report=False)
    (project / "a.txt").write_text("7")
    for _ in range(2):
        run("nb.ipynb", report=False)
    failed = of("read")

    assert (failed.status, failed.compared) == (Status.FAILED, good.run)
    assert [e.told for e in failed.changes] == ["file a.txt changed"]


def test_a_kept_step_says_from_which_run(write: Write, project: Path) -> None:
    """And one that ran again says what did not fit."""
    first = run(write(*CELLS[:5], "%%step total\nassert Path('go').exists()", "%%step more\nx = 1"), report=False)
    write(*CELLS[:4], CELLS[4].replace("sorted", "list"), "%%step total\ntotal = 1", "%%step more\nx = 1")
    state = resume()
    told = {step.step: step.told for step in why(state.run).steps}

    assert told["load"] == f"kept: nothing that it depends on changed since @{first.run[:6]}"
    assert told["clean"] == "ran, although its result was asked for: its code changed"
    assert told["total"] == f"ran: it did not pass in @{first.run[:6]}, or was not there"
    assert of("more", first.run[:6]).told == "did not run: the run ended at total"


def test_steps_that_no_cache_takes_say_why(write: Write, project: Path) -> None:
    """Who asks the clock, writes to the outside, leaves nothing, or reads what nobody can tell."""
    cells = {
        "stamp": "import time\nx = time.time()",
        "out": "open('o.txt', 'w').write('a')\ny = 1",
        "look": "print(1)",
        "odd": "z = eval('1 + 1')",
        "hidden": "import own\nown.save()\nw = 2",
        "lock": "import threading\nheld = threading.Lock()",
        "fine": "v = 1",
    }
    (project / "own.py").write_text("def save():\n    open('saved.txt', 'w').write('a')\n")
    run(write("%load_ext nbops", *(f"%%step {name}\n{code}" for name, code in cells.items())), report=False)
    reuse = {step.step: step.reuse.removeprefix("never taken by --cache: ") for step in why().steps}

    assert reuse.pop("lock").startswith("what it left was not kept: held: ")
    assert reuse == {
        "stamp": "it asks what may answer otherwise every time (time.time)",
        "out": "it writes to the outside (open)",
        "look": "it leaves nothing that could be kept",
        "odd": "eval may read any variable",
        "hidden": "it writes to the outside (saved.txt)",
        "fine": "--cache takes its result while nothing changes",
    }


def test_a_step_that_ran_although_the_cache_was_asked_says_why(write: Write, project: Path) -> None:
    """No run left a result, one did that is too old, or asks the clock; and what that step needs is made anew."""
    cells = (
        "%%step load\norders = [3, 1]",
        "%%step old --cache 1s\nx = 1",
        "%%step stamp\nimport time\nnow = time.time()",
        "%%step late\nlater = now + 1",
        "%%step bare\nprint(orders)",
    )
    first = run(write("%load_ext nbops", *cells), report=False, cache=True)
    assert of("load").told == "ran, although --cache was asked: no run left a result for what it depends on now"

    time.sleep(1.1)
    run(write("%load_ext nbops", *cells, "%%step more\ny = 2"), report=False, cache=True)
    told = {step.step: step.told.removeprefix("ran, although --cache was asked: ") for step in why().steps}
    at = f"@{first.run[:6]}"
    assert told.pop("load") == f"kept: nothing that it depends on changed since {at}"
    assert re.fullmatch(rf"what {at} left is .* old, allowed are 1\.0 s", told.pop("old"))
    assert told == {
        "stamp": "it asks what may answer otherwise every time (time.time)",
        "late": "now was made anew",
        "bare": "it leaves nothing that could be kept",
        "more": "no run left a result for what it depends on now",
    }


def test_a_step_that_failed_is_never_taken_over(write: Write, project: Path) -> None:
    """That is the reason, not that it left nothing; of a step that was not reached nothing is said."""
    run(write("%load_ext nbops", "%%step bad\nx = 1\nassert x > 1", "%%step after\ny = x"), report=False)

    assert (of("bad").reuse, of("after").reuse) == ("never taken by --cache: it failed", "")


def test_skipped_steps_and_attempts_are_told(write: Write, project: Path) -> None:
    """Why a step was skipped, and what became of the attempts before the one that counts."""
    flaky = (
        "%%step flaky --retries 1 --retry-delay 0s\nfrom pathlib import Path\n"
        "if not Path('tried').exists():\n    Path('tried').touch()\n    raise OSError('no network')\nx = 1"
    )
    run(write("%load_ext nbops", "%%step never --when False\ny = 1", flaky), report=False)

    assert of("never").told == "skipped: --when False is false"
    assert of("flaky").attempts == ("attempt 1 of 2 failed; again at once",)


def test_the_command_shows_it_and_has_it_as_json(write: Write, project: Path) -> None:
    """In the terminal without colours, every line as it is meant; with --json all fields."""
    run(write(*CELLS), report=False)
    run("nb.ipynb", params={"n": 5}, report=False)
    words = [sys.executable, "-c", "from nbops.doors.cli import main; main()", "why", "::load"]
    environ = {**os.environ, "COLUMNS": "100"}
    shown = subprocess.run(words, capture_output=True, text=True, check=True, env=environ).stdout.splitlines()
    told = json.loads(subprocess.run([*words, "--json"], capture_output=True, text=True, check=True).stdout)

    assert shown[2] == "✓ load  ran: every step does, unless resume or --cache takes a result over"
    assert shown[3].startswith("  changed   n changed (2 → 5)  (since @")
    assert told["steps"][0]["depends"]["n"] == "=5"
    assert [step["step"] for step in told["steps"]] == ["load"]


def test_a_reference_that_means_nothing_is_an_error(write: Write, project: Path) -> None:
    """With what is meant perhaps."""
    run(write(*CELLS), report=False)

    with pytest.raises(ReferenceNotFound, match="no step 'laod'"):
        why("nb::laod")


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """Return a kernel with nbops loaded."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as started:
        started.run("%load_ext nbops")
        yield started


def test_the_magic_explains_a_step_of_this_kernel(kernel: LiveKernel) -> None:
    """By its bare name; before any step ran it says what to do."""
    before = kernel.run("%nbops why")
    kernel.run("%%step made\nx = 1\nassert x == 1")
    shown = kernel.run("%nbops why made").stdout
    whole = kernel.run("%nbops why").stdout

    assert "no step ran here yet" in before.traceback
    assert "made" in shown
    assert "ran: by hand every step runs" in shown
    assert "ran: by hand every step runs" in whole
    assert kernel.last("made").status is Status.PASSED
