"""What all tests share: a clean environment, so that the developer's own settings never decide a test."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables that nbops reads, so that every test starts from the defaults."""
    for name in [n for n in os.environ if n.startswith("NBOPS_")] + ["GITHUB_ACTIONS", "JPY_SESSION_NAME"]:
        monkeypatch.delenv(name, raising=False)
