"""Rules go to other tools and come back saying the same; what cannot be said there is listed."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from nbops.checks.aggregates import Mean, Std, Sum
from nbops.checks.completeness import NotNull, NullShare, Unique
from nbops.checks.dates import Fresh
from nbops.checks.model import Check, RowCheck
from nbops.checks.relations import Satisfies
from nbops.checks.schema import Dtype, RowCount
from nbops.checks.suite import judge_table
from nbops.checks.values import Between, InSet, Positive
from nbops.checks.vocabulary import check_class
from nbops.doors.cli import main
from nbops.errors import UsageError
from nbops.frames.tables import is_frame
from nbops.integrations.canonical import canonical, parts_of
from nbops.integrations.exchange import FORMATS, export_rules, import_rules
from nbops.records import Status
from nbops.rules.reading import rules_in
from nbops.rules.rule import rule_of
from tests.checks.test_conformance import NUMBERS, ROWS, TABLE

FRAME = TABLE.to_pandas()
CHECKS = [check_class(kind)(*args, **kwargs) for kind, args, kwargs in [*(row[:3] for row in ROWS), *NUMBERS]]
SINGLE = [check for check in CHECKS if not any(is_frame(getattr(check, f.name)) for f in dataclasses.fields(check))]
MORE = [Fresh("at", "24h"), Dtype("key", "int64"), Mean("net", low=0), Std("net", high=9), Sum("net", high=99)]
MORE += [RowCount(1, 9), NullShare("amount", 0.4, 0.4)]
# what each format has words for, of the plainest kinds
KNOWN = {
    "gx": {"not_null", "between", "above", "below", "in_set", "not_in_set", "matches", "not_matches", "length",
           "unique", "format", "compare", "row_count", "column_count", "has_columns", "dtype", "null_share",
           "quantile", "min",
           "max", "mean", "median", "sum", "std", "distinct_count"},
    "pandera": {"not_null", "unique", "between", "above", "below", "in_set", "not_in_set", "matches", "not_matches",
                "length", "dtype", "has_columns", "distinct_columns"},
    "pointblank": {"not_null", "between", "above", "below", "in_set", "not_in_set", "matches", "not_matches", "format",
                   "compare", "unique", "row_count", "column_count", "has_columns", "null_share", "sum", "mean", "std"},
    "dbt": {"not_null", "null_share", "unique", "in_set", "not_in_set", "between", "above", "below", "matches",
            "not_matches", "length", "satisfies", "compare", "row_count", "column_count", "has_columns", "fresh",
            "quantile", "min", "max", "mean", "median", "sum", "std", "distinct_count"},
}  # fmt: skip
KNOWN["pandera-py"] = KNOWN["pandera"]


def verdict(check: Check) -> tuple[Any, ...]:
    """Return what *check* says of a table with nulls, NaN and infinities."""
    (result,) = judge_table(FRAME, [check])
    return result.status, result.failing, result.why


def back(text: str, kind: str) -> list[Check]:
    """Return the checks that come back."""
    found = import_rules(text, source=kind)
    assert found.left == ()
    return [rule.check for rule in found.rules]


def one_of_its_parts_says_the_same(check: Check, found: list[Check]) -> bool:
    """Return whether the parts came back, and one of them fails exactly when *check* does."""
    parts = [verdict(canonical(one)) for one in parts_of(check)]
    back_again = [verdict(canonical(one)) for one in found]
    is_bad = any(status is Status.FAILED for status, *_ in parts)
    return all(part in back_again for part in parts) and is_bad == (verdict(check)[0] is Status.FAILED)


@pytest.mark.parametrize("kind", sorted(FORMATS))
@pytest.mark.parametrize("check", SINGLE, ids=lambda check: rule_of(check).text)
def test_a_rule_that_goes_there_comes_back_with_the_same_verdict(check: Check, kind: str) -> None:
    """Every check of the vocabulary is carried both ways, or listed with the reason; none just disappears."""
    done = export_rules([rule_of(check)], kind, name="orders")
    if done.left:
        ((rule, why),) = [(one.what, one.why) for one in done.left]
        assert rule == rule_of(check).text
        assert why
        return
    if len(parts_of(check)) > 1:
        assert one_of_its_parts_says_the_same(check, back(done.text, kind))
        return
    same = [found for found in back(done.text, kind) if canonical(found).kind == canonical(check).kind]

    assert done.carried == 1
    assert verdict(check) in [verdict(found) for found in same]


@pytest.mark.parametrize("kind", sorted(KNOWN))
def test_every_kind_that_both_sides_know_is_carried(kind: str) -> None:
    """The list of what a format has words for is kept: a kind that is lost is seen here."""
    carried = {canonical(check).kind for check in [*SINGLE, *MORE] if not export_rules([rule_of(check)], kind).left}

    assert KNOWN[kind] - carried == set()


@pytest.mark.parametrize("kind", ["gx", "pandera", "pointblank", "dbt"])
def test_what_the_clock_says_today_is_not_written_down(kind: str) -> None:
    """Tomorrow the rule means another moment, and the file would still say today's."""
    check = check_class("not_future")("at")

    assert canonical(check) is check
    assert export_rules([rule_of(check)], kind).left[0].what == "not_future: at"


