"""How often the dataflow is right: what it says of public notebooks against what happened when they ran.

    python -m tests.bench.dataflow_truth FOLDER [--python INTERPRETER] [--part tuning|held-out] [--misses]

FOLDER holds clones of the repositories that ``docs/decisions/003-dataflow-measured.md`` names, each as ``owner+name``.
INTERPRETER has the libraries that the notebooks use. What was found to be true is kept in ``--truths``, so that a
second measurement takes seconds.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nbops.notebook.dataflow import Scope, analyse, link
from nbops.notebook.marks import python_source

RULE = Path(__file__).parents[2] / "docs/decisions/003-dataflow-measured.md"
LIBRARIES = {
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "matplotlib",
    "seaborn",
    "statsmodels",
    "sympy",
    "networkx",
    "IPython",
}
ALLOWED = LIBRARIES | set(sys.stdlib_module_names) | {"mpl_toolkits", "pylab"}
NEEDS_MORE = re.compile(
    r"\bopen\(|\bread_\w+\(|load_dataset|fetch_\w+\(|urlopen|urlretrieve|requests|loadtxt|genfromtxt|imread|\binput\("
    r"|np\.load\(|interact|^\s*!|=\s*!|^\s*%run|^\s*%%(?!time|timeit|capture|prun)\w",
    re.MULTILINE,
)
MOST_OF_ONE, SHORTEST, LONGEST = 6, 8, 120
FEWEST_TRUE, MOST_RAISING, SECONDS = 5, 0.2, 120

Edge = tuple[int, int, str]


@dataclass(frozen=True)
class Candidate:
    """A notebook that the rule chose."""

    repo: str
    commit: str
    path: str
    sources: tuple[str, ...]

    @property
    def mark(self) -> str:
        """The hash that orders and divides the notebooks."""
        return hashlib.sha256(f"{self.repo}/{self.path}".encode()).hexdigest()

    @property
    def part(self) -> str:
        """``tuning`` or ``held-out``."""
        return "tuning" if int(self.mark, 16) & 1 else "held-out"


def git(folder: Path, *arguments: str) -> bytes:
    """Return what git says of a clone, with or without a work tree."""
    places = (folder / "repo" / ".git", folder / "repo", folder / ".git", folder)
    directory = next(place for place in places if (place / "HEAD").exists())
    return subprocess.run(["git", f"--git-dir={directory}", *arguments], capture_output=True, check=True).stdout


def chosen(folder: Path) -> Iterator[Candidate]:
    """Yield the notebooks that the rule chooses from the clones in *folder*."""
    for name in re.findall(r"`([\w.-]+/[\w.-]+)`", RULE.read_text(encoding="utf-8").split("2. **")[0]):
        clone = folder / name.replace("/", "+")
        if clone.is_dir():
            fitting = sorted(candidates(clone, name), key=lambda c: c.mark)
            yield from fitting[:MOST_OF_ONE]


def candidates(clone: Path, repo: str) -> Iterator[Candidate]:
    """Yield the notebooks of one repository that can run by themselves."""
    commit = git(clone, "rev-parse", "HEAD").decode().strip()
    seen: set[tuple[str, ...]] = set()
    for path in git(clone, "ls-tree", "-r", "-z", "--name-only", "HEAD").decode().split("\0"):
        if path.endswith(".ipynb") and ".ipynb_checkpoints" not in path:
            try:
                sources = sources_of(json.loads(git(clone, "show", f"HEAD:{path}")))
            except (ValueError, AttributeError, KeyError, TypeError, subprocess.CalledProcessError):
                continue  # no notebook of format 4, or a file that the snapshot does not hold
            if sources not in seen and can_run(sources):
                yield Candidate(repo, commit, path, sources)
            seen.add(sources)


def sources_of(notebook: dict) -> tuple[str, ...]:  # type: ignore[type-arg]
    """Return the code cells of a notebook in Python; none for another language or an old format."""
    kernel = notebook.get("metadata", {}).get("kernelspec", {})
    if kernel.get("language", "python") != "python" or kernel.get("name", "python3") == "python2":
        return ()
    cells = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    return tuple(s for c in cells if (s := "".join(c["source"])).strip())


def can_run(sources: tuple[str, ...]) -> bool:
    """Return whether the rule takes these cells to run by themselves."""
    if not SHORTEST <= len(sources) <= LONGEST or any(NEEDS_MORE.search(s) for s in sources):
        return False
    trees = [tree for s in sources if (tree := parsed(s)) is not None]
    if len(trees) < 0.9 * len(sources):
        return False
    imported = {name for tree in trees for name in imports(tree)}
    return imported <= ALLOWED


def parsed(source: str) -> ast.Module | None:
    """Return the tree of a cell, or None when it is no Python."""
    try:
        return ast.parse(python_source(source))
    except (SyntaxError, ValueError):
        return None


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield the top modules that a cell imports; an empty name for one of its own package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "" if node.level else (node.module or "").split(".")[0]


def truth(candidate: Candidate, truths: Path, python: str) -> dict | None:  # type: ignore[type-arg]
    """Return what is true of a notebook, from the run or from a run before; None when it did not end."""
    kept = truths / f"{candidate.mark}.json"
    if not kept.exists():
        with tempfile.TemporaryDirectory() as folder:
            given, wanted = Path(folder, "notebook.json"), Path(folder, "truth.json")
            given.write_text(json.dumps(candidate.sources), encoding="utf-8")
            command = [python, str(Path(__file__).with_name("dataflow_runner.py")), str(given), str(wanted)]
            environment = {"MPLBACKEND": "Agg", "PATH": "/usr/bin:/bin", "HOME": folder, "OMP_NUM_THREADS": "1"}
            try:
                subprocess.run(command, cwd=folder, env=environment, timeout=SECONDS, capture_output=True, check=True)
                text = wanted.read_text(encoding="utf-8")
            except (subprocess.SubprocessError, OSError):
                text = "null"
        kept.write_text(text, encoding="utf-8")
    return json.loads(kept.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def predicted(sources: Iterable[str]) -> set[Edge]:
    """Return the dependencies that the dataflow reads from the code."""
    scope = Scope()
    found = {(one.source, one.target, one.name) for one in link([analyse(source, scope) for source in sources])}
    return {edge for edge in found if not edge[2].startswith("_")}  # which are IPython's own, and not in the truth


@dataclass(frozen=True)
class Counted:
    """One notebook with its true and its predicted dependencies."""

    notebook: Candidate
    true: set[Edge]
    said: set[Edge]
    raised: int

    @property
    def right(self) -> int:
        """How many dependencies are both true and predicted."""
        return len(self.true & self.said)


def counted(notebook: Candidate, found: dict) -> Counted | None:  # type: ignore[type-arg]
    """Compare the truth with the prediction; None for a notebook that the rule does not count."""
    raised = set(found["errors"])
    sound = {(a, b, name) for a, b, name in found["edges"] if not {a, b} & raised}
    if len(raised) > MOST_RAISING * len(notebook.sources) or len(sound) < FEWEST_TRUE:
        return None
    said = {edge for edge in predicted(notebook.sources) if not {edge[0], edge[1]} & raised}
    return Counted(notebook, sound, said, len(raised))


def told(part: list[Counted]) -> str:
    """Return precision and recall over all notebooks of a part."""
    right, true, said = (
        sum(values) for values in zip(*((c.right, len(c.true), len(c.said)) for c in part), strict=True)
    )
    repos = len({c.notebook.repo for c in part})
    return (
        f"{len(part)} notebooks of {repos} repositories, {true:,} true dependencies: "
        f"precision {right / said:.1%}, recall {right / true:.1%}"
    )


def misses(one: Counted) -> Iterator[str]:
    """Yield each wrong dependency with the code of its two cells."""
    for kind, edges in (("false", one.said - one.true), ("missed", one.true - one.said)):
        for source, target, name in sorted(edges):
            yield f"\n=== {kind} {name}: {source} > {target} of {one.notebook.repo} {one.notebook.path}"
            yield from (f"--- {index}\n{one.notebook.sources[index][:1500]}" for index in (source, target))


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description="measure the dataflow on public notebooks")
    reader.add_argument("folder", type=Path)
    reader.add_argument("--python", default=sys.executable)
    reader.add_argument("--truths", type=Path, default=Path(tempfile.gettempdir()) / "nbops-dataflow-truths")
    reader.add_argument("--part", choices=["tuning", "held-out"], action="append")
    reader.add_argument("--misses", action="store_true")
    said = reader.parse_args()
    said.truths.mkdir(parents=True, exist_ok=True)
    notebooks = [c for c in chosen(said.folder) if c.part in (said.part or ["tuning", "held-out"])]
    with ThreadPoolExecutor(2) as pool:
        truths = list(pool.map(lambda c: truth(c, said.truths, said.python), notebooks))
    results = [c for n, t in zip(notebooks, truths, strict=True) if t is not None and (c := counted(n, t))]
    for part in ("tuning", "held-out"):
        of_part = sorted(
            (c for c in results if c.notebook.part == part), key=lambda c: (c.notebook.repo, c.notebook.path)
        )
        if of_part:
            print_part(part, of_part, with_misses=said.misses)
    ended = Counter("ended" if t else "did not end" for t in truths)
    print(f"\n{len(notebooks)} chosen, {ended['ended']} ended, {len(results)} counted")


def print_part(part: str, results: list[Counted], *, with_misses: bool) -> None:
    """Print the notebooks of a part as a table, and what was wrong if it is asked for."""
    print(f"\n## {part}: {told(results)}\n\n| repository | commit | notebook | cells | raised | true | said | right |")
    print("|---|---|---|--:|--:|--:|--:|--:|")
    for c in results:
        n = c.notebook
        sizes = f"{len(n.sources)} | {c.raised} | {len(c.true)} | {len(c.said)} | {c.right}"
        print(f"| {n.repo} | `{n.commit[:10]}` | {n.path} | {sizes} |")
    if with_misses:
        print("\n".join(line for c in results for line in misses(c)))


if __name__ == "__main__":
    main()
