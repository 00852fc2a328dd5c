"""JupyterLab in one environment, the kernel in another: with and without nbops, widgets, collaboration, a token."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NO_NEWS
from tests.browser.running_lab import EXTENSION, Lab, end, free_port, lab_command, lab_environment, wait_for
from tests.browser.test_panel_in_lab import open_notebook, run_cell, write_notebook
from tests.browser.test_sidebar import CELLS, LOAD, badge, command, side

pytestmark = pytest.mark.browser

INSTALLED = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
WIDGETS = "@jupyter-widgets/jupyterlab-manager"
OWN = "@nbops/labextension"
# a kernel in whose environment there is no nbops: the import fails as it does there
WITHOUT_NBOPS = """
import sys
from ipykernel.kernelapp import launch_new_instance

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "nbops":
            raise ModuleNotFoundError(f"No module named {name!r}")

sys.meta_path.insert(0, Missing())
launch_new_instance()
"""


@contextlib.contextmanager
def other_lab(home: Path, *shown: str, serves: bool, python: str = sys.executable, **variables: str) -> Iterator[Lab]:
    """Run a JupyterLab that has only these extensions, with or without the one of the server."""
    root, settings, extensions = home / "project", home / "app-settings", home / "only"
    for folder in (root, settings, extensions):
        folder.mkdir(parents=True)
    (root / "pyproject.toml").touch()
    (settings / "overrides.json").write_text(json.dumps(NO_NEWS))
    for name in shown:
        place = extensions / name
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(EXTENSION if name == OWN else INSTALLED / name)
    environment = lab_environment(home) | variables
    environment["JUPYTER_PREFER_ENV_PATH"] = "0"  # what is written below wins over what the environment's wheel enables
    config = Path(environment["JUPYTER_CONFIG_DIR"]) / "jupyter_server_config.d" / "nbops.json"
    config.write_text(json.dumps({"ServerApp": {"jpserver_extensions": {"nbops.doors.server": serves}}}))
    spec = home / "share" / "kernels" / "bare"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-c", WITHOUT_NBOPS, "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Python 3", "language": "python"}))
    port = free_port()
    command_line = [python, *lab_command(root, settings, port)[1:]]
    if shown:
        command_line.append(f"--LabApp.labextensions_path={extensions}")
    else:
        command_line.append(f"--LabApp.labextensions_path={home / 'none'}")
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            command_line, env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True
        )
        try:
            running = Lab(root, f"http://127.0.0.1:{port}")
            wait_for(running, process, home / "lab.log")
            yield running
        finally:
            end(process)


def complaints(page: Page) -> list[str]:
    """Return a list that gets what the browser complains about from now on."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return said


@pytest.mark.parametrize("shown", [(), (WIDGETS,)], ids=["nothing", "widgets_without_anywidget"])
def test_a_lab_without_nbops_shows_records_and_panel_as_html(
    page: Page, tmp_path: Path, shown: tuple[str, ...]
) -> None:
    """Nothing of nbops in JupyterLab's environment: the kernel's outputs are readable, and no widget complains."""
    with other_lab(tmp_path, *shown, serves=False) as lab:
        write_notebook(lab, "bare.ipynb", (*CELLS, "%nbops show"))
        open_notebook(page, lab, "bare.ipynb")
        for index in range(5):
            run_cell(page, index)
        outputs = page.locator(".jp-OutputArea-output")
        expect(outputs.get_by_text("dep <i>is</i> known").first).to_be_visible()
        expect(page.locator(".nbops-panel").first).to_be_visible()
        expect(page.get_by_text("Error displaying widget")).to_have_count(0)
        expect(page.get_by_text("Error creating widget")).to_have_count(0)
        expect(page.get_by_text("model not found")).to_have_count(0)


