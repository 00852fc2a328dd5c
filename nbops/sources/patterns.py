"""Paths with dates, parts and stars in them: which day a file is for, and where the file of a day would be.

``/feeds/flights_{day:%Y-%m-%d}.csv`` is one file a day, ``{day-1:%Y-%m-%d}`` is named after the day before it is
delivered, ``{part}`` stands for each part in turn, and ``*``, ``?``, ``[ab]`` and ``**`` mean what they mean in a
shell.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from nbops.errors import UsageError

__all__ = ["Pattern", "read_pattern"]

_FIELD = re.compile(r"\{(?P<name>[A-Za-z_]\w*)(?P<shift>[+-]\d{1,4})?(?::(?P<format>[^{}]+))?\}")
_DIRECTIVE = re.compile(r"%([A-Za-z%])")
_DIGITS = {"Y": 4, "G": 4, "y": 2, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "V": 2, "u": 1, "j": 3}
_WORDS = {"b": "[A-Za-z]{3}", "B": "[A-Za-z]+", "a": "[A-Za-z]{3}", "A": "[A-Za-z]+"}
_EXAMPLE = "/feeds/flights_{day:%Y-%m-%d}.csv"
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path that was read.

    Args:
        text: The path as written.
        segments: For each folder and for the file, what matches its name: a regular expression, or ``**``.
        folder: The folder under which everything lies: as much of the path as is the same for all.
        whole: Matches a whole path, and finds the date and the part in it.
        directives: The directives of the date, each once, in the order of *whole*.
        shift: How many days the date in the name differs from the day of the delivery.
        has_parts: Whether ``{part}`` stands in it.
        is_exact: Whether day and part name one file: there is no star in it.
    """

    text: str
    segments: tuple[str, ...]
    folder: str
    whole: re.Pattern[str]
    directives: tuple[str, ...]
    shift: int
    has_parts: bool
    is_exact: bool

    @property
    def is_dated(self) -> bool:
        """Whether the name of a file tells for which day it is."""
        return bool(self.directives)

    def match(self, path: str) -> tuple[str, str] | None:
        """Return the key and the part that *path* is, each empty where its name tells none; None when it is no match.

        Example:
            >>> read_pattern("/in/{day:%Y%m%d}_{part}.csv").match("/in/20130102_east.csv")
            ('2013-01-02', 'east')
        """
        found = self.whole.fullmatch(path)
        if found is None:
            return None
        part = found["part"] if self.has_parts else ""
        if not self.directives:
            return "", part
        try:
            return self._key(self._parsed(" ".join(found[f"of_{d}"] for d in self.directives))), part
        except ValueError:  # digits that are no date
            return None

    def key(self, day: datetime) -> str:
        """Return the key of the delivery of *day*, as :meth:`match` finds it.

        Example:
            >>> read_pattern("/in/{month:%Y-%m}.csv").key(datetime(2013, 1, 31))
            '2013-01-01'
        """
        if not self.directives:
            return ""
        return self._key(self._parsed(self._moved(day).strftime(" ".join(f"%{d}" for d in self.directives))))

    def path(self, day: datetime, part: str = "") -> str:
        """Return the path of the delivery of *day*; stars stay."""

        def value(field: re.Match[str]) -> str:
            return self._moved(day).strftime(field["format"]) if field["format"] else part

        return _FIELD.sub(value, self.text)

    def _moved(self, day: datetime) -> datetime:
        return day + timedelta(days=self.shift)

    def _parsed(self, text: str) -> datetime:
        formats = " ".join(f"%{d}" for d in self.directives)
        if "V" in self.directives and "u" not in self.directives:  # a week is kept by its Monday
            return datetime.strptime(f"{text} 1", f"{formats} %u")
        return datetime.strptime(text, formats)

    def _key(self, named: datetime) -> str:
        day = named - timedelta(days=self.shift)
        has_time = any(d in "HMS" for d in self.directives)
        return day.isoformat(timespec="minutes") if has_time else day.date().isoformat()


