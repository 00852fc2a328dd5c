"""Writing rule files so that a change is a readable diff: one line a rule, what stands there is left as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import yaml

from nbops.checks.model import Check
from nbops.rules.reading import rules_in
from nbops.rules.rule import Rule, rule_of

__all__ = ["rule_yaml", "rules_added", "rules_text"]


def rule_yaml(check: Check) -> str:
    """Return one check as it stands in a rule file.

    Example:
        >>> from nbops.checks.values import Between
        >>> rule_yaml(Between("amount", 0, 10, severity="warn"))
        '- between: {column: amount, low: 0, high: 10, severity: warn}'
    """
    return f"- {rule_of(check).text}"


def rules_text(rules: Iterable[Rule], *, dataset: str = "", doc: str = "") -> str:
    r"""Return the text of a rule file.

    Example:
        >>> from nbops.checks.completeness import NotNull
        >>> from nbops.rules.rule import rule_of
        >>> print(rules_text([rule_of(NotNull("id"))], dataset="orders"), end="")
        dataset: orders
        rules:
          - not_null: id
    """
    heads = {"dataset": dataset, "doc": doc}
    head = [yaml.safe_dump({key: text}, allow_unicode=True, width=10_000) for key, text in heads.items() if text]
    lines = [f"  - {rule.text}\n" for rule in rules]
    return "".join([*head, "rules:\n" if lines else "rules: []\n", *lines])


def rules_added(text: str, rules: Sequence[Rule], *, name: str = "rules") -> tuple[str, tuple[Rule, ...]]:
    r"""Return the rule file *text* with those of *rules* added that it does not hold, and which these are.

    Every line that stands there stays as it is, comments included.

    Raises:
        UsageError: *text* is no rule file.

    Example:
        >>> from nbops.checks.completeness import NotNull, Unique
        >>> from nbops.rules.rule import rule_of
        >>> before = "rules:\n  - not_null: id   # the key\n\n# the end\n"
        >>> after, new = rules_added(before, [rule_of(NotNull("id")), rule_of(Unique("id"))])
        >>> print(after, end="")
        rules:
          - not_null: id   # the key
          - unique: id
        <BLANKLINE>
        # the end
        >>> len(new)
        1
    """
    there = {_same(rule) for rule in rules_in(text, name=name)}
    new = tuple({_same(rule): rule for rule in rules if _same(rule) not in there}.values())
    if not new:
        return text, ()
    lines = text.splitlines(keepends=True)
    listed = _listed(text)
    if not listed.value or listed.flow_style:  # `rules: []`, or all on one line: that line is written anew
        kept = [rule.text for rule in rules_in(text, name=name)]
        block = "".join(f"\n  - {rule}" for rule in [*kept, *(rule.text for rule in new)])
        return text[: listed.start_mark.index].rstrip(" ") + block + text[listed.end_mark.index :], new
    dash = " " * listed.start_mark.column + "- "
    end = _end(listed)
    at = end.line + (1 if end.column else 0)
    if lines and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    return "".join([*lines[:at], *(f"{dash}{rule.text}\n" for rule in new), *lines[at:]]), new


def _listed(text: str) -> yaml.SequenceNode:
    """Return the list of rules in *text*, which is known to hold one."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    listed: yaml.SequenceNode = next(value for key, value in root.value if key.value == "rules")
    return listed


def _end(node: yaml.Node) -> yaml.Mark:
    """Return where the last value in *node* ends; a block itself ends only where the next thing begins."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return node.end_mark
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _same(rule: Rule) -> str:
    """Return what is equal for rules that say the same, in whichever order their arguments stand."""
    return f"{rule.check.kind} {sorted((name, repr(_list(value))) for name, value in rule.arguments.items())}"


def _list(value: object) -> object:
    """Return one column as the list that it is short for, and a whole number as it compares."""
    if isinstance(value, (list, tuple)):
        return [_list(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
