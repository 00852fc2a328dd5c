"""The order of the house: a module imports only what stands above it, and there are no circles of any kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent / "nbops"

# From the ground up. A module imports only its own folder and what stands above; imports inside functions count.
ORDER = [
    "nbops._version",
    "nbops.errors",
    "nbops.records",
    "nbops.settings",
    "nbops.registry",
    "nbops.stats",
    "nbops.frames",
    "nbops.checks",
    "nbops.rows",
    "nbops.synthesis",
    "nbops.rules",
    "nbops.pipeline",
    "nbops.notebook",
    "nbops.views",
    "nbops.store",
    "nbops.sources",
    "nbops.engine.kernel",
    "nbops.engine.reuse",
    "nbops.engine.cell",
    "nbops.engine.plans",
    "nbops.engine.causes",
    "nbops.engine.production",
    "nbops.engine.datasets",
    "nbops.engine.papermill_engine",
    "nbops.ops",
    "nbops.release",
    "nbops.integrations",
    "nbops.doors.front_end",
    "nbops.doors.displaying",
    "nbops.doors.profiling",
    "nbops.doors.charts",
    "nbops.doors.verbs",
    "nbops.doors.step_answers",
    "nbops.doors.rule_answers",
    "nbops.doors.lab",
    "nbops.doors.panel",
    "nbops.doors.failing",
    "nbops.doors.testdata",
    "nbops.doors.arrivals",
    "nbops.doors.tables",
    "nbops.doors.datasets",
    "nbops.doors.doctor",
    "nbops.doors.server",
    "nbops.doors.cli",
    "nbops.__main__",
    "nbops.doors.completing",
    "nbops.doors.steering",
    "nbops.doors.magics",
    "nbops.doors.preloading",
    "nbops.testing",
]
PACKAGE = "nbops"
LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
WHOLE_IN_ONE = {"nbops.records"}  # so that all that crosses a boundary, and how, is seen in one place
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}


def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name; a package by its folder's."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """Yield the modules of the package that *path* imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in known else str(node.module)


def place(module: str) -> int:
    """Return where *module* stands in the order; the longest name that fits decides."""
    fitting = [i for i, name in enumerate(ORDER) if module == name or module.startswith(f"{name}.")]
    return max(fitting, key=lambda i: len(ORDER[i]), default=-1)


def test_every_module_has_a_place_in_the_house() -> None:
    """A module that stands nowhere in the order needs a room, or the design is redrawn."""
    homeless = [m for m in modules() if place(m) < 0 and m != PACKAGE and not any(o.startswith(f"{m}.") for o in ORDER)]

    assert homeless == []


def test_imports_only_point_upwards() -> None:
    """A module imports only what stands above it in the house."""
    known = modules()
    wrong = [
        f"{name} imports {target}"
        for name, path in known.items()
        if name != PACKAGE
        for target in imports(path, known)
        if target != PACKAGE and place(target) > place(name) >= 0
    ]

    assert wrong == []


def test_nothing_inside_imports_the_public_names() -> None:
    """The package's front door is for users; inside, everything is imported from where it is made."""
    known = modules()
    wrong = [name for name, path in known.items() if name != PACKAGE and PACKAGE in imports(path, known)]

    assert wrong == []


def test_there_are_no_circles() -> None:
    """No module can reach itself by imports, those inside functions counted."""
    known = modules()
    graph = {name: set(imports(path, known)) - {name} for name, path in known.items()}

    assert [name for name in graph if name in reachable(graph, name)] == []


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the modules that *start* reaches by one import or more."""
    seen: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(graph.get(name, ()))
    return seen


def test_functions_fit_in_the_head() -> None:
    """No function is longer than a screen, its docstring aside."""
    long = [
        f"{name}.{node.name} ({length(node)} lines)"
        for name, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and length(node) > LONGEST_FUNCTION
    ]

    assert long == []


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines of a function without its docstring."""
    lines = (node.end_lineno or 0) - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def test_modules_are_read_in_one_sitting() -> None:
    """A module that grows long has begun to do two things."""
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in modules().items()}

    assert {name: n for name, n in lines.items() if n > LONGEST_MODULE and name not in WHOLE_IN_ONE} == {}


def test_no_test_asserts_the_clock() -> None:
    """Speed is measured side by side by ``make bench``: a test that looks at seconds fails on a busy machine."""
    tests = [path for path in ROOT.parent.glob("tests/**/*.py") if path.parent.name != "bench"]
    timed = [str(path) for path in tests if "perf" + "_counter" in path.read_text(encoding="utf-8")]

    assert timed == []


def test_no_module_is_named_for_being_a_drawer() -> None:
    """Utils, helpers and common are names for what has no name yet."""
    assert [name for name in modules() if BANNED_NAMES & set(name.split("."))] == []
