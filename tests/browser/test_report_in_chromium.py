"""The report in a real browser: it loads nothing, is readable in light, dark and on a telephone, and by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from nbops.pipeline.run import History, fold
from nbops.pipeline.step import Edge, Pipeline, Step, StepOptions
from nbops.records import (
    CheckResult,
    Examples,
    Failure,
    RunFinished,
    RunStarted,
    Status,
    StepFinished,
    Table,
    WarningSeen,
)
from nbops.views.report import report_html

pytestmark = pytest.mark.browser

AT = 1_360_405_867.0
NAMES = ("load", "weather", "clean", "join_weather", "publish")

# The contrast of every piece of text against what is painted behind it, by the formula of WCAG 2.
CONTRASTS = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = '#000'; canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
    const d = canvas.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const light = (c) => {
    const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = c.slice(0, 3).map((v) => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.closest('svg, style, [aria-hidden=true]')) continue;
    const chain = []; let opacity = 1;
    for (let e = element; e; e = e.parentElement) { chain.unshift(e); opacity *= Number(getComputedStyle(e).opacity); }
    const behind = chain.reduce((c, e) => over(rgba(getComputedStyle(e).backgroundColor), c), [255, 255, 255, 1]);
    const ink = rgba(getComputedStyle(element).color); ink[3] *= opacity;
    const [a, b] = [light(over(ink, behind)), light(behind)].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), text.slice(0, 40)]);
  }
  return found;
}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a run in which a step warned, one failed, one raised and one was not reached."""
    examples = Examples(tuple(f"column_{i}" for i in range(14)), ("22", "31"), (("EV",) * 14, ("UA", *[None] * 13)))
    wrong = CheckResult(
        "departure <b>is</b> known", Status.FAILED, observed="50.8 %", allowed="0–11.2 %", rows=930, failing=472,
        examples=examples, message="too many nulls",
    )  # fmt: skip
    late = CheckResult("late", Status.WARNED, severity="warn", observed="16 %", allowed="15 %")
    raw = Table("raw", "pandas.DataFrame", 930, 19)
    passed = CheckResult("rows", Status.PASSED)
    old = WarningSeen("FutureWarning", "old")
    raised = Failure("KeyError", "'t'", ("Traceback", "KeyError: 't'"), line=2)
    steps = (
        StepFinished(AT + 2, "r", "load", Status.PASSED, seconds=2, tests=(passed,), tables_out=(raw,)),
        StepFinished(AT + 3, "r", "weather", Status.WARNED, seconds=1, tests=(late,), warnings=(old,)),
        StepFinished(AT + 4, "r", "clean", Status.FAILED, seconds=1, tests=(wrong,), tables_in=(raw,)),
        StepFinished(AT + 5, "r", "join_weather", Status.ERROR, seconds=1, cell=4, failure=raised),
    )
    started = RunStarted(AT, "r", kind="batch", notebook="a.ipynb", steps=NAMES, packages={"pandas": "3"}, host="h")
    state = fold([started, *steps, RunFinished(AT + 6, "r", Status.ERROR)])
    edges = (
        Edge("load", "clean", ("raw",), "reads raw in line 2"),
        Edge("clean", "join_weather"),
        Edge("join_weather", "publish"),
    )
    pipeline = Pipeline("a", steps=tuple(Step(n, (i,), StepOptions(n)) for i, n in enumerate(NAMES)), edges=edges)
    history = History(usual_seconds={"load": 2.5, "publish": 1.0}, usual_run_seconds=6, good_runs=3)
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_html(state, history, pipeline, {4: "%%step join_weather\njoined['t']"}), encoding="utf-8")
    return file


def test_it_asks_for_nothing_and_complains_about_nothing(page: Page, report: Path) -> None:
    """The only request is the file itself, and the console stays empty."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    page.wait_for_load_state("networkidle")

    assert (asked, said) == ([report.as_uri()], [])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(browser: Browser, report: Path, scheme: str) -> None:
    """Every text has a contrast of 4.5 at least, in light and in dark colours."""
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(report.as_uri())
    page.eval_on_selector_all("details", "folds => folds.forEach((fold) => { fold.open = true; })")
    contrasts = page.evaluate(CONTRASTS)
    page.close()

    assert len(contrasts) > 100
    assert [(round(ratio, 2), text) for ratio, text in contrasts if ratio < 4.5] == []


@pytest.mark.parametrize("width", [360, 800, 1600])
def test_the_page_never_scrolls_sideways(browser: Browser, report: Path, width: int) -> None:
    """Wide tables scroll in themselves, on a telephone too."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(report.as_uri())
    page.eval_on_selector_all("details", "folds => folds.forEach((fold) => { fold.open = true; })")
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.close()

    assert wide <= width


def test_folds_open_by_keyboard(page: Page, report: Path) -> None:
    """Tab reaches a fold, Enter opens it, and what has the focus can be seen."""
    page.goto(report.as_uri())
    fold = page.locator("details.test", has_text="load").first
    for _ in range(30):
        page.keyboard.press("Tab")
        if fold.locator("summary").evaluate("summary => summary === document.activeElement"):
            break
    page.keyboard.press("Enter")

    assert fold.evaluate("fold => fold.open")
    assert fold.locator("summary").evaluate("s => getComputedStyle(s).outlineStyle") == "solid"


def test_attacks_are_shown_as_text(page: Page, report: Path) -> None:
    """Markup in the name of a test is what the reader sees."""
    page.goto(report.as_uri())

    assert page.get_by_text("departure <b>is</b> known").first.is_visible()
