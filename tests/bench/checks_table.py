"""What checks are measured on: a table of orders, plans of checks of it, and a wide table with a realistic suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

__all__ = ["PATTERNS", "TEXTS", "Planned", "failing_plan", "orders", "plan", "realistic", "write_parquet"]

Planned = tuple[str, tuple[Any, ...]]

_COUNTRIES = "DE FR IT ES PL US GB NL BE AT SE NO DK FI PT CZ SK HU RO BG GR IE CH LU EE LV LT SI HR MT"
_SETS = {
    "status": ["new", "paid", "packed", "shipped", "delivered", "cancelled"],
    "channel": ["web", "store", "phone", "partner"],
    "country": _COUNTRIES.split(),
    "currency": ["EUR", "USD", "GBP", "SEK", "PLN"],
}
_BOUNDS = {
    "order_id": (1, 10**12),
    "customer_id": (1, 10**10),
    "product_id": (1, 5_000),
    "quantity": (1, 20),
    "unit_price": (0.0, 10_000.0),
    "discount": (0.0, 0.5),
    "tax_rate": (0.0, 0.21),
    "total": (0.0, 200_000.0),
    "weight_kg": (0.0, 100.0),
}
_TIGHT = dict(zip(_BOUNDS, [100, 5, 10, 2, 2.0, 0.005, 0.01, 5.0, 0.2], strict=True))  # some rows lie below
_MEANS = {
    "product_id": (2_000, 3_000),
    "quantity": (9, 12),
    "unit_price": (20, 40),
    "discount": (0.0, 0.2),
    "tax_rate": (0.0, 0.21),
    "total": (100, 600),
    "weight_kg": (1, 5),
}
PATTERNS = {
    "order_ref": r"^ORD-[0-9]{10}-EU$",
    "email": r"^[a-z0-9]+@[a-z]+\.com$",
    "country": r"^[A-Z]{2}$",
    "currency": r"^[A-Z]{3}$",
    "status": r"^[a-z]+$",
}
_NARROW = {  # some rows do not match
    "order_ref": r"^ORD-[0-9]{9}[0-8]-EU$",
    "email": r"^user[1-8][0-9]*@[a-z]+\.com$",
    "country": r"^[A-R][A-Z]$",
    "currency": r"^[A-R][A-Z]{2}$",
    "status": r"^[d-s][a-z]+$",
}
_NULLS = {"discount": 0.10, "weight_kg": 0.05, "email": 0.02, "ship_date": 0.08, "comment": 0.30}
_NOTES = ["late", "gift", "fragile", "call first", "leave at door", "priority", "no invoice", "repeat buyer"]
TEXTS = ("order_ref", "email", "comment")  # columns of many different texts
_COLUMNS = [*_BOUNDS, *_SETS, *TEXTS, "order_date", "ship_date", "is_gift", "is_returned"]
_SHARES = {"not_null": 0.20, "between": 0.30, "in_set": 0.15, "matches": 0.10}


def orders(rows: int, seed: int = 3) -> pd.DataFrame:
    """Return a table of orders with 20 columns, nulls in five of them, and no bad value."""
    random = np.random.default_rng(seed)
    ids = np.arange(1, rows + 1)
    quantity, price = random.integers(1, 21, rows), random.lognormal(3, 0.8, rows).round(2)
    discount = (random.beta(1, 6, rows) / 2).round(3)
    customers = random.integers(1, max(2, rows // 8), rows)
    ordered = np.datetime64("2025-01-01", "us") + random.integers(0, 31_000_000, rows).astype("timedelta64[s]")
    notes = zip(random.integers(0, 8, rows).tolist(), random.integers(0, 5_000, rows).tolist(), strict=True)
    frame = {
        "order_id": ids,
        "customer_id": customers,
        "product_id": random.integers(1, 5_001, rows),
        "quantity": quantity,
        "unit_price": price,
        "discount": discount,
        "tax_rate": random.choice([0.0, 0.07, 0.19, 0.21], rows),
        "total": (quantity * price * (1 - discount)).round(2),
        "weight_kg": random.gamma(2, 1.5, rows).round(3),
        **{name: random.choice(np.array(values, dtype=object), rows) for name, values in _SETS.items()},
        "order_ref": [f"ORD-{number:010d}-EU" for number in ids.tolist()],
        "email": [f"user{number}@example.com" for number in customers.tolist()],
        "order_date": ordered,
        "ship_date": ordered + random.integers(3_600, 864_000, rows).astype("timedelta64[s]"),
        "is_gift": random.random(rows) < 0.1,
        "is_returned": random.random(rows) < 0.04,
        "comment": [f"{_NOTES[at]} #{number}" for at, number in notes],
    }
    table = pd.DataFrame(frame)
    return table.assign(**{name: table[name].mask(random.random(rows) < share) for name, share in _NULLS.items()})


def plan(count: int) -> list[Planned]:
    """Return *count* different checks that hold, in the proportions that a generator of rules gives.

    A column that has its check already gets another one with wider bounds, one value or one alternative more.
    """
    made: list[Planned] = [("row_count", (1, 10**10)), ("unique", ("order_id",)), ("unique", ("order_ref",))]
    makers: dict[str, tuple[list[str], Callable[[str, int], tuple[Any, ...]]]] = {
        "not_null": (_COLUMNS, lambda c, v: (round(_NULLS[c] + 0.03 + v / 100, 3) if c in _NULLS else v / 100,)),
        "between": (list(_BOUNDS), lambda c, v: (_BOUNDS[c][0] - v, _BOUNDS[c][1] + v)),
        "in_set": (list(_SETS), lambda c, v: ([*_SETS[c], *(f"extra{i}" for i in range(v))],)),
        "matches": (list(PATTERNS), lambda c, v: (PATTERNS[c] + "|^$" * v,)),
        "mean": (list(_MEANS), lambda c, v: (_MEANS[c][0] - v, _MEANS[c][1] + v)),
    }
    sizes = {kind: round(share * count) for kind, share in _SHARES.items()}
    sizes["mean"] = count - len(made) - sum(sizes.values())
    for kind, (columns, arguments) in makers.items():
        for at in range(sizes[kind]):
            column = columns[at % len(columns)]
            made.append((kind, (column, *arguments(column, at // len(columns)))))
    assert len({repr(one) for one in made}) == count, "no two checks are equal"
    return made


def failing_plan(chosen: list[Planned]) -> list[Planned]:
    """Return the plan with a tenth of its checks, of all kinds that can, so narrow that some rows fail them."""
    can = [at for at, (kind, _) in enumerate(chosen) if kind in _WORSE]
    wanted = len(chosen) // 10
    picked = {can[turn * len(can) // wanted] for turn in range(wanted)}
    return [_worse(one) if at in picked else one for at, one in enumerate(chosen)]


_WORSE: dict[str, Callable[..., tuple[Any, ...]]] = {
    "between": lambda c, low, high: (c, _TIGHT[c], high),
    "in_set": lambda c, values: (c, values[1:]),
    "matches": lambda c, pattern: (c, pattern.replace(PATTERNS[c], _NARROW[c])),
    "mean": lambda c, low, high: (c, 10**8 + high, 10**9),
}


def _worse(one: Planned) -> Planned:
    kind, arguments = one
    return kind, _WORSE[kind](*arguments)


def realistic(rows: int, columns: int = 100, seed: int = 5) -> tuple[pd.DataFrame, list[Planned]]:
    """Return a table of *columns* columns and five different checks of each.

    Ranges are tolerant, some checks are restricted or compare two columns, and a tenth fails.
    """
    random = np.random.default_rng(seed)
    data: dict[str, Any] = {}
    for at in range(columns):
        if at % 5 == 4:
            values = np.array(["red", "green", "blue", f"tone{at}"], dtype=object)
            data[f"c{at}"] = random.choice(values, rows)
        else:
            numbers = random.normal(at, 1 + at / 10, rows).round(3)
            data[f"c{at}"] = np.where(random.random(rows) < 0.01, np.nan, numbers) if at % 3 == 0 else numbers
    checks = [one for at in range(columns) for one in (_of_text if at % 5 == 4 else _of_number)(at, columns)]
    return pd.DataFrame(data), checks


def _of_text(at: int, columns: int) -> list[Planned]:
    name, values = f"c{at}", ["red", "green", "blue", f"tone{at}"]
    return [
        ("not_null", (name, 0)),
        ("in_set", (name, values[: 3 if at % 2 == 0 else 4])),
        ("matches", (name, "^[a-z]+[0-9]*$")),
        ("length", (name, 3, 8)),
        ("distinct_count", (name, 1, 9)),
    ]


def _of_number(at: int, columns: int) -> list[Planned]:
    name, spread = f"c{at}", 1 + at / 10
    pair = name if at % 5 == 3 else f"c{(at + 1) % columns}"
    high = at + (1 if at % 2 == 0 else 4) * spread
    return [
        ("not_null", (name, 0.05)),
        ("between", (name, at - 3 * spread, high, 0.02)),
        ("mean", (name, at - 1, at + 1)),
        ("above", (name, at - 9 * spread, f"{name} < {high}", high)),
        ("compare", (name, pair, 1.0)),
    ]


def write_parquet(path: Path, rows: int, piece: int = 500_000) -> None:
    """Write a table of orders piece by piece; keys go on, customers and their mail are drawn anew."""
    import pyarrow
    import pyarrow.compute as compute
    import pyarrow.parquet

    base = pyarrow.Table.from_pandas(orders(min(piece, rows)), preserve_index=False)
    random = np.random.default_rng(1)
    with pyarrow.parquet.ParquetWriter(path, base.schema) as writer:
        for start in range(0, rows, piece):
            table = base.slice(0, min(piece, rows - start))
            ids = pyarrow.array(np.arange(start + 1, start + 1 + len(table)))
            customers = pyarrow.array(random.integers(1, max(2, rows // 8), len(table)))
            padded = compute.utf8_lpad(ids.cast(pyarrow.string()), 10, "0")
            mail = compute.binary_join_element_wise("user", customers.cast(pyarrow.string()), "@example.com", "")
            mail = compute.if_else(table["email"].is_valid(), mail, pyarrow.scalar(None, pyarrow.string()))
            refs = compute.binary_join_element_wise("ORD", padded, "EU", "-")
            for name, values in {"order_id": ids, "customer_id": customers, "order_ref": refs, "email": mail}.items():
                place = table.schema.get_field_index(name)
                table = table.set_column(place, table.field(name), values.cast(table.field(name).type))
            writer.write_table(table)
