"""A ``%%step`` cell in a real kernel behaves as a plain cell does, and is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbops.records import STEP_MIME, RunFinished, RunStarted, Status, StepFinished, StepStarted
from tests.notebooks.live_kernel import LiveKernel, live_kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """One kernel for all tests of this file that need nothing of their own; each uses a step of its own name."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as started:
        yield started


# ── journal and record ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_step_is_journaled_before_and_after(kernel: LiveKernel) -> None:
    """A step's start and its end are in the journal, and its record is in the cell's output."""
    reply = kernel.run("%%step journaled\nx = 1")

    kinds = [type(r) for r in kernel.records(StepStarted, StepFinished) if r.step == "journaled"]
    assert kinds == [StepStarted, StepFinished]
    assert (reply.record["step"], reply.record["status"]) == ("journaled", "passed")


def test_the_record_stands_behind_what_was_printed(kernel: LiveKernel) -> None:
    """What a step prints, on either stream, comes before its record."""
    code = "import sys\nprint('out')\nprint('err', file=sys.stderr)"
    orders = [kernel.run(f"%%step ordered{i}\n{code}").outputs for i in range(20)]

    assert {outputs[-1].get("name", "record") for outputs in orders} == {"record"}


def test_a_session_begins_with_its_first_step(kernel: LiveKernel) -> None:
    """The session is journaled once, with what it runs on."""
    kernel.run("%%step first\nx = 1")

    (started,) = kernel.records(RunStarted)
    assert (started.kind, started.notebook, started.env) == ("session", None, "dev")


def test_plain_cells_leave_no_trace(kernel: LiveKernel) -> None:
    """A plain cell has only its own output, and nbops leaves no name in the namespace."""
    before = kernel.run("sorted(n for n in globals() if 'nbops' in n)")
    reply = kernel.run("1 + 1")

    assert (before.value, [o.get("data") for o in reply.outputs]) == ("[]", [{"text/plain": "2"}])


def test_a_step_leaves_no_name_of_ours(kernel: LiveKernel) -> None:
    """After a step the namespace and the builtins hold nothing of nbops."""
    kernel.run("%%step tidy --retries 1\nassert 1 == 1\n1")

    assert kernel.run("import builtins\n[n for n in (*globals(), *vars(builtins)) if 'nbops' in n]").value == "[]"


# ── as a plain cell ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_expression_is_shown(kernel: LiveKernel) -> None:
    """The value of the last expression is the cell's result, and ``_``."""
    assert kernel.run("%%step shown\nx = 20\nx + 1").value == "21"
    assert kernel.run("_").value == "21"


def test_a_semicolon_hides_the_last_expression(kernel: LiveKernel) -> None:
    """A trailing semicolon keeps the value from being shown."""
    assert kernel.run("%%step quiet\n41 + 1;").value is None


def test_a_traceback_names_the_exact_line_once(kernel: LiveKernel) -> None:
    """An error is shown once, at the line that raised it, with no frame of nbops."""
    reply = kernel.run("%%step broken\nx = 1\n\n1 / 0\ny = 2")

    assert (reply.status, len(reply.errors), reply.errors[0]["ename"]) == ("error", 1, "ZeroDivisionError")
    assert "----> 4 1 / 0" in reply.traceback
    assert "nbops/" not in reply.traceback


def test_an_error_is_recorded_with_its_line(kernel: LiveKernel) -> None:
    """An exception makes the step an error, and its record holds type, line and traceback."""
    kernel.run("%%step recorded\nx = 1\ndef f():\n    return 1 / 0\nf()")

    failure = kernel.last("recorded").failure
    assert failure is not None
    assert (kernel.last("recorded").status, failure.type, failure.line) == (Status.ERROR, "ZeroDivisionError", 4)
    assert [line.strip() for line in failure.traceback if "1 / 0" in line] == ["return 1 / 0"]


