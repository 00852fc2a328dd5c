"""Ways of rows: accounts follow each other over cells and steps, and what they do not explain is told."""

from __future__ import annotations

import dataclasses

from nbops.pipeline.row_flows import flows
from nbops.records import RowAccount, RowEntry, Status, StepFinished, Table, merge_parts


def table(name: str, rows: int | None) -> Table:
    """Return a table of that name."""
    return Table(name, "pandas.DataFrame", rows)


def kept(before: Table, after: Table, reason: str, rows: int | None, source: int = -1) -> RowAccount:
    """Return the account of a ``keep``."""
    return RowAccount("keep", (before,), after, (RowEntry(reason, rows),), sources=(source,))


def step(
    name: str, *accounts: RowAccount, out: tuple[Table, ...] = (), part: int = 0, reads: tuple[str, ...] = ("clean",)
) -> StepFinished:
    """Return the record of a step with accounts."""
    writes = tuple(table.name for table in out)
    return StepFinished(
        1.0, "r", name, Status.PASSED, part=part, tables_out=out, accounts=accounts, reads=reads, writes=writes
    )


def test_accounts_of_a_cell_follow_by_their_sources() -> None:
    """One way from the first table to the last."""
    first = kept(table("raw", 10), table("raw", 8), "a", 2)
    second = kept(table("raw", 8), table("clean", 5), "b", 3, source=0)
    (flow,) = flows([step("clean", first, second, out=(table("clean", 5),))])

    assert (flow.start_rows, flow.end.rows, flow.unexplained) == (10, 5, 0)
    assert [entry.reason for entry in flow.entries] == ["a", "b"]


def test_accounts_of_steps_follow_by_the_name_of_the_table() -> None:
    """What one step made another goes on with."""
    first = step("clean", kept(table("raw", 10), table("clean", 8), "a", 2), out=(table("clean", 8),))
    second = step("late", kept(table("clean", 8), table("late", 3), "b", 5), out=(table("late", 3),))
    (flow,) = flows([first, second])

    assert [stage.step for stage in flow.stages] == ["clean", "late"]
    assert flow.unexplained == 0


def test_rows_that_went_between_two_accounts_are_unexplained() -> None:
    """Whoever filtered the table in between did it without a word."""
    first = step("clean", kept(table("raw", 10), table("clean", 8), "a", 2))
    second = step("late", kept(table("clean", 6), table("late", 3), "b", 3))
    (flow,) = flows([first, second])

    assert (flow.stages[1].gap, flow.unexplained) == (-2, -2)


def test_a_name_that_was_bound_to_another_table_is_another_table() -> None:
    """A step between that makes it without reading it, or the same step, breaks the way."""
    first = step("clean", kept(table("raw", 10), table("clean", 8), "a", 2), out=(table("clean", 8),))
    anew = step("load again", out=(table("clean", 100),), reads=())
    changed = step("filter", out=(table("clean", 7),))
    late = kept(table("clean", 7), table("late", 3), "b", 4)

    assert [flow.unexplained for flow in flows([first, anew, step("late", late)])] == [0, 0]
    assert [flow.unexplained for flow in flows([first, step("late", late, reads=())])] == [0, 0]
    assert [flow.unexplained for flow in flows([first, changed, step("late", late)])] == [-1]


def test_rows_that_went_after_the_last_account_are_unexplained() -> None:
    """The table at the end of the step has fewer rows than the account says."""
    (flow,) = flows([step("clean", kept(table("raw", 10), table("clean", 8), "a", 2), out=(table("clean", 7),))])

    assert (flow.last_gap, flow.unexplained) == (-1, -1)


def test_differences_do_not_cancel_each_other() -> None:
    """Two rows too few and two too many are four that nobody explains."""
    first = step("clean", kept(table("raw", 10), table("clean", 8), "a", 2))
    second = step("late", kept(table("clean", 6), table("late", 5), "b", 3))
    (flow,) = flows([first, second])

    assert abs(flow.unexplained or 0) == 4


def test_what_is_not_counted_is_not_known() -> None:
    """A lazy table says nothing, and so does its way."""
    (flow,) = flows([step("clean", kept(table("raw", None), table("clean", None), "a", None))])

    assert flow.unexplained is None


def test_two_tables_of_one_are_two_ways() -> None:
    """Each begins with the same account."""
    first = kept(table("raw", 10), table("clean", 8), "a", 2)
    left = kept(table("clean", 8), table("early", 5), "b", 3, source=0)
    right = kept(table("clean", 8), table("late", 3), "c", 5, source=0)

    assert [(flow.end.name, len(flow.stages)) for flow in flows([step("s", first, left, right)])] == [
        ("early", 2),
        ("late", 2),
    ]


def test_parts_of_a_step_keep_their_order() -> None:
    """The account of a second cell still says whose result it goes on with."""
    first = step("s", kept(table("raw", 10), table("clean", 8), "a", 2))
    second = step(
        "s",
        kept(table("other", 4), table("other", 4), "x", 0),
        kept(table("other", 4), table("end", 3), "y", 1, source=0),
        part=1,
    )
    merged = merge_parts([first, second])

    assert [account.sources for account in merged.accounts] == [(-1,), (-1,), (1,)]
    assert [flow.end.name for flow in flows([merged])] == ["clean", "end"]


def test_a_view_looks_at_a_table_whose_way_goes_on() -> None:
    """What is only looked at is no end of the table, and what it leaves behind is not taken from it."""
    clean = kept(table("raw", 10), table("clean", 8), "a", 2)
    late = RowAccount(
        "view", (table("clean", 8),), table("late", 3), (RowEntry("not in late", 5, "left"),), sources=(0,)
    )
    main, side = flows([step("clean", clean, late, out=(table("clean", 8), table("late", 3)))])

    assert (main.start.name, main.end.name, main.end.rows, main.unexplained) == ("raw", "clean", 8, 0)
    assert (side.start.name, side.end.name, side.end.rows, side.unexplained) == ("clean", "late", 3, 0)


def test_a_table_that_two_cells_of_a_step_work_on_goes_one_way() -> None:
    """A cell goes on with what the cell before made of it; one that binds the name anew does not."""
    first = step("clean", kept(table("s", 10), table("s", 8), "a", 2), out=(table("s", 8),), reads=("s",))
    second = step("clean", kept(table("s", 8), table("s", 5), "b", 3), out=(table("s", 5),), reads=("s",), part=1)
    anew = dataclasses.replace(second, reads=())
    (flow,) = flows([merge_parts([first, second])])

    assert (flow.start_rows, flow.end.rows, flow.unexplained) == (10, 5, 0)
    assert len(flows([merge_parts([first, anew])])) == 2
