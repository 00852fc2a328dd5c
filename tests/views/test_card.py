"""The card tells in five lines what is wrong, where, since when, who answers, and what to type."""

from __future__ import annotations

import dataclasses
import io
import re
import shlex

from rich.console import Console

from nbops.pipeline.run import History, RunState, fold
from nbops.records import CheckResult, Failure, Status, StepFinished
from nbops.views.card import card, card_html, card_rich, card_text
from tests.views.flights_run import ERROR, HISTORY, LOAD, STARTED, run_of
from tests.views.page_reading import Page, foreign_markup


def lines_of(state: RunState, history: History = HISTORY) -> dict[str, str]:
    """Return the lines of the card of *state* by their labels."""
    return {text[:5].strip(): text[7:] for text in card_text(card(state, history)).splitlines()[1:] if text[:5].strip()}


def test_a_failed_run_is_told_in_five_lines(failed: RunState) -> None:
    """Each line answers its question."""
    assert lines_of(failed) == {
        "WHAT": "departure is known failed: 50.8 %, allowed 0–11.2 % (472 of 930 rows)",
        "WHERE": "step clean, cell 4, line 4 · 930 → 458 rows",
        "SINCE": lines_of(failed)["SINCE"],
        "WHO": "Mara Quist · not reached: publish",
        "NEXT": """data right?  nbops resume b21c77 --waive 'clean::departure is known' --reason "…\"""",
    }
    assert re.fullmatch(r"this run; last good a90f11 Fri 8 Feb \d\d:\d\d · not seen before", lines_of(failed)["SINCE"])


def test_an_error_is_told_by_its_exception(raised: RunState) -> None:
    """WHAT is the exception, WHERE the line of the cell that raised it."""
    lines = lines_of(raised, History(seen_before=3))

    assert lines["WHAT"] == "KeyError: 'time_hour'"
    assert lines["WHERE"] == "step clean, cell 4, line 2 · 930 rows in"
    assert lines["SINCE"] == "this run; no good run before it · seen 3 times before"
    assert lines["WHO"].startswith("Ann Other")


def test_a_test_that_could_not_be_judged_is_told_by_what_it_raised() -> None:
    """What was allowed says nothing about a test that saw no value."""
    unknown = CheckResult("amount is positive", Status.ERROR, why="AttributeError: no 'amuont'", allowed="≥ 0")
    broken = dataclasses.replace(LOAD, status=Status.ERROR, tests=(unknown,), failure=Failure("StepFailed", "1 …"))

    what = lines_of(run_of(broken, status=Status.ERROR))["WHAT"]

    assert what == "amount is positive could not be judged: AttributeError: no 'amuont'"


def test_a_run_that_runs_can_be_watched_and_stopped() -> None:
    """NEXT names what can be done now."""
    assert [typed for _, typed in card(fold([STARTED])).next] == ["nbops show b21c77", "nbops stop b21c77"]


def test_the_command_to_run_again_can_be_pasted_into_a_shell() -> None:
    """A value with quotes and spaces is one word of the command."""
    started = dataclasses.replace(
        STARTED, notebook="my sales.ipynb", parameters={"title": "it's; rm -rf /"}, given=("title",)
    )
    state = dataclasses.replace(fold([started]), status=Status.FAILED)
    typed = card(state).next[-1][1]

    assert shlex.split(typed) == ["nbops", "run", "my sales.ipynb", "-p", "title", "it's; rm -rf /", "--env", "prod"]


def test_the_command_to_run_again_repeats_what_was_given_and_nothing_else() -> None:
    """Defaults stand in the record as they are written, and are not repeated; a secret comes from the environment."""
    parameters = {"day": "2013-02-08", "to": '"out"', "first": "date(2013, 1, 1)", "kind": "'daily'", "key": "•••"}
    started = dataclasses.replace(STARTED, parameters=parameters, given=("day", "kind", "key"))
    typed = card(dataclasses.replace(fold([started]), status=Status.FAILED)).next[-1][1]

    assert shlex.split(typed)[2:] == [
        "flights_daily.ipynb", "-p", "day", "2013-02-08", "-p", "kind", "'daily'", "-p", "key", "secret:KEY",
        "--env", "prod",
    ]  # fmt: skip


def test_the_command_to_run_again_can_be_typed_elsewhere() -> None:
    """A reader who is not in the project's folder is given it."""
    state = dataclasses.replace(fold([STARTED]), status=Status.FAILED)

    assert card(state, root="/srv/my flights").next[-1][1].startswith("nbops -C '/srv/my flights' run flights_daily")


