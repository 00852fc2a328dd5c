"""The line magic ``%nbops``, the ``%%params`` cell and the engine's instructions, in a real kernel."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbops.records import RunFinished, RunStarted, Status, StepFinished
from notebooks.live_kernel import LiveKernel, live_kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """One kernel for the tests that need nothing of their own."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as started:
        yield started


def instructions(folder: Path, **more: object) -> str:
    """Return the code by which the engine makes a kernel part of its run."""
    said = {
        "run": "f" * 32,
        "project": str(folder),
        "notebook": str(folder / "nb.ipynb"),
        "env": "test",
        "parameters": {},
        "secrets": [],
        "cells": [[0, "c0"], [3, "c3"]],
        "steps": ["a"],
        **more,
    }
    text = json.dumps(said)
    return f"import nbops.doors.magics as _nbops_m; _nbops_m.bootstrap({text!r}); del _nbops_m"


# ── %%params ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_params_know_their_types_without_an_import(kernel: LiveKernel) -> None:
    """Defaults may use date and the like, and the names do not stay in the namespace."""
    reply = kernel.run("%%params\nday: date = date(2013, 1, 1)\nfolder: Path = Path('x')\nday")

    assert (reply.status, reply.value) == ("ok", "datetime.date(2013, 1, 1)")
    assert kernel.run("[n for n in globals() if n in ('date', 'Path', 'Secret') or 'nbops' in n]").value == "[]"


def test_a_parameter_that_must_be_given_says_so(kernel: LiveKernel) -> None:
    """A parameter without a default and without a value is told in one short text."""
    reply = kernel.run("%%params\nmust_be_given: int")

    assert [e["ename"] for e in reply.errors] == ["ParameterError"]
    assert "must_be_given" in reply.traceback
    assert "----> " not in reply.traceback


def test_a_default_of_another_type_is_refused(kernel: LiveKernel) -> None:
    """A cell run by hand says so as early as a run does, and nothing of it runs."""
    reply = kernel.run("%%params\nprint('ran')\nday_of_text: date = '2013-01-02'")

    assert [e["ename"] for e in reply.errors] == ["ParameterError"]
    assert "day_of_text: date = date(2013, 1, 2)" in reply.traceback
    assert reply.stdout == ""


def test_params_take_no_options(kernel: LiveKernel) -> None:
    """What stands behind ``%%params`` means nothing, so it is refused, and nothing of the cell runs."""
    reply = kernel.run("%%params --days 3\nprint('ran')")

    assert reply.status == "error"
    assert "UsageError: params takes no argument, not '--days'" in reply.traceback
    assert reply.stdout == ""


def test_a_leftover_cell_of_papermill_is_converted(kernel: LiveKernel) -> None:
    """A cell that papermill injected below the declarations gives values of the declared types."""
    kernel.run("%%params\nlimit: int = 1\nfrom_day: date = date(2013, 1, 1)")
    kernel.run("# Parameters\nlimit = '12'\nfrom_day = '2013-05-06'\nother = 'untouched'")

    assert kernel.run("limit, from_day.month, other").value == "(12, 5, 'untouched')"


# ── %nbops ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_line_magic_is_the_command_line(kernel: LiveKernel) -> None:
    """``%nbops runs`` lists as the command line does, in this kernel."""
    reply = kernel.run("%nbops runs --json")

    assert (reply.status, json.loads(reply.stdout)) == ("ok", [])


def test_an_unknown_verb_is_told_without_a_traceback(kernel: LiveKernel) -> None:
    """A misspelled verb is an error with the nearest one."""
    reply = kernel.run("%nbops statsu")

    assert [e["ename"] for e in reply.errors] == ["UsageError"]
    assert "'status'" in reply.traceback
    assert "----> " not in reply.traceback


def test_the_line_magic_alone_lists_the_verbs(kernel: LiveKernel) -> None:
    """``%nbops`` without a verb is answered with what it knows, and is no error."""
    reply = kernel.run("%nbops")

    assert (reply.status, reply.errors) == ("ok", [])
    assert "\nVerbs:\n" in reply.stdout


def test_the_line_magic_prints_in_the_colours_of_the_front_end(kernel: LiveKernel) -> None:
    """What it prints is text with the colours of a terminal, and no HTML with colours of its own."""
    kernel.run("%load_ext nbops")
    kernel.run("%%step seen\nassert True, 'yes'")
    reply = kernel.run("%nbops runs --all")

    assert [output.get("name") for output in reply.outputs] == ["stdout"]
    assert "\x1b[" in reply.stdout
    assert "\x1b[" not in kernel.run("%nbops runs --all --no-color").stdout


