"""Adopting a plain notebook: what is proposed, what is written, and that it still does the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import nbops
from nbops.errors import NotebookError, OutputError
from nbops.notebook.cells import read_notebook
from nbops.notebook.pipeline import read
from nbops.release.adopt import propose, write

WritePlain = Callable[..., Path]
Namespace = Callable[[Path], dict[str, str]]

LOAD = "import pandas as pd\norders = pd.read_csv('data/orders.csv')"


def sources(path: Path) -> list[str]:
    """Return the text of each code cell at *path*, without the one that loads nbops."""
    return [c.source for c in read_notebook(path).code_cells if "load_ext nbops" not in c.source]


def adopted(path: Path) -> list[str]:
    """Adopt *path* and return the text of its code cells."""
    write(propose(path))
    return sources(path)


def names(path: Path) -> list[str]:
    """Return the names of the steps that are proposed for *path*."""
    return [step.name for step in propose(path).steps]


# ── a whole notebook ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_steps_come_from_headings_and_products_and_sinks_stand_alone(weekly_sales: Path) -> None:
    """A notebook with headings gets a step for each section, and one for each thing it writes."""
    adoption = propose(weekly_sales)

    assert [step.name for step in adoption.steps] == [
        "load", "orders", "merged", "by_week", "weekly_out", "write_sales_weekly", "write_best_customers", "facts",
        "write_facts", "send_mail",
    ]  # fmt: skip
    assert [s.name for s in adoption.sinks] == [
        "write_sales_weekly",
        "write_best_customers",
        "write_facts",
        "send_mail",
    ]
    assert adoption.parameters == ("FOLDER", "DATABASE", "until", "weeks", "MIN_AMOUNT")


def test_the_adopted_notebook_leaves_equal_values_and_files(weekly_sales: Path, namespace: Namespace) -> None:
    """Every variable and every file is as the plain notebook leaves it."""
    files = ["best_customers.csv", "facts.json", "outbox.txt"]
    folder = weekly_sales.parent
    before = namespace(weekly_sales), [(folder / name).read_bytes() for name in files]
    for name in files:
        (folder / name).unlink()
    write(propose(weekly_sales))
    after = namespace(weekly_sales), [(folder / name).read_bytes() for name in files]

    assert after[0] == before[0]
    assert after[1] == before[1]
    assert len(before[0]) > 20


def test_the_adopted_notebook_runs_in_production(weekly_sales: Path) -> None:
    """All steps of the adopted notebook pass in a kernel of their own, and its asserts are tests."""
    write(propose(weekly_sales))
    state = nbops.run(weekly_sales, on_note=lambda text: None)

    assert (state.status, {step.status for step in state.steps}) == ("passed", {"passed"})
    assert {s.name: len(s.tests) for s in state.steps if s.tests} == {"orders": 2}


def test_the_adopted_notebook_is_a_pipeline_by_what_it_reads(weekly_sales: Path) -> None:
    """The steps hang together as the code says."""
    write(propose(weekly_sales))
    edges = {(e.source, e.target) for e in read(weekly_sales).edges if e.source}

    assert {("load", "orders"), ("orders", "merged"), ("merged", "by_week"), ("by_week", "weekly_out"),
            ("weekly_out", "write_sales_weekly"), ("weekly_out", "send_mail"), ("facts", "write_facts")
            } <= edges  # fmt: skip


def test_adopting_twice_changes_nothing(weekly_sales: Path) -> None:
    """An adopted notebook has nothing to propose, and its bytes stay."""
    write(propose(weekly_sales))
    once = weekly_sales.read_bytes()
    again = propose(weekly_sales)

    assert (again.changes_something, write(again), weekly_sales.read_bytes()) == (False, None, once)
    assert again.remarks == ("it has steps already, so there is nothing to propose",)


def test_proposing_changes_no_file(weekly_sales: Path) -> None:
    """A proposal reads, and writes nothing anywhere."""
    before = sorted(p.name for p in weekly_sales.parent.rglob("*"))
    content = weekly_sales.read_bytes()
    adoption = propose(weekly_sales)

    assert adoption.diff.count("\n+%%step") > 10
    assert (sorted(p.name for p in weekly_sales.parent.rglob("*")), weekly_sales.read_bytes()) == (before, content)


# ── what is a step ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_headings_steps_follow_the_tables(plain: WritePlain) -> None:
    """A new table begins a step; what only prepares it belongs to it; looking at it stays a plain cell."""
    path = plain(
        LOAD, "orders.head()", "orders = orders.dropna()", "orders['net'] = orders.Amount / 1.19",
        "mask = orders.net > 10", "big = orders[mask]", "print(len(big))",
    )  # fmt: skip

    assert adopted(path) == [
        "import pandas as pd",
        "%%step load_orders\norders = pd.read_csv('data/orders.csv')",
        "orders.head()",
        "%%step clean_orders\norders = orders.dropna()",
        "%%step clean_orders\norders['net'] = orders.Amount / 1.19",
        "%%step big\nmask = orders.net > 10",
        "%%step big\nbig = orders[mask]",
        "print(len(big))",
    ]


def test_a_vague_name_gives_way_to_the_heading(plain: WritePlain) -> None:
    """A step that makes ``df`` is called as the heading above it."""
    path = plain(
        "md:## 1. Get the data", "import pandas as pd\ndf = pd.read_csv('data/orders.csv')",
        "md:## Clean it up", "df = df.dropna()",
    )  # fmt: skip

    assert names(path) == ["get_data", "clean_up"]


def test_a_name_of_two_letters_gives_way_to_the_heading(plain: WritePlain) -> None:
    """A short name says something to its author only; without a heading it is all there is."""
    load = "import pandas as pd\nq1 = pd.read_csv('data/orders.csv')"

    assert names(plain("md:## Orders of spring", load, "md:## Clean it up", "q1 = q1.dropna()")) == [
        "orders_spring", "clean_up",
    ]  # fmt: skip
    assert names(plain(load, "print(q1)")) == ["load_q1"]


def test_a_load_of_several_tables_is_named_after_its_heading(plain: WritePlain) -> None:
    """The one table that a later step reads does not name the whole step."""
    path = plain(
        "md:## Feeds", LOAD, "customers = pd.read_csv('data/customers.csv')",
        "md:## Clean it up", "kept = orders.dropna()", "kept.head()",
    )  # fmt: skip

    assert names(path)[0] == "feeds"


def test_names_that_come_twice_are_numbered(plain: WritePlain) -> None:
    """Two sections of the same name give two steps."""
    path = plain("md:## Clean", LOAD.replace("orders", "df", 1), "md:## Clean", "df = df.dropna()")

    assert names(path) == ["clean", "clean_2"]


def test_cells_that_only_assert_become_tests_of_the_step_that_made_what_they_read(plain: WritePlain) -> None:
    """A cell of asserts judges the last step that made what it reads."""
    path = plain(LOAD, "big = orders[orders.Amount > 50]", "assert len(big)", "assert orders['Order ID'].notna().all()")

    assert adopted(path)[-2:] == [
        "%%test big\nassert len(big)",
        "%%test load_orders\nassert orders['Order ID'].notna().all()",
    ]


def test_definitions_between_steps_stay_where_they_are(plain: WritePlain) -> None:
    """A function below the first step belongs to the step that needs it."""
    path = plain(LOAD, "def net(t):\n    return t.assign(net=t.Amount / 1.19)", "after = net(orders).dropna()")

    assert adopted(path)[-2].startswith("%%step after\ndef net(t):")


def test_a_notebook_without_tables_has_nothing_to_divide(plain: WritePlain) -> None:
    """Prints alone are no process."""
    adoption = propose(plain("print('hello')"))

    assert (adoption.steps, adoption.changes_something) == ((), False)
    assert "nothing to divide" in adoption.remarks[0]


def test_cells_that_do_not_run_are_left_alone(plain: WritePlain, project: Path) -> None:
    """A cell that is skipped, or was injected, gets no step, even when it cannot be parsed."""
    path = plain(LOAD, "#| skip\nthis is no python", "big = orders[orders.Amount > 5]")

    assert adopted(path)[2] == "#| skip\nthis is no python"


def test_cells_of_other_languages_keep_running(plain: WritePlain) -> None:
    """A shell cell stays plain, an SQL cell is a step."""
    path = plain(LOAD, "%%bash\necho hello", "%%sql\nselect 1")

    assert adopted(path)[-2:] == ["%%bash\necho hello", "%%step sql\n%%sql\nselect 1"]


# ── sinks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_table_is_made_before_the_step_that_writes_it(plain: WritePlain) -> None:
    """A cell that makes a table and writes it is cut, so that the table can be tested before."""
    path = plain(f"{LOAD}\ntotal = orders.groupby('Date').Amount.sum()\ntotal.to_csv('t.csv')\nprint('done')")

    assert adopted(path)[1:] == [
        "%%step load_total\norders = pd.read_csv('data/orders.csv')\ntotal = orders.groupby('Date').Amount.sum()",
        "%%step write_t\ntotal.to_csv('t.csv')\nprint('done')",
    ]


def test_a_sink_takes_along_what_only_it_needs(plain: WritePlain) -> None:
    """The file's name and the connection stay with the write."""
    path = plain(LOAD, "name = 'x' + '.csv'\norders.to_csv(name)", "print(orders.shape)")

    assert adopted(path)[2] == "%%step write_orders\nname = 'x' + '.csv'\norders.to_csv(name)"


