"""Where sources are defined: in ``pyproject.toml [tool.nbops.sources]``, and by calls of ``source(…)`` in notebooks.

    [tool.nbops.sources.flights_feed]
    url = "/feeds/flights_{day:%Y-%m-%d}.csv"
    by = "06:30 Europe/Berlin on weekdays"

A call in a notebook is read, not run: what it says must stand there as text.
"""

from __future__ import annotations

import ast
import dataclasses
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nbops.errors import UsageError, did_you_mean
from nbops.settings import duration
from nbops.sources import database, dataset, files, web
from nbops.sources.model import SOURCES, Definition, Source
from nbops.sources.slots import declared_expectation
from nbops.sources.urls import kind_of, password_in, shown_url

__all__ = [
    "add",
    "check_definition",
    "find_definition",
    "kind",
    "project_definitions",
    "remove",
    "written_definitions",
]

BUILT_IN = (database.DatabaseSource, dataset.DatasetSource, files.FileSource, files.RemoteFileSource, web.WebSource)
_FIELDS = {f.name: f for f in dataclasses.fields(Definition) if f.name not in ("name", "declared_in")}
_LISTS = ("parts", "holidays")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")


def project_definitions(root: Path) -> dict[str, Definition]:
    """Return the sources of the project at *root* by name, in the order of the file.

    Raises:
        UsageError: ``pyproject.toml`` cannot be read, or what it says of a source means nothing.
    """
    file = root / "pyproject.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("nbops", {}).get("sources", {})
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"pyproject.toml cannot be read: {error}", where=str(file), fix=f"open {file}") from error
    if not isinstance(table, dict):
        raise UsageError("sources is no table", where=f"{file} [tool.nbops]", fix="[tool.nbops.sources.NAME]")
    return {name: _of_table(name, fields, file) for name, fields in table.items()}


def find_definition(known: Mapping[str, Definition], name: str, where: str = "") -> Definition:
    """Return the source *name* among those that are *known*.

    Raises:
        UsageError: There is none of that name.
    """
    if name in known:
        return known[name]
    near = did_you_mean(name, known) if known else "nbops sources add NAME URL"
    raise UsageError(f"no source {name!r}", where=where or "[tool.nbops.sources]", fix=near)


def kind(definition: Definition) -> Source:
    """Return what looks at a source of this kind.

    Raises:
        UsageError: There is no such kind.
    """
    return SOURCES.get(definition.kind or kind_of(definition.url), where=f"source {definition.name!r}")()


def check_definition(definition: Definition) -> Definition:
    """Return *definition*, which means something.

    Raises:
        UsageError: It does not.
    """
    where = f"source {definition.name!r}"
    if not _NAME.fullmatch(definition.name):
        raise UsageError(f"{definition.name!r} is no name of a source", where=shown_url(definition.url),
                         fix="letters, digits, _ - . only")  # fmt: skip
    if not definition.url.strip() or "\0" in definition.url:
        raise UsageError("the source has no URL", where=where, fix='url = "/feeds/flights_{day:%Y-%m-%d}.csv"')
    try:
        duration(definition.margin)
        declared_expectation(definition)
        kind(definition).check(definition)
    except UsageError as error:
        raise UsageError(error.what, where=error.where or where, fix=error.fix) from error
    return definition


def _of_table(name: str, fields: Any, file: Path) -> Definition:
    where = f"{file} [tool.nbops.sources.{name}]"
    if isinstance(fields, str):
        fields = {"url": fields}
    if not isinstance(fields, dict):
        raise UsageError("a source is a table, or a URL", where=where, fix=f'{name} = "/feeds/feed.csv"')
    return _definition(name, fields, where, str(file))


def _definition(name: str, fields: Mapping[str, Any], where: str, declared_in: str) -> Definition:
    if "url" not in fields:
        raise UsageError(f"source {name!r} has no url", where=where, fix='url = "/feeds/flights_{day:%Y-%m-%d}.csv"')
    for field, value in fields.items():
        if field not in _FIELDS:
            raise UsageError(f"a source has no {field!r}", where=where, fix=did_you_mean(field, _FIELDS))
        if not _fits(field, value):
            wanted = "a list of texts" if field in _LISTS else "text"
            raise UsageError(f"{field} must be {wanted}", where=where, fix=f"{field} = {_example(field)}")
    typed = {field: tuple(map(str, value)) if field in _LISTS else str(value) for field, value in fields.items()}
    return check_definition(Definition(name, declared_in=declared_in, **typed))  # type: ignore[arg-type]


