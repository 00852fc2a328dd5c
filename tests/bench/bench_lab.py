"""How quick the panel in JupyterLab is: after a step, with a large graph, beside a long notebook that is typed in."""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.measuring import Bar
from tests.browser.running_lab import Lab, end, free_port, lab_command, lab_environment, wait_for

STEPS, LARGE, CELLS = 40, 300, 500
KEYS, ROUNDS = 25, 6
SETTLE = 3_000
READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
NB = "jupyterapp.shell.currentWidget.content"
LOAD = "%load_ext nbops"

# When each step was seen to have passed, and when its record reached the page, by the clock that its record has, too.
_WATCH = """() => {
  window.seen = {};
  window.came = {};
  const look = (step) => {
    if (step.dataset?.step && step.dataset.status === 'passed') window.seen[step.dataset.step] ??= Date.now();
  };
  new MutationObserver((changes) => changes.forEach((change) => look(change.target))).observe(
    document.querySelector('.nbops-side'), { subtree: true, attributes: true, attributeFilter: ['data-status'] });
  jupyterapp.shell.currentWidget.sessionContext.session.kernel.iopubMessage.connect((_, message) => {
    const record = message.content.data?.['application/vnd.nbops.step+json'];
    if (record) window.came[record.step] = Date.now();
  });
}"""
_RECORDED = """() => Object.fromEntries(jupyterapp.shell.currentWidget.content.widgets.flatMap((cell) => {
  const outputs = cell.model.outputs;
  return Array.from({ length: outputs.length }, (_, i) => outputs.get(i).data['application/vnd.nbops.step+json'])
    .filter(Boolean).map((record) => [record.step, record.at * 1000]);
}))"""
_DRAW = """async (nodes) => {
  jupyterapp.shell.collapseRight();
  await new Promise((done) => setTimeout(done, 200));
  const began = performance.now();
  jupyterapp.shell.activateById('nbops-pipeline');
  while (document.querySelectorAll('.nbops-side .nbops-graph [role=button]').length < nodes) {
    await new Promise((done) => requestAnimationFrame(done));
  }
  document.querySelector('.nbops-graph').getBoundingClientRect();
  return performance.now() - began;
}"""
_KEYS = """() => {
  window.took = [];
  document.addEventListener('keydown', () => {
    const began = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.took.push(performance.now() - began)));
  }, true);
}"""


def write_steps(lab: Lab, name: str, steps: int, plain: int = 0) -> None:
    """Write a notebook of so many steps, each of which reads two earlier ones, and so many plain cells behind each."""
    sources = [LOAD, "%%step s0\nv0 = 0", "%%step s1\nv1 = v0"]
    for n in range(2, steps):
        sources.append(f"%%step s{n}\nv{n} = v{n - 1} + v{n // 2}")
        sources += [f"# plain {n}\nx = {n}"] * plain
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for i, source in enumerate(sources)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    content = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    (lab.root / name).write_text(json.dumps(content), encoding="utf-8")