def test_a_picture_is_drawn_and_saved_in_one_cell(plain: WritePlain) -> None:
    """Figures are closed at the end of a cell, so drawing is never cut off from saving."""
    path = plain(
        "import matplotlib.pyplot as plt\n" + LOAD,
        "top = orders.nlargest(3, 'Amount')\nfig, ax = plt.subplots()\nax.bar(top.Date, top.Amount)\n"
        "fig.savefig('top.png')",
    )

    assert adopted(path)[-2:] == [
        "%%step top\ntop = orders.nlargest(3, 'Amount')",
        "%%step plot_top\nfig, ax = plt.subplots()\nax.bar(top.Date, top.Amount)\nfig.savefig('top.png')",
    ]


def test_several_sinks_of_a_cell_become_several_steps(plain: WritePlain) -> None:
    """Each write fails, is tested and is rerun alone."""
    path = plain(LOAD, "orders.to_csv('a.csv')\norders.to_json('b.json')")

    assert names(path) == ["load_orders", "write_a", "write_b"]


def test_a_cell_below_a_cell_magic_is_never_cut(plain: WritePlain) -> None:
    """What ``%%time`` times stays together."""
    path = plain(LOAD, "%%time\nbig = orders[orders.Amount > 3]\nbig.to_csv('big.csv')")

    assert adopted(path)[-1] == "%%step write_big\n%%time\nbig = orders[orders.Amount > 3]\nbig.to_csv('big.csv')"


