"""Recovering: a checkpoint over a plain write, a restored value over a plain read, a resumed run over a whole one.

The plain sides are the codec's own library at its fastest: a pandas frame through Arrow IPC without compression,
written with the library's own file and read from a mapped one.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.measuring import BIN, Bar, process_seconds, write_notebook

EXAMPLE = Path(__file__).parent.parent.parent / "example_notebooks" / "flights_daily.ipynb"
STEPS, SECONDS = 10, 3
MANY = 10_000
FUNCTIONS = 20


def frame(rows: int = 1_000_000) -> Any:
    """Return a frame of twenty columns: numbers, times, truths and texts, some of them missing."""
    import numpy
    import pandas

    chance = numpy.random.default_rng(0)
    made: dict[str, Any] = {f"id{n}": chance.integers(0, rows, rows) for n in range(4)}
    made |= {f"price{n}": numpy.where(chance.random(rows) < 0.05 * n, numpy.nan, chance.random(rows)) for n in range(5)}
    made |= {f"day{n}": pandas.Timestamp("2025-01-01") + pandas.to_timedelta(chance.integers(0, 365, rows), unit="D")
             for n in range(2)}  # fmt: skip
    made |= {f"flag{n}": chance.random(rows) < 0.1 for n in range(2)}
    words = numpy.array(["delivered", "web", "phone", "DE", "user@example.com", "no invoice #17", "ORD-0000000001-EU"])
    made |= {f"text{n}": pandas.Series(words[chance.integers(0, len(words), rows)], dtype="str") for n in range(7)}
    return pandas.DataFrame(made)


@dataclass
class Checkpointing:
    """The same frame kept by us and written plainly, turn by turn.

    Args:
        folder: Where.
        table: The frame.
    """

    folder: Path
    table: Any
    seconds: dict[str, list[float]] = field(default_factory=dict)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def plain_write(self) -> None:
        """Write the frame as its codec's own library does."""
        import pyarrow

        table = pyarrow.Table.from_pandas(self.table)
        with (
            pyarrow.OSFile(str(self.folder / "plain.arrow"), "wb") as file,
            pyarrow.ipc.new_file(file, table.schema) as out,
        ):
            out.write_table(table)

    def plain_read(self) -> Any:
        """Read it as its codec's own library does, from a mapped file."""
        import pyarrow

        with pyarrow.memory_map(str(self.folder / "plain.arrow")) as file:
            return pyarrow.ipc.open_file(file).read_all().to_pandas()

    def keep(self) -> None:
        """Keep it as a step that left it, until it is on the disk; what the step waits for is counted by itself."""
        from nbops.engine.reuse.keeping import Keeper
        from nbops.records import Status, StepFinished
        from nbops.store.artifacts import Artifacts
        from nbops.store.project import Project

        shutil.rmtree(self.folder / ".nbops", ignore_errors=True)
        keeper = Keeper(Artifacts(Project(self.folder)), 10**10)
        start = time.perf_counter()
        keeper.keep(StepFinished(1.0, "run", "step", Status.PASSED, key="key"), ["table"], {"table": self.table}, {})
        self.seconds.setdefault("step", []).append(time.perf_counter() - start)
        keeper.end()

    def restore(self) -> Any:
        """Read what was kept, verified."""
        from nbops.store.artifacts import Artifacts
        from nbops.store.project import Project

        artifacts = Artifacts(Project(self.folder))
        found = artifacts.find("key", "run")
        assert found is not None
        return artifacts.get_all(found.values, {})[0][1]

    def measure(self, rounds: int) -> None:
        """Let all four take turns."""
        for turn in range(rounds + 1):
            for work in (self.plain_write, self.keep, self.plain_read, self.restore):
                start, cpu = time.perf_counter(), time.process_time()
                made = work()
                if turn:  # the first is not counted
                    self.seconds.setdefault(work.__name__, []).append(time.perf_counter() - start)
                    self.cpu.setdefault(work.__name__, []).append(time.process_time() - cpu)
                del made
        assert self.restore().equals(self.table)

    def bar(self, what: str, ours: str, plain: str, limit: float, of: dict[str, list[float]]) -> Bar:
        """Return the ratio of the medians of one side and the other."""
        mine, theirs = statistics.median(of[ours]), statistics.median(of[plain])
        kind = "CPU" if of is self.cpu else "wall"
        detail = f"{mine * 1e3:.1f} ms : {theirs * 1e3:.1f} ms, {kind}, n={len(of[plain])}"
        return Bar(what, mine / theirs, limit, "×", detail)


