"""The style sheets and templates that come with the package: read when something is to be shown, never before."""

from __future__ import annotations

import functools
from pathlib import Path

__all__ = ["TEMPLATES", "style_sheet"]

TEMPLATES = Path(__file__).with_name("templates")
"""The folder that holds them."""


@functools.cache
def style_sheet(*names: str) -> str:
    """Return style sheets of this package, one behind the other."""
    return "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in names)
