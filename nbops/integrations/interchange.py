"""Taking rules to other tools and from them: what can be said on the other side is carried, all else is listed.

Each tool is a :class:`Dialect`. Its ``write_KIND`` methods put one check into the tool's words, its ``read_…`` methods
take one of the tool's words back. A check without a method is not known there; nothing is left out without a word.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

import yaml

from nbops.checks.model import Check, RowCheck
from nbops.checks.vocabulary import check_class, kinds
from nbops.errors import NbopsError, UsageError
from nbops.integrations.canonical import parts_of
from nbops.integrations.tolerating import plain_tolerances
from nbops.rules.rule import Rule, rule_of

__all__ = [
    "CannotCarry",
    "Dialect",
    "Exported",
    "Imported",
    "Left",
    "as_moment",
    "as_share",
    "dump_yaml",
    "maker",
    "moment_or",
    "parsed",
    "refuse",
    "refuse_unknown",
    "writable",
]

_SHARED = ("severity", "name", "allow_empty", "allow", "where")
_MOST_CHARACTERS = 20_000_000


class CannotCarry(Exception):
    """The other side has no words for it; the text says what is missing."""


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was not carried, or not quite.

    Args:
        what: The rule, in the words of the side that it comes from.
        why: What the other side lacks, or does differently.
    """

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Exported:
    """Rules in the words of another tool.

    Args:
        text: The file for it.
        carried: How many rules it holds.
        left: The rules that could not be carried.
        remarks: Rules that are carried, and which the tool may judge differently in the case that is named.
    """

    text: str
    carried: int
    left: tuple[Left, ...] = ()
    remarks: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """Rules out of the file of another tool.

    Args:
        rules: The rules.
        left: What could not be carried.
        remarks: What is carried, and which nbops may judge differently in the case that is named.
        name: The table's name; empty when the file says none.
    """

    rules: tuple[Rule, ...]
    left: tuple[Left, ...] = ()
    remarks: tuple[Left, ...] = ()
    name: str = ""


class Dialect:
    """One tool's way to say rules. One object serves one file.

    Args:
        name: The table's name.
    """

    format: ClassVar[str]
    title: ClassVar[str]
    suffix: ClassVar[str] = ".yml"
    keeps_tolerances: ClassVar[bool] = False  # whether a rule that is refused is written as nbops says it

    def __init__(self, name: str = "") -> None:
        self.name = name or "table"
        self.remarks: list[Left] = []
        self.written: Mapping[str, Any] = {}
        self._now = ""

    # ── what a tool fills in ─────────────────────────────────────────────────────────────────────────────────────

    @classmethod
    def is_written_in(cls, data: Any) -> bool:
        """Whether *data* is a file of this tool."""
        raise NotImplementedError

    def text(self) -> str:
        """Return the file that holds what was written."""
        raise NotImplementedError

    def pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield what *data* holds, piece by piece: how it is called, and what reads it as checks."""
        raise NotImplementedError

    # ── both ways ────────────────────────────────────────────────────────────────────────────────────────────────

    def export(self, rules: Sequence[Rule]) -> Exported:
        """Return *rules* in the tool's words."""
        left: list[Left] = []
        for rule in rules:
            self._now, self.written = rule.text, rule.arguments
            refused = ""
            for check, told in [(rule.check, "")] if self.keeps_tolerances else plain_tolerances(rule.check):
                try:
                    self._write(check)
                    if told:
                        self.remark(f"{self.title} computes no tolerance from a baseline: {told}")
                    break
                except CannotCarry as error:
                    refused = refused or str(error)
            else:
                left.append(Left(rule.text, refused))
        return Exported(self.text(), len(rules) - len(left), tuple(left), tuple(self.remarks))

    def read(self, data: Any) -> Imported:
        """Return the rules of *data*, the parsed file."""
        rules: dict[str, Rule] = {}
        left: list[Left] = []
        for said, checks in self._whole_pieces(data):
            self._now = said
            try:
                found = [rule_of(check) for check in checks()]
                rules |= {rule.text: rule for rule in found}
            except CannotCarry as error:
                left.append(Left(said, str(error)))
            except NbopsError as error:
                left.append(Left(said, error.what))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                left.append(Left(said, f"it is not as {self.title} writes it ({type(error).__name__}: {error})"))
        return Imported(tuple(rules.values()), tuple(left), tuple(self.remarks), self.name)

    def _write(self, check: Check) -> None:
        parts = parts_of(check)
        for part in parts:
            self._refuse_options(part)
        for part in parts:
            getattr(self, f"write_{part.kind}")(part)

    def _refuse_options(self, check: Check) -> None:
        """Refuse a kind that the tool does not know, and options that no tool is told of."""
        if not hasattr(self, f"write_{check.kind}"):
            refuse(f"{self.title} has no such check")
        for field in dataclasses.fields(check):
            value = getattr(check, field.name)
            if field.name == "usual" and value:
                refuse(f"{self.title} computes no tolerance from a baseline; write allow: in its place")
            if field.kw_only and field.name not in _SHARED and value not in (field.default, None, "", (), 0):
                refuse(f"{self.title} knows no {field.name}: {list(value) if isinstance(value, tuple) else value!r}")

    def _whole_pieces(self, data: Any) -> Iterator[tuple[str, Callable[[], Iterable[Check]]]]:
        """Yield the pieces of *data*; where it is not as the tool writes it, that is one of them."""
        try:
            yield from self.pieces(data)
        except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
            why = f"it is not as {self.title} writes it ({type(error).__name__}: {error})"
            yield "the rest of the file", lambda: refuse(why)

    def remark(self, why: str) -> None:
        """Note what the other side does differently with the rule that is being carried."""
        self.remarks.append(Left(self._now, why))

    def plain(self, check: Check, *, share: bool = False, count: bool = False, where: bool = False) -> None:
        """Refuse what of *check* the tool cannot say: a tolerance, a restriction of rows.

        Args:
            check: The check.
            share: Whether the tool knows a share of rows that may fail.
            count: Whether it knows a number of them.
            where: Whether it knows restrictions.
        """
        restriction = getattr(check, "where", "")
        if restriction and not (where and isinstance(check, RowCheck)):
            refuse(f"{self.title} cannot judge only the rows where {restriction}")
        allow: Any = check.allow if isinstance(check, RowCheck) else 0
        if isinstance(allow, str):
            refuse(f"{self.title} knows no budget of rows that may fail")
        if isinstance(check, RowCheck) and check.usual:
            refuse(f"{self.title} computes no tolerance from a baseline")
        if allow and not (count if isinstance(allow, int) else share):
            refuse(f"{self.title} knows no {'number' if isinstance(allow, int) else 'share'} of rows that may fail")


