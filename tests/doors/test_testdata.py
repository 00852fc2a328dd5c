"""``nbops testdata`` and ``nbops.testdata``: from tables and profiles, into files; errors say what to type."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result

import nbops as public
from nbops.checks.values import Between
from nbops.doors.testdata import damaged
from nbops.errors import CheckFailed, UsageError
from nbops.synthesis.damage import DAMAGE
from nbops.synthesis.leaks import leaks
from tests.synthesis.tables import customers, orders

CommandLine = Callable[..., Result]


@pytest.fixture
def table(project: Path) -> pd.DataFrame:
    """Return a table that lies in a file, in the working directory."""
    made = orders(1_500)
    made.to_parquet(project / "orders.parquet")
    return made


@pytest.mark.parametrize("suffix", ["parquet", "csv", "csv.gz", "tsv", "arrow", "jsonl"])
def test_the_suffix_says_the_format(nbops: CommandLine, table: pd.DataFrame, suffix: str) -> None:
    """A file of each kind is read again, with as many rows as were asked for."""
    readers = {
        "parquet": pd.read_parquet, "csv": pd.read_csv, "csv.gz": pd.read_csv, "arrow": pd.read_feather,
        "tsv": lambda path: pd.read_csv(path, sep="\t"), "jsonl": lambda path: pd.read_json(path, lines=True),
    }  # fmt: skip

    done = nbops("testdata", "orders.parquet", "--rows", "1e2", "-o", f"out/made.{suffix}")

    found = readers[suffix](f"out/made.{suffix}")
    assert (done.exit_code, len(found)) == (0, 100)
    assert list(found.columns) == list(table.columns)
    assert [path.name for path in Path("out").iterdir()] == [f"made.{suffix}"]


def test_a_profile_is_enough(nbops: CommandLine, table: pd.DataFrame) -> None:
    """From a profile alone the same rows come as from the table, and none of them leaks."""
    Path("orders.json").write_text(nbops("profile", "orders.parquet", "--json").output, encoding="utf-8")
    Path("elsewhere").mkdir()

    nbops("testdata", "orders.parquet", "-o", "a.parquet")
    nbops("testdata", "orders.json", "-o", "b.parquet")

    found = pd.read_parquet("b.parquet")
    pd.testing.assert_frame_equal(found, pd.read_parquet("a.parquet"))
    assert {name: count for name, count in leaks(found, table).items() if count} == {}


def test_without_a_file_the_first_rows_are_shown(nbops: CommandLine, table: pd.DataFrame) -> None:
    """Nothing is written, and what writes is said."""
    done = nbops("testdata", "orders.parquet", "--rows", "0.01")

    assert done.exit_code == 0
    assert "15 rows, 16 columns, -o FILE writes them: nbops testdata orders.parquet -o x.parquet" in done.output
    assert len([line for line in done.output.splitlines() if "ORD-" in line]) == 10


def test_json_says_what_was_made(nbops: CommandLine, table: pd.DataFrame) -> None:
    """One document with the file, the rows, the seed and the damage."""
    done = nbops(
        "testdata", "orders.parquet", "--rows", "200", "--seed", "5", "--damage", "nulls_10", "-o", "x.csv", "--json"
    )

    facts = json.loads(done.stdout)

    assert (facts["file"], facts["rows"], facts["seed"], facts["damage"]) == ("x.csv", 200, 5, "nulls_10")
    assert pd.read_csv("x.csv")[facts["damaged"][0]].isna().sum() == 20


@pytest.fixture(scope="module")
def clean() -> pd.DataFrame:
    """Return test data without damage."""
    return public.testdata(orders(600), rows=300, seed=3)


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_of_damage_can_be_rehearsed(clean: pd.DataFrame, kind: str) -> None:
    """What damages a table of the benchmark damages test data."""
    assert not damaged(clean, kind, 3)[0].equals(clean)


def test_damage_is_done_by_name(clean: pd.DataFrame) -> None:
    """The broken variant is the clean one, damaged."""
    made = public.testdata(orders(600), rows=300, damage="sign_turned", seed=3)

    pd.testing.assert_frame_equal(made, damaged(clean, "sign_turned", 3)[0])


def test_damage_that_finds_nothing_is_told() -> None:
    """A table without texts has none to cut."""
    with pytest.raises(UsageError, match="texts_cut finds nothing"):
        public.testdata(pd.DataFrame({"x": [1, 2] * 20}), damage="texts_cut")


def test_rules_are_satisfied(nbops: CommandLine, table: pd.DataFrame) -> None:
    """What was made by rules passes ``nbops check``; the same without them does not."""
    Path("rules.yml").write_text(
        "rules:\n  - between: {column: weight, low: 1, high: 12}\n  - in_set: {column: code, values: [de, fr]}\n"
        "  - unique: id\n  - not_null: shipped\n",
        encoding="utf-8",
    )

    made = nbops("testdata", "orders.parquet", "--rules", "rules.yml", "--rows", "800", "-o", "good.parquet")
    nbops("testdata", "orders.parquet", "--rows", "800", "-o", "plain.parquet")

    assert "they satisfy rules.yml" in made.output
    assert nbops("check", "good.parquet", "--rules", "rules.yml").exit_code == 0
    assert nbops("check", "plain.parquet", "--rules", "rules.yml").exit_code == 1


@pytest.mark.parametrize(
    ("words", "told", "fix"),
    [
        (["orders.parquet", "--damage", "null_10"], "no damage 'null_10'", "did you mean 'nulls_10'"),
        (["orders.parquet", "-o", "x.parqet"], ".parqet is no kind of table file", "did you mean '.parquet'"),
        (["orders.parquet", "--rows", "many"], "'many' is no number of rows", "--rows 1e6"),
        (["orders.parquet", "--rows", "-3"], "-3 is no number of rows", "1000, or 0.1"),
        (["orders.parquet", "--rows", "12.5"], "12.5 is no whole number of rows", "12"),
        (["gone.csv"], "there is no such file", "ls"),
        (["gone.json"], "there is no such profile", "nbops profile TABLE --json"),
        (["bad.json"], "this is no profile: it has no 'format'", "nbops profile TABLE --json"),
        (["list.json"], "this is no profile: it is JSON of another shape", "nbops profile TABLE --json"),
        (["cut.json"], "this is no profile: Expecting value", "nbops profile TABLE --json"),
        (["newer.json"], "the profile is of format 999, and this nbops reads up to 1", "install a newer nbops"),
        (["."], "a folder is no table", "a table file in it"),
        (["order"], "'order' names no table", "a table file, a profile, or NB/DATASET[@RUN]"),
        (["sales/orders"], "no notebook 'sales' that ran", "nbops runs"),
        (["orders.parquet", "--rules", "gone.yml"], "there is no such rule file", "ls"),
    ],
)
def test_errors_say_what_to_type(
    project: Path, table: pd.DataFrame, words: list[str], told: str, fix: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A slip is told with the nearest name, or with an example."""
    from nbops.doors.cli import main

    files = {"bad": "{}", "list": "[]", "cut": '{"format":', "newer": '{"format": 999, "later": 1}'}
    for name, text in files.items():
        (project / f"{name}.json").write_text(text, encoding="utf-8")

    with pytest.raises(UsageError) as caught:
        main.main(["testdata", *words], standalone_mode=False)

    assert told in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.where == words[0] if words[0][:-5] in files else True