def open_and_load(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook, show the panel and load nbops."""
    page.goto(lab.url(name))
    page.wait_for_function(READY, timeout=120_000)
    if page.evaluate("jupyterapp.commands.hasCommand('nbops:show')"):
        page.evaluate("() => { void jupyterapp.commands.execute('nbops:show') }")
    run(page, "notebook:run-cell")
    page.wait_for_function(f"{NB}.widgets[0].model.executionCount !== null && {READY}", timeout=120_000)


def run(page: Page, command: str) -> None:
    """Run a command without waiting for its end."""
    page.evaluate(f"() => {{ {NB}.activeCellIndex = 0; void jupyterapp.commands.execute('{command}') }}")


def update_times(page: Page, lab: Lab) -> tuple[list[float], list[float]]:
    """Return how many milliseconds after its end each step was shown, and how many after its record had come."""
    write_steps(lab, "updates.ipynb", STEPS)
    open_and_load(page, lab, "updates.ipynb")
    page.wait_for_selector(".nbops-side .step")
    page.evaluate(_WATCH)
    for index in range(1, STEPS + 1):  # as people run them: one after the other
        page.evaluate(
            f"() => {{ {NB}.activeCellIndex = {index}; void jupyterapp.commands.execute('notebook:run-cell') }}"
        )
        page.wait_for_function(f"Object.keys(window.seen).length === {index}", timeout=60_000)
    seen, came, recorded = page.evaluate("window.seen"), page.evaluate("window.came"), page.evaluate(_RECORDED)
    return sorted(seen[s] - recorded[s] for s in recorded), sorted(seen[s] - came[s] for s in came)


def activation_ms(page: Page) -> float:
    """Return what the plugin took to be activated, in milliseconds."""
    took: float = page.evaluate("performance.getEntriesByName('nbops:activate')[0].duration")
    return took


def drawing_ms(page: Page, lab: Lab) -> float:
    """Return how long a graph of 300 steps takes to be drawn, with the list below it."""
    write_steps(lab, "large.ipynb", LARGE)
    open_and_load(page, lab, "large.ipynb")
    page.wait_for_function(
        f"document.querySelectorAll('.nbops-side .nbops-graph [role=button]').length === {LARGE}", timeout=120_000
    )
    return statistics.median(page.evaluate(_DRAW, LARGE) for _ in range(5))


def typing(page: Page, lab: Lab) -> Iterator[tuple[float, float]]:
    """Yield, for each round of typing in a long notebook, the median of its keys and the work for each, in ms."""
    open_and_load(page, lab, "long.ipynb")
    page.evaluate(f"() => {{ {NB}.activeCellIndex = 2; {NB}.mode = 'edit'; {NB}.activeCell.editor.focus() }}")
    page.keyboard.press("Control+End")
    page.evaluate(_KEYS)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    while True:
        before = _work(tools)
        for _ in range(KEYS):
            page.keyboard.press("x")
        page.wait_for_function(f"window.took.length >= {KEYS}")
        took = page.evaluate("window.took.splice(0)")
        yield statistics.median(took), (_work(tools) - before) / KEYS * 1e3


def _work(tools: Any) -> float:
    found = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
    return float(found["TaskDuration"])


def typing_with_and_without(browser: Browser, lab: Lab) -> dict[str, tuple[float, float]]:
    """Return the least of :func:`typing` with the extension and without it, both by turns: the rest is other work."""
    write_steps(lab, "long.ipynb", CELLS // 2, plain=1)
    pages = {"with": browser.new_page(), "without": browser.new_page()}
    pages["without"].route("**/extensions/@nbops/**", lambda route: route.abort())
    rounds = {name: typing(page, lab) for name, page in pages.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in pages}
    for turn in range(2 * ROUNDS):
        name = ("with", "without")[turn % 2]
        pages[name].bring_to_front()
        pages[name].wait_for_timeout(SETTLE)  # what was put off while the other page was in front
        found[name].append(next(rounds[name]))
    for page in pages.values():
        page.close()
    return {name: (min(key for key, _ in some), min(work for _, work in some)) for name, some in found.items()}


def measured(browser: Browser, lab: Lab) -> list[Bar]:
    """Measure every bar in a JupyterLab that runs."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    times, own = update_times(page, lab)
    told = f"median {statistics.median(times):.0f}, of it the panel {statistics.median(own):.0f}, n={len(times)}"
    bars = [
        Bar("panel after a step ended, 95 of 100", times[round(0.95 * (len(times) - 1))], 300, "ms", told),
        Bar("activation of the extension", activation_ms(page), 50, "ms", "n=1"),
        Bar("graph and list of 300 steps", drawing_ms(page, lab), 300, "ms", "median of 5"),
    ]
    page.close()
    keys = typing_with_and_without(browser, lab)
    ratio = keys["with"][0] / keys["without"][0]
    told = "; ".join(f"{name} {key:.1f} ms, work {work:.1f} ms" for name, (key, work) in keys.items())
    return [*bars, Bar("a key in a notebook of 500 cells, with to without", ratio, 1.15, "×", told)]


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with tempfile.TemporaryDirectory() as folder, _running(Path(folder)) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            return measured(browser, lab)
        finally:
            browser.close()


@contextlib.contextmanager
def _running(home: Path) -> Iterator[Lab]:
    root, settings = home / "project", home / "settings"
    for folder in (root, settings):
        folder.mkdir()
    (root / "pyproject.toml").touch()
    port = free_port()
    with (home / "lab.log").open("wb") as log:
        process = subprocess.Popen(
            lab_command(root, settings, port), env=lab_environment(home), stdout=log, stderr=log, start_new_session=True
        )
        try:
            lab = Lab(root, f"http://127.0.0.1:{port}")
            wait_for(lab, process, home / "lab.log")
            yield lab
        finally:
            end(process)
