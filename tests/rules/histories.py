"""Sequences of deliveries, one a day, that differ as honest ones do."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

__all__ = ["deliveries", "delivery"]

FIRST = dt.date(2025, 3, 3)  # a Monday


def delivery(
    random: np.random.Generator, day: int, *, rows: int = 400, weekend: float = 1.0, growth: float = 0.0
) -> pd.DataFrame:
    """Return the delivery of the *day*-th day.

    Args:
        random: What chance does.
        day: Counted from the first.
        rows: How many rows a day has.
        weekend: How many times that on a Saturday or Sunday.
        growth: By how much more a day, as a share.
    """
    date = FIRST + dt.timedelta(days=day)
    many = rows * (weekend if date.weekday() > 4 else 1.0) * (1 + growth) ** day
    many = max(20, round(many * float(np.exp(random.normal(0, 0.05)))))
    shops = np.array([f"shop {n:02}" for n in range(30)])
    shop = random.integers(0, 30, many)
    net = random.lognormal(3, 0.6, many).round(2)
    start = np.datetime64(date, "s")
    return pd.DataFrame(
        {
            "order_id": 1_000_000 * (day + 1) + np.arange(many),
            "customer_id": random.integers(1, 100_000, many),
            "shop": shops[shop],
            "region": np.array(["north", "south", "east", "west"])[shop % 4],
            "net": net,
            "weight": (net * random.lognormal(0, 0.3, many)).round(3),
            "note": np.where(random.random(many) < 0.1, None, "as agreed"),
            "at": start + (random.beta(5, 4, many) * 16 * 3600 + 6 * 3600).astype("timedelta64[s]"),
            "due": [(date + dt.timedelta(days=int(n))).strftime("%d/%m/%Y") for n in random.integers(0, 40, many)],
        }
    )


def deliveries(
    random: np.random.Generator, many: int, *, rows: int = 400, weekend: float = 1.0, growth: float = 0.0
) -> list[pd.DataFrame]:
    """Return the deliveries of *many* days, one after the other."""
    return [delivery(random, day, rows=rows, weekend=weekend, growth=growth) for day in range(many)]
