"""The change log of a dataset in words, in a terminal, as Markdown and as HTML."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from nbops.pipeline.structure.change import StructureChange
from nbops.pipeline.structure.changelog import Changelog, DatasetSummary, Entry, Reader
from nbops.pipeline.structure.model import Column, Structure
from nbops.views.structure_html import changelog_html, changelog_page
from nbops.views.structure_markdown import HEAD, changelog_markdown, entry_markdown, with_entries
from nbops.views.structure_terminal import changelog_view, datasets_view, structures_view
from nbops.views.structure_words import changes_phrase_of, said_of

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m\n# title `code` | --> \u202e"
CHANGES = (
    StructureChange("removed", "old", "int64, never null"),
    StructureChange("renamed", "miles", "km", "miles", "the same values"),
    StructureChange("values", "carrier", "", "WN", "in 3 rows", names=("AA", "WN")),
    StructureChange("values", "rare", "", "x", is_minor=True, names=("x",)),
    StructureChange("key", before="one row per id", now="one row per id + leg", names=("id", "leg")),
)


def log(*entries: Entry, name: str = "sales/orders") -> Changelog:
    """Return a change log of these entries, the newest first."""
    structure = Structure((Column("miles", "float64", False, unit="mi"), Column("carrier", "str", True, ("AA", "WN"))))
    readers = (Reader("sales::board"), Reader("finance.ipynb", "declared"))
    return Changelog(name, "clean", "prod", entries, structure, looks=9, since=1.7e9, rows=1200, readers=readers)


ENTRY = Entry("b21c77" * 5, 1.76e9, "failed", CHANGES, rows=1200, looked=1200)


def shown(view: RenderableType, width: int = 100) -> str:
    """Return what a terminal of this width shows, without the spaces at the ends of lines."""
    text = io.StringIO()
    Console(file=text, width=width, color_system=None, force_jupyter=False, markup=False).print(view)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())


def test_a_terminal_shows_the_newest_change_with_its_readers() -> None:
    """Signs, kinds and columns are aligned; what had to be expected is counted."""
    found = shown(changelog_view(log(ENTRY)))

    assert "read by sales::board, finance.ipynb (declared)" in found
    assert "@b21c77  failed · 1,200 rows" in found
    assert "  − removed      old      int64, never null\n  → renamed      miles    was km   the same values\n" in found
    assert "one row per id → one row per id + leg" in found
    assert "    and 1 change that had to be expected: -v" in found
    assert "rare" not in found
    assert "rare" in shown(changelog_view(log(ENTRY), is_verbose=True))


def test_nothing_changed_is_said() -> None:
    """A log without entries is no empty screen, and so is a list without datasets."""
    assert "nothing changed" in shown(changelog_view(log()))
    assert "No dataset yet" in shown(datasets_view([], hub="hub.db"))
    one = DatasetSummary("sales/orders", "clean", "prod", None, 3, 2, "b21c77aa", 1.7e9)
    assert "?" in shown(datasets_view([one], hub="hub.db"))


def test_of_very_many_changes_the_first_are_shown() -> None:
    """Two thousand columns that are gone do not flood a terminal, a file or a page."""
    many = Entry("r" * 8, 1.7e9, "passed", tuple(StructureChange("removed", f"c{n}") for n in range(2_000)))

    assert "and 1,970 more changes: -v" in shown(changelog_view(log(many)))
    assert len(shown(together(structures_view([("sales/orders", many)]))).splitlines()) < 15
    assert "and 1,940 more changes" in entry_markdown(log(many), many)


def together(parts: list[RenderableType]) -> RenderableType:
    """Return *parts* as one thing to show."""
    from rich.console import Group

    return Group(*parts)


def test_what_two_datasets_share_is_told_once() -> None:
    """One step reads what another left, and both changed alike."""
    found = shown(together(structures_view([("a/x", ENTRY), ("a/y", ENTRY)])))

    assert found.count("removed") == 1
    assert "a/x and 1 more" in found


@pytest.mark.parametrize("name", [HOSTILE, "`", "", "a" * 5_000])
def test_hostile_names_are_text_everywhere(name: str) -> None:
    """No escape reaches a terminal, no tag a page, no heading the Markdown."""
    entry = Entry("r" * 8, 1.7e9, "passed", (StructureChange("added", name, now=name, made=Column(name)),))
    found = log(entry, name=f"nb/{name}")
    page, text, terminal = changelog_page(found), changelog_markdown(found), shown(changelog_view(found))

    assert "<img" not in page
    assert "\x1b" not in terminal
    assert [line for line in text.splitlines() if line.startswith("# ")] == ["# Change log of data"]
    assert [line.count("-->") for line in text.splitlines() if line.startswith("<!--")] == [1]
    assert changelog_html(found).startswith("<style>")


def test_the_file_in_git_is_added_to_and_never_rewritten() -> None:
    """What people wrote between, above and below stays; an entry is added once, the newest first."""
    older = Entry("0ld" * 9, 1.7e9, "passed", CHANGES[:1])
    first = with_entries("", [entry_markdown(log(older), older)])
    edited = first.replace("# Change log of data", "# What changed") + "\nour own words\n"
    both = with_entries(edited, [entry_markdown(log(older), older), entry_markdown(log(ENTRY), ENTRY)])

    assert first.startswith(HEAD)
    assert with_entries(both, [entry_markdown(log(ENTRY), ENTRY)]) == both
    assert both.startswith("# What changed\n")
    assert both.endswith("\nour own words\n")
    assert both.index("b21c77") < both.index("0ld0ld")
    assert set(edited.splitlines()) <= set(both.splitlines())


def test_what_breaks_readers_is_marked() -> None:
    """A column that is gone, renamed, of another type or unit breaks who reads it by name; a new one does not."""
    assert [said_of(change).is_breaking for change in CHANGES] == [True, True, False, False, True]
    assert changes_phrase_of(ENTRY) == (
        "1 column removed, 1 column renamed, 2 columns with other values, other granularity"
    )
