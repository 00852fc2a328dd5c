"""Columns whose values are never shown."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path

import pandas as pd
import polars as pl
import pytest
from rich.console import Console

from nbops.checks.suite import judge_table
from nbops.checks.verdict import judge_value
from nbops.checks.vocabulary import check_class
from nbops.engine.cell.judging import Judge
from nbops.frames import masking as masking_module
from nbops.frames.masking import is_masked, masking
from nbops.frames.profile.coding import profile_to_json
from nbops.frames.profile.table import profile
from nbops.notebook.judge import instrument
from nbops.records import CheckResult, collecting
from nbops.rules.checking import check
from nbops.rules.hygiene import findings
from nbops.rules.suggest import suggest
from nbops.views.profile_page import profile_page
from nbops.views.profile_terminal import profile_view
from nbops.views.suggested_rules import suggestions_html, suggestions_view

FRAME = pd.DataFrame({"ssn": ["123-45-6789", "x"], "pay": [17_171.0, 4.0], "shop": ["Zermatt", "Zug"]})
CHECKS = [
    ("matches", ("ssn", "^[0-9]"), {}), ("max", ("pay",), {"high": 5}), ("between", ("pay", 0, 5), {}),
    ("between", ("pay", 0, 5), {"by": "shop"}), ("mean", ("pay",), {"high": 1, "by": "shop"}),
    ("contains_values", ("shop", ["Bern"]), {}), ("most_common_in", ("shop", ["Bern"]), {}),
    ("distinct_rows", (["shop"],), {}), ("unique", ("shop",), {}),
    ("keeps_rows", ("shop", FRAME.assign(shop="Visp")), {}),
    ("same_rows", (FRAME.assign(shop="Visp"),), {}), ("median", ("pay",), {"high": 1}), ("mode", ("pay",), {"high": 1}),
    ("same_totals", ("pay", FRAME.assign(pay=1.0), "shop"), {}), ("sum", ("pay",), {"high": 1}),
]  # fmt: skip


@pytest.mark.parametrize("make", [lambda frame: frame, pl.from_pandas], ids=["pandas", "polars"])
def test_no_value_of_a_masked_column_appears_anywhere(make: object) -> None:
    """Not among the failing rows, not as what was seen, not in the reason, not in the name of a group."""
    checks = [check_class(kind)(*args, **kwargs) for kind, args, kwargs in CHECKS]
    results = judge_table(make(FRAME), checks, masked=["ssn", "PAY", "sho*"])  # type: ignore[operator]
    told = "\n".join(f"{r.why} {r.observed} {r.examples}" for r in results)

    assert [
        word for word in ("123-45", "17171", "17,171", "17175", "17,175", "Zermatt", "Zug", "Visp") if word in told
    ] == []
    assert "•••" in told


def test_asserts_on_a_masked_column_show_no_value() -> None:
    """The failing rows of a plain mask are covered, too."""
    with masking("ssn"):
        verdict = judge_value(FRAME["ssn"].str.match("[0-9]"), [("orders.ssn", FRAME["ssn"]), ("orders", FRAME)])

    assert "•••" in str(verdict)
    assert "'x'" not in str(verdict.examples)


def test_masking_ends() -> None:
    """What was masked for a while is not masked after it."""
    with masking(["a"]):
        assert is_masked("A")

    assert not is_masked("a")


def test_an_error_shows_no_value_of_a_masked_column() -> None:
    """Libraries put the value at fault into their errors; of a masked column the reason is not told."""
    table = pd.DataFrame({"pay": ["17171", 4, None], "day": [1, 2, 3]})
    checks = [check_class("matches")("pay", "^[0-9]"), check_class("max")("pay", high=5)]
    told = str(judge_table(table, checks, masked=["pay"]))

    assert "17171" not in told
    assert "masked" in told


def test_what_was_usual_in_a_masked_column_is_not_told() -> None:
    """A check against a baseline names no value of it when it fails."""
    rule = check_class("usual_mix")("shop", values=["Zermatt"], seen=[1], of=[1000], risk=1e-4)
    table = pd.DataFrame({"shop": ["Zermatt"] * 500})

    assert "Zermatt" in str(judge_table(table, [rule]))
    assert "Zermatt" not in "".join(
        f"{r.why}{r.observed}{r.examples}" for r in judge_table(table, [rule], masked=["shop"])
    )


def _told_of(table: pd.DataFrame) -> str:
    """Return all that a profile, its findings and the rules from it show anywhere."""
    found = profile(table, name="t")
    wrong, rules = findings(found), suggest(table, name="t")
    screen = Console(file=io.StringIO(), width=300)
    screen.print(profile_view(found, wrong, is_verbose=True), suggestions_view(rules))
    page = profile_page(found, wrong)
    return "\n".join([
        profile_to_json(found), page[page.index("<body") :], suggestions_html(rules), rules.yaml(), str(wrong),
        repr(found), screen.file.getvalue(),  # type: ignore[attr-defined]
    ])  # fmt: skip


def test_a_profile_shows_no_value_of_a_masked_column() -> None:
    """Neither the page, the terminal, the findings, the JSON nor the rules that are proposed show one."""
    days = pd.to_datetime(["2013-07-04"] * 200 + ["2013-08-09"] * 200)
    pay = [17_171.5, 23_232.25] * 200
    table = pd.DataFrame({"shop": ["Zermatt", "ZERMATT", "Zug", "n/a"] * 100, "pay": pay, "day": days})
    words = ("Zermatt", "ZERMATT", "Zug", "17171", "17,171", "23232", "23,232", "2013-07-04", "2013-08-09")
    with masking("shop, pay, day"):
        told = _told_of(table)

    assert [word for word in words if word in told] == []
    assert [word for word in words if word not in _told_of(table)] == []


def test_the_settings_of_the_project_say_what_is_masked(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a script nobody reads the settings first, and what they name is covered all the same."""
    (project / "pyproject.toml").write_text('[tool.nbops]\nmasked = "ssn"\n')
    monkeypatch.setattr(masking_module, "_patterns", None)
    found = check(FRAME, [check_class("unique")("shop"), check_class("matches")("ssn", "^x")], masked=["pay"])

    assert "123-45" not in str(found.results)
    assert "17171" not in str(found.results)
    assert "Zermatt" in str(found.results)


