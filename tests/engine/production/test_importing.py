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
        "import sys; from nbops.engine.production.importing import import_papermill; import_papermill()\n"
        "print('papermill' in sys.modules, 'lark' in sys.modules, 'rfc3987_syntax' in sys.modules)"
    )

    assert python(code) == "True False False"


def test_arrow_is_imported_when_somebody_asks_for_its_file_system() -> None:
    """Not with papermill; what papermill took from it is then the real thing."""
    code = (
        "import sys; from nbops.engine.production.importing import import_papermill; import_papermill()\n"
        "from papermill.iorw import FileSelector\n"
        "print('pyarrow' in sys.modules, FileSelector('/data', recursive=True).recursive, 'pyarrow' in sys.modules)\n"
        "from pyarrow.fs import FileSelector as real; print(type(FileSelector('/data')) is real)"
    )

    assert python(code) == "False True True\nTrue"


def test_what_is_imported_already_is_left_alone() -> None:
    """A program that uses Arrow before gets no stand-in."""
    code = (
        "import pyarrow; from nbops.engine.production.importing import import_papermill; import_papermill()\n"
        "import papermill.iorw, pyarrow.fs; print(papermill.iorw.FileSelector is pyarrow.fs.FileSelector)"
    )

    assert python(code) == "True"


def test_formats_are_still_checked_by_who_asks_for_them() -> None:
    """A check of an international address gives the same verdicts as ever, and imports the grammar then."""
    code = (
        "import sys; from nbops.engine.production.importing import import_papermill; import_papermill()\n"
        "import jsonschema; check = jsonschema.Draft202012Validator.FORMAT_CHECKER\n"
        "print(check.conforms('https://example.org/ü', 'iri'), check.conforms('no iri', 'iri'))\n"
        "print(check.conforms('https://example.org/u', 'uri'), check.conforms('no uri', 'uri'))"
    )

    assert python(code) == "True False\nTrue False"
