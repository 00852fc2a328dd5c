"""``expect(table)``: the vocabulary as methods, judged at once outside a step."""

from __future__ import annotations

import inspect

import pandas as pd
import polars as pl
import pytest

from nbops.checks.chain import Chain
from nbops.checks.expect import expect
from nbops.checks.vocabulary import kinds
from nbops.errors import CheckFailed, UsageError

ORDERS = pd.DataFrame({"id": [1, 2, 2], "amount": [1.0, None, 5.0]})


def test_checks_that_hold_can_be_chained() -> None:
    """Every check returns what takes the next one."""
    chain = expect(ORDERS).between("amount", 0, 10).not_null("id").row_count(3, 3)

    assert isinstance(chain, Chain)


@pytest.mark.parametrize("table", [ORDERS, pl.from_pandas(ORDERS), pl.from_pandas(ORDERS).lazy()])
def test_a_check_that_fails_raises_at_once_outside_a_step(table: object) -> None:
    """Nothing after it happens, as after a failed assert."""
    with pytest.raises(CheckFailed, match="id is unique: 2 of 3 rows fail"):
        expect(table).unique("id").not_null("nowhere")


def test_a_check_that_only_warns_goes_on() -> None:
    """``severity="warn"`` never stops, given to the check or to all of them."""
    with pytest.warns(UserWarning, match="id is unique"):
        expect(ORDERS).unique("id", severity="warn").not_null("id")
    with pytest.warns(UserWarning, match="id is unique"):
        expect(ORDERS, severity="warn").unique("id")


def test_completion_offers_the_vocabulary() -> None:
    """Every check is listed, with its own documentation and arguments."""
    chain = expect(ORDERS)

    assert set(kinds()) <= set(dir(chain))
    assert "lies between *low* and *high*" in (inspect.getdoc(chain.between) or "")
    assert list(inspect.signature(chain.between).parameters)[:3] == ["column", "low", "high"]


def test_an_unknown_check_names_the_nearest() -> None:
    """A slip of the finger is told with what was meant."""
    with pytest.raises(UsageError, match="did you mean 'not_null'"):
        expect(ORDERS).not_nul("id")


def test_a_chain_can_be_looked_at_by_tools() -> None:
    """What asks whether an attribute is there gets an answer, not an error."""
    assert not hasattr(expect(ORDERS), "shape")
    assert repr(expect(ORDERS).not_null("id")) == "<expect: 1 checks>"


def test_arguments_that_do_not_fit_are_told_in_the_words_of_the_check() -> None:
    """The error names the check and how it is called."""
    with pytest.raises(UsageError, match="between has no argument 'lwo'") as told:
        expect(ORDERS).between("amount", lwo=0)
    with pytest.raises(UsageError, match="between: missing a required argument") as missing:
        expect(ORDERS).between()

    assert told.value.fix == "did you mean 'low'?"
    assert missing.value.fix == "between(column, low=None, high=None)"


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("between", ("amount", 10, 0), "low 10 is above high 0"),
        ("between", ("amount",), "neither a low nor a high"),
        ("between", ("amount", 0, "x"), "cannot be compared"),
        ("matches", ("amount", "("), "no regular expression"),
        ("in_set", ("amount", []), "an empty set"),
        ("format", ("amount", "emial"), "did you mean 'email'"),
        ("satisfies", ("__import__('os')",), "cannot stand in the expression"),
        ("satisfies", ("amount >",), "is no expression"),
        ("fresh", ("amount", "soon"), "is no duration"),
        ("foreign_key", ("id", "customers"), "the other table is str"),
        ("foreign_key", ("id", pd.DataFrame({"key": [1]})), "the other table has no column 'id'"),
        ("quantile", ("amount", 99, 0, 1), "a quantile of 99"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_judged(
    kind: str, arguments: tuple[object, ...], message: str
) -> None:
    """A check is refused where it is written, not where it is judged."""
    with pytest.raises(UsageError, match=message):
        getattr(expect(ORDERS), kind)(*arguments)


@pytest.mark.parametrize("allow", [-1, 1.5, True, "1"])
def test_a_tolerance_that_means_nothing_is_refused(allow: object) -> None:
    """A tolerance is a number of rows or a share of them."""
    with pytest.raises(UsageError, match=r"allow|share"):
        expect(ORDERS).not_null("amount", allow=allow)


def test_a_tolerance_is_a_number_of_rows_or_a_share() -> None:
    """One row of three may be null: as one row, and as 40 per cent."""
    expect(ORDERS).not_null("amount", allow=1).not_null("amount", allow=0.4)
    with pytest.raises(CheckFailed, match="allowed are 0 rows"):
        expect(ORDERS).not_null("amount", allow=0.3)


def test_what_is_no_table_takes_no_checks() -> None:
    """A column is told to be compared, or to be judged in its table."""
    with pytest.raises(UsageError, match="or a table"):
        expect(ORDERS.amount)
