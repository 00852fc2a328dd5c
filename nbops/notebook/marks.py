"""The line that makes a cell a step, a test or the parameters: finding it, reading it, and hiding it from Python.

A *mark* is the first meaningful line of a cell. It has three spellings that mean the same::

    %%step load --retries 3        the usual one
    %step load --retries 3         linters and type checkers read the rest of the cell as Python
    #| step load --retries 3       a comment: needs nobody to understand it

Blank lines, comment lines, common indentation, pasted prompts and code magics (``%%time``) may stand before it.
"""

from __future__ import annotations

import ast
import functools
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from nbops.errors import UsageError, did_you_mean
from nbops.pipeline.step import StepOptions
from nbops.settings import duration

__all__ = ["CODE_MAGICS", "Mark", "cell_magic", "find_mark", "parse_options", "transform_lines"]

MarkKind = Literal["step", "test", "params", "skip"]
Spelling = Literal["%%", "%", "#|"]

CODE_MAGICS = frozenset({"capture", "debug", "lprun", "memit", "prun", "pyinstrument", "snakeviz", "time", "timeit"})
"""Cell magics whose body is Python that runs in this kernel."""

_MARK = re.compile(r"(?:(%%?)(step|test|params)|(#\|)\s*(step|test|params|skip):?)(?:\s+(.*))?$")
_PROMPT = re.compile(r"(?:>>>|In \[\d+\]:) ?")
_CELL_MAGIC = re.compile(r"%%([^\W\d][\w.]*)(?:\s+(.*))?$")


@dataclass(frozen=True, slots=True)
class Mark:
    """The line that says what a cell is.

    Args:
        kind: What the cell is.
        spelling: How it was written.
        line: The line in the cell, counted from 0.
        rest: What follows the word: name and options.
    """

    kind: MarkKind
    spelling: Spelling
    line: int
    rest: str = ""

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
    return _find(_lines(source))


def _lines(source: str) -> Iterator[str]:
    """Only the head of a cell matters, so the rest is never split."""
    start = 0
    while (end := source.find("\n", start)) >= 0:
        yield source[start:end]
        start = end + 1
    yield source[start:]


def _find(lines: Iterable[str]) -> Mark | None:
    found: Mark | None = None
    for index, line in enumerate(lines):
        text = _bare(line)
        if not text:
            continue
        if match := _MARK.match(text):
            percent, word, pipe, comment_word, rest = match.groups()
            mark = Mark(cast("MarkKind", word or comment_word), cast("Spelling", percent or pipe), index, rest or "")
            if mark.kind == "skip":
                return mark
            if found is None:
                found = mark
                continue
        if text[0] != "#" and not _is_code_magic(text):
            break
    return found


def _bare(line: str) -> str:
    text = line.strip()
    if text[:1] in (">", "I"):
        text = _PROMPT.sub("", text, count=1)
    return text


def cell_magic(text: str) -> tuple[str, str] | None:
    """Return name and arguments of a cell magic's first line, or None when *text* is none.

    Example:
        >>> cell_magic("%%sql orders <<")
        ('sql', 'orders <<')
    """
    match = _CELL_MAGIC.match(text.strip()) if "%%" in text else None
    return (match[1], match[2] or "") if match else None


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
    mark = _find(lines)
    if mark is None:
        return lines
    if mark.kind == "skip":
        return [line if line.lstrip()[:1] in ("", "#") else f"# {line}" for line in lines]
    hidden = [_hidden(line) if index == mark.line else line for index, line in enumerate(lines)]
    code_magics, foreign = _magics_below(hidden)
    if foreign is not None:
        hidden[foreign:] = _called(hidden[foreign:], mark)
    if not code_magics:
        return hidden
    first = [hidden[index] for index in code_magics]
    return first + [line for index, line in enumerate(hidden) if index not in code_magics]


def _hidden(line: str) -> str:
    return line if line.lstrip().startswith("#") else f"# {line}"


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
    """Return the Python call of the cell magic that *lines* are, padded to as many lines."""
    name, arguments = cell_magic(lines[0]) or ("", "")
    call = f"get_ipython().run_cell_magic({name!r}, {arguments!r}, {''.join(lines[1:])!r})"
    target = _result_name(mark, arguments)
    if target:
        call = f"({target} := {call})"
    return [call + _ending(lines[0])] + [_ending(line) or "#" for line in lines[1:]]


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


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

_STEP_NAME = re.compile(r"\w[\w.-]*")
_OPTIONS = {
    "-i": "inputs",
    "--in": "inputs",
    "-o": "outputs",
    "--out": "outputs",
    "--after": "after",
    "--retries": "retries",
    "--timeout": "timeout_seconds",
    "--cache": "cache_seconds",
    "--needs": "needs",
    "--when": "when",
    "--on-fail": "on_fail",
    "--owner": "owner",
    "--doc": "doc",
}
_OF_TESTS = frozenset({"timeout_seconds", "when", "on_fail", "owner", "doc"})


