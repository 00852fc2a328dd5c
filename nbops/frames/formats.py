"""Text in known formats: whether an e-mail address, an IBAN, a card number … is written as one must be.

Form is checked, and check digits where the format has them; whether the thing exists, nobody can tell from its text.
"""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import json
import re
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from nbops.errors import UsageError, did_you_mean

__all__ = ["FORMATS", "check_format", "is_well_formed"]

_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_COUNTRIES = frozenset(
    re.findall(
        "[A-Z]+",
        "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY "
        "BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK "
        "FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR "
        "IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK "
        "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM "
        "PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF "
        "TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW ",
    )
)
_CURRENCIES = frozenset(
    re.findall(
        "[A-Z]+",
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
        "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL "
        "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD "
        "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG "
        "QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD "
        "TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG ",
    )
)


def _parses(parse: Callable[[str], object]) -> Callable[[str], bool]:
    """Return the test that *parse* takes a text."""

    def holds(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, RecursionError):
            return False
        return True

    return holds


def _url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    is_host = bool(_HOST.fullmatch(host)) or _parses(ipaddress.ip_address)(host)
    return parts.scheme in ("http", "https", "ftp") and is_host and not re.search(r"\s", text)


def _iban(text: str) -> bool:
    compact = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", compact):
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _card(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text)
    if not re.fullmatch(r"[0-9]{12,19}", digits):
        return False
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def _isbn(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text).upper()
    if re.fullmatch(r"[0-9]{9}[0-9X]", digits):
        return sum((10 - i) * (10 if d == "X" else int(d)) for i, d in enumerate(digits)) % 11 == 0
    if re.fullmatch(r"97[89][0-9]{10}", digits):
        return sum(int(d) * (1 + 2 * (i % 2)) for i, d in enumerate(digits)) % 10 == 0
    return False


def _phone(text: str) -> bool:
    return bool(re.fullmatch(r"\+?[0-9 ()./-]+", text)) and 7 <= sum(c.isdigit() for c in text) <= 15


_STATES = frozenset(
    re.findall(
        "[A-Z]+",
        "AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK "
        "OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC AS GU MP PR VI UM",
    )
)
_POSTAL = {
    **dict.fromkeys(("DE", "FR", "IT", "ES", "FI", "EE", "HR", "TR", "MX"), "[0-9]{5}"),
    **dict.fromkeys(("AT", "BE", "CH", "DK", "NO", "HU", "SI", "LU", "AU", "BG", "CY", "ZA", "NZ"), "[0-9]{4}"),
    **dict.fromkeys(("IN", "CN", "RO", "SG"), "[0-9]{6}"),
    **dict.fromkeys(("CZ", "SK", "SE", "GR"), "[0-9]{3} ?[0-9]{2}"),
    "US": "[0-9]{5}(?:-[0-9]{4})?",
    "GB": "[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}",
    "CA": "[A-Z][0-9][A-Z] ?[0-9][A-Z][0-9]",
    "NL": "[1-9][0-9]{3} ?[A-Z]{2}",
    "PL": "[0-9]{2}-[0-9]{3}",
    "PT": "[0-9]{4}-[0-9]{3}",
    "BR": "[0-9]{5}-?[0-9]{3}",
    "JP": "[0-9]{3}-?[0-9]{4}",
    "IE": "[A-Z][0-9][0-9W] ?[A-Z0-9]{4}",
}
_VIN = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _vin(text: str) -> bool:
    if not re.fullmatch("[A-HJ-NPR-Z0-9]{17}", text):
        return False
    total = sum(weight * _VIN.get(sign, ord(sign) - 48) for weight, sign in zip(_VIN_WEIGHTS, text, strict=True))
    return text[8] == "0123456789X"[total % 11]


def _ean(text: str) -> bool:
    if not re.fullmatch("[0-9]{8}|[0-9]{12,14}", text):
        return False
    return sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(text))) % 10 == 0


def _issn(text: str) -> bool:
    if not re.fullmatch("[0-9]{4}-?[0-9]{3}[0-9X]", text):
        return False
    digits = text.replace("-", "")
    return sum((8 - at) * (10 if digit == "X" else int(digit)) for at, digit in enumerate(digits)) % 11 == 0


def _matches(pattern: str) -> Callable[[str], bool]:
    found = re.compile(pattern)
    return lambda text: found.fullmatch(text) is not None


