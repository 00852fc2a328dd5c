"""The line that makes a cell a step, a test or the parameters: finding it, reading it, and hiding it from Python.

A *mark* is the first meaningful line of a cell. It has three spellings that mean the same::

    %%step load --retries 3        the usual one
    %step load --retries 3         linters and type checkers read the rest of the cell as Python
    #| step load --retries 3       a comment: needs nobody to understand it

Blank lines, comment lines, common indentation, pasted prompts and code magics (``%%time``) may stand before it.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from nbops.errors import UsageError
from nbops.notebook.magic_syntax import CODE_MAGICS, cell_call, cell_magic, code_of_lines, code_of_magic, is_python
from nbops.notebook.options import read_options
from nbops.pipeline.step import StepOptions

__all__ = ["CODE_MAGICS", "Mark", "cell_magic", "find_mark", "parse_options", "python_source", "transform_lines"]

MarkKind = Literal["step", "test", "params", "skip"]
Spelling = Literal["%%", "%", "#|"]

_MARK = re.compile(r"(?:(%%?)(step|test|params)|(#\|)\s*(step|test|params|skip):?)(?:\s+(.*))?$")
_PROMPT = re.compile(r"(?:>>>|In \[\d+\]:) ?")
_ANY_PROMPT = re.compile(r"\s*(?:>>>|In \[\d+\]:|\.\.\.+:?)(?: |$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mark:
    """The line that says what a cell is.

    Args:
        kind: What the cell is.
        spelling: How it was written.
        line: The line in the cell, counted from 0.
        rest: What follows the word: name and options.
        second: Another mark below it, which is one too many; empty when there is none.
    """

    kind: MarkKind
    spelling: Spelling
    line: int
    rest: str = ""
    second: str = field(default="", repr=False)

    def __str__(self) -> str:
        space = " " if self.spelling == "#|" else ""
        return f"{self.spelling}{space}{self.kind} {self.rest}".rstrip()


# ── finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def find_mark(source: str) -> Mark | None:
    r"""Return the mark of a cell, or None for a plain cell. ``#| skip`` wins over any other mark beside it.

    Example:
        >>> find_mark("# orders of the day\n%%step load -o orders\norders = read()")
        Mark(kind='step', spelling='%%', line=1, rest='load -o orders')
        >>> find_mark("x = 1\n%%step late") is None
        True
    """
    return _find(_marks(_lines(source)))


def _lines(source: str) -> Iterator[str]:
    """Only the head of a cell matters, so the rest is never split."""
    start = 0
    while (end := source.find("\n", start)) >= 0:
        yield source[start:end]
        start = end + 1
    yield source[start:]


def _find(marks: list[Mark]) -> Mark | None:
    skip = next((mark for mark in marks if mark.kind == "skip"), None)
    if skip is not None or not marks:
        return skip
    return marks[0] if len(marks) == 1 else dataclasses.replace(marks[0], second=str(marks[1]))


def _marks(lines: Iterable[str]) -> list[Mark]:
    """Return the marks in the head of a cell: what stands before its first line of code."""
    found: list[Mark] = []
    for index, line in enumerate(lines):
        text = _bare(line)
        if not text:
            continue
        if match := _MARK.match(text):
            percent, word, pipe, comment_word, rest = match.groups()
            kind, spelling = word or comment_word, percent or pipe
            found.append(Mark(cast("MarkKind", kind), cast("Spelling", spelling), index, rest or ""))
        elif text[0] != "#" and not _is_code_magic(text):
            break
    return found


def _bare(line: str) -> str:
    text = line.strip()
    if text[:1] in (">", "I"):
        text = _PROMPT.sub("", text, count=1)
    return text


def _is_code_magic(text: str) -> bool:
    magic = cell_magic(text)
    return magic is not None and magic[0] in CODE_MAGICS


# ── hiding it from Python ────────────────────────────────────────────────────────────────────────────────────────────


def transform_lines(lines: list[str]) -> list[str]:
    r"""Return the lines of a cell with its mark as a comment: as many lines, each other one at its place.

    A cell magic must stand first to work, so code magics below the mark change places with it. Any other cell magic
    (``%%sql``) becomes the call that IPython would make of it, and with ``-o NAME`` its result is bound to NAME.
    A cell that is to be skipped becomes comments.

    It is pure and idempotent: IPython calls it several times for one execution.

    Example:
        >>> transform_lines(["%%step load\n", "%%time\n", "orders = read()\n"])
        ['%%time\n', '# %%step load\n', 'orders = read()\n']
    """
    marks = _marks(lines)
    mark = _find(marks)
    if mark is None:
        return lines
    if mark.kind == "skip":
        return [line if line.lstrip()[:1] in ("", "#") else f"# {line}" for line in lines]
    hidden = _hidden(lines, marks)
    code_magics, foreign = _magics_below(hidden)
    if foreign is not None:
        hidden[foreign:] = _called(hidden[foreign:], mark)
    if not code_magics:
        return hidden
    first = [hidden[index] for index in code_magics]
    return first + [line for index, line in enumerate(hidden) if index not in code_magics]


def _hidden(lines: list[str], marks: list[Mark]) -> list[str]:
    """Return *lines* with the marks as comments."""
    hidden = list(lines)
    for mark in marks:
        if mark.spelling != "#|":
            hidden[mark.line] = f"# {hidden[mark.line]}"
    return hidden


def _magics_below(lines: list[str]) -> tuple[list[int], int | None]:
    """Return where the code magics of the head stand, and where a magic of another language begins."""
    code_magics: list[int] = []
    for index, line in enumerate(lines):
        text = line.strip()
        if not text or text[0] == "#":
            continue
        magic = cell_magic(text)
        if magic is None:
            break
        if magic[0] not in CODE_MAGICS:
            return code_magics, index
        code_magics.append(index)
    return code_magics, None


def _called(lines: list[str], mark: Mark) -> list[str]:
    name, arguments = cell_magic(lines[0]) or ("", "")
    return cell_call(name, arguments, lines, _result_name(mark, arguments))


def _result_name(mark: Mark, arguments: str) -> str:
    """Return the name that the magic's result gets: the one of ``-o``, unless the magic itself binds it."""
    if mark.kind != "step" or "-o" not in mark.rest:
        return ""
    try:
        outputs = parse_options(mark).outputs or ()
    except UsageError:  # said to the user when the step begins; a transformer must not raise
        return ""
    return outputs[0] if len(outputs) == 1 and outputs[0] not in re.findall(r"\w+", arguments) else ""