# ── parameters and imports ───────────────────────────────────────────────────────────────────────────────────────────


def test_constants_that_one_would_vary_become_typed_parameters(plain: WritePlain) -> None:
    """Scalars, dates and paths that are bound once and read later are parameters; the rest stays code."""
    path = plain(
        "from datetime import date\nfrom pathlib import Path",
        "# the feed\nFILE = 'data/orders.csv'  # daily\nday = date(2024, 1, 1)\nlimit = -1\nshare = 0.5\nfast = True\n"
        "COLUMNS = ['Amount']\nunused = 3\ntwice = 1\ntwice = 2\nout = Path('out')\nquery = '''select\n1'''",
        f"{LOAD.replace(repr('data/orders.csv'), 'FILE')}\nprint(day, limit, share, fast, COLUMNS, twice, out, query)",
    )

    assert adopted(path)[1:3] == [
        "%%params\n# the feed\nFILE: str = 'data/orders.csv'  # daily\nday: date = date(2024, 1, 1)\nlimit: int = -1\n"
        "share: float = 0.5\nfast: bool = True\nout: Path = Path('out')",
        "COLUMNS = ['Amount']\nunused = 3\ntwice = 1\ntwice = 2\nquery = '''select\n1'''",
    ]


def test_what_looks_like_a_secret_is_declared_as_one(plain: WritePlain) -> None:
    """A password in the code is never recorded, and the proposal says that it still stands there."""
    adoption = propose(plain("API_TOKEN = 'abc'", f"{LOAD}\nprint(API_TOKEN)"))

    assert "+API_TOKEN: Secret = 'abc'" in adoption.diff
    assert "API_TOKEN looks like a secret" in adoption.remarks[0]


