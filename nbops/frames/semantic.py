"""What a column means: a key, a code, a measure, the day of an event. It ranks and words rules, and forbids none.

The type follows from the values first and from the name second; names are read in the languages that tables are
written in, and no country's formats are taken for granted. Each type comes with the reason it was given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from nbops.frames.profile.table import ColumnProfile

__all__ = ["Meaning", "SemanticType", "expected_repeats", "is_postal", "likely_kinds", "meaning_of", "period_bounds",
           "space_of"]  # fmt: skip


class SemanticType(StrEnum):
    """What a column means."""

    EMPTY = "empty"
    CONSTANT = "constant"
    KEY = "key"
    ID = "id"
    CODE = "code"
    CATEGORY = "category"
    FLAG = "flag"
    MEASURE = "measure"
    RATIO = "ratio"
    COUNTER = "running total"
    PERIOD = "period"
    COORDINATE = "coordinate"
    EVENT_DATE = "date of event"
    LOAD_DATE = "date of load"
    EMAIL = "email"
    URL = "url"
    PHONE = "phone"
    IP_ADDRESS = "ip address"
    ACCOUNT = "account"
    FREE_TEXT = "free text"
    TEXT = "text"
    OBJECT = "object"

    @property
    def is_personal(self) -> bool:
        """Whether single values tell of a person."""
        return self in (SemanticType.EMAIL, SemanticType.PHONE, SemanticType.IP_ADDRESS, SemanticType.ACCOUNT)

    @property
    def is_amount(self) -> bool:
        """Whether its numbers are sizes, whose spread means something."""
        return self in (SemanticType.MEASURE, SemanticType.RATIO, SemanticType.COORDINATE)

    @property
    def is_grouping(self) -> bool:
        """Whether its values stand for groups of rows."""
        return self in (SemanticType.CATEGORY, SemanticType.CODE, SemanticType.FLAG)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column means, and why.

    Args:
        type: What it means.
        why: What says so, in a few words.
    """

    type: SemanticType
    why: str


_T = SemanticType
_ID_WORDS = {"id", "ids", "key", "uuid", "guid", "pk", "sk", "nr", "nummer", "numero", "number", "no", "num", "kennung",
             "ident", "identifier", "clave", "codigo", "ref", "reference", "serial"}  # fmt: skip
_CODE_WORDS = {"code", "zip", "plz", "postal", "postcode", "cp", "isin", "ean", "gtin", "sku", "iata", "icao", "iso",
               "flight", "tailnum", "cap", "nuts", "fips", "ags", "vat"}  # fmt: skip
_POSTAL_WORDS = {"zip", "zipcode", "plz", "postleitzahl", "postal", "postcode", "postnummer", "postnr"}
_LOAD_WORDS = {"load", "loaded", "insert", "inserted", "ingest", "ingested", "created", "updated", "modified", "etl",
               "import", "imported", "extract", "extracted", "processed", "snapshot", "asof", "geladen"}  # fmt: skip
_PERIOD_WORDS = {"year", "jahr", "annee", "ano", "anno", "month", "monat", "mois", "mes", "week", "woche", "semaine",
                 "quarter", "quartal", "day", "tag", "hour", "stunde", "minute", "weekday", "dow", "yr"}  # fmt: skip
_RATIO_WORDS = {
    "pct",
    "percent",
    "percentage",
    "share",
    "ratio",
    "rate",
    "anteil",
    "prozent",
    "quote",
    "taux",
    "proportion",
}
_PLACE_WORDS = {"lat", "latitude", "lon", "lng", "long", "longitude", "breite", "laenge"}
_PERIODS = {"month": (1, 12), "week": (0, 53), "quarter": (1, 4), "day": (0, 366), "hour": (0, 24), "minute": (0, 60)}
_BOUNDS = (
    ({"month", "monat", "mois", "mes"}, 1, 12), ({"quarter", "quartal"}, 1, 4), ({"day", "tag"}, 1, 31),
    ({"week", "woche", "semaine"}, 0, 53), ({"hour", "stunde"}, 0, 24), ({"minute"}, 0, 59),
    ({"weekday", "dow"}, 0, 7), ({"year", "jahr", "annee", "ano", "anno", "yr"}, 1900, 2100),
    ({"day", "tag"}, 1, 366),
)  # fmt: skip
_LOOKS = {"email": _T.EMAIL, "url": _T.URL, "uuid": _T.ID, "ip address": _T.IP_ADDRESS, "phone": _T.PHONE,
          "iban": _T.ACCOUNT, "payment card": _T.ACCOUNT, "date": _T.EVENT_DATE, "moment": _T.EVENT_DATE,
          "postal code": _T.CODE}  # fmt: skip
