"""The guard cell: nbops where it is installed, a plain notebook where it is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nbops.notebook.guard import GUARD_SOURCE, is_guard

RUN = """
import json, sys
{block}
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.run_line_magic("colors", "nocolor")
for source in json.loads(sys.stdin.read()):
    result = shell.run_cell(source)
    print("ok" if result.success else type(result.error_before_exec or result.error_in_exec).__name__)
"""
WITHOUT_NBOPS = """
class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "nbops":
            raise ModuleNotFoundError("No module named 'nbops'", name="nbops")

sys.meta_path.insert(0, Nowhere())
"""


def run_without_nbops(cells: list[str], folder: Path) -> list[str]:
    """Run cells in a fresh IPython that has no nbops and return what it printed."""
    import json

    done = subprocess.run(
        [sys.executable, "-c", RUN.format(block=WITHOUT_NBOPS)],
        input=json.dumps(cells),
        capture_output=True,
        text=True,
        cwd=folder,
        env={"IPYTHONDIR": str(folder), "PATH": "", "HOME": str(folder)},
        check=False,
    )
    return (done.stdout + done.stderr).splitlines()


def test_a_notebook_runs_where_nbops_is_not_installed(tmp_path: Path) -> None:
    """Every mark, a nested magic, types of parameters and ``%nbops`` work as in a plain notebook."""
    cells = [
        GUARD_SOURCE,
        "%%params\nday: date = date(2013, 1, 1)\ntoken: Secret = 'x'",
        "# why\n%%step load --retries 3\nx = [day]\nassert len(x)",
        "%step more\nx.append(1)",
        "#| step third\n%nbops show\nif x:\n    %nbops status\nx.append(2)",
        "%%step timed\n\n%%capture out\nprint('hidden')\nx.append(3)",
        "%%test load\nassert x[1:] == [1, 2, 3], x",
        "print(x[1:], out.stdout.strip())",
    ]

    assert run_without_nbops(cells, tmp_path) == ["ok"] * 7 + ["[1, 2, 3] hidden", "ok"]


def test_lines_keep_their_number_where_nbops_is_not_installed(tmp_path: Path) -> None:
    """An error of a step is shown once, with the line that the front end shows."""
    printed = "\n".join(run_without_nbops([GUARD_SOURCE, "%%step load\nx = 1\n1 / 0"], tmp_path))

    assert printed.count("Traceback") == 1
    assert "----> 3 1 / 0" in printed


@pytest.mark.parametrize(
    "source",
    [
        GUARD_SOURCE,
        "%load_ext nbops",
        "import x\n  %reload_ext nbops",
        "get_ipython().run_line_magic('load_ext', 'nbops')",
        'ip.extension_manager.load_extension("nbops")',
    ],
)
def test_a_cell_that_loads_nbops_is_a_guard(source: str) -> None:
    """Whoever wants to add a guard sees that there is one."""
    assert is_guard(source)


@pytest.mark.parametrize("source", ["", "import nbops", "# load_ext nbops", "%load_ext nbopsx", "%%step nbops"])
def test_a_cell_that_does_not_load_nbops_is_no_guard(source: str) -> None:
    """Speaking of nbops is not loading it."""
    assert not is_guard(source)