@pytest.mark.parametrize("values", [("2025-01-01",), (dt.date(2025, 1, 1),)])
def test_dates_in_a_set_do_not_go_where_they_would_be_text(values: tuple[object, ...]) -> None:
    """A forbidden date would never be found there: the rule would always pass."""
    assert export_rules([rule_of(check_class("not_in_set")("day", values))], "gx").carried == 0


def test_a_contract_carries_everything() -> None:
    """What the standard's library lacks goes as a check of the engine nbops, and comes back as it was."""
    rules = [rule_of(check) for check in SINGLE]
    done = export_rules(rules, "odcs")

    assert (done.carried, done.left) == (len(rules), ())


NAMES = st.sampled_from(["id", "amount", "Odd Name!", "text"])
NUMBER = st.integers(-1000, 1000) | st.floats(-1e6, 1e6, allow_nan=False)
BARE = st.one_of(
    st.builds(NotNull, NAMES),
    st.builds(lambda n, a, b: Between(n, min(a, b), max(a, b)), NAMES, NUMBER, NUMBER),
    st.builds(lambda n, v: InSet(n, tuple(v)), NAMES, st.lists(st.text(max_size=6), min_size=1, max_size=4)),
    st.builds(lambda n, v: InSet(n, tuple(v)), NAMES, st.lists(st.integers(), min_size=1, max_size=4)),
    st.builds(Positive, NAMES),
    st.builds(lambda n: Unique((n,)), NAMES),
)


@settings(max_examples=60, deadline=None)
@given(rules=st.lists(BARE, min_size=1, max_size=6), kind=st.sampled_from(sorted(FORMATS)))
def test_what_is_carried_and_what_is_left_add_up(rules: list[RowCheck], kind: str) -> None:
    """Every rule is in one of the two, and those that went come back."""
    given_rules = [rule_of(check) for check in rules]
    done = export_rules(given_rules, kind)
    found = {rule_of(canonical(check)).text for check in back(done.text, kind)}
    left = {one.what for one in done.left}
    went = {rule_of(canonical(rule.check)).text for rule in given_rules if rule.text not in left}

    assert done.carried + len(done.left) == len(rules)
    assert went - found == set()


@pytest.mark.parametrize("kind", ["gx", "dbt", "odcs", "pointblank", "pandera"])
def test_severity_goes_and_comes_back(kind: str) -> None:
    """What only warns here only warns there."""
    check = Between("amount", 0, 10, severity="warn")

    assert [
        canonical(one) for one in back(export_rules([rule_of(check)], kind).text, kind) if one.kind == "between"
    ] == [check]


