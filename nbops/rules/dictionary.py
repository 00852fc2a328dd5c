"""The data dictionary of a dataset: a YAML file beside its rules, that people write and runs keep up to date.

What runs know of a column stands in its ``seen``, and nothing else is ever changed: no word, no comment, no order, no
blank line. A new column is added at the end, one that is gone stays with the day it was last there, and one that was
renamed keeps what was written of it::

    dataset: sales/orders
    meaning: one order of a customer, as the shop sent it
    owner: ada@example.org
    readers: [board.ipynb]
    columns:
      amount:
        meaning: what the customer pays, VAT included
        unit: EUR
        seen: {type: float64, means: measure, nulls: never null, rules: [between, not_null]}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nbops.errors import UsageError
from nbops.rules.rule import yaml_text

__all__ = ["SUFFIX", "ColumnWords", "Dictionary", "dictionary_text", "dictionary_updated", "read_dictionary"]

SUFFIX = ".dictionary.yml"
_SEEN = "seen"
_LONGEST_NAME = 200
_HEAD = "# What {} holds. Runs change nothing but `seen`, and add new columns; the rest is for people.\n"


@dataclass(frozen=True, slots=True)
class ColumnWords:
    """What people wrote of a column.

    Args:
        meaning: What it holds, in words.
        unit: Its unit.
        more: Everything else that stands there.
    """

    meaning: str = ""
    unit: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What people wrote of a dataset.

    Args:
        meaning: What one row is, in words.
        owner: Who answers for it.
        readers: Who reads it, beside the steps of its notebook.
        columns: What they wrote of each column, by name.
    """

    meaning: str = ""
    owner: str = ""
    readers: tuple[str, ...] = ()
    columns: Mapping[str, ColumnWords] = field(default_factory=dict)