def test_every_command_can_be_typed_elsewhere(failed: RunState) -> None:
    """All of them name the project, because a run's id alone leads nowhere in another folder."""
    typed = [typed for _, typed in card(failed, root="/srv/flights").next]
    assert [text.split()[:4] for text in typed] == [
        ["nbops", "-C", "/srv/flights", verb] for verb in ("resume", "restore", "report", "run")
    ]


def test_a_run_that_tests_stopped_names_them_for_a_waiver(failed: RunState) -> None:
    """All of them, so that the run goes on; none when one could not be judged, because that cannot be waived."""
    clean = failed.steps[2].record
    assert clean is not None
    more = dataclasses.replace(clean, tests=(*clean.tests, CheckResult("it's known", Status.FAILED)))
    typed = dict(card(run_of(LOAD, more, status=Status.FAILED)).next)["data right?"]
    words = shlex.split(typed)
    assert words[:3] == ["nbops", "resume", "b21c77"]
    assert words[3:] == [
        "--waive", "clean::departure is known", "--waive", "clean::it's known", "--reason", "…"
    ]  # fmt: skip

    unknown = dataclasses.replace(clean, status=Status.ERROR, tests=(CheckResult("x", Status.ERROR),))
    many = dataclasses.replace(clean, tests=tuple(CheckResult(f"t{n}", Status.FAILED) for n in range(9)))
    for step in (unknown, many):
        assert "data right?" not in dict(card(run_of(LOAD, step, status=step.status)).next)


def test_a_long_value_is_not_cut() -> None:
    """A shorter one would be another value."""
    value = ",".join(f"N{n}" for n in range(500))
    started = dataclasses.replace(STARTED, parameters={"planes": value}, given=("planes",))

    assert value in card(dataclasses.replace(fold([started]), status=Status.FAILED)).next[-1][1]


def test_the_html_says_the_same_words(failed: RunState) -> None:
    """The card of the report holds the lines of the card of the terminal."""
    page = Page(card_html(card(failed, HISTORY)))

    assert page.problems == []
    next_line = lines_of(failed)["NEXT"]
    assert all(line in page.text for line in lines_of(failed).values() if line != next_line)
    assert next_line.split()[-1] in page.text


def test_it_fits_into_eighty_columns_and_has_no_colour_in_a_pipe(failed: RunState) -> None:
    """No line is wider than the terminal, and a pipe gets plain text."""
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(card_rich(card(failed, HISTORY)))

    assert max(map(len, captured.get().splitlines())) <= 80
    assert "\x1b" not in captured.get()


def test_attacks_stay_text(nasty: RunState) -> None:
    """Nothing that a notebook brings in becomes markup or moves the cursor."""
    told = card(nasty)

    assert foreign_markup(card_html(told)) == []
    assert "\x1b" not in card_text(told)


def test_an_interrupted_run_is_told_by_who_interrupted_it() -> None:
    """Nobody who pressed Ctrl-C is told of an exception by Python's name."""
    failure = Failure("KeyboardInterrupt", "", line=2, cell=3)
    step = dataclasses.replace(ERROR, status=Status.INTERRUPTED, failure=failure)
    reason = "stopped by ann: wrong day in step clean"
    state = run_of(LOAD, step, status=Status.INTERRUPTED, reason=reason, failure=failure)

    assert lines_of(state)["WHAT"] == reason
    assert lines_of(state)["WHERE"].startswith("step clean, cell 4, line 2")
    assert lines_of(fold([STARTED, step]))["WHAT"] == "it was interrupted"


def test_nothing_wrong_is_also_a_card(passed: RunState) -> None:
    """A run that passed says so."""
    assert lines_of(passed)["WHAT"] == "nothing is wrong"


def test_a_run_of_which_steps_were_kept_names_the_command_that_goes_on() -> None:
    """It stands before the one that begins anew."""
    kept = StepFinished(STARTED.at + 1, STARTED.run, "load", Status.PASSED, key="k", artifacts=("orders",))
    state = dataclasses.replace(fold([STARTED, kept]), status=Status.FAILED)

    assert [typed.split()[1] for _, typed in card(state).next] == ["report", "resume", "run"]


def test_the_card_is_not_filled_up_with_blanks_in_a_pipe(failed: RunState) -> None:
    """No line ends with a blank, and the first one does not reach for the edge."""
    file = io.StringIO()
    Console(file=file, width=120).print(card_rich(card(failed, HISTORY)))
    lines = file.getvalue().splitlines()

    assert [line for line in lines if line != line.rstrip()] == []
    assert re.match(r"✗ flights_daily@b21c77  prod  \w", lines[0])
    assert lines == card_text(card(failed, HISTORY)).splitlines()
