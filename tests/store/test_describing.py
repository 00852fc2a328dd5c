"""Where the data dictionary of a dataset stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.store.datasets import DatasetRef
from nbops.store.describing import dictionary_file

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
