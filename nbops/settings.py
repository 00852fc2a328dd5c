"""One place for every setting: defaults < ``pyproject.toml [tool.nbops]`` < environment variables < arguments.

=================  ==================  ====================================================================
``[tool.nbops]``   environment         meaning
=================  ==================  ====================================================================
``env``            ``NBOPS_ENV``       the environment that runs belong to: ``dev``, ``test`` or ``prod``
``hub``            ``NBOPS_HUB``       where the hub is: a URL, or a path of a SQLite file
``owner``          ``NBOPS_OWNER``     who answers for notebooks that name nobody else
``timeout``        ``NBOPS_TIMEOUT``   the longest that one run may take (``2h``); empty: no limit
``autosave``       ``NBOPS_AUTOSAVE``  the least time between two saves of the executed notebook (``5s``)
``examples``       ``NBOPS_EXAMPLES``  how many failing rows of a test are kept in its record
``masked``         ``NBOPS_MASKED``    columns whose values no record shows (``ssn, *mail*``)
``artifacts``      ``NBOPS_ARTIFACTS`` how much room what steps left may take (``10GB``); ``0`` keeps nothing
``artifact_store`` ``NBOPS_ARTIFACT_STORE``: where that is kept, when not in ``.nbops``: a folder or a URL of fsspec
``accept``         ``NBOPS_ACCEPT``    which deliveries enter their baseline: ``asked`` for, or all ``passed``
``findings``       ``NBOPS_FINDINGS``  what is found out about a run that failed: ``all``, ``changes`` or ``off``
``control``        ``NBOPS_CONTROL``   what a point beyond its control limits means: ``warn``, ``fail`` or ``off``
``changelog``      ``NBOPS_CHANGELOG`` the file that changes of datasets' structure are added to; empty: none
``dictionary``     ``NBOPS_DICTIONARY`` data dictionaries: ``kept`` up to date, made for ``all`` datasets, or ``off``
=================  ==================  ====================================================================
"""

from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbops.errors import UsageError, did_you_mean

__all__ = ["ENVIRONMENTS", "Settings", "bytes_of", "duration", "find_root", "load_settings"]

ENVIRONMENTS = ("dev", "test", "prod")
"""The environments that a run may belong to."""

_WORDS = {
    "env": ("environment", ENVIRONMENTS),
    "accept": ("policy", ("asked", "passed")),
    "findings": ("findings", ("all", "changes", "off")),
    "control": ("answer to a point out of control", ("warn", "fail", "off")),
    "dictionary": ("way to keep dictionaries", ("kept", "all", "off")),
}
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one project, read once and passed on. Durations as typed (``90s``, ``2h``)."""

    env: str = "dev"
    hub: str = ""
    owner: str = ""
    timeout: str = ""
    autosave: str = "5s"
    examples: int = 5
    artifacts: str = "10GB"
    artifact_store: str = ""
    masked: str = ""
    accept: str = "asked"
    findings: str = "all"
    control: str = "warn"
    changelog: str = ""
    dictionary: str = "kept"


def find_root(folder: Path) -> Path | None:
    """Return the project's root: the nearest of *folder* and those above it with a ``pyproject.toml`` or a ``.git``.

    Args:
        folder: An absolute path.

    Returns:
        The root; None when there is none above.
    """
    above = (folder, *folder.parents)
    return next((f for f in above if (f / "pyproject.toml").is_file() or (f / ".git").exists()), None)


def load_settings(root: Path, **arguments: str | int | None) -> Settings:
    """Return the settings of the project at *root*; *arguments* that are None say nothing.

    Raises:
        UsageError: ``pyproject.toml`` cannot be read, or a setting is unknown or of the wrong type.
    """
    file = root / "pyproject.toml"
    known = {f.name for f in dataclasses.fields(Settings)}
    found: dict[str, tuple[Any, str]] = {}
    for name, value in _pyproject_table(file).items():
        if isinstance(value, dict):  # a table of its own, as [tool.nbops.sources], belongs to who reads it
            continue
        if name not in known:
            raise UsageError(f"unknown setting {name!r}", where=f"{file} [tool.nbops]", fix=did_you_mean(name, known))
        found[name] = value, f"{file} [tool.nbops]"
    for name in known:
        if text := os.environ.get(f"NBOPS_{name.upper()}"):
            found[name] = text, f"the environment variable NBOPS_{name.upper()}"
    found |= {name: (value, f"the argument {name}") for name, value in arguments.items() if value is not None}
    return Settings(**{name: _checked(name, value, where) for name, (value, where) in found.items()})


def _checked(name: str, value: object, where: str) -> Any:
    if name == "examples":
        return _whole_number(name, value, where)
    if not isinstance(value, str):
        raise UsageError(f"{name} must be text, not {value!r}", where=where, fix=f'{name} = "{value}"')
    kind, words = _WORDS.get(name, ("", (value,)))
    if value not in words:
        raise UsageError(f"unknown {kind} {value!r}", where=where, fix=did_you_mean(value, words))
    return value


def _whole_number(name: str, value: object, where: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().isdecimal():
        return int(value)
    raise UsageError(f"{name} must be a whole number, not {value!r}", where=where, fix=f"{name} = 5")


def _pyproject_table(file: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("nbops", {})
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"pyproject.toml cannot be read: {error}", where=str(file), fix=f"open {file}") from error
    return dict(table)


def duration(text: str) -> float:
    """Return the seconds that *text* means: a number with ``ms``, ``s``, ``m``, ``h`` or ``d`` (none: seconds).

    Raises:
        UsageError: It means no duration.

    Example:
        >>> duration("90s"), duration("10m"), duration("2h"), duration("1.5")
        (90.0, 600.0, 7200.0, 1.5)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*", text)
    if not match:
        raise UsageError(f"{text!r} is no duration", fix="write 90s, 10m, 2h or 30d")
    return float(match[1]) * _SECONDS[match[2] or "s"]


_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def bytes_of(text: str) -> int:
    """Return the bytes that *text* means: a number with ``kB``, ``MB``, ``GB`` or ``TB`` (none: bytes).

    Raises:
        UsageError: It means no size.

    Example:
        >>> bytes_of("10GB"), bytes_of("1.5 mb"), bytes_of("200")
        (10000000000, 1500000, 200)
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?b)?", text.strip().lower())
    if found is None:
        raise UsageError(f"{text!r} is no size", fix="write it as 500MB or 10GB")
    unit = {name.lower(): factor for name, factor in _BYTES.items()}
    return int(float(found[1]) * unit[found[2] or "b"])
