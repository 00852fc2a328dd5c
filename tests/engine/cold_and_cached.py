"""Running small pipelines of plain cells and steps in this process: cold, or with results of earlier runs."""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nbops.engine.cell.variables import Variables
from nbops.engine.kernel.identity import Identity
from nbops.engine.kernel.session import Foreseen, Session
from nbops.engine.reuse.checkpoint import Checkpoints
from nbops.notebook.dataflow import Scope, analyse
from nbops.pipeline.step import StepOptions
from nbops.records import Status, StepFinished
from nbops.settings import load_settings
from nbops.store.project import Project

Cell = tuple[str, str]
"""The name of a step (empty: a plain cell) and its code."""


class Ran:
    """What one run came to.

    Args:
        namespace: The variables at its end.
        restored: The steps that were restored.
        records: The records of all steps.
        problem: What ended it early.
    """

    def __init__(
        self, namespace: dict[str, Any], restored: list[str], records: list[StepFinished], problem: str
    ) -> None:
        self.namespace = namespace
        self.restored = restored
        self.records = records
        self.problem = problem

    @property
    def variables(self) -> str:
        """All variables as text: equal for two runs when no code could tell their variables apart."""
        return told({name: value for name, value in sorted(self.namespace.items()) if name[:1] != "_"})


_runs = iter(range(1, 1 << 60))


def run(project: Path, cells: Sequence[Cell], parameters: dict[str, object], *, cached: bool) -> Ran:
    """Run *cells* as a kernel would, in a namespace of their own."""
    module = types.ModuleType("__main__")
    namespace: dict[str, Any] = module.__dict__
    identity = Identity(str(project / "nb.ipynb"), "engine", "nbops", "batch")
    foreseen = Foreseen(cached=cached, given=parameters)
    session = Session(Project(project), load_settings(project), identity, f"{next(_runs):032x}", foreseen)
    with _as_main(module, project):
        ran = Ran(namespace, [], [], "")
        namespace.update(parameters)
        checkpoints, scope = Checkpoints(session, namespace), Scope()
        for number, (name, source) in enumerate(cells):
            try:
                _cell(checkpoints, scope, session, namespace, name, source, number, ran)
            except Exception as error:  # noqa: BLE001 - as a notebook does, it ends here
                ran.problem = f"cell {number}: {type(error).__name__}"
                break
        checkpoints._keeper.end()
    return ran


def _cell(
    checkpoints: Checkpoints, scope: Scope, session: Session, namespace: dict[str, Any], name: str, source: str,
    number: int, ran: Ran,
) -> None:  # fmt: skip
    flow = analyse(source, scope)
    code = compile(source, f"<cell {number}>", "exec")
    if not name:
        exec(code, namespace)
        checkpoints.plain(source, flow)
        return
    variables = Variables(namespace, (), flow)
    point = checkpoints.opened(StepOptions(name), 0, source, flow)
    assert point is not None
    if point.restored is None:
        exec(code, namespace)
    else:
        ran.restored.append(name)
    writes = variables.writes()
    record = StepFinished(
        time.time(), session.run, name, Status.PASSED, writes=writes, mutated=variables.mutated(writes)
    )
    record = point.on(record)
    ran.records.append(record)
    checkpoints.closed(point, record)


@contextlib.contextmanager
def _as_main(module: types.ModuleType, project: Path) -> Iterator[None]:
    """Let *module* be the main module, and modules in *project* be imported anew."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = module
    sys.path.insert(0, str(project))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.modules["__main__"] = before
        sys.path.remove(str(project))
        for name in [name for name, loaded in sys.modules.items() if _lies_in(loaded, project)]:
            del sys.modules[name]


def _lies_in(module: Any, project: Path) -> bool:
    return str(getattr(module, "__file__", None) or "").startswith(str(project))


def told(variables: dict[str, Any]) -> str:
    """Return all that code could find out about *variables*: types, values, and which of them are one object."""
    seen: dict[int, int] = {}
    alive: list[Any] = []
    return "\n".join(f"{name} = {_told(value, seen, alive)}" for name, value in variables.items())


def _told(value: Any, seen: dict[int, int], alive: list[Any]) -> str:
    kind = type(value).__name__
    if isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)):
        return f"{kind} {getattr(value, '__name__', '')}"
    if isinstance(value, (int, float, str, type(None))):
        return repr(value)
    if id(value) in seen:
        return f"<{seen[id(value)]}>"
    number = seen[id(value)] = len(seen)
    alive.append(value)
    if isinstance(value, dict):
        inner = ", ".join(f"{_told(k, seen, alive)}: {_told(v, seen, alive)}" for k, v in value.items())
    elif isinstance(value, (list, tuple)):
        inner = ", ".join(_told(item, seen, alive) for item in value)
    elif hasattr(value, "tolist") and hasattr(value, "base"):
        owners = [thing for thing in alive if hasattr(thing, "strides")]
        sharing = [index for index, other in enumerate(owners) if other is not value and _root(other) is _root(value)]
        inner = f"{value.tolist()} {value.dtype} shares memory with {sharing}"
    elif hasattr(value, "to_csv"):
        inner = value.to_csv()
    else:
        inner = _told(vars(value), seen, alive)
    return f"<{number}>{kind}({inner})"


def _root(array: Any) -> Any:
    while getattr(array, "base", None) is not None:
        array = array.base
    return array
