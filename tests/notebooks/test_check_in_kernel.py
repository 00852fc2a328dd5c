"""What a person types into a real kernel: ``%nbops check df``, ``expect(df).<TAB>``, ``%nbops rules``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nbops.checks.vocabulary import kinds
from tests.notebooks.live_kernel import LiveKernel, live_kernel


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveKernel]:
    """Return a kernel with a table and rules for it."""
    folder: Path = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").touch()
    (folder / "rules" / "sales").mkdir(parents=True)
    (folder / "rules" / "sales" / "orders.yml").write_text("rules:\n- unique: id\n- not_null: amount\n")
    (folder / "strict.yml").write_text("rules:\n- at_most: {column: id, high: 1}\n")
    with live_kernel(folder) as found:
        found.run("import pandas as pd\nfrom nbops import expect\n"
                  "orders = pd.DataFrame({'id': [1, 2], 'amount': [1.0, None]})")  # fmt: skip
        yield found


def test_a_variable_is_judged_by_the_rules_of_its_name(kernel: LiveKernel) -> None:
    """The verdict is shown with its rows; the cell is no error."""
    reply = kernel.run("%nbops check orders")

    assert reply.status == "ok"
    assert "amount is not null: 1 of 2 rows fail" in reply.stdout
    assert "orders failed: 1 of 2 rules hold" in reply.stdout


def test_rules_may_be_named(kernel: LiveKernel) -> None:
    """The flags are those of the command line."""
    assert "id is at most 1" in kernel.run("%nbops check orders --rules strict.yml").stdout


def test_a_name_that_is_no_table_is_a_file_or_an_error(kernel: LiveKernel) -> None:
    """The error is shown without a traceback through nbops."""
    reply = kernel.run("%nbops check ordrs --rules strict.yml")

    assert (reply.status, "there is no such file" in reply.traceback) == ("error", True)


def test_completion_offers_the_vocabulary(kernel: LiveKernel) -> None:
    """TAB after ``expect(orders).`` lists every check, and a beginning narrows them."""
    code = "expect(orders, 'o').unique(['id'])."
    offered = kernel.ask("complete", code, len(code))
    narrowed = kernel.ask("complete", code + "not_n", len(code) + 5)

    assert set(offered["matches"]) == {"check", *kinds()}
    assert (narrowed["matches"], narrowed["cursor_start"], narrowed["cursor_end"]) == (
        ["not_null"],
        len(code),
        len(code) + 5,
    )


def test_completion_elsewhere_is_what_it_was(kernel: LiveKernel) -> None:
    """The columns and methods of a table are not mixed with checks."""
    matches = kernel.ask("complete", "orders.head(1).not", 18)["matches"]
    variable = kernel.ask("complete", "chain.not_n", 11)["matches"]

    assert not any("not_null" in match for match in [*matches, *variable])


def test_a_check_tells_its_arguments(kernel: LiveKernel) -> None:
    """Shift-TAB shows the signature and what the check is for."""
    kernel.run("chain = expect(orders)")
    shown = kernel.ask("inspect", "chain.between", 8)["data"]["text/plain"]

    assert "column" in shown
    assert "Every value of *column* lies between" in shown


def test_rules_are_listed(kernel: LiveKernel) -> None:
    """The same list as on the command line."""
    assert "sales/orders  2 rules" in kernel.run("%nbops rules").stdout