@pytest.mark.parametrize("options", ["--retries 2", "--timeout 1m", "--when True", "--on-fail warn"])
def test_options_keep_the_exact_line(kernel: LiveKernel, options: str) -> None:
    """Whatever is put around a step, the traceback names the user's line, once."""
    reply = kernel.run(f"%%step looped {options}\nx = 1\nint('x')\ny = 2\nz = 3")

    assert len(reply.errors) == 1
    assert "----> 3 int('x')" in reply.traceback
    assert "nbops/" not in reply.traceback


@pytest.mark.parametrize("options", ["", " --retries 2", " --timeout 1m"])
def test_top_level_await_works(kernel: LiveKernel, options: str) -> None:
    """``await`` at the top of a step runs in the kernel's own loop."""
    reply = kernel.run(
        f"%%step awaited{options}\nimport asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.sleep(0, 'done')"
    )

    assert (reply.value, reply.record["status"]) == ("'done'", "passed")


def test_an_error_after_an_await_has_its_line(kernel: LiveKernel) -> None:
    """An awaiting step shows its error once, at the exact line."""
    reply = kernel.run("%%step awaited2\nimport asyncio\nawait asyncio.sleep(0)\nassert 1\n1 / 0")

    assert len(reply.errors) == 1
    assert "----> 5 1 / 0" in reply.traceback


def test_shell_commands_work(kernel: LiveKernel) -> None:
    """``!cmd`` prints, and its output can be assigned."""
    reply = kernel.run("%%step shelled\n!echo from the shell\nlines = !echo one\nlines[0]")

    assert ("from the shell" in reply.stdout, reply.value) == (True, "'one'")


def test_time_of_a_line_works_and_keeps_the_tests(kernel: LiveKernel) -> None:
    """``%time`` in the middle of a step runs, and the tests after it are judged."""
    reply = kernel.run("%%step timed_line\n%time x = 1\nassert x == 1, 'one'")

    assert "Wall time" in reply.stdout
    assert [test["name"] for test in reply.record["tests"]] == ["one"]


@pytest.mark.parametrize(
    "cell",
    ["%%step timed\n%%time\nx = 5\nassert x == 5, 'five'\nx", "%%time\n%%step timed\nx = 5\nassert x == 5, 'five'\nx"],
)
def test_a_nested_time_magic_works(kernel: LiveKernel, cell: str) -> None:
    """``%%time`` beside ``%%step``, in either order: timed, shown, and the tests inside judged with their lines."""
    reply = kernel.run(cell)

    assert ("Wall time" in reply.stdout, reply.value) == (True, "5")
    assert [(test["name"], test["line"]) for test in reply.record["tests"]] == [("five", 4)]


def test_a_failed_test_under_time_stops_the_step(kernel: LiveKernel) -> None:
    """Inside ``%%time`` a failed test still ends the cell, in one traceback."""
    reply = kernel.run("%%step timed_bad\n%%time\nx = 5\nassert x == 6, 'six'\nprint('NOT REACHED')")

    assert (reply.status, [e["ename"] for e in reply.errors]) == ("error", ["StepFailed"])
    assert "NOT REACHED" not in reply.stdout


def test_captured_errors_are_not_lost(kernel: LiveKernel) -> None:
    """``%%capture`` swallows the error of a plain cell; that of a step ends the step."""
    reply = kernel.run("%%step captured\n%%capture out\nx = 5\nassert x == 6, 'six'")

    assert (reply.status, kernel.last("captured").status) == ("error", Status.FAILED)
    assert [test.name for test in kernel.last("captured").tests] == ["six"]


def test_a_nested_run_cell_does_not_end_the_step(kernel: LiveKernel) -> None:
    """A cell that runs another cell stays the step, and its later tests are its own."""
    reply = kernel.run("%%step outer\nget_ipython().run_cell('z = 1')\nassert z == 1, 'made inside'")

    assert [(t["name"], t.get("status")) for t in reply.record["tests"]] == [("made inside", "passed")]


def test_a_future_import_still_stands_first(kernel: LiveKernel) -> None:
    """``from __future__`` works on the first line of a step."""
    reply = kernel.run("%%step future --retries 1\nfrom __future__ import annotations\nx: Undefined = 1\nx")

    assert reply.value == "1"


