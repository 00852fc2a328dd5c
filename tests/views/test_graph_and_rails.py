"""The graph as a picture, as rails of text, and the notebook around it."""

from __future__ import annotations

from rich.console import Console

from nbops.pipeline.step import Edge, Pipeline, Step, StepOptions
from nbops.records import Status
from nbops.views.graph_svg import graph_svg
from nbops.views.pipeline_text import pipeline_view
from nbops.views.rails import rails
from tests.views.flights_run import PIPELINE
from tests.views.page_reading import Page, foreign_markup


def pipeline_of(names: str, *edges: str) -> Pipeline:
    """Return a pipeline of one-letter steps and edges such as ``ab``."""
    steps = tuple(Step(name, (i,), StepOptions(name)) for i, name in enumerate(names))
    return Pipeline("p", steps=steps, edges=tuple(Edge(a, b) for a, b in edges))


def drawn(names: str, *edges: str) -> list[str]:
    """Return the rows of the rails."""
    return [rail.node.rstrip() for rail in rails(pipeline_of(names, *edges)).values()]


def pipeline_text(pipeline: Pipeline, width: int = 100) -> str:
    """Return what a terminal of that width shows of a notebook, without colours."""
    console = Console(width=width, no_color=True, force_terminal=False, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(pipeline_view(pipeline))
    return captured.get()


def test_a_chain_stays_in_its_rail() -> None:
    """Each step takes over the rail of the one it alone reads."""
    assert drawn("abc", "ab", "bc") == ["●", "●", "●"]


def test_rails_join_where_a_step_reads_them() -> None:
    """Two sources run side by side until the step that reads both."""
    assert drawn("abc", "ac", "bc") == ["●", "│ ●", "●─╯"]


def test_a_rail_goes_on_while_it_is_still_read() -> None:
    """A step that is read again later is joined, not ended."""
    assert drawn("abc", "ab", "ac") == ["●", "├─●", "●"]


def test_a_rail_that_is_not_read_is_crossed() -> None:
    """A line passes over the rail of a step that has nothing to do with it."""
    assert drawn("abcd", "ac", "bd", "ad") == ["●", "│ ●", "├─│─●", "●─╯"]


def test_too_many_rails_are_left_out() -> None:
    """Nobody can follow fifty rails: the text alone remains."""
    names = [chr(200 + i) for i in range(50)]

    assert drawn("".join(names), *(a + names[-1] for a in names[:-1])) == [""] * 50


def test_the_picture_names_every_step_with_its_status() -> None:
    """Each box has the shape of its status, and colour is left to the style sheet."""
    svg = graph_svg(PIPELINE, {"load": Status.PASSED, "clean": Status.FAILED})
    page = Page(svg)

    assert page.problems == []
    assert {"load", "planes", "clean", "publish"} <= set(page.text.split("\n"))
    assert ("class", "s-failed") in page.attributes
    assert ("class", "s-pending") in page.attributes
    assert "#d32f2f" not in svg


def test_names_of_steps_stay_text_in_the_picture(nasty_pipeline: Pipeline) -> None:
    """No name becomes markup."""
    svg = graph_svg(nasty_pipeline, {})

    assert foreign_markup(svg) == []
    assert Page(svg).problems == []


def test_a_notebook_is_shown_with_its_reasons() -> None:
    """Parameters, what each step needs and why, what it makes, its tests, and cells that belong to none."""
    text = pipeline_text(PIPELINE, 80)

    assert "flights_daily  4 steps · 2 tests · 2 parameters" in text
    assert "parameters day: date = date(2013, 1, 1) day to load token: Secret (must be given)" in " ".join(text.split())
    assert "needs  load: raw  (reads raw in line 2)" in text
    assert "makes  flown" in text
    assert "clean  cell 4 · 2 retries" in text
    assert "tests  the feed has rows · known origins" in text
    assert "plain cells, run but not part of a step: 6" in text
    assert max(map(len, text.splitlines())) <= 80


def test_wrapped_lines_keep_the_rail() -> None:
    """A long list of tests wraps beside its rail."""
    steps = (
        Step("a", (0,), StepOptions("a"), tests=tuple(f"a long name of test {i}" for i in range(6))),
        *PIPELINE.steps[1:2],
    )
    text = pipeline_text(Pipeline("p", steps=steps, edges=(Edge("a", "planes"),)), 60)
    wrapped = [line for line in text.splitlines() if "a long name" in line]

    assert len(wrapped) > 1
    assert all(line.startswith("│") for line in wrapped)


def test_a_notebook_without_steps_leads_to_adopt() -> None:
    """One sentence, one command."""
    text = pipeline_text(Pipeline("weekly_sales", "my sales.ipynb", setup_cells=(0, 1)))

    assert "It has 2 plain cells." in text
    assert "nbops adopt 'my sales.ipynb'" in text


def test_attacks_do_not_reach_the_terminal(nasty_pipeline: Pipeline) -> None:
    """Escapes in names, reasons, options and problems are taken out."""
    assert not {"\x1b", "\u202e", "\udcff"} & set(pipeline_text(nasty_pipeline))


def test_a_thousand_steps_have_a_line_each() -> None:
    """A large notebook is listed whole, in its order."""
    names = [f"s{i}" for i in range(1000)]
    steps = tuple(Step(n, (i,), StepOptions(n), tests=("t",), outputs=(n,)) for i, n in enumerate(names))
    edges = tuple(
        Edge(names[max(i - j, 0)], names[i], ("x",), "reads x in line 2") for i in range(1, 1000) for j in (1, 3)
    )
    shown = pipeline_text(Pipeline("big", steps=steps, edges=edges)).splitlines()

    assert [line.split("  cell ")[0].split()[-1] for line in shown if "  cell " in line] == names
