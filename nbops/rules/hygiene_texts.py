"""What looks wrong among texts: other types in disguise, two spellings of one value, shapes that do not belong."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from nbops.checks.formats import DateFormat
from nbops.checks.known_formats import Email
from nbops.checks.text import NotMatches
from nbops.checks.values import InSet
from nbops.frames.profile.table import ColumnProfile
from nbops.frames.profile.texts import TextFacts
from nbops.frames.profile.values import STANDS_FOR_MISSING
from nbops.frames.semantic import is_postal
from nbops.rules.hygiene_words import Finding, share_text
from nbops.rules.moments import date_format

__all__ = ["text_findings"]

_PERSONAL = {"email": "e-mail addresses", "phone": "phone numbers", "iban": "bank accounts",
             "payment card": "payment cards", "ip address": "IP addresses"}  # fmt: skip
_CODINGS = (
    ("yes and no", {"y": "yes", "yes": "yes", "ja": "yes", "true": "yes", "t": "yes", "1": "yes",
                    "n": "no", "no": "no", "nein": "no", "false": "no", "f": "no", "0": "no"}),
    ("units", {"kg": "kg", "kilogram": "kg", "kilograms": "kg", "kgs": "kg", "lb": "lb", "lbs": "lb", "pound": "lb",
               "g": "g", "gram": "g", "gr": "g", "m": "m", "meter": "m", "metre": "m", "mtr": "m", "l": "l",
               "liter": "l", "litre": "l", "ltr": "l", "pcs": "piece", "pc": "piece",
               "piece": "piece", "pieces": "piece"}),
    ("genders", {"m": "male", "male": "male", "man": "male", "f": "female", "female": "female", "w": "female",
                 "woman": "female"}),
)  # fmt: skip
_NAMES = re.compile(
    r"(?:^|_| )(?:name|vorname|nachname|city|stadt|ort|ville|ciudad|street|strasse|rue)$", re.IGNORECASE
)
_BROKEN = re.compile("Ã[\x80-\xbf©¼¶¤Ÿ]|â€|\ufffd|Â[\xa0-\xbf]")


def text_findings(column: ColumnProfile) -> Iterator[Finding]:
    """Yield what looks wrong in a column of texts."""
    text = column.text
    if text is None or not text.sampled:
        return
    yield from _other_types(column, text)
    yield from _shapes(column, text)
    yield from _personal(column, text)
    if column.values.counts is not None:
        yield from _spellings(column, column.values.counts)
        yield from _codings(column, column.values.counts)
    known = [str(value) for value, _ in column.values.most_frequent]
    broken = [value for value in known if _BROKEN.search(value)]
    if broken:
        fix = f"read the file with another encoding, or df[{column.name!r}].str.encode('latin-1').str.decode('utf-8')"
        rule = NotMatches(column.name, "Ã|â€|\ufffd")
        rows = sum(n for value, n in column.values.most_frequent if value in broken)
        yield Finding(
            column.name, "signs that a wrong encoding leaves", rows, text.count, tuple(broken[:3]), fix, rule, "likely"
        )
    bare = text.count - text.having("upper", "lower", "other") - text.blank
    if _NAMES.search(column.name) and 0 < bare <= text.count / 2:
        fix = f"df[~df[{column.name!r}].str.contains('[^\\W\\d_]', na=False)] shows them"
        rule = NotMatches(column.name, r"^[0-9 .,-]+$")
        yield Finding(column.name, "names without a letter", bare, text.count, (), fix, rule, "likely")


def _other_types(column: ColumnProfile, text: TextFacts) -> Iterator[Finding]:
    name, of = column.name, text.sampled
    yield from _foreign_numbers(column, text)
    for look, convert in (("number", "pd.to_numeric"), ("date", "pd.to_datetime"), ("moment", "pd.to_datetime")):
        fitting = text.looks.get(look, 0)
        fix = f"df[{name!r}] = {convert}(df[{name!r}], errors='coerce')"
        if fitting == of:
            if look == "number" and is_postal(column):
                continue  # as they should be
            keeps = " (unless zeros lead: then it is a code)" if look == "number" else ""
            fix = f"df[{name!r}] = {convert}(df[{name!r}]{_form_of(column) if look == 'date' else ')'}{keeps}"
            yield Finding(name, f"{look}s stored as text", fitting, of, _shown(text), fix, None, "likely")
        elif fitting > 0.95 * of:
            what = f"{share_text(fitting, of)} are {look}s, the rest is not"
            yield Finding(name, what, of - fitting, of, _odd(column, look), fix, None, "likely")
        elif look == "number" and 0 < fitting < 0.03 * of:
            what = "a few numbers among texts"
            yield Finding(name, what, fitting, of, (), fix, NotMatches(name, r"^[0-9.,]+$"), "possible")
    if text.looks.get("number with unit", 0) > of / 2 and text.looks.get("money", 0) <= 0.95 * of:
        fix = f"df[{name!r}].str.extract(r'([\\d.,]+)\\s*(\\D+)') parts them"
        what = "numbers with their unit in the cell"
        yield Finding(name, what, text.looks["number with unit"], of, _shown(text), fix, None, "possible")
    if text.looks.get("list", 0) > 0.8 * of:
        fix = f"df[{name!r}].str.split(';') parts them"
        yield Finding(name, "several values in one cell", text.looks["list"], of, _shown(text), fix, None, "likely")


def _form_of(column: ColumnProfile) -> str:
    """Return the end of a call that says how dates are written: without it 03.04. is read as the fourth of March."""
    dated = date_format(column)
    made = dated.make(0.01) if dated is not None else None
    if isinstance(made, DateFormat):
        return f", format={made.format!r})"
    return ", dayfirst=True)  # or False: both can be meant"


def _foreign_numbers(column: ColumnProfile, text: TextFacts) -> Iterator[Finding]:
    """Yield that numbers are written with a decimal comma, or with signs that part thousands or name a currency."""
    name, of = column.name, text.sampled
    for look, what, mend in (
        ("decimal comma", "numbers stored as text, with a decimal comma",
         ".str.replace('[. ’]', '', regex=True).str.replace(',', '.')"),
        ("thousands", "numbers stored as text, with commas between thousands", ".str.replace(',', '')"),
        ("money", "amounts of money with their currency in the cell", ""),
    ):  # fmt: skip
        fitting = text.looks.get(look, 0)
        if fitting > 0.95 * of and (look != "decimal comma" or text.looks.get("thousands", 0) < fitting):
            fix = f"df[{name!r}].str.replace('[^0-9.,-]', '', regex=True) leaves the numbers; is their comma a point?"
            fix = f"df[{name!r}] = pd.to_numeric(df[{name!r}]{mend})" if mend else fix
            yield Finding(name, what, fitting, of, _shown(text), fix, None, "likely")
            return


def _shown(text: TextFacts) -> tuple[str, ...]:
    return tuple(f"as {shape}" for shape in list(text.shapes)[:2])


def _odd(column: ColumnProfile, look: str) -> tuple[str, ...]:
    from nbops.frames.profile.texts import looks_like

    known = [str(value) for value in column.values.counts or {}]
    return tuple(value for value in known if look not in looks_like(value))[:3]


def _shapes(column: ColumnProfile, text: TextFacts) -> Iterator[Finding]:
    shapes = sorted(text.shapes.items(), key=lambda pair: -pair[1])
    if not 2 <= len(shapes) <= 4 or not any("9" in shape for shape, _ in shapes) or text.sampled < 100:
        return
    if any(shape.lower() in STANDS_FOR_MISSING for shape, _ in shapes[1:]):
        return
    (usual, most), (_, second), *_rest = shapes
    has_letters = text.having("upper", "lower") > text.count / 2
    if second < (0.05 if has_letters else 0.10) * most:
        odd = tuple(f"as {shape}" for shape, _ in shapes[1:4])
        fix = f"df[{column.name!r}] is mostly written as {usual}: are the others meant?"
        yield Finding(column.name, f"a few are not written as {usual}", text.sampled - most, text.sampled, odd,
                      fix, None, "likely")  # fmt: skip


def _personal(column: ColumnProfile, text: TextFacts) -> Iterator[Finding]:
    for look, words in _PERSONAL.items():
        found = text.looks.get(look, 0)
        if found > text.sampled / 2:
            fix = "may they stand here? mask or drop them before the table leaves the house"
            rule = Email(column.name) if look == "email" else None
            yield Finding(column.name, f"{words}: personal data", found, text.sampled, (), fix, rule, "possible")
        elif look == "email" and found:
            fix = f"df[df[{column.name!r}].str.contains('@', na=False)] shows them: have columns moved?"
            yield Finding(column.name, "e-mail addresses among other texts", found, text.sampled, (), fix,
                          NotMatches(column.name, "@"), "possible")  # fmt: skip


def _plain(value: str) -> str:
    """Return a text without case, accents' form, white space and punctuation: what people read as the same."""
    return re.sub(r"[\s'.,_-]", "", unicodedata.normalize("NFKC", value)).casefold()


