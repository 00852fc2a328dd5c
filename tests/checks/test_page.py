"""The reference page of the checks is complete and current."""

from __future__ import annotations

from pathlib import Path

from nbops.checks.page import page
from nbops.checks.vocabulary import check_class, kinds

PAGE = Path(__file__).parent.parent.parent / "docs" / "checks.md"


def test_the_page_is_what_the_docstrings_make() -> None:
    """A check that changes changes the page: ``python -m nbops.checks.page > docs/checks.md``."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_check_says_what_it_does_why_and_shows_it() -> None:
    """Each has a heading, a reason and an example that is run as a doctest."""
    wanting = [
        kind
        for kind in kinds()
        if f"### `{kind}`" not in page()
        or "Why it matters:" not in (check_class(kind).__doc__ or "")
        or ">>> tried(" not in (check_class(kind).__doc__ or "")
    ]

    assert wanting == []
