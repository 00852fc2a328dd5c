"""Writes beside the built extension what it was built from, so that a test finds a stale one without node."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SOURCES", "STAMP", "stamp"]

HERE = Path(__file__).parent
STAMP = HERE.parent / "nbops" / "labextension" / "sources.blake2b"
SOURCES = ("package.json", "yarn.lock", "tsconfig.json", "rspack.config.js", "src", "style", "schema")
"""Files and folders beside this one that the bundle is made of; the style sheets of the views are, too."""


def stamp() -> str:
    """Return a hash of everything that the bundle is made of."""
    digest = hashlib.blake2b(digest_size=16)
    for file in _files():
        digest.update(f"{file.relative_to(HERE.parent).as_posix()}\n".encode())
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for name in SOURCES:
        place = HERE / name
        yield from [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    yield from sorted((HERE.parent / "nbops" / "views" / "templates").glob("*.css"))


if __name__ == "__main__":
    STAMP.write_text(f"{stamp()}\n", encoding="utf-8")
