"""Tables whose rows are drawn alike: whatever is refused of them is a false alarm."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

__all__ = ["KINDS", "clean_table"]

Draw = Callable[[np.random.Generator, int], pd.DataFrame]


def _normal(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return measures that are normal, alone and correlated, one of them an id beside it."""
    base = random.normal(100, 15, rows)
    return pd.DataFrame(
        {
            "customer_id": random.integers(1, 10**6, rows),
            "height": base,
            "weight": base * 0.7 + random.normal(0, 5, rows),
            "paid": random.normal(50, 9, rows).round(2),
            "score": np.where(random.random(rows) < 0.03, np.nan, random.normal(size=rows)),
        }
    )


def _heavy(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return measures with heavy tails, and one that is almost always zero."""
    return pd.DataFrame(
        {
            "income": random.lognormal(8, 2, rows),
            "size": random.pareto(1.2, rows),
            "gain": random.standard_t(2, rows),
            "wild": random.standard_cauchy(rows),
            "rain": np.where(random.random(rows) < 0.9, 0.0, random.gamma(0.5, 3, rows)),
        }
    )


def _discrete(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return counts, flags, rare nulls and rare signs, dates and numbers that are seldom anything but one value."""
    day = np.datetime64("2025-01-01") + random.integers(0, 30, rows).astype("timedelta64[D]")
    return pd.DataFrame(
        {
            "quantity": random.integers(1, 21, rows),
            "visits": random.poisson(2, rows),
            "age": random.binomial(90, 0.4, rows).astype("float64"),
            "is_new": random.random(rows) < 0.2,
            "seldom": np.where(random.random(rows) < 1 / rows, -1, 3),
            "rarely_null": np.where(random.random(rows) < 0.5 / rows, np.nan, random.integers(0, 9, rows)),
            "day": day.astype("datetime64[s]"),
        }
    )


def _categories(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return categories with long tails, codes, texts with rare spellings, blanks and other forms."""

    def zipf(many: int, power: float) -> np.ndarray:
        shares = 1 / np.arange(1, many + 1) ** power
        return random.choice(many, rows, p=shares / shares.sum())

    names = np.array([f"town {n}" for n in range(3000)])
    text = names[zipf(3000, 1.05)]
    odd = random.random(rows) < 1 / rows
    return pd.DataFrame(
        {
            "country": np.array([f"C{n}" for n in range(50)])[zipf(50, 1.2)],
            "product": np.array([f"P-{n:04d}" for n in range(500)])[zipf(500, 1.0)],
            "town": text,
            "state": np.array(["new", "paid", "sent", "back"])[zipf(4, 2)],
            "note": np.where(odd, " odd ", np.char.add(text.astype(str), random.integers(0, 10**6, rows).astype(str))),
            "parcel": np.where(
                random.random(rows) < 1 / rows, "?", np.char.add("A", random.integers(0, 99, rows).astype(str))
            ),
        }
    )


KINDS: dict[str, Draw] = {"normal": _normal, "heavy": _heavy, "discrete": _discrete, "categories": _categories}


def clean_table(kind: str, random: np.random.Generator, rows: int) -> pd.DataFrame:
    """Return *rows* rows of a kind, each drawn alike."""
    return KINDS[kind](random, rows)