def refuse(why: str) -> NoReturn:
    """Say that the other side has no words for the rule.

    Raises:
        CannotCarry: Always.
    """
    raise CannotCarry(why)


def maker(kind: str) -> Callable[..., Check]:
    """Return what makes checks of a kind; a version of nbops that has no such kind refuses when it is called."""

    def make(*arguments: Any, **options: Any) -> Check:
        if kind not in kinds():
            refuse("nbops has no such check")
        return check_class(kind)(*arguments, **options)

    return make


def refuse_unknown(given: dict[str, Any], known: Iterable[str]) -> None:
    """Refuse arguments that are not understood: what they change is not known.

    Raises:
        CannotCarry: There are some.
    """
    strange = {name: value for name, value in given.items() if name not in set(known) and value not in (None, {}, [])}
    if strange:
        refuse(f"what {', '.join(f'{name}={value!r}' for name, value in strange.items())} means is not known here")


def as_share(value: float) -> float:
    """Return a share without the noise of its last digits.

    Example:
        >>> as_share(1 - 0.9)
        0.1
    """
    return round(float(value), 12)


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML without references: a short file must not become a long one."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse a reference where one stands."""
        if self.check_event(yaml.AliasEvent):
            raise UsageError("references (* and &) are not read", where=_mark(self.peek_event()), fix="write it out")
        return super().compose_node(parent, index)


def _mark(event: Any) -> str:
    return f"line {event.start_mark.line + 1}, column {event.start_mark.column + 1}"


def parsed(text: str, where: str) -> Any:
    """Return what the YAML or JSON *text* says; nothing in it is ever executed.

    Raises:
        UsageError: It says nothing that can be read.
    """
    if len(text) > _MOST_CHARACTERS:
        raise UsageError(f"{len(text):,} characters are too many for rules", where=where, fix="split the file")
    try:
        return json.loads(text) if text.lstrip()[:1] == "{" else yaml.load(text, Loader=_Loader)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise UsageError(f"this is no JSON: {error.msg}", where=place, fix="mend the line") from error
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark
        place = f"{where}:{at.line + 1}:{at.column + 1}" if at else where
        raise UsageError(f"this is no YAML: {error.problem}", where=place, fix="mend the line") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise (
            error if isinstance(error, UsageError) else UsageError(f"it cannot be read: {error}", where=where)
        ) from error


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """YAML as people write it: lists indented, no references."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists too."""
        super().increase_indent(flow, False)


def dump_yaml(data: Any) -> str:
    """Return *data* as YAML, in the order in which it was made."""
    return str(yaml.dump(writable(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100))


def writable(value: Any) -> Any:
    """Return *value* made of what YAML and JSON know: NumPy's numbers, decimals and moments of pandas become plain.

    Example:
        >>> writable({"set": (Decimal("1.5"), "a")})
        {'set': [1.5, 'a']}
    """
    match value:
        case dict():
            return {str(key): writable(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [writable(item) for item in value]
        case Decimal():
            return float(value)
        case dt.datetime() if type(value) is not dt.datetime:  # of pandas
            return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
        case str():
            return str(value)
    return value.item() if hasattr(value, "item") else value


_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def moment_or(value: Any) -> Any:
    """Return the date that *value* writes out; *value* itself when it is no text, or no date.

    Example:
        >>> moment_or("2025-01-31"), moment_or(3)
        (datetime.date(2025, 1, 31), 3)
    """
    if not isinstance(value, str) or not _DAY.match(value):
        return value
    try:
        return dt.date.fromisoformat(value) if len(value) == 10 else dt.datetime.fromisoformat(value)
    except ValueError:
        return value


def as_moment(value: Any) -> Any:
    """Return a date as the moment that it begins: columns of moments compare with no date."""
    is_date = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
    return dt.datetime(value.year, value.month, value.day) if is_date else value
