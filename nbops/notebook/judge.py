"""Rewriting the tests of a cell so that they are judged together and tell what they saw.

:func:`instrument` turns a parsed cell into one whose tests report to a judge, the object that the generated code
finds under the *runtime* name (see :mod:`nbops.engine.judging`). What counts as a test: an ``assert``, a statement
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, NoReturn

from nbops.notebook.capture import Capture, as_written
from nbops.records import CheckKind, Severity

__all__ = ["TestSite", "TestTable", "instrument", "static_tests"]

Form = Literal["value", "all", "none", "vacuous", "call", "function"]

_SWALLOWERS = {"raises", "suppress", "assertRaises", "assertRaisesRegex"}
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class TestSite:
    """One test as it stands in the code.

    Args:
        name: Its message, its f-string's template, or its source: stable between runs, unique in its cell.
        line: The line in the cell, counted from 1.
        source: The expression as written.
        kind: How it is written.
        severity: What a failure means; ``warn`` only where ``expect`` says so in so many words.
        form: How its value is judged: ``all`` for ``mask.all()``, ``none`` for ``not mask.any()``.
        slots: The source of every captured value, by the number that the generated code gives it.
        subjects: Slots that may hold the mask of an ``all`` or ``none`` test, the innermost first.
        operands: Slots of what is compared, the ones that best explain a failure.
        allowed: What the comparison allows, as written (``< 0.1``); empty when it is no simple comparison.
        condition: The slot of the condition of an ``expect``; None elsewhere.
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
    subjects: tuple[int, ...] = ()
    operands: tuple[int, ...] = ()
    allowed: str = ""
    condition: int | None = None
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class TestTable:
    """The tests of one instrumented cell; the generated code names them by their position."""

    __test__: ClassVar[bool] = False

    sites: tuple[TestSite, ...] = ()

    def __len__(self) -> int:
        return len(self.sites)


