"""Results of earlier runs when things are not as they should be: hidden changes, clocks, machines, disks."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.engine.production.resume import resume
from nbops.errors import Refused
from nbops.pipeline.run import RunState
from nbops.records import Status
from tests.small_disk import mounted

Write = Callable[..., Path]


def restored(state: RunState) -> list[str]:
    """Return the names of the steps that were restored."""
    return [step.name for step in state.steps if step.record and step.record.remark.startswith("↺")]


def remarks(state: RunState) -> dict[str, str]:
    """Return the remarks of the steps, by name."""
    return {step.name: step.record.remark if step.record else "" for step in state.steps}


HIDDEN = (
    "%load_ext nbops",
    "import own",
    "%%step load\nrows = [3, 1]",
    "%%step hide\nown.grow(rows)\nn = 1",
    "%%step total\ntotal = sum(rows)",
    "%%step end\nassert open('go').read()",
    "print('total is', total)",
)


def test_an_input_that_a_function_changes_behind_everybody_is_found_and_keyed(write: Write, project: Path) -> None:
    """It is recorded and told, the step that reads it later depends on the one that changed it, and it comes back."""
    (project / "own.py").write_text("def grow(x):\n    x.append(10)\n")
    (project / "go").write_text("")
    first = run(write(*HIDDEN), report=False)
    hide, total = (next(s.record for s in first.steps if s.name == name) for name in ("hide", "total"))
    assert hide is not None
    assert total is not None
    (project / "go").write_text("x")
    again = resume()
    (project / "own.py").write_text("def grow(x):\n    x.append(20)\n")
    changed = run("nb.ipynb", cache=True, report=False)
    texts = [
        json.loads((project / state.output).read_text())["cells"][6]["outputs"][0]["text"] for state in (again, changed)
    ]

    assert hide.mutated == ("rows",)
    assert total.key_parts["rows"].partition(":")[0] == hide.key
    assert (restored(again), restored(changed)) == (["load", "hide", "total"], ["load"])
    assert texts == [["total is 14\n"], ["total is 24\n"]]


def test_a_clock_that_is_set_back_hides_no_result_and_revives_none(write: Write, project: Path) -> None:
    """What was kept at a time that is still to come is no younger than an hour: nobody can tell how old it is."""
    cells = ("%load_ext nbops", "import time", "%%step hourly --cache 1h\nnow = time.time()", "%%step plain\nx = 1")
    run(write(*cells), report=False)
    for path in (project / ".nbops/artifacts/steps").glob("*/*"):
        kept = json.loads(path.read_text())
        path.write_text(json.dumps({**kept, "at": kept["at"] + 86_400}))
    state = run("nb.ipynb", cache=True, report=False)

    assert (state.status, restored(state)) == (Status.PASSED, ["plain"])


def test_files_that_were_written_in_the_future_still_count_by_their_content(write: Write, project: Path) -> None:
    """A clock that was set back leaves them behind; a change of the same size is found all the same."""
    cells = ("%load_ext nbops", "%%step a\nx = open('in.txt').read()")
    later = 4_000_000_000
    for text in ("one", "two"):
        (project / "in.txt").write_text(text)
        os.utime(project / "in.txt", (later, later))
        state = run(write(*cells), cache=True, report=False)

    assert restored(state) == []


CELLS = (
    "%load_ext nbops",
    "%%step load\nrows = [3, 1]",
    "%%step total\ntotal = sum(rows)",
    "%%step end\nfrom pathlib import Path\nassert Path('go').exists()",
)


def test_on_a_machine_without_the_results_steps_run_again_and_say_so(write: Write, project: Path) -> None:
    """Journals and notebook came along, the folder of results did not."""
    run(write(*CELLS), report=False)
    shutil.rmtree(project / ".nbops/artifacts")
    (project / "go").touch()
    state = resume()

    assert (state.status, restored(state)) == (Status.PASSED, [])
    assert remarks(state)["load"].startswith("ran again: what it left was not kept")


def test_results_on_another_machine_are_not_made_again_unasked(write: Write, project: Path) -> None:
    """It is refused and names the machine; --here lets every step run again."""
    run(write(*CELLS), report=False)
    shutil.rmtree(project / ".nbops/artifacts")
    for journal in (project / ".nbops/journal").glob("*.jsonl"):
        host = re.search(r'"host": ?"([^"]+)"', journal.read_text())
        journal.write_text(journal.read_text().replace(f'"{host[1]}"', '"etl-3"') if host else journal.read_text())
    (project / ".nbops/hub.db").unlink()
    (project / "go").touch()
    with pytest.raises(Refused, match="are on etl-3, not here: every step would run again"):
        resume()
    state = resume(here=True)

    assert (state.status, restored(state)) == (Status.PASSED, [])


def test_a_copy_of_the_project_goes_on_in_another_folder(
    write: Write, project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys name files relative to the project, so that they mean the same on another machine."""
    (project / "in.txt").write_text("3 1")
    load = "%%step load\nfrom pathlib import Path\nrows = Path('in.txt').read_text().split()"
    run(write(CELLS[0], load, "%%step total\ntotal = len(rows)", CELLS[3]), report=False)
    other = tmp_path_factory.mktemp("elsewhere") / "copy"
    shutil.copytree(project, other)
    monkeypatch.chdir(other)
    (other / "go").touch()
    state = resume()

    assert (state.status, restored(state)) == (Status.PASSED, ["load", "total"])


