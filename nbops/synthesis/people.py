"""Values that look like those of people and belong to nobody: names, addresses, numbers, put together from parts.

Addresses of mail and pages lie in domains that are kept free for examples (RFC 2606), IP addresses in a private network
(RFC 1918). With the extra ``pii`` the parts come from mimesis, in the language of a country.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.frames.profile.table import ColumnProfile
from nbops.synthesis.wording import pool_of_words

__all__ = ["KINDS", "Parts", "parts_of", "person_kind", "personal"]

Parts = Mapping[str, Sequence[str]]
"""Pools by name: given, family, city, street, domain."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_GIVEN = _words(
    """
    Ada Adam Agnes Aino Alan Alba Alma Amina Ana Anders Andrea Anna Anton Arthur Astrid Aya Bela Bianca Boris Bruno
    Camille Carla Carlos Cecilia Chen Clara Claude Dario Diana Diego Dora Edgar Eino Elena Elias Elif Elsa Emil Emma
    Erik Esther Eva Felix Fatima Femi Filip Fiona Flora Franz Frida Gabriel Georg Gita Greta Hana Hans Helena Henrik
    Hugo Ida Igor Ines Ingrid Irene Iris Isak Ivan Ivana Jakob Jana Jaromir Jean Joana Johan Jonas Josef Julia Kaito
    Karin Karl Katarina Kenji Klara Lars Laura Lea Leon Liam Lidia Linh Lucas Lucia Luka Magda Maja Marco Maria Marta
    Mateo Max Maya Mehmet Mia Mila Milan Mina Mira Nadia Naomi Nils Nina Nora Olga Oscar Otto Pablo Paula Pedro Petra
    """
)
_FAMILY = _words(
    """
    Abebe Adler Aalto Almeida Andersen Baker Banerjee Bauer Becker Berg Bernard Bianchi Blanc Borg Brandt Braun Brown
    Castro Cerny Chen Costa Cruz Dahl Dias Dubois Dvorak Eriksen Esposito Evans Faber Fischer Fontana Fournier Garcia
    Garnier Gomez Graf Green Gruber Haas Hansen Hayashi Heikkinen Hoffmann Holm Horvat Huber Hughes Ito Ivanov Jansen
    Johansson Jones Kaya Keller Khan Kim Klein Koch Koval Kowalski Kraus Kumar Lange Larsen Laurent Lehtonen Leroy
    Lindberg Lopez Maier Marino Martin Mazur Mensah Meyer Moreau Moreno Morris Muller Nagy Nakamura Nielsen Novak
    Nowak Okafor Olsen Oliveira Ortega Papadakis Park Perez Peters Petit Popov Rahman Ramos Ricci Richter Rossi Roth
    Ruiz Russo Sato Schmidt Schneider Silva Simon Singh Smirnov Sousa Stein Svensson Tanaka Taylor Torres Vargas Vidal
    Virtanen Vogel Wagner Walker Weber Weiss White Wolf Wright Yamada Yilmaz Young Zeman Zhang Zimmermann
    """
)
_CITIES = _words(
    """
    Aalborg Aarau Agen Albacete Almere Amiens Ancona Arles Aveiro Bamberg Bari Basel Bergen Bilbao Bologna Braga Breda
    Bremen Brno Bruges Cadiz Coimbra Cork Debrecen Delft Dijon Dresden Durham Erfurt Espoo Evora Faro Galway Gdansk
    Genoa Ghent Graz Haarlem Halle Hamar Innsbruck Jena Kassel Kaunas Kiel Klagenfurt Kosice Krakow Lahti Leiden Leon
    Liege Linz Lodz Lublin Lugano Lund Luzern Lyon Malmo Maribor Metz Modena Mons Namur Nantes Nice Odense Olomouc
    Oulu Padua Parma Pecs Pisa Plzen Porto Ravenna Reims Riga Rijeka Rouen Salzburg Siena Sibiu Split Tampere Tartu
    Torun Tours Trento Trieste Turku Ulm Uppsala Utrecht Varna Verona Zadar
    """
)
_STREETS = _words(
    """
    Acacia Alder Apple Ash Bakery Barley Beech Birch Bridge Brook Canal Castle Cedar Chapel Cherry Church Clay Clover
    Copper Elm Fern Field Forest Forge Fountain Garden Granary Harbour Hazel Heron High Hill Juniper Lake Larch Laurel
    Lime Linden Long Maple Market Meadow Mill Mint Oak Old Olive Orchard Park Pine Plum Poplar Quarry Quince River
    Rose Rowan Saddler School Silver Spring Station Swan Tanner Temple Thistle Tower Violet Walnut Weaver Well Willow
    """
)
_WAYS = ("Street", "Road", "Lane", "Avenue", "Square", "Way", "Court", "Hill")
_DOMAINS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example.org", "web.example.net")
_MOST = 0.5
_LOOKS = {"email": "email", "phone": "phone", "ip address": "ip", "url": "url", "uuid": "uuid", "iban": "iban",
          "payment card": "card"}  # fmt: skip
