"""The values of a ``%%params`` cell, in the kernel: given by the engine, or injected by papermill.

Papermill writes the values into a cell of its own, which begins with ``# Parameters``. Without the ``parameters`` tag
it stands at the top, even above the loading of nbops, and so before the defaults: its values are then found in the
history. With the tag it stands after the ``%%params`` cell: its values are then converted where they stand.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from nbops.engine.cell.wrapping import raising
from nbops.engine.kernel.failing import told_shortly
from nbops.engine.kernel.session import Session
from nbops.errors import ParameterError
from nbops.notebook.defaults import check_default
from nbops.notebook.parameters import GivenParameters, bind_parameters, read_parameters
from nbops.pipeline.step import Parameter

__all__ = ["ParametersCell", "declared_in", "injected_values", "is_injected", "values_in_history"]

_HEAD = "# Parameters"
_numbers = itertools.count(1)


class ParametersCell:
    """One execution of a ``%%params`` cell, or of the cell that papermill injected after it.

    Args:
        declared: What the notebook declares.
        given: The values that win over the defaults.
        session: The run it belongs to; it learns the secrets.
        namespace: The user's namespace.
        refusal: What is wrong with the cell's mark; then it does not run.
    """

    def __init__(
        self,
        declared: Iterable[Parameter],
        given: Mapping[str, object],
        session: Session,
        namespace: MutableMapping[str, Any],
        refusal: Exception | None = None,
    ) -> None:
        self.body: str | None = None
        self._declared = tuple(declared)
        self._refusal = refusal or _wrong_default(self._declared, given)
        known = {parameter.name for parameter in self._declared}
        self._given = {name: value for name, value in given.items() if name in known}
        self._values = _Values(self._declared, self._given, namespace)
        self._session = session
        self._runtime = f"__nbops_p{next(_numbers)}__"

    def transformed(self, module: ast.Module) -> ast.Module:
        """Return *module* such that given values win over defaults and have the declared types."""
        setattr(builtins, self._runtime, self if self._refusal else self._values)
        if self._refusal:
            return raising(self._runtime, 1)
        return bind_parameters(module, self._declared, self._given, self._runtime)

    def refuse(self) -> None:
        """Raise what is wrong with the cell's mark. Called by the generated code."""
        if self._refusal is not None:
            raise told_shortly(self._refusal)

    def inner(self, module: ast.Module) -> ast.Module:
        """Leave the code that a magic in the cell runs as it is."""
        return module

    def inner_ended(self, error: BaseException | None) -> None:
        """Nothing of it is recorded."""

    def skip(self, reason: str) -> None:
        """Nothing of it is recorded."""

    def distrust(self, error: Exception) -> None:
        """Nothing of it is recorded."""

    def close(self, result: Any) -> bool:
        """The cell ended: forget the hidden name, remember the secrets. It is no step, so it is not recorded."""
        if hasattr(builtins, self._runtime):
            delattr(builtins, self._runtime)
        self._session.recorder.learn_secrets(self._values.secrets)
        return False


class _Values(GivenParameters):
    """Tells a wrong value without a traceback: it is not the cell's code that is wrong."""

    def given(self, name: str) -> object:
        try:
            return super().given(name)
        except ParameterError as error:
            raise told_shortly(error) from None

    def needed(self, name: str) -> object:
        try:
            return super().needed(name)
        except ParameterError as error:
            raise told_shortly(error) from None


def _wrong_default(declared: Iterable[Parameter], given: Mapping[str, object]) -> ParameterError | None:
    for parameter in declared:
        try:
            if parameter.name not in given:
                check_default(parameter)
        except ParameterError as error:
            return error
    return None


def declared_in(source: str) -> tuple[Parameter, ...]:
    """Return the parameters that a ``%%params`` cell declares; none when it is no Python, as Python will say itself."""
    try:
        return read_parameters(source)
    except ParameterError:
        return ()


def is_injected(source: str) -> bool:
    r"""Whether *source* is a cell that papermill wrote.

    Example:
        >>> is_injected("# Parameters\nday = '2013-01-02'"), is_injected("day = 1")
        (True, False)
    """
    return source.split("\n", 1)[0].rstrip() == _HEAD


def injected_values(source: str) -> dict[str, object]:
    r"""Return the values that papermill wrote into a cell, by name.

    Example:
        >>> injected_values("# Parameters\nday = '2013-01-02'\nlimit = float('nan')\ndays = [1, None]")
        {'day': '2013-01-02', 'limit': nan, 'days': [1, None]}
    """
    values: dict[str, object] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            known, value = _value(node.value)
            if known:
                values[node.targets[0].id] = value
    return values


def values_in_history(cells: Iterable[object]) -> dict[str, object]:
    """Return the values of the cells among *cells* that papermill wrote; the last one counts."""
    values: dict[str, object] = {}
    for source in cells:
        if isinstance(source, str) and is_injected(source):
            try:
                values |= injected_values(source)
            except SyntaxError:  # then a person wrote it, and has seen the error
                continue
    return values


def _value(node: ast.expr) -> tuple[bool, object]:
    match node:
        case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str() as text)], keywords=[]):
            return True, float(text)  # nan and the infinities are written so
    try:
        return True, ast.literal_eval(node)
    except ValueError:
        return False, None
