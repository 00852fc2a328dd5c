"""Several tables: references are found, and every value that refers to a key has one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nbops.errors import UsageError
from nbops.frames.profile.coding import profile_from_json, profile_to_json
from nbops.frames.profile.table import Profile, profile
from nbops.synthesis.leaks import leaks
from nbops.synthesis.making import Made, make_tables
from nbops.synthesis.several import find_references
from tests.synthesis.tables import customers, orders


def profiles(**tables: pd.DataFrame) -> dict[str, Profile]:
    """Return the profiles of tables, as they are written to files."""
    return {name: profile_from_json(profile_to_json(profile(one, name=name))) for name, one in tables.items()}


def made(rows: dict[str, int], **tables: pd.DataFrame) -> Made:
    """Return tables like others."""
    return make_tables(profiles(**tables), rows, seed=1)


def test_references_are_found_by_name_and_values() -> None:
    """A column named for a key, whose values all are among it, refers to it; another does not."""
    other = pd.DataFrame({"customer_id": range(5_000, 5_200)})

    found = find_references(profiles(orders=orders(2_000), customers=customers(), others=other))

    assert list(map(str, found)) == ["orders.customer_id → customers.id"]


@pytest.mark.parametrize("rows", [{"orders": 3_000, "customers": 300}, {"orders": 500, "customers": 20}])
def test_every_reference_has_its_key(rows: dict[str, int]) -> None:
    """All of them, in tables as large as they were and in small parts of them."""
    found = made(rows, orders=orders(3_000), customers=customers()).tables

    assert found["orders"]["customer_id"].isin(found["customers"]["id"]).all()
    assert found["customers"]["id"].is_unique
    assert {name: len(table) for name, table in found.items()} == rows


def test_keys_that_many_rows_refer_to_keep_their_names() -> None:
    """A code that stands once in its own table, and a thousand times in the other, is no secret: the mix stays."""
    codes = pd.DataFrame({"carrier": ["AA", "BB", "CC", "DD"], "name": ["Air A", "Air B", "Air C", "Air D"]})
    codes = pd.concat(
        [codes, pd.DataFrame({"carrier": [f"X{n}" for n in range(10)], "name": [f"N{n}" for n in range(10)]})]
    )
    trips = pd.DataFrame({"carrier": ["AA"] * 600 + ["BB"] * 300 + ["CC"] * 100, "n": range(1_000)})

    found = made({"trips": 2_000, "codes": 14}, trips=trips, codes=codes.reset_index(drop=True)).tables

    assert found["trips"]["carrier"].isin(found["codes"]["carrier"]).all()
    assert found["trips"]["carrier"].value_counts(normalize=True)["AA"] == pytest.approx(0.6, abs=0.04)
    assert "X3" not in set(found["codes"]["carrier"])


def test_some_keys_are_used_more_than_others() -> None:
    """Where one customer has a fifth of the orders, one has in what is made."""
    random = np.random.default_rng(1)
    buyers = np.where(random.random(20_000) < 0.2, 7, random.integers(1, 601, 20_000))
    people = pd.DataFrame({"id": range(1, 601), "age": random.integers(18, 80, 600)})

    found = made({"orders": 20_000, "people": 600}, orders=pd.DataFrame({"people_id": buyers}), people=people).tables

    assert found["orders"]["people_id"].value_counts(normalize=True).iloc[0] == pytest.approx(0.2, abs=0.05)


def test_a_table_may_refer_to_itself() -> None:
    """Everybody's manager is somebody."""
    staff = pd.DataFrame({"id": range(1, 201), "boss": [max(1, n // 5) for n in range(200)]})

    found = make_tables(profiles(staff=staff), {"staff": 150}, references={"staff.boss": "staff.id"}).tables["staff"]

    assert found["boss"].isin(found["id"]).all()


def test_one_to_one_stays_one_to_one() -> None:
    """A reference that never repeated does not repeat; more rows than keys are told."""
    cards = pd.DataFrame({"customer_id": range(1, 301), "limit": [100, 200, 300] * 100})

    found = made({"cards": 250, "customers": 300}, cards=cards, customers=customers()).tables

    assert found["cards"]["customer_id"].is_unique
    with pytest.raises(UsageError, match="never repeats"):
        made({"cards": 400, "customers": 300}, cards=cards, customers=customers())


def test_nothing_rare_stands_in_any_of_them() -> None:
    """Keys and names of customers are new ones."""
    found = made({"orders": 2_000, "customers": 300}, orders=orders(2_000), customers=customers()).tables

    assert leaks(found["customers"], customers())["name"] == 0


@pytest.mark.parametrize(
    ("references", "told"),
    [
        ({"orders.customer_id": "customers.idd"}, "customers has no column 'idd'"),
        ({"order.customer_id": "customers.id"}, "no table 'order'"),
        ({"customer_id": "customers.id"}, "names no column of a table"),
        ({"orders.customer_id": "customers.id", "customers.id": "orders.id"}, "in a circle"),
    ],
)
def test_references_that_cannot_be_are_told(references: dict[str, str], told: str) -> None:
    """A slip is told with what is known; a circle with the references that make it."""
    with pytest.raises(UsageError, match=told) as caught:
        make_tables(
            profiles(orders=orders(500), customers=customers()), {"orders": 5, "customers": 5}, references=references
        )

    assert caught.value.fix