def _fits(field: str, value: object) -> bool:
    if field not in _LISTS:
        return isinstance(value, str)
    return isinstance(value, (list, tuple)) and all(hasattr(one, "isoformat") or isinstance(one, str) for one in value)


def _example(field: str) -> str:
    return {"parts": '["east", "west"]', "holidays": '["2026-12-25"]'}.get(field, '"…"')


# ── calls in notebooks ───────────────────────────────────────────────────────────────────────────────────────────────


def written_definitions(sources: Iterable[str], where: str) -> dict[str, Definition]:
    """Return the sources that the code of cells defines by ``source("NAME", "URL", …)``, by name.

    Args:
        sources: The code of each cell.
        where: The notebook, for errors.

    Raises:
        UsageError: What a call says means nothing.

    Example:
        >>> found = written_definitions(['nbops.source("feed", "/in/feed.csv", by="06:30")'], "a.ipynb")
        >>> found["feed"].by
        '06:30'
    """
    found: dict[str, Definition] = {}
    for code in sources:
        if "source(" not in code:
            continue
        for call in _calls(code):
            names = ("name", "url")
            fields = {name: _literal(value) for name, value in zip(names, call.args, strict=False)}
            fields |= {keyword.arg: _literal(keyword.value) for keyword in call.keywords if keyword.arg}
            name = fields.pop("name", None)
            if isinstance(name, str) and isinstance(fields.get("url"), str):
                found[name] = _definition(name, fields, f"{where}, source({name!r})", where)
    return found


def _calls(code: str) -> list[ast.Call]:
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in code.splitlines()]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError):
        return []  # whoever runs the cell will be told
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_source(node.func)]


def _is_source(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr == "source" and isinstance(function.value, ast.Name) and function.value.id == "nbops"
    return isinstance(function, ast.Name) and function.id == "source"


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError):
        return None


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(root: Path, definition: Definition) -> Path:
    """Write a source into ``pyproject.toml``, and return that file; what stands there already is not touched.

    Raises:
        UsageError: A secret stands in its URL, there is a source of that name, or the file cannot be written.
    """
    check_definition(definition)
    where = shown_url(definition.url)
    if password_in(definition.url):
        raise UsageError("a secret in the URL would stand in pyproject.toml for everybody", where=where,
                         fix="write ${FEED_PASSWORD} in its place, and set that variable")  # fmt: skip
    known = project_definitions(root)
    file = root / "pyproject.toml"
    if definition.name in known:
        raise UsageError(f"there is a source {definition.name!r} already", where=str(file),
                         fix=f"nbops sources remove {definition.name}, or edit {file}")  # fmt: skip
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    _write(file, before + ("\n" if before and not before.endswith("\n") else "") + _table(definition, bool(before)))
    return file


def remove(root: Path, name: str) -> Path:
    """Take a source out of ``pyproject.toml``, and return that file.

    Raises:
        UsageError: There is none of that name, or it is not written as a table of its own.
    """
    file = root / "pyproject.toml"
    find_definition(project_definitions(root), name, str(file))
    text = file.read_text(encoding="utf-8")
    head = re.escape(f"[tool.nbops.sources.{_key(name)}]")
    left = re.sub(rf"(?m)^{head}[ \t]*(?:#.*)?\n(?:(?!\[).*\n?)*", "", text, count=1)
    if left == text or name in _names(left):
        raise UsageError(f"source {name!r} is not written as a table of its own", where=str(file), fix=f"edit {file}")
    _write(file, left.rstrip("\n") + "\n" if left.strip() else "")
    return file


def _names(text: str) -> Iterable[str]:
    found = tomllib.loads(text).get("tool", {}).get("nbops", {}).get("sources", {})
    return list(found)


def _table(definition: Definition, needs_blank: bool) -> str:
    lines = [f"[tool.nbops.sources.{_key(definition.name)}]"]
    for name, field in _FIELDS.items():
        value = getattr(definition, name)
        if value and value != field.default:
            shown = [str(one) for one in value] if name in _LISTS else value
            lines.append(f"{name} = {json.dumps(shown, ensure_ascii=False)}")
    return ("\n" if needs_blank else "") + "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else json.dumps(name)


def _write(file: Path, text: str) -> None:
    """Write *text* whole, and only if it can be read again."""
    try:
        tomllib.loads(text)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, delete=False) as made:
            made.write(text)
        if file.exists():
            Path(made.name).chmod(file.stat().st_mode)
        else:
            Path(made.name).chmod(0o644)
        os.replace(made.name, os.path.realpath(file))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"pyproject.toml cannot be written: {error}", where=str(file), fix=f"open {file}") from error
