"""Checks of text in known formats: e-mail addresses, IBANs, codes of countries …"""

from __future__ import annotations

from nbops.checks.forms import ColumnCheck
from nbops.checks.model import check
from nbops.frames.conditions import Condition, WellFormed

__all__ = [
    "Card",
    "Country",
    "Currency",
    "Email",
    "Iban",
    "Ip",
    "Isbn",
    "Json",
    "Phone",
    "Street",
    "Url",
    "UsState",
    "UsZip",
    "Uuid",
    "Vin",
]


class _Format(ColumnCheck):
    """A format with a kind of its own."""

    def condition(self) -> Condition:
        """Return that the text is in the format that the kind names."""
        return WellFormed(self.column, self.kind)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is written as {self.kind}"


@check("email")
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
class Phone(_Format):
    """Every text of *column* is written as a telephone number of 7 to 15 digits.

    Why it matters:
        A number with a letter in it is dialled by nobody.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Phone("text"), text=["+49 30 901820", "call me"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("vin")
class Vin(_Format):
    """Every text of *column* is written as a vehicle identification number whose check digit is right.

    Why it matters:
        One letter O for a zero, and the car is another one.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Vin("text"), text=["1M8GDM9AXKP042788", "1M8GDM9AXKP042789"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("us_zip")
class UsZip(_Format):
    """Every text of *column* is written as a ZIP code of the United States, of five or nine digits.

    Why it matters:
        A code that was read as a number lost its zero: 2134 is no place.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(UsZip("text"), text=["02134", "2134"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("us_state")
class UsState(_Format):
    """Every text of *column* is the two-letter code of a state or territory of the United States.

    Why it matters:
        A state spelled out is none of the fifty to a join.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(UsState("text"), text=["CA", "California"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """


@check("street")
class Street(_Format):
    """Every text of *column* looks like a street with a house number.

    Why it matters:
        A parcel needs a number to ring at.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Street("text"), text=["5 Main Street", "Main Street"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """
