"""The defaults of parameters and their declared types."""

from __future__ import annotations

import pytest

from nbops.errors import ParameterError
from nbops.notebook.declarations import read_parameters
from nbops.notebook.defaults import check_default
from nbops.notebook.parameters import check_parameters


@pytest.mark.parametrize(
    "declared",
    [
        "n: int = 3",
        "n: int = None",
        "n: float = 1",
        "n: int | str = '3'",
        "n: int | None = None",
        "n: Literal['1', '2'] = '1'",
        "n: Literal[1, 2] = 2",
        "n: date = date(2013, 1, 1)",
        "n: date = '2013' + '-01-01'",
        "n: list[str] = ['a']",
        "n: list[str] | None = []",
        "n: dict[str, int] = {'a': 1}",
        "n: Any = 'x'",
        "n: Region = 'EU'",
        "n: Secret = 'x'",
        "n = 'x'",
        "n: int",
    ],
)
def test_a_default_of_the_declared_type_is_well(declared: str) -> None:
    """So is None, what has to be computed, and a type that only the kernel knows."""
    check_default(read_parameters(declared)[0])


@pytest.mark.parametrize(
    ("declared", "fix"),
    [
        ("n: int = 'abc'", "give it a value of int"),
        ("n: int = '3'", "n: int = 3"),
        ("n: str = 5", "give it a value of str"),
        ("n: date = '2013-01-02'", "n: date = date(2013, 1, 2)"),
        ("n: Path = 'out'", "n: Path = Path('out')"),
        ("n: list[int] = (1, 2)", "n: list[int] = [1, 2]"),
        ("n: list[date] = ['2013-01-02']", "n: list[date] = [date(2013, 1, 2)]"),
        ("n: Literal['a', 'b'] = 'c'", "give it a value of Literal['a', 'b']"),
    ],
)
def test_a_default_of_another_type_is_told_with_what_to_write(declared: str, fix: str) -> None:
    """A value that is given would be converted, so the default would be of another type than any given value."""
    with pytest.raises(ParameterError, match="the default of 'n' is ") as caught:
        check_default(read_parameters(declared)[0])

    assert (caught.value.where, caught.value.fix) == (declared, fix)


def test_a_wrong_default_matters_only_where_it_is_taken() -> None:
    """Before a run it is refused, unless a value is given."""
    declared = read_parameters("n: int = 'abc'")

    with pytest.raises(ParameterError, match="the default of 'n'"):
        check_parameters(declared, {})
    assert check_parameters(declared, {"n": "4"}) == {"n": "4"}