def test_a_seed_that_is_no_whole_number_is_refused() -> None:
    """So is one that would be cut to another."""
    for seed in ("x", 1.5, None):
        with pytest.raises(UsageError, match="is no whole number"):
            public.testdata(orders(50), rows=3, seed=seed)  # type: ignore[arg-type]


def test_frames_of_other_libraries_stay_what_they_are() -> None:
    """A frame of polars makes one of polars with its schema, an Arrow table one of Arrow."""
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    frame = orders(400)

    made = public.testdata(polars.from_pandas(frame), rows=50)
    other = public.testdata(pyarrow.Table.from_pandas(frame), rows=50)

    assert made.schema == polars.from_pandas(frame).schema
    assert made.height == other.num_rows == 50
    assert other.schema.types == pyarrow.Table.from_pandas(frame).schema.types


def test_names_that_are_no_texts_stay() -> None:
    """A column that is named by a number is so in what is made."""
    assert public.testdata(pd.DataFrame({2024: [1, 2] * 20, "x": [1] * 40}), rows=3).columns.tolist() == [2024, "x"]


def test_several_tables_by_name() -> None:
    """A share of the rows of each, and every reference has its key; rules go to their table."""
    made = public.testdata(
        {"orders": orders(1_000), "customers": customers()}, rows=0.5, rules={"orders": [Between("pieces", 2, 5)]}
    )

    assert {name: len(one) for name, one in made.items()} == {"orders": 500, "customers": 150}
    assert made["orders"]["customer_id"].isin(made["customers"]["id"]).all()
    assert made["orders"]["pieces"].between(2, 5).all()