def test_getsource_of_a_function_made_in_a_step(kernel: LiveKernel) -> None:
    """The source of a function that a step defined can be found."""
    reply = kernel.run(
        "%%step sourced\ndef double(x):\n    return 2 * x\nimport inspect\nprint(inspect.getsource(double))"
    )

    assert "return 2 * x" in reply.stdout


def test_every_expression_is_shown_when_ipython_is_told_so(kernel: LiveKernel) -> None:
    """``ast_node_interactivity = 'all'`` holds in a step too."""
    kernel.run("get_ipython().ast_node_interactivity = 'all'")
    try:
        reply = kernel.run("%%step each\n1\nassert True\n2")
    finally:
        kernel.run("get_ipython().ast_node_interactivity = 'last_expr'")

    assert [o["data"]["text/plain"] for o in reply.outputs if "execution_count" in o] == ["1", "2"]


@pytest.mark.parametrize("first", ["%%step s3 --doc x", "%step s3 --doc x", "#| step s3 --doc x"])
def test_three_spellings_mean_the_same(kernel: LiveKernel, first: str) -> None:
    """A step may begin with ``%%step``, ``%step`` or ``#| step``."""
    record = kernel.run(f"{first}\n1").record

    assert (record["step"], record["doc"]) == ("s3", "x")


def test_a_syntax_error_is_an_error_of_the_step(kernel: LiveKernel) -> None:
    """A cell that is no Python is recorded as an error with its line."""
    reply = kernel.run("%%step unparsable\nx = 1\nx = = 2")

    failure = kernel.last("unparsable").failure
    assert failure is not None
    assert (reply.status, len(reply.errors)) == ("error", 1)
    assert (kernel.last("unparsable").status, failure.type, failure.line) == (Status.ERROR, "SyntaxError", 3)


def test_sys_exit_is_an_error(kernel: LiveKernel) -> None:
    """``sys.exit`` in a step ends nothing well: the step could not be judged."""
    kernel.run("%%step exits\nimport sys\nsys.exit(0)")

    assert kernel.last("exits").status is Status.ERROR


def test_an_interrupt_is_recorded_as_such(kernel: LiveKernel) -> None:
    """An interrupted step is neither failed nor an error."""
    request = kernel.send("%%step interrupted\nimport time\nprint('sleeping', flush=True)\ntime.sleep(30)")
    while kernel.client.get_iopub_msg(timeout=20)["content"].get("text") != "sleeping\n":
        continue
    kernel.manager.interrupt_kernel()
    reply = kernel.wait(request)

    assert (reply.errors[0]["ename"], kernel.last("interrupted").status) == ("KeyboardInterrupt", Status.INTERRUPTED)


# ── options ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_unknown_option_is_an_error_that_helps(kernel: LiveKernel) -> None:
    """A misspelled option is raised, with the nearest known ones, and the cell does not run."""
    reply = kernel.run("%%step misspelled --retires 3\nprint('NOT REACHED')")

    assert (reply.status, [e["ename"] for e in reply.errors], reply.stdout) == ("error", ["UsageError"], "")
    assert "did you mean '--retries'" in reply.traceback


def test_retries_begin_again_after_an_exception(kernel: LiveKernel) -> None:
    """An exception is tried again; every attempt is journaled, and the last one decides."""
    kernel.run("import builtins, itertools\nbuiltins.tries = itertools.count(1)")
    code = "n = next(tries)\nif n < 3:\n    raise OSError('no network')\nn"
    reply = kernel.run(f"%%step flaky --retries 2 --retry-delay 10ms\n{code}")

    finished = [r for r in kernel.records(StepFinished) if r.step == "flaky"]
    assert reply.value == "3"
    assert [(r.attempt, r.status.value) for r in finished] == [(1, "error"), (2, "error"), (3, "passed")]


