"""The executed notebook: whole at every moment, and never too big to open."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from nbops.engine.production.notebook import run
from nbops.errors import OutputError
from nbops.records import Status

Write = Callable[..., Path]


def outputs_of(path: Path) -> list[list[dict[str, Any]]]:
    """Return the outputs of each cell of an executed notebook."""
    return [cell["outputs"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


def test_a_hundred_megabytes_of_print_go_to_a_file(project: Path, write: Write) -> None:
    """The notebook keeps the beginning and the end and names the file; the file holds every character."""
    lines = "for i in range(200):\n    print(str(i) * 1 + 'x' * 500_000)"
    state = run(write("print('y' * 100_000_000)", lines, "print('after')"), "out.ipynb", report=False)

    first, second, last = outputs_of(project / "out.ipynb")
    text = "".join(second[0]["text"])
    assert state.status is Status.PASSED
    assert (project / "out.ipynb").stat().st_size < 2_500_000
    assert (project / "out.cell-0.stdout.txt").stat().st_size == 100_000_001
    assert (project / "out.cell-1.stdout.txt").stat().st_size == 200 * 500_001 + 490
    assert "out.cell-1.stdout.txt" in text
    assert text.startswith("0xxx")
    assert text.endswith("xxx\n")
    assert len(first) == len(second) == 1
    assert last[0]["text"] == ["after\n"]


def test_pieces_of_a_stream_are_one_output(project: Path, write: Write) -> None:
    """Prints that the kernel sends in many pieces are one output, in order with what came between."""
    code = "import sys, time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.05)\n"
    run(write(code + "print('err', file=sys.stderr)\n'value'"), "out.ipynb", report=False)

    outputs = outputs_of(project / "out.ipynb")[0]
    assert outputs[0] == {"output_type": "stream", "name": "stdout", "text": ["0\n", "1\n", "2\n"]}
    assert sorted(o.get("name", "") for o in outputs) == ["", "stderr", "stdout"]


def test_odd_characters_survive(project: Path, write: Write) -> None:
    """Control characters, colours and other scripts are kept and break no file."""
    state = run(write("print('\\x00 \\x1b[31mred\\x1b[0m ünï 漢 \\u2028 end')"), "out.ipynb", report=False)

    text = "".join(outputs_of(project / "out.ipynb")[0][0]["text"])
    assert state.status is Status.PASSED
    assert "ünï 漢 \u2028 end" in text


def test_the_executed_notebook_is_whole_whenever_the_engine_is_killed(project: Path, write: Write) -> None:
    """Killed at any moment of its saving, the engine leaves the notebook as it was or as it is to be."""
    (project / "pyproject.toml").write_text("[tool.nbops]\nautosave = '0s'\n", encoding="utf-8")
    cell = "import time\nfor _ in range(20):\n    print('x' * 40_000)\n    time.sleep(0.01)"
    notebook = write(*[cell] * 60)
    code = "import sys; from nbops.engine.production.notebook import run; run(sys.argv[1], 'out.ipynb', report=False)"
    for delay in (0.15, 0.4, 0.7, 1.1):
        process = subprocess.Popen([sys.executable, "-c", code, str(notebook)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        (project / "out.ipynb").unlink(missing_ok=True)
        while not (project / "out.ipynb").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()

        assert len(outputs_of(project / "out.ipynb")) == 60


def test_the_executed_notebook_is_valid_and_can_be_run_again(project: Path, write: Write) -> None:
    """What is written is a notebook of the format's own schema, and running it again runs the same cells."""
    import nbformat

    run(write("%%params\nrows: int = 1", "%%step a\nx = rows\nx", "print(x)"), "out.ipynb", params={"rows": 2})
    again = run("out.ipynb", "again.ipynb", report=False)

    nbformat.validate(nbformat.read(project / "out.ipynb", as_version=4))
    assert again.status is Status.PASSED
    assert outputs_of(project / "again.ipynb")[2][0]["text"] == ["1\n"]
    assert len(outputs_of(project / "again.ipynb")) == 3


def test_an_output_that_cannot_be_written_at_the_end_is_saved_elsewhere(project: Path, write: Write) -> None:
    """When its folder vanished meanwhile, the run is an error that names where the executed notebook is instead."""
    notebook = write("import shutil\nshutil.rmtree('results')\nprint('worth hours')")

    with pytest.raises(OutputError) as caught:
        run(notebook, "results/out.ipynb", report=False)

    rescued = next((project / ".nbops" / "runs").rglob("out.ipynb"))
    assert str(rescued) in caught.value.fix
    assert outputs_of(rescued)[0][0]["text"] == ["worth hours\n"]


def test_two_runs_into_one_output_keep_both_notebooks(project: Path, write: Write) -> None:
    """Who is overtaken leaves the output to the other, says where its own notebook is, and keeps its verdict."""
    notebook = write(
        "%%params\nn: int = 1",
        "%%step work\nimport time, pathlib\npathlib.Path(f'began{n}').touch()\n"
        "while n == 1 and not pathlib.Path('go').exists():\n    time.sleep(0.05)\nprint('run', n)",
    )
    notes: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run, notebook, "same.ipynb", params={"n": 1}, report=False, on_note=notes.append)
        deadline = time.monotonic() + 60
        while not (project / "began1").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        second = run(notebook, "same.ipynb", params={"n": 2}, report=False)
        (project / "go").touch()
        overtaken = first.result()

    assert (overtaken.status, second.status) == (Status.PASSED, Status.PASSED)
    assert (second.output, overtaken.output) == ("same.ipynb", f".nbops/runs/{overtaken.run[:12]}/same.ipynb")
    assert [outputs_of(project / state.output)[1][0]["text"] for state in (overtaken, second)] == [
        ["run 1\n"],
        ["run 2\n"],
    ]
    assert [note for note in notes if "was written by somebody else meanwhile" in note] != []