def test_a_full_disk_while_resuming_leaves_a_true_record(write: Write, project: Path) -> None:
    """The steps run, what they leave cannot be kept, and the next resume runs them again."""
    run(write(*CELLS), report=False)
    (project / "go").touch()
    big = "%%step total\ntotal = sum(rows)\nbig = list(range(900_000))"
    write(CELLS[0], CELLS[1], big, "%%step end\nassert total == 5")
    with mounted(project / ".nbops/artifacts", "2m"):
        state = resume()
        (project / "nb.ipynb").write_text((project / "nb.ipynb").read_text().replace("total == 5", "total == 4"))
        after = resume()

    assert (state.status, remarks(state)["total"]) == (Status.FAILED, "ran again: its code changed")
    assert (after.status, restored(after)) == (Status.PASSED, ["load"])
    assert remarks(after)["total"].startswith("ran again: what it left was not kept: OSError: [Errno 28]")


EMPTIED = (
    "%load_ext nbops\nimport pandas as pd",
    "%%step load\ntable = pd.DataFrame({'a': range(1000)})\nlimit = 10",
    "%%step total\ntotal = int(table.a.sum()) + limit\nassert total == 499510",
)


@pytest.mark.parametrize("part", ["objects", "steps"])
def test_files_without_a_byte_are_as_if_they_were_not_there(write: Write, project: Path, part: str) -> None:
    """As a power cut leaves them; the steps run again and keep what they leave anew, and the next run has it."""
    run(write(*EMPTIED), report=False)
    files = [path for path in (project / ".nbops/artifacts" / part).rglob("*") if path.is_file()]
    for path in files:
        path.write_bytes(b"")
    again, third = (run("nb.ipynb", cache=True, report=False) for _ in range(2))

    assert files
    assert (again.status, restored(again)) == (Status.PASSED, [])
    assert (third.status, restored(third)) == (Status.PASSED, ["load", "total"])


def test_results_that_vanish_in_the_middle_of_a_run_are_made_again(write: Write, project: Path) -> None:
    """Somebody cleans up while it runs: what is restored stays in memory, what is not there runs."""
    wipe = "import shutil\nif open('wipe').read():\n    shutil.rmtree('.nbops/artifacts')"
    (project / "wipe").write_text("")
    run(write(*EMPTIED[:2], wipe, EMPTIED[2]), report=False)
    (project / "wipe").write_text("now")
    again = run("nb.ipynb", cache=True, report=False)
    (project / "wipe").write_text("")
    third, fourth = (run("nb.ipynb", cache=True, report=False) for _ in range(2))

    assert (again.status, restored(again)) == (Status.PASSED, ["load"])
    assert (third.status, restored(third)) == (Status.PASSED, [])  # what is made anew is read anew
    assert (fourth.status, restored(fourth)) == (Status.PASSED, ["load", "total"])