def test_a_kernel_without_nbops_is_met_calmly(page: Page, tmp_path: Path) -> None:
    """The cell says that the module is missing; panel and badges show what the code says; a job says what it needs."""
    with other_lab(tmp_path, OWN, serves=False) as lab:
        path = write_notebook(lab, "without.ipynb", CELLS)
        content = json.loads(path.read_text())
        content["metadata"]["kernelspec"] = {"name": "bare", "display_name": "Python 3", "language": "python"}
        path.write_text(json.dumps(content))
        said = complaints(page)
        open_notebook(page, lab, "without.ipynb")
        command(page, "nbops:show")
        run_cell(page, 0)
        expect(page.locator(".jp-OutputArea-output").get_by_text("ModuleNotFoundError").first).to_be_visible()
        expect(side(page, "clean")).to_have_attribute("data-status", "pending")
        expect(badge(page, "load")).to_contain_text("pending")
        assert said == [one for one in said if "404" in one]

        command(page, "nbops:run-as-job")
        told = page.locator(".jp-Dialog")
        expect(told).to_contain_text("nbops does not answer on this server")
        expect(told).to_contain_text("jupyter server extension enable nbops.doors.server")


@pytest.mark.parametrize(("protocol", "said"), [(2, "newer nbops"), (0, "older nbops")])
def test_another_version_in_the_kernel_is_told_in_words(page: Page, lab: Lab, protocol: int, said: str) -> None:
    """Which side is older, and what to type where; what is understood is still shown."""
    name = f"version{protocol}.ipynb"
    write_notebook(lab, name, (f"import nbops.doors.lab\nnbops.doors.lab.PROTOCOL = {protocol}", *CELLS))
    open_notebook(page, lab, name)
    command(page, "nbops:show")
    for index in range(3):
        run_cell(page, index)
    expect(page.locator(".nbops-side")).to_contain_text(f"The kernel has a{'n' if protocol == 0 else ''} {said}")
    expect(page.locator(".nbops-side")).to_contain_text("pip install --upgrade nbops")
    expect(side(page, "load")).to_have_attribute("data-status", "passed")


def test_a_server_that_does_not_know_the_reader_says_so(page: Page, lab: Lab) -> None:
    """With a token that is none, what is asked of the server is refused in words, and nothing is shown."""
    write_notebook(lab, "stranger.ipynb", CELLS)
    open_notebook(page, lab, "stranger.ipynb")
    page.context.clear_cookies()
    page.evaluate("() => { jupyterapp.serviceManager.serverSettings.token = 'wrong' }")
    command(page, "nbops:adopt")
    told = page.locator(".jp-Dialog").filter(has_text="The notebook cannot be adopted")
    expect(told).to_contain_text("This server does not know you")
    expect(told).to_contain_text("log in again")
    expect(page.locator(".nbops-dialog")).to_have_count(0)


EVIL = "<img src=x onerror=window.evil=1>"


@pytest.mark.parametrize(
    "name", [EVIL, "\u202egnp.exe", "n" * 10_000, "שלום עולם"], ids=["markup", "turned_round", "long", "hebrew"]
)
def test_hostile_names_of_steps_and_tests_are_text(page: Page, lab: Lab, name: str) -> None:
    """In badge, list and details: never a part of the page, never wider than the panel, never turned round."""
    record: dict[str, Any] = {"v": 1, "kind": "StepFinished", "at": 1.0, "run": "r", "step": name, "status": "failed"}
    record["tests"] = [{"name": name, "status": "failed", "message": name, "why": name, "observed": name}]
    record["failure"] = {"type": name, "message": name, "fix": name}
    path = write_notebook(lab, "names.ipynb", (f'%%step "{name}"\nx = 1',))
    content = json.loads(path.read_text())
    data = {"application/vnd.nbops.step+json": record, "text/plain": "step"}
    content["cells"][0]["outputs"] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    path.write_text(json.dumps(content))
    open_notebook(page, lab, "names.ipynb")
    command(page, "nbops:show")
    row = page.locator(".nbops-side .step").first
    expect(row).to_have_attribute("data-status", "failed")
    expect(page.locator(".nbops-badge").first).to_be_visible()
    assert page.evaluate("window.evil") is None
    assert page.locator(".nbops-side img, .nbops-badge img").count() == 0
    assert "\u202e" not in row.inner_text()
    assert page.locator(".nbops-sidebar").evaluate("side => side.scrollWidth <= side.clientWidth")
    assert page.locator(".nbops-badge").first.evaluate("badge => badge.scrollWidth <= badge.clientWidth + 1")


