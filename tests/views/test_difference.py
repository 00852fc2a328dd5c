"""A comparison as text and as a page: the cause first, changed columns before equal ones, nothing unescaped."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from nbops.frames.difference.comparing import compare
from nbops.frames.difference.record import Difference
from nbops.views.difference_page import difference_html, difference_page
from nbops.views.difference_pictures import overlay_svg
from nbops.views.difference_shown import Comparisons, shown
from nbops.views.difference_text import difference_text
from nbops.views.difference_words import explained_text, headline, percent, short_cause, subline

OLD = pd.DataFrame(
    {
        "id": range(60),
        "distance": [n * 37 % 101 + 50 for n in range(60)],
        "carrier": ["FL", "UA", "AA"] * 20,
        "delay": [float(n % 7) for n in range(60)],
        "gate": [f"<b>{n}</b>" for n in range(60)],
    }
)


@pytest.fixture(scope="module")
def found() -> Difference:
    """Return a comparison with a unit, a renamed category and two corrected cells."""
    after = OLD.assign(distance=OLD.distance * 1.609344, carrier=OLD.carrier.replace("FL", "WN"))
    after.loc[[5, 9], "delay"] = [3.25, 11.5]
    after.loc[7, "gate"] = "<script>alert(1)</script>"
    return compare(OLD, after, key="id", names=("flights@a90f", "flights@c3d1"))


def test_who_reads_it_stands_at_the_end(found: Difference) -> None:
    """A change concerns those who read the dataset; names are shown as text. Where nobody is known, nothing is said."""
    told = replace(found, readers=("sales::board", "<b>finance</b> (declared)", *(f"n{n}" for n in range(9))))

    assert difference_text(told).splitlines()[-1].startswith("read by sales::board, <b>finance</b> (declared), n0")
    assert difference_text(told).endswith("and 3 more")
    assert "<h2>Read by</h2>" in difference_page(told)
    assert "&lt;b&gt;finance" in difference_page(told)
    assert "Read by" not in difference_page(found)


def test_the_headline_names_the_cause(found: Difference) -> None:
    """What one should know first is the cause that explains the most."""
    assert headline(found) == "Unit changed: distance is × 1.609344, miles became kilometres"
    assert subline(found) == "Explains 60 of 60 changed cells of distance, 72.3 % of all changed cells"


def test_text_tells_causes_columns_and_cells(found: Difference) -> None:
    """Every cause, every changed column and an example of each kind stands in the text."""
    text = difference_text(found)

    assert "≠ Unit changed: distance is × 1.609344, miles became kilometres" in text
    assert "Category renamed: carrier FL → WN  20 of 20 changed cells of carrier" in text
    assert "No cause found for 3 cells of delay, gate" in text
    assert re.search(r"distance +float64 +[\d.]+ mean +[\d.]+ mean +60 +100 % +× 1\.609344", text)
    assert "1 column is equal" in text
    assert "60 → 60 rows · 0 added · 0 removed · 60 changed · 4 of 5 columns · 83 cells" in text


def test_equal_tables_are_told_in_one_line() -> None:
    """Nothing differs: that is said, and hardly more."""
    text = difference_text(compare(OLD, OLD, key="id", names=("a", "b")))

    assert "✓ Nothing differs\n  60 rows, 5 columns, the same cells" in text


def test_what_was_not_compared_is_told() -> None:
    """It stands in the text and on the page."""
    found = compare(OLD.head(0), OLD, key="id")

    assert "not compared\n  cells: before has no rows" in difference_text(found)
    assert "Not compared" in difference_page(found)


def test_the_page_is_self_contained_and_escaped(found: Difference) -> None:
    """Nothing is loaded from anywhere, and no cell becomes markup."""
    page = difference_page(found)

    assert not re.search(r"(?:src|href)=|@import|url\(", page)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_changed_columns_come_first_and_equal_ones_are_folded(found: Difference) -> None:
    """The most changed column stands first; equal columns wait in a fold."""
    page = difference_html(found)
    names = re.findall(r'<tr class="(same)?"><td class="mono el[^>]*title="(\w+)"', page)

    assert names == [("", "distance"), ("", "carrier"), ("", "delay"), ("", "gate"), ("same", "id")]
    assert page.index("1 column is equal") < page.index('title="id"')


def test_runs_of_one_dataset_share_a_title(found: Difference) -> None:
    """The name stands once, with both runs."""
    assert '<h1>flights</h1><span class="mono">@a90f → @c3d1</span>' in difference_page(found)


def test_a_picture_has_both_distributions(found: Difference) -> None:
    """Bars are after, the outline is before, on the same bins."""
    picture = overlay_svg(found["distance"])

    assert picture.count("<rect") >= 10
    assert picture.count("<path") == 1
    assert overlay_svg(found["gate"]) == ""


def test_cells_without_a_cause_are_told_by_column(found: Difference) -> None:
    """A column whose changes nothing explains says so."""
    assert short_cause(found["delay"]) == "no single cause"
    assert short_cause(found["gate"]) == "one cell"


def test_a_bag_of_rows_is_told() -> None:
    """Where rows cannot be paired, the headline tells how many stand on one side alone."""
    before = pd.DataFrame({"a": [1, 1, 2, 2, 3, 3] * 5})
    found = compare(before, pd.DataFrame({"a": [3, 2, 1, 1, 9] * 5}))

    assert headline(found) == "10 rows stand only before, 5 only after"
    assert "only before" in difference_text(found)


def test_added_and_removed_rows_are_shown() -> None:
    """The first of them stand in the text and on the page."""
    found = compare(OLD.iloc[[0, 2, 5, 8, 9]], OLD.iloc[[2, 5, 6, 8, 9]], key="id")

    assert headline(found) == "1 row added, 1 removed; no other row changed"
    assert "1 row added, the first\n  id=6, distance=" in difference_text(found)
    assert "Removed rows" in difference_page(found)


def test_changes_of_columns_alone_have_a_headline() -> None:
    """A renamed column is told by both names, a moved one by its places."""
    assert headline(compare(OLD, OLD.rename(columns={"delay": "late"}), key="id")) == "Column renamed: delay → late"
    moved = compare(OLD, OLD[["id", "carrier", "delay", "gate", "distance"]], key="id")
    assert headline(moved) == "Column moved: distance from place 2 to place 5"
    assert headline(compare(OLD, OLD.assign(new=1), key="id")) == "The columns changed: new is new, int64"


def test_a_record_shows_itself(found: Difference) -> None:
    """Printed it is text, below a cell it is HTML."""
    one = shown(found)

    assert str(one) == repr(one) == difference_text(found)
    assert one._repr_html_().startswith("<style>")
    assert one["distance"].changed == 60


def test_comparisons_of_a_whole_run_tell_what_differs() -> None:
    """Tables without a difference take one line together."""
    same = shown(compare(OLD, OLD, key="id", names=("a@1", "a@2")))
    other = shown(compare(OLD, OLD.assign(delay=1.0), key="id", names=("b@1", "b@2")))
    every = Comparisons((other, same), only_after=("c",))

    assert "✓ 1 table without a difference: a@2" in str(every)
    assert "only after: c" in str(every)
    assert every["b"] is other
    assert (every.differs, every.is_equal) == (True, False)
    with pytest.raises(KeyError):
        _ = every["z"]


@pytest.mark.parametrize(("share", "said"), [(0.0, "0 %"), (0.5, "50 %"), (0.0001, "< 0.1 %"), (0.9999, "> 99.9 %")])
def test_shares_never_round_to_nothing_or_all(share: float, said: str) -> None:
    """A share that is not all never reads as all."""
    assert percent(share) == said


def test_what_a_sample_explained_says_so(found: Difference) -> None:
    """When not every changed cell was looked at, the number of those that were is told."""
    from dataclasses import replace

    cause = replace(found.causes[0], looked_at=20)

    assert "(by 20 of them)" in explained_text(cause)
