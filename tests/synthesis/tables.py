"""Tables that test data is made of, with all that it must keep."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["customers", "orders", "reckoned"]


def orders(rows: int = 20_000, seed: int = 1) -> pd.DataFrame:
    """Return orders: a key, categories with their names, correlated numbers, days of a week's shape, nulls together."""
    random = np.random.default_rng(seed)
    code = random.choice(["de", "fr", "it", "se"], rows, p=[0.5, 0.3, 0.15, 0.05])
    weight = random.gamma(2, 3, rows).round(2)
    days = pd.date_range("2023-01-02", periods=400)
    day = random.choice(days, rows, p=_weekly(len(days)))
    table = pd.DataFrame(
        {
            "id": np.arange(10_000, 10_000 + rows),
            "ref": [f"ORD-{n:06}" for n in random.permutation(200_000)[:rows]],
            "code": code,
            "country": pd.Series(code).map({"de": "Germany", "fr": "France", "it": "Italy", "se": "Sweden"}),
            "pieces": random.poisson(3, rows) + 1,
            "weight": weight,
            "price": (weight * 2 + random.gamma(2, 2, rows)).round(2),
            "measured": random.normal(5, 2, rows),
            "day": day,
            "paid": random.random(rows) < 0.8,
            "email": [f"person{n}@shop{n % 7}.de" for n in range(rows)],
            "customer_id": random.integers(1, 301, rows),
        }
    )
    table["spare"] = random.poisson(1, rows)
    table["parts"] = table["pieces"] + table["spare"]
    gone = random.random(rows) < 0.1
    table["shipped"] = (table["day"] + pd.to_timedelta(random.integers(0, 9, rows), unit="D")).mask(gone)
    table["carrier"] = pd.Series(random.choice(["slow", "fast"], rows)).mask(gone)
    return table


def _weekly(days: int) -> np.ndarray:
    shares = np.array([1.0 if at % 7 < 5 else 0.1 for at in range(days)])
    return shares / shares.sum()


def customers() -> pd.DataFrame:
    """Return 300 customers, whose keys orders refer to."""
    names = [f"Ann{'abcdefghij'[n % 10]} Lee{'klmnopqrst'[n // 30]}" for n in range(300)]
    return pd.DataFrame({"id": range(1, 301), "name": names})


def reckoned(rows: int = 2_000) -> pd.DataFrame:
    """Return a table of whole numbers' arithmetic alone, which is the same on every machine."""
    n = np.arange(rows)
    mixed = n * 7_919 % 10_007
    other = (mixed // 3 + n * 104_729 % 1_999) % 4_001
    return pd.DataFrame(
        {
            "id": n + 500,
            "ref": [f"R{x:05}-{y:03}" for x, y in zip(mixed, other % 997, strict=True)],
            "amount": mixed / 4,
            "other": np.where(n % 9 == 0, np.nan, other / 100),
            "measured": mixed / 7.0,
            "pieces": mixed % 23,
            "kind": np.array(["new", "paid", "sent"])[mixed % 3],
            "label": np.array(["New", "Paid", "Sent"])[mixed % 3],
            "person_name": [f"Ann{x % 31} Lee{x % 17}" for x in mixed.tolist()],
            "day": pd.Timestamp("2024-01-01") + pd.to_timedelta(mixed % 366, unit="D"),
            "told": (pd.Timestamp("2023-01-01") + pd.to_timedelta(other % 700, unit="D")).strftime("%d.%m.%Y"),
            "at": pd.Timestamp("2024-01-01") + pd.to_timedelta(mixed * 977 % 20_000_000, unit="s"),
            "good": mixed % 5 > 1,
        }
    )
