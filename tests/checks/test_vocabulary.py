"""The table of all kinds, which knows them before they are imported."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import nbops.checks
from nbops.checks.vocabulary import BUILT_IN, OTHER_NAMES, check_class, kinds
from nbops.errors import UsageError

FOLDER = Path(nbops.checks.__file__).parent


def test_the_table_names_every_kind_where_it_is_written() -> None:
    """A check that is written joins the table, in the module that it stands in and in its order."""
    written = {
        path.stem: tuple(found)
        for path in FOLDER.glob("*.py")
        if (found := re.findall(r'^@check\("(\w+)"\)$', path.read_text(encoding="utf-8"), re.M))
    }

    assert written == BUILT_IN


def test_knowing_the_names_imports_no_kind() -> None:
    """A module of kinds is imported when one of them is asked for."""
    code = (
        "import sys; from nbops.checks.vocabulary import kinds, check_class; "
        "kinds(); print('nbops.checks.values' in sys.modules); check_class('between'); "
        "print('nbops.checks.values' in sys.modules, 'nbops.checks.dates' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert told.split() == ["False", "True", "False"]


def test_an_unknown_kind_names_the_nearest() -> None:
    """Also one of a module that nobody has asked for yet."""
    with pytest.raises(UsageError, match="functional_dependency"):
        check_class("functional_dependancy")


def test_there_are_many_kinds() -> None:
    """All of the table can be had."""
    assert [kind for kind in kinds() if check_class(kind).kind != kind] == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("one_of", "'in_set'"),
        ("isin", "'in_set'"),
        ("accepted_values", "'in_set'"),
        ("no_nulls", "'not_null'"),
        ("expect_column_values_to_be_between", "'between'"),
        ("expect_column_values_to_not_be_null", "'not_null'"),
        ("col_vals_regex", "'matches'"),
        ("ge", "'at_least'"),
        ("uniqe", "'unique'"),
        ("zzz", "TAB"),
    ],
)
def test_words_of_other_tools_are_understood(typed: str, meant: str) -> None:
    """Who types what pandas, SQL or another tool calls it is told the check, never an alphabet of all of them."""
    with pytest.raises(UsageError) as error:
        check_class(typed)

    assert meant in error.value.fix
    assert len(error.value.fix) < 100


def test_every_word_of_other_tools_leads_to_a_check() -> None:
    """No hint names a check that there is not, and none is about a word that is a check itself."""
    assert set(OTHER_NAMES) <= set(kinds())
    assert not {word for words in OTHER_NAMES.values() for word in words.split()} & set(kinds())
