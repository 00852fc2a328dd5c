"""Another table that a check names and that nobody opened."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Unopened"]


@dataclass(frozen=True, slots=True)
class Unopened:
    """Another table of which only the name is known: its rule can be listed and written, and not be judged.

    Example:
        >>> Unopened("sales/customers").why
        "the other table, 'sales/customers', is not open here"
    """

    name: str

    @property
    def why(self) -> str:
        """Why a check of it is not judged."""
        return f"the other table, {self.name!r}, is not open here"
