"""What all tests share: a clean environment, so that the developer's own settings and runs never decide a test.

No test leaves anything in the developer's own state folder either.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_disk import mounted


@pytest.fixture(autouse=True, scope="session")
def _no_state_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what fixtures of a session or a module run out of the developer's state folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a state folder of its own, which exists as soon as something is written to it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.with_name(f"{tmp_path.name}-state")))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables that nbops reads, so that every test starts from the defaults."""
    for name in [n for n in os.environ if n.startswith("NBOPS_")] + ["COLUMNS", "GITHUB_ACTIONS", "JPY_SESSION_NAME"]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of an empty project, which is the working directory."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a file system of its own that holds two megabytes."""
    with mounted(tmp_path / "disk", "2m") as folder:
        yield folder