def test_an_open_quote_is_told_without_a_traceback(kernel: LiveKernel) -> None:
    """A line that cannot be parted into words says what to do."""
    reply = kernel.run("%nbops show 'sales")

    assert reply.status == "error"
    assert "UsageError: a quote is not closed" in reply.traceback
    assert "magics.py" not in reply.traceback


def test_a_slip_in_one_cell_leaves_the_panel(tmp_path: Path) -> None:
    """``%nbops show`` tells of the cell whose options cannot be read, and shows what ran."""
    (tmp_path / "pyproject.toml").touch()
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "source": "%%step load --retires 2\nx = 1"}]
    text = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    (tmp_path / "sales.ipynb").write_text(text)
    with live_kernel(tmp_path) as kernel:
        kernel.run("%nbops name sales.ipynb")
        kernel.run("%%step clean\nx = 1")
        shown = kernel.run("%nbops show")

    assert (shown.status, shown.errors) == ("ok", [])
    assert "--retires" in shown.stdout
    assert "did you mean '--retries'" in shown.stdout
    assert [line for line in shown.stdout.splitlines() if line.startswith("  where")] == []
    assert "passed       clean" in str([o["data"]["text/plain"] for o in shown.outputs if "data" in o])


def test_a_session_can_be_named(tmp_path: Path) -> None:
    """``%nbops name PATH`` says which notebook this is, before its first step."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "sales.ipynb").write_text('{"cells": [], "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')
    with live_kernel(tmp_path) as kernel:
        missing = kernel.run("%nbops name other.ipynb")
        named = kernel.run("%nbops name sub/sales.ipynb")
        kernel.run("%%step a\nx = 1")
        late = kernel.run("%nbops name sub/sales.ipynb")

    (started,) = kernel.records(RunStarted)
    assert [e["ename"] for e in (*missing.errors, *late.errors)] == ["UsageError", "UsageError"]
    assert "sales.ipynb" in named.stdout
    assert (started.notebook, started.identified_by) == ("sub/sales.ipynb", "name")


# ── the engine's instructions ────────────────────────────────────────────────────────────────────────────────────────


def test_the_engine_makes_a_kernel_part_of_its_run(tmp_path: Path) -> None:
    """Instructed by the engine, a kernel writes steps of the engine's run, with their cells, and no run of its own."""
    with live_kernel(tmp_path, load=False) as kernel:
        kernel.client.execute(instructions(tmp_path, parameters={"n": "7"}), silent=True, reply=True, timeout=60)
        kernel.run("%load_ext nbops", cell_id="c0")
        kernel.run("%%params\nn: int = 1")
        kernel.run("%%step a\nx = n\nx", cell_id="c3")

    (step,) = kernel.records(StepFinished)
    assert (step.run, step.cell, step.status) == ("f" * 32, 3, Status.PASSED)
    assert kernel.records(RunStarted, RunFinished) == []


def test_secrets_are_known_to_the_kernel_from_the_start(tmp_path: Path) -> None:
    """The value of a secret parameter is redacted from the records, before the parameters' cell has run too."""
    with live_kernel(tmp_path, load=False) as kernel:
        code = instructions(tmp_path, parameters={"token": "hunter2secret"}, secrets=["token"])
        kernel.client.execute(code, silent=True, reply=True, timeout=60)
        kernel.run("%%step a\nraise ValueError('hunter2secret')")

    failure = kernel.last("a").failure
    assert failure is not None
    assert "hunter2secret" not in str(failure)


def test_unloading_takes_everything_out_and_loading_brings_it_back(tmp_path: Path) -> None:
    """After ``%unload_ext`` a step is an unknown magic and its cell does not run; loaded again, it is a step."""
    (tmp_path / "pyproject.toml").touch()
    with live_kernel(tmp_path) as kernel:
        kernel.run("%unload_ext nbops")
        unloaded = kernel.run("%%step a\nx = 1")
        kernel.run("%load_ext nbops")
        loaded = kernel.run("%%step a\nassert True")

        assert "%%step` not found" in unloaded.stderr
        assert loaded.record["status"] == "passed"
        assert [record.step for record in kernel.records(StepFinished)] == ["a"]
