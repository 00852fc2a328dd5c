"""What the tests of the store share: a disk that is soon full."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_disk import mounted


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of its own that holds two megabytes."""
    with mounted(tmp_path / "disk", "2m") as folder:
        yield folder