_MOST = 0.9
_LONG = 40
_SHORT = 12


def meaning_of(column: ColumnProfile) -> Meaning:
    """Return what *column* means.

    Example:
        >>> import pandas as pd
        >>> from nbops.frames.profile.table import profile
        >>> found = profile(pd.DataFrame({"order_id": range(100), "price": [n * 7 % 50 / 8 for n in range(100)]}))
        >>> [str(meaning_of(column).type) for column in found.columns]
        ['key', 'measure']
    """
    values = column.values
    if not column.filled:
        return Meaning(_T.EMPTY, "all cells are null")
    if values.distinct == 1 and column.filled > 1:
        return Meaning(_T.CONSTANT, "one value in all rows")
    if column.kind == "bool":
        return Meaning(_T.FLAG, "truth values")
    if column.kind == "time":
        words = _words(column.name) & _LOAD_WORDS
        return Meaning(_T.LOAD_DATE, f"named {min(words)}") if words else Meaning(_T.EVENT_DATE, "moments")
    found = {"text": _texts, "number": _numbers}.get(column.kind)
    first = next(found(column), None) if found else None
    return first or Meaning(_T.OBJECT, "values of several types")


def is_postal(column: ColumnProfile) -> bool:
    """Return whether *column* is named as postal codes are, in one of several languages.

    Example:
        >>> import pandas as pd
        >>> from nbops.frames.profile.table import profile
        >>> [is_postal(column) for column in profile(pd.DataFrame({"kunde_PLZ": [1067], "amount": [3]})).columns]
        [True, False]
    """
    words = _words(column.name)
    return bool(words & _POSTAL_WORDS) or {"code", "postal"} <= words or {"codigo", "postal"} <= words


def period_bounds(column: ColumnProfile) -> tuple[int, int] | None:
    """Return between which numbers the periods of *column* lie in every calendar, by its name; None when that is open.

    Example:
        >>> import pandas as pd
        >>> from nbops.frames.profile.table import profile
        >>> period_bounds(profile(pd.DataFrame({"order_month": [1, 2, 2, 3]})).columns[0])
        (1, 12)
    """
    facts, words = column.number, _words(column.name)
    if facts is None or facts.low is None or facts.high is None:
        return None
    found = ((low, high) for names, low, high in _BOUNDS if words & names and low <= facts.low and facts.high <= high)
    return next(found, None)


def expected_repeats(rows: int, kinds: float) -> float:
    """Return how many pairs of *rows* rows would be equal if each drew one of *kinds* values at random.

    A column without repeats is a key by design only if chance would have made some: above about 20 there are none with
    a probability below e⁻²⁰.
    """
    return rows * (rows - 1) / (2 * max(kinds, 1.0))


def likely_kinds(rows: int, distinct: int) -> float:
    """Return among how many values *rows* rows were drawn at random, when *distinct* of them were seen.

    The solution R of distinct = R·(1 − exp(−rows/R)); infinite when nothing repeated.

    Example:
        >>> round(likely_kinds(1000, 10)), round(likely_kinds(1000, 999), -3)
        (10, 500000.0)
    """
    if distinct >= rows:
        return math.inf
    low, high = float(distinct), float(rows) ** 2
    for _ in range(100):
        middle = (low + high) / 2
        if -middle * math.expm1(-rows / middle) < distinct:
            low = middle
        else:
            high = middle
    return high


def space_of(column: ColumnProfile) -> float:
    """Return how many values could stand in *column* at most, as far as its numbers or its texts tell.

    Whole numbers: those between the extremes. Texts of one length: the products of what stands at each place.
    """
    number, text = column.number, column.text
    if number is not None and number.low is not None and number.high is not None and number.whole == number.count:
        return float(number.high - number.low + 1)
    return text.spellings if text is not None and text.spellings else math.inf


def _words(name: str) -> set[str]:
    """Return the words of a column's name, in lower case: ``tripID_no`` is trip, id, no."""
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+|\d+", name)
    return {part.lower() for part in parts}


