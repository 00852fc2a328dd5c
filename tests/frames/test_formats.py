"""Texts in known formats: judged by one test in a profile and in a rule, however long they are."""

from __future__ import annotations

import pandas as pd
import pytest

from nbops.checks.suite import judge_table
from nbops.frames.formats import FORMATS, is_well_formed
from nbops.frames.profile.table import profile
from nbops.frames.profile.texts import looks_like
from nbops.rules.suggest import suggest

HOSTILE = [
    "a@" + "a-" * 10_000, "1 " * 10_000 + "x", "http://" + "a." * 10_000, "[" * 20_000, " " * 20_000 + "x", "-" * 20_000
]  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_makes_a_format_search_for_ever(name: str) -> None:
    """The time grows with the length of the text, not with the ways to divide it."""
    assert [is_well_formed(text, name) for text in HOSTILE if name not in ("slug", "street")].count(True) == 0


@pytest.mark.parametrize(
    ("text", "look"), [("ada@math.c1", "email"), ("http://-", "url"), ("300.1.1.1", "ip address"), ("DE00 1", "iban")]
)
def test_what_a_rule_would_refuse_does_not_look_so(text: str, look: str) -> None:
    """What a profile says a column looks like is what a rule can demand of it."""
    assert look not in looks_like(text)


@pytest.mark.parametrize(
    "texts",
    [[f"ada{n}@math.c1" for n in range(300)], [f"A{n:03}\u00a0" for n in range(300)], ["\u00a0", "x"] * 150,
     [f"http://-{n}" for n in range(300)]],
)  # fmt: skip
def test_rules_that_are_proposed_hold_for_their_own_baseline(texts: list[str]) -> None:
    """Also where texts are odd: white space beyond ASCII, addresses that are nearly some."""
    table = pd.DataFrame({"t": texts})
    found = judge_table(table, suggest(table).checks)

    assert [f"{result.name}: {result.why}" for result in found if result.status != "passed"] == []
    assert profile(table).rows == 300
