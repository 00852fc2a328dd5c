"""``nbops sources`` and the gate of ``nbops run``, as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner, Result

import nbops
from nbops.doors.cli import main
from nbops.errors import UsageError

TODAY = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)


def typed(*words: str, code: int = 0) -> Result:
    """Type a command, and expect its exit code."""
    done = CliRunner().invoke(main, list(words))
    assert code == done.exit_code, done.output
    return done


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project with a source of ten days and a notebook whose step needs it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    (tmp_path / "pyproject.toml").write_text("[tool.nbops]\n")
    for back in range(10):
        day = TODAY - timedelta(days=back)
        path = tmp_path / f"in_{day:%Y-%m-%d}.csv"
        path.write_text("x\n" + f"{back}\n" * 50)
        os.utime(path, (day.timestamp() + 1,) * 2)
    cells = ['open("ran", "w").close()', "%%step load --needs feed\nx = 1", "%%step other\ny = 2"]
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    node.metadata["kernelspec"] = {"name": "no-such-kernel", "display_name": "none"}
    nbformat.write(node, tmp_path / "daily.ipynb")
    return tmp_path


ADD = ("sources", "add", "feed", "in_{day:%Y-%m-%d}.csv", "--by", "00:30 UTC", "--provider", "shop", "--owner", "ann")


def test_a_source_is_added_looked_at_listed_and_removed(project: Path) -> None:
    """Each verb does what it says, and the file stays one that can be read."""
    assert "on time" in typed(*ADD).output
    (listed,) = json.loads(typed("sources", "--json").stdout)
    assert (listed["name"], listed["last"]["state"], listed["reliability"]["on_time"]) == ("feed", "on time", 10)
    assert "shop" in typed("sources", "show", "feed").output
    typed("sources", "check")
    typed("sources", "remove", "feed")
    assert "[tool.nbops.sources.feed]" in (project / "pyproject.toml").read_text()
    typed("sources", "remove", "feed", "--yes")
    assert (project / "pyproject.toml").read_text() == "[tool.nbops]\n"


def test_the_list_is_a_page_that_loads_nothing(project: Path) -> None:
    """The page holds its pictures, and no address is fetched."""
    typed(*ADD)
    typed("sources", "-o", "page.html")
    page = (project / "page.html").read_text()
    assert "<svg" in page
    assert "src=" not in page


def test_checks_have_three_exit_codes(project: Path) -> None:
    """0 fine, 1 judged bad, 2 could not be looked at."""
    typed(*ADD)
    typed("sources", "check", "feed")
    (project / f"in_{TODAY:%Y-%m-%d}.csv").write_bytes(
        (project / f"in_{TODAY - timedelta(days=1):%Y-%m-%d}.csv").read_bytes()
    )
    assert "repeated" in typed("sources", "check", "feed", code=1).output
    typed("sources", "remove", "feed", "--yes")
    typed("sources", "add", "web", "http://127.0.0.1:9/x", "--by", "06:30")
    assert "not reached" in typed("sources", "check", "web", code=2).output


def test_without_sources_the_list_says_how_to_add_one(project: Path) -> None:
    """An empty list names the hub and the next command; a check of nothing has its own exit code."""
    assert "nbops sources add" in typed("sources").output
    typed("sources", "check", code=5)


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--cron", "61 * * * *"), "no cron expression"),
        (("--cron", "0 6 * * *", "--tz", "Nowhere/Land"), "unknown time zone"),
        (("--by", "soon"), "no deadline"),
        (("--part", "east"), "does not say where they stand"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(project: Path, words: tuple[str, ...], what: str) -> None:
    """A definition that means nothing never reaches the file."""
    assert what in typed("sources", "add", "bad", "feed.csv", *words, code=4).output
    assert (project / "pyproject.toml").read_text() == "[tool.nbops]\n"


def test_a_password_is_neither_written_nor_shown(project: Path) -> None:
    """A password in the URL is refused, and the refusal does not hold it."""
    done = typed("sources", "add", "shop", "https://ann:hunter2@127.0.0.1:9/x", "--by", "06:30", code=4)
    assert "hunter2" not in done.output
    assert "hunter2" not in (project / "pyproject.toml").read_text()


def test_a_run_is_refused_before_a_kernel_is_looked_for(project: Path) -> None:
    """The kernel of this notebook does not exist: the refusal comes first, is recorded, and its card says all."""
    typed(*ADD)
    (project / f"in_{TODAY:%Y-%m-%d}.csv").unlink()
    state = nbops.run("daily.ipynb")
    assert (str(state.status), state.status.exit_code) == ("refused", 3)
    assert not (project / "ran").exists()
    shown = typed("show", state.run).output
    for said in ("source feed", "needed by step load", "last arrived", "ann for feed", "--waive feed"):
        assert said in " ".join(shown.split())
    assert json.loads(typed("runs", "--json").stdout)[0]["status"] == "refused"


def test_the_gate_of_a_step_that_does_not_run_does_not_count(project: Path) -> None:
    """With ``--only other`` nobody asks for the source: the missing kernel is what is told."""
    typed(*ADD)
    (project / f"in_{TODAY:%Y-%m-%d}.csv").unlink()
    with pytest.raises(nbops.errors.KernelError):
        nbops.run("daily.ipynb", only="other")


def test_a_waived_source_lets_the_run_go_on_with_a_warning(project: Path) -> None:
    """A real run: the waiver stands in its record, and it does not simply pass."""
    typed(*ADD)
    (project / f"in_{TODAY:%Y-%m-%d}.csv").unlink()
    with pytest.raises(UsageError, match="needs a reason"):
        nbops.run("daily.ipynb", waive="feed")
    state = nbops.run("daily.ipynb", kernel="python3", waive="feed", reason="closed today")
    assert str(state.status) == "warned"
    assert [(gate.answer, *gate.needed_by) for gate in state.started.gates] == [("waived", "load")]
    assert "closed today" in state.reason


def test_a_whole_notebook_may_need_a_source(project: Path) -> None:
    """``[tool.nbops.needs]`` names notebooks by their name or a pattern."""
    typed(*ADD)
    with (project / "pyproject.toml").open("a") as file:
        file.write('\n[tool.nbops.needs]\n"dai*" = ["feed:warn"]\n')
    (project / f"in_{TODAY:%Y-%m-%d}.csv").unlink()
    with pytest.raises(nbops.errors.KernelError):
        nbops.run("daily.ipynb", only="other")


BY_HAND = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("%load_ext nbops")
shell.run_cell("%%step strict --needs feed\\nprint('strict' + ' ran')")
shell.run_cell("%%step lax --needs feed:warn\\nprint('lax' + ' ran')")
"""


def test_a_step_that_is_run_by_hand_looks_at_what_it_needs(project: Path) -> None:
    """In a session the cell itself is refused, or goes on with a word about it."""
    typed(*ADD)
    (project / f"in_{TODAY:%Y-%m-%d}.csv").unlink()
    told = subprocess.run([sys.executable, "-c", BY_HAND], capture_output=True, text=True, check=True).stdout
    assert "Refused: source feed is" in told
    assert "strict ran" not in told
    assert "goes on without feed" in told
    assert "lax ran" in told


def test_python_looks_at_a_source(project: Path) -> None:
    """``nbops.source`` returns the judgement; a name alone means the one of the project."""
    found = nbops.source("feed", "in_{day:%Y-%m-%d}.csv", by="00:30 UTC")
    assert (found.seen.state, found.is_here) == ("on time", True)
    with pytest.raises(UsageError, match="no source"):
        nbops.source("nobody")
    with nbops.hub() as hub:
        assert [seen.source for seen in hub.sources()] == ["feed"]
