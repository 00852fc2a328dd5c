"""Steps that are tried again: their inputs are as they were, the waits grow, every attempt is on record."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.records import Status, StepFinished
from tests.notebooks.live_kernel import LiveKernel, live_kernel

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """Return a kernel with nbops loaded."""
    with live_kernel(tmp_path_factory.mktemp("project")) as started:
        started.run("%load_ext nbops")
        yield started


def attempts(kernel: LiveKernel, step: str) -> list[StepFinished]:
    """Return the records of all attempts of *step*."""
    return [record for record in kernel.records(StepFinished) if record.step == step]


def test_an_attempt_begins_with_the_inputs_of_the_first(kernel: LiveKernel) -> None:
    """What was appended, filtered, bound or made by an attempt that failed is undone, for every name that shares it."""
    kernel.run(
        "import pandas as pd\nrows, tries = [1], []\nheld = {'rows': rows}\ntable = pd.DataFrame({'a': [1, 2, 3]})"
    )
    code = (
        "%%step grows --retries 2 --retry-delay 10ms\n"
        "kernel_tries.append(1)\nrows.append(2)\ntable['b'] = len(rows)\ntable = table[table.a > 1]\n"
        "seen = 'made' in globals()\nmade = 1\n"
        "if len(kernel_tries) < 3:\n    raise OSError('no network')"
    )
    kernel.run("import builtins\nbuiltins.kernel_tries = []")
    reply = kernel.run(code)
    shown = kernel.run("(rows, held, len(table), list(table.columns), seen)")

    assert reply.status == "ok"
    assert shown.value == "([1, 2], {'rows': [1, 2]}, 2, ['a', 'b'], False)"
    assert reply.stderr.splitlines()[0].startswith(
        "nbops: attempt 1 of 3 failed (OSError: no network); put back: table, rows, held; again in 0.0 s"
    )


def test_every_attempt_is_recorded_with_what_comes_next(kernel: LiveKernel) -> None:
    """Two failures, then the end; the number of the attempt is in each record."""
    kernel.run("import builtins\nbuiltins.kernel_tries = []")
    kernel.run(
        "%%step flaky --retries 2 --retry-delay 10ms\nkernel_tries.append(1)\nassert 1 < 2\n"
        "if len(kernel_tries) < 3:\n    raise OSError('no network')"
    )
    found = attempts(kernel, "flaky")

    assert [(r.attempt, r.status) for r in found] == [(1, Status.ERROR), (2, Status.ERROR), (3, Status.PASSED)]
    assert found[0].remark == "attempt 1 of 3 failed; again in 0.0 s"
    assert found[2].remark == ""


def test_a_failed_test_is_not_tried_again(kernel: LiveKernel) -> None:
    """Data that are wrong stay wrong."""
    kernel.run("%%step judged --retries 2\nassert 1 == 2, 'one is two'")

    assert [(r.attempt, r.status) for r in attempts(kernel, "judged")] == [(1, Status.FAILED)]


def test_the_arrow_of_the_last_attempt_points_to_the_line(kernel: LiveKernel) -> None:
    """Not into the loop around it."""
    reply = kernel.run("%%step broken --retries 1 --retry-delay 0s\nx = 1\nraise OSError('for good')\ny = 2")

    assert "----> 3 raise OSError('for good')" in reply.traceback
    assert [r.failure.line for r in attempts(kernel, "broken") if r.failure] == [3, 3]


@pytest.mark.parametrize(
    ("body", "arrow", "line"),
    [
        ("def f(n):\n    return 1 / n\n\nx = [\n    f(1),\n    f(0),\n]", "----> 7 f(0)", 3),
        ("for n in (1, 0):\n    if n == 0:\n        {}[n]\ny = 1", "----> 4 {}[n]", 4),
    ],
)
def test_the_arrow_points_to_the_line_as_it_does_without_retries(
    kernel: LiveKernel, body: str, arrow: str, line: int
) -> None:
    """In a function, in a statement of several lines, in a loop."""
    plain = kernel.run(f"%%step plain\n{body}").traceback
    tried = kernel.run(f"%%step tried{line} --retries 2 --retry-delay 0s\n{body}").traceback
    failures = [record.failure for record in attempts(kernel, f"tried{line}")]

    assert arrow in "\n".join(" ".join(part.split()) for part in tried.splitlines())
    assert _arrows(plain) == _arrows(tried)
    assert {failure.line for failure in failures if failure} <= {line}


def _arrows(traceback: str) -> list[str]:
    """Return the lines of a traceback that arrows point to."""
    return [line.strip() for line in traceback.splitlines() if line.lstrip().startswith("-") and ">" in line]


def test_a_timeout_is_tried_again_and_recorded_as_one(kernel: LiveKernel) -> None:
    """A call that hangs once may answer the next time."""
    kernel.run("import builtins\nbuiltins.kernel_tries = []")
    kernel.run(
        "%%step hangs --retries 1 --retry-delay 0s --timeout 300ms\nimport time\n"
        "kernel_tries.append(1)\nif len(kernel_tries) == 1:\n    time.sleep(20)"
    )
    found = attempts(kernel, "hangs")

    assert [(r.status, r.failure.type if r.failure else "") for r in found] == [
        (Status.ERROR, "StepTimeout"), (Status.PASSED, "")
    ]  # fmt: skip


def test_what_cannot_be_put_back_is_said(kernel: LiveKernel) -> None:
    """The record names it, so that nobody trusts the result without looking."""
    kernel.run("import builtins\nbuiltins.kernel_tries = []\nnumbers = (i for i in range(9))")
    kernel.run(
        "%%step draws --retries 1 --retry-delay 0s\ndrawn = next(numbers)\n"
        "kernel_tries.append(1)\nif len(kernel_tries) == 1:\n    raise OSError('x')"
    )

    assert attempts(kernel, "draws")[0].remark == (
        "attempt 1 of 2 failed; cannot be put back: numbers (nobody can tell the state of a generator); again at once"
    )


def test_a_step_that_heeds_no_interrupt_is_killed_and_recorded_as_a_timeout(write: Write, project: Path) -> None:
    """First it is interrupted, then its kernel ends; the run says which step it was and how long it had."""
    deaf = (
        "%%step deaf --timeout 500ms\nimport signal, time\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGINT])\ntime.sleep(120)"
    )
    state = run(write("%load_ext nbops", deaf), report=False)
    record = state.steps[0].record

    assert state.status is Status.ERROR
    assert record is not None
    assert record.failure is not None
    assert (record.status, record.failure.type) == (Status.ERROR, "TimeoutError")
    assert record.failure.message.endswith(
        "longer than its timeout of 0.5 s; the kernel did not heed the interrupt and was killed"
    )
