"""What texts of several countries mean, and what is advised of them: numbers, money, postal codes, telephones."""

from __future__ import annotations

import random

import pandas as pd
import pytest

from nbops.frames.profile.table import ColumnProfile, profile
from nbops.frames.profile.texts import looks_like
from nbops.frames.semantic import meaning_of
from nbops.rules.hygiene import findings

DRAW = random.Random(8)


def texts(pattern: str, rows: int = 400) -> list[str]:
    """Return texts by a pattern: 9 stands for a digit, A for a capital, what else stands there for itself."""
    signs = {"9": "123456789", "A": "ABCDEGHJK"}
    return ["".join(DRAW.choice(signs.get(sign, sign)) for sign in pattern) for _ in range(rows)]


def column(values: list[str], name: str = "x") -> ColumnProfile:
    """Return the profile of one column."""
    return profile(pd.DataFrame({name: values})).columns[0]


@pytest.mark.parametrize(("pattern", "meant"), [
    ("99,99", "measure"), ("9.999,99", "measure"), ("€ 99,99", "measure"), ("9,999.99 USD", "measure"),
    ("AA9 9AA", "code"), ("A9A 9A9", "code"), ("9999 AA", "code"), ("99-999", "code"), ("999-9999", "code"),
    ("(999) 999-9999", "phone"), ("+49 99 999999", "phone"), ("09 99 99 99 99", "phone"), ("9.9.1999", "date of event"),
])  # fmt: skip
def test_texts_of_several_countries(pattern: str, meant: str) -> None:
    """No country's way of writing is taken for granted."""
    assert str(meaning_of(column(texts(pattern))).type) == meant


@pytest.mark.parametrize(("pattern", "what", "fix"), [
    ("9.999,99", "numbers stored as text, with a decimal comma", "pd.to_numeric"),
    ("9,999", "numbers stored as text, with commas between thousands", ".str.replace(',', '')"),
    ("99,99 €", "amounts of money with their currency in the cell", "is their comma a point?"),
    ("29.9.2024", "dates stored as text", "format='%d.%m.%Y'"),
])  # fmt: skip
def test_what_mends_them(pattern: str, what: str, fix: str) -> None:
    """Numbers and dates in text are told with what makes numbers and dates of them."""
    table = pd.DataFrame({"x": texts(pattern)})
    (found,) = [one for one in findings(profile(table)) if one.what == what]

    assert fix in found.fix
    if found.fix.startswith("df['x'] = "):
        scope = {"df": table, "pd": pd}
        exec(found.fix, scope)
        assert table["x"].dtype.kind in "fiM"


def test_postal_codes_that_were_read_as_numbers() -> None:
    """Codes of different lengths in a column named as postal codes lost their zeros; kept as text they are right."""
    lost, kept = pd.DataFrame({"PLZ": [1067, 99998] * 50}), pd.DataFrame({"PLZ": ["01067", "99998"] * 50})

    assert any("they lost their zeros" in one.what for one in findings(profile(lost)))
    assert [one.what for one in findings(profile(kept)) if "number" in one.what] == []


def test_a_weight_is_no_postal_code() -> None:
    """Four digits and two capitals are a Dutch code; with small letters they are a weight."""
    assert (looks_like("1234 AB"), looks_like("1234 kg")) == (["postal code"], ["number with unit"])