@pytest.mark.parametrize(
    "test",
    [
        "assert kept.ssn.iloc[0] == 'y'",
        "assert kept.ssn.iloc[0] == kept['ssn'].iloc[1], 'alike'",
        "assert kept['pay'].max() < 10",
        "assert set(kept.ssn) == {'y'}",
        "assert list(kept.pay) == [1]",
        "assert 5 > kept.pay.max()",
        "assert kept.ssn.astype(int).sum()",
        "pd.testing.assert_series_equal(kept.pay, kept.pay + 1)",
        "pd.testing.assert_frame_equal(kept, kept.assign(pay=1.0, ssn='q'))",
        "expect(kept.pay.sum() < 5)",
    ],
)
def test_no_assert_tells_what_it_saw_of_a_masked_column(test: str) -> None:
    """What a test compares, and what a library says of it, is covered where the code names a masked column."""
    with masking("ssn,pay"):
        results = _judged(f"import pandas as pd\nfrom nbops import expect\n{test}", kept=FRAME)

    told = " ".join(f"{one.why} {one.observed} {one.allowed} {one.examples}" for one in results)
    assert [one.status.is_bad for one in results] == [True]
    assert not re.search("123-45|17171|17,171|'x'", told), told


def test_counts_of_a_masked_column_are_told() -> None:
    """How many values are missing tells none of them."""
    with masking("ssn"):
        (result,) = _judged("assert kept.ssn.isna().sum() == 1", kept=FRAME)

    assert (result.observed, result.why) == ("0", "kept.ssn.isna().sum() is 0")


def _judged(source: str, **names: object) -> tuple[CheckResult, ...]:
    module, table = instrument(ast.parse(source), source, "__rt__")
    judge = Judge(table)
    with contextlib.closing(_Collecting(judge)):
        try:
            exec(compile(module, "<cell>", "exec"), {**names, "__rt__": judge})
            judge.finish()
        except Exception as error:  # noqa: BLE001 - what stops the cell is not what is looked at
            judge.raised(error)
    return judge.results()


class _Collecting:
    def __init__(self, judge: Judge) -> None:
        self._token = collecting(judge)

    def close(self) -> None:
        """Let no test report to the judge any more."""
        self._token.var.reset(self._token)
