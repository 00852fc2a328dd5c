"""Hashes of content: the same in every process, other for other content, none where only code can tell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbops.engine.reuse.content import content_hash, file_hash

SAME = "{'a': {'x', 'y'}, 'b': [1, (2.5, None)], 'c': __import__('datetime').date(2013, 1, 1)}"


def test_another_process_comes_to_the_same_hash() -> None:
    """Neither the order of a set nor the salt of Python's own hashes counts."""
    code = f"from nbops.engine.reuse.content import content_hash; print(content_hash({SAME}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == content_hash(eval(SAME))


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), ("1", 1), ([1, [2]], [[1], 2]), ((1,), [1]), ({"a": 1}, {"a": 2}), (b"a", "a"), ({1}, {2}),
     (np.array([1, 2]), np.array([1, 3])), (np.array([1]), np.array([1.0])), (np.float64(1), 1.0),
     (pd.DataFrame({"x": [1]}), pd.DataFrame({"x": [2]})), (pd.DataFrame({"x": [1]}), pd.DataFrame({"y": [1]}))],
)  # fmt: skip
def test_what_differs_has_another_hash(one: Any, other: Any) -> None:
    """By value, type and form."""
    assert content_hash(one) != content_hash(other)


def test_equal_tables_have_the_same_hash() -> None:
    """A copy of a table is the same table."""
    frame = pd.DataFrame({"x": [1, None], "s": ["a", "b"]})

    assert content_hash(frame) == content_hash(frame.copy())


@pytest.mark.parametrize(
    "value", [object(), lambda: 1, [object()], pd.DataFrame({"o": pd.Series([{1}], dtype=object)})]
)
def test_what_only_code_explains_has_none(value: Any) -> None:
    """Nothing is guessed from an address."""
    assert content_hash(value) is None


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    """When it was written does not count."""
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for path, text in ((one, "a"), (same, "a"), (other, "b")):
        path.write_text(text)

    assert file_hash(one) == file_hash(same) != file_hash(other)