def test_failed_tests_are_not_tried_again(kernel: LiveKernel) -> None:
    """A failed test is a verdict, not a mishap."""
    kernel.run("tries = 0")
    kernel.run("%%step judged --retries 2\ntries += 1\nassert tries > 1, 'more'")

    assert kernel.run("tries").value == "1"


def test_a_stray_break_is_refused_also_inside_the_loop_of_retries(kernel: LiveKernel) -> None:
    """``break`` outside a loop stays the SyntaxError that it is, although the cell stands in a loop."""
    reply = kernel.run("%%step strays --retries 2\nx = 1\nbreak")

    assert (reply.errors[0]["ename"], kernel.last("strays").status) == ("SyntaxError", Status.ERROR)


def test_a_timeout_ends_a_computing_step(kernel: LiveKernel) -> None:
    """Code that takes too long is stopped where it is."""
    reply = kernel.run("%%step slow --timeout 200ms\nimport time\ntime.sleep(20)")

    failure = kernel.last("slow").failure
    assert failure is not None
    assert (reply.errors[0]["ename"], failure.type, failure.line) == ("StepTimeout", "StepTimeout", 3)
    assert "nbops/" not in reply.traceback
    assert kernel.last("slow").status is Status.ERROR


def test_a_timeout_ends_an_awaiting_step_and_the_kernel_lives(kernel: LiveKernel) -> None:
    """Code that awaits too long is cancelled, and the kernel goes on."""
    reply = kernel.run("%%step slow_await --timeout 200ms\nimport asyncio\nawait asyncio.sleep(20)")

    assert ([e["ename"] for e in reply.errors], kernel.last("slow_await").status) == (["StepTimeout"], Status.ERROR)
    assert kernel.run("1 + 1").value == "2"


@pytest.mark.parametrize(
    "body",
    [
        "import time\nwhile True:\n    try:\n        time.sleep(20)\n    except Exception:\n        pass",
        "import asyncio\nwhile True:\n    try:\n        await asyncio.sleep(20)\n    except Exception:\n        pass",
        "import asyncio\nfor _ in '12':\n  try:\n    await asyncio.sleep(20)\n  except BaseException:\n    pass",
        "import time\ntry:\n    time.sleep(20)\nexcept Exception:\n    pass\nassert True",
    ],
)
def test_a_timeout_ends_a_step_that_swallows_it(kernel: LiveKernel, body: str) -> None:
    """A loop that goes on after any exception is stopped all the same, and no such step passes."""
    reply = kernel.run(f"%%step swallows --timeout 200ms\n{body}", timeout=15)

    failure = kernel.last("swallows").failure
    assert failure is not None
    assert ([e["ename"] for e in reply.errors], failure.type) == (["StepTimeout"], "StepTimeout")
    assert kernel.run("1 + 1").value == "2"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("assert 1 == 2, 'odd ' + chr(0xD800)", "failed"),
        ("from nbops import expect\nexpect(1 == 2, 'odd ' + chr(0xD800), severity='warn')", "warned"),
    ],
)
def test_half_a_surrogate_pair_in_a_text_keeps_no_record_from_being_shown(
    kernel: LiveKernel, body: str, status: str
) -> None:
    """Text that no encoding has is spelled out in the record, in what is shown of it, and in the failed step's text."""
    reply = kernel.run(f"%%step surrogates\n{body}")
    shown = next(output["data"] for output in reply.outputs if STEP_MIME in output.get("data", {}))

    assert (reply.record["status"], "text/html" in shown) == (status, True)
    assert "odd \\ud800" in shown["text/plain"]
    assert status != "failed" or "odd \\ud800" in reply.traceback


def test_a_step_that_is_not_wanted_is_skipped(kernel: LiveKernel) -> None:
    """``--when`` with a false expression skips the step without an error."""
    kernel.run("day = 3")
    reply = kernel.run("%%step sundays --when 'day == 7'\nprint('NOT REACHED')")

    assert (reply.status, reply.stdout) == ("ok", "")
    assert (reply.record["status"], reply.record["remark"]) == ("skipped", "--when day == 7 is false")


