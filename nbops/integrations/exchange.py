"""The formats that rules are exported to and imported from, and the two verbs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbops.errors import UsageError, did_you_mean
from nbops.integrations.dbt import Dbt
from nbops.integrations.gx import GreatExpectations
from nbops.integrations.interchange import Dialect, Exported, Imported, parsed
from nbops.integrations.odcs import Odcs
from nbops.integrations.pandera import Pandera
from nbops.integrations.pandera_script import PanderaScript, schema_in
from nbops.integrations.pointblank import Pointblank
from nbops.rules.rule import Rule

__all__ = ["FORMATS", "export_rules", "import_rules"]

_PANDERA = re.compile(r"^(?:import|from) pandera\b", re.MULTILINE)
FORMATS: dict[str, type[Dialect]] = {
    dialect.format: dialect for dialect in (Dbt, GreatExpectations, Odcs, Pandera, PanderaScript, Pointblank)
}


def export_rules(rules: Sequence[Rule], to: str, *, name: str = "") -> Exported:
    """Return *rules* in the words of another tool, and what it has no words for.

    Args:
        rules: The rules.
        to: The format: ``dbt gx odcs pandera pandera-py pointblank``.
        name: The table's name.

    Raises:
        UsageError: There is no such format.

    Example:
        >>> from nbops.checks.completeness import NotNull
        >>> from nbops.rules.rule import rule_of
        >>> print(export_rules([rule_of(NotNull("id"))], "dbt", name="orders").text, end="")
        version: 2
        models:
          - name: orders
            columns:
              - name: id
                data_tests:
                  - not_null
    """
    return _dialect(to)(name).export(rules)


def import_rules(text: str, *, source: str = "", name: str = "", where: str = "") -> Imported:
    r"""Return the rules in *text*, the file of another tool, and what nbops has no words for. Nothing in it is run.

    Args:
        text: The file.
        source: Its format; told from what stands in it when empty.
        name: Which of several tables is meant, where a file describes several.
        where: The file's name, for errors.

    Raises:
        UsageError: It is in no format that is known.

    Example:
        >>> found = import_rules('{"expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "id"}}]}')
        >>> [rule.text for rule in found.rules]
        ['has_columns: id']
    """
    is_python = where.endswith(".py") or source == PanderaScript.format or (not source and bool(_PANDERA.search(text)))
    data = schema_in(text, where) if is_python else parsed(text, where)
    kind = _dialect(source) if source else _guessed(data, where)
    if not kind.is_written_in(data):
        raise UsageError(f"this is no file of {kind.title}", where=where, fix="nbops rules import --help")
    return kind(name).read(data)


def _dialect(name: str) -> type[Dialect]:
    if name not in FORMATS:
        raise UsageError(f"unknown format {name!r}", where="--format", fix=did_you_mean(name, FORMATS))
    return FORMATS[name]


def _guessed(data: object, where: str) -> type[Dialect]:
    for kind in FORMATS.values():
        if kind.is_written_in(data):
            return kind
    raise UsageError("the format of this file is not known", where=where, fix=f"--format {' | '.join(FORMATS)}")