def test_names_of_several_tables_are_checked() -> None:
    """Rows and rules of a table that is not there are a slip."""
    tables = {"orders": orders(100), "customers": customers()}

    with pytest.raises(UsageError, match="no table 'order'"):
        public.testdata(tables, rows={"order": 5})
    with pytest.raises(UsageError, match="rules of several tables"):
        public.testdata(tables, rules=[])
    with pytest.raises(CheckFailed, match="no column"):
        public.testdata(tables, rules={"orders": [Between("gone", 0, 1)]})


def test_pytest_does_not_take_it_for_a_test() -> None:
    """A test file may import the function, whose name begins like that of a test."""
    assert public.testdata.__test__ is False


def test_the_page_lists_every_kind_of_damage() -> None:
    """What can be rehearsed stands in the documentation by its name."""
    page = (Path(public.__file__).parent.parent / "docs" / "test_data.md").read_text(encoding="utf-8")

    assert [kind for kind in DAMAGE if f"`{kind}`" not in page] == []


def test_numbers_of_rows_come_in_every_type_and_end_somewhere() -> None:
    """A number of NumPy is one; an endless one is refused."""
    assert len(public.testdata(orders(50), rows=np.int64(3))) == 3
    with pytest.raises(UsageError, match="inf is no number of rows"):
        public.testdata(orders(50), rows=float("inf"))


def test_the_largest_whole_numbers_do_not_wrap_around() -> None:
    """What stands near 2⁶⁴ stays there."""
    table = pd.DataFrame({"u": np.array([2**64 - 1 - n % 3 for n in range(200)], dtype="uint64")})
    made = public.testdata(table, rows=50)

    assert made["u"].dtype == "uint64"
    assert int(made["u"].min()) > 2**63


def test_several_tables_without_rows() -> None:
    """None of each is a fair wish; rows that refer to none are refused."""
    tables = {"a": pd.DataFrame({"id": range(200)}), "b": pd.DataFrame({"a_id": [n % 50 for n in range(200)]})}

    assert {name: len(one) for name, one in public.testdata(tables, rows=0).items()} == {"a": 0, "b": 0}
    with pytest.raises(UsageError, match="refers to a table without rows"):
        public.testdata(tables, rows={"a": 0, "b": 5})


@pytest.mark.parametrize("step", [1, 4_194_304])
def test_keys_beyond_floats_stay_unique_and_new(step: int) -> None:
    """Ids that hold a moment and a counter, as databases give them, go on behind the largest."""
    table = pd.DataFrame({"id": 2**60 + step * np.arange(200), "x": [n % 7 for n in range(200)]})
    made = public.testdata(table, rows=500)["id"]

    assert (made.dtype, made.is_unique) == ("int64", True)
    assert int(made.min()) > int(table["id"].max())


def test_what_could_not_be_kept_stands_beside_the_table() -> None:
    """Frames of pandas and polars have it in their ``attrs``, tables of pyarrow in their metadata, others nothing."""
    import polars
    import pyarrow

    table = pd.DataFrame({"id": range(100), "took": pd.to_timedelta(range(100), unit="s")})
    said = {"took": "its values are of no simple type: they are null"}
    plain, arrow = public.testdata(table, rows=5), public.testdata(pyarrow.Table.from_pandas(table), rows=5)
    several = public.testdata({"a": table, "b": table[["id"]]}, rows=5)

    assert plain.attrs == {"notes": said}
    assert public.testdata(polars.from_pandas(table), rows=5).attrs == {"notes": said}
    assert json.loads(arrow.schema.metadata[b"notes"]) == said
    assert (several["a"].attrs, several["b"].attrs) == ({"notes": said}, {})
