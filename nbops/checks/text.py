"""Checks of text: patterns, lengths, white space, case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from nbops.checks.forms import ColumnCheck
from nbops.checks.model import RowCheck, bounds_text, check, refuse_bounds
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, LengthIn
from nbops.frames.conditions import Matches as Match

_PERSONAL = (
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",  # an e-mail address
    r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b",  # a social security number of the United States
    r"\b(?:[0-9]{4}[ -]?){3}[0-9]{1,7}\b",  # a card
    r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){3,7}\b",  # an IBAN
    r"\+[0-9][0-9 ()/-]{7,}[0-9]",  # a telephone number with its country
)

__all__ = [
    "AsciiOnly",
    "Length",
    "Like",
    "LowerCase",
    "Matches",
    "MatchesAny",
    "NoDelimiter",
    "NoMojibake",
    "NoPersonalData",
    "NotBlank",
    "NotMatches",
    "NotQuoted",
    "Printable",
    "Trimmed",
    "UpperCase",
]


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


@check("matches_any")
@dataclass(frozen=True)
class MatchesAny(RowCheck):
    r"""Every text of *column* matches at least one of the regular expressions *patterns* somewhere.

    Why it matters:
        Two systems that wrote one column each had their own form of a key, and no third one.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(MatchesAny("code", [r"^A\d+$", r"^B-\d+$"]), code=["A1", "B-2", "B3"])
        'failed: 1 of 3 rows fail (33.3%), allowed are 0 rows'
    """

    column: str
    patterns: tuple[str, ...]

    def validate(self) -> None:
        """Refuse what is no regular expression."""
        if not self.patterns:
            raise UsageError("a pattern is needed", where=self.kind, fix="patterns=['^A', '^B']")
        for pattern in self.patterns:
            Matches(self.column, pattern)

    def condition(self) -> Condition:
        """Return that one of the patterns matches."""
        return Match(self.column, "|".join(f"(?:{pattern})" for pattern in self.patterns))

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} matches one of {', '.join(self.patterns)}"


@check("like")
@dataclass(frozen=True)
class Like(RowCheck):
    """Every text of *column* is as *pattern* says, as a whole: ``%`` stands for any text, ``_`` for one character.

    Why it matters:
        It is the pattern of SQL, which everybody who keeps the source knows.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Like("ref", "ORD-%"), ref=["ORD-1", "INV-1"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    pattern: str

    def condition(self) -> Condition:
        """Return that the whole text is like that."""
        signs = {"%": r"[\s\S]*", "_": r"[\s\S]"}
        return Match(self.column, f"^(?:{''.join(signs.get(sign) or re.escape(sign) for sign in self.pattern)})$")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is like {self.pattern}"


@check("no_delimiter")
@dataclass(frozen=True)
class NoDelimiter(RowCheck):
    """No text of *column* holds the separator *delimiter*.

    Why it matters:
        A separator inside a field becomes a column too many in the next file.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NoDelimiter("note", ";"), note=["fine", "a;b"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    delimiter: str = ","

    def validate(self) -> None:
        """Refuse what separates nothing."""
        if not self.delimiter:
            raise UsageError("an empty text separates nothing", where=self.kind, fix="delimiter=';'")

    def condition(self) -> Condition:
        """Return that the separator is not there."""
        return Match(self.column, re.escape(self.delimiter), is_negated=True)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} has no {self.delimiter!r} in it"


@dataclass(frozen=True)
class _Without(ColumnCheck):
    """No part of a text may match the pattern of the kind."""

    wrong: ClassVar[str] = ""

    def condition(self) -> Condition:
        """Return that the text is as it should be."""
        return Match(self.column, self.wrong, is_negated=True)


@check("not_blank")
class NotBlank(_Without):
    """No text of *column* is empty or nothing but white space; null is not blank.

    Why it matters:
        A blank passes every test for null, and stands in the report as nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotBlank("name"), name=["Ada", " "])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = r"^\s*$"
    says = "is not blank"


@check("trimmed")
class Trimmed(_Without):
    """No text of *column* begins or ends with white space.

    Why it matters:
        'Paris ' and 'Paris' are two cities to a join, and one to everybody who looks.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Trimmed("name"), name=["Ada", "Ada "])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = r"^\s|\s$"
    says = "has no white space around it"


@check("ascii_only")
class AsciiOnly(_Without):
    """Every text of *column* is made of ASCII alone.

    Why it matters:
        A file that passes through an old system comes back with signs that nobody wrote.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(AsciiOnly("name"), name=["Ada", "Zoë"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = r"[^\x00-\x7F]"
    says = "is ASCII"


@check("upper_case")
class UpperCase(_Without):
    """No text of *column* has a lower-case letter from a to z.

    Why it matters:
        'de' and 'DE' are two countries to a group-by.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(UpperCase("name"), name=["DE", "de"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = "[a-z]"
    says = "is upper case"


@check("lower_case")
class LowerCase(_Without):
    """No text of *column* has an upper-case letter from A to Z.

    Why it matters:
        E-mail addresses differ in case alone more often than people do.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(LowerCase("name"), name=["a@b.de", "A@b.de"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = "[A-Z]"
    says = "is lower case"


@check("printable")
class Printable(_Without):
    r"""No text of *column* has a control character, line ends and tabs among them.

    Why it matters:
        A line end inside a cell makes two rows of one in the next CSV file.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Printable("name"), name=["Ada", "A\nda"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = r"[\x00-\x1F\x7F]"
    says = "has no control characters"


@check("not_quoted")
class NotQuoted(_Without):
    """No text of *column* stands in quotation marks.

    Why it matters:
        Quotation marks that belong to the file and came into the cells part what should join.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NotQuoted("name"), name=["Ada", "'Ada'"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = r"^'[^']*'$|^\"[^\"]*\"$"
    says = "has no quotation marks around it"


@check("no_mojibake")
class NoMojibake(_Without):
    """No text of *column* shows what becomes of letters that are read in the wrong encoding.

    Why it matters:
        'MÃ¼ller' is found by nobody who looks for Müller.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NoMojibake("name"), name=["Müller", "MÃ¼ller"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = r"[ÃÂ][\x80-\xBF]|â€|ï»¿|�"
    says = "was read in its own encoding"


@check("no_personal_data")
class NoPersonalData(_Without):
    """No text of *column* holds what looks like an e-mail address, a card, an IBAN, a telephone or a social
    security number.

    Why it matters:
        Free text is where what must not leave the house leaves it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(NoPersonalData("note"), note=["fine", "call ada@example.org"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    wrong: ClassVar[str] = "|".join(f"(?:{pattern})" for pattern in _PERSONAL)
    says = "holds no personal data"
