"""Code that is run again to find something out changes nothing outside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from nbops.engine.causes.harmless import refuse_outside
refuse_outside()
code, file = sys.argv[1:3]
try:
    exec(compile(code, file, "exec"), {"folder": sys.argv[3]})
except PermissionError as error:
    print(error)
"""


def done(code: str, folder: Path, file: str = "<cell 1>") -> str:
    """Return what a process says that runs *code* as the code of a cell."""
    command = [sys.executable, "-B", "-c", PROGRAM, code, file, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "code",
    [
        "open(folder + '/new', 'w')",
        "open(folder + '/old', 'a')",
        "import os\nos.remove(folder + '/old')",
        "import shutil\nshutil.copy(folder + '/old', folder + '/new')",
        "import subprocess\nsubprocess.run(['touch', folder + '/new'])",
        "import os\nos.system(f'touch {folder}/new')",
        "import sqlite3\nsqlite3.connect(folder + '/new')",
        "import socket\nsocket.socket().connect(('127.0.0.1', 9))",
        "import sys\nsys.path.insert(0, folder)\nimport own\nown.save(folder)",
    ],
)
def test_what_would_change_or_ask_something_outside_is_refused(code: str, tmp_path: Path) -> None:
    """Also in a function of a module, and in a library."""
    (tmp_path / "old").write_text("x")
    (tmp_path / "own.py").write_text("def save(folder):\n    open(folder + '/new', 'w').write('x')\n")
    said = done(code, tmp_path)

    assert "it is not run again, because it would change or ask something outside" in said
    assert "fix:" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old", "own.py"]


def test_reading_and_what_is_no_code_of_a_cell_goes_on(tmp_path: Path) -> None:
    """What is found out must be written down by somebody."""
    (tmp_path / "old").write_text("x")

    assert done("print(open(folder + '/old').read())", tmp_path) == "x\n"
    assert done("open(folder + '/new', 'w')", tmp_path, file="ours.py") == ""
    assert (tmp_path / "new").exists()
