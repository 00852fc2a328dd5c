"""``%nbops profile df`` and ``%nbops suggest df`` in a real kernel, and rules from the runs of a notebook."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from nbops.doors.cli import main
from nbops.engine.production.notebook import run
from nbops.records import Status
from nbops.rules.reading import read_rules
from notebooks.live_kernel import LiveKernel, live_kernel

WIDGET = "application/vnd.jupyter.widget-view+json"
MAKE = (
    "%load_ext nbops\nimport pandas as pd\n"
    "df = pd.DataFrame({'id': range(200), 'state': ['new', 'paid'] * 100, 'x': [n * 7 % 31 / 3 for n in range(200)]})"
)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """One kernel that holds a table."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    with live_kernel(folder) as started:
        assert started.run(MAKE).status == "ok"
        yield started


def shown(kernel: LiveKernel, code: str, **about: str) -> dict[str, object]:
    """Return what a cell displays, by type."""
    reply = kernel.run(code, **about)
    assert reply.status == "ok", reply.traceback
    return next(output["data"] for output in reply.outputs if "data" in output)


def test_a_variable_is_profiled(kernel: LiveKernel) -> None:
    """``%nbops profile df`` shows the variable with pictures, and as text where HTML is not shown."""
    data = shown(kernel, "%nbops profile df")

    assert "Profile of df" in str(data["text/html"])
    assert '<svg class="bars"' in str(data["text/html"])
    assert "df  200 rows · 3 columns" in str(data["text/plain"])


def test_rules_for_a_variable_are_a_list(kernel: LiveKernel) -> None:
    """Where a front end listens the rules are a widget; what is saved is the same list, to be read."""
    data = shown(kernel, "%nbops suggest df", cell_id="cell-1")

    assert WIDGET in data
    assert "id is never the same in two rows." in str(data["text/html"])


@pytest.mark.parametrize(("code", "word"), [
    ("nbops.profile(df)", '<svg class="bars"'), ("nbops.profile(df) + nbops.profile(df)", '<svg class="bars"'),
    ("nbops.suggest(df, name='df')", "id is never the same in two rows."),
])  # fmt: skip
def test_the_last_value_of_a_cell_is_shown_with_pictures(kernel: LiveKernel, code: str, word: str) -> None:
    """A profile or proposed rules at a cell's end are HTML, also in a kernel that knows nothing of them yet."""
    html = "get_ipython().display_formatter.formatters['text/html']"
    kernel.run(f"{html}.type_printers.clear(); {html}.deferred_printers.clear()")
    data = shown(kernel, f"import nbops\n{code}")

    assert word in str(data["text/html"])
    assert "rows" in str(data["text/plain"])


def test_what_looks_wrong_stands_in_the_list(kernel: LiveKernel) -> None:
    """The list that can be changed holds the doubts of the baseline, too."""
    kernel.run("odd = df.assign(city=['Oslo', 'n/a'] * 100)")
    kernel.run(
        "from nbops.doors.tables import _list\nfrom nbops.rules.suggest import suggest\nfrom pathlib import Path"
    )
    reply = kernel.run("print(_list(suggest(odd), Path('odd.yml')).doubts[1])")

    assert "city: 'n/a' stands where a value is missing, 100 of 200" in reply.stdout


def test_baselines_others_and_a_budget_are_given_as_on_the_command_line(kernel: LiveKernel) -> None:
    """A word names a variable where there is a table of that name, else a file."""
    kernel.run("df.to_csv('before.csv', index=False); shops = pd.DataFrame({'id': range(200), 'name': 'x'})")
    text = shown(kernel, "%nbops suggest df --baseline before.csv --baseline df --other shops --budget 0.05")
    written = kernel.run("%nbops suggest df --baseline before.csv -o kept/mine.yml --write")

    assert "from 600 rows in 3 batches · all together refuse at most 1 in 20" in str(text["text/plain"])
    assert "id stands in shops" in str(text["text/plain"])
    assert "kept/mine.yml" in written.stdout
    assert len(read_rules(kernel.folder / "kept" / "mine.yml")) > 5


def test_where_nobody_listens_there_is_no_widget(kernel: LiveKernel) -> None:
    """In a batch the list is plain HTML, and says how it is written."""
    reply = kernel.run("%nbops suggest df")

    assert all(WIDGET not in output.get("data", {}) for output in reply.outputs)
    assert "%nbops suggest df --write" in reply.stdout


def test_the_list_writes_what_was_decided(kernel: LiveKernel) -> None:
    """What the list sends when rules were dropped and edited is written as that, and errors are told in the list."""
    code = (
        "from nbops.doors.tables import _decided\nfrom nbops.rules.suggest import suggest\n"
        "from nbops.rules.proposing import rule_file\nfrom pathlib import Path\n"
        "found = suggest(df, name='df')\n"
        "rows = [{'word': 'keep', 'yaml': ''} for _ in found]\nrows[0]['word'] = 'drop'\n"
        "print(_decided(found, Path('chosen.yml'), {'act': 'diff', 'decisions': rows})[:13])\n"
        "print(_decided(found, Path('chosen.yml'), {'act': 'write', 'decisions': rows}))"
    )
    reply = kernel.run(code)

    assert reply.stdout.splitlines() == ["--- /dev/null", "written to chosen.yml"]
    assert "has_columns" not in {rule.kind for rule in read_rules(kernel.folder / "chosen.yml")}


def test_rules_for_a_variable_are_written(kernel: LiveKernel) -> None:
    """``--write`` writes the rule file of the notebook's dataset, and what follows is judged by it."""
    reply = kernel.run("%nbops suggest df --write")

    assert "written to" in reply.stdout
    assert len(read_rules(kernel.folder / "rules" / "df.yml")) > 5


def test_an_unknown_option_is_told(kernel: LiveKernel) -> None:
    """A slip in an option is an error that says what is known."""
    reply = kernel.run("%nbops suggest df --wite")

    assert "unknown option '--wite'" in reply.traceback


def test_a_file_is_still_a_file(kernel: LiveKernel) -> None:
    """A word that is no variable is a path, as on the command line."""
    kernel.run("df.to_csv('t.csv', index=False)")

    assert "t  200 rows · 3 columns" in kernel.run("%nbops profile t.csv").stdout


LOAD = (
    "%%step load\nimport pandas as pd, random\nrandom.seed(day)\n"
    "orders = pd.DataFrame({'id': range(400), 'amount': [random.random() for _ in range(400)],"
    " 'state': random.choices(['new', 'paid'], k=400)})\norders"
)


def test_rules_from_the_runs_of_a_notebook(project: Path, write: Callable[..., Path]) -> None:
    """What good runs kept is the baseline: nothing is run, the rules guard the step from then on."""
    notebook = write("%load_ext nbops", "%%params\nday: int = 1\nfactor: float = 1.0", LOAD,
                     "%%step scale\norders = orders.assign(amount=orders.amount * factor)")  # fmt: skip
    for day in range(1, 6):
        assert run(notebook, params={"day": day}).status is Status.PASSED
    written = CliRunner().invoke(main, ["suggest", "nb.ipynb", "--write", "--json"], catch_exceptions=False)
    (found,) = json.loads(written.stdout)

    assert (found["suggestions"]["batches"], found["suggestions"]["rows"]) == (5, 2000)
    assert (project / "rules" / "nb" / "orders.yml").exists()
    assert len(list((project / ".nbops" / "profiles").rglob("*.json"))) >= 5
    assert run(notebook, params={"day": 6}).status is Status.PASSED
    assert run(notebook, params={"day": 7, "factor": 100.0}).status is Status.FAILED
