"""Which cells only prepare: what they leave stays to the end of the run."""

from __future__ import annotations

import pytest

from nbops.engine.kernel.settled import is_preparation


@pytest.mark.parametrize(
    "source",
    [
        "import os\nfrom pathlib import Path",
        "try:\n    %load_ext nbops\nexcept ModuleNotFoundError:\n    pass",
        "%matplotlib inline\nimport matplotlib.pyplot as plt",
        '"""About this notebook."""\ndef double(x):\n    return 2 * x',
        "# nothing\n",
    ],
)
def test_imports_definitions_and_settings_prepare(source: str) -> None:
    """With the guard around the extension."""
    assert is_preparation(source)


@pytest.mark.parametrize(
    "source",
    [
        "import os\nrows = [1]",
        "%run other.ipynb",
        "!ls",
        "load()",
        "for x in y:\n    import os",
        "%%sql\nselect 1",
        "a b",
    ],
)
def test_whatever_makes_values_does_not(source: str) -> None:
    """They may become garbage; so may what nobody can read."""
    assert not is_preparation(source)
