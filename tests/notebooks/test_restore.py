"""Opening a failure where it happened: a notebook that has all of it, and a kernel that is filled with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.doors.verbs import restore
from nbops.engine.production.notebook import run
from nbops.errors import OutputError, ReferenceNotFound, UsageError
from nbops.records import Status
from notebooks.live_kernel import live_kernel

Write = Callable[..., Path]

CELLS = (
    "%load_ext nbops\nimport pandas as pd",
    "def doubled(x):\n    return LIMIT * x",
    "LIMIT = 2",
    "%%params\nn: int = 3\ntoken: Secret = 'hidden-1'",
    "%%step load\norders = pd.DataFrame({'id': range(n), 'amount': [1.0, -2.0, 3.0, 4.0][:n]})",
    "%%step clean\nkept = orders[orders.id < 9]\nsame = orders",
    "%%step total\nbig = kept.assign(amount=kept.amount.map(doubled))\n"
    "assert big.amount > 0, 'amounts are positive'\ntotal = 1",
    "%%step after\nprint(total)",
)


def cells_of(path: Path) -> list[str]:
    """Return the code of a notebook's cells."""
    return [cell["source"] for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def test_the_notebook_fails_as_the_run_did(write: Write, project: Path) -> None:
    """It has the parameters, the code and the inputs that the step needs, and the step's own code."""
    failed = run(write(*CELLS), params={"n": 4}, report=False)
    restoration = restore()
    path = restoration.write()
    cells = cells_of(path)

    assert (Status.FAILED, f"restore-{failed.run[:6]}.ipynb") == (failed.status, path.name)
    assert cells[-1] == CELLS[6]
    assert '# clean, as it was left\nkept = then["kept"]' in cells
    assert "# cell 2\ndef doubled(x):\n    return LIMIT * x" in cells
    assert not any("orders" in cell for cell in cells[:-1])
    again = run(path, report=False)
    assert (Status.FAILED, [test.why for test in failed.tests]) == (again.status, [test.why for test in again.tests])


def test_the_failing_rows_are_bound(write: Write, project: Path) -> None:
    """They are those of the record, under their labels, numbers as numbers."""
    run(write(*CELLS), params={"n": 4}, report=False)
    failing = restore().failing

    assert (list(failing.index), list(failing["amount"])) == ([1], [-4])


def test_it_is_told_how_many_of_the_failing_rows_are_there(write: Write, project: Path) -> None:
    """A record keeps the first ones: their number alone would be taken for that of all."""
    run(write("%%step bad\nimport pandas as pd\nt = pd.DataFrame({'a': range(9)})\nassert t.a > 7"), report=False)

    assert "failing: 5 of 8 rows, as recorded" in str(restore())


def test_a_kernel_is_filled(write: Write, project: Path) -> None:
    """Parameters with their types, functions, what steps left; and it is told what is there."""
    run(write(*CELLS), params={"n": 4}, report=False)
    with live_kernel(project) as kernel:
        said = kernel.run("%nbops restore last-failed").stdout
        seen = kernel.run("(len(kept), doubled(3), list(failing['id']))").value

    assert seen == "(4, 6, [1])"
    assert "clean: kept" in said
    assert "failing: 1 row, as recorded" in said


def test_earlier_steps_can_be_opened_too(write: Write, project: Path) -> None:
    """Aliases are one object again."""
    run(write(*CELLS), report=False)
    restoration = restore("last-failed::clean")
    namespace: dict[str, object] = {}
    missing = restoration.fill(namespace)

    assert (missing, len(namespace["orders"])) == ({}, 3)  # type: ignore[arg-type]


def test_what_cannot_be_had_is_named_and_its_code_is_offered(write: Write, project: Path) -> None:
    """A lock is not kept: the code that makes it stands in the notebook, and what a sink makes is only named."""
    cells = (
        "%load_ext nbops",
        "%%params\ntoken: Secret = ''",
        "sent = open('out', 'w').write('x')",
        "%%step a\nimport threading\nlock = threading.Lock()",
        "%%step b\nassert lock.locked() and sent and token == 'no', 'all well'",
    )
    run(write(*cells), params={"token": "hush-hush-2"}, report=False)
    restoration = restore()
    path = restoration.write()
    missing = restoration.fill({})

    assert missing["sent"] == "cell 3 writes to the outside (open)"
    assert missing["token"] == "token is a secret, which no record holds"
    assert missing["lock"].startswith("a: what it left was not kept: lock: ")
    assert any(cell.startswith("# a is to run again: ") and "threading.Lock()" in cell for cell in cells_of(path))
    assert "hush-hush-2" not in path.read_text()


def test_the_command_writes_and_prints_the_path(write: Write, project: Path) -> None:
    """An edited notebook is never written over."""
    failed = run(write(*CELLS), report=False)
    told = [CliRunner().invoke(main, ["restore", failed.run[:8]], catch_exceptions=False).output for _ in range(2)]
    found = CliRunner().invoke(main, ["restore", "--json", "-o", "x.ipynb"], catch_exceptions=False)
    name = f"restore-{failed.run[:6]}"

    assert [text.splitlines()[-1] for text in told] == [f"{name}.ipynb", f"{name}-2.ipynb"]
    assert json.loads(found.output)["step"] == "total"
    assert (project / "x.ipynb").exists()


def test_only_an_unedited_notebook_of_its_own_is_replaced(write: Write, project: Path) -> None:
    """Whatever else stands at the named place stays as it is, the run's own notebook first of all."""
    source = write(*CELLS)
    run(source, report=False)
    restoration, out = restore(), project / "x.ipynb"
    restoration.write(out)
    before = out.read_bytes()
    node = json.loads(before)
    node["cells"][1] |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "run"}], "execution_count": 1}
    out.write_text(json.dumps(node))
    restoration.write(out)
    replaced = cells_of(out)
    node["cells"][-1]["source"] += "\n# mended"
    taken = {out: json.dumps(node), source: source.read_text(), project / "notes.txt": "mine", project / "empty": ""}

    assert replaced == [cell["source"] for cell in json.loads(before)["cells"] if cell["cell_type"] == "code"]
    for path, text in taken.items():
        path.write_text(text)
        with pytest.raises(OutputError, match="is there already"):
            restoration.write(path)
        assert path.read_text() == text


def test_there_is_nothing_to_restore_of_a_run_that_passed(write: Write, project: Path) -> None:
    """Unless a step is named; one that is not there is told."""
    state = run(write("%load_ext nbops", "%%step a\nx = 1"), report=False)

    with pytest.raises(UsageError, match="failed"):
        restore(state.run)
    with pytest.raises(ReferenceNotFound, match="no step 'b'"):
        restore(f"{state.run}::b")


def test_pickled_values_find_their_classes(write: Write, project: Path) -> None:
    """A class that a cell makes is made before what was kept of it is read."""
    cells = (
        "%load_ext nbops",
        "class Point:\n    def __init__(self, x):\n        self.x = x",
        "%%step a\npoints = [Point(1)]",
        "%%step b\nassert points[0].x == 2",
    )
    run(write(*cells), report=False)
    with live_kernel(project) as kernel:
        kernel.run("%nbops restore")
        assert kernel.run("points[0].x, isinstance(points[0], Point)").value == "(1, True)"
