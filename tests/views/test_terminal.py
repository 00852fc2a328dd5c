"""What the terminal shows is true, aligned, fits into 80 columns, and is plain in a pipe."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console, RenderableType

from nbops.pipeline.run import RunState, RunSummary, fold
from nbops.records import Status, StepStarted
from nbops.views.card import card, card_text
from nbops.views.terminal import end_view, live_table, progress_line, runs_table, status_view
from tests.views.flights_run import AT, HISTORY, LOAD, RUN, STARTED, check, run_of

NOW = AT + 2.5
GOOD = HISTORY.last_good
assert GOOD


def printed(view: RenderableType, width: int = 80, *, is_terminal: bool = False) -> str:
    """Return what a terminal of that width, or a pipe, gets."""
    console = Console(file=io.StringIO(), width=width, force_terminal=is_terminal, legacy_windows=False)
    console.print(view)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def running(*more: str) -> RunState:
    """Return a run of which one step is done, one runs, and the rest waits."""
    started = dataclasses.replace(STARTED, steps=STARTED.steps + more)
    return fold([started, LOAD, StepStarted(AT + 2, RUN, "planes")])


def test_a_run_is_shown_while_it_runs() -> None:
    """Each step has a line; the one that runs has a bar to its usual time."""
    lines = printed(live_table(running(), HISTORY, now=NOW)).splitlines()

    assert lines[0].split() == ["status", "step", "tests", "rows", "in", "→", "out", "took", "usual"]
    assert lines[1].split() == ["✓", "passed", "load", "2/2", "→", "930", "2.0", "s", "1.9", "s"]
    assert lines[2].split() == ["▸", "running", "planes", "–", "–", "0.5", "s", "━━━━━━━━━━", "0.5", "s"]
    assert lines[-1] == "2.5 s of about 4.0 s · Ctrl-C stops, the record stays true"


def test_a_long_run_fits_into_the_height() -> None:
    """A run of a thousand steps shows what runs, and counts the rest."""
    text = printed(live_table(running(*(f"s{i}" for i in range(1000))), HISTORY, now=NOW, height=12))

    assert len(text.splitlines()) <= 12
    assert "1,002 more steps" in text
    assert "▸ running" in text


def test_the_end_tells_steps_card_verdict_and_files(failed: RunState) -> None:
    """The table, the card, and last the verdict with its exit code and the files."""
    text = printed(end_view(failed, HISTORY, exit_code=1, report="r.html", notebook="nb.ipynb"))
    lines = text.splitlines()

    assert lines[3].split() == ["✗", "failed", "clean", "1/2", "930", "→", "458", "1.0", "s", "1.0", "s"]
    assert lines[4].split() == ["–", "skipped", "publish", "–", "–", "–", "0.3", "s"]
    assert any(line.startswith("WHAT   departure is known failed: 50.8 %") for line in lines)
    assert "flights_daily@b21c77 failed  4 steps: 1 passed, 1 warned, 1 failed, 1 skipped" in text
    assert lines[-3].endswith("exit 1")
    assert lines[-2:] == ["report   r.html", "notebook nb.ipynb"]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_is_wider_than_the_terminal(failed: RunState, width: int) -> None:
    """Long commands are wrapped, and never cut."""
    text = printed(end_view(failed, HISTORY, exit_code=1), width)

    assert max(map(len, text.splitlines())) <= width
    assert "nbops run flights_daily.ipynb -p day 2013-02-08 --env prod" in " ".join(text.split())


def test_a_pipe_gets_no_colour_and_a_terminal_does(failed: RunState) -> None:
    """Verdicts are coloured for people only."""
    assert "\x1b" not in printed(end_view(failed, HISTORY))
    assert "\x1b[31m" in printed(end_view(failed, HISTORY), is_terminal=True)


def test_a_run_that_passed_has_no_card(passed: RunState) -> None:
    """Well is quiet: the table and one line."""
    text = printed(end_view(passed))

    assert "WHAT" not in text
    assert text.splitlines()[-1].startswith("flights_daily@b21c77 passed  4 steps: 1 passed, 3 skipped · 2 tests")


def test_a_notebook_without_steps_counts_its_cells(passed: RunState) -> None:
    """Without steps there is no table; the verdict counts cells."""
    state = dataclasses.replace(passed, steps=())

    assert printed(end_view(state)).splitlines() == ["flights_daily@b21c77 passed  6 cells · 0 steps · 0 tests · 5.0 s"]


def test_a_thousand_passed_steps_are_one_line(failed: RunState) -> None:
    """What went well is counted, what did not is named."""
    many = tuple(dataclasses.replace(failed.steps[0], name=f"s{i}") for i in range(1000))
    lines = printed(end_view(dataclasses.replace(failed, steps=many + failed.steps))).splitlines()

    assert lines[1].split() == ["✓", "passed", "1,001", "steps"]
    assert [line.split()[2] for line in lines[2:5]] == ["planes", "clean", "publish"]


def test_a_log_gets_one_line_for_each_step(failed: RunState) -> None:
    """The line has no colour and no alignment that needs the other lines."""
    assert progress_line(failed.steps[0], 1.9) == "✓ passed      load  2/2 tests · → 930 rows · 2.0 s · usual 1.9 s"
    assert progress_line(failed.steps[3]) == "– skipped     publish"


def test_attacks_do_not_reach_the_terminal(nasty: RunState) -> None:
    """Escapes in names, values and errors are taken out."""
    text = printed(end_view(nasty, exit_code=1)) + printed(live_table(nasty)) + progress_line(nasty.steps[0])

    assert not {"\x1b", "\u202e", "\udcff"} & set(text)
    assert "<script>" in text


def test_markup_of_the_terminal_library_in_names_is_shown_as_text(failed: RunState) -> None:
    """A step named ``[red]`` is shown as ``[red]``."""
    step = dataclasses.replace(failed.steps[0], name="[red]x[/red]")

    assert "[red]x[/red]" in printed(end_view(dataclasses.replace(failed, steps=(step,))))


def test_status_begins_with_what_is_wrong() -> None:
    """Bad before warned before running; the rest is counted, and the card can be asked for."""
    runs = [
        GOOD,
        dataclasses.replace(GOOD, run="c" * 32, notebook="w.ipynb", status=Status.WARNED, reason="late"),
        dataclasses.replace(GOOD, run="d" * 32, notebook="r.ipynb", status=Status.RUNNING, seconds=None),
        dataclasses.replace(GOOD, run="e" * 32, notebook="f.ipynb", status=Status.FAILED, reason="clean: 2 rows"),
    ]
    text = printed(status_view(runs, hub=".nbops/hub.db", env="prod", now=AT), 100)
    order = [text.index(word) for word in ("f@eeeeee", "w@cccccc", "r@dddddd", "1 of 4 notebooks")]

    assert text.startswith("hub .nbops/hub.db · env prod · ")
    assert order == sorted(order)
    assert "nbops show eeeeee" in text


def test_status_says_when_nothing_is_wrong_and_when_nothing_ran() -> None:
    """Well is a state too, and an empty hub is named with the way to begin."""
    assert "Nothing is wrong" in printed(status_view([GOOD], hub="h", env="dev", now=AT))
    assert "nbops run NOTEBOOK.ipynb" in printed(status_view([], hub="h", env="dev", now=AT))


def test_runs_are_aligned_and_bad_ones_say_why() -> None:
    """One line each, the tests that passed of all of them, and the reason below one that is bad."""
    bad = dataclasses.replace(GOOD, run="e" * 32, status=Status.FAILED, reason="clean: 2 rows", tests=11)
    bad = dataclasses.replace(bad, tests_failed=1)
    lines = printed(runs_table([GOOD, bad], hub="h")).splitlines()

    assert lines[1].startswith("✓ passed  flights_daily@a90f11  prod  ")
    assert lines[2].startswith("✗ failed  flights_daily@eeeeee  prod  ")
    assert lines[2].endswith("9/11")
    assert lines[3].strip() == "clean: 2 rows"


def test_an_empty_list_names_what_was_read() -> None:
    """No run: the hub and the environment that were read."""
    every = (runs_table([], hub=".nbops/hub.db", env="prod"), status_view([], hub=".nbops/hub.db", env="prod", now=AT))

    assert all("read: hub .nbops/hub.db, environment prod" in printed(one) for one in every)
    assert all("begin: nbops run NOTEBOOK.ipynb" in printed(one) for one in every)


def test_an_empty_list_is_not_said_to_be_an_empty_hub() -> None:
    """Where the hub knows other runs, they are what leads on."""
    text = printed(runs_table([], hub="h", has_others=True))

    assert "No run fits" in text
    assert "everything: nbops runs --all" in text
    assert "No run yet" not in text


def test_a_session_is_told_apart() -> None:
    """Cells run by hand are no runs."""
    session = RunSummary("f" * 32, "session", None, "dev", Status.RUNNING, "", AT, None, 0, 0, 0)

    assert "unknown@ffffff  dev session" in printed(runs_table([session], hub="h"))


def test_a_waiver_and_what_was_taken_over_are_told(passed: RunState) -> None:
    """A waived test shows its reason in the list and on the card, a step that was taken over where it came from."""
    known = check("known", Status.WARNED, severity="warn", rows=9, failing=2, why="2 of 9 rows fail (waived: fog)")
    load = dataclasses.replace(LOAD, tests=(known,), status=Status.WARNED, remark="↺ from @cbd01123")
    state = run_of(load, status=Status.WARNED)

    text = printed(end_view(state, HISTORY), width=100)
    assert "! load: known (2 of 9 rows) · waived: fog" in text
    assert "! warned    load  ↺ from @cbd01123" in text
    assert "known warned: 2 of 9 rows · waived: fog" in card_text(card(state, HISTORY))
    assert "nbops resume" not in card_text(card(state, HISTORY))