def test_parameters_that_are_declared_already_stay_the_only_ones(plain: WritePlain) -> None:
    """A cell tagged for papermill becomes the cell of the parameters, and keeps its tag."""
    path = plain("rate = 2", "OTHER = 3", f"{LOAD}\nx = orders.Amount * rate * OTHER")
    content = json.loads(path.read_text())
    content["cells"][0]["metadata"]["tags"] = ["parameters"]
    path.write_text(json.dumps(content))

    assert adopted(path)[:2] == ["import pandas as pd", "%%params\nrate = 2"]
    assert [p.name for p in read(path).parameters] == ["rate"]
    assert json.loads(path.read_text())["cells"][2]["metadata"] == {"tags": ["parameters"]}


def test_a_constant_that_is_read_above_stays(plain: WritePlain) -> None:
    """A name that has another value further up is no parameter."""
    path = plain("from config import RATE\nprint(RATE)", "RATE = 2", f"{LOAD}\nx = orders.Amount * RATE")

    assert propose(path).parameters == ()


def test_imports_move_to_the_head_unless_the_way_to_them_changes(plain: WritePlain) -> None:
    """An import below moves up; where the search path is changed, every import stays."""
    moved = adopted(plain(LOAD, "import json\nbig = orders[orders.Amount > 3]", name="a.ipynb"))
    kept = adopted(plain(f"import sys\nsys.path.append('x')\n{LOAD}", "import json\nbig = orders[1:]", name="b.ipynb"))

    assert (moved[0], moved[-1]) == ("import pandas as pd\nimport json", "%%step big\nbig = orders[orders.Amount > 3]")
    assert kept[-1] == "%%step big\nimport json\nbig = orders[1:]"


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_notebook_as_it_was_is_kept(plain: WritePlain, project: Path) -> None:
    """The file before is in ``.nbops/adopted``, a second one beside the first."""
    path = plain(LOAD, "orders.to_csv('x.csv')")
    before = path.read_bytes()
    kept = write(propose(path))
    path.write_bytes(before)
    again = write(propose(path))

    assert (kept, kept and kept.read_bytes()) == (project / ".nbops" / "adopted" / "nb.ipynb", before)
    assert again == project / ".nbops" / "adopted" / "nb-2.ipynb"


def test_notebooks_of_one_name_are_kept_apart(plain: WritePlain, project: Path) -> None:
    """What is kept a second time still tells its folder."""
    (project / "deep").mkdir()
    path = plain(LOAD, "orders.to_csv('x.csv')", name="deep/nb.ipynb")
    before = path.read_bytes()
    write(propose(path))
    path.write_bytes(before)
    again = write(propose(path))

    assert again == project / ".nbops" / "adopted" / "deep--nb-2.ipynb"


def test_outputs_of_cells_that_stay_whole_are_kept(plain: WritePlain) -> None:
    """A mark above does not make an output untrue; a cut does."""
    path = plain(
        "import pandas as pd", "orders = pd.read_csv('data/orders.csv')\norders", "orders.to_csv('x')\ny = orders[1:]"
    )
    content = json.loads(path.read_text())
    for cell in content["cells"]:
        cell |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": "seen"}], "execution_count": 1}
    path.write_text(json.dumps(content))
    write(propose(path))

    assert [(bool(c.outputs), c.execution_count) for c in read_notebook(path).code_cells] == [
        (False, None), (True, 1), (True, 1), (False, None), (False, None),
    ]  # fmt: skip


def test_layout_and_metadata_of_the_file_stay(plain: WritePlain) -> None:
    """Indentation, letters beyond ASCII, metadata and cell ids are those of the file."""
    path = plain("md:# Größen", LOAD, "größen = orders[1:]")
    old = json.loads(path.read_text())
    write(propose(path))
    text, new = path.read_text(), json.loads(path.read_text())

    assert text.startswith('{\n "nbformat": 4')
    assert text.endswith("}\n")
    assert "größen" in text
    assert new["metadata"] == old["metadata"]
    assert {c["id"] for c in old["cells"]} <= {c["id"] for c in new["cells"]}
    assert len({c["id"] for c in new["cells"]}) == len(new["cells"])


