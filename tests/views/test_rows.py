"""Where rows went, as people see it: an equation, a picture, a table, and what cannot be told is said."""

from __future__ import annotations

import dataclasses

from nbops.pipeline.row_flows import flows
from nbops.pipeline.run import History, RunState, fold
from nbops.records import Examples, RowAccount, RowEntry, RunFinished, RunStarted, Status, StepFinished, Table
from nbops.views.panel_html import panel_html
from nbops.views.report import report_html
from nbops.views.row_words import flow_text, notes_of, rows_lines, run_lines
from nbops.views.rows_svg import rows_svg
from nbops.views.step_record import step_record
from nbops.views.terminal import progress_line
from tests.views.flights_run import AT, NASTY, RUN
from tests.views.page_reading import foreign_markup

RAW, CLEAN = Table("raw", "pandas.DataFrame", 930, 19), Table("flights_clean", "pandas.DataFrame", 458, 19)
DEDUPE = RowAccount(
    "dedupe", (RAW,), Table("flights", "pandas.DataFrame", 930, 19), (RowEntry("duplicate", 0),), sources=(-1,)
)
DROP = RowAccount(
    "drop",
    (Table("flights", "pandas.DataFrame", 930, 19),),
    CLEAN,
    (RowEntry("cancelled", 472, kept=472),),
    sources=(0,),
)
STEP = StepFinished(AT + 4, RUN, "clean", Status.PASSED, tables_in=(RAW,), tables_out=(CLEAN,), accounts=(DEDUPE, DROP))


def state_of(*steps: StepFinished) -> RunState:
    """Return the state of a run of these steps."""
    records = [RunStarted(AT, RUN, "batch", "flights_daily.ipynb"), *steps, RunFinished(AT + 9, RUN, Status.PASSED)]
    return fold(records)


def with_entry(entry: RowEntry, rows_out: int | None = 458) -> StepFinished:
    """Return the step with one account of one entry."""
    out = dataclasses.replace(CLEAN, rows=rows_out)
    account = RowAccount("keep", (RAW,), out, (entry,))
    return dataclasses.replace(STEP, accounts=(account,), tables_out=(out,))


def test_the_record_of_a_step_says_where_rows_went() -> None:
    """One line: what came in, what went for which reason, what came out, and that it adds up."""
    text = str(step_record(STEP)["text/plain"])

    assert "  rows 930 - 0 duplicate - 472 cancelled = 458 reconciles" in text.splitlines()


def test_html_says_the_same() -> None:
    """With the call that gives the rows that were left out."""
    html = str(step_record(STEP)["text/html"])

    assert "reconciles" in html
    assert f"nbops.excluded(&quot;{RUN[:6]}::clean&quot;)" in html
    assert "reconciles" in panel_html(state_of(STEP))


def test_the_line_of_a_log_says_what_was_dropped() -> None:
    """In a few words, behind the rows."""
    (step,) = state_of(STEP).steps

    assert progress_line(step) == "✓ passed      clean  930 → 458 rows (−472 cancelled) · < 1 ms"


def test_what_is_unexplained_is_said() -> None:
    """With a number, and the word that it reconciles is not said."""
    (flow,) = flows([with_entry(RowEntry("cancelled", 470))])

    assert flow_text(flow) == "930 − 470 cancelled − 2 unexplained = 458 · 2 rows unexplained"


def test_what_is_not_counted_is_said() -> None:
    """A question mark is no number, and nothing reconciles."""
    (flow,) = flows([with_entry(RowEntry("cancelled", None), None)])

    assert flow_text(flow) == "930 − ? cancelled = ? · not all rows are counted"
    assert rows_svg(flow) == ""


def test_notes_stand_below() -> None:
    """What differed, and what was counted beside."""
    (flow,) = flows([with_entry(RowEntry("of weather without a match in flights", 7, "aside"), 930)])

    assert notes_of(flow) == ["7 of weather without a match in flights"]


def test_several_ways_are_told_apart_by_the_table_at_their_end() -> None:
    """Each line begins with its name."""
    late = RowAccount("view", (RAW,), Table("late", "pandas.DataFrame", 30), (RowEntry("not in late", 900, "left"),))
    lines = rows_lines([dataclasses.replace(STEP, accounts=(DEDUPE, DROP, late))])

    assert [line.partition(" 930")[0] for line in lines] == ["rows of flights_clean", "rows of late"]


