"""Checks of text in a format that is named: dates, numbers, JSON, postal codes."""

from __future__ import annotations

from dataclasses import dataclass

from nbops.checks.model import RowCheck, check
from nbops.errors import UsageError, did_you_mean
from nbops.frames.conditions import Condition, WellFormed
from nbops.frames.formats import check_format

__all__ = ["DateFormat", "Format", "JsonSchema", "Parseable", "PostalCode"]


@check("format")
@dataclass(frozen=True)
class Format(RowCheck):
    """Every text of *column* is in the format of the name *format*.

    The formats: bic boolean card country currency date datetime ean email hex_color hostname iban imei integer ip ipv4
    ipv6 isbn issn json mac md5 number phone semver sha256 slug street url us_state us_zip uuid vin.

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


@check("date_format")
@dataclass(frozen=True)
class DateFormat(RowCheck):
    """Every text of *column* is a date written in *format*, in the signs of ``strptime``: ``%d.%m.%Y``.

    A column of moments holds: its dates were read already.

    Why it matters:
        Whoever reads 03/04 by another format than it was written in gets a date, and the wrong one.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(DateFormat("day", "%d.%m.%Y"), day=["31.01.2025", "2025-01-31"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    format: str

    def validate(self) -> None:
        """Refuse a format without any sign of a date."""
        check_format(f"date:{self.format}")

    def condition(self) -> Condition:
        """Return that the text is a date in the format."""
        return WellFormed(self.column, f"date:{self.format}")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is a date written as {self.format}"


@check("parseable")
@dataclass(frozen=True)
class Parseable(RowCheck):
    """Every text of *column* can be read as *type*: ``integer number boolean date datetime``.

    Why it matters:
        One word in a column of numbers makes text of all of them when the file is read.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(Parseable("amount", "number"), amount=["1.5", "1,5"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    type: str

    def validate(self) -> None:
        """Refuse a type that is not known."""
        known = ("integer", "number", "boolean", "date", "datetime")
        if self.type not in known:
            raise UsageError(f"unknown type {self.type!r}", where=self.kind, fix=did_you_mean(str(self.type), known))

    def condition(self) -> Condition:
        """Return that the text is one."""
        return WellFormed(self.column, self.type)

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} can be read as {self.type}"


@check("json_schema")
@dataclass(frozen=True)
class JsonSchema(RowCheck):
    """Every text of *column* is JSON that is valid by the JSON Schema *schema*, itself written as JSON.

    Why it matters:
        A document that lost a field is read without complaint, until someone needs the field.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(JsonSchema("event", '{"required": ["id"]}'), event=['{"id": 1}', '{"ident": 1}'])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    schema: str

    def validate(self) -> None:
        """Refuse what is no schema."""
        check_format(f"json_schema:{self.schema}")

    def condition(self) -> Condition:
        """Return that the text is valid."""
        return WellFormed(self.column, f"json_schema:{self.schema}")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is valid by its JSON Schema"


@check("postal_code")
@dataclass(frozen=True)
class PostalCode(RowCheck):
    """Every text of *column* is written as a postal code of *country*, a two-letter code.

    Why it matters:
        Codes that were read as numbers have lost their leading zero, and half of a region with it.

    Example:
        >>> from nbops.checks.suite import tried
        >>> tried(PostalCode("zip", "DE"), zip=["01067", "1067"])
        'failed: 1 of 2 rows fail (50.0%), allowed are 0 rows'
    """

    column: str
    country: str

    def validate(self) -> None:
        """Refuse a country whose codes are not known."""
        check_format(f"postal_code:{self.country}")

    def condition(self) -> Condition:
        """Return that the text is written as one."""
        return WellFormed(self.column, f"postal_code:{self.country}")

    @property
    def title(self) -> str:
        """What must hold, as a sentence."""
        return f"{self.column} is a postal code of {self.country}"
