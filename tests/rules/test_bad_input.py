"""Whatever is wrong with rules or tables is one clear error; the other checks go on, and the process lives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import nbops
from nbops.checks.values import InSet
from nbops.doors.cli import main
from nbops.errors import NbopsError, UsageError
from nbops.records import Status
from nbops.rules.reading import rules_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with a table."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").touch()
    pd.DataFrame({"id": range(1000), "amount": np.arange(1000) / 7, "name": "x"}).to_parquet("orders.parquet")
    (tmp_path / "orders.csv").write_text("id,amount,name\n1,5,a\n2,6,b\n")
    return tmp_path


def judged(rules: str, table: str = "orders.csv") -> Result:
    """Run ``nbops check`` with these rules."""
    Path("rules.yml").write_text("rules:\n" + rules, encoding="utf-8")
    return CliRunner().invoke(main, ["check", table, "--rules", "rules.yml", "--json"])


@pytest.mark.parametrize("table", ["orders.csv", "orders.parquet"])
def test_a_missing_column_is_one_error_and_the_others_are_judged(folder: Path, table: str) -> None:
    """Of twenty rules on it, one says so with the nearest name; the rest are skipped, not repeated."""
    rules = "".join(f"- between: {{column: amuont, low: {n}}}\n" for n in range(20)) + "- not_null: id\n"
    done = judged(rules, table)
    results = json.loads(done.stdout)["results"]
    statuses = [result["status"] for result in results]

    assert (done.exit_code, statuses.count("error"), statuses.count("skipped"), statuses[-1]) == (2, 1, 19, "passed")
    assert "no column 'amuont'; did you mean 'amount'?" in results[0]["why"]


def test_a_wrong_type_is_an_error_of_that_rule_alone(folder: Path) -> None:
    """Numbers are not compared with text, nor text matched in numbers."""
    wrong = ["between: {column: name, low: 0}", "matches: {column: amount, pattern: x}", "mean: {column: name, low: 1}"]
    done = judged("".join(f"- {rule}\n" for rule in [*wrong, "not_future: name", "not_null: id"]))
    results = json.loads(done.stdout)["results"]

    assert [result["status"] for result in results] == ["error"] * 4 + ["passed"]
    assert all("could not be judged" in result["why"] for result in results[:4])
    assert done.exit_code == 2


@pytest.mark.parametrize(
    ("rule", "place", "message", "fix"),
    [
        ("- matches: {column: name, pattern: '['}", "rules.yml:2:3", "no regular expression", "backslash"),
        ("- between: {column: id, low: 5, high: 1}", "rules.yml:2:3", "low 5 is above high 1", "low=1, high=5"),
        ("- between: {column: id, low: a, high: 1}", "rules.yml:2:3", "cannot be compared", "one type"),
        ("- not_null: id\n- uniqe: id", "rules.yml:3:3", "unknown check 'uniqe'", "did you mean 'unique'"),
        ("- between: {column: id, lo: 1}", "rules.yml:2:25", "no argument 'lo'", "did you mean 'low'"),
        ("- in_set: {column: id, values: []}", "rules.yml:2:3", "empty set", "values"),
        ("- not_null: {column: id, allow: 1.5}", "rules.yml:2:3", "more than all", "0.01"),
        ("- not_null: {column: id, severity: fatal}", "rules.yml:2:3", "unknown severity", "'warn'"),
        ("- not_null: {column: id, where: 'import os'}", "rules.yml:2:3", "no expression", "write it as"),
        ('- satisfies: \'__import__("os").system("true")\'', "rules.yml:2:3", "cannot stand", "write it as"),
        ("- fresh: {column: id, max_age: soon}", "rules.yml:2:3", "soon", ""),
        ("- not_null: !!python/name:os.system", "rules.yml:2:13", "has no place", "remove"),
        ("- <<: {not_null: id}", "rules.yml:2:3", "unknown check '<<'", ""),
        ("- not_null: {? [a, b] : id}", "rules.yml:2:", "must be a word", ""),
    ],
)
def test_what_cannot_be_meant_says_where_and_how_to_mend_it(
    folder: Path, rule: str, place: str, message: str, fix: str
) -> None:
    """File, line and column; exit code 4; nothing was judged."""
    done = judged(rule)
    error = json.loads(done.stdout)["error"]

    assert done.exit_code == 4
    assert place in error["where"]
    assert message in error["what"]
    assert fix in error["fix"]


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(40)),
        "rules: " + "[" * 5000,
        "rules:\n- in_set: {column: a, values: " + "[" * 3000 + "]" * 3000 + "}",
        "rules: !!python/object/new:os.system ['true']",
        "rules:\n- not_null: id\n---\nrules: []\n",
        "\x00",
        "rules:\n\t- not_null: id",
    ],
    ids=["bomb", "unclosed", "deep", "object", "two documents", "binary", "tab"],
)
def test_hostile_files_are_refused(text: str) -> None:
    """References, depth, tags, several documents and bytes end in one usage error."""
    with pytest.raises(UsageError) as caught:
        rules_of(text)

    assert len(str(caught.value)) < 2000


def test_a_file_that_is_too_large_is_not_read(folder: Path) -> None:
    """Five megabytes of rules are a mistake."""
    done = judged("- in_set: {column: id, values: [" + ", ".join(map(str, range(900_000))) + "]}\n")

    assert (done.exit_code, "larger than 5,000,000 bytes" in done.output) == (4, True)


def test_a_long_set_in_a_file_is_read(folder: Path) -> None:
    """A hundred thousand values are."""
    done = judged("- in_set: {column: id, values: [" + ", ".join(map(str, range(100_000))) + "]}\n", "orders.parquet")

    assert (done.exit_code, len(done.stdout) < 5_000) == (0, True)


def test_a_million_values_in_a_set_are_judged_and_told_shortly() -> None:
    """The verdict holds the first values and no more."""
    table = pd.DataFrame({"id": np.arange(1_000_000) + 3})
    done = nbops.check(table, [InSet("id", range(1_000_000)), InSet("id", map(str, range(1_000_000)))], name="t")  # type: ignore[arg-type]

    assert [result.failing for result in done.results] == [3, 1_000_000]
    assert all(len(result.message) + len(result.why) < 300 for result in done.results)


def test_a_parquet_file_that_was_cut_off_is_an_error(folder: Path) -> None:
    """Not a usage error: the file is meant, and cannot be judged."""
    data = Path("orders.parquet").read_bytes()
    Path("cut.parquet").write_bytes(data[: len(data) // 2])
    done = judged("- not_null: id\n", "cut.parquet")

    assert (done.exit_code, "no table can be read" in done.output) == (2, True)


def test_a_parquet_file_with_a_broken_middle_is_an_error_and_never_passed(folder: Path) -> None:
    """Its end is there, and tells of columns whose pages are not."""
    data = bytearray(Path("orders.parquet").read_bytes())
    data[4:400] = b"\xff" * 396
    Path("odd.parquet").write_bytes(bytes(data))
    done = judged("- not_null: id\n- between: {column: amount, low: 0}\n", "odd.parquet")

    assert done.exit_code == 2


def test_a_csv_file_that_ends_in_bytes_is_an_error(folder: Path) -> None:
    """Half of it is text."""
    Path("odd.csv").write_bytes(b"id,name\n1,a\n" + b"\xff\xfe\x00" * 50)

    assert judged("- not_null: id\n", "odd.csv").exit_code == 2


def test_a_lazy_table_that_raises_halfway_is_an_error_of_every_rule() -> None:
    """What computes the rows fails in the middle: nothing passes, and the reason is told once."""

    def broken(frame: pl.DataFrame) -> pl.DataFrame:
        raise RuntimeError("the connection was lost")

    table = pl.LazyFrame({"id": [1, 2]}).map_batches(broken)
    done = nbops.check(table, rules_of("rules:\n- not_null: id\n- unique: id\n- row_count: {low: 1}"), name="t")

    assert done.status is Status.ERROR
    assert not any(result.status is Status.PASSED for result in done.results)
    assert "the connection was lost" in done.results[0].why


def test_what_is_no_table_says_so() -> None:
    """A generator of rows is none."""
    with pytest.raises(UsageError, match=r"no table|generator"):
        nbops.check((row for row in ()), rules_of("rules:\n- not_empty"))


def test_one_broken_cell_harms_its_column_alone() -> None:
    """An object that cannot be compared, in a column of objects."""

    class Odd:
        """Cannot be compared."""

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("never compare me")

        __hash__ = None  # type: ignore[assignment]

    table = pd.DataFrame({"odd": [1, Odd(), "x"], "id": [1, 2, 3]})
    done = nbops.check(table, rules_of("rules:\n- unique: odd\n- in_set: {column: odd, values: [1]}\n- unique: id"))

    assert done.results[1].status is not Status.PASSED
    assert done.results[2].status is Status.PASSED


def test_errors_of_tables_are_errors_of_ours(folder: Path) -> None:
    """Python code can catch them by one name."""
    with pytest.raises(NbopsError):
        nbops.check("nowhere.csv", rules_of("rules:\n- not_empty"))


@pytest.mark.parametrize("table", ["double.csv", "double.parquet"])
def test_a_column_that_is_named_twice_is_one_failure(folder: Path, table: str) -> None:
    """Though no rule asks for it: rules on that column are skipped, the others are judged."""
    Path("double.csv").write_text("id,amount,amount\n1,5,x\n2,6,y\n", encoding="utf-8")
    columns = [[1, 2], [5, 6], ["x", "y"]]
    pq.write_table(pa.table(columns, names=["id", "amount", "amount"]), "double.parquet")
    done = judged("- not_null: amount\n- positive: amount\n- unique: id\n", table)
    results = json.loads(done.stdout)["results"]

    assert [result["status"] for result in results] == ["failed", "skipped", "skipped", "passed"]
    assert (done.exit_code, results[0]["why"]) == (1, "several columns are named 'amount'")


def test_a_restriction_that_means_no_row_is_an_error(folder: Path) -> None:
    """Also when every row is right: a rule that judged nothing has not passed."""
    done = judged("- between: {column: amount, low: 0, where: 'amount > 1000'}\n- not_null: id\n")
    results = json.loads(done.stdout)["results"]

    assert [result["status"] for result in results] == ["error", "passed"]
    assert "no row is amount > 1000" in results[0]["why"]
