"""Which notebook the cells of this kernel belong to, and who runs them.

A kernel is never told its notebook, so it looks where the name may be found, the surest place first: the engine's word,
the name given by ``%nbops name PATH``, Visual Studio Code's variable, the Jupyter server's variable, the command line
of the process that started the kernel. What cannot be found is unknown and is never guessed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nbops.records import RunKind

__all__ = ["Identity", "ParentProcess", "identify", "parent_process"]

_SUFFIXES = (".ipynb", ".py")
# papermill's options that take words after them, with how many; every other option takes none
_TAKES_ONE = ("-f", "--parameters_file", "-y", "--parameters_yaml", "-b", "--parameters_base64", "--engine", "-k",
              "--kernel", "-l", "--language", "--cwd", "--autosave-cell-every", "--stdout-file", "--stderr-file",
              "--log-level", "--start-timeout", "--start_timeout", "--execution-timeout")  # fmt: skip
_PAPERMILL_TAKES = dict.fromkeys(_TAKES_ONE, 1) | {"-p": 2, "--parameters": 2, "-r": 2, "--parameters_raw": 2}
_SERVERS = ("lab", "notebook", "server", "labhub", "singleuser", "nbclassic", "jupyterhub-singleuser")


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose cells run here.

    Args:
        notebook: The notebook's absolute path, or its address; None when it could not be found.
        identified_by: Where it comes from, as in :class:`~nbops.records.RunStarted`.
        launcher: What started the kernel: ``papermill``, ``nbconvert``, ``execute``, ``jupyter``, ``vscode``,
            ``ipython``, or the name of the program.
        kind: ``batch`` when a program runs the notebook from its first cell to its last, else ``session``.
        output: The executed notebook that the launcher writes, absolute; empty when unknown.
    """

    notebook: str | None = None
    identified_by: str = "unknown"
    launcher: str = ""
    kind: RunKind = "session"
    output: str = ""

    @property
    def folder(self) -> Path:
        """Where the project is looked for: the notebook, or the working directory when it is unknown."""
        return Path(self.notebook) if self.notebook and "://" not in self.notebook else Path.cwd()


@dataclass(frozen=True, slots=True)
class ParentProcess:
    """The process that started this kernel: the words of its command line and its working directory."""

    words: tuple[str, ...] = ()
    folder: str = ""


def identify(
    namespace: Mapping[str, object], environ: Mapping[str, str], parent: ParentProcess, *, has_kernel: bool = True
) -> Identity:
    """Return whose cells run here.

    Args:
        namespace: The user's namespace (Visual Studio Code leaves the path there).
        environ: The kernel's environment variables.
        parent: The process that started the kernel.
        has_kernel: False in a terminal.

    Example:
        >>> identify({}, {}, ParentProcess(("papermill", "-p", "n", "1", "/nb/in.ipynb", "/nb/out.ipynb"))).notebook
        '/nb/in.ipynb'
    """
    if not has_kernel:
        return Identity(launcher="ipython")
    program, arguments = _program(parent.words)
    if program in ("papermill", "nbconvert", "execute"):
        return _of_batch(program, arguments, parent.folder, _last_cell(namespace))
    from_vscode = namespace.get("__vsc_ipynb_file__")
    if isinstance(from_vscode, str) and from_vscode:
        return Identity(from_vscode, "vscode", "vscode")
    from_server = _absolute(environ.get("JPY_SESSION_NAME", ""), parent.folder)
    if from_server.endswith(_SUFFIXES):
        return Identity(from_server, "jupyter", "jupyter")
    return Identity(launcher="jupyter" if program in _SERVERS else program)


def parent_process(environ: Mapping[str, str] = os.environ) -> ParentProcess:
    """Return the process that started this kernel, empty where the system does not tell."""
    pid = environ.get("JPY_PARENT_PID", "")
    number = int(pid) if pid.isdigit() and int(pid) > 1 else os.getppid()
    try:
        raw = Path(f"/proc/{number}/cmdline").read_bytes()
        folder = str(Path(f"/proc/{number}/cwd").readlink())
    except OSError:
        return _parent_without_proc(number)
    return ParentProcess(tuple(os.fsdecode(word) for word in raw.split(b"\0") if word), folder)


def _parent_without_proc(pid: int) -> ParentProcess:
    """Ask ``ps``, which is there where ``/proc`` is not; words with blanks in them are then cut."""
    import subprocess

    try:
        done = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ParentProcess()
    return ParentProcess(tuple(done.stdout.split()), os.getcwd())


def _program(words: Sequence[str]) -> tuple[str, list[str]]:
    """Return the name of the program that *words* run, without ``python -m`` and ``jupyter``, and its arguments."""
    rest = list(words)
    if rest and Path(rest[0]).name.startswith(("python", "pypy")):
        rest = _after_python(rest[1:])
    name = Path(rest[0]).name.removesuffix(".exe").removesuffix("-script.py") if rest else ""
    rest = rest[1:]
    if name == "jupyter" and rest and not rest[0].startswith("-"):
        name, rest = rest[0], rest[1:]
    name = name.removeprefix("jupyter-")
    if rest and rest[0] == name:  # `jupyter nbconvert` starts `jupyter-nbconvert nbconvert …` on some systems
        rest = rest[1:]
    return name, rest


def _after_python(rest: list[str]) -> list[str]:
    """Drop the interpreter's own options; what remains begins with the script or the module."""
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "-m":
            return rest
        if option == "-c":
            return ["python -c"]
        if option in ("-W", "-X") and rest:
            rest.pop(0)
    return rest


def _of_batch(program: str, arguments: Sequence[str], folder: str, cell: str) -> Identity:
    if program == "papermill":
        paths = _positional(arguments)[:2]
    else:
        words = [word for before, word in zip(["", *arguments], arguments, strict=False) if before != "--output"]
        paths = [word for word in words if word.endswith(_SUFFIXES) and not word.startswith("-")]
        paths = _that_hold(cell, paths, folder)
    notebook = _absolute(paths[0], folder) if paths else ""
    output = _absolute(paths[1], folder) if len(paths) > 1 else ""
    if not notebook or notebook == "-":
        return Identity(launcher=program, kind="batch", output=output)
    return Identity(notebook, "parent", program, "batch", output)


def _last_cell(namespace: Mapping[str, object]) -> str:
    """Return the code of the cell that runs now, which tells one of several notebooks from the others."""
    history = namespace.get("In")
    return str(namespace.get(f"_i{len(history) - 1}", "")) if isinstance(history, list) else ""


def _that_hold(cell: str, paths: list[str], folder: str) -> list[str]:
    """Of several notebooks (nbconvert takes many) keep the only one that holds *cell*; none when that is not one."""
    if len(paths) < 2:
        return paths
    holding = [path for path in paths if cell and cell in _sources(Path(_absolute(path, folder)))]
    return holding if len(holding) == 1 else []


def _sources(path: Path) -> list[str]:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return ["".join(cell["source"]) for cell in cells]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _positional(arguments: Sequence[str]) -> list[str]:
    found: list[str] = []
    skip = 0
    for word in arguments:
        if skip:
            skip -= 1
        elif word.startswith("-") and word != "-":
            skip = 0 if "=" in word else _PAPERMILL_TAKES.get(word, 0)
        else:
            found.append(word)
    return found


def _absolute(path: str, folder: str) -> str:
    if not path or path == "-" or "://" in path:
        return path
    return os.path.abspath(os.path.join(folder or os.getcwd(), path))