def parse_options(mark: Mark) -> StepOptions:
    """Return what a step's or test's mark says.

    Raises:
        UsageError: There is no name, an option is unknown, given twice, without a value, or its value means nothing.

    Example:
        >>> parse_options(Mark("step", "%%", 0, "clean -i orders,rates --timeout 10m")).inputs
        ('orders', 'rates')
    """
    return _parsed(mark.kind, mark.rest, str(mark), mark.line)


@functools.lru_cache(maxsize=1024)
def _parsed(kind: str, rest: str, written: str, line: int) -> StepOptions:
    where = f"line {line + 1}: {written}"
    words = _words(rest, where)
    if kind in ("params", "skip"):
        if words:
            raise UsageError(f"{kind} takes no argument, not {words[0]!r}", where=where, fix=f"write %%{kind} alone")
        return StepOptions(name="")
    name, found = _sorted_out(kind, words, where)
    return StepOptions(name=name, **found)


def _words(rest: str, where: str) -> list[str]:
    try:
        words = shlex.split(rest, comments=True)
    except ValueError as error:
        raise UsageError(f"a quote is not closed: {error}", where=where, fix="close it, or write \\' for '") from error
    joined: list[str] = []
    for word in words:  # "-i a, b" means "-i a,b"
        if joined and joined[-1].endswith(",") and not word.startswith("-"):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _sorted_out(kind: str, words: list[str], where: str) -> tuple[str, dict[str, Any]]:
    name, found, rest = "", dict[str, Any](), iter(words)
    for word in rest:
        if word.startswith("-"):
            option, equals, value = word.partition("=")
            field = _field(kind, option, where)
            if field in found:
                raise UsageError(f"{option} is given twice", where=where, fix=f"keep one {option}")
            text = value if equals else next(rest, "")
            if not text or (not equals and text in _OPTIONS):
                raise UsageError(f"{option} needs a value", where=where, fix=f"{option} {_EXAMPLES[field]}")
            found[field] = _READERS.get(field, _text)(option, text, where)
        elif name:
            raise UsageError(f"what {word!r} means is unclear", where=where, fix="one name, then --options")
        else:
            name = _checked_name(kind, word, where)
    if not name:
        raise UsageError(f"the {kind} has no name", where=where, fix=f"%%{kind} NAME")
    return name, found


def _field(kind: str, option: str, where: str) -> str:
    if option not in _OPTIONS:
        raise UsageError(f"unknown option {option!r}", where=where, fix=did_you_mean(option, _OPTIONS))
    field = _OPTIONS[option]
    if kind == "test" and field not in _OF_TESTS:
        raise UsageError(f"{option} means nothing for a %%test", where=where, fix="give it to the step")
    return field


def _checked_name(kind: str, name: str, where: str) -> str:
    if not _STEP_NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} is no name of a {kind}: letters, digits, _ - . only", where=where, fix=f"%%{kind} load_orders"
        )
    return name


def _text(option: str, text: str, where: str) -> str:
    return text


def _listed(option: str, text: str, where: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))


def _variables(option: str, text: str, where: str) -> tuple[str, ...]:
    names = _listed(option, text, where)
    for name in names:
        if not name.isidentifier():
            raise UsageError(f"{option}: {name!r} is no name of a variable", where=where, fix=f"{option} orders,rates")
    return names


def _steps(option: str, text: str, where: str) -> tuple[str, ...]:
    return tuple(_checked_name("step", name, where) for name in _listed(option, text, where))


def _whole_number(option: str, text: str, where: str) -> int:
    if not text.isdecimal():
        raise UsageError(f"{option} is {text!r}, not a whole number from 0", where=where, fix=f"{option} 3")
    return int(text)


def _seconds(option: str, text: str, where: str) -> float:
    try:
        return duration(text)
    except UsageError as error:
        raise UsageError(f"{option}: {error.what}", where=where, fix=f"{option} 10m (90s, 10m, 2h, 30d)") from error


def _expression(option: str, text: str, where: str) -> str:
    try:
        ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"{option}: {text!r} is no expression of Python", where=where, fix=f'{option} "len(orders) > 0"'
        ) from error
    return text


def _stop_or_warn(option: str, text: str, where: str) -> str:
    if text not in ("stop", "warn"):
        raise UsageError(f"{option} is {text!r}", where=where, fix=did_you_mean(text, ["stop", "warn"]))
    return text


_READERS = {
    "inputs": _variables,
    "outputs": _variables,
    "after": _steps,
    "retries": _whole_number,
    "timeout_seconds": _seconds,
    "cache_seconds": _seconds,
    "needs": _listed,
    "when": _expression,
    "on_fail": _stop_or_warn,
}
_EXAMPLES = {
    "inputs": "orders,rates",
    "outputs": "orders",
    "after": "load",
    "retries": "3",
    "timeout_seconds": "10m",
    "cache_seconds": "1h",
    "needs": "orders_feed",
    "when": '"len(orders) > 0"',
    "on_fail": "warn",
    "owner": "ada@example.org",
    "doc": '"orders of the day"',
}