def checkpoint_cost(rounds: int = 15) -> list[Bar]:
    """Measure a frame of a million rows and twenty columns, kept and restored."""
    with tempfile.TemporaryDirectory() as folder:
        both = Checkpointing(Path(folder), frame())
        both.measure(rounds)
    return [
        both.bar("what a step waits for its checkpoint, over a plain write", "step", "plain_write", 1.3, both.seconds),
        both.bar("a checkpoint until it is on the disk, over a plain write", "keep", "plain_write", 2.5, both.cpu),
        both.bar("the same, waited for", "keep", "plain_write", 2.5, both.seconds),
        both.bar("a value restored and verified, over a plain read", "restore", "plain_read", 1.3, both.cpu),
    ]


def lookup_cost(rounds: int = 50) -> Bar:
    """Measure finding what a step left among ten thousand, of one step and of as many."""
    from nbops.store.artifacts import Artifacts, KeptStep
    from nbops.store.project import Project

    with tempfile.TemporaryDirectory() as folder:
        artifacts = Artifacts(Project(Path(folder)))
        artifacts.note(KeptStep("key", "first", "first"))
        written = (artifacts.project.artifacts / "steps/key/first.json").read_bytes()
        for number in range(MANY):
            path = artifacts.project.artifacts / "steps" / ("key" if number % 2 else f"key{number}") / f"{number}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(written)

        def look() -> None:
            assert artifacts.find("key", f"{MANY - 1}") is not None
            assert next(artifacts.all_of("key")).run == "first"
            assert next(artifacts.all_of("unknown"), None) is None

        taken = []
        for _ in range(rounds):
            start = time.perf_counter()
            look()
            taken.append((time.perf_counter() - start) / 3)
    return Bar("finding a key among 10,000 kept results", statistics.median(taken) * 1e3, 2, "ms", f"n={rounds}")


def chain_of_functions(last: str) -> list[str]:
    """Return the plain cells of twenty functions of a dozen lines, each of which calls the next one."""
    body = """
    found = []
    for name in table.columns:
        column = table[name]
        if column.isna().any():
            column = column.fillna(column.median() if name == "a" else 0)
        found.append(column * {k} + len(name))
    total = sum(len(one) for one in found)
    text = f"{{total}} of {{name}}" if total > {k} else ""
    result = pd.concat(found, axis=1) if found else table
    return {ends}
"""
    ends = [f"f{k + 1}(result)" for k in range(FUNCTIONS - 1)] + [last]
    return ["import pandas as pd", *(f"def f{k}(table):{body.format(k=k, ends=end)}" for k, end in enumerate(ends))]


def keying(last: str, steps: int = 40) -> list[float]:
    """Return the CPU milliseconds that the key of each step takes, of steps that call the chain of functions."""
    from nbops.engine.reuse.keys import Keys
    from nbops.notebook.dataflow import Scope, analyse

    namespace: dict[str, Any] = {"__name__": "__main__", "t": None}
    keys, scope, taken = Keys(namespace, Path("/nowhere")), Scope(), []
    for cell in chain_of_functions(last):
        exec(cell, namespace)
        keys.plain(cell, analyse(cell, scope))
    for number in range(steps):
        code = f"t{number} = f0(t{number - 1 if number else ''})"
        flow = analyse(code, scope)
        start = time.process_time()
        key = keys.key(code, flow)
        taken.append((time.process_time() - start) * 1e3)
        assert sum(name.startswith("f") for name in key.parts) == FUNCTIONS, key.parts
        namespace[f"t{number}"] = [number]
        keys.made([f"t{number}"], key.value, "run")
    return taken


