"""Where the data dictionary of a dataset stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.pipeline.structure.changelog import Changelog
from nbops.store.datasets import DatasetRef
from nbops.store.describing import dictionary_file, with_declared
from nbops.views.structure_words import notices_of

REF = DatasetRef("shop/sales.ipynb", "orders", "load", "dev")


@pytest.mark.parametrize(
    ("there", "found"),
    [
        ((), "rules/shop/sales"),
        (("rules/sales/orders.dictionary.yml",), "rules/sales"),
        (("rules/sales/orders.dictionary.yml", "sales.ipynb"), "rules/shop/sales"),
        (("rules/sales/orders.dictionary.yml", "rules/shop/sales/orders.dictionary.yml"), "rules/shop/sales"),
    ],
)
def test_a_dictionary_of_another_notebook_of_that_name_is_left_alone(
    tmp_path: Path, there: tuple[str, ...], found: str
) -> None:
    """Under the bare name it is taken for that of this notebook only where no notebook stands there."""
    for name in there:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("dataset: sales/orders\n", encoding="utf-8")

    assert dictionary_file(tmp_path, REF) == tmp_path / found / "orders.dictionary.yml"


def test_a_dictionary_that_cannot_be_read_is_told_with_the_log(tmp_path: Path) -> None:
    """Whoever is declared in it is missing from the readers, and the log says so with the place."""
    file = tmp_path / "rules" / "shop" / "sales" / "orders.dictionary.yml"
    file.parent.mkdir(parents=True)
    file.write_text("readers: [finance.ipynb\ncolumns:\n", encoding="utf-8")
    log = with_declared(tmp_path, REF, Changelog("shop/sales/orders"))

    assert log.readers == ()
    assert [f"rules/shop/sales/{file.name}:2:" in notice for notice in notices_of(log)] == [True]

    file.write_text("readers: [finance.ipynb]\n", encoding="utf-8")
    mended = with_declared(tmp_path, REF, Changelog("shop/sales/orders"))

    assert ([reader.name for reader in mended.readers], notices_of(mended)) == (["finance.ipynb"], [])
