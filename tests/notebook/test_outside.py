"""What code reads from outside, as far as it says so."""

from __future__ import annotations

import ast
import os
import random
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from nbops.notebook.outside import Definition, Outside, outside_reads


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file that is there."""
    path = tmp_path / "a.csv"
    path.touch()
    return path


def found(code: str, namespace: dict[str, Any] | None = None) -> Outside:
    """Return what *code* reads; its first functions are those of the notebook."""
    return outside_reads(ast.parse(code), namespace or {})


@pytest.mark.parametrize(
    "code",
    ["pd.read_csv(PATH)", "open(path)", "pd.read_csv(folder / 'a.csv')", "path.read_text()", "open(f'{folder}/a.csv')",
     "pl.scan_csv(source=PATH)", "Path(PATH).read_bytes()", "if x:\n    y = [pd.read_parquet(PATH) for _ in z]",
     "import os\nopen(os.path.join(folder, 'a.csv'))", "open(str(folder) + '/' + 'a' + '.csv')",
     "name = 'a'\nopen(f'{folder}/{name}.csv')", "for name in ['a.csv']:\n    pd.read_csv(folder / name)",
     "pd.concat([pd.read_csv(folder / n) for n in names])", "open('{}/a.csv'.format(folder))",
     "open('%s/a.csv' % folder)", "open(paths['a'])", "open(config.path)", "with open(path) as f:\n    pd.read_csv(f)",
     "def load(name, folder):\n    return open(folder / name)\nload('a.csv', folder=path.parent)",
     "def load(name='a.csv'):\n    return open(folder / name)\nload()", "np.load(PATH)",
     "duckdb.sql(f\"from '{path}'\")",
     "duckdb.sql(f\"select * from read_csv('{path}')\")", "import gzip\ngzip.open(PATH)",
     "path.open()", "Path(PATH).with_suffix('.csv').open('rb')", "x = path\nx = x.parent / 'a.csv'\nopen(x)"],
)  # fmt: skip
def test_a_file_is_found_however_its_path_is_made(code: str, file: Path) -> None:
    """Of texts, paths, variables, loops, and parameters of functions."""

    class Config:
        """Holds a path."""

        path = file

    namespace = {"path": file, "folder": file.parent, "names": ["a.csv"], "paths": {"a": str(file)}, "pl": pl, "np": np}
    import duckdb

    namespace |= {"config": Config(), "duckdb": duckdb}
    seen = found(code.replace("PATH", repr(str(file))), namespace)

    assert (list(seen.files), list(seen.changing)) == ([str(file)], [])


@pytest.mark.parametrize(
    "code",
    ["pl.scan_parquet('data/*.parquet')", "glob.glob('data/*.parquet')", "list(Path('data').glob('*.parquet'))",
     "[pd.read_parquet(p) for p in sorted(Path('data').glob('*.parquet'))]",
     "for p in glob.glob(f'{folder}/*.parquet'):\n    t = pd.read_parquet(p)"],
)  # fmt: skip
def test_a_pattern_stands_for_all_its_files(code: str) -> None:
    """However it is looped over."""
    seen = found(code, {"pl": pl, "folder": "data"})

    assert (list(seen.patterns), list(seen.changing)) == (["data/*.parquet"], [])


NAMES = {
    "pl": pl,
    "pd": pd,
    "np": np,
    "random": random,
    "datetime": datetime,
    "time": time,
    "os": os,
    "clock": time.time,
}


@pytest.mark.parametrize(
    "code",
    ["pd.read_sql('select 1', c)", "datetime.now()", "requests.get(url)", "pl.read_csv(choose())", "pd.read_csv('http://x/a')",
     "os.getenv('DAY')", "np.random.default_rng()", "time.time()", "clock()", "os.environ['DAY']",
     "from time import time as t\nt()", "import os as o\no.environ.get('X')", "con.execute('select 1').fetchone",
     "def load(path):\n    return pl.read_csv(path)\nlist(map(load, paths))",
     "pd.Timestamp('now')", "np.load(a + unknown)",
     "import duckdb\nduckdb.sql('select * from shop.orders')", "import subprocess\nsubprocess.run(['date'])",
     "p = 'a'\nwhile more():\n    p = p + 'b'\npl.read_csv(p)", "import random\nrandom.Random()", "uuid.uuid4()"],
)  # fmt: skip
def test_what_may_be_another_thing_every_time_is_named(code: str) -> None:
    """The clock, the network, databases, the environment, and files whose path only the running code knows."""
    seen = found(code, NAMES)

    assert (list(seen.files), len(seen.changing)) == ([], 1)


@pytest.mark.parametrize(
    "code",
    ["np.random.default_rng(1)", "random.Random(seed)", "time.localtime(0)", "table.dt.time", "frame.sample(5)",
     "open('x.txt', 'w').write('a')", "time = 3\ntime", "import io\npd.read_csv(io.StringIO('a'))",
     "def load():\n    return open('missing')\nx = 1", "frame.sql", "frame.get('a')"],
)  # fmt: skip
def test_what_is_always_the_same_is_not_named(code: str) -> None:
    """A seeded generator, a moment that is given, a text, a function that is only defined."""
    seen = found(code, {**NAMES, "frame": pd.DataFrame()})

    assert (list(seen.files), list(seen.changing)) == ([], [])


def test_a_name_that_the_code_binds_is_not_the_variable_of_before() -> None:
    """Neither an assignment nor a parameter means what the notebook's variable of that name holds."""
    seen = found("path = 'new'\nopen(path)\ndef f(path):\n    open(path)\nf(other)", {"path": "old"})

    assert (list(seen.files), list(seen.later)) == (["new"], ["open"])


def test_functions_of_the_notebook_are_followed_with_their_arguments(file: Path) -> None:
    """Into what they call in turn."""
    source = "def inner(p):\n    return open(p)\ndef outer(name):\n    return inner(folder / name)"
    functions: dict[str, Definition] = {d.name: d for d in ast.parse(source).body if isinstance(d, ast.FunctionDef)}
    seen = outside_reads(ast.parse("outer('a.csv')"), {"folder": file.parent}, functions)

    assert (list(seen.files), seen.followed) == ([str(file)], {"inner", "outer"})


def test_queries_name_variables_and_files() -> None:
    """What stands behind FROM and JOIN, without the query's own names."""
    import duckdb

    text = "with own as (select 1) select * from orders join own using (a) join 'rates.csv' using (day)"
    seen = found(f"duckdb.sql({text!r})", {"duckdb": duckdb, "orders": 1})

    assert (list(seen.variables), list(seen.files), list(seen.changing)) == (["orders"], ["rates.csv"], [])


def test_code_that_may_read_any_variable_is_named() -> None:
    """Nobody can tell what it depends on."""
    assert list(found("x = eval(text)\ny = globals()['a']").unknowable) == ["eval", "globals"]


def test_a_path_is_never_made_by_running_code() -> None:
    """Only texts, variables and their sums are looked at."""

    class Loud:
        """Must not be asked for anything."""

        @property
        def y(self) -> str:
            """Say that it was."""
            raise AssertionError("it ran")

    seen = found("open(boom(1))\nopen([0][0])\nopen(x.y)", {"x": Loud(), "boom": lambda n: 1 / 0})

    assert list(seen.later) == ["open"]