def test_a_percent_script_gets_steps_that_are_comments(project: Path) -> None:
    """A ``.py`` notebook stays a script: ``#| step``, and the rest of its text as it was."""
    path = project / "sales.py"
    path.write_text(
        "# %% [markdown]\n# # Sales\n\n# %%\nimport pandas as pd\nFILE = 'data/orders.csv'\n\n"
        "# %%\norders = pd.read_csv(FILE)\n\n# %%\norders.to_csv('x.csv')\n"
    )
    write(propose(path))

    assert path.read_text() == (
        "# %% [markdown]\n# # Sales\n\n# %%\n# %load_ext nbops\n\n# %%\nimport pandas as pd\n\n"
        "# %%\n#| params\nFILE: str = 'data/orders.csv'\n\n"
        "# %%\n#| step load_orders\norders = pd.read_csv(FILE)\n\n# %%\n#| step write_x\norders.to_csv('x.csv')\n"
    )
    assert not propose(path).changes_something


def test_a_symbolic_link_stays_one(plain: WritePlain, project: Path) -> None:
    """The file behind a link is changed, and its mode stays."""
    path = plain(LOAD, "orders.to_csv('x.csv')")
    path.chmod(0o640)
    link = project / "link.ipynb"
    link.symlink_to(path)
    write(propose(link))

    assert link.is_symlink()
    assert "%%step" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_notebook_that_changed_meanwhile_is_not_overwritten(plain: WritePlain) -> None:
    """What somebody saved between reading and writing is never lost."""
    path = plain(LOAD, "orders.to_csv('x.csv')")
    adoption = propose(path)
    path.write_text(path.read_text() + " ")

    with pytest.raises(OutputError, match="changed while it was read"):
        write(adoption)


def test_a_cell_that_cannot_be_parsed_is_named(plain: WritePlain) -> None:
    """The error says which cell and which line."""
    with pytest.raises(NotebookError, match="cell 2 cannot be read as Python") as caught:
        propose(plain(LOAD, "x = 1\nif x"))

    assert caught.value.where.endswith("nb.ipynb, cell 2, line 2")


def test_a_notebook_of_another_language_is_refused(plain: WritePlain) -> None:
    """Only Python has steps, whatever a front end calls it, and nothing is advised that would be refused too."""
    with pytest.raises(NotebookError, match="written in julia") as caught:
        propose(plain("x = 1", language="julia"))
    assert caught.value.fix == "run it with papermill alone"
    assert propose(plain(LOAD, language="ipython")).steps != ()


def test_an_unwritable_folder_is_an_error_with_a_fix(plain: WritePlain, project: Path) -> None:
    """When the old notebook cannot be kept, the notebook is not touched."""
    path = plain(LOAD, "orders.to_csv('x.csv')")
    before = path.read_bytes()
    (project / ".nbops").mkdir()
    (project / ".nbops" / "adopted").write_text("in the way")

    with pytest.raises(OutputError):
        write(propose(path))
    assert (path.read_bytes(), sorted(p.name for p in (project / ".nbops").iterdir())) == (
        before,
        [".gitignore", "adopted"],
    )


def test_a_project_folder_that_cannot_be_made_is_an_error_with_a_fix(plain: WritePlain, project: Path) -> None:
    """It is told like every error, before anything is written."""
    path = plain(LOAD, "orders.to_csv('x.csv')")
    before = path.read_bytes()
    (project / ".nbops").write_text("in the way")

    with pytest.raises(OutputError, match="cannot be kept as it was") as caught:
        write(propose(path))
    assert (path.read_bytes(), caught.value.where) == (before, str(project / ".nbops"))


def test_the_public_function_writes_on_demand(plain: WritePlain) -> None:
    """``nbops.adopt`` proposes, and writes with ``write=True``."""
    path = plain(LOAD, "orders.to_csv('x.csv')")

    assert not any("%%step" in s for s in sources(path))
    assert nbops.adopt(path).changes_something
    assert [s.name for s in nbops.adopt(path, write=True).steps] == ["load_orders", "write_x"]
    assert any("%%step" in s for s in sources(path))
