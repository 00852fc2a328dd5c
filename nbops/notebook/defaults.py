"""The defaults of parameters: those that are written out must be of the type that is declared beside them."""

from __future__ import annotations

import ast

from nbops.errors import ParameterError
from nbops.frames.tables import shortened
from nbops.notebook.conversion import annotation_names, coerce
from nbops.pipeline.step import Parameter

__all__ = ["check_default"]

_SCALARS = {"str", "int", "float", "bool"}


def check_default(parameter: Parameter) -> None:
    """Make sure that a default that is written out is of the declared type: what is given is converted, it is not.

    None is left alone: many write it for "not given", whatever the type. So is what has to be computed.

    Raises:
        ParameterError: It is of another type.

    Example:
        >>> check_default(Parameter("rows", "int", "10"))
        >>> check_default(Parameter("day", "date", "'2013-02-01'"))
        Traceback (most recent call last):
        ...
        nbops.errors.ParameterError: the default of 'day' is '2013-02-01', which is not a date
          where: day: date = '2013-02-01'
          fix:   day: date = date(2013, 2, 1)
    """
    try:
        value = ast.literal_eval(parameter.default)
    except (ValueError, SyntaxError, TypeError):  # it has to be computed, or is hidden
        return
    name, declared = parameter.name, parameter.annotation
    is_declared = type(value).__name__ in _SCALARS & annotation_names(declared)
    if value is None or parameter.is_secret or not declared or is_declared:
        return
    where, what = (
        f"{name}: {declared} = {parameter.default}",
        f"the default of {name!r} is {shortened(repr(value), 80)}",
    )
    try:
        meant = coerce(name, value, declared)
    except ParameterError as error:
        wanted = error.what.rpartition(", which is not ")[2]
        raise ParameterError(
            f"{what}, which is not {wanted}", where=where, fix=f"give it a value of {declared}"
        ) from error
    if meant != value:
        raise ParameterError(
            f"{what}, which is not a {declared}", where=where, fix=f"{name}: {declared} = {_as_code(meant)}"
        )


def _as_code(value: object) -> str:
    return repr(value).replace("datetime.", "").replace("PosixPath(", "Path(").replace("WindowsPath(", "Path(")
