"""Pages of tables with hundreds of columns: they stay small, and nothing of them is lost."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from nbops.frames.profile.table import Profile, profile
from nbops.rules.hygiene import findings
from nbops.rules.suggest import suggest
from nbops.rules.suggestion import Suggestions
from nbops.views.profile_page import profile_html
from nbops.views.suggested_rules import suggestions_html

COLUMNS, ROWS = 500, 400


class Texts(HTMLParser):
    """Collects the texts of a page, and how often each tag is opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: dict[str, int] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count the tag."""
        self.tags[tag] = self.tags.get(tag, 0) + 1

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.texts.append(data)


def wide(columns: int) -> pd.DataFrame:
    """Return a table of numbers, categories and texts in turn; one value looks like a tag."""
    rng = np.random.default_rng(0)
    kinds = (
        lambda: rng.normal(100, 15, ROWS).round(2),
        lambda: rng.choice(["<b>", "new", "paid"], ROWS),
        lambda: rng.integers(0, 9, ROWS),
    )
    return pd.DataFrame({f"c{at:03d}": kinds[at % 3]() for at in range(columns)})


@pytest.fixture(scope="module")
def proposed() -> Suggestions:
    """Return the rules of a table of 500 columns."""
    return suggest(wide(COLUMNS), name="wide")


@pytest.fixture(scope="module")
def seen() -> Profile:
    """Return the profile of a table of 500 columns."""
    return profile(wide(COLUMNS), name="wide")


def test_rules_of_one_kind_stand_together_where_there_are_many(proposed: Suggestions) -> None:
    """A line for each kind, which opens to every rule of it as it stands in the rule file."""
    page = Texts(suggestions_html(proposed))
    text = "".join(page.texts)

    assert len(proposed) > 1_000
    assert page.tags["details"] < 60
    assert [rule.yaml() for rule in proposed.rules if rule.yaml() not in text] == []
    assert "500 rules as: c000 is never null." in text


def test_few_rules_stand_apart(proposed: Suggestions) -> None:
    """Each is a line of its own, with what it rests on."""
    few = suggest(wide(6), name="few")

    assert Texts(suggestions_html(few)).tags["details"] == len(few)


def test_the_pages_of_500_columns_stay_below_a_megabyte(proposed: Suggestions, seen: Profile) -> None:
    """A notebook that shows both can still be opened and compared."""
    sizes = [len(suggestions_html(proposed)) // 1000, len(profile_html(seen, findings(seen))) // 1000]

    assert [size < limit for size, limit in zip(sizes, (300, 900), strict=True)] == [True, True], sizes


def test_a_wide_profile_shows_every_column_and_escapes_its_values(seen: Profile) -> None:
    """All bars of a column are one stroke; of its values the commonest are there, as text."""
    page = Texts(profile_html(seen, []))

    assert page.tags["path"] == COLUMNS
    assert {f"c{at:03d}" for at in range(COLUMNS)} <= set(page.texts)
    assert ("<b>" in page.texts, page.tags.get("b", 0)) == (True, 6)  # of the strip above