def test_on_fail_warn_records_and_goes_on(kernel: LiveKernel) -> None:
    """With ``--on-fail warn`` a failed test is a warning, and the code after it runs."""
    reply = kernel.run("%%step lenient --on-fail warn\nassert 1 == 2, 'equal'\nprint('goes on')")

    assert (reply.status, reply.stdout, reply.record["status"]) == ("ok", "goes on\n", "warned")


def test_skip_ends_a_step_well(kernel: LiveKernel) -> None:
    """``nbops.skip`` ends the cell without an error, and the step is skipped with its reason."""
    reply = kernel.run("%%step nothing\nfrom nbops import skip\nskip('no data today')\nprint('NOT REACHED')")

    assert (reply.status, reply.stdout) == ("ok", "")
    assert (reply.record["status"], reply.record["remark"]) == ("skipped", "no data today")


# ── tests ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_of_tests_is_judged_whole_and_stops_once(kernel: LiveKernel) -> None:
    """All tests of a run are judged, then the step fails once, before the next statement."""
    reply = kernel.run(
        "%%step tested\nx = 1\nassert x == 2, 'two'\nassert x == 1, 'one'\nassert x == 3, 'three'\nprint('NOT')"
    )

    assert (reply.stdout, [e["ename"] for e in reply.errors]) == ("", ["StepFailed"])
    assert [(t["name"], t["status"]) for t in reply.record["tests"]] == [
        ("two", "failed"),
        ("one", "passed"),
        ("three", "failed"),
    ]
    assert "----> " not in reply.traceback


def test_the_last_value_is_shown_beside_the_verdict_before_it(kernel: LiveKernel) -> None:
    """Tests that warn do not keep the last expression from being shown."""
    reply = kernel.run("%%step soft\nfrom nbops import expect\nexpect(1 > 2, 'more', severity='warn')\n'shown'")

    assert (reply.value, reply.record["status"]) == ("'shown'", "warned")


def test_an_assertion_of_a_called_function_is_a_failed_test(kernel: LiveKernel) -> None:
    """An assert inside a function keeps its traceback, and the step has failed, not erred."""
    reply = kernel.run("%%step called\ndef check(x):\n    assert x, 'nothing'\ncheck(0)")

    assert ([e["ename"] for e in reply.errors], kernel.last("called").status) == (["AssertionError"], Status.FAILED)
    assert [(t.kind, t.line) for t in kernel.last("called").tests] == [("called", 4)]


def test_a_test_cell_belongs_to_its_step(kernel: LiveKernel) -> None:
    """A ``%%test`` cell is a part of the step that it tests; functions named test_… get variables by their names."""
    kernel.run("%%step owner\nvalue = 3")
    kernel.run("%%test owner\nassert value > 0, 'positive'\ndef test_small(value):\n    assert value < 3")

    record = kernel.last("owner")
    assert (record.cell_kind, record.part, record.status) == ("test", 1, Status.FAILED)
    assert [(t.name, t.status.value) for t in record.tests] == [("positive", "passed"), ("test_small", "failed")]


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_tables_in_and_out_are_measured(kernel: LiveKernel) -> None:
    """The tables that a step reads and makes are recorded with rows and columns."""
    kernel.run("import pandas as pd\norders = pd.DataFrame({'id': [1, 2, 3], 'x': [1, None, 3]})")
    kernel.run("%%step measured\nclean = orders.dropna()\nclean['y'] = 1")

    record = kernel.last("measured")
    assert [(t.name, t.rows, t.columns) for t in record.tables_in] == [("orders", 3, 2)]
    assert [(t.name, t.rows, t.columns) for t in record.tables_out] == [("clean", 2, 3)]


def test_what_changes_behind_the_code_is_found(kernel: LiveKernel) -> None:
    """A table that something else changes in place, and a name that ``exec`` binds, are found by looking."""
    kernel.run(
        "import pandas as pd\ntable = pd.DataFrame({'id': [1, 2]})\nbox = {'change': lambda t: t.insert(1, 'new', 0)}"
    )
    kernel.run("%%step behind\nbox['change'](table)\nexec(''.join(['bou', 'nd = 1']))")

    record = kernel.last("behind")
    assert ("table" in (*record.mutated, *record.writes), "bound" in record.writes) == (True, True)


