"""From a notebook to its pipeline: steps, what they read and make, who depends on whom and why. Nothing is executed."""

from __future__ import annotations

import ast
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nbops.notebook.cells import Notebook, read_notebook
from nbops.notebook.dataflow import Link
from nbops.notebook.edges import check_order, edges_of, links_of
from nbops.notebook.judge import static_tests
from nbops.notebook.marks import python_source
from nbops.notebook.parameters import read_parameters
from nbops.notebook.parts import SETUP, Part, attach, follow, parts_of, plain_needs, steps_of
from nbops.notebook.reading import parse
from nbops.pipeline.step import Parameter, Pipeline, Step, StepOptions
from nbops.settings import find_root

__all__ = ["build", "read", "source_hash", "spelled"]


def read(path: str | os.PathLike[str], *, root: str | os.PathLike[str] | None = None) -> Pipeline:
    """Return the pipeline of the notebook at *path*.

    Args:
        path: A ``.ipynb``, or a ``.py`` in cells.
        root: The project's root, which the pipeline's name is relative to; None looks for it above the notebook.

    Raises:
        NotebookError: There is no notebook at *path*.
        PipelineError: Its steps make no pipeline.
        UsageError: A mark says what cannot be meant.
    """
    file = Path(path)
    return build(read_notebook(file), _name(file, Path(root) if root is not None else None))


def _name(file: Path, root: Path | None) -> str:
    absolute = Path(os.path.abspath(file))
    try:
        return absolute.relative_to(root or find_root(absolute.parent) or absolute.parent).with_suffix("").as_posix()
    except ValueError:  # outside the project: its whole path says where
        return absolute.with_suffix("").as_posix()


def build(notebook: Notebook, name: str = "") -> Pipeline:
    """Return the pipeline of *notebook*, called *name*.

    Raises:
        PipelineError: Its steps make no pipeline: a name used twice for different things, a test of no step, a circle.
        UsageError: A mark says what cannot be meant.
    """
    if notebook.language != "python":
        return Pipeline(name, notebook.path, problems=(f"its language is {notebook.language}, not python",))
    parts = parts_of(notebook)
    steps = steps_of(parts, notebook.path)
    follow(parts)
    links = links_of(parts, steps)
    attach(parts, links)
    edges = edges_of(parts, links, steps, notebook.path)
    check_order(edges, steps, notebook.path)
    return Pipeline(
        name=name,
        path=notebook.path,
        steps=tuple(_made(steps, parts, links)),
        edges=edges,
        parameters=_parameters(parts),
        setup_cells=tuple(p.cell.index for p in parts if p.step == SETUP),
        plain_cells=tuple(p.cell.index for p in parts if p.step is None),
        problems=tuple(_problems(parts, links, steps)),
        plain_needs=plain_needs(parts, links),
    )


def _made(steps: Mapping[str, StepOptions], parts: Sequence[Part], links: Iterable[Link]) -> Iterable[Step]:
    parts_of: dict[str, list[Part]] = {name: [] for name in steps}
    for part in parts:
        if part.step:
            parts_of[part.step].append(part)
    inputs_of: dict[str, dict[str, None]] = {name: {} for name in steps}
    for one in links:
        source, target = parts[one.source], parts[one.target]
        is_data = target.kind != "test" and one.name not in source.flow.imports
        if target.step and is_data and source.step not in (None, target.step):
            inputs_of[target.step][one.name] = None
    for name, options in steps.items():
        yield _step(options, parts_of[name], tuple(inputs_of[name]))


def _step(options: StepOptions, parts: Sequence[Part], inputs: tuple[str, ...]) -> Step:
    own = [p for p in parts if p.kind != "test"]
    tests = [p for p in parts if p.kind == "test"]
    return Step(
        name=options.name,
        cells=tuple(p.cell.index for p in own),
        options=options,
        test_cells=tuple(p.cell.index for p in tests),
        inputs=inputs if options.inputs is None else options.inputs,
        outputs=_outputs(options, own),
        source_hash=source_hash(p.cell.source for p in own),
        tests=_test_names([*own, *tests]),
    )


def _outputs(options: StepOptions, own: Iterable[Part]) -> tuple[str, ...]:
    if options.outputs is not None:
        return options.outputs
    found: dict[str, None] = {}
    for part in own:
        for name in (*part.flow.writes, *part.flow.mutates):
            if name not in part.flow.imports and not name.startswith("_"):
                found[name] = None
        for name in part.flow.deletes:
            found.pop(name, None)
    return tuple(found)


def _test_names(parts: Iterable[Part]) -> tuple[str, ...]:
    names: list[str] = []
    for part in parts:
        if "assert" in part.cell.source or "expect" in part.cell.source or part.kind == "test":
            names += static_tests(python_source(part.cell.source), collect=part.kind == "test")
    return tuple(names)


def source_hash(sources: Iterable[str]) -> str:
    r"""Return a hash of code that does not change with comments, blank lines, quotes or parentheses.

    Example:
        >>> source_hash(["%%step a\nx = (1)  # one"]) == source_hash(["x=1"])
        True
    """
    digest = hashlib.blake2b(digest_size=8)
    for source in sources:
        try:
            text = spelled(parse(source))
        except (SyntaxError, ValueError, RecursionError):  # no Python: as it stands then
            text = source.strip()
        digest.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def spelled(tree: ast.Module) -> str:
    """Return what *tree* says as a text without layout, the same under every Python; see :func:`source_hash`."""
    words: list[str] = []
    _spell(tree, words)
    return " ".join(words)


def _spell(node: ast.AST, words: list[str]) -> None:
    """Append what the tree under *node* says.

    Empty fields are left out: a later Python adds some, and the hash must be the same under all of them.
    """
    words.append(node.__class__.__name__)
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            if value:
                words.append(f"{name}[")
                for item in value:
                    _spell(item, words) if isinstance(item, ast.AST) else words.append(repr(item))
                words.append("]")
        elif isinstance(value, ast.AST):
            if name != "ctx":
                words.append(name)
                _spell(value, words)
        elif (value is not None or name == "value") and name != "kind":  # the kind is the u of u"text"
            words.append(f"{name}={value!r}")


def _parameters(parts: Iterable[Part]) -> tuple[Parameter, ...]:
    found = {p.name: p for part in parts if part.kind == "params" for p in read_parameters(part.cell.source)}
    return tuple(found.values())


def _problems(parts: Sequence[Part], links: Sequence[Link], steps: Mapping[str, StepOptions]) -> Iterable[str]:
    for part in parts:
        if part.flow.problem:
            yield f"cell {part.cell.index + 1} cannot be read: {part.flow.problem}"
    read = {(parts[one.target].step, one.name) for one in links}
    made = {(part.step, name) for part in parts if part.kind == "step" for name in part.flow.changes}
    for name, options in steps.items():
        for pinned in options.inputs or ():
            if (name, pinned) not in read:
                yield f"step {name!r} pins the input {pinned!r} (-i), which nothing before it makes"
        for pinned in options.outputs or ():
            if (name, pinned) not in made:
                yield f"step {name!r} pins the output {pinned!r} (-o), which its code does not make"