def _spellings(column: ColumnProfile, counts: Mapping[str, int]) -> Iterator[Finding]:
    groups: dict[str, list[str]] = {}
    for value in counts:
        groups.setdefault(_plain(str(value)), []).append(str(value))
    double = [group for plain, group in groups.items() if plain and len(group) > 1]
    if double:
        rows = sum(sum(counts[value] for value in group[1:]) for group in double)
        examples = tuple(" / ".join(repr(value) for value in group[:3]) for group in double[:3])
        kept = tuple(group[0] for group in groups.values())
        fix = f"df[{column.name!r}] = df[{column.name!r}].replace({{{double[0][1]!r}: {double[0][0]!r}}})"
        yield Finding(column.name, "two spellings of one value", rows, column.filled, examples, fix,
                      InSet(column.name, kept), "likely")  # fmt: skip


def _codings(column: ColumnProfile, counts: Mapping[str, int]) -> Iterator[Finding]:
    values = {str(value).strip().lower(): str(value) for value in counts}
    if len(values) > 20:
        return
    for name, coding in _CODINGS:
        groups: dict[str, list[str]] = {}
        for plain, value in values.items():
            if plain in coding:
                groups.setdefault(coding[plain], []).append(value)
        several = [group for group in groups.values() if len(group) > 1]
        if several and sum(map(len, groups.values())) >= 0.8 * len(values):
            fix = f"df[{column.name!r}] = df[{column.name!r}].replace({{{several[0][1]!r}: {several[0][0]!r}}})"
            rows = sum(counts.get(value, 0) for group in several for value in group[1:])
            examples = tuple(" / ".join(group) for group in several[:3])
            yield Finding(
                column.name, f"several codings of {name}", rows, column.filled, examples, fix, None, "definite"
            )
            return