def read_dictionary(path: Path) -> Dictionary:
    """Return what people wrote into a dictionary; nothing where there is none.

    Raises:
        UsageError: It cannot be read, or is no dictionary.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Dictionary()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the data dictionary cannot be read: {error}", where=str(path), fix=f"open {path}") from error
    found = _loaded(text, str(path))
    readers = found.get("readers") or []
    columns = found.get("columns") or {}
    return Dictionary(
        meaning=_word(found.get("meaning")),
        owner=_word(found.get("owner")),
        readers=tuple(map(_word, readers if isinstance(readers, list) else [readers])),
        columns={str(name): _words(said) for name, said in columns.items()} if isinstance(columns, dict) else {},
    )


def dictionary_text(
    dataset: str, columns: Mapping[str, Mapping[str, Any]], *, owner: str = "", seen: Mapping[str, Any] | None = None
) -> str:
    """Return the text of a new dictionary.

    Args:
        dataset: The dataset's full name.
        columns: What runs know of each column, by name.
        owner: Who answers for it; people may change that.
        seen: What runs know of the whole.

    Example:
        >>> print(dictionary_text("sales/orders", {"id": {"type": "int64"}}, owner="ada"), end="")
        # What sales/orders holds. Runs change nothing but `seen`, and add new columns; the rest is for people.
        dataset: sales/orders
        meaning:
        owner: ada
        readers: []
        seen: {}
        columns:
          id:
            meaning:
            unit:
            seen: {type: int64}
    """
    lines = [
        _HEAD.format(" ".join(dataset.split())), f"dataset: {yaml_text(dataset)}\n", "meaning:\n",
        f"owner:{f' {yaml_text(owner)}' if owner else ''}\n", "readers: []\n", f"seen: {_flow(seen or {})}\n",
        "columns:\n" if columns else "columns: {}\n",
    ]  # fmt: skip
    return "".join([*lines, *(_column_lines(name, facts, "  ") for name, facts in _writable(columns))])


def dictionary_updated(
    text: str,
    columns: Mapping[str, Mapping[str, Any]],
    *,
    renamed: Mapping[str, str] | None = None,
    seen: Mapping[str, Any] | None = None,
    today: str = "",
    name: str = "the data dictionary",
) -> str:
    r"""Return the dictionary *text* with what runs know now; what people wrote stays as it is.

    Args:
        text: The dictionary as it stands.
        columns: What runs know of each column now, by name.
        renamed: By the old name of a column its new one.
        seen: What runs know of the whole.
        today: The day to write beside a column that is gone.
        name: The file, for messages.

    Raises:
        UsageError: *text* is no dictionary, or cannot be changed without touching what people wrote.

    Example:
        >>> before = "columns:\n  id:   # the key\n    meaning: our number\n"
        >>> print(dictionary_updated(before, {"id": {"type": "int64"}}), end="")
        columns:
          id:   # the key
            meaning: our number
            seen: {type: int64}
    """
    written = _loaded(text, name)
    edits = list(_Editor(text, name).edits(columns, renamed or {}, seen or {}, today))
    made = text
    for start, end, new in sorted(edits, key=lambda edit: -edit[0]):
        made = made[:start] + new + made[end:]
    if _of_people(_loaded(made, name), {}) != _of_people(written, renamed or {}):
        raise UsageError(
            "it could not be brought up to date without touching what people wrote",
            where=name,
            fix="write it with one column a line, as `nbops datasets describe DATASET` shows",
        )
    return made


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _loaded(text: str, name: str) -> dict[str, Any]:
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise UsageError(
                    "references (& and *) have no place in a data dictionary", where=name, fix="write the value out"
                )
        found = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise UsageError(f"this is no YAML: {error.problem}", where=where, fix="mend the line") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UsageError(f"this is no YAML: {error}", where=name, fix="mend the line") from error
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UsageError("a data dictionary is a mapping with the key 'columns'", where=name, fix="columns:\n  id:")
    return found


def _word(value: object) -> str:
    return "" if value is None else str(value)


def _words(said: object) -> ColumnWords:
    if not isinstance(said, dict):
        return ColumnWords(meaning=_word(said))
    more = {str(key): value for key, value in said.items() if key not in ("meaning", "unit", _SEEN)}
    return ColumnWords(_word(said.get("meaning")), _word(said.get("unit")), more)


def _of_people(found: Mapping[str, Any], renamed: Mapping[str, str]) -> Any:
    """Return what people wrote in a dictionary: everything but ``seen``, and columns of which nothing else stands."""
    kept = {key: value for key, value in found.items() if key not in (_SEEN, "columns")}
    columns = found.get("columns")
    if not isinstance(columns, dict):
        return {**kept, "columns": {} if columns is None else columns}
    said = {renamed.get(str(key), str(key)): _without_seen(value) for key, value in columns.items()}
    return {**kept, "columns": {key: value for key, value in said.items() if value}}


def _without_seen(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: said for key, said in value.items() if key != _SEEN and said is not None}


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────

Edit = tuple[int, int, str]


class _Editor:
    """Finds where in the text of a dictionary something is to be written."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def edits(
        self, columns: Mapping[str, Mapping[str, Any]], renamed: Mapping[str, str], seen: Mapping[str, Any], today: str
    ) -> Iterator[Edit]:
        """Yield (from, to, text) for all that is to be written; none of them overlap."""
        root = yaml.compose(self._text, Loader=yaml.SafeLoader)
        pairs = {key.value: (key, value) for key, value in root.value} if root is not None else {}
        if _SEEN in pairs and seen:
            yield from self._replaced(*pairs[_SEEN], seen)
        if "columns" not in pairs:
            lines = "".join(_column_lines(name, facts, "  ") for name, facts in _writable(columns))
            yield self._at_end(f"columns:\n{lines}")
            return
        key, listed = pairs["columns"]
        if not isinstance(listed, yaml.MappingNode):
            yield from self._first_columns(key, listed, columns)
            return
        yield from self._columns(listed, columns, renamed, today)

    def _columns(
        self, listed: yaml.MappingNode, columns: Mapping[str, Mapping[str, Any]], renamed: Mapping[str, str], today: str
    ) -> Iterator[Edit]:
        there: set[str] = set()
        named = {str(key.value) for key, _ in listed.value}
        for key, value in listed.value:
            name = str(key.value)
            new = renamed.get(name, name)
            new = name if new in named else new
            there.add(new)
            if new != name:
                yield key.start_mark.index, key.end_mark.index, yaml_text(new)
            if new in columns:
                yield from self._column(key, value, columns[new])
            elif today:
                yield from self._gone(value, today)
        more = [(name, facts) for name, facts in _writable(columns) if name not in there]
        if more:
            yield self._appended(listed, more)

    def _column(self, key: yaml.Node, value: yaml.Node, facts: Mapping[str, Any]) -> Iterator[Edit]:
        """Yield what writes *facts* into one column, in whichever form people wrote it."""
        if isinstance(value, yaml.ScalarNode):
            if value.value == "" and value.style is None:
                indent = " " * (key.start_mark.column + 2)
                yield self._below(key.end_mark.index, f"{indent}{_SEEN}: {_flow(facts)}")
            return  # one word for all: what it means
        if not isinstance(value, yaml.MappingNode):
            return
        inner = {str(one.value): (one, said) for one, said in value.value}
        if _SEEN in inner:
            yield from self._replaced(*inner[_SEEN], facts)
        elif value.flow_style:
            at = value.end_mark.index - 1
            comma = ", " if value.value else ""
            yield at, at, f"{comma}{_SEEN}: {_flow(facts)}"
        else:
            indent = " " * value.value[0][0].start_mark.column
            yield self._below(_end(value), f"{indent}{_SEEN}: {_flow(facts)}")

    def _gone(self, value: yaml.Node, today: str) -> Iterator[Edit]:
        """Yield what says when a column was last there: once, and only where runs had seen it."""
        if not isinstance(value, yaml.MappingNode):
            return
        inner = {str(one.value): (one, said) for one, said in value.value}
        if _SEEN not in inner:
            return
        known = yaml.safe_load(self._text[inner[_SEEN][1].start_mark.index : _end(inner[_SEEN][1])])
        if isinstance(known, dict) and "gone" not in known:
            yield from self._replaced(*inner[_SEEN], {**known, "gone": today})

    def _replaced(self, key: yaml.Node, value: yaml.Node, facts: Mapping[str, Any]) -> Iterator[Edit]:
        start, end = value.start_mark.index, _end(value)
        if isinstance(value, yaml.MappingNode) and not value.flow_style:
            start = self._text.index(":", key.end_mark.index) + 1
        span = self._text[start:end]
        if "\n" in span and "#" in span:  # a comment may stand in it, which is people's
            raise UsageError(
                f"{_SEEN!r} holds a comment, and cannot be written anew",
                where=f"{self._name}:{key.start_mark.line + 1}",
                fix="move the comment to another line of the column",
            )
        made = _flow(facts)
        if span.strip() != made:
            space = " " if start == key.end_mark.index + 1 or self._text[start - 1] == ":" else ""
            yield start, end, space + made

    def _first_columns(
        self, key: yaml.Node, listed: yaml.Node, columns: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Edit]:
        if not isinstance(listed, yaml.ScalarNode) or listed.value:
            raise UsageError(
                "'columns' must be a mapping", where=f"{self._name}:{key.start_mark.line + 1}", fix="columns:\n  id:"
            )
        lines = "".join(_column_lines(name, facts, "  ") for name, facts in _writable(columns))
        if lines:
            yield self._below(key.end_mark.index, lines.rstrip("\n"))

    def _appended(self, listed: yaml.MappingNode, more: Sequence[tuple[str, Mapping[str, Any]]]) -> Edit:
        if not listed.value:  # columns: {}
            lines = "".join(_column_lines(name, facts, "  ") for name, facts in more)
            return listed.start_mark.index, listed.end_mark.index, self._ends(f"\n{lines}".rstrip("\n"))
        if listed.flow_style:
            at = listed.end_mark.index - 1
            parts = "".join(f", {yaml_text(name)}: {{{_SEEN}: {_flow(facts)}}}" for name, facts in more)
            return at, at, parts
        indent = " " * listed.value[0][0].start_mark.column
        lines = "".join(_column_lines(name, facts, indent) for name, facts in more)
        return self._below(_end(listed), lines.rstrip("\n"))

    def _below(self, at: int, lines: str) -> Edit:
        """Return what writes *lines* below the line in which *at* stands."""
        end = self._text.find("\n", at)
        if end < 0:
            return len(self._text), len(self._text), self._ends(f"\n{lines}\n")
        return end + 1, end + 1, self._ends(f"{lines}\n")

    def _at_end(self, lines: str) -> Edit:
        missing = "" if not self._text or self._text.endswith("\n") else "\n"
        return len(self._text), len(self._text), self._ends(missing + lines)

    def _ends(self, lines: str) -> str:
        return lines if self._newline == "\n" else lines.replace("\n", self._newline)


def _end(node: yaml.Node) -> int:
    """Return where the last value in *node* ends; a block itself ends only where the next thing begins."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    if not isinstance(last, tuple):
        return _end(last)
    key, value = last
    is_null = isinstance(value, yaml.ScalarNode) and value.value == "" and value.style is None
    return int(key.end_mark.index) if is_null else _end(value)


def _column_lines(name: str, facts: Mapping[str, Any], indent: str) -> str:
    inner = indent + "  "
    return f"{indent}{yaml_text(name)}:\n{inner}meaning:\n{inner}unit:\n{inner}{_SEEN}: {_flow(facts)}\n"


def _flow(facts: Mapping[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {yaml_text(value)}" for key, value in facts.items()) + "}"


def _writable(columns: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the columns whose names YAML takes as keys: it takes none of more than a thousand characters."""
    return ((name, facts) for name, facts in columns.items() if len(name) <= _LONGEST_NAME)
