"""Checks against the peers: the same table, the same checks, the same answers, taking turns.

The peers are no dependency, not even of development: put pandera, pointblank and great_expectations beside nbops in an
environment of its own and run ``python -m tests.bench.bench_checks`` there. Where none is installed, only what nbops
takes is measured, and how that grows with the number of checks.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nbops.checks.model import Check
from nbops.checks.suite import judge_table
from nbops.checks.vocabulary import check_class
from nbops.records import Status
from tests.bench.measuring import Bar, side_by_side

# the least ratio of pandera's time to ours, by rows and number of checks
BARS = {(100_000, 200): 2.5, (1_000_000, 200): 2.5, (1_000_000, 500): 3.5}
BARS_WITH_POLARS = {(100_000, 200): 3.5, (1_000_000, 200): 3.5, (1_000_000, 500): 5.0}
SIZES = tuple(BARS)
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


def failing_plan(chosen: list[tuple[str, tuple[Any, ...]]]) -> list[tuple[str, tuple[Any, ...]]]:
    """Return the plan with every tenth check, of those that can, so narrow that some rows fail it."""
    wrong = {"between": (1.5, 3.0), "mean": (-2.0, -1.0), "matches": ("^$",), "in_set": (["none of them"],)}
    return [
        (kind, (arguments[0], *wrong[kind])) if at % 10 == 0 and kind in wrong else (kind, arguments)
        for at, (kind, arguments) in enumerate(chosen)
    ]


def realistic(frame_rows: int, columns: int = 100, seed: int = 5) -> tuple[pd.DataFrame, list[Check], Any]:
    """Return a table of *columns* columns, five different checks of each, and the same for pandera.

    Ranges are tolerant, some checks are restricted or compare two columns, and a tenth fails.
    """
    random = np.random.default_rng(seed)
    data: dict[str, Any] = {}
    for at in range(columns):
        name = f"c{at}"
        if at % 5 == 4:
            data[name] = random.choice(["red", "green", "blue", f"tone{at}"], frame_rows)
        else:
            values = random.normal(at, 1 + at / 10, frame_rows).round(3)
            data[name] = np.where(random.random(frame_rows) < 0.01, np.nan, values) if at % 3 == 0 else values
    frame = pd.DataFrame(data)
    checks, peer = [], []
    for at in range(columns):
        name, other, is_bad = f"c{at}", f"c{(at + 1) % columns}", at % 2 == 0
        ours_here, theirs_here = (_of_text if at % 5 == 4 else _of_number)(name, other, at, is_bad, frame_rows)
        checks += ours_here
        peer += theirs_here
    return frame, checks, peer


def _of_text(name: str, other: str, at: int, is_bad: bool, rows: int) -> tuple[list[Check], list[Any]]:
    values = ["red", "green", "blue", f"tone{at}"][: 3 if is_bad else 4]
    made = [
        check_class("not_null")(name),
        check_class("in_set")(name, values),
        check_class("matches")(name, "^[a-z]+[0-9]*$"),
        check_class("length")(name, 3, 8),
        check_class("distinct_count")(name, 1, 9),
    ]
    peers: list[Any] = [
        (name, lambda s: s.notna().all()),
        (name, lambda s: s.isin(values).all()),
        (name, lambda s: s.str.match("^[a-z]+[0-9]*$").all()),
        (name, lambda s: s.str.len().between(3, 8).all()),
        (name, lambda s: 1 <= s.nunique() <= 9),
    ]
    return made, peers


def _of_number(name: str, other: str, at: int, is_bad: bool, rows: int) -> tuple[list[Check], list[Any]]:
    spread = 1 + at / 10
    low, high = at - 3 * spread, at + (1 if is_bad else 4) * spread
    pair = other if at % 5 != 3 else name
    made = [
        check_class("not_null")(name, allow=0.05),
        check_class("between")(name, low, high, allow=0.02),
        check_class("mean")(name, at - 1, at + 1),
        check_class("above")(name, at - 9 * spread, where=f"{name} < {high}"),
        check_class("compare")(name, "<=", pair, allow=1.0),
    ]
    peers: list[Any] = [
        (name, lambda s: s.isna().mean() <= 0.05),
        (name, lambda s: (s.notna() & ~s.between(low, high)).mean() <= 0.02),
        (name, lambda s: at - 1 <= s.mean() <= at + 1),
        (name, lambda s: (s[s < high] > at - 9 * spread).all()),
        (None, lambda d: (d[name] > d[pair]).mean() <= 1.0),
    ]
    return made, peers


def realistic_schema(peer: list[Any]) -> Any:
    """Return the realistic suite as pandera has it."""
    import pandera.pandas as pa

    columns: dict[str, list[Any]] = {}
    for name, test in peer:
        if name is not None:
            columns.setdefault(name, []).append(pa.Check(test, ignore_na=False))
    whole = [pa.Check(test) for name, test in peer if name is None]
    made = {name: pa.Column(None, checks, nullable=True) for name, checks in columns.items()}
    return pa.DataFrameSchema(made, checks=whole)


def _lazily(suite: Any, frame: pd.DataFrame) -> None:
    """Let pandera judge everything; that some checks fail is meant."""
    try:
        suite.validate(frame, lazy=True)
    except Exception as error:
        if type(error).__name__ != "SchemaErrors":
            raise


def pointblank_run(frame: pd.DataFrame, chosen: list[tuple[str, tuple[Any, ...]]]) -> None:
    """Judge the plan by pointblank."""
    import pointblank as pb

    suite = pb.Validate(frame)
    for kind, (column, *rest) in chosen:
        if kind == "not_null":
            suite = suite.col_vals_not_null(column, thresholds=pb.Thresholds(error=rest[0]))
        elif kind == "between":
            suite = suite.col_vals_between(column, *rest, na_pass=True)
        elif kind == "in_set":
            suite = suite.col_vals_in_set(column, [*rest[0], None])
        elif kind == "matches":
            suite = suite.col_vals_regex(column, rest[0], na_pass=True)
        elif kind == "unique":
            suite = suite.rows_distinct(columns_subset=[column])
        else:
            suite = suite.col_avg_ge(column, rest[0])
    suite.interrogate(collect_extracts=False)


def expectations_run(frame: pd.DataFrame, chosen: list[tuple[str, tuple[Any, ...]]]) -> None:
    """Judge the plan by Great Expectations."""
    import great_expectations as gx

    e = gx.expectations
    made = {
        "not_null": lambda c, share: e.ExpectColumnValuesToNotBeNull(column=c, mostly=1 - share),
        "between": lambda c, low, high: e.ExpectColumnValuesToBeBetween(column=c, min_value=low, max_value=high),
        "in_set": lambda c, values: e.ExpectColumnValuesToBeInSet(column=c, value_set=values),
        "matches": lambda c, pattern: e.ExpectColumnValuesToMatchRegex(column=c, regex=pattern),
        "unique": lambda c: e.ExpectColumnValuesToBeUnique(column=c),
        "mean": lambda c, low, high: e.ExpectColumnMeanToBeBetween(column=c, min_value=low, max_value=high),
    }
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch(batch_parameters={"dataframe": frame})
    batch.validate(gx.ExpectationSuite(name="s", expectations=[made[kind](*arguments) for kind, arguments in chosen]))


def by_hand(frame: pd.DataFrame, chosen: list[tuple[str, tuple[Any, ...]]]) -> list[bool]:
    """Judge the plan as somebody would who writes the statistics down once for each column, and records nothing."""
    import re

    known: dict[tuple[str, str], Any] = {}

    def seen(column: str, name: str, compute: Callable[[Any], Any]) -> Any:
        if (column, name) not in known:
            known[column, name] = compute(frame[column])
        return known[column, name]

    found = []
    for kind, (column, *rest) in chosen:
        if kind == "not_null":
            found.append(seen(column, "nulls", lambda s: s.isna().mean()) <= rest[0])
        elif kind == "between":
            low, high = seen(column, "min", lambda s: s.min()), seen(column, "max", lambda s: s.max())
            found.append(rest[0] <= low and high <= rest[1])
        elif kind == "mean":
            found.append(rest[0] <= seen(column, "mean", lambda s: s.mean()) <= rest[1])
        elif kind == "unique":
            found.append(seen(column, "distinct", lambda s: s.nunique()) == len(frame))
        elif column != "ref":
            values = seen(column, "values", lambda s: s.unique().tolist())
            found.append(
                set(values) <= set(rest[0]) if kind == "in_set" else all(re.search(rest[0], v) for v in values)
            )
        else:
            found.append(bool(frame[column].str.contains(rest[0]).all()))
    return list(map(bool, found))


def _timed(work: Callable[[], object]) -> Callable[[], float]:
    def run() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run


def _against(what: str, ways: dict[str, Callable[[], float]], limits: dict[str, float], rounds: int) -> list[Bar]:
    """Return what nbops takes as a share of each of the others."""
    taken = side_by_side(ways, rounds)
    detail = ", ".join(f"{name} {seconds:.3f} s" for name, seconds in taken.items())
    return [
        Bar(f"{what}, against {name}", taken["nbops"] / taken[name], limit, "×", detail)
        for name, limit in limits.items()
        if name in taken
    ]


def _orders(rows: int, count: int, rounds: int) -> list[Bar]:
    frame, chosen = orders(rows), plan(count)
    checks = ours(chosen)
    assert all(result.status is Status.PASSED for result in judge_table(frame, checks))
    assert all(by_hand(frame, chosen))
    ways = {"nbops": _timed(lambda: judge_table(frame, checks)), "by hand": _timed(lambda: by_hand(frame, chosen))}
    limits = {"by hand": 1.5}
    if find_spec("pandera"):
        suite = schema(chosen)
        ways["pandera"] = _timed(lambda: suite.validate(frame, lazy=True))
        share = BARS_WITH_POLARS if find_spec("polars") else BARS
        limits["pandera"] = 1 / share.get((rows, count), 1)
    found = _against(f"{len(chosen)} checks of {rows:,} rows", ways, limits, rounds)
    if rows <= 100_000:
        found += _slow_peers(f"{len(chosen)} checks of {rows:,} rows", frame, chosen, ways["nbops"])
    return found


def _slow_peers(what: str, frame: pd.DataFrame, chosen: Any, nbops: Callable[[], float]) -> list[Bar]:
    ways = {"nbops": nbops}
    if find_spec("pointblank"):
        ways["pointblank"] = _timed(lambda: pointblank_run(frame, chosen))
    if find_spec("great_expectations"):
        ways["great_expectations"] = _timed(lambda: expectations_run(frame, chosen))
    if len(ways) == 1:
        return []
    return _against(what, ways, dict.fromkeys(list(ways)[1:], 1 / 15), 2)


def _growth(rows: int, rounds: int) -> list[Bar]:
    """Return how the time grows from 200 checks to 500 on the same columns, and when a tenth of them fails."""
    frame = orders(rows)
    few, many = plan(200), plan(500)
    found = []
    for what, change in (("", lambda chosen: chosen), (", a tenth failing and its rows fetched", failing_plan)):
        small, large = ours(change(few)), ours(change(many))
        ways = {
            "few": _timed(lambda c=small: judge_table(frame, c)),
            "many": _timed(lambda c=large: judge_table(frame, c)),
        }
        taken = side_by_side(ways, rounds)
        detail = f"{taken['few']:.3f} s, {taken['many']:.3f} s"
        name = f"from {len(small)} to {len(large)} checks of {rows:,} rows{what}"
        found.append(Bar(name, taken["many"] / taken["few"], 2.2, "×", detail))
    return found


def _realistic(rows: int, rounds: int) -> list[Bar]:
    frame, checks, peer = realistic(rows)
    ways = {"nbops": _timed(lambda: judge_table(frame, checks))}
    if not find_spec("pandera"):
        return []
    suite = realistic_schema(peer)
    ways["pandera"] = _timed(lambda: _lazily(suite, frame))
    return _against(f"{len(checks)} checks of 100 columns, {rows:,} rows", ways, {"pandera": 0.5}, rounds)


def _small() -> Bar:
    small = orders(1_000)
    few = ours(plan(50))
    taken = side_by_side({"nbops": _timed(lambda: judge_table(small, few))}, 20)
    return Bar(f"{len(few)} checks of 1,000 rows", taken["nbops"] * 1000, 15, "ms")


def _import_cost() -> Bar:
    """Return the processor time of importing the vocabulary and the judge, beside pandas."""
    code = (
        "import pandas, time; start = time.process_time(); import nbops.checks.vocabulary, nbops.checks.suite; "
        "print(time.process_time() - start)"
    )

    def run() -> float:
        return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)

    return Bar("import of the checks, beside pandas", side_by_side({"nbops": run}, 7)["nbops"] * 1000, 60, "ms")


def _memory(rows: int) -> Bar | None:
    """Return the peak memory of a process that judges a Parquet file of *rows* rows, larger than what is read whole."""
    if not (find_spec("polars") or find_spec("duckdb")) or not find_spec("pyarrow"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        write_parquet(path, rows)
        code = (
            f"import resource; from nbops.frames.files import open_file; from nbops.checks.suite import judge_table; "
            f"from tests.bench.bench_checks import ours, plan; "
            f"found = judge_table(open_file({str(path)!r}, big=1), ours(plan(100))); "
            f"assert all(str(one.status) == 'passed' for one in found), found; "
            f"print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
        )
        told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    return Bar(f"memory of 100 checks of {rows:,} rows in Parquet", float(told), 1024, "MiB")


def write_parquet(path: Path, rows: int, piece: int = 500_000) -> None:
    """Write a table of orders whose keys go on from piece to piece."""
    import pyarrow
    import pyarrow.parquet

    writer = None
    for start in range(0, rows, piece):
        frame = orders(min(piece, rows - start), seed=start)
        frame["order_id"] += start
        frame["ref"] = [f"ORD-{number:010d}" for number in frame["order_id"]]
        table = pyarrow.Table.from_pandas(frame, preserve_index=False)
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def measure(sizes: tuple[tuple[int, int], ...] = SIZES, rounds: int = 5, big: int = 10_000_000) -> list[Bar]:
    """Measure every size, against those peers that are installed."""
    warnings.filterwarnings("ignore")
    bars = [bar for rows, count in sizes for bar in _orders(rows, count, rounds)]
    bars += _growth(1_000_000, rounds)
    bars += _realistic(100_000, rounds)
    bars += [_small(), _import_cost()]
    memory = _memory(big) if big else None
    return [*bars, memory] if memory else bars


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", nargs=2, type=int, action="append", metavar=("ROWS", "CHECKS"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--big", type=int, default=10_000_000, help="rows of the Parquet file; 0: none")
    asked = parser.parse_args()
    for bar in measure(tuple(map(tuple, asked.size or SIZES)), asked.rounds, asked.big):
        print(f"{bar.what}: {bar.value:.3f} {bar.unit} (at most {bar.limit:.3f}) {bar.detail}", flush=True)
