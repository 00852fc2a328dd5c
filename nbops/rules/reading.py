"""Reading rule files, strictly: whatever is wrong is told with its line and column, and nothing is ever executed.

A rule file is YAML of one shape::

    rules:
      - not_null: id
      - between: {column: amount, low: 0, high: 1000000, severity: warn}
      - unique: {columns: [day, id]}

One mapping a rule: the check's name, and its arguments by name, or the first of them alone. References, tags and
repeated keys have no place in it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import yaml

from nbops.checks.model import Check
from nbops.checks.unopened import Unopened
from nbops.checks.vocabulary import check_class
from nbops.errors import NbopsError, UsageError, did_you_mean
from nbops.frames.files import is_table_file, open_file
from nbops.rules.rule import Rule

__all__ = ["FindTable", "read_rule_file", "read_rules", "rules_in", "rules_of"]

FindTable = Callable[[str], Any]
"""What finds the table that a rule names and that is no file."""

_MOST_BYTES = 5_000_000
_DEEPEST = 20
_KEYS = ("rules", "dataset", "doc", "muted")
_FLOAT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)[eE][-+]?\d+")  # 1e6 is text to YAML 1.1, and a number to everybody
_TWO_WAYS = re.compile(r"[-+]?0\d+|.*:.*")  # 010 is 8, and 1:30 is 90 to YAML 1.1
_TAG = "tag:yaml.org,2002:"
_NUMBERS = (f"{_TAG}int", f"{_TAG}float")
_SCALARS = frozenset(f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "timestamp"))
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times faster, where PyYAML was built with it
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_READERS = {
    f"{_TAG}int": _CONSTRUCTOR.construct_yaml_int,
    f"{_TAG}float": _CONSTRUCTOR.construct_yaml_float,
    f"{_TAG}bool": _CONSTRUCTOR.construct_yaml_bool,
    f"{_TAG}null": _CONSTRUCTOR.construct_yaml_null,
    f"{_TAG}timestamp": _CONSTRUCTOR.construct_yaml_timestamp,
}
_EXAMPLE = "rules:\n  - not_null: id"


def read_rules(path: Path | str, others: FindTable | None = None) -> tuple[Check, ...]:
    """Return the checks of a rule file, in its order.

    Args:
        path: The file.
        others: What finds the other tables that rules name; without it they stay unopened, and cannot be judged.

    Raises:
        UsageError: There is no such file, or something in it is wrong; the error names the line and the column.
    """
    return tuple(rule.check for rule in read_rule_file(path, others))


def read_rule_file(path: Path | str, others: FindTable | None = None) -> tuple[Rule, ...]:
    """Return the rules of a file with their arguments as they are written there.

    Args:
        path: The file.
        others: What finds the other tables that rules name; without it they stay unopened, and cannot be judged.

    Raises:
        UsageError: There is no such file, or something in it is wrong.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"the rule file is larger than {_MOST_BYTES:,} bytes", where=str(path), fix="split it")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError("there is no such rule file", where=str(path), fix=f"ls {path.parent}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the rule file cannot be read: {error}", where=str(path), fix=f"open {path}") from error
    return rules_in(text, name=str(path), others=others)


def rules_in(text: str, *, name: str = "rules", others: FindTable | None = None) -> tuple[Rule, ...]:
    """Return the rules that *text* holds, which came from the file *name*.

    Raises:
        UsageError: Something in it is wrong.
    """
    return tuple(_Reader(name, others).rules(text))


def rules_of(text: str, *, name: str = "rules") -> tuple[Check, ...]:
    r"""Return the rules that *text* holds, which came from the file *name*.

    Raises:
        UsageError: Something in it is wrong.

    Example:
        >>> rules_of("rules:\n  - not_null: id\n  - unique: [day, id]")[1].columns
        ('day', 'id')
        >>> rules_of("rules:\n  - not_nul: id")
        Traceback (most recent call last):
        nbops.errors.UsageError: unknown check 'not_nul'
          where: rules:2:5
          fix:   did you mean 'not_null' or 'not_equal_to' or 'not_blank'?
    """
    return tuple(rule.check for rule in rules_in(text, name=name))


