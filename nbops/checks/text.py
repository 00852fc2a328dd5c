"""Checks of text: patterns, lengths, hygiene, and formats that are known by name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbops.checks.model import RowCheck, bounds_text, check, refuse_bounds
from nbops.errors import UsageError
from nbops.frames.conditions import Condition, LengthIn, WellFormed
from nbops.frames.conditions import Matches as Match
from nbops.frames.formats import check_format

__all__ = [
    "AsciiOnly",
    "Card",
    "Country",
    "Currency",
    "Email",
    "Format",
    "Iban",
    "Ip",
    "Isbn",
    "Json",
    "Length",
    "LowerCase",
    "Matches",
    "NotBlank",
    "NotMatches",
    "Phone",
    "Printable",
    "Trimmed",
    "UpperCase",
    "Url",
    "Uuid",
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


@check("format")
@dataclass(frozen=True)
class Format(RowCheck):
    """Every text of *column* is in the format of the name *format*.

    The formats: card country currency date datetime email iban ip ipv4 ipv6 isbn json number phone url uuid.

    Why it matters:
        What is not written as one can't be one; check digits find most slips of the finger.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Format("book", "isbn"), book=["978-0-306-40615-7", "978-0-306-40615-8"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    format: str

    def validate(self) -> None:
        """Refuse a format that is not known."""
        check_format(self.format)

    def condition(self) -> Condition:
        """Return that the text is in the format."""
        return WellFormed(self.column, self.format)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is written as {self.format}"


@dataclass(frozen=True)
class _Format(RowCheck):
    """A format with a kind of its own."""

    column: str

    def condition(self) -> Condition:
        """Return that the text is in the format that the kind names."""
        return WellFormed(self.column, self.kind)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is written as {self.kind}"


@check("email")
@dataclass(frozen=True)
class Email(_Format):
    """Every text of *column* is written as an e-mail address.

    Why it matters:
        A mailing to a malformed address fails late, and far from its cause.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Email("text"), text=["ada@example.org", "ada@example"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("url")
@dataclass(frozen=True)
class Url(_Format):
    """Every text of *column* is written as an http, https or ftp address.

    Why it matters:
        A link without its scheme opens nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Url("text"), text=["https://example.org/a", "example.org"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("uuid")
@dataclass(frozen=True)
class Uuid(_Format):
    """Every text of *column* is written as a UUID.

    Why it matters:
        A key that lost a digit joins with nothing.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Uuid("text"), text=["123e4567-e89b-12d3-a456-426614174000", "123e4567"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("ip")
@dataclass(frozen=True)
class Ip(_Format):
    """Every text of *column* is written as an IP address, of version 4 or 6.

    Why it matters:
        A host name among addresses makes the look-up of all of them fail.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Ip("text"), text=["10.0.0.1", "10.0.0.256"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("iban")
@dataclass(frozen=True)
class Iban(_Format):
    """Every text of *column* is written as an IBAN whose check digits are right.

    Why it matters:
        A payment to a wrong number comes back after days, and costs a fee.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Iban("text"), text=["DE89 3704 0044 0532 0130 00", "DE88 3704 0044 0532 0130 00"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("card")
@dataclass(frozen=True)
class Card(_Format):
    """Every text of *column* is written as a card number whose check digit is right.

    Why it matters:
        One digit typed wrong is found by the check digit, before the bank finds it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Card("text"), text=["4111 1111 1111 1111", "4111 1111 1111 1112"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("country")
@dataclass(frozen=True)
class Country(_Format):
    """Every text of *column* is a two-letter country code of ISO 3166.

    Why it matters:
        UK is not a country code, GB is.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Country("text"), text=["GB", "UK"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("currency")
@dataclass(frozen=True)
class Currency(_Format):
    """Every text of *column* is a three-letter currency code of ISO 4217.

    Why it matters:
        A rate is looked up by its code; by another spelling there is none.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Currency("text"), text=["EUR", "Euro"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("json")
@dataclass(frozen=True)
class Json(_Format):
    """Every text of *column* can be read as JSON.

    Why it matters:
        One cut-off document stops the parser of all of them.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Json("text"), text=['{"a": 1}', '{"a": '])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("isbn")
@dataclass(frozen=True)
class Isbn(_Format):
    """Every text of *column* is written as an ISBN whose check digit is right.

    Why it matters:
        A catalogue finds nothing by a number with a slip in it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Isbn("text"), text=["0-306-40615-2", "0-306-40615-3"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("phone")
@dataclass(frozen=True)
class Phone(_Format):
    """Every text of *column* is written as a telephone number of 7 to 15 digits.

    Why it matters:
        A number with a letter in it is dialled by nobody.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Phone("text"), text=["+49 30 901820", "call me"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """
