"""The hub in a real browser: as a tab of JupyterLab, and as a page of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nbops.store.journal import Journal
from nbops.store.project import Project
from nbops.testing import records
from tests.browser.running_lab import TOKEN, Lab
from tests.doors.server.generated_hub import generate_hub

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)

MANY = 2_000
HOSTILE = "<img src=x onerror=document.title='hit'>\u202eevil"


@pytest.fixture(scope="module")
def many(lab: Lab) -> str:
    """Return the name of a folder in the shown project that is a project of its own, of 2,000 runs."""
    root = lab.root / "many"
    root.mkdir()
    generate_hub(root, MANY, steps=("load", "clean"))
    journal = Journal(Project(root))
    for record in records(f"{HOSTILE}.ipynb", at=2_000_000_000.0, failing="clean"):
        journal.append(record)
    journal.close()
    return "many"


def open_lab(page: Page, lab: Lab, *, reset: bool = True) -> None:
    """Open JupyterLab in a workspace of its own, with nothing but the hub in it."""
    page.goto(f"{lab.address}/lab/workspaces/hub?token={TOKEN}{'&reset' if reset else ''}")
    page.wait_for_function("() => window.jupyterapp?.commands.hasCommand('nbops:hub')")
    page.evaluate("() => jupyterapp.restored.then(() => true)")


def open_hub(page: Page, folder: str = "", route: str = "") -> None:
    """Open the hub by its command, as a link in JupyterLab would."""
    given = {"folder": folder} | ({"route": route} if route else {})
    page.evaluate("given => void jupyterapp.commands.execute('nbops:hub', given)", given)


def test_two_thousand_runs_in_a_tab(page: Page, lab: Lab, many: str) -> None:
    """The tab opens at what is wrong; the list is scrolled to its end, few lines drawn; a run opens and stays."""
    open_lab(page, lab)
    open_hub(page, many)
    expect(page.get_by_role("heading", name="What is wrong now")).to_be_visible()
    expect(page.locator(".card").first).to_contain_text("WHAT")
    assert "hit" not in page.title()

    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Runs").click()
    rows = page.locator(".line[data-run]")
    expect(page.get_by_text(f"{MANY + 1:,} runs")).to_be_visible()
    assert rows.count() < 100
    first = page.locator(".scroll")
    for _ in range(60):
        first.evaluate("box => box.scrollTo(0, box.scrollHeight)")
        page.wait_for_timeout(60)
        if page.locator(f"[aria-rowindex='{MANY + 2}']").count():
            break
    expect(page.locator(f"[aria-rowindex='{MANY + 2}']")).to_be_visible()
    assert rows.count() < 100

    last = page.locator(f"[aria-rowindex='{MANY + 2}']")
    run = last.get_attribute("data-run")
    last.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Steps")).to_be_visible()

    page.wait_for_timeout(1500)  # the layout is saved a moment after it changed
    open_lab(page, lab, reset=False)
    expect(page.locator(".facts")).to_contain_text(str(run))


def test_a_link_leads_to_its_place(page: Page, lab: Lab, many: str) -> None:
    """The command with a route opens a pipeline, and again the same tab at a run; names of tags are text."""
    open_lab(page, lab)
    open_hub(page, many, "#/pipeline/flow_03?env=prod")
    expect(page.get_by_role("heading", name="pipelines/flow_03")).to_be_visible()
    expect(page.locator(".side")).to_have_count(2)
    open_hub(page, many, "#/runs?failed=1")
    expect(page.locator(".line[data-run]").first).to_contain_text("<img src=x onerror=")
    assert page.locator(".nbops-hub-tab").count() == 1
    assert "hit" not in page.title()


def test_the_keyboard_reaches_all(page: Page, lab: Lab, many: str) -> None:
    """Search opens a pipeline without a mouse; arrows walk along the runs, and Enter opens one."""
    open_lab(page, lab)
    open_hub(page, many, "#/runs")
    page.get_by_role("combobox", name="Search runs").focus()
    page.keyboard.type("flow_17")
    expect(page.get_by_role("listbox", name="Found").get_by_role("option").first).to_contain_text("pipelines/flow_17")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="pipelines/flow_17")).to_be_visible()
    open_hub(page, many, "#/runs")
    page.locator("[aria-rowindex='2'] a").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    run = page.locator("[aria-rowindex='4']").get_attribute("data-run")
    page.keyboard.press("Enter")
    expect(page.locator(".facts")).to_contain_text(str(run))


def test_a_run_that_ends_appears_by_itself(page: Page, lab: Lab, many: str) -> None:
    """While somebody looks, a new run comes into the list within a moment, and nothing jumps that is being read."""
    open_lab(page, lab)
    open_hub(page, many, "#/runs")
    expect(page.locator(".line[data-run]").first).to_be_visible()
    journal = Journal(Project(lab.root / many))
    begun = page.evaluate("() => performance.now()")
    for record in records("fresh.ipynb", at=2_000_000_100.0):
        journal.append(record)
    journal.close()
    expect(page.locator("[aria-rowindex='2']")).to_contain_text("fresh", timeout=10_000)
    print(f"shown {page.evaluate('() => performance.now()') - begun:.0f} ms after it was recorded")


def test_an_empty_hub_says_what_to_do(page: Page, lab: Lab) -> None:
    """Where nothing ran there is one sentence, a command, and which hub was read; no section that leads nowhere."""
    (lab.root / "nothing").mkdir(exist_ok=True)
    (lab.root / "nothing" / "pyproject.toml").touch()
    open_lab(page, lab)
    open_hub(page, "nothing")
    expect(page.get_by_role("heading", name="No run yet")).to_be_visible()
    expect(page.get_by_role("button", name="nbops run weekly_sales.ipynb")).to_be_visible()
    expect(page.locator(".empty")).to_contain_text("nothing/.nbops/hub.db")
    expect(page.get_by_role("navigation", name="Sections").get_by_role("link")).to_have_text(["Home"])


def test_a_broken_hub_says_so_until_it_is_mended(page: Page, lab: Lab) -> None:
    """The tab says what is wrong and what to type, again when it is tried again; once it is mended, it is shown."""
    folder = lab.root / "broken"
    (folder / ".nbops").mkdir(parents=True)
    (folder / "pyproject.toml").touch()
    (folder / ".nbops" / "hub.db").write_text("this is no database, however long one looks at it")
    open_lab(page, lab)
    open_hub(page, "broken")
    expect(page.get_by_role("heading", name="The hub does not answer")).to_be_visible()
    with page.expect_response(lambda response: response.url.partition("?")[0].endswith("/nbops/api/again")) as tried:
        page.get_by_role("button", name="Try again").click()
    assert tried.value.status == 503
    expect(page.get_by_role("alert")).to_contain_text("nbops hub rebuild")
    (folder / ".nbops" / "hub.db").unlink()
    expect(page.get_by_role("heading", name="No run yet")).to_be_visible()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[str]:
    """Return the address of a hub that ``nbops hub open`` shows, the token in it."""
    generate_hub(tmp_path, 120, notebooks=5)
    command = [sys.executable, "-m", "nbops", "-C", str(tmp_path), "hub", "open", "--no-browser", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    try:
        told = ""
        while not told.rstrip().endswith("}"):
            told += process.stdout.readline().decode()
        yield json.loads(told)["address"]
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_the_page_without_jupyterlab(page: Page, alone: str) -> None:
    """The same page stands alone: its token leaves the address, back and reload work, links can be handed on."""
    page.goto(alone)
    expect(page.get_by_role("heading", name="What is wrong now")).to_be_visible()
    assert "token" not in page.url
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_text("120 runs")).to_be_visible()
    page.locator(".line[data-run]").nth(3).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Steps")).to_be_visible()
    there = page.url
    page.go_back()
    expect(page.get_by_text("120 runs")).to_be_visible()
    page.goto(there)
    page.reload()
    expect(page.get_by_role("heading", name="Steps")).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Report").click()
    expect(opened.value.get_by_role("heading", name="Steps")).to_be_visible()


def test_a_wrong_token_is_refused_in_words(page: Page, alone: str) -> None:
    """Without the token there is a page that says so, with the status that says it to programs."""
    for address in (alone.partition("?")[0], alone.partition("=")[0] + "=wrong"):
        response = page.goto(address)
        assert response is not None
        assert response.status == 403
        expect(page.locator("body")).to_contain_text("the token is missing or wrong")