def test_a_job_runs_from_notebook_7(page: Page, lab: Lab) -> None:
    """The same dialog and the same line above the notebook; what is executed is read there, too."""
    write_notebook(lab, "job7.ipynb", (LOAD, "%%params\nrows: int = 3", "%%step load\nmade = list(range(rows))"))
    page.goto(lab.url("job7.ipynb").replace("/lab/tree/", "/notebooks/"))
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_function("document.querySelector('.jp-KernelName')?.innerText.startsWith('Python 3')")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator(".lm-Menu-item").filter(has_text="Run as Job…").click()
    page.locator("[data-field=rows] input").fill("4")
    page.get_by_role("button", name="Run now", exact=True).click()
    expect(page.locator(".nbops-job")).to_have_attribute("data-status", "passed", timeout=40_000)


@pytest.fixture(scope="module")
def collaborating(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment of its own: that of the tests, and jupyter-collaboration beside it."""
    place = tmp_path_factory.mktemp("collaborating")
    venv.create(place, with_pip=False)
    purelib = next((place / "lib").iterdir()) / "site-packages"
    (purelib / "beside.pth").write_text(sysconfig.get_path("purelib"))
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "--quiet",
         "--disable-pip-version-check", "jupyter-collaboration>=4"],
        check=True,
    )  # fmt: skip
    return place


@pytest.mark.slow
def test_with_collaboration(page: Page, tmp_path: Path, collaborating: Path) -> None:
    """The shared document shows its steps, is adopted, and runs as a job; no metadata of its cells changes."""
    main = Path(sys.prefix) / "share" / "jupyter"
    places = os.pathsep.join([str(tmp_path / "share"), str(main)])
    python = str(collaborating / "bin" / "python")
    shared = {"JUPYTER_PATH": places, "JUPYTERLAB_DIR": str(main / "lab")}
    own = collaborating / "share" / "jupyter" / "labextensions"
    with other_lab(tmp_path, OWN, serves=True, python=python, **shared) as lab:
        for extension in own.glob("@*/*"):
            place = tmp_path / "only" / extension.relative_to(own)
            place.parent.mkdir(exist_ok=True)
            place.symlink_to(extension)
        write_notebook(lab, "shared.ipynb", (LOAD, "raw = pd.DataFrame({'a': [1]})", "raw.to_csv('out.csv')"))
        rooms: list[str] = []
        page.on("websocket", lambda socket: rooms.append(socket.url))
        open_notebook(page, lab, "shared.ipynb")
        assert any("/api/collaboration/room/json:notebook:" in url for url in rooms)
        command(page, "nbops:adopt")
        page.get_by_role("button", name="Adopt", exact=True).click()
        expect(page.locator(".nbops-badge")).to_have_count(2)
        command(page, "nbops:run-as-job")
        page.get_by_role("button", name="Run now", exact=True).click()
        expect(page.locator(".nbops-job")).to_have_attribute("data-status", "passed", timeout=60_000)
        page.wait_for_function("jupyterapp.shell.currentWidget.context.path.startsWith('nbops-job:')")
        cells = page.evaluate("jupyterapp.shell.currentWidget.content.model.toJSON().cells")
        assert any("application/vnd.nbops.step+json" in json.dumps(cell) for cell in cells)
    saved = json.loads((lab.root / "shared.ipynb").read_text())
    assert not any("nbops" in json.dumps(cell["metadata"]) for cell in saved["cells"])
