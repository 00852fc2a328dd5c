"""The changes between two structures: found, told, and done again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.pipeline.structure.change import StructureChange, applied, differences
from nbops.pipeline.structure.model import Column, Structure

NAMES = st.text(st.sampled_from("abc ,→\n'😀"), min_size=1, max_size=3)
WORDS = st.sampled_from(["", "int64", "float64", "may be null", "km"])


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """Draw a structure with columns of few names, so that two of them have some in common."""
    names = draw(st.lists(NAMES, unique=True, max_size=7))
    columns = [
        Column(
            name,
            draw(WORDS),
            draw(st.sampled_from([None, True, False])),
            tuple(sorted(draw(st.sets(NAMES, max_size=3)))),
            draw(WORDS),
            draw(st.sampled_from(["", "day", "month"])),
        )
        for name in names
    ]
    return Structure(tuple(columns), tuple(draw(st.lists(st.sampled_from([*names, "gone"]), unique=True, max_size=2))))


@given(structures(), structures(), st.data())
@settings(max_examples=400, deadline=None)
def test_the_log_applied_to_the_old_structure_gives_the_new_one(
    old: Structure, new: Structure, data: st.DataObject
) -> None:
    """Whatever changed, and whichever columns count as renamed, nothing is left out of the log."""
    gone = [name for name in old.names if name not in new.names]
    come = [name for name in new.names if name not in old.names]
    renamed = dict(zip(gone, data.draw(st.permutations(come)), strict=False))

    assert applied(old, differences(old, new, renamed)) == new


@given(structures())
def test_nothing_changed_is_an_empty_log(same: Structure) -> None:
    """A structure differs from itself in nothing."""
    assert differences(same, same) == ()


def test_only_what_moved_is_told_to_have_moved() -> None:
    """One column put first is one column that moved, not all of them."""
    old = Structure(tuple(map(Column, "abcdef")))
    new = Structure(tuple(map(Column, "eabcdf")))

    (change,) = differences(old, new)

    assert (change.kind, change.column, change.before, change.now) == ("order", "e", "5 of 6", "1 of 6")


def test_a_column_more_moves_no_other() -> None:
    """A column put between others is added there; the others keep their order."""
    old, new = Structure(tuple(map(Column, "abc"))), Structure(tuple(map(Column, "axbc")))

    assert [(change.kind, change.place) for change in differences(old, new)] == [("added", 1)]


def test_a_renamed_column_of_the_key_leaves_the_key_what_it_was() -> None:
    """One row still stands for the same thing."""
    old, new = Structure((Column("id"),), ("id",)), Structure((Column("key"),), ("key",))

    assert [change.kind for change in differences(old, new, {"id": "key"})] == ["renamed"]


def test_a_rename_onto_a_column_that_was_there_is_none() -> None:
    """Two columns that were both there cannot have become one under one of the names."""
    old, new = Structure((Column("a"), Column("b"))), Structure((Column("b"),))

    assert differences(old, new, {"a": "b"}) == (StructureChange("removed", "a"),)


def test_two_thousand_columns_in_another_order() -> None:
    """A wide table whose columns were sorted is told in one change, and done again."""
    names = [f"c{number}" for number in range(2_000)]
    old, new = Structure(tuple(map(Column, names))), Structure(tuple(map(Column, sorted(names))))

    (change,) = differences(old, new)

    assert change.kind == "order"
    assert applied(old, [change]) == new
