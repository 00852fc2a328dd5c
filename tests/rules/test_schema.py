"""The JSON Schema of rule files is the one that the checks make."""

from __future__ import annotations

from nbops.checks.vocabulary import kinds
from nbops.rules.schema import rules_schema, schema_text, shipped


def test_the_shipped_schema_is_what_the_checks_make() -> None:
    """A check that changes changes the schema, which editors complete by."""
    assert schema_text() == shipped()


def test_every_check_stands_in_the_schema() -> None:
    """Every kind is offered, with what it does."""
    forms = rules_schema()["properties"]["rules"]["items"]["anyOf"]
    described = {kind: rule["description"] for form in forms[1:] for kind, rule in form["properties"].items()}

    assert set(kinds()) == set(described)
    assert all(described.values())
