"""The secrets of one run: known here, written nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbops.notebook.parameters import redact, redact_tree

__all__ = ["Secrets"]


class Secrets:
    """Takes secret values out of whatever is about to be written.

    Args:
        values: What is known at the start; the kernel may tell more later.

    Example:
        >>> secrets = Secrets(["hunter2"])
        >>> "hunter2" in secrets.clean_text("password=hunter2")
        False
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._values: list[str] = []
        self.learn(values)

    def __bool__(self) -> bool:
        return bool(self._values)

    @property
    def longest(self) -> int:
        """How many characters of a text may be the beginning of a secret that goes on in the next piece."""
        return max((len(value) for value in self._values), default=1) - 1

    def learn(self, values: Iterable[str]) -> None:
        """Add *values*; empty ones are no secrets."""
        self._values += [value for value in values if value and value not in self._values]

    def clean_text(self, text: str) -> str:
        """Return *text* without the secrets."""
        return redact(text, self._values) if self._values else text

    def clean_tree(self, tree: Any) -> Any:
        """Return a tree of JSON values without the secrets."""
        return redact_tree(tree, self._values) if self._values else tree
