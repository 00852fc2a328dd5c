"""The forms that many checks share, so that each says only what is its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from nbops.checks.model import NumberCheck, RowCheck, bounds_text
from nbops.errors import UsageError
from nbops.frames.conditions import Stat

__all__ = ["ColumnCheck", "ColumnNumber", "ColumnsCheck"]


@dataclass(frozen=True)
class ColumnCheck(RowCheck):
    """Every cell of one column must be as the check says."""

    says: ClassVar[str] = ""

    column: str

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} {self.says}"


@dataclass(frozen=True)
class ColumnsCheck(RowCheck):
    """The cells of several columns of a row must be as the check says."""

    says: ClassVar[str] = ""
    least: ClassVar[int] = 1

    columns: tuple[str, ...]

    def validate(self) -> None:
        """Refuse too few columns."""
        if len(self.columns) < self.least:
            some = "a column" if self.least == 1 else f"{self.least} columns"
            fix = f"{self.kind}(['a', 'b'])" if self.least > 1 else f"{self.kind}('id')"
            raise UsageError(f"{self.kind} needs {some}", where=self.kind, fix=fix)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{', '.join(map(str, self.columns))} {self.says}"


@dataclass(frozen=True)
class ColumnNumber(NumberCheck):
    """One number of a column must lie within bounds; the number is named as the kind is, unless *statistic* says."""

    statistic: ClassVar[str] = ""

    column: str
    low: Any = None
    high: Any = None

    def number(self) -> Stat:
        """Return the number."""
        return Stat(self.statistic or self.kind, self.column)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.kind.replace('_', ' ')} of {self.column} is {bounds_text(self.low, self.high, self.unit)}"