def _json_schema(schema: str) -> Callable[[str], bool]:
    """Return the test that a text is JSON, valid by *schema*.

    Raises:
        UsageError: *schema* is none.
    """
    import jsonschema

    try:
        validator = jsonschema.validators.validator_for(read := json.loads(schema))(read)
        validator.check_schema(read)
    except (ValueError, TypeError, jsonschema.SchemaError) as error:
        told = str(error).splitlines()[0]
        raise UsageError(f"this is no JSON Schema: {told}", where="json_schema", fix='{"required": ["id"]}') from error

    def holds(text: str) -> bool:
        try:
            return bool(validator.is_valid(json.loads(text)))
        except (ValueError, RecursionError):
            return False

    return holds


def _dated(form: str) -> Callable[[str], bool]:
    if "%" not in form:
        raise UsageError(f"{form!r} is no format of dates", where="date_format", fix="%Y-%m-%d")
    return _parses(lambda text: dt.datetime.strptime(text, form))


def _postal(country: str) -> Callable[[str], bool]:
    if country not in _POSTAL:
        what = f"the postal codes of {country!r} are not known"
        raise UsageError(what, where="postal_code", fix=did_you_mean(country, _POSTAL))
    return _matches(_POSTAL[country])


_WITH_ARGUMENT: dict[str, Callable[[str], Callable[[str], bool]]] = {
    "date": _dated,
    "json_schema": _json_schema,
    "postal_code": _postal,
}
FORMATS: dict[str, Callable[[str], bool]] = {
    "bic": _matches("[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}(?:[A-Z0-9]{3})?"),
    "boolean": lambda text: text.strip().lower() in ("true", "false", "yes", "no", "t", "f", "y", "n", "0", "1"),
    "card": _card,
    "country": lambda text: text in _COUNTRIES,
    "currency": lambda text: text in _CURRENCIES,
    "date": _parses(dt.date.fromisoformat),
    "datetime": _parses(dt.datetime.fromisoformat),
    "ean": _ean,
    "email": lambda text: len(text) <= 254 and _EMAIL.fullmatch(text) is not None and ".." not in text,
    "hex_color": _matches("#(?:[0-9A-Fa-f]{3}){1,2}"),
    "hostname": lambda text: len(text) <= 253 and _HOST.fullmatch(text) is not None and ".." not in text,
    "iban": _iban,
    "imei": lambda text: re.fullmatch("[0-9]{15}", text) is not None and _card(text),
    "integer": _parses(int),
    "ip": _parses(ipaddress.ip_address),
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
    "isbn": _isbn,
    "issn": _issn,
    "json": _parses(json.loads),
    "mac": _matches("[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\\1[0-9A-Fa-f]{2}){4}"),
    "md5": _matches("[0-9a-fA-F]{32}"),
    "number": _parses(float),
    "phone": _phone,
    "semver": _matches(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?"),
    "sha256": _matches("[0-9a-fA-F]{64}"),
    "slug": _matches("[a-z0-9]+(?:-[a-z0-9]+)*"),
    "street": lambda text: re.search(r"\d", text) is not None and re.search(r"[^\W\d_]{3}", text) is not None,
    "url": _url,
    "us_state": lambda text: text in _STATES,
    "us_zip": _postal("US"),
    "uuid": _parses(uuid.UUID),
    "vin": _vin,
}


def check_format(name: str) -> str:
    """Return *name* when it is that of a format; ``date:%d.%m.%Y`` is one with an argument.

    Raises:
        UsageError: It is not.
    """
    kind, has_argument, _ = str(name).partition(":")
    if (has_argument and kind in _WITH_ARGUMENT) or name in FORMATS:
        _ = _test(name)
        return name
    raise UsageError(f"unknown format {name!r}", fix=did_you_mean(str(name), FORMATS))


@functools.lru_cache(maxsize=256)
def _test(name: str) -> Callable[[str], bool]:
    kind, has_argument, argument = name.partition(":")
    return _WITH_ARGUMENT[kind](argument) if has_argument else FORMATS[name]


def is_well_formed(value: Any, name: str) -> bool:
    """Whether the text *value* is in the format *name*.

    Raises:
        TypeError: *value* is no text.

    Example:
        >>> is_well_formed("GB82 WEST 1234 5698 7654 32", "iban"), is_well_formed("4111 1111 1111 1112", "card")
        (True, False)
    """
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return _test(name)(value)
