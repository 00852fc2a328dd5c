"""A proposed rule file beside the one that stands: the difference, and the writing of it. Nothing changes silently."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from pathlib import Path

from nbops.checks.suite import result_name
from nbops.errors import UsageError
from nbops.rules.muting import muted_in, with_muted
from nbops.rules.pinning import pinned_rules
from nbops.rules.reading import rules_in, rules_of
from nbops.rules.suggestion import Suggestions, rules_yaml
from nbops.rules.writing import rules_added

__all__ = ["chosen_yaml", "difference", "rule_file", "with_what_people_did"]


def rule_file(root: Path, name: str, notebook: str = "") -> Path:
    """Return where the rules of the dataset *name* belong: beside those of its notebook, when there is one.

    Example:
        >>> (
        ...     rule_file(Path("/p"), "orders", "/p/reports/sales.ipynb").as_posix(),
        ...     rule_file(Path("/p"), "orders").as_posix(),
        ... )
        ('/p/rules/reports/sales/orders.yml', '/p/rules/orders.yml')
    """
    folder = root / "rules"
    if notebook:
        path = Path(notebook).with_suffix("")
        if path.is_absolute():
            path = path.relative_to(root) if path.is_relative_to(root) else Path(path.name)
        folder /= path
    return folder / f"{name or 'table'}.yml"


def difference(path: Path, text: str) -> str:
    """Return how *text* differs from what stands in *path*, as a unified diff; empty when it does not."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    shown = os.path.relpath(path)
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), text.splitlines(keepends=True), shown if old else "/dev/null", shown
    )
    return "".join(lines)


def with_what_people_did(path: Path, text: str) -> str:
    """Return the proposed rule file *text* with what people did to the one in *path*: its pinned and muted rules.

    Raises:
        UsageError: The file in *path*, or what is pinned in it, cannot be read.
    """
    if not path.is_file():
        return text
    pinned = [rule for one in pinned_rules(path) for rule in rules_in(f"rules:\n  - {one.rule}\n", name=one.rows)]
    text, _ = rules_added(text, pinned, name=str(path))
    known = {result_name(check) for check in rules_of(text)}
    muted = [one for one in muted_in(path.read_text(encoding="utf-8"), name=str(path)) if one.rule in known]
    return with_muted(text, muted, name=str(path)) if muted else text


def chosen_yaml(found: Suggestions, decisions: Iterable[tuple[str, str]], *, folder: str = "") -> str:
    """Return the rule file of what was decided: for each rule in order ``keep``, ``edit`` or ``drop``, and its YAML.

    Raises:
        UsageError: There are not as many decisions as rules, or an edited rule cannot be meant.
    """
    decided = list(decisions)
    if len(decided) != len(found.rules):
        raise UsageError(f"{len(decided)} decisions on {len(found.rules)} rules", fix="suggest again")
    edited: dict[int, str] = {}
    for at, (word, text) in enumerate(decided):
        if word == "edit":
            if len(rules_of(f"rules:\n{_indented(text)}", name=found.rules[at].name)) != 1:
                raise UsageError("it must be one rule", where=found.rules[at].name, fix="begin it with a dash")
            edited[at] = text
    kept = [at for at, (word, _) in enumerate(decided) if word != "drop"]
    return rules_yaml(found, only=kept, edited=edited, folder=folder)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
