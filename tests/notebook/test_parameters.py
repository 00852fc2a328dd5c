"""Parameters: read by their code, checked before a run, given in the kernel over the defaults."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbops.errors import ParameterError
from nbops.notebook.parameters import (
    HIDDEN,
    GivenParameters,
    Secret,
    bind_parameters,
    check_parameters,
    coerce,
    read_parameters,
    secret_values,
    wire_value,
)
from nbops.pipeline.step import Parameter


class Colour(Enum):
    """A type that only the user's namespace knows."""

    RED = "r"
    BLUE = 2


def run(source: str, given: Mapping[str, object] | None = None, **namespace: Any) -> dict[str, Any]:
    """Run a parameters cell as the kernel does and return the namespace without what Python puts into it."""
    declared = read_parameters(source)
    module = bind_parameters(ast.parse(source.replace("%%params", "#")), declared, given or {}, "_nb")
    space: dict[str, Any] = {"__name__": "__main__", **namespace}
    space["_nb"] = GivenParameters(declared, given or {}, space)
    exec(compile(module, "<cell>", "exec"), space)
    space["secrets_seen"] = space.pop("_nb").secrets
    return {name: value for name, value in space.items() if not name.startswith("_")}


def test_names_types_defaults_and_comments_are_read() -> None:
    """What the code says is what the form, the help and the check see."""
    source = """%%params
day: date = date(2013, 1, 1)   # business day
limit: int | None = None
names: list[str] = [
    "a",
]  # which ones
token: "nbops.Secret"
password: Secret = "abc"
rows = 1000  # type: int how many
url = "a=b"
a, b = 1, 2
import os
x[0] = 1
"""

    assert read_parameters(source) == (
        Parameter("day", "date", "date(2013, 1, 1)", "business day"),
        Parameter("limit", "int | None", "None"),
        Parameter("names", "list[str]", '[\n    "a",\n]', "which ones"),
        Parameter("token", "'nbops.Secret'", "", "", is_secret=True),
        Parameter("password", "Secret", HIDDEN, "", is_secret=True),
        Parameter("rows", "int", "1000", "how many"),
        Parameter("url", "", '"a=b"'),
    )


def test_a_cell_that_is_no_python_names_the_line() -> None:
    """The error of a broken parameters cell says where."""
    with pytest.raises(ParameterError, match="line 2 of the cell: day: date = = 1"):
        read_parameters("%%params\nday: date = = 1")


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        ("3", "int", 3),
        (3.0, "int", 3),
        ("1_000", "int", 1000),
        ("1e3", "float", 1000.0),
        (2, "float", 2.0),
        ("yes", "bool", True),
        (0, "bool", False),
        ("007", "str", "007"),
        ("2013-02-01", "date", date(2013, 2, 1)),
        ("2013-02-01", "datetime.date", date(2013, 2, 1)),
        ("2013-02-01", "'date'", date(2013, 2, 1)),
        ("90m", "timedelta", timedelta(minutes=90)),
        (90, "timedelta", timedelta(seconds=90)),
        ("out", "Path", Path("out")),
        ("EU", 'Literal["EU", "US"]', "EU"),
        ("2", "Literal[1, 2]", 2),
        ("None", "int | None", None),
        (None, "Optional[int]", None),
        ("5", "int | None", 5),
        ("5", "str | int", 5),
        ("x", "int | str", "x"),
        (5, "float | int", 5),
        ("a, b", "list[str]", ["a", "b"]),
        ("[1, 2]", "list[float]", [1.0, 2.0]),
        ("", "list[int]", []),
        ("true,no", "list[bool]", [True, False]),
        (["2013-02-01"], "tuple[date, ...]", (date(2013, 2, 1),)),
        ("1,x", "tuple[int, str]", (1, "x")),
        ("a,a", "set[str]", {"a"}),
        ('{"a": "1"}', "dict[str, int]", {"a": 1}),
        ("{'a': None}", "dict", {"a": None}),
        ("3", "Annotated[int, 'rows']", 3),
        ("[1]", "", [1]),
        ("plain text", "", "plain text"),
        (3, "", 3),
        ("anything", "SomeType", "anything"),
        ("anything", "not a type", "anything"),
    ],
)
def test_a_value_becomes_its_declared_type(value: object, annotation: str, expected: object) -> None:
    """Text and JSON values are read as the type; types that only the kernel knows are left to it."""
    got = coerce("x", value, annotation)

    assert expected == got
    assert type(expected) is type(got)