@functools.lru_cache(maxsize=256)
def read_pattern(text: str) -> Pattern:
    """Return the pattern that *text*, a path, means.

    Raises:
        UsageError: A field of it means nothing.

    Example:
        >>> found = read_pattern("/feeds/{day-1:%Y/%m}/f_{day-1:%Y%m%d}.csv")
        >>> found.folder, found.path(datetime(2013, 3, 1)), found.is_exact
        ('/feeds', '/feeds/2013/02/f_20130228.csv', True)
    """
    fields = list(_FIELD.finditer(text))
    rest = _FIELD.sub("", text)
    if "{" in rest or "}" in rest:
        raise UsageError("a field in braces is not understood", where=text, fix=f"write it as in {_EXAMPLE}")
    shifts = {int(f["shift"] or 0) for f in fields if f["format"]}
    if len(shifts) > 1:
        raise UsageError("its dates are shifted by different numbers of days", where=text, fix=_EXAMPLE)
    for field in fields:
        if not field["format"] and field["name"] != "part":
            raise UsageError(f"{field[0]} says not how the date is written", where=text, fix=_EXAMPLE)
    seen: dict[str, None] = {}
    whole = "".join(_pieces(text, seen))
    if seen and not {"Y", "y", "G"} & set(seen):
        raise UsageError("a date without a year names no day", where=text, fix=_EXAMPLE)
    folder, segments = _segments(text)
    return Pattern(
        text=text,
        segments=segments,
        folder=folder,
        whole=re.compile(whole),
        directives=tuple(seen),
        shift=shifts.pop() if shifts else 0,
        has_parts=any(not f["format"] for f in fields),
        is_exact=not _MAGIC.search(rest),
    )


def _pieces(text: str, seen: dict[str, None]) -> Iterator[str]:
    """Yield the regular expression of *text*, piece by piece; *seen* collects the directives."""
    at, has_part = 0, False
    for field in _FIELD.finditer(text):
        yield _glob(text[at : field.start()])
        if field["format"]:
            yield _date(field["format"], seen, text)
        else:
            yield "(?P=part)" if has_part else "(?P<part>[^/]+?)"
            has_part = True
        at = field.end()
    yield _glob(text[at:])


def _date(written: str, seen: dict[str, None], where: str) -> str:
    found, at = "", 0
    for directive in _DIRECTIVE.finditer(written):
        found += re.escape(written[at : directive.start()])
        found += _directive(directive[1], seen, where)
        at = directive.end()
    return found + re.escape(written[at:])


def _directive(letter: str, seen: dict[str, None], where: str) -> str:
    if letter == "%":
        return "%"
    if letter in seen:
        return f"(?P=of_{letter})"
    one = f"[0-9]{{{_DIGITS[letter]}}}" if letter in _DIGITS else _WORDS.get(letter, "")
    if not one:
        known = " ".join(f"%{d}" for d in [*_DIGITS, *_WORDS])
        raise UsageError(f"%{letter} is not known in the name of a file", where=where, fix=f"one of {known}")
    seen[letter] = None
    return f"(?P<of_{letter}>{one})"


def _glob(text: str) -> str:
    """Return the regular expression of a piece of a path with stars."""
    signs = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/?|\*|\?|\[[^\]/]*\])", text)
    found = []
    for piece in pieces:
        if piece.startswith("[") and piece.endswith("]") and len(piece) > 2:
            inner = piece[1:-1].replace("\\", r"\\")
            found.append(f"[{'^' + inner[1:] if inner[0] in '!^' else inner}]")
        elif piece == "**/":
            found.append("(?:.*/)?")
        else:
            found.append(signs.get(piece) or re.escape(piece))
    return "".join(found)


def _segments(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the folder above everything that varies, and what matches each name below it."""
    spread = _FIELD.sub(lambda f: _DIRECTIVE.sub("*", f["format"]) if f["format"] else "*", text)
    names = [name if name == "**" else re.sub(r"\*+", "*", name) for name in spread.split("/")]
    fixed = next((i for i, name in enumerate(names) if _MAGIC.search(name)), len(names) - 1)
    return "/".join(names[:fixed]), tuple(name if name == "**" else _glob(name) for name in names[fixed:])