_NAMES = {
    "given": r"(?:first|given|fore)_?names?|vornamen?|prenom|nombre",
    "family": r"(?:last|family|sur|middle)_?names?|surname|nachnamen?|apellidos?|familienname|nom_de_famille",
    "name": r"(?:full|customer|client|person|patient|employee|contact|user|owner|holder|member|student|author|manager|"
            r"sender|recipient|display)_?names?|people|persons?|kunde|kunden_?name|mitarbeiter",
    "street": r"street(?:_?(?:name|address|1|2))?|strasse|straße|rue|calle|address_?(?:line)?_?[12]?|adresse|direccion",
    "email": r"e_?mails?(?:_?address)?", "phone": r"(?:tele)?phone(?:_?(?:no|number))?|mobile|cell|telefon|handy|fax",
    "ssn": r"ssn|social_?security(?:_?(?:no|number))?|passport(?:_?(?:no|number))?|tax_?id|national_?id",
}  # fmt: skip
_BY_NAME = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _NAMES.items()}
_PREFIX = re.compile(r"(?:home|work|billing|shipping|primary|customer|user|contact|emergency)_", re.IGNORECASE)


def person_kind(column: ColumnProfile) -> str:
    """Return what of a person a column of texts holds; empty when nothing is known to be.

    Its values say so first, and then its name. A name alone, ``name``, is that of a person where the texts are two
    words with a capital.
    """
    text = column.text
    if text is None or column.values.distinct < 2:
        return ""
    for look, kind in _LOOKS.items():
        if text.looks.get(look, 0) > _MOST * max(1, text.sampled):
            return kind
    said = re.sub(r"(?<=[a-z])(?=[A-Z])|[\s.-]+", "_", column.name)
    for kind, pattern in _BY_NAME.items():
        if pattern.fullmatch(said) or pattern.fullmatch(_PREFIX.sub("", said)):
            return kind
    two = sum(rows for shape, rows in text.shapes.items() if shape in ("Aa Aa", "Aa, Aa", "Aa Aa Aa", "Aa A. Aa"))
    return "name" if said.lower() == "name" and two > 0.8 * max(1, text.sampled) else ""


def personal(kind: str, parts: Parts) -> list[Sequence[str]]:
    """Return the pools of the parts that make values of a *kind* of :data:`KINDS`.

    Example:
        >>> [pool[0] for pool in personal("name", parts_of())]
        ['Ada ', 'Abebe']
    """
    return [list(pool) for pool in KINDS[kind](parts)]


def _digits(count: int) -> list[str]:
    return [f"{number:0{count}}" for number in range(10**count)]


def _pairs(first: Sequence[str], between: str, second: Sequence[str]) -> list[str]:
    return [f"{one}{between}{other}" for one in first for other in second]


def _street(parts: Parts) -> list[Sequence[str]]:
    return [[f"{number} " for number in range(1, 300)], parts["street"]]


def _email(parts: Parts) -> list[Sequence[str]]:
    plain = [re.sub(r"[^a-z]", "", one.lower()) or "x" for one in parts["given"]]
    family = [re.sub(r"[^a-z]", "", one.lower()) or "y" for one in parts["family"]]
    return [plain, [f".{one}" for one in family], [str(number) for number in range(1, 1_000)],
            [f"@{domain}" for domain in parts["domain"]]]  # fmt: skip


