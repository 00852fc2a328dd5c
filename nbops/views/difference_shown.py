"""A comparison as people get it: a record that shows itself, as text in a terminal and as HTML below a cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from nbops.frames.difference.record import Difference
from nbops.views.difference_page import difference_html
from nbops.views.difference_text import difference_text
from nbops.views.words import count, line

__all__ = ["Comparison", "Comparisons", "shown"]


@dataclass(frozen=True, repr=False)
class Comparison(Difference):
    """What changed from one version of a table to another; printed it is text, below a cell it is a page."""

    def __str__(self) -> str:
        return difference_text(self)

    def __repr__(self) -> str:
        return difference_text(self)

    def _repr_html_(self) -> str:
        return difference_html(self)


@dataclass(frozen=True, repr=False)
class Comparisons:
    """The comparisons of all tables that two runs of a notebook kept.

    Args:
        tables: Those that both kept, the most changed first.
        only_before: The tables that only the run before kept.
        only_after: The tables that only the run after kept.
    """

    tables: tuple[Comparison, ...]
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Comparison]:
        return iter(self.tables)

    def __getitem__(self, name: str) -> Comparison:
        """Return the comparison of the table *name*.

        Raises:
            KeyError: Not both runs kept one of that name.
        """
        for one in self.tables:
            if one.after.name.partition("@")[0].rpartition("/")[2] == name:
                return one
        raise KeyError(name)

    @property
    def differs(self) -> bool:
        """Whether anything was found to differ."""
        return bool(self.only_before or self.only_after) or any(one.differs for one in self.tables)

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs, nor was left out of the comparison."""
        return not self.differs and all(one.is_equal for one in self.tables)

    @property
    def told(self) -> str:
        """Which tables only one of the runs kept; empty for none."""
        parts = [f"only {word}: {', '.join(line(name, 60) for name in names)}"
                 for word, names in (("before", self.only_before), ("after", self.only_after)) if names]  # fmt: skip
        return " · ".join(parts)

    def __str__(self) -> str:
        equal = [one for one in self.tables if one.is_equal]
        parts = [difference_text(one) for one in self.tables if not one.is_equal]
        if equal:
            names = ", ".join(line(one.after.name, 60) for one in equal)
            parts.append(f"✓ {count(len(equal), 'table')} without a difference: {names}")
        return "\n\n".join([*parts, *([self.told] if self.told else [])])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return "".join(difference_html(one) for one in self.tables)


def shown(found: Difference) -> Comparison:
    """Return a comparison that shows itself."""
    return Comparison(**{field.name: getattr(found, field.name) for field in fields(Difference)})
