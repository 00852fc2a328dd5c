"""Row functions in cells that are run by hand: the account is shown at once, and what was left out can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notebooks.live_kernel import LiveKernel, live_kernel

IMPORTS = (
    "import pandas as pd\nimport nbops\nfrom nbops import keep, drop, join, dedupe\n"
    "raw = pd.DataFrame({'id': range(10), 'x': [None, *range(9)]})"
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """Return a kernel with a table."""
    folder: Path = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as found:
        found.run(IMPORTS)
        yield found


def test_the_account_is_shown_below_the_cell(kernel: LiveKernel) -> None:
    """As text and as HTML, and it stands in the journal."""
    reply = kernel.run("%%step clean\nclean = keep(raw, 'x > 4', 'small')")
    shown = next(output["data"] for output in reply.outputs if "text/html" in output.get("data", {}))
    (account,) = kernel.last("clean").accounts

    assert "rows 10 - 5 small - 1 condition null = 4 reconciles" in shown["text/plain"]
    assert "reconciles" in shown["text/html"]
    assert [(entry.reason, entry.rows, entry.kept) for entry in account.entries] == [
        ("small", 5, 5),
        ("condition null", 1, 1),
    ]


def test_what_was_left_out_is_there_in_the_next_cell(kernel: LiveKernel) -> None:
    """The thread that writes it is waited for; a cell that ran again has left out what it left out last."""
    kernel.run("%%step few\nfew = keep(raw, 'x > 6', 'small')", cell_id="few")
    kernel.run("%%step few\nfew = keep(raw, 'x > 7', 'small')", cell_id="few")
    reply = kernel.run("nbops.excluded('::few::small').id.tolist()")

    assert (reply.traceback, reply.value) == ("", "[1, 2, 3, 4, 5, 6, 7, 8]")


def test_a_fan_out_stops_the_cell_before_it_is_made(kernel: LiveKernel) -> None:
    """The step fails by the test of the join, and nothing of it is bound."""
    reply = kernel.run(
        "%%step joined\ntwice = pd.concat([raw, raw])\n"
        "joined = join(raw, twice, on='id', expect='m:1')\nprint('reached')"
    )
    record = kernel.last("joined")

    assert (reply.status, reply.stdout, str(record.status)) == ("error", "", "failed")
    assert "20 rows of twice share their id with another: 10 rows would become 20" in reply.traceback
    assert kernel.run("'joined' in dir()").value == "False"


def test_a_retried_step_tells_its_last_attempt(kernel: LiveKernel) -> None:
    """The account of the attempt that failed does not stand beside that of the one that did not."""
    kernel.run("tries = []")
    kernel.run(
        "%%step again --retries 1 --retry-delay 0s\nkept = keep(raw, 'x > 4', 'small')\ntries.append(1)\n"
        "if len(tries) == 1:\n    raise OSError('a moment, please')"
    )

    assert len(kernel.last("again").accounts) == 1