@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("gx", NotNull("amount", allow=0.25)),
        ("pointblank", NotNull("amount", allow=3)),
        ("dbt", NotNull("amount", allow=3, where="id > 3")),
        ("odcs", NotNull("amount", allow=7)),
        ("odcs", NotNull("amount", allow=0.25, name="phones")),
    ],
)
def test_tolerances_go_where_the_other_side_has_them(kind: str, check: Check) -> None:
    """Shares, numbers of rows and restrictions come back as they were."""
    (found,) = back(export_rules([rule_of(check)], kind).text, kind)

    assert verdict(check) == verdict(found)
    assert (check.allow, check.name) == (found.allow, found.name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", ["gx", "pandera", "pointblank"])
def test_a_tolerance_that_is_not_known_there_is_listed(kind: str) -> None:
    """A rule is not carried without its restriction: it would judge other rows."""
    done = export_rules([rule_of(NotNull("amount", where="id > 3"))], kind)

    assert (done.carried, len(done.left)) == (0, 1)


def test_expressions_go_as_sql_and_come_back() -> None:
    """Both mean the same to the table."""
    check = Satisfies("net + tax == gross or state in ['paid'] and not `Odd Name!` is None")
    done = export_rules([rule_of(check)], "dbt")
    (found,) = back(done.text, "dbt")

    assert "((net + tax) = gross)" in done.text
    assert verdict(check) == verdict(found)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (
            {"expectations": [{"type": "expect_column_kl_divergence_to_be_less_than", "kwargs": {"column": "a"}}]},
            "gx",
            "kl_div",
        ),
        ({"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "a", "x": 1}}]}, "gx", "x=1"),
        ({"steps": [{"col_vals_expr": {"expr": "pl.col('a') > 1"}}]}, "pointblank", "expr"),
        ({"schema_type": "dataframe", "checks": {"f": 1}}, "pandera", "f"),
        ({"models": [{"name": "a", "data_tests": [{"my_test": {"x": 1}}]}]}, "dbt", "my_test"),
        (
            {"kind": "DataContract", "schema": [{"name": "a", "quality": [{"type": "sql", "query": "x"}]}]},
            "odcs",
            "sql",
        ),
        ({"expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {}}]}, "gx", "between"),
        ({"expectations": [7]}, "gx", "the rest"),
    ],
)
def test_what_nbops_has_no_words_for_is_listed(text: Any, kind: str, said: str) -> None:
    """Nothing of a foreign file is dropped silently, and one odd thing does not spoil the others."""
    found = import_rules(json.dumps(text), source=kind)

    assert found.rules == ()
    assert said in found.left[0].what
    assert found.left[0].why


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_the_format_of_a_file_is_found_out(kind: str) -> None:
    """Each format is told from what stands in it."""
    text = export_rules([rule_of(NotNull("id"))], kind, name="orders").text
    found = import_rules(text, where="schema.py" if kind == "pandera-py" else "file.yml")

    assert "not_null: id" in [rule.text for rule in found.rules]


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ("a: &x [1]\nb: *x", "rules.yml", "references"),
        ("!!python/object/apply:os.system ['true']", "rules.yml", "no YAML|cannot be read"),
        ("{", "suite.json", "no JSON"),
        ("steps: [", "pb.yml", "no YAML"),
        ("a: 1", "a.yml", "not known"),
        ("def f(: pass", "a.py", "no Python"),
        ("x = 1", "a.py", "makes no DataFrameSchema"),
        ("s = DataFrameSchema({open('f').read(): Column(int)})", "a.py", "is code, which is not run"),
    ],
)
def test_a_file_that_cannot_be_read_says_so(text: str, where: str, message: str) -> None:
    """Bombs, tags and broken files end in one error each; no code is run."""
    with pytest.raises(UsageError, match=message):
        import_rules(text, where=where)


def test_a_check_of_pandera_that_is_code_is_told_and_the_others_are_read() -> None:
    """Nothing is run; dates are values all the same."""
    code = (
        "s = DataFrameSchema({'a': Column(int, [Check(lambda s: s > 0), Check.isin(open('f')), Check.ge(1)]),\n"
        " 'd': Column(None, Check.isin([datetime.date(2025, 1, 1)]), nullable=True)})"
    )
    found = import_rules(code, where="schema.py")

    assert len(found.left) == 2
    assert {"at_least: {column: a, low: 1}", "in_set: {column: d, values: [2025-01-01]}"} <= {
        r.text for r in found.rules
    }


def test_a_model_of_pandera_is_read_from_its_code() -> None:
    """Classes are schemas too."""
    code = (
        "import pandera.pandas as pa\nfrom pandera.typing import Series\n"
        "class Orders(pa.DataFrameModel):\n    id: Series[int] = pa.Field(ge=1, unique=True)\n"
        "    state: Series[str] = pa.Field(isin=['a', 'b'], nullable=True)\n    class Config:\n        strict = True\n"
    )
    found = {rule.text for rule in import_rules(code, where="schema.py").rules}

    assert found >= {"at_least: {column: id, low: 1}", "unique: id", "not_null: id", "dtype: {column: id, type: int64}"}
    assert "in_set: {column: state, values: [a, b]}" in found


# ── the command line ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with rules for a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "customers.csv").write_text("id\n1\n")
    (tmp_path / "rules" / "sales").mkdir(parents=True)
    (tmp_path / "rules" / "sales" / "orders.yml").write_text(
        "dataset: orders\nrules:\n  # the key\n  - not_null: id\n  - whole_number: {column: id, severity: warn}\n"
        "  - foreign_key: {columns: customer, other: ../../customers.csv, there: id}\n"
    )
    return tmp_path


def command(*arguments: str) -> Result:
    """Run ``nbops rules``."""
    return CliRunner().invoke(main, ["rules", *arguments])


def test_rules_alone_lists_the_files(folder: Path) -> None:
    """Datasets with how many rules they have; -v tells each."""
    (folder / "rules" / "broken.yml").write_text("rules:\n  - not_nul: id\n")
    done = command("-v")

    assert (done.exit_code, "sales/orders  3 rules, 1 of them only warn" in done.stdout) == (2, True)
    assert "broken        unknown check 'not_nul'" in done.stdout
    assert "    foreign_key: {columns: customer, other: '../../customers.csv', there: id}" in done.stdout


def test_an_empty_list_names_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wonders which folder was read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()

    assert f"no rules in {tmp_path / 'rules'}" in command().output


def test_export_lists_what_is_left_on_standard_error(folder: Path) -> None:
    """Standard output is the file; --strict makes what is left an exit code."""
    done = command("export", "rules/sales/orders.yml", "--format", "gx", "--strict")

    assert json.loads(done.stdout)["name"] == "orders"
    assert done.exit_code == 1
    assert "2 not carried:\n  whole_number: {column: id, severity: warn}\n    Great Expectations has no" in done.stderr


def test_a_foreign_key_is_a_relationship_of_dbt(folder: Path) -> None:
    """The other table's file names the model; coming back, what to write is told."""
    command("export", "rules/sales/orders.yml", "--format", "dbt", "-o", "schema.yml")
    (model,) = yaml.safe_load((folder / "schema.yml").read_text())["models"]
    tests = {column["name"]: column["data_tests"] for column in model["columns"]}

    assert tests["customer"] == [{"relationships": {"arguments": {"to": "ref('customers')", "field": "id"}}}]
    assert "foreign_key: {columns: customer, other: customers.csv, there: id}" in command("import", "schema.yml").stderr


def test_import_adds_to_a_rule_file_and_keeps_its_comments(folder: Path) -> None:
    """What is there stays as it is, line by line."""
    suite = {
        "expectations": [{"type": "expect_column_values_to_not_be_null", "kwargs": {"column": c}} for c in ("id", "a")]
    }
    (folder / "suite.json").write_text(json.dumps(suite))
    before = (folder / "rules" / "sales" / "orders.yml").read_text()
    done = command("import", "suite.json", "-o", "rules/sales/orders.yml")

    assert (folder / "rules" / "sales" / "orders.yml").read_text() == before + "  - not_null: a\n"
    assert "2 rules carried, 1 of them new" in done.stderr


def test_imported_rules_are_a_rule_file(folder: Path) -> None:
    """What is printed can be read again."""
    done = command("export", "rules/sales/orders.yml", "--format", "odcs")
    (folder / "contract.yml").write_text(done.stdout)
    text = command("import", "contract.yml", "--dataset", "orders").stdout

    assert [rule.check.kind for rule in rules_in(text)][:1] == ["not_null"]


def test_a_broken_file_is_a_usage_error(folder: Path) -> None:
    """Exit code 4, with the place."""
    (folder / "suite.json").write_text("{")
    done = command("import", "suite.json")

    assert (done.exit_code, "suite.json:1:2" in done.stderr) == (4, True)


def test_frames_of_other_tables_cannot_be_written() -> None:
    """A rule about a frame in memory has no text."""
    with pytest.raises(UsageError, match="has no name"):
        rule_of(check_class("foreign_key")("id", pd.DataFrame({"id": [1]})))


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_fresh_process_reads_what_it_wrote(tmp_path: Path, kind: str) -> None:
    """Kinds of checks are loaded when they are needed: a program that has used none yet knows them all the same."""
    (tmp_path / "orders.yml").write_text("rules:\n- between: {column: amount, low: 0, high: 9}\n", encoding="utf-8")
    there = tmp_path / f"there.{'py' if kind == 'pandera-py' else 'json' if kind == 'gx' else 'yml'}"
    nbops = [sys.executable, "-m", "nbops.doors.cli", "rules"]
    subprocess.run([*nbops, "export", "orders.yml", "-f", kind, "-o", str(there)], cwd=tmp_path, check=True)
    done = subprocess.run([*nbops, "import", str(there)], cwd=tmp_path, check=True, capture_output=True, text=True)

    assert "between: {column: amount, low: 0, high: 9" in done.stdout


def test_a_schema_in_python_is_known_whatever_its_file_is_called(folder: Path) -> None:
    """What it imports tells its format; nothing of it is run."""
    text = command("export", "rules/sales/orders.yml", "--format", "pandera-py").stdout
    (folder / "schema.txt").write_text(text)
    done = command("import", "schema.txt")

    assert (text.startswith("import pandera"), done.exit_code) == (True, 0)
    assert "rules:" in done.stdout


def test_dbt_is_told_of_no_column_whose_rules_cannot_be_carried() -> None:
    """An empty list of tests would look like one that somebody forgot to fill."""
    rules = rules_in("rules:\n  - not_null: id\n  - between: {column: a, low: 1, allow: 1% at 0.01}\n")
    model = yaml.safe_load(export_rules(rules, "dbt", name="orders").text)["models"][0]

    assert model["columns"] == [{"name": "id", "data_tests": ["not_null"]}]


def test_what_a_tool_does_not_know_is_told_in_the_words_of_rule_files() -> None:
    """A list is written as one."""
    (left,) = export_rules(rules_in("rules:\n  - not_null: {column: id, by: [day]}\n"), "gx", name="orders").left

    assert left.why == "Great Expectations knows no by: ['day']"


@pytest.mark.parametrize(
    ("to", "carried"), [("gx", '"mostly": 0.992'), ("dbt", "error_if: '>8'"), ("pandera", "nullable: false")]
)
def test_a_tolerance_of_a_baseline_is_carried_as_what_it_is_there(to: str, carried: str) -> None:
    """A suggested rule goes to each tool with the plainest tolerance that it knows, and the export says so."""
    done = export_rules([rule_of(NotNull("id", usual="rate(0, 1000) risk 1e-3"))], to)

    assert (done.carried, done.left) == (1, ())
    assert "computes no tolerance from a baseline" in done.remarks[-1].why
    assert carried in done.text


def test_a_contract_keeps_the_tolerance_itself() -> None:
    """ODCS has room for rules in our own words, so nothing is lost there."""
    rule = rule_of(NotNull("id", usual="rate(3, 1000) risk 0.001"))
    done = export_rules([rule], "odcs")

    assert import_rules(done.text).rules[0].check == rule.check
    assert done.remarks == ()


def test_a_range_that_no_tool_may_hold_strictly_is_listed() -> None:
    """Where a tool knows no tolerance, the extremes of a sample are no bounds: that rule stays behind."""
    done = export_rules([rule_of(Between("x", 1, 9, usual="bounds(1000) risk 1e-3"))], "pandera")

    assert (done.carried, len(done.left)) == (0, 1)