def test_warnings_are_recorded_and_still_shown(kernel: LiveKernel) -> None:
    """A Python warning is in the record with its line, and the user sees it too."""
    reply = kernel.run("%%step warns\nimport warnings\nwarnings.warn('careful', stacklevel=1)")

    assert [(w["category"], w["message"], w["line"]) for w in reply.record["warnings"]] == [
        ("UserWarning", "careful", 3)
    ]
    assert "careful" in reply.stderr


def test_wall_time_and_processor_time_are_told_apart(kernel: LiveKernel) -> None:
    """A step that sleeps takes wall time, and one that computes takes processor time."""
    kernel.run("%%step sleeps\nimport time\ntime.sleep(0.5)")
    kernel.run("%%step computes\nimport time\nend = time.process_time() + 0.1\nwhile time.process_time() < end: pass")

    sleeps, computes = kernel.last("sleeps"), kernel.last("computes")
    assert sleeps.seconds >= 0.5
    assert 0 < sleeps.cpu_seconds < 0.5
    assert computes.cpu_seconds >= 0.1


def test_the_rise_of_memory_is_measured(kernel: LiveKernel) -> None:
    """What a step needed at its peak beyond all that the process ever needed before, although it is free again."""
    kernel.run(
        "%%step grows\nimport resource, sys\npeak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "big = b'x' * (peak * (1 if sys.platform == 'darwin' else 1024) + 100_000_000)\ndel big"
    )

    assert (kernel.last("grows").memory_bytes or 0) >= 100_000_000


# ── parts and attempts ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_rerun_of_a_cell_is_another_attempt_at_the_same_part(kernel: LiveKernel) -> None:
    """A cell is known by its id: run again it replaces its part, and another cell of the name continues the step."""
    for cell_id, value in (("a1", 1), ("a1", 2), ("b2", 3)):
        kernel.run(f"%%step again\nx = {value}", cell_id=cell_id)

    assert [(r.part, r.attempt) for r in kernel.records(StepFinished) if r.step == "again"] == [(0, 1), (0, 2), (1, 1)]


# ── help, completion, the magics ─────────────────────────────────────────────────────────────────────────────────────


def test_step_has_help(kernel: LiveKernel) -> None:
    """``%%step?`` shows what can be written."""
    reply = kernel.ask("inspect", "%%step", 6)

    assert "--retries N" in reply["data"]["text/plain"]


def test_the_magics_complete(kernel: LiveKernel) -> None:
    """TAB completes the magics, and names inside a step."""
    kernel.run("%%step completes\nlong_name_of_mine = 1")

    assert "%%step" in kernel.ask("complete", "%%ste", 5)["matches"]
    assert "long_name_of_mine" in kernel.ask("complete", "%%step x\nlong_name", 18)["matches"]


def test_the_next_line_is_indented_as_in_python(kernel: LiveKernel) -> None:
    """A front end that asks whether a step is complete gets the indentation of its Python."""
    assert kernel.ask("is_complete", "%%step x\nfor i in y:") == {"status": "incomplete", "indent": "    "}


def test_a_program_may_call_the_magic(kernel: LiveKernel) -> None:
    """``run_cell_magic`` runs a step too, and raises its error once."""
    reply = kernel.run("get_ipython().run_cell_magic('step', 'programmed', 'k = 1\\n1/0')")

    assert ([e["ename"] for e in reply.errors], kernel.last("programmed").status) == (
        ["ZeroDivisionError"],
        Status.ERROR,
    )


def test_loading_twice_changes_nothing(kernel: LiveKernel) -> None:
    """A second ``%load_ext`` or ``%reload_ext`` does not judge a cell twice."""
    kernel.run("%load_ext nbops\n%reload_ext nbops")
    reply = kernel.run("%%step reloaded\nassert True, 'once'")

    assert [t["name"] for t in reply.record["tests"]] == ["once"]
    assert len([r for r in kernel.records(StepFinished) if r.step == "reloaded"]) == 1