# ── reading it ───────────────────────────────────────────────────────────────────────────────────────────────────────


def parse_options(mark: Mark) -> StepOptions:
    """Return what a step's or test's mark says.

    Raises:
        UsageError: There is no name, an option is unknown, given twice, without a value, or its value means nothing.

    Example:
        >>> parse_options(Mark("step", "%%", 0, "clean --retries 3")).retries
        3
    """
    where = f"line {mark.line + 1}: {mark}"
    if mark.second:
        raise UsageError(f"the cell has a second mark: {mark.second}", where=where, fix="make two cells of it")
    return read_options(mark.kind, mark.rest, where)


# ── the cell as Python ───────────────────────────────────────────────────────────────────────────────────────────────


@functools.lru_cache(maxsize=4096)
def python_source(source: str) -> str:
    r"""Return a cell as Python for reading its code, line for line; nothing is run.

    The mark is a comment, the body of code magics is plain code, other magics and shell commands are the calls that
    they mean. A cell that is to be skipped is empty. What is no Python even then is returned as near to it as can be.

    Example:
        >>> print(python_source("%%step load\n%%time\nfiles = !ls {folder}\n%matplotlib inline"))
        # %%step load
        # %%time
        files = get_ipython().getoutput('ls {folder}', folder)
        get_ipython().run_line_magic('matplotlib', 'inline')
    """
    lines = _unprompted(source.splitlines(keepends=True))
    marks = _marks(lines)
    mark = _find(marks)
    if mark is not None and mark.kind == "skip":
        return "".join(transform_lines(lines))
    plain = _plain(_hidden(lines, marks), mark)
    text = "".join(plain)
    if is_python(text):
        return text
    translated = "".join(code_of_lines(plain))
    return translated if is_python(translated) else _through_ipython(text, translated)


def _unprompted(lines: list[str]) -> list[str]:
    """Return *lines* without prompts and common indentation."""
    first = next((line for line in lines if line.strip()), "")
    if _PROMPT.match(first.lstrip()):
        lines = [_ANY_PROMPT.sub("", line, count=1) for line in lines]
    elif first[:1] in (" ", "\t"):
        lines = textwrap.dedent("".join(lines)).splitlines(keepends=True)
    return lines


def _plain(lines: list[str], mark: Mark | None) -> list[str]:
    plain = list(lines)
    code_magics, foreign = _magics_below(plain)
    for index in code_magics:
        plain[index] = code_of_magic(plain[index])
    if foreign is not None:
        name, arguments = cell_magic(plain[foreign]) or ("", "")
        target = _result_name(mark, arguments) if mark is not None else ""
        plain[foreign:] = cell_call(name, arguments, plain[foreign:], target, is_reading=True)
    return plain


def _through_ipython(text: str, otherwise: str) -> str:
    """Return what IPython makes of *text*: it knows forms that are too rare to be known here."""
    if text.splitlines() != text.removesuffix("\n").split("\n"):  # separators that IPython takes for ends of lines
        return otherwise
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        transformed: str = TransformerManager().transform_cell(text)
    except SyntaxError:  # not even IPython's; who reads the code says so, with the line
        return otherwise
    if not text.endswith("\n"):
        transformed = transformed.removesuffix("\n")
    return transformed if transformed.count("\n") == text.count("\n") and is_python(transformed) else otherwise
