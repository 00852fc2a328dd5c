"""papermill is imported quickly, and nobody can tell the difference."""

from __future__ import annotations

import subprocess
import sys


def python(code: str) -> str:
    """Return what a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_slow_grammar_is_not_compiled() -> None:
    """Importing papermill this way imports no parser generator."""
    code = (
        "import sys; from nbops.engine.importing import import_papermill; import_papermill()\n"
        "print('papermill' in sys.modules, 'lark' in sys.modules, 'rfc3987_syntax' in sys.modules)"
    )

    assert python(code) == "True False False"


def test_formats_are_still_checked_by_who_asks_for_them() -> None:
    """A check of an international address gives the same verdicts as ever, and imports the grammar then."""
    code = (
        "import sys; from nbops.engine.importing import import_papermill; import_papermill()\n"
        "import jsonschema; check = jsonschema.Draft202012Validator.FORMAT_CHECKER\n"
        "print(check.conforms('https://example.org/ü', 'iri'), check.conforms('no iri', 'iri'))"
    )

    assert python(code) == "True False"
