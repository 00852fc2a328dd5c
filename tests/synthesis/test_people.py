"""Values of people: recognised by what they look like and by name, well formed, and nobody's."""

from __future__ import annotations

import builtins
from typing import Any

import pandas as pd
import pytest

from nbops.errors import UsageError
from nbops.frames.formats import is_well_formed
from nbops.frames.profile.table import profile
from nbops.synthesis.people import KINDS, parts_of, person_kind, personal
from nbops.synthesis.streams import Stream
from nbops.synthesis.wording import of_pools


def drawn(kind: str, rows: int = 300) -> list[str]:
    """Return values of a kind."""
    return [str(one) for one in of_pools(personal(kind, parts_of()))(rows, Stream(1))]


@pytest.mark.parametrize("kind", ["email", "iban", "card", "uuid", "url", "phone", "street"])
def test_values_are_well_formed(kind: str) -> None:
    """Check digits are right, addresses can be read."""
    assert [one for one in drawn(kind) if not is_well_formed(one, kind)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_values_vary(kind: str) -> None:
    """Each kind has many values."""
    assert len(set(drawn(kind))) > 60


def test_addresses_lie_where_nobody_lives() -> None:
    """Mail goes to domains that are kept free, packets to private networks, calls to no number."""
    assert all(one.split("@")[1].split(".")[-2] == "example" for one in drawn("email"))
    assert all(one.startswith("10.") for one in drawn("ip"))
    assert all(one.startswith("+1 555 ") for one in drawn("phone"))


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("contact", ["ann@shop.de", "bob@shop.de"], "email"), ("firstName", ["Ann", "Bob"], "given"),
        ("last_name", ["Lee", "Fox"], "family"), ("customer_name", ["Ann Lee", "Bob Fox"], "name"),
        ("Name", ["Ann Lee", "Bob Fox"], "name"), ("name", ["United Air Lines Inc.", "Delta"], ""),
        ("billing_address", ["1 High Street", "2 Low Road"], "street"), ("status", ["new", "paid"], ""),
        ("mobile", ["x1", "x2"], "phone"), ("product_name", ["Green Tea", "Black Tea"], ""),
        ("account", ["DE89370400440532013000", "GB82WEST12345698765432"], "iban"),
    ],
)  # fmt: skip
def test_what_belongs_to_people_is_recognised(name: str, values: list[str], kind: str) -> None:
    """By its values, or by its name; what is none of a person's is left alone."""
    column = profile(pd.DataFrame({name: values * 20}))[name]

    assert person_kind(column) == kind


def test_a_locale_needs_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without mimesis the error names the extra that brings it."""
    real = builtins.__import__

    def missing(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("mimesis"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", missing)
    parts_of.cache_clear()

    with pytest.raises(UsageError, match="need mimesis") as caught:
        parts_of("de")

    assert "nbops[pii]" in caught.value.fix


def test_a_locale_gives_its_names() -> None:
    """German names are those that mimesis knows; an unknown locale is told with the nearest."""
    pytest.importorskip("mimesis")
    parts_of.cache_clear()

    assert "Müller" in parts_of("de")["family"]
    with pytest.raises(UsageError, match="no locale 'dee'") as caught:
        parts_of("dee")
    assert "'de'" in caught.value.fix
