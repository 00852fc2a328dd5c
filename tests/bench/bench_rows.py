"""Row functions over what they stand for: pandas or polars alone, and the count of the mask, turn by turn.

Each is measured outside a step, and in one, where the rows that are left out are kept, too. Processor time, because
that is what an account may cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.bench.bench_recovery import frame
from tests.bench.measuring import Bar, side_by_side

ROUNDS = 9


def seconds(work: Callable[[], object]) -> Callable[[], float]:
    """Return what measures the processor time of *work*."""

    def measured() -> float:
        start = time.process_time()
        work()
        return time.process_time() - start

    return measured


def in_step(work: Callable[[], object]) -> Callable[[], object]:
    """Return *work* as a step calls it: accounts are collected, and what was left out is taken at the end."""
    from nbops.engine.cell.judging import Judge
    from nbops.notebook.judge import TestTable
    from nbops.records import collecting

    def stepped() -> None:
        judge = Judge(TestTable())
        token = collecting(judge)
        try:
            work()
            [rows() for _, _, rows in judge.ledger.excluded()]
        finally:
            token.var.reset(token)

    return stepped


def measure() -> list[Bar]:
    """Return the bars of the row functions, on 1,000,000 × 20."""
    return list(_bars())


def _bars() -> Iterator[Bar]:
    table = frame()
    yield from _keeping(table, "keep 98 % of 1M × 20", table["id0"] > 20_000)
    yield from _keeping(table, "keep half of 1M × 20", table["id0"] > 500_000)
    yield from _keeping_polars(table)
    yield from _others(table)


def _keeping(table: Any, what: str, mask: Any) -> Iterator[Bar]:
    from nbops import keep

    def plain() -> None:
        table[mask]
        int(mask.sum())

    yield from _compared(what, plain, lambda: keep(table, mask, "small"), (1.2, 2.2))


def _keeping_polars(table: Any) -> Iterator[Bar]:
    import polars

    from nbops import keep

    frame = polars.from_pandas(table)

    def plain() -> None:
        frame.filter(polars.col("id0") > 20_000)
        frame.select((polars.col("id0") > 20_000).sum())

    yield from _compared(
        "keep 98 % of 1M × 20, polars", plain, lambda: keep(frame, polars.col("id0") > 20_000, "small"), (1.2, 2.0)
    )


def _others(table: Any) -> Iterator[Bar]:
    from nbops import aggregate, dedupe, join

    small = table[["id1"]].drop_duplicates().assign(name="x")
    yield from _compared(
        "join 1M × 20 with 0.6M keys, m:1",
        lambda: table.merge(small, on="id1", how="left"),
        lambda: join(table, small, "id1", "left", expect="m:1"),
        (2.5, 2.5),
    )
    yield from _compared(
        "dedupe 1M × 20 by a key",
        lambda: table.drop_duplicates("id2"),
        lambda: dedupe(table, "id2"),
        (2.5, 3.0),
    )
    sums = {"total": ("price1", "sum"), "n": ("id0", "size")}
    yield from _compared(
        "aggregate 1M × 20 by a text",
        lambda: table.groupby("text1", dropna=False, as_index=False).agg(**sums),
        lambda: aggregate(table, "text1", **sums),
        (1.5, 1.5),
    )


def _compared(
    what: str, plain: Callable[[], object], ours: Callable[[], object], limits: tuple[float, float]
) -> Iterator[Bar]:
    ways = {"plain": seconds(plain), "ours": seconds(ours), "in a step": seconds(in_step(ours))}
    for way in ways.values():
        way()
    found = side_by_side(ways, ROUNDS)
    for name, limit in zip(("ours", "in a step"), limits, strict=True):
        said = f"{found[name] * 1000:.0f} ms against {found['plain'] * 1000:.0f} ms"
        where = "" if name == "ours" else ", in a step, with the rows that are left out"
        yield Bar(f"{what}{where}", found[name] / found["plain"], limit, "×", said)
