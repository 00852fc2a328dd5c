"""``%nbops testdata`` in a real kernel, and data like that which a run kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.engine.production.notebook import run
from nbops.errors import ReferenceNotFound
from nbops.records import Status
from notebooks.live_kernel import LiveKernel, live_kernel

MAKE = (
    "%load_ext nbops\nimport pandas as pd\n"
    "df = pd.DataFrame({'id': range(200), 'state': ['new', 'paid'] * 100, 'x': [n * 7 % 31 / 4 for n in range(200)]})"
)
STEP = (
    "%%step load\nimport pandas as pd\norders = pd.DataFrame({'id': range(400), 'state': ['new', 'paid'] * 200,"
    " 'amount': [n % 20 / 4 for n in range(400)]})\norders"
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """One kernel that holds a table."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as started:
        assert started.run(MAKE).status == "ok"
        yield started


def test_a_variable_makes_a_frame(kernel: LiveKernel) -> None:
    """The magic returns the frame, and says what it is."""
    reply = kernel.run("made = %nbops testdata df --rows 50\nprint(made.shape, made.id.min(), sorted(set(made.state)))")

    assert reply.status == "ok", reply.traceback
    assert "50 rows, 3 columns, in this frame" in reply.stdout
    assert "(50, 3) 200 ['new', 'paid']" in reply.stdout


def test_a_file_is_written(kernel: LiveKernel) -> None:
    """With -o it writes, as on the command line."""
    reply = kernel.run("%nbops testdata df --rows 20 -o t.csv\nprint(len(pd.read_csv('t.csv')))")

    assert "written to t.csv" in reply.stdout
    assert reply.stdout.rstrip().endswith("20")


def test_a_slip_is_told(kernel: LiveKernel) -> None:
    """A wrong option or kind of damage is an error of the cell, with what to type."""
    assert "No such option" in kernel.run("%nbops testdata df --row 5").traceback
    assert "did you mean 'nulls_10'" in kernel.run("%nbops testdata df --damage nulls_1").traceback


def test_data_like_that_of_a_run(project: Path, write: Callable[..., Path]) -> None:
    """A dataset of a run is named NB/DATASET, with @RUN another run's; the rules that are kept for it are satisfied."""
    notebook = write("%load_ext nbops", STEP)
    assert run(notebook).status is Status.PASSED
    rules = project / "rules" / "nb" / "orders.yml"
    rules.parent.mkdir(parents=True)
    rules.write_text("rules:\n  - at_least: {column: amount, low: 1}\n", encoding="utf-8")

    done = CliRunner().invoke(
        main, ["testdata", "nb/orders", "--rows", "90", "-o", "x.parquet"], catch_exceptions=False
    )
    again = CliRunner().invoke(main, ["testdata", "nb/orders@last", "-o", "y.csv"], catch_exceptions=False)

    assert (done.exit_code, again.exit_code) == (0, 0)
    assert "they satisfy" in done.output
    made = pd.read_parquet("x.parquet")
    assert (len(made), made["amount"].min() >= 1, made["id"].min()) == (90, True, 400)
    assert len(pd.read_csv("y.csv")) == 400
    with pytest.raises(ReferenceNotFound, match="kept no table 'order'") as caught:
        main.main(["testdata", "nb/order"], standalone_mode=False)
    assert "orders" in caught.value.fix