def test_sql_under_step_is_a_step(kernel: LiveKernel) -> None:
    """Another language's magic under ``%%step`` runs as its body, and its result is the step's output."""
    kernel.run(
        "import sqlite3, pandas as pd\nfrom IPython.core.magic import register_cell_magic\n"
        "connection = sqlite3.connect(':memory:')\n"
        "pd.DataFrame({'id': [1, 2, 3]}).to_sql('orders', connection, index=False)\n"
        "@register_cell_magic\ndef sql(line, cell):\n    return pd.read_sql(cell, connection)"
    )
    reply = kernel.run("%%step queried -o bought\n%%sql\nselect * from orders where id > 1")
    nameless = kernel.run("%%step counted\n%%sql\nselect * from orders")

    assert [(t["name"], t["rows"]) for t in reply.record["tables_out"]] == [("bought", 2)]
    assert kernel.run("len(bought)").value == "2"
    assert [(t["name"], t["rows"]) for t in nameless.record["tables_out"]] == [("counted", 3)]


# ── the debugger ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_breakpoint_in_a_step_stops(tmp_path: Path) -> None:
    """A breakpoint set through the debug protocol on a line of a step stops there."""
    (tmp_path / "pyproject.toml").touch()
    with live_kernel(tmp_path) as kernel:
        code = "%%step debugged\nx = 1\nassert x == 1\ny = x + 1\ny"
        debug(kernel, "initialize", {"clientID": "t", "adapterID": ""})
        debug(kernel, "attach", {})
        path = debug(kernel, "dumpCell", {"code": code})["body"]["sourcePath"]
        debug(
            kernel, "setBreakpoints", {"source": {"path": path}, "breakpoints": [{"line": 4}], "sourceModified": False}
        )
        debug(kernel, "configurationDone", {})
        request = kernel.send(code)
        stopped = event(kernel, "stopped")
        trace = debug(kernel, "stackTrace", {"threadId": stopped["body"]["threadId"]})
        debug(kernel, "continue", {"threadId": stopped["body"]["threadId"]})
        reply = kernel.wait(request)

    assert trace["body"]["stackFrames"][0]["line"] == 4
    assert reply.value == "2"


_sequence = iter(range(1, 10_000))


def debug(kernel: LiveKernel, command: str, arguments: dict[str, object]) -> dict[str, dict[str, object]]:
    """Send one request of the debug protocol and return its reply."""
    content = {"type": "request", "seq": next(_sequence), "command": command, "arguments": arguments}
    message = kernel.client.session.msg("debug_request", content)
    kernel.client.control_channel.send(message)
    while True:
        reply = kernel.client.get_control_msg(timeout=30)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            return dict(reply["content"])


def event(kernel: LiveKernel, name: str) -> dict[str, dict[str, object]]:
    """Wait for an event of the debugger."""
    while True:
        message = kernel.client.get_iopub_msg(timeout=30)
        if message["msg_type"] == "debug_event" and message["content"].get("event") == name:
            return dict(message["content"])


# ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_session_ends_with_the_kernel(tmp_path: Path) -> None:
    """When the kernel is shut down its session ends, with the worst of its steps, and is taken into the hub."""
    (tmp_path / "pyproject.toml").touch()
    with live_kernel(tmp_path) as kernel:
        kernel.run("%%step good\nx = 1")
        kernel.run("%%step bad\nassert x == 2")

    (finished,) = kernel.records(RunFinished)
    assert (finished.status, finished.reason) == (Status.FAILED, "step bad: x == 2")


def test_loading_alone_writes_nothing(tmp_path: Path) -> None:
    """A kernel that loads nbops and runs no step leaves no file."""
    with live_kernel(tmp_path) as kernel:
        kernel.run("1 + 1")

    assert list(tmp_path.iterdir()) == []
