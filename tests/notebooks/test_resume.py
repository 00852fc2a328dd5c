"""Going on with runs that ended badly: what passed is restored, and the result is that of a whole run."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.engine.production.resume import resume
from nbops.errors import Refused, UsageError
from nbops.notebook.pipeline import source_hash
from nbops.pipeline.run import RunState
from nbops.records import Status, StepFinished
from nbops.store.hub import open_hub
from nbops.store.journal import Journal
from nbops.store.project import Project

Write = Callable[..., Path]

COUNT = """import logging
from pathlib import Path
logger = logging.getLogger("ran")
logger.propagate = False
logger.addHandler(logging.FileHandler("ran.log"))
def ran(name):
    logger.warning(name)
"""
LOAD = "%%step load\nran('load')\nprint('loading')\norders = [3, 1, n]\norders"
CLEAN = "%%step clean\nran('clean')\nkept = sorted(orders)\nassert len(kept) == 3, 'all are kept'"
PUBLISH = "%%step publish\nran('publish')\nassert Path('go').exists(), 'go is there'\ntotal = sum(kept)"
END = "Path('total').write_text(str(total))"
CELLS = ("%load_ext nbops", COUNT, "%%params\nn: int = 2", LOAD, CLEAN, PUBLISH, END)


def remarks(state: RunState) -> dict[str, str]:
    """Return the remarks of the steps, by name."""
    return {step.name: step.record.remark if step.record else "" for step in state.steps}


def record(state: RunState, name: str) -> StepFinished:
    """Return the record of the step of that name."""
    found = next(step.record for step in state.steps if step.name == name)
    assert found is not None
    return found


def restored(state: RunState) -> set[str]:
    """Return the names of the steps that were restored."""
    return {name for name, remark in remarks(state).items() if remark.startswith("↺")}


def logged(project: Path) -> list[str]:
    """Return which steps really ran, in order, and forget it."""
    log = project / "ran.log"
    names = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return names


def test_what_passed_is_restored_and_the_rest_runs(write: Write, project: Path) -> None:
    """Parameters come from the run; the steps that passed do not run again; the result is that of a whole run."""
    failed = run(write(*CELLS), params={"n": 10}, report=False)
    assert (failed.status, logged(project)) == (Status.FAILED, ["load", "clean", "publish"])

    (project / "go").touch()
    state = resume()

    assert (Status.PASSED, failed.run, {"n": "10"}) == (state.status, state.started.resumes, state.started.parameters)
    assert logged(project) == ["publish"]
    assert {"load": f"↺ from @{failed.run[:6]}", "clean": f"↺ from @{failed.run[:6]}", "publish": ""} == remarks(state)
    assert (project / "total").read_text() == "14"


def test_a_restored_step_shows_and_says_what_it_did(write: Write, project: Path) -> None:
    """Its outputs are in the executed notebook, its tests in its record."""
    run(write(*CELLS), report=False)
    (project / "go").touch()
    state = resume()
    cells = json.loads((project / state.output).read_text())["cells"]
    shown = [output.get("text") or list(output["data"]) for output in cells[3]["outputs"]]

    assert shown[:2] == [["loading\n"], ["text/plain"]]
    assert "application/vnd.nbops.step+json" in shown[2]
    assert [test.name for test in record(state, "clean").tests] == ["all are kept"]


def test_a_step_that_changed_runs_again_with_what_depends_on_it(write: Write, project: Path) -> None:
    """The record says what changed; comments and layout are no change."""
    run(write(*CELLS), report=False)
    (project / "go").touch()
    logged(project)
    write(*CELLS[:3], LOAD + "  # as delivered", CLEAN.replace("sorted(orders)", "sorted(orders)[::-1]"), PUBLISH, END)
    state = resume()

    assert (["clean", "publish"], {"load"}) == (logged(project), restored(state))
    assert remarks(state)["clean"] == "ran again: its code changed"


def test_a_changed_function_runs_what_calls_it_again(write: Write, project: Path) -> None:
    """Functions of plain cells count, and what they call; others do not."""
    functions = "def inner(x):\n    return x + 1\ndef outer(x):\n    return inner(x)\ndef other(x):\n    return x"
    cells = ("%%step a\nx = outer(1)", "%%step b\ny = other(1)", "%%step c\nassert x < 0")
    run(write("%load_ext nbops", functions, *cells), report=False)
    write("%load_ext nbops", functions.replace("x + 1", "x - 5"), *cells)
    state = resume()

    assert ({"b"}, "ran again: inner changed") == (restored(state), remarks(state)["a"])
    assert Status.PASSED is state.status


def test_a_damaged_value_is_made_again_and_what_depends_on_it(write: Write, project: Path) -> None:
    """The hash finds it out; the record tells why the step ran."""
    run(write(*CELLS), report=False)
    (project / "go").touch()
    logged(project)
    for path in (project / ".nbops/artifacts/objects").rglob("*.json"):
        if path.read_text() == "[3, 1, 2]":
            path.write_text("[3, 1, 7]")
    state = resume()

    assert (state.status, logged(project)) == (Status.PASSED, ["load", "clean", "publish"])
    assert remarks(state)["load"] == "ran again: what was kept of orders is damaged: its hash is another"
    assert "orders was made anew" in remarks(state)["clean"]


def test_a_pickle_that_is_not_ours_is_refused(write: Write, project: Path) -> None:
    """With another key, as after a copy from elsewhere, nothing of it is run."""
    cells = ("%load_ext nbops", "%%step a\npair = (1, 2)", "%%step b\nassert pair == (0, 0)")
    run(write(*cells), report=False)
    (project / ".nbops/key").write_bytes(b"0" * 32)
    state = resume()

    assert remarks(state)["a"] == "ran again: what was kept of pair is refused: its signature is not ours"


def test_a_run_whose_kernel_was_killed_goes_on(write: Write, project: Path) -> None:
    """The steps before the one in which it died are there."""
    wait = "while len(list(Path('.nbops/artifacts/steps').glob('*/*.json'))) < 2: time.sleep(0.02)"
    dying = "import os, time\nif not Path('killed').exists():\n    " + wait + "\n    os.kill(os.getpid(), 9)\n"
    kill = PUBLISH.replace("total =", dying + "total =")
    (project / "go").touch()
    died = run(write(*CELLS[:5], kill, END), report=False)
    logged(project)
    (project / "killed").touch()
    state = resume()

    assert (died.status, state.status) == (Status.ERROR, Status.PASSED)
    assert (["publish"], {"load", "clean"}) == (logged(project), restored(state))


def test_a_run_whose_process_was_killed_goes_on(write: Write, project: Path) -> None:
    """Nobody wrote its end; it is known to be dead, and goes on all the same."""
    (project / "go").touch()
    slow = PUBLISH.replace("total =", "import time\nPath('fast').exists() or time.sleep(60)\ntotal =")
    notebook = write(*CELLS[:5], slow, END)
    code = "import sys\nfrom nbops.engine.production.notebook import run\nrun(sys.argv[1])"
    process = subprocess.Popen([sys.executable, "-c", code, str(notebook)], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while "publish" not in (project / "ran.log").read_text() if (project / "ran.log").exists() else True:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    while len(list((project / ".nbops/artifacts/steps").glob("*/*.json"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    logged(project)
    (project / "fast").touch()
    state = resume()

    assert (Status.PASSED, {"load", "clean"}, ["publish"]) == (state.status, restored(state), logged(project))


def test_a_step_that_writes_to_the_outside_is_never_skipped(write: Write, project: Path) -> None:
    """Its record says why it ran again; so does what depends on it."""
    sink = "%%step export\nimport json\nwith open('out.json', 'w') as file:\n    json.dump(1, file)\nexported = True"
    run(write("%load_ext nbops", "%%step a\nx = 1", sink, "%%step b\ny = exported", "%%step c\nassert x == 2"))
    (project / "out.json").unlink()
    state = resume()

    assert {"a"} == restored(state)
    assert (project / "out.json").exists()


def test_what_cannot_be_kept_is_named_and_made_again(write: Write, project: Path) -> None:
    """The step itself is well; only resuming runs it again."""
    cells = ("%load_ext nbops", "%%step a\nimport threading\nparts = {'lock': threading.Lock()}", "%%step b\nassert 0")
    first = run(write(*cells), report=False)
    state = resume()

    assert Status.PASSED is record(first, "a").status
    assert remarks(state)["a"].startswith(
        "ran again: what it left was not kept: parts: ['lock'] (lock) cannot be pickled"
    )


def test_functions_classes_aliases_and_changes_in_place_come_back(write: Write, project: Path) -> None:
    """A restored namespace is the one that the steps left: what was one object is one, instances know their class."""
    cells = (
        "%load_ext nbops",
        "%%step a\nimport math as m\nclass Point:\n    def __init__(self, x):\n        self.x = x\n"
        "def double(x):\n    return x * factor\nfactor = 2\np = Point(1)\nrows = [1]\nsame = rows\ngone = 1",
        "%%step b\nrows.append(2)\nalias = p\ndel gone",
        "%%step c\nfactor = 3\nassert Path('go').exists() if 'Path' in globals() else False",
        "%%step d\nassert isinstance(p, Point) and p is alias and rows is same and rows == [1, 2]\n"
        "assert double(2) == 6 and m.floor(1.5) == 1\nassert 'gone' not in globals()",
    )
    failed = run(write(*cells), report=False)
    write(*cells[:3], "%%step c\nfactor = 3", cells[4])
    state = resume()

    assert Status.FAILED is failed.status
    assert (Status.PASSED, {"a", "b"}) == (state.status, restored(state))


def test_random_numbers_go_on_where_the_restored_step_left_them(write: Write, project: Path) -> None:
    """The result is that of an undisturbed run."""
    cells = (
        "%load_ext nbops",
        "import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)",
        "%%step a\nx = random.random() + np.random.rand()",
        "%%step b\nassert __import__('os').path.exists('go')\ny = random.random() + np.random.rand()",
        "print('y is', y)",
    )
    run(write(*cells), report=False)
    (project / "go").touch()
    resumed, whole = resume(), run("nb.ipynb", report=False)
    texts = [json.loads((project / s.output).read_text())["cells"][4]["outputs"][0]["text"] for s in (resumed, whole)]

    assert {"a"} == restored(resumed)
    assert texts[0] == texts[1]


def test_a_resumed_run_that_fails_again_can_be_resumed(write: Write, project: Path) -> None:
    """What it restored counts as its own."""
    first = run(write(*CELLS), report=False)
    second = resume()
    (project / "go").touch()
    logged(project)
    third = resume()

    assert [s.status for s in (first, second, third)] == [Status.FAILED, Status.FAILED, Status.PASSED]
    assert (["publish"], f"↺ from @{second.run[:6]}") == (logged(project), remarks(third)["load"])


def test_a_failed_test_can_be_waived_for_a_reason(write: Write, project: Path) -> None:
    """It warns, this once; the record tells why."""
    run(write(*CELLS), report=False)
    with pytest.raises(UsageError, match="a waiver needs a reason"):
        resume(waive=["go is there"])
    with pytest.raises(UsageError, match="no failed test 'nothing'"):
        resume(waive=["nothing"], reason="x")
    state = resume(waive=["go is there"], reason="it is a holiday")
    (test,) = record(state, "publish").tests

    assert (state.status, test.status) == (Status.WARNED, Status.WARNED)
    assert test.why.endswith("(waived: it is a holiday)")


def test_a_waiver_may_name_the_step_of_its_test(write: Write, project: Path) -> None:
    """As a card names it; a test of that name in another step still stops the run."""
    cells = ["%%step load\nrows = 3", '%%step one\nassert rows > 5, "many"', '%%step two\nassert rows > 6, "many"']
    run(write(*cells), report=False)
    with pytest.raises(UsageError, match="no failed test 'two::many'"):
        resume(waive=["two::many"], reason="few today")
    state = resume(waive=["one::many"], reason="few today")

    assert [step.status for step in state.steps] == [Status.PASSED, Status.WARNED, Status.FAILED]


def test_what_could_not_be_judged_cannot_be_waived(write: Write, project: Path) -> None:
    """Nobody knows what it would have said; a waiver that changed nothing would look like one that did."""
    run(write("%%step load\nrows = {}", '%%step one\nassert rows["n"] > 5, "many"'), report=False)

    with pytest.raises(UsageError, match=r"could not be judged .*: only a test that failed can be waived"):
        resume(waive=["many"], reason="few today")


def test_another_notebook_can_take_over(write: Write, project: Path) -> None:
    """A mended copy goes on where the original failed."""
    run(write(*CELLS), report=False)
    logged(project)
    write(*CELLS[:5], PUBLISH.replace("assert", "# assert"), END, name="mended.ipynb")
    state = resume(with_="mended.ipynb")

    assert (Status.PASSED, "mended.ipynb", {"load", "clean"}) == (state.status, state.started.notebook, restored(state))


def test_what_was_done_since_is_not_done_again(write: Write, project: Path) -> None:
    """By a run that went on with it, or by a new one; a part of it, or the same for another day, does not do it."""
    failed = run(write(*CELLS), report=False)
    run("nb.ipynb", only=["load"], report=False)
    (project / "go").touch()
    run("nb.ipynb", params={"n": 12}, report=False)
    (project / "go").unlink()
    waived = resume(waive=["go is there"], reason="it is a holiday")
    assert (waived.started.resumes, waived.status.is_good) == (failed.run, True)
    logged(project)

    with pytest.raises(Refused, match=f"nothing to resume: nb@{waived.run[:6]} warned, after @{failed.run[:6]}"):
        resume()
    with pytest.raises(Refused, match="nothing to resume"):
        resume("nb")
    assert logged(project) == []
    assert resume(failed.run[:6], waive=["go is there"], reason="again").started.resumes == failed.run


def test_a_run_of_before_the_clock_was_set_back_did_nothing_since(write: Write, project: Path) -> None:
    """It is stamped later, in a time to come; the run that failed now is the last, and can be resumed."""
    (project / "go").touch()
    good = run(write(*CELLS), report=False)
    journal = Journal(Project(project))
    with open_hub(Project(project)) as hub:
        for one in hub.records(good.run):
            journal.append(dataclasses.replace(one, run="f" * 32, at=one.at + 3_600))
    journal.close()
    (project / "go").unlink()
    failed = run("nb.ipynb", report=False)

    assert resume("nb", waive=["go is there"], reason="it is a holiday").started.resumes == failed.run


def test_there_is_nothing_to_resume_of_a_run_that_passed(write: Write, project: Path) -> None:
    """It is refused, and nothing runs."""
    state = run(write("%load_ext nbops", "%%step a\nx = 1"), report=False)

    with pytest.raises(Refused, match="there is nothing to resume"):
        resume(state.run)


def test_a_step_of_several_cells_its_tests_and_timed_cells_come_back(write: Write, project: Path) -> None:
    """Each cell is restored by itself; ``%%test`` cells judge again; plain cells between them run."""
    cells = (
        "%load_ext nbops",
        "%%step a\nrows = [1]",
        "more = rows + [2]",
        "%%step a\nrows = more + [3]",
        "%%test a\nassert rows == [1, 2, 3], 'three rows'",
        "%%step timed\n%%time\ntotal = sum(rows)",
        "%%step last\nimport os\nassert os.path.exists('go')",
    )
    run(write(*cells), report=False)
    (project / "go").touch()
    state = resume()

    assert (state.status, restored(state)) == (Status.PASSED, {"a", "timed"})
    assert [test.name for test in record(state, "a").tests] == ["three rows"]


def test_keeping_nothing_is_a_setting(write: Write, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then a resumed run runs everything, and says why."""
    monkeypatch.setenv("NBOPS_ARTIFACTS", "0")
    run(write(*CELLS), report=False)
    (project / "go").touch()

    assert remarks(resume())["load"] == "ran again: what it left was not kept"
    assert not (project / ".nbops/artifacts").exists()


def test_a_secret_is_neither_kept_nor_hashed(write: Write, project: Path) -> None:
    """A step that leaves one is not kept, and says so when it runs again."""
    cells = (
        "%load_ext nbops",
        "%%params\ntoken: Secret = ''",
        "plain = 'Bearer ' + token",
        "%%step a\nheader = ['Bearer ' + token]",
        "%%step b\nname = plain[:3]",
        "%%step c\nimport os\nassert os.path.exists('go')",
    )
    first = run(write(*cells), params={"token": "hush-hush-1"}, report=False)
    (project / "go").touch()
    state = resume(params={"token": "hush-hush-1"})
    written = [path.read_bytes() for path in (project / ".nbops").rglob("*") if path.is_file()]

    assert (first.status, state.status) == (Status.FAILED, Status.PASSED)
    assert remarks(state)["a"] == "ran again: what it left was not kept: header: it holds a secret"
    assert [data for data in written if b"hush-hush-1" in data] == []
    assert record(first, "b").key_parts["plain"] == source_hash(["token: Secret = ''", "plain = 'Bearer ' + token"])
