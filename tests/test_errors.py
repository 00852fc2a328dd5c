"""Errors say what, where and how to fix it, mean one exit code each, and are what a caller would expect to catch."""

from __future__ import annotations

import pickle

import pytest

from nbops import errors
from nbops.errors import NbopsError, StepFailed, did_you_mean

KINDS = [getattr(errors, name) for name in errors.__all__ if isinstance(getattr(errors, name), type)]

EXIT_CODES = {
    "ArtifactError": 2,
    "CheckFailed": 1,
    "HubError": 2,
    "HubVersionError": 2,
    "KernelError": 2,
    "NbopsError": 2,
    "NotebookError": 4,
    "NothingSelected": 5,
    "OutputError": 2,
    "ParameterError": 4,
    "PipelineError": 4,
    "ReferenceNotFound": 4,
    "Refused": 3,
    "StepFailed": 1,
    "UnknownCheck": 4,
    "UsageError": 4,
}


def test_every_error_has_its_exit_code() -> None:
    """What a command ends with follows from the kind of the error alone."""
    assert {kind.__name__: kind.exit_code for kind in KINDS} == EXIT_CODES


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_the_way_to_another_process(kind: type[NbopsError]) -> None:
    """Kind and parts come back from a pickle."""
    error = pickle.loads(pickle.dumps(kind("no step 'a'", where="x.ipynb", fix="nbops show x")))

    assert (type(error), error.what, error.where, error.fix) == (kind, "no step 'a'", "x.ipynb", "nbops show x")


def test_what_is_not_known_has_no_line() -> None:
    """An error without place or remedy is one line."""
    assert str(NbopsError("it broke")) == "it broke"
    assert str(NbopsError("it broke", fix="mend it")) == "it broke\n  fix:   mend it"


def test_lines_of_a_fix_stand_below_each_other() -> None:
    """What is to be copied keeps its layout."""
    assert str(NbopsError("it is empty", fix="rules:\n  - not_empty")) == (
        "it is empty\n  fix:   rules:\n           - not_empty"
    )


@pytest.mark.parametrize(
    ("name", "standard"),
    [
        ("UsageError", ValueError),
        ("ReferenceNotFound", LookupError),
        ("NothingSelected", LookupError),
        ("HubError", OSError),
        ("OutputError", OSError),
        ("KernelError", RuntimeError),
        ("CheckFailed", AssertionError),
        ("StepFailed", AssertionError),
    ],
)
def test_an_error_is_also_the_one_of_the_standard_library(name: str, standard: type[Exception]) -> None:
    """Code that knows nothing of nbops catches what it would expect."""
    assert issubclass(getattr(errors, name), standard)


def test_a_failed_step_is_shown_without_a_traceback() -> None:
    """IPython shows the message: the frames are those of generated code."""
    assert StepFailed("1 of 2 tests failed", where="step load")._render_traceback_() == [
        "StepFailed: 1 of 2 tests failed",
        "  where: step load",
    ]


def test_the_nearest_names_come_first_and_all_names_when_none_is_near() -> None:
    """A typo gets its remedy, a wild guess the list."""
    assert did_you_mean("claen", ["load", "clean", "clear"]) == "did you mean 'clean' or 'clear'?"
    assert did_you_mean("zzz", ["load", "clean"]) == "known: load, clean"