KINDS: Mapping[str, Callable[[Parts], list[Sequence[str]]]] = {
    "given": lambda parts: [parts["given"]],
    "family": lambda parts: [parts["family"]],
    "name": lambda parts: [[f"{one} " for one in parts["given"]], parts["family"]],
    "street": _street,
    "address": lambda parts: [*_street(parts), [f", {city}" for city in parts["city"]]],
    "city": lambda parts: [parts["city"]],
    "email": _email,
    "phone": lambda parts: [["+1 555 "], _digits(3), [" "], _digits(4)],
    "ip": lambda parts: [["10."], *[[f"{number}." for number in range(256)]] * 2, [str(n) for n in range(256)]],
    "url": lambda parts: [["https://"], parts["domain"], [f"/{word}" for word in pool_of_words()], ["/"],
                          [str(number) for number in range(1_000)]],
    "uuid": lambda parts: [_hex(4), [f"{one}-" for one in _hex(4)], [f"{one}-4" for one in _hex(4)],
                           [f"{one}-{two}" for one in _hex(3) for two in "89ab"], [f"{one}-" for one in _hex(3)],
                           *[_hex(4)] * 3],
    "ssn": lambda parts: [[f"9{number:02}-" for number in range(100)], [f"{n:02}-" for n in range(100)], _digits(4)],
    "iban": lambda parts: _checked_ibans(),
    "card": lambda parts: _checked_cards(),
}  # fmt: skip
"""What there is, and the pools of its parts."""


def _hex(count: int) -> list[str]:
    return [f"{number:0{count}x}" for number in range(16**count)]


def _checked_ibans() -> list[Sequence[str]]:
    """Return parts of IBANs of a bank that there is not, whose check digits are right: the last part makes them so."""
    heads = [f"{number:04}" for number in range(0, 9_700, 97)]  # 97 divides their weight in the number that is checked
    fixed = "00000000"
    digits = next(n for n in range(2, 99) if int(f"{fixed}00000000001314{n:02}") % 97 == 1)
    return [[f"DE{digits:02}{fixed}"], heads, [f"{number:06}" for number in range(0, 970_000, 97)]]


def _checked_cards() -> list[Sequence[str]]:
    """Return parts of numbers of cards whose check digit is right: each part adds a multiple of ten to the sum."""

    def weight(text: str) -> int:
        doubled = [int(d) * (2 - at % 2) for at, d in enumerate(text)]
        return sum(d - 9 if d > 9 else d for d in doubled)

    even = [text for text in _digits(4) if weight(text) % 10 == 0]
    return [[next(text for text in even if text.startswith("4"))], even, even, even]


@functools.cache
def parts_of(locale: str = "") -> Parts:
    """Return the pools of parts: our own, or those of a *locale* as mimesis names them, ``de`` or ``pt-br``.

    Raises:
        UsageError: The extra is not installed, or there is no such locale.
    """
    if not locale:
        streets = [f"{name} {way}" for name in _STREETS for way in _WAYS]
        return {"given": _GIVEN, "family": _FAMILY, "city": _CITIES, "street": streets, "domain": _DOMAINS}
    try:
        from mimesis import Address, Locale, Person
    except ImportError as error:
        fix = "pip install 'nbops[pii]', or leave the locale out"
        what = "names in the language of a country need mimesis"
        raise UsageError(what, where=f"locale {locale}", fix=fix) from error
    known = {one.value: one for one in Locale}
    if locale not in known:
        raise UsageError(f"no locale {locale!r}", where="locale", fix=did_you_mean(locale, sorted(known)))
    person, address = Person(known[locale], seed=0), Address(known[locale], seed=0)
    return {
        "given": _several(person.first_name), "family": _several(person.last_name), "city": _several(address.city),
        "street": _several(address.street_name), "domain": _DOMAINS,
    }  # fmt: skip


def _several(make: Any) -> list[str]:
    return sorted({str(make()) for _ in range(600)})