def _texts(column: ColumnProfile) -> Iterator[Meaning]:
    text, values, words = column.text, column.values, _words(column.name)
    if text is None:
        return
    for look, meant in _LOOKS.items():
        if text.looks.get(look, 0) >= _MOST * max(1, text.sampled):
            yield Meaning(meant, f"looks like {look}")
    shapes = max(text.shapes.values(), default=0) / max(1, text.sampled)
    has_digits = text.having("digit") >= _MOST * text.count
    if values.distinct == 2 and text.looks.get("truth", 0) == text.sampled:
        yield Meaning(_T.FLAG, "yes or no")
    written = sum(text.looks.get(look, 0) for look in ("decimal comma", "thousands", "money"))
    if written >= _MOST * max(1, text.sampled) and values.distinct > 50:
        yield Meaning(_T.MEASURE, "numbers written as text")
    if text.mean_length >= _LONG or (text.having("space") > text.count / 2 and values.distinct > column.filled / 2):
        yield Meaning(_T.FREE_TEXT, "long, or words apart")
    is_short = text.shortest == text.longest and text.mean_length <= _SHORT and not text.having("space")
    is_marked = bool(words & (_ID_WORDS | _CODE_WORDS)) or is_short or (has_digits and shapes >= _MOST)
    if column.is_unique and column.rows >= 20 and is_marked:
        yield Meaning(_T.KEY, "never repeats and is written one way")
    if words & _ID_WORDS and values.distinct > 50:
        yield Meaning(_T.ID, "named as one")
    if words & _CODE_WORDS or (has_digits and shapes >= _MOST) or (is_short and not text.having("lower")):
        yield Meaning(_T.CODE, "written one way" if has_digits or is_short else "named as one")
    if values.counts is not None and 5 * values.distinct <= column.filled:
        is_code = (text.longest or 0) <= 5 and not text.having("lower") and not text.having("space")
        yield Meaning(_T.CODE if is_code else _T.CATEGORY, f"{values.distinct} values in {column.filled:,} rows")
    yield Meaning(_T.TEXT, f"{values.distinct:,} texts")


def _numbers(column: ColumnProfile) -> Iterator[Meaning]:
    facts, values, words = column.number, column.values, _words(column.name)
    if facts is None or facts.low is None or facts.high is None:
        yield Meaning(_T.MEASURE, "numbers")
        return
    is_whole = facts.whole == facts.count
    kinds = facts.high - facts.low + 1
    if words & _PLACE_WORDS and facts.low >= -180 and facts.high <= 360:
        yield Meaning(_T.COORDINATE, "named as one, within a circle")
    if is_whole and values.distinct == 2 and facts.low == 0 and facts.high == 1:
        yield Meaning(_T.FLAG, "0 or 1")
    if is_whole and words & _PERIOD_WORDS and _is_period(words, facts.low, facts.high):
        yield Meaning(_T.PERIOD, "named as one, and in its bounds")
    is_marked = words & _ID_WORDS or kinds <= 1.05 * column.rows or expected_repeats(column.rows, kinds) >= 20
    if is_whole and column.is_unique and column.rows >= 20 and is_marked:
        yield Meaning(_T.KEY, "never repeats, where chance would")
    if is_whole and words & _ID_WORDS and not words & {"num", "number", "numero", "no"}:
        yield Meaning(_T.ID, "named as one")
    if is_whole and words & _CODE_WORDS:
        yield Meaning(_T.CODE, "named as one")
    if column.rises and values.distinct > 20 and column.filled > 50:
        yield Meaning(_T.COUNTER, "never falls from row to row")
    if words & _RATIO_WORDS or (not is_whole and facts.low >= 0 and facts.high <= 1):
        yield Meaning(_T.RATIO, "between 0 and 1" if facts.high <= 1 else "named as one")
    yield Meaning(_T.MEASURE, "numbers")


def _is_period(words: set[str], low: float, high: float) -> bool:
    if words & {"year", "jahr", "annee", "ano", "anno", "yr"}:
        return low >= 1800 and high <= 2200
    return any(word in words and least <= low and high <= most for word, (least, most) in _PERIODS.items()) or (
        low >= 0 and high <= 366 and not words & set(_PERIODS)
    )
