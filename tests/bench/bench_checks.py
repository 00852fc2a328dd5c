"""Checks against pandera: the same table, the same checks, the same answers, taking turns.

pandera is no dependency, not even of development: put it beside nbops in an environment of its own and run
``python -m tests.bench.bench_checks`` there. Where it is not installed, only what nbops takes is measured.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.records import Status
from tests.bench.measuring import Bar, side_by_side

# the least ratio of pandera's time to ours, by rows and number of checks
BARS = {(100_000, 200): 2.5, (1_000_000, 200): 2.5}
_SETS = {
    "status": ["new", "paid", "packed", "shipped", "delivered"],
    "channel": ["web", "store", "phone"],
    "country": ["DE", "FR", "IT", "ES", "PL", "US", "GB", "NL", "BE", "AT"],
    "currency": ["EUR", "USD", "GBP"],
}
_PATTERNS = {"country": "^[A-Z]{2}$", "currency": "^[A-Z]{3}$", "status": "^[a-z]+$", "ref": r"^ORD-[0-9]{10}$"}
_NUMBERS = ["order_id", "customer_id", "quantity", "price", "discount", "tax_rate", "total", "weight"]


def orders(rows: int, seed: int = 3) -> pd.DataFrame:
    """Return a table of orders, with nulls in some columns and no bad value."""
    random = np.random.default_rng(seed)
    quantity, price = random.integers(1, 21, rows), random.lognormal(3, 0.8, rows).round(2)
    discount = (random.beta(1, 6, rows) / 2).round(3)
    ids = np.arange(1, rows + 1)
    frame = {
        "order_id": ids,
        "customer_id": random.integers(1, rows // 8 + 2, rows),
        "quantity": quantity,
        "price": price,
        "discount": np.where(random.random(rows) < 0.1, np.nan, discount),
        "tax_rate": random.choice([0.0, 0.07, 0.19], rows),
        "total": (quantity * price * (1 - discount)).round(2),
        "weight": random.gamma(2, 1.5, rows).round(3),
        "ref": [f"ORD-{number:010d}" for number in ids],
        "ordered": np.datetime64("2025-01-01", "us") + random.integers(0, 31_000_000, rows).astype("timedelta64[s]"),
        "is_gift": random.random(rows) < 0.1,
    }
    return pd.DataFrame(frame | {name: random.choice(values, rows) for name, values in _SETS.items()})


def plan(count: int) -> list[tuple[str, tuple[Any, ...]]]:
    """Return *count* different checks in the proportions that a generator of rules gives."""
    columns = [*_NUMBERS, "ref", "ordered", "is_gift", *_SETS]
    makers: list[tuple[int, Callable[[int], tuple[str, tuple[Any, ...]]]]] = [
        (25, lambda i: ("not_null", (columns[i % len(columns)], round(0.2 + i / 1000, 4)))),
        (35, lambda i: ("between", (_NUMBERS[i % 8], -1 - i, 10**9 + i))),
        (15, lambda i: ("in_set", (list(_SETS)[i % 4], [*_SETS[list(_SETS)[i % 4]], f"x{i}"]))),
        (10, lambda i: ("matches", (list(_PATTERNS)[i % 4], list(_PATTERNS.values())[i % 4] + "|x" * (i // 4)))),
        (2, lambda i: ("unique", (["order_id", "ref"][i % 2],))),
        (13, lambda i: ("mean", (_NUMBERS[i % 8], -1 - i, 10**9 + i))),
    ]
    found = [make(i) for share, make in makers for i in range(max(1, share * count // 100))]
    return list({repr(one): one for one in found}.values())[:count]


def ours(chosen: list[tuple[str, tuple[Any, ...]]]) -> list[Check]:
    """Return the checks as nbops has them."""
    made = []
    for kind, (column, *arguments) in chosen:
        if kind == "not_null":
            made.append(check_class(kind)(column, allow=arguments[0]))
        else:
            made.append(check_class(kind)(column, *arguments))
    return made


def schema(chosen: list[tuple[str, tuple[Any, ...]]]) -> Any:
    """Return the checks as pandera has them, vectorised, nulls left out as they are here."""
    import pandera.pandas as pa

    def made(kind: str, arguments: list[Any]) -> Any:
        if kind == "not_null":
            return pa.Check(lambda s, share=arguments[0]: s.isna().mean() <= share, ignore_na=False)
        if kind == "mean":
            return pa.Check(lambda s, low=arguments[0], high=arguments[1]: low <= s.mean() <= high)
        if kind == "unique":
            return pa.Check(lambda s: not s.duplicated().any(), ignore_na=False)
        return {"between": pa.Check.in_range, "in_set": pa.Check.isin, "matches": pa.Check.str_matches}[kind](
            *arguments
        )

    columns: dict[str, list[Any]] = {}
    for kind, (column, *arguments) in chosen:
        columns.setdefault(column, []).append(made(kind, arguments))
    return pa.DataFrameSchema({name: pa.Column(None, checks, nullable=True) for name, checks in columns.items()})


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


def measure(sizes: tuple[tuple[int, int], ...] = ((100_000, 200), (1_000_000, 200)), rounds: int = 5) -> list[Bar]:
    """Measure every size; against pandera where it is installed."""
    warnings.filterwarnings("ignore")
    bars = []
    for rows, count in sizes:
        frame, chosen = orders(rows), plan(count)
        checks = ours(chosen)
        assert all(result.status is Status.PASSED for result in judge_table(frame, checks))
        ways = {"nbops": _timed(lambda f=frame, c=checks: judge_table(f, c))}
        if find_spec("pandera"):
            suite = schema(chosen)
            ways["pandera"] = _timed(lambda f=frame, s=suite: s.validate(f, lazy=True))
        taken = side_by_side(ways, rounds)
        what = f"{len(chosen)} checks of {rows:,} rows"
        detail = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in taken.items())
        if "pandera" in taken:
            limit = 1 / BARS.get((rows, count), 1)
            bars.append(Bar(f"{what}, against pandera", taken["nbops"] / taken["pandera"], limit, "×", detail))
    small = orders(1_000)
    few = ours(plan(50))
    taken = side_by_side({"nbops": _timed(lambda: judge_table(small, few))}, 20)
    bars.append(Bar(f"{len(few)} checks of 1,000 rows", taken["nbops"] * 1000, 15, "ms"))
    return bars


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", nargs=2, type=int, action="append", metavar=("ROWS", "CHECKS"))
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    for bar in measure(tuple(map(tuple, asked.size or BARS)), asked.rounds):
        print(f"{bar.what}: {bar.value:.3f} {bar.unit} (at most {bar.limit:.3f}) {bar.detail}")
