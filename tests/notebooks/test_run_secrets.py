"""Parameters of a run: typed, visible in its record, and never visible when they are secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nbops.engine.production.notebook import run
from nbops.records import Status

Write = Callable[..., Path]
SECRET = "hunter2-pass/word"


def files_with(root: Path, text: str) -> list[str]:
    """Return the files below *root* that hold *text*, as bytes, whatever they are."""
    found = [path for path in root.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]
    return sorted(str(path.relative_to(root)) for path in found)


@pytest.mark.parametrize("in_environment", [False, True])
def test_a_secret_parameter_is_written_nowhere(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch, in_environment: bool
) -> None:
    """Not in the executed notebook, the journals, the hub or the report, although cells print it, and fail with it."""
    notebook = write(
        "%%params\ntoken: Secret = 'none'\nrows: int = 3",
        "%%step show\nprint('token is', token, 'and', repr(str(token)))\n{'token': str(token)}",
        "%%step leak\nassert len(token) == 0, f'bad token {token}'",
        name="nb.ipynb",
    )
    monkeypatch.setenv("NB_TOKEN", SECRET)
    given = "secret:NB_TOKEN" if in_environment else SECRET

    state = run(notebook, "out.ipynb", params={"token": given, "rows": "4"})

    assert state.status is Status.FAILED
    assert state.started.parameters["rows"] == "4"
    assert "token is" in (project / "out.ipynb").read_text(encoding="utf-8")
    assert files_with(project, SECRET) == []


def test_a_default_of_a_secret_is_hidden_even_if_its_cell_never_ran(project: Path, write: Write) -> None:
    """What stands in the code as a default is known before the run, so that an early end does not give it away."""
    notebook = write("1 / 0", f"%%params\ntoken: Secret = {SECRET!r}", "%%step show\nprint(token)", name="nb.ipynb")

    state = run(notebook, "out.ipynb")

    assert state.status is Status.ERROR
    assert files_with(project, SECRET) == ["nb.ipynb"]


def test_a_secret_of_the_environment_is_learned_from_the_kernel(
    project: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A default that only the kernel evaluates is taken out of the notebook too."""
    monkeypatch.setenv("NB_TOKEN", SECRET)
    notebook = write("%%params\nimport os\ntoken: Secret = os.environ['NB_TOKEN']", "%%step show\nprint(str(token))")

    state = run(notebook, "out.ipynb")

    assert state.status is Status.PASSED
    assert files_with(project, SECRET) == []


def test_a_secret_in_a_parameters_cell_of_papermill_is_written_nowhere(project: Path, write: Write) -> None:
    """A cell with the tag parameters declares secrets as well; the cell that is put in hides them in the file."""
    notebook = write(("from nbops.notebook.parameters import Secret\ntoken: Secret = ''", "parameters"), "print(token)")

    run(notebook, "out.ipynb", params={"token": SECRET})

    assert files_with(project, SECRET) == []


def test_a_flood_with_a_secret_is_clean_in_its_file(project: Path, write: Write) -> None:
    """A secret torn between two pieces of a long output is not in the file of the flood either."""
    notebook = write(
        "%%params\ntoken: Secret = ''",
        "%%step flood\nimport sys\nfor _ in range(40):\n    print('x' * 50_000 + str(token)[:8], end='')\n"
        "    sys.stdout.flush()\n    print(str(token)[8:] + 'y' * 50_000)\n    sys.stdout.flush()",
    )

    run(notebook, "out.ipynb", params={"token": SECRET}, report=False)

    assert (project / "out.cell-1.stdout.txt").stat().st_size > 4_000_000
    assert files_with(project, SECRET) == []


def test_given_values_reach_the_cells_with_their_declared_types(project: Path, write: Write) -> None:
    """Values win over defaults and are converted, in ``%%params`` and in a cell with papermill's tag alike."""
    code = "day: date = date(2013, 1, 1)\nrows: int = 3\nshare: float = 0.5\nnames: list[str] = []"
    check = "assert (day, rows, share, names) == (date(2013, 2, 1), 4, 1.0, ['a']), (day, rows, share, names)"
    given = {"day": "2013-02-01", "rows": "4", "share": "1", "names": ["a"]}

    own = run(write(f"%%params\n{code}", f"from datetime import date\n{check}"), params=given, report=False)
    tagged = run(write((f"from datetime import date\n{code}", "parameters"), check), params=given, report=False)

    assert [(state.status, state.reason) for state in (own, tagged)] == [(Status.PASSED, "")] * 2
    assert own.started.parameters["day"] == "2013-02-01"