def instrument(
    module: ast.Module, source: str, runtime: str, *, collect: bool = False, first_line: int = 1
) -> tuple[ast.Module, TestTable]:
    """Return *module* with its tests rewritten, and the table of them; *module* itself stays as it is.

    Every generated node stands on the line of the test that it was generated for.

    Args:
        module: The cell, parsed.
        source: The text it was parsed from.
        runtime: How the generated code reaches the judge: a hidden name, or dotted (``__nbops__.judge``).
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
    _refuse_stray_jumps(module.body, source)
    work = _Instrumenter(source, runtime, collect=collect, first_line=first_line)
    body = work.block(copy.deepcopy(module.body))
    result = ast.Module(body=work.with_collected(body), type_ignores=module.type_ignores)
    return result, TestTable(tuple(_unique(work.sites)))


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
        self._lines = source.splitlines()
        self._runtime = ast.parse(runtime, mode="eval").body
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
            elif _is_neutral(statement, inside_run=not has_barrier):
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
        at = len(body) - 1 if isinstance(body[-1], ast.Expr) and not self._is_generated(body[-1]) else len(body)
        return [*body[:at], *calls, *body[at:]]

    def _is_generated(self, statement: ast.Expr) -> bool:
        call = statement.value
        return (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and ast.dump(call.func.value) == ast.dump(self._runtime)
        )

    def _inside(self, statement: ast.stmt) -> ast.stmt:
        """Rewrite the blocks inside a statement that is no test."""
        if isinstance(statement, _SCOPES) or _swallows(statement):
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
            return _is_expect(statement.value) or _is_assertion_call(statement.value)
        return _holds_only_tests(statement, self._is_test)

    def _is_collected(self, statement: ast.stmt) -> bool:
        return (
            self._collect
            and self._parent is None
            and isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef))
            and statement.name.startswith("test")
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
        number, capture = len(self.sites), Capture(self._runtime)
        test, form = statement.test, "value"
        source = as_written(test, self._lines)
        name = _message_name(statement.msg) or ast.unparse(test)
        if isinstance(test, ast.Tuple) and test.elts:
            form = "vacuous"
        wrapped, shape = capture.test(test)
        site = TestSite(
            name=_short_name(name),
            line=statement.lineno + self._offset,
            source=source,
            form=form if form == "vacuous" else shape.form,  # type: ignore[arg-type]
            slots=tuple(capture.texts),
            subjects=shape.subjects,
            operands=shape.operands,
            allowed=shape.allowed,
            parent=self._parent,
        )
        self.sites.append(site)
        verdict = self._call("end", ast.Constant(number), wrapped)
        judged: ast.stmt = ast.Expr(verdict)
        if statement.msg is not None:
            message = ast.Expr(self._call("message", ast.Constant(number), statement.msg))
            judged = ast.If(test=ast.UnaryOp(ast.Not(), verdict), body=[message], orelse=[])
        return self._guarded(statement, number, judged)

    def _call_statement(self, statement: ast.Expr) -> ast.stmt:
        number, capture = len(self.sites), Capture(self._runtime)
        call = statement.value
        assert isinstance(call, ast.Call)
        is_expect = _is_expect(call)
        source, name, severity = as_written(call, self._lines), ast.unparse(call), "fail"
        if is_expect and isinstance(call.func, (ast.Name, ast.Attribute)) and _last_name(call.func) == "expect":
            source = as_written(call.args[0], self._lines) if call.args else source
            name = _message_name(_argument(call, 1, "message")) or ast.unparse(call.args[0] if call.args else call)
            severity = _constant_text(_argument(call, None, "severity")) or "fail"
        wrapped, shape = capture.arguments(call) if is_expect else (capture.call(call), capture.shape())
        site = TestSite(
            name=_short_name(name),
            line=statement.lineno + self._offset,
            source=source,
            kind="expect" if is_expect else "called",
            severity="warn" if severity == "warn" else "fail",
            form=shape.form if is_expect else "call",
            slots=tuple(capture.texts),
            subjects=shape.subjects,
            operands=shape.operands,
            allowed=shape.allowed,
            condition=shape.condition,
            parent=self._parent,
        )
        self.sites.append(site)
        return self._guarded(statement, number, ast.Expr(self._call("done", ast.Constant(number), wrapped)))

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
        forget = self._located(ast.Delete(targets=[ast.Name(twin.name, ast.Del())]), statement)
        return [statement, twin, self._collect_call(statement, number, twin.name), forget]

    def _collect_call(self, statement: ast.stmt, number: int, name: str) -> ast.stmt:
        return self._call_at(statement, "collect", ast.Constant(number), ast.Name(name, ast.Load()))

    # ── generated nodes ──────────────────────────────────────────────────────────────────────────────────────────

    def _guarded(self, statement: ast.stmt, number: int, judged: ast.stmt) -> ast.stmt:
        begin = ast.Expr(self._call("begin", ast.Constant(number)))
        handled: list[ast.stmt] = [ast.Expr(self._call("error", ast.Constant(number)))]
        return self._located(self._try([begin, judged], handled), statement)

    def _excused(self, statement: ast.stmt) -> ast.stmt:
        """Let a failed test be told although the head of the next ``for`` or ``if`` raises because of it."""
        again = ast.If(test=ast.UnaryOp(ast.Not(), self._call("excuses")), body=[ast.Raise()], orelse=[])
        return self._located(self._try([statement], [again]), statement)

    def _try(self, body: list[ast.stmt], handled: list[ast.stmt]) -> ast.Try:
        caught = ast.Attribute(copy.deepcopy(self._runtime), "caught", ast.Load())
        handler = ast.ExceptHandler(type=caught, name=None, body=handled)
        return ast.Try(body=body, handlers=[handler], orelse=[], finalbody=[])

    def _call(self, method: str, *arguments: ast.expr) -> ast.Call:
        function = ast.Attribute(copy.deepcopy(self._runtime), method, ast.Load())
        return ast.Call(func=function, args=list(arguments), keywords=[])

    def _call_at(self, place: ast.stmt, method: str, *arguments: ast.expr) -> ast.stmt:
        return self._located(ast.Expr(self._call(method, *arguments)), place)

    def _located(self, node: ast.stmt, place: ast.stmt) -> ast.stmt:
        ast.copy_location(node, place)
        return ast.fix_missing_locations(node)


# ── reading statements ───────────────────────────────────────────────────────────────────────────────────────────────


def _is_neutral(statement: ast.stmt, *, inside_run: bool) -> bool:
    """Whether *statement* does nothing that a failed test should have prevented."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, ast.Pass) or (inside_run and isinstance(statement, (ast.Break, ast.Continue)))


