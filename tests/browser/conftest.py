"""One JupyterLab and one Chromium for all tests in a browser, both of this machine and in folders of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.running_lab import Lab, end, free_port, lab_command, lab_environment, wait_for

NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
expect.set_options(timeout=20_000)  # a machine that does other work answers late


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return Chromium as the system has it."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "no Chromium: `make chromium` installs it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a fresh page, in light colours."""
    opened = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    opened.set_default_timeout(30_000)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Return a JupyterLab that shows an empty project."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "project"
    settings = home / "app-settings"
    for folder in (root, settings):
        folder.mkdir()
    (root / "pyproject.toml").touch()
    (settings / "overrides.json").write_text(json.dumps(NO_NEWS))
    port = free_port()
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            lab_command(root, settings, port), env=lab_environment(home), stdout=log, stderr=log, start_new_session=True
        )
        try:
            running = Lab(root, f"http://127.0.0.1:{port}")
            wait_for(running, process, home / "lab.log")
            yield running
        finally:
            end(process)
