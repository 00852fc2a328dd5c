"""Test data: rows a second of a wide table, and beside the libraries that people know for names and addresses.

Faker and mimesis are no dependencies of a run; where one is not installed, it is not measured.
``python -m tests.bench synthesis`` measures, ``python -m tests.bench.bench_synthesis FILE…`` prints how like its model
the test data of tables in files is, column by column.
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

from nbops.frames.files import open_file
from nbops.frames.profile.table import Profile, profile
from nbops.synthesis.fidelity import fidelity
from nbops.synthesis.people import parts_of
from nbops.synthesis.table import Maker
from tests.bench.measuring import Bar, side_by_side

MIMESIS, FAKER = 1 / 10, 1 / 100  # the most that our time may be of theirs
SECONDS_A_MILLION = 1.0
LEAST_SHOWN = 30_000  # rows, so that chance shows little in what is compared


def wide(rows: int = 50_000) -> pd.DataFrame:
    """Return the model of the wide table: twelve columns of numbers, some correlated, and eight of categories."""
    random = np.random.default_rng(1)
    base = random.normal(size=rows)
    columns: dict[str, Any] = {}
    for at in range(4):
        columns[f"real_{at}"] = base * (at % 2) + random.normal(size=rows)
        columns[f"price_{at}"] = random.gamma(2, 20, rows).round(2)
        columns[f"count_{at}"] = random.poisson(5 + 40 * at, rows)
        columns[f"class_{at}"] = random.choice([f"class {n}" for n in range(4 + 10 * at)], rows)
        columns[f"code_{at}"] = pd.Categorical(random.choice([f"{chr(65 + n)}{n}" for n in range(3 + 5 * at)], rows))
    return pd.DataFrame(columns)


def people(rows: int = 2_000) -> pd.DataFrame:
    """Return the model of six columns of people."""
    random = np.random.default_rng(1)
    numbers = random.permutation(10 * rows)[:rows]
    return pd.DataFrame(
        {
            "name": [f"Ann{n % 50} Lee{n % 70}" for n in numbers],
            "email": [f"ann.lee{n}@shop.de" for n in numbers],
            "phone": [f"+49 30 {n:07}" for n in numbers],
            "city": random.choice(["Bonn", "Köln", "Kiel", "Ulm", "Jena", "Trier"], rows),
            "street": [f"{n % 90 + 1} Long Road {n % 11}" for n in numbers],
            "born": pd.Timestamp("1950-01-01") + pd.to_timedelta(random.integers(0, 20_000, rows), unit="D"),
        }
    ).rename(columns={"name": "full_name"})


def _making(found: Profile, rows: int) -> Callable[[], object]:
    return lambda: Maker(found, 1, parts_of(), rows).make(rows)


def _faker(rows: int) -> Callable[[], object]:
    from faker import Faker

    fake = Faker()
    makes = (fake.name, fake.email, fake.phone_number, fake.city, fake.street_address, fake.date_of_birth)
    return lambda: pd.DataFrame([[make() for make in makes] for _ in range(rows)])


def _mimesis(rows: int) -> Callable[[], object]:
    from mimesis import Address, Datetime, Person

    person, address, moment = Person(), Address(), Datetime()
    makes = (person.full_name, person.email, person.phone_number, address.city, address.address, moment.date)
    return lambda: pd.DataFrame([[make() for make in makes] for _ in range(rows)])


def _a_row(work: Callable[[], object], rows: int, clock: Callable[[], float]) -> Callable[[], float]:
    def run() -> float:
        start = clock()
        work()
        return (clock() - start) / rows

    return run


def measure(rows: int = 1_000_000, rounds: int = 5) -> list[Bar]:
    """Measure a million rows of twenty columns, and six columns of people beside others, all in CPU seconds."""
    warnings.filterwarnings("ignore")
    work = _making(profile(wide(), name="wide"), rows)
    work()
    taken = side_by_side(
        {"clock": _a_row(work, rows, time.perf_counter), "CPU": _a_row(work, rows, time.process_time)}, rounds
    )
    detail = f"{1 / taken['CPU'] / 1e6:.2f} M rows a CPU second; by the clock {1 / taken['clock'] / 1e6:.2f} M rows/s"
    bars = [Bar("test data: 1M rows of 20 columns, CPU", taken["CPU"] * 1e6, SECONDS_A_MILLION, "s", detail)]
    ours, theirs = rows // 5, rows // 500
    ways = {"nbops": _a_row(_making(profile(people(), name="people"), ours), ours, time.process_time)}
    if find_spec("mimesis"):
        ways["mimesis"] = _a_row(_mimesis(theirs), theirs, time.process_time)
    if find_spec("faker"):
        ways["Faker"] = _a_row(_faker(theirs), theirs, time.process_time)
    each = side_by_side(ways, rounds)
    for name, limit in (("mimesis", MIMESIS), ("Faker", FAKER)):
        if name in each:
            told = f"{each['nbops'] * 1e6:.2f} : {each[name] * 1e6:.1f} CPU µs a row, six columns"
            bars.append(Bar(f"test data of people over {name}", each["nbops"] / each[name], limit, "×", told))
    return bars


def show(path: str) -> None:
    """Print how like a table in a file its test data is."""
    table = open_file(path)
    table = table if isinstance(table, pd.DataFrame) else table.collect().to_pandas()
    start = time.process_time()
    rows = max(len(table), LEAST_SHOWN)
    made = Maker(profile(table, name="t"), 1, parts_of(), rows).make(rows)
    print(f"{path}: {len(table):,} rows, {time.process_time() - start:.2f} CPU s")
    print(f"  {'column':<28} {'D':>6} {'owed':>6} {'Δρ':>6} {'nulls':>13} {'leaks':>6}")
    for one in fidelity(made, table):
        far, apart = ("–" if value is None else f"{value:.3f}" for value in (one.distance, one.rank_distance))
        nulls = f"{one.nulls[0]:.3f} {one.nulls[1]:.3f}"
        owed = f"{one.owed:.3f}"
        print(f"  {one.column[:28]:<28} {far:>6} {owed:>6} {apart:>6} {nulls:>13} {one.leaks:>6}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    for file in options.files:
        show(file)
    for bar in [] if options.files else measure(options.rows):
        print(f"{bar.what}: {bar.value:.4f} {bar.unit} (≤ {bar.limit:.4f}) {bar.detail}")