class _Reader:
    def __init__(self, name: str, others: FindTable | None = None) -> None:
        self._name = name
        self._others = others

    def rules(self, text: str) -> Iterator[Rule]:
        root = self._root(text)
        fields = self._mapping(root, f"the file must be a mapping with the key 'rules', as\n{_EXAMPLE}")
        for key, (key_node, _) in fields.items():
            if key not in _KEYS:
                self._refuse(key_node, f"unknown key {key!r}", did_you_mean(str(key), _KEYS))
        if "rules" not in fields:
            self._refuse(root, "the key 'rules' is missing", _EXAMPLE)
        listed = fields["rules"][1]
        if not isinstance(listed, yaml.SequenceNode):
            self._refuse(listed, "'rules' must be a list", _EXAMPLE)
        for item in listed.value:
            yield self._rule(item)

    def _root(self, text: str) -> yaml.Node:
        try:
            root = self._composed(text, _LOADER)
        except (yaml.YAMLError, RecursionError):
            root = self._composed_slowly(text)
        if root is None:
            raise UsageError("the rule file is empty", where=self._name, fix=_EXAMPLE)
        return root

    def _composed_slowly(self, text: str) -> yaml.Node | None:
        """Read what the fast reader refused by the one that knows the place of a mistake."""
        try:
            return self._composed(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            where = self._place(error.problem_mark)
            raise UsageError(f"this is no YAML: {error.problem}", where=where, fix="mend the line") from error
        except RecursionError as error:
            raise UsageError("lists stand in lists, too deep to be read", where=self._name, fix=_EXAMPLE) from error
        except yaml.YAMLError as error:
            raise UsageError(f"this is no YAML: {error}", where=self._name, fix=_EXAMPLE) from error

    def _composed(self, text: str, loader: Any) -> yaml.Node | None:
        depth = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                self._refuse(event, "references (& and *) have no place in a rule file", "write the value out")
            if getattr(event, "tag", None):
                self._refuse(event, f"the tag {event.tag!r} has no place in a rule file", "remove it")
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                self._refuse(event, "lists stand in lists, too deep to be meant", _EXAMPLE)
        return yaml.compose(text, Loader=loader)

    def _rule(self, node: yaml.Node) -> Rule:
        given: dict[str, tuple[yaml.Node, Any]] = {}
        if isinstance(node, yaml.ScalarNode):  # a check without arguments
            made = self._class(node, node.value)
        else:
            fields = self._mapping(node, "a rule is one check and its arguments, as: not_null: id")
            if len(fields) != 1:
                found = ", ".join(map(repr, fields))
                self._refuse(node, f"a rule holds one check, this one {len(fields)}: {found}", "begin each with a dash")
            ((kind, (key_node, value)),) = fields.items()
            made = self._class(key_node, kind)
            given = self._arguments(made, key_node, value)
        written = {name: value for name, (_, value) in given.items()}
        try:
            check = made(**{name: self._argument(name, *value) for name, value in given.items()})
            hash((check.looks_at, check.title))  # which a list in the place of a value does not survive
            return Rule(check, written, self._place(node.start_mark))
        except NbopsError as error:
            if error.where.startswith(self._name):  # it says better where
                raise
            self._refuse(node, error.what, error.fix)
        except (TypeError, ValueError, OverflowError) as error:
            told = str(error).replace(f"{made.__name__}.__init__() ", "")
            self._refuse(node, f"{made.kind}: {told}", _usage(made))

    def _class(self, node: yaml.Node, kind: Any) -> type[Check]:
        return check_class(str(kind), where=self._place(node.start_mark))

    def _arguments(self, made: type[Check], key_node: yaml.Node, node: yaml.Node) -> dict[str, tuple[yaml.Node, Any]]:
        known = [field.name for field in dataclasses.fields(made)]
        positional = [field.name for field in dataclasses.fields(made) if not field.kw_only]
        if isinstance(node, yaml.MappingNode):
            found = self._mapping(node, "")
            for key, (argument, _) in found.items():
                if key not in known:
                    what = f"{made.kind} has no argument {key!r}"
                    self._refuse(argument, what, did_you_mean(str(key), known))
            return {key: (value, self._value(value)) for key, (_, value) in found.items()}
        value = self._value(node)
        if value is None:
            return {}
        if not positional:
            self._refuse(key_node, f"{made.kind} takes no such argument", _usage(made))
        return {positional[0]: (node, value)}

    def _argument(self, name: str, node: yaml.Node, value: Any) -> Any:
        """Return the value of an argument; another table is a file, relative to the rules, or a dataset's name."""
        if name != "other" or not isinstance(value, str):
            return value
        file = Path(self._name).parent / value
        try:
            if is_table_file(file) or file.is_file():
                return open_file(file)
            return self._others(value) if self._others else Unopened(value)
        except NbopsError as error:
            self._refuse(node, f"{error.what} ({error.where})", error.fix)

    def _mapping(self, node: yaml.Node, what: str) -> dict[Any, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self._refuse(node, what, _EXAMPLE)
        found: dict[Any, tuple[yaml.Node, yaml.Node]] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._refuse(key_node, "a key must be a word", _EXAMPLE)
            key = key_node.value
            if key in found:
                self._refuse(key_node, f"the key {key!r} stands twice", "remove one")
            found[key] = (key_node, value)
        return found

    def _value(self, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item) for item in node.value]
        if not isinstance(node, yaml.ScalarNode) or node.tag not in _SCALARS:
            self._refuse(node, "a value must be a number, a text, a date or a list of those", "write it plainly")
        if node.tag == f"{_TAG}str":
            return float(node.value) if not node.style and _FLOAT.fullmatch(node.value) else node.value
        if node.tag == f"{_TAG}bool" and node.value.lower() not in ("true", "false"):
            return node.value  # NO is a country, and no truth value since YAML 1.2
        if node.tag in _NUMBERS and _TWO_WAYS.fullmatch(node.value):
            self._refuse(node, f"{node.value!r} is read in two ways", "write the number plainly, a text in quotes")
        try:
            return _READERS[node.tag](node)
        except (ValueError, yaml.YAMLError) as error:
            self._refuse(node, f"{node.value!r} is no value: {error}", "put it in quotes if it is a text")

    def _place(self, mark: Any) -> str:
        return f"{self._name}:{mark.line + 1}:{mark.column + 1}" if mark else self._name

    def _refuse(self, node: Any, what: str, fix: str) -> NoReturn:
        raise UsageError(what, where=self._place(node.start_mark), fix=fix)


def _usage(made: type[Check]) -> str:
    arguments = ", ".join(f"{field.name}: …" for field in dataclasses.fields(made) if not field.kw_only)
    return f"{made.kind}: {{{arguments}}}" if arguments else made.kind
