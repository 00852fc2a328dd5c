"""Reading code as Python."""

from __future__ import annotations

import pytest

from nbops.notebook.syntax import NoPython, parsed


@pytest.mark.parametrize(
    ("code", "line"), [("x = 1\ny = (", 2), ("def f():\nx", 2), ("x = '\0'", 1), ("-" * 200_000 + "1", 1)]
)
def test_code_that_is_no_python_is_told_with_its_line(code: str, line: int) -> None:
    """Whatever Python itself says of it."""
    with pytest.raises(NoPython) as caught:
        parsed(code)

    assert (caught.value.line, str(caught.value) != "") == (line, True)
