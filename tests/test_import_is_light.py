"""What is imported when: a kernel and a command line pay only for what they use."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"pandas", "numpy", "polars", "pyarrow", "sqlalchemy", "papermill", "nbclient", "nbformat", "rich", "jinja2",
         "anywidget", "ipywidgets", "alembic", "jupytext", "click"}  # fmt: skip


def loaded_by(code: str) -> set[str]:
    """Return which heavy packages a fresh interpreter has loaded after *code*."""
    probe = f"{code}\nimport sys\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return HEAVY & set(done.stdout.splitlines()[-1].split())


def test_importing_nbops_loads_nothing_heavy() -> None:
    """``import nbops`` costs next to nothing."""
    assert loaded_by("import nbops") == set()


@pytest.mark.parametrize(
    "name",
    ["expect", "skip", "Status", "read", "keep", "view", "join", "union", "dedupe", "aggregate", "cast", "reconcile"],
)
def test_what_a_cell_imports_is_light(name: str) -> None:
    """The names that a cell imports load no dataframe library, no database, no widgets."""
    assert loaded_by(f"from nbops import {name}") == set()


def test_loading_the_extension_in_ipython_loads_nothing_heavy() -> None:
    """``%load_ext nbops`` loads no database, no widgets, no dataframe library."""
    code = (
        "import os, tempfile\nos.chdir(tempfile.mkdtemp())\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "ip = InteractiveShell.instance()\nip.run_line_magic('load_ext', 'nbops')"
    )

    assert loaded_by(code) == set()


def test_the_panel_loads_no_template_engine() -> None:
    """The HTML that a kernel renders for its panel needs the style sheets alone."""
    assert loaded_by("from nbops.views.panel_html import panel_html, panel_style\npanel_style()") == set()


def test_the_papermill_engine_is_found_without_loading_papermill_into_others() -> None:
    """Papermill imports every registered engine when it starts, so ours must be cheap: no database, no templates."""
    loaded = loaded_by("import papermill")

    assert loaded & {"sqlalchemy", "rich", "jinja2", "anywidget", "pandas", "alembic", "jupytext"} == set()