def test_the_report_draws_the_way_of_rows() -> None:
    """A picture with a name that says the result, and a table of every reason."""
    page = report_html(state_of(STEP))

    assert 'aria-label="930 − 0 duplicate − 472 cancelled = 458 reconciles"' in page
    assert "472 cancelled" in page
    assert f"nbops.excluded(&#34;{RUN[:6]}" in page


def test_a_picture_begins_with_a_view_and_shows_what_moves_rows() -> None:
    """What a view leaves behind is not lost, and a call that drops nothing is no branch."""
    month = RowAccount("view", (Table("year", "pandas.DataFrame", 9000),), RAW, (RowEntry("not in May", 8070, "left"),))
    accounts = (month, dataclasses.replace(DEDUPE, sources=(0,)), dataclasses.replace(DROP, sources=(1,)))
    (flow,) = flows([dataclasses.replace(STEP, accounts=accounts)])
    drawn = rows_svg(flow)

    assert "9,000 − 8,070 not in May" in drawn.partition(">")[0]
    assert "not in May" not in drawn.partition(">")[2]
    assert "dedupe in clean" not in drawn
    assert ">472 cancelled<" in drawn


def test_a_run_without_row_functions_has_no_such_section() -> None:
    """Nothing is claimed about rows that nobody accounted for."""
    assert 'id="rows"' not in report_html(state_of(dataclasses.replace(STEP, accounts=())))


def test_what_came_from_outside_stays_text() -> None:
    """A reason, a name, a cell: none of them becomes markup, a control character or a colour."""
    entry = RowEntry(NASTY, 472, note=NASTY, examples=Examples((NASTY,), (NASTY,), ((NASTY,),)), kept=472)
    record = with_entry(entry)
    account = dataclasses.replace(
        record.accounts[0], tables_in=(dataclasses.replace(RAW, name=NASTY),), table_out=Table(NASTY, "x", 458)
    )
    record = dataclasses.replace(record, step=NASTY, accounts=(account,))
    html = str(step_record(record)["text/html"])

    assert foreign_markup(html) == []
    assert foreign_markup(report_html(state_of(record))) == []
    assert "\x1b" not in str(step_record(record)["text/plain"])


def test_a_run_names_ways_whose_tables_have_no_name() -> None:
    """By the call that made them; equal ones, as of a loop, are told once with their number."""
    part = Table("", "pandas.DataFrame", 143)
    small = RowAccount("keep", (part,), dataclasses.replace(part, rows=71), (RowEntry("small", 72),), line=3)
    (said,) = run_lines([dataclasses.replace(STEP, accounts=(small, small, small))])

    assert said == f"{STEP.step} (keep in line 3): 143 − 72 small = 71 reconciles · 3 times"


def test_more_or_fewer_rows_than_usual_are_told_beside_their_number() -> None:
    """In the lines of a run and in its report; what is as usual is not worth a word in the equation."""
    odd, even = {(STEP.step, "cancelled"): (1, 98)}, {(STEP.step, "cancelled"): (400, 500)}
    page = report_html(state_of(STEP), History(usual_dropped=odd))

    assert run_lines([STEP], usual=odd) == [
        f"{STEP.step}: 930 − 0 duplicate − 472 cancelled (usual 1–98) = 458 reconciles"
    ]
    assert "usual" not in run_lines([STEP], usual=even)[0]
    assert "(usual 1–98)" in page
    assert '<td class="n muted">1–98</td>' in page
    assert ">dropped, 50.8% · usual 1–98</text>" in page


def test_the_report_shows_whole_ways_before_views() -> None:
    """What somebody looked at comes behind what became of the table."""
    late = RowAccount("view", (RAW,), Table("late", "pandas.DataFrame", 30), (RowEntry("not in late", 900, "left"),))
    page = report_html(state_of(dataclasses.replace(STEP, accounts=(DEDUPE, late, DROP))))

    assert page.index('<span class="mono">flights_clean</span>: ') < page.index('<span class="mono">late</span>: ')
