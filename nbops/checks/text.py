"""Checks of text: patterns, lengths, white space, case."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbops.checks.model import RowCheck, bounds_text, check, refuse_bounds
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, LengthIn
from nbops.frames.conditions import Matches as Match

__all__ = ["AsciiOnly", "Length", "LowerCase", "Matches", "NotBlank", "NotMatches", "Printable", "Trimmed", "UpperCase"]


@check("matches")
@dataclass(frozen=True)
class Matches(RowCheck):
    r"""Every text of *column* matches the regular expression *pattern* somewhere; ``^`` and ``$`` bind it to the ends.

    Why it matters:
        A key whose form changed joins with nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Matches("code", r"^[A-Z]{3}-\d+$"), code=["ABC-1", "abc-1"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    pattern: str

    def validate(self) -> None:
        """Refuse what is no regular expression."""
        try:
            re.compile(self.pattern)
        except (re.error, TypeError) as error:
            what = f"{self.pattern!r} is no regular expression: {error}"
            raise UsageError(what, where=self.kind, fix="put a backslash before signs that are meant") from error

    def condition(self) -> Condition:
        """Return that the text matches."""
        return Match(self.column, self.pattern)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} matches {self.pattern}"


@check("not_matches")
@dataclass(frozen=True)
class NotMatches(Matches):
    """No part of any text of *column* matches the regular expression *pattern*.

    Why it matters:
        A separator inside a field becomes a column too many in the next file.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotMatches("note", ";"), note=["fine", "a;b"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    def condition(self) -> Condition:
        """Return that the text does not match."""
        return Match(self.column, self.pattern, is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} does not match {self.pattern}"


@check("length")
@dataclass(frozen=True)
class Length(RowCheck):
    """Every text of *column* has between *low* and *high* characters.

    Why it matters:
        A text of exactly 255 characters was most likely cut off.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Length("country", 2, 2), country=["DE", "Germany"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    low: int | None = None
    high: int | None = None

    def validate(self) -> None:
        """Refuse bounds that nothing can lie between."""
        refuse_bounds(self.low, self.high, "length")

    def condition(self) -> Condition:
        """Return that the text is as long as it should be."""
        return LengthIn(self.column, self.low, self.high)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has {bounds_text(self.low, self.high, 'characters')}"


@check("not_blank")
@dataclass(frozen=True)
class NotBlank(RowCheck):
    """No text of *column* is empty or nothing but white space; null is not blank.

    Why it matters:
        A blank passes every test for null, and stands in the report as nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotBlank("name"), name=["Ada", " "])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, r"^\s*$", is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is not blank"


@check("trimmed")
@dataclass(frozen=True)
class Trimmed(RowCheck):
    """No text of *column* begins or ends with white space.

    Why it matters:
        'Paris ' and 'Paris' are two cities to a join, and one to everybody who looks.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Trimmed("name"), name=["Ada", "Ada "])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, r"^\s|\s$", is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has no white space around it"


@check("ascii_only")
@dataclass(frozen=True)
class AsciiOnly(RowCheck):
    """Every text of *column* is made of ASCII alone.

    Why it matters:
        A file that passes through an old system comes back with signs that nobody wrote.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AsciiOnly("name"), name=["Ada", "Zoë"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, r"[^\x00-\x7F]", is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is ASCII"


@check("upper_case")
@dataclass(frozen=True)
class UpperCase(RowCheck):
    """No text of *column* has a lower-case letter from a to z.

    Why it matters:
        'de' and 'DE' are two countries to a group-by.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(UpperCase("name"), name=["DE", "de"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, "[a-z]", is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is upper case"


@check("lower_case")
@dataclass(frozen=True)
class LowerCase(RowCheck):
    """No text of *column* has an upper-case letter from A to Z.

    Why it matters:
        E-mail addresses differ in case alone more often than people do.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(LowerCase("name"), name=["a@b.de", "A@b.de"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, "[A-Z]", is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is lower case"


@check("printable")
@dataclass(frozen=True)
class Printable(RowCheck):
    r"""No text of *column* has a control character, line ends and tabs among them.

    Why it matters:
        A line end inside a cell makes two rows of one in the next CSV file.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Printable("name"), name=["Ada", "A\nda"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, r"[\x00-\x1F\x7F]", is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has no control characters"