@pytest.mark.parametrize(
    ("value", "annotation", "what", "fix"),
    [
        ("ten", "int", "parameter 'x' is 'ten', which is not a whole number", "-p x 10"),
        ("1.5", "int", "a whole number", "-p x 10"),
        (True, "int", "a whole number", "-p x 10"),
        ("maybe", "bool", "true or false", "-p x true"),
        (2, "bool", "true or false", "-p x true"),
        (7, "str", "not text", "papermill"),
        ("01.02.2013", "date", "not a date", "-p x 2013-01-31"),
        ("2013-02-30", "date", "not a date", "-p x 2013-01-31"),
        ("soon", "timedelta", "not a duration", "-p x 90s"),
        ("EUU", 'Literal["EU", "US"]', "not one of 'EU', 'US'", "did you mean 'EU'"),
        ("x", "int | None", "None or a whole number", "-p x 10"),
        ("1,b", "list[int]", "a whole number", "-p x 10"),
        ("1", "tuple[int, int]", "a tuple of 2", "give a tuple of 2"),
        ("a", "dict", "a dictionary", "-p x"),
        ("[broken", "list", "a list", "-p x a,b,c"),
        (None, "int", "a whole number", "-p x 10"),
        ("", "Path", "a path", "-p x data"),
        ("nix", "Decimal", "a decimal number", "-p x 0.50"),
        ("[[]]", "set", "not possible (unhashable", "give single values"),
        ("x" * 500, "int", "x…, which", "-p x 10"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(value: object, annotation: str, what: str, fix: str) -> None:
    """The error says the value, the type, and how to write one."""
    with pytest.raises(ParameterError) as caught:
        coerce("x", value, annotation)

    assert what in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.where == f"x: {annotation}"


def test_a_type_of_the_users_is_looked_up_in_the_namespace() -> None:
    """Enumerations go by name or value, aliases by what they stand for, other classes are called."""
    space = {"Colour": Colour, "Region": Literal["EU"]}

    assert coerce("x", "RED", "Colour", space) is Colour.RED
    assert coerce("x", "r", "Colour | None", space) is Colour.RED
    assert coerce("x", "2", "Colour", space) is Colour.BLUE
    assert coerce("x", ["BLUE"], "list[Colour]", space) == [Colour.BLUE]
    assert coerce("x", "EU", "Region", space) == "EU"
    assert coerce("x", "1/2", "Fraction", {"Fraction": Fraction}) == 0.5
    with pytest.raises(ParameterError, match="one of RED, BLUE"):
        coerce("x", "GREEN", "Colour", space)
    with pytest.raises(ParameterError, match="one of 'EU'"):
        coerce("x", "US", "Region", space)


def test_parameters_are_checked_before_a_run() -> None:
    """The record gets text for each; unknown, missing and mistyped ones are refused with what to type."""
    declared = read_parameters("day: date\nregion = 'EU'\ntoken: Secret = 'x'\nrows: int = 10")

    assert check_parameters(declared, {"day": "2013-02-01", "region": "7", "token": "abc"}) == {
        "day": "2013-02-01",
        "region": "7",
        "token": HIDDEN,
        "rows": "10",
    }
    with pytest.raises(ParameterError, match=r"unknown parameter 'dya'\n.*\n.*did you mean 'day'"):
        check_parameters(declared, {"dya": "2013-02-01"})
    with pytest.raises(ParameterError, match="parameter 'day' has no value and no default"):
        check_parameters(declared, {})
    with pytest.raises(ParameterError, match="'rows' is 'x', which is not a whole number"):
        check_parameters(declared, {"day": "2013-02-01", "rows": "x"})
    with pytest.raises(ParameterError, match="declare it in a cell"):
        check_parameters((), {"day": 1})


def test_all_that_is_wrong_with_parameters_is_told_at_once() -> None:
    """Unknown, missing and mistyped ones are in one error; a name that was only mistyped is not missing as well."""
    declared = read_parameters("day: date\nrows: int = 10\nshop: str\ntoken: Secret")
    with pytest.raises(ParameterError) as caught:
        check_parameters(declared, {"dya": "2013-02-01", "rows": "x", "token": "hunter22"})

    assert caught.value.what == (
        "3 parameters are wrong: unknown parameter 'dya'; parameter 'rows' is 'x', which is not a whole number; "
        "parameter 'shop' has no value and no default"
    )
    assert [said for said in ("-p dya", "shop") if said not in caught.value.where] == []
    assert [said for said in ("did you mean 'day'?", "-p shop VALUE") if said not in caught.value.fix] == []
    assert "hunter22" not in str(caught.value)


def test_text_stays_text_where_the_default_is_text() -> None:
    """A parameter without a type is read as a literal, but not where that would change what was meant."""
    source = "zip_code = '00501'\nrows = 10\ndays = []\nname = None"

    assert run(source, {"zip_code": "10001", "rows": "5", "days": "[1]", "name": "x"}) == {
        "zip_code": "10001",
        "rows": 5,
        "days": [1],
        "name": "x",
        "secrets_seen": set(),
    }


def test_a_given_value_wins_and_the_default_is_not_evaluated() -> None:
    """What is given is converted in the kernel, whatever the default would have done."""
    source = "day: date = 1 / 0\nrows = other = 3\nlimit: int | None = None\n"

    assert run(source, {"day": "2013-02-01", "rows": "5", "unknown": 1}) == {
        "day": date(2013, 2, 1),
        "rows": 5,
        "other": 3,
        "limit": None,
        "secrets_seen": set(),
    }


def test_types_are_known_without_an_import_and_leave_nothing_behind() -> None:
    """The names of the types are no names of the user's."""
    source = """def yesterday():
    return date.today() - timedelta(days=1)
days = [date for date in [1, 2]]
folder: Path = Path("out")
region: Literal["EU"] = "EU"
"""

    space = run(source)

    assert sorted(space) == ["days", "folder", "region", "secrets_seen", "yesterday"]
    assert (space["days"], space["folder"]) == ([1, 2], Path("out"))
    assert space["yesterday"]() <= date.today()


def test_the_users_own_names_come_first() -> None:
    """A cell that imports the module datetime means the module."""
    assert run("import datetime\nday: datetime.date = datetime.date(2013, 1, 1)")["day"] == date(2013, 1, 1)
    assert run("x = Path('a')", Path=lambda text: text * 2)["x"] == "aa"
    assert run("def f(date): return date\nx = f(1)\ny = (lambda Any: Any)(2)\nz = {Path: 1 for Path in 'a'}")["z"] == {
        "a": 1
    }


def test_a_parameter_without_default_must_be_given_or_be_there() -> None:
    """A value that was typed before stays; none at all is an error that names the parameter."""
    assert run("rows: int", rows=4)["rows"] == 4
    assert run("rows: int", {"rows": "5"}, rows=4)["rows"] == 5
    with pytest.raises(ParameterError, match="parameter 'rows' has no value and no default"):
        run("rows: int")


def test_errors_in_defaults_keep_their_line() -> None:
    """The line of a bound cell is the line that the user sees."""
    with pytest.raises(ZeroDivisionError) as caught:
        run("rows = 1\n\nday: date = date(2013, 1, 1 // 0)")

    assert [entry.lineno for entry in caught.traceback][-1] == 2  # counted from 0


def test_secrets_are_secrets_from_the_cell_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given, defaulted or from the environment: the value is usable, hidden, and known to who writes records."""
    monkeypatch.setenv("DB_PASSWORD", "hunter22")
    source = "a: Secret = 'default1'\nb: Secret\nc: Secret | None = None\nd: str = 'x'\n"

    space = run(source, {"b": "secret:DB_PASSWORD"})

    assert (repr(space["a"]), f"{space['b']}", space["c"], type(space["a"])) == (
        "Secret('•••')",
        "hunter22",
        None,
        Secret,
    )
    assert space["secrets_seen"] == {"default1", "hunter22"}
    assert secret_values(read_parameters(source), {"b": "secret:DB_PASSWORD", "d": "x"}) == ("hunter22",)
    with pytest.raises(ParameterError, match="'NONE', which is not set"):
        secret_values(read_parameters(source), {"b": "secret:NONE"})


def test_an_error_about_a_secret_does_not_tell_it() -> None:
    """A secret of the wrong type is hidden in the error too."""
    with pytest.raises(ParameterError) as caught:
        coerce("token", 12345, "Secret")

    assert "12345" not in str(caught.value)


def test_values_survive_the_way_to_the_kernel() -> None:
    """What JSON cannot hold is written such that the declared type reads it again."""
    for value, annotation in [
        (date(2013, 2, 1), "date"),
        (timedelta(hours=1.5), "timedelta"),
        (timedelta(days=-0), "timedelta"),
        (Path("a/b"), "Path"),
        ({"a": (1, 2)}, "dict[str, tuple[int, ...]]"),
        ({date(2013, 2, 1)}, "set[date]"),
        (float("inf"), "float"),
        (None, "int | None"),
        (Secret("abc"), "Secret"),
    ]:
        assert coerce("x", wire_value(value), annotation) == value
    assert coerce("x", wire_value(Colour.BLUE), "Colour", {"Colour": Colour}) is Colour.BLUE


TYPES = st.recursive(
    st.sampled_from(
        [
            "int",
            "float",
            "bool",
            "str",
            "date",
            "timedelta",
            "Path",
            "Decimal",
            "Any",
            "None",
            "Secret",
            "'int'",
            "Unknown",
            "a.b",
            "3",
            "f()",
            "...",
        ]
    ),
    lambda inner: st.tuples(
        st.sampled_from(
            ["{} | {}", "list[{}]", "dict[{}, {}]", "Literal[{}, 'a']", "tuple[{}, ...]", "Foo[{}]", "set[{}]"]
        ),
        inner,
        inner,
    ).map(lambda parts: parts[0].format(*parts[1:])),
    max_leaves=4,
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.dates(), st.timedeltas()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@given(TYPES | st.text(max_size=10), VALUES)
def test_any_value_for_any_type_is_converted_or_refused(annotation: str, value: object) -> None:
    """Whatever is declared and given: a value, or an error that says what was given."""
    with contextlib.suppress(ParameterError):
        coerce("x", value, annotation, {"Foo": list, "Unknown": complex})
    with contextlib.suppress(ParameterError):
        read_parameters(f"x: {annotation}  # {annotation}")
    assert json.loads(json.dumps(wire_value(value))) is not wire_value


@given(st.lists(st.tuples(st.dates(), st.decimals(allow_nan=False), st.none() | st.times())))
def test_any_value_survives_the_way_to_the_kernel(value: list[object]) -> None:
    """Written as JSON and read as its type, a value is the same."""
    sent = json.loads(json.dumps(wire_value(value)))

    assert coerce("x", sent, "list[tuple[date, Decimal, time | None]]") == value