def keying_cost() -> Iterator[Bar]:
    """Measure keying a step that uses twenty functions: that only compute, and at whose end a file is read."""
    for last, which in (("result", "that compute"), ("pd.read_csv(result)", "the last of which reads a file")):
        taken = keying(last)
        told = f"CPU, n={len(taken) - 1}; the first, for which all of them are read, {taken[0]:.1f} ms"
        yield Bar(f"keying a step that uses 20 functions, {which}", statistics.median(taken[1:]), 5, "ms", told)


def kernel_start() -> float:
    """Return the seconds until a kernel answers."""
    from jupyter_client.manager import start_new_kernel

    start = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3", stderr=subprocess.DEVNULL)
    client.execute_interactive("pass", store_history=False, timeout=60)
    seconds = time.perf_counter() - start
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return seconds


def cached_run(rounds: int = 3) -> Iterator[Bar]:
    """Measure the example notebook run for the first time, and again with its results."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        notebook = shutil.copy(EXAMPLE, folder)

        def first() -> float:
            shutil.rmtree(folder / ".nbops", ignore_errors=True)
            return process_seconds(BIN / "nbops", "run", notebook, cwd=folder)

        def again() -> float:
            seconds = process_seconds(BIN / "nbops", "run", notebook, "--cache", cwd=folder)
            assert restored_steps(folder) >= 6, "only the step that writes a file runs again"
            return seconds

        empty = write_notebook(folder / "empty.ipynb", ["%load_ext nbops", "import pandas", "%%step only\nx = 1"])

        def floor() -> float:
            return process_seconds(BIN / "nbops", "run", empty, cwd=folder)

        turns: dict[str, list[float]] = {}
        for _ in range(rounds):
            for work in (first, again, floor, kernel_start):
                turns.setdefault(work.__name__, []).append(work())
    medians = {kind: statistics.median(seconds) for kind, seconds in turns.items()}
    start, empty_run = medians["kernel_start"], medians["floor"]
    whole = medians["again"] / medians["first"]
    steps = max(0.0, medians["again"] - empty_run) / max(0.001, medians["first"] - empty_run)
    told = f"{medians['again']:.2f} s : {medians['first']:.2f} s, n={rounds}"
    yield Bar("the example run again with `--cache`, over its first run", whole, 0.35, "×", told)
    told = f"less {empty_run:.2f} s, an empty notebook that imports pandas"
    yield Bar("the same, both less what an empty run takes", steps, 0.35, "×", told)
    told = f"a kernel answers after {start:.2f} s"
    yield Bar("the example with `--cache`, less the start of a kernel", medians["again"] - start, 1.5, "s", told)


def restored_steps(folder: Path) -> int:
    """Return how many steps of the newest run were restored."""
    told = subprocess.run([str(BIN / "nbops"), "show", "last", "--json"], cwd=folder, capture_output=True, check=True)
    steps = json.loads(told.stdout)["steps"]
    return sum("↺" in json.dumps(step, ensure_ascii=False) for step in steps)


def resumed_run() -> Bar:
    """Measure going on with a run that failed in the last of ten steps of three seconds, over running it whole."""
    sources = [f"%%step s{n}\nimport time\ntime.sleep({SECONDS})\nx{n} = {n}" for n in range(STEPS - 1)]
    last = "%%step last\nfrom pathlib import Path\nassert Path('go').exists(), 'go is there'\ny = x1 + x2"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").touch()
        notebook = write_notebook(folder / "in.ipynb", ["%load_ext nbops", *sources, last])
        start = time.perf_counter()
        subprocess.run([str(BIN / "nbops"), "run", notebook.name], cwd=folder, check=False, capture_output=True)
        whole = time.perf_counter() - start
        (folder / "go").touch()
        resumed = process_seconds(BIN / "nbops", "resume", cwd=folder)
    what = "a run gone on with after its last of ten steps failed, over a whole run"
    return Bar(what, resumed / whole, 0.2, "×", f"{resumed:.2f} s : {whole:.2f} s, n=1")


def measure() -> list[Bar]:
    """Measure every bar of this page."""
    return [*checkpoint_cost(), lookup_cost(), *keying_cost(), *cached_run(), resumed_run()]
