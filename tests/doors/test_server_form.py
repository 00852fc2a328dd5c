"""The form of a job: which control suits which type, and what is said beside it."""

from __future__ import annotations

import pytest

from nbops.doors.server.form import errors_of, field_of
from nbops.notebook.declarations import read_parameters


@pytest.mark.parametrize(
    ("declared", "kind", "value", "is_optional"),
    [
        ("x: int = 3", "integer", "3", False),
        ("x: float = -2.5", "number", "-2.5", False),
        ("x: Decimal = Decimal('1')", "number", None, False),
        ("x: bool = False", "bool", False, False),
        ("x: date = date(2013, 2, 1)", "date", "2013-02-01", False),
        ("x: date = date.today()", "date", None, False),
        ("x: datetime = datetime(2013, 2, 1, 6)", "datetime", "2013-02-01T06:00:00", False),
        ("x: date | None = None", "date", None, True),
        ("x: Optional[int] = 3", "integer", "3", True),
        ("x: 'int | None' = 3", "integer", "3", True),
        ("x: int | str = 3", "text", "3", False),
        ("x: Annotated[int, 'rows'] = 3", "integer", "3", False),
        ("x: list[str] = ['a', 'b']", "list", "a, b", False),
        ("x: list[str] = ['a,b', 'c']", "list", "['a,b', 'c']", False),
        ("x: dict[str, int] = {'a': 1}", "dict", "{'a': 1}", False),
        ("x: Secret = 'abc'", "secret", None, False),
        ("x: Secret | None = None", "secret", None, True),
        ("x: Region = Region.EU", "text", None, False),
        ("x: Literal[Region.EU] = Region.EU", "text", None, False),
        ("x: Path = Path('out')", "text", None, False),
        ("x = 3", "integer", "3", False),
        ("x = 'EU'", "text", "EU", False),
        ("x = [1, 2]", "list", "1, 2", False),
        ("x = compute()", "text", None, False),
        ("x: date = date(2013, 2, 31)", "date", None, False),
    ],
)
def test_each_type_has_its_control(declared: str, kind: str, value: str | bool | None, is_optional: bool) -> None:
    """Kind, the default as the control shows it, and whether None may be given."""
    field = field_of(read_parameters(declared)[0])

    assert (field.kind, field.value, field.is_optional) == (kind, value, is_optional)


@pytest.mark.parametrize(
    ("declared", "given", "said"),
    [
        ("x: int", {}, "has no default: give it a value"),
        ("x: int = 3", {"x": ""}, "nothing is no whole number"),
        ("x: int = 3", {"x": "7"}, ""),
        ("x: int | None = 3", {"x": None}, ""),
        ("x: Literal['EU', 'US'] = 'EU'", {"x": "EV"}, "EV is not one of 'EU', 'US'"),
        ("x = 'EU'", {"x": "7"}, ""),
        ("x: list[int] = [1]", {"x": "1, two"}, "1, two is no whole number"),
    ],
)
def test_what_is_wrong_is_said_in_a_few_words(declared: str, given: dict[str, object], said: str) -> None:
    """Beside the control its name is not said again."""
    assert errors_of(read_parameters(declared), given).get("x", "") == said


def test_a_secret_is_not_repeated() -> None:
    """What was typed for it does not come back in the error."""
    told = errors_of(read_parameters("x: Secret"), {"x": ["hush"]})

    assert "hush" not in str(told)


def test_a_name_that_nobody_declares_is_told() -> None:
    """With the names that come near."""
    assert errors_of(read_parameters("rows = 3"), {"row": "4"}) == {
        "row": "the notebook has no such parameter; did you mean 'rows'?"
    }
