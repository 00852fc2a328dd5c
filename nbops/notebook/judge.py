"""Rewriting the tests of a cell so that they are judged together and tell what they saw.

:func:`instrument` turns a parsed cell into one whose tests report to a judge, the object that the generated code
finds under the *runtime* name (see :mod:`nbops.engine.cell.judging`). What counts as a test: an ``assert``, a statement
that calls ``expect(...)``, a statement that calls a function named ``assert_…`` (``pd.testing.assert_frame_equal``),
and in a ``%%test`` cell a function named ``test_…``.

A *run* of tests is a sequence of them with nothing else between; a ``for``, an ``if`` or a ``match`` that holds only
tests belongs to it. The whole run is evaluated, then ``barrier()`` raises once, before the next other statement. So a
step tells all that is wrong with its data, and yet nothing is ever written after a failed test. A ``with`` that holds
only tests belongs to the run too, but its barrier stands inside it: what a context manager does at its end (commit,
publish) must see that the tests failed.

Left alone: functions, classes, lambdas, the body of a ``try`` that has handlers, and ``with raises(...)`` or
``with suppress(...)``, whose author wants to see the exception.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from nbops.notebook.capture import Capture, Shape, as_written, constant, method_call, place_of
from nbops.notebook.recognise import (
    SCOPES,
    argument,
    constant_text,
    holds_only_tests,
    is_assertion_call,
    is_expect,
    is_neutral,
    last_name,
    message_name,
    refuse_stray_jumps,
    short_name,
    swallows,
)
from nbops.records import CheckKind, Severity

__all__ = ["TestSite", "TestTable", "instrument", "static_tests"]

Form = Literal["value", "vacuous", "call", "function"]

_PLAIN = Shape()


@dataclass(frozen=True, slots=True)
class TestSite:
    """One test as it stands in the code.

    Args:
        name: Its message, its f-string's template, or its source: stable between runs, unique in its cell.
        line: The line in the cell, counted from 1.
        source: The expression as written.
        kind: How it is written.
        severity: What a failure means; ``warn`` only where ``expect`` says so in so many words.
        form: How it is judged: by its value, by whether a call raises, as a test function; ``vacuous`` for a tuple.
        slots: The source of every captured value, by the number that the generated code gives it.
        shape: How it is built.
        parent: The number of the test function that this test is part of; None outside one.
    """

    __test__: ClassVar[bool] = False

    name: str
    line: int
    source: str
    kind: CheckKind = "assert"
    severity: Severity = "fail"
    form: Form = "value"
    slots: tuple[str, ...] = ()
    shape: Shape = _PLAIN
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class TestTable:
    """The tests of one instrumented cell; the generated code names them by their position.

    Args:
        sites: The tests.
        lines: The lines of the cell's code.
        first_line: The line of the notebook's cell that they begin on.
    """

    __test__: ClassVar[bool] = False

    sites: tuple[TestSite, ...] = ()
    lines: tuple[str, ...] = ()
    first_line: int = 1

    def __len__(self) -> int:
        return len(self.sites)


def instrument(
    module: ast.Module, source: str, runtime: str, *, collect: bool = False, first_line: int = 1
) -> tuple[ast.Module, TestTable]:
    """Return *module* with its tests rewritten, and the table of them; its nodes are changed in place.

    Every generated node stands on the line of the test that it was generated for. (A place is given to it when it is
    made: looking for the nodes that have none took as long as all the rest.)

    Args:
        module: The cell, parsed.
        source: The text it was parsed from.
        runtime: The hidden name under which the generated code reaches the judge.
        collect: Whether functions named ``test_…`` are tests that run at the cell's end (a ``%%test`` cell).
        first_line: The line of the notebook's cell that *source* begins on.

    Raises:
        SyntaxError: ``break`` or ``continue`` stands outside every loop. (Python says so itself, but no longer when
            the cell is put into a loop, as retries do.)

    Example:
        >>> module, table = instrument(ast.parse("assert total > 0, 'paid'"), "assert total > 0, 'paid'", "rt")
        >>> table.sites[0].name, table.sites[0].slots
        ('paid', ('total',))
        >>> print(ast.unparse(module))
        try:
            rt.begin(0)
            if not rt.end(0, rt.v(0, total) > 0):
                rt.message(0, 'paid')
        except rt.caught:
            rt.error(0)
        rt.barrier()
    """
    refuse_stray_jumps(module.body, source)
    work = _Instrumenter(source, runtime, collect=collect, first_line=first_line)
    body = work.block(module.body)
    result = ast.Module(body=work.with_collected(body), type_ignores=module.type_ignores)
    return result, TestTable(tuple(_unique(work.sites)), tuple(source.splitlines()), first_line)


def static_tests(source: str, *, collect: bool = False) -> tuple[str, ...]:
    r"""Return the names of the tests in *source*, in its order; none when it cannot be parsed.

    Example:
        >>> static_tests("assert a > 0, 'paid'\nassert a < 9")
        ('paid', 'a < 9')
    """
    try:
        _, table = instrument(ast.parse(source), source, "_", collect=collect)
    except SyntaxError:
        return ()
    return tuple(site.name for site in table.sites if site.parent is None)


class _Instrumenter:
    """Rewrites blocks of statements and writes the table as it goes."""

    def __init__(self, source: str, runtime: str, *, collect: bool, first_line: int) -> None:
        self.sites: list[TestSite] = []
        self._lines = [line.encode() for line in source.splitlines()]
        self._runtime = runtime
        self._collect = collect
        self._offset = first_line - 1
        self._parent: int | None = None
        self._collected: ast.stmt | None = None

    # ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────

    def block(self, body: Sequence[ast.stmt], *, has_barrier: bool = True) -> list[ast.stmt]:
        """Return *body* rewritten; without a barrier when the run goes on behind the statement that holds it."""
        out: list[ast.stmt] = []
        last: ast.stmt | None = None  # the last test of the run that is open
        for statement in body:
            if self._is_test(statement):
                out += self._rewritten(statement)
                last = statement
            elif is_neutral(statement, inside_run=not has_barrier):
                out.append(statement)
            elif self._is_collected(statement):
                out += self._function(statement)  # type: ignore[arg-type]
            else:
                if last is not None:
                    out.append(self._call_at(last, "barrier"))
                    last = None
                out.append(self._inside(statement))
        if last is not None and has_barrier:
            out.append(self._call_at(last, "barrier"))
        return out

    def with_collected(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Return *body* with the call that runs the collected functions: at the end, or before a last expression."""
        if self._collected is None:
            return body
        calls = [self._call_at(self._collected, "run_tests"), self._call_at(self._collected, "barrier")]
        at = len(body) - (isinstance(body[-1], ast.Expr) and not self._is_generated(body[-1]))
        before = body[:at]
        if self._is_generated(before[-1], "barrier"):  # the functions belong to the run of tests before them
            before.pop()
        return [*before, *calls, *body[at:]]

    def _is_generated(self, statement: ast.stmt, method: str = "") -> bool:
        """Whether *statement* calls the judge, to be exact its *method*."""
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return False
        owner = call.func.value
        return isinstance(owner, ast.Name) and owner.id == self._runtime and method in ("", call.func.attr)

    def _inside(self, statement: ast.stmt) -> ast.stmt:
        """Rewrite the blocks inside a statement that is no test."""
        if isinstance(statement, SCOPES) or swallows(statement):
            return statement
        for name in ("body", "orelse", "finalbody"):
            protected = name == "body" and hasattr(statement, "handlers") and statement.handlers
            if not protected and isinstance(getattr(statement, name, None), list):
                setattr(statement, name, self.block(getattr(statement, name)))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            part.body = self.block(part.body)
        return statement

    # ── what is a test ───────────────────────────────────────────────────────────────────────────────────────────

    def _is_test(self, statement: ast.stmt) -> bool:
        if isinstance(statement, ast.Assert):
            return True
        if isinstance(statement, ast.Expr):
            return is_expect(statement.value) or is_assertion_call(statement.value)
        return holds_only_tests(statement, self._is_test)

    def _is_collected(self, statement: ast.stmt) -> bool:
        return (
            self._collect
            and self._parent is None
            and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
            and statement.name.startswith("test_")
        )

    def _rewritten(self, statement: ast.stmt) -> list[ast.stmt]:
        if isinstance(statement, ast.Assert):
            return [self._assert(statement)]
        if isinstance(statement, ast.Expr):
            return [self._call_statement(statement)]
        if isinstance(statement, (ast.With, ast.AsyncWith)):
            statement.body = self.block(statement.body)
        else:
            for name in ("body", "orelse"):
                setattr(statement, name, self.block(getattr(statement, name, []), has_barrier=False))
            for case in getattr(statement, "cases", ()):
                case.body = self.block(case.body, has_barrier=False)
        return [self._excused(statement)]

    # ── one test ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _assert(self, statement: ast.Assert) -> ast.stmt:
        capture, test = Capture(self._runtime, self._lines), statement.test
        name, source = message_name(statement.msg) or ast.unparse(test), self._text(test)
        wrapped, shape = capture.test(test)
        form: Form = "vacuous" if isinstance(test, ast.Tuple) and test.elts else "value"
        number = self._add(statement, name, source, capture, shape, form=form)
        where = place_of(statement)
        verdict = self._call(statement, "end", constant(number, statement), wrapped)
        judged: ast.stmt = ast.Expr(verdict, **where)
        if statement.msg is not None:
            message = self._call_at(statement, "message", constant(number, statement), statement.msg)
            judged = ast.If(ast.UnaryOp(ast.Not(), verdict, **where), [message], [], **where)
        return self._guarded(statement, number, judged)

    def _call_statement(self, statement: ast.Expr) -> ast.stmt:
        call, capture = statement.value, Capture(self._runtime, self._lines)
        assert isinstance(call, ast.Call)
        severity: Severity = "warn" if constant_text(argument(call, None, "severity")) == "warn" else "fail"
        if is_expect(call):
            told = call.args[0] if call.args and last_name(call.func) == "expect" else call
            name, source = message_name(argument(call, 1, "message")) or ast.unparse(told), self._text(told)
            wrapped, shape = capture.arguments(call)
            number = self._add(statement, name, source, capture, shape, kind="expect", form="call", severity=severity)
        else:
            name, source = ast.unparse(call), self._text(call)
            wrapped, shape = capture.call(call), _PLAIN
            number = self._add(statement, name, source, capture, shape, kind="called", form="call")
        done = self._call_at(statement, "done", constant(number, statement), wrapped)
        return self._guarded(statement, number, done)

    def _text(self, node: ast.expr) -> str:
        return as_written(node, self._lines)

    def _add(
        self,
        statement: ast.stmt,
        name: str,
        source: str,
        capture: Capture,
        shape: Shape,
        *,
        form: Form,
        kind: CheckKind = "assert",
        severity: Severity = "fail",
    ) -> int:
        """Write a test into the table and return its number."""
        line, slots = statement.lineno + self._offset, tuple(capture.texts)
        site = TestSite(short_name(name), line, source, kind, severity, form, slots, shape, self._parent)
        self.sites.append(site)
        return len(self.sites) - 1

    def _function(self, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
        """Keep a test function as written, and hand the judge a twin of it whose own tests are rewritten.

        The user may call the function by hand later, when no judge is there: so it must stay plain Python.
        """
        number = len(self.sites)
        line = statement.lineno + self._offset
        self.sites.append(TestSite(statement.name, line, f"{statement.name}()", form="function"))
        self._collected = statement
        if statement.decorator_list:  # a decorator may do anything: it runs once, and its result is called
            return [statement, self._collect_call(statement, number, statement.name)]
        twin = copy.deepcopy(statement)
        twin.name = f"__nbops_{statement.name}__"
        self._parent = number
        twin.body = self.block(twin.body)
        self._parent = None
        where = place_of(statement)
        forget = ast.Delete([ast.Name(twin.name, ast.Del(), **where)], **where)
        return [statement, twin, self._collect_call(statement, number, twin.name), forget]

    def _collect_call(self, statement: ast.stmt, number: int, name: str) -> ast.stmt:
        function = ast.Name(name, ast.Load(), **place_of(statement))
        return self._call_at(statement, "collect", constant(number, statement), function)

    # ── generated nodes ──────────────────────────────────────────────────────────────────────────────────────────

    def _guarded(self, statement: ast.stmt, number: int, judged: ast.stmt) -> ast.stmt:
        begin = self._call_at(statement, "begin", constant(number, statement))
        handled = self._call_at(statement, "error", constant(number, statement))
        return self._try(statement, [begin, judged], handled)

    def _excused(self, statement: ast.stmt) -> ast.stmt:
        """Let a failed test be told although the head of the next ``for`` or ``if`` raises because of it."""
        where = place_of(statement)
        unexcused = ast.UnaryOp(ast.Not(), self._call(statement, "excuses"), **where)
        return self._try(statement, [statement], ast.If(unexcused, [ast.Raise(**where)], [], **where))

    def _try(self, place: ast.stmt, body: list[ast.stmt], handled: ast.stmt) -> ast.Try:
        where = place_of(place)
        handler = ast.ExceptHandler(self._call(place, "caught").func, None, [handled], **where)
        return ast.Try(body, [handler], [], [], **where)

    def _call(self, place: ast.AST, method: str, *arguments: ast.expr) -> ast.Call:
        return method_call(place, self._runtime, method, *arguments)

    def _call_at(self, place: ast.stmt, method: str, *arguments: ast.expr) -> ast.stmt:
        return ast.Expr(self._call(place, method, *arguments), **place_of(place))


def _unique(sites: Sequence[TestSite]) -> list[TestSite]:
    """Number the tests of the same name, so that each can be referred to."""
    seen: dict[str, int] = {}
    named = []
    for site in sites:
        seen[site.name] = count = seen.get(site.name, 0) + (site.parent is None)
        named.append(site if count < 2 or site.parent is not None else replace(site, name=f"{site.name} ({count})"))
    return named