def _holds_only_tests(statement: ast.stmt, is_test: Callable[[ast.stmt], bool]) -> bool:
    if not isinstance(statement, (ast.For, ast.AsyncFor, ast.If, ast.Match, ast.With, ast.AsyncWith)):
        return False
    if _swallows(statement):
        return False
    blocks = [getattr(statement, "body", []), getattr(statement, "orelse", [])]
    blocks += [case.body for case in getattr(statement, "cases", ())]
    inner = [s for block in blocks for s in block]
    inside_run = not isinstance(statement, (ast.With, ast.AsyncWith))
    tests = [s for s in inner if is_test(s)]
    return bool(tests) and all(is_test(s) or _is_neutral(s, inside_run=inside_run) for s in inner)


def _swallows(statement: ast.stmt) -> bool:
    """Whether *statement* is a ``with`` that is there to catch what its body raises."""
    if not isinstance(statement, (ast.With, ast.AsyncWith)):
        return False
    calls = [item.context_expr for item in statement.items if isinstance(item.context_expr, ast.Call)]
    return any(_last_name(call.func) in _SWALLOWERS for call in calls)


def _is_expect(node: ast.expr) -> bool:
    """Whether *node* calls ``expect``, or a method of what such a call returned."""
    while isinstance(node, ast.Call):
        if isinstance(node.func, ast.Name):
            return node.func.id == "expect"
        if isinstance(node.func, ast.Attribute):
            if node.func.attr == "expect" and isinstance(node.func.value, ast.Name):
                return True
            node = node.func.value
        else:
            return False
    return False


def _is_assertion_call(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _last_name(node.func).startswith("assert_")


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _argument(call: ast.Call, position: int | None, name: str) -> ast.expr | None:
    if position is not None and len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _constant_text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# ── names ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _message_name(message: ast.expr | None) -> str:
    """Return the part of a test's message that is the same in every run; empty when there is none."""
    if isinstance(message, ast.JoinedStr):
        return "".join(_template(part) for part in message.values).strip()
    if isinstance(message, ast.BinOp) and isinstance(message.op, ast.Mod):
        return _constant_text(message.left).strip()
    if isinstance(message, ast.Call) and isinstance(message.func, ast.Attribute) and message.func.attr == "format":
        return _constant_text(message.func.value).strip()
    return _constant_text(message).strip()


def _template(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return "{" + ast.unparse(part.value) + "}"
    return _constant_text(part)


def _short_name(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= _LONGEST_NAME else line[: _LONGEST_NAME - 1] + "…"


def _unique(sites: Sequence[TestSite]) -> list[TestSite]:
    """Number the tests of the same name, so that each can be referred to."""
    seen: dict[str, int] = {}
    named = []
    for site in sites:
        seen[site.name] = count = seen.get(site.name, 0) + (site.parent is None)
        named.append(site if count < 2 or site.parent is not None else replace(site, name=f"{site.name} ({count})"))
    return named


# ── jumps ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _refuse_stray_jumps(body: Sequence[ast.stmt], source: str) -> None:
    for statement in body:
        if isinstance(statement, (ast.Break, ast.Continue)):
            _refuse_jump(statement, source)
        if isinstance(statement, _SCOPES):
            continue
        for name in ("body", "orelse", "finalbody"):
            if not (name == "body" and isinstance(statement, _LOOPS)):
                _refuse_stray_jumps(getattr(statement, name, ()), source)
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            _refuse_stray_jumps(part.body, source)


def _refuse_jump(statement: ast.stmt, source: str) -> NoReturn:
    what = "'break' outside loop" if isinstance(statement, ast.Break) else "'continue' not properly in loop"
    lines = source.splitlines()
    text = lines[statement.lineno - 1] if statement.lineno <= len(lines) else ""
    raise SyntaxError(what, ("<cell>", statement.lineno, statement.col_offset + 1, text))
