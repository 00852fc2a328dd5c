"""Settings: where each comes from, which source wins, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbops.errors import UsageError
from nbops.settings import Settings, duration, find_root, load_settings


def declare(root: Path, *lines: str) -> Path:
    """Write these settings into the ``pyproject.toml`` of *root* and return *root*."""
    (root / "pyproject.toml").write_text("\n".join(["[tool.nbops]", *lines]), encoding="utf-8")
    return root


def test_a_project_that_says_nothing_has_the_defaults(tmp_path: Path) -> None:
    """Neither a file nor a table is needed."""
    assert load_settings(tmp_path) == Settings()
    assert load_settings(declare(tmp_path)) == Settings(env="dev", autosave="5s", examples=5)


def test_arguments_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each source overrides the ones before it, setting by setting."""
    declare(tmp_path, 'env = "test"', 'owner = "file"', 'timeout = "1h"')
    monkeypatch.setenv("NBOPS_OWNER", "variable")
    monkeypatch.setenv("NBOPS_TIMEOUT", "2h")

    found = load_settings(tmp_path, timeout="3h", owner=None)

    assert (found.env, found.owner, found.timeout) == ("test", "variable", "3h")


def test_an_empty_variable_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``NBOPS_ENV=`` leaves the setting as it is."""
    monkeypatch.setenv("NBOPS_ENV", "")

    assert load_settings(declare(tmp_path, 'env = "test"')).env == "test"


def test_numbers_may_be_text_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable is always text, so a number is read from it."""
    monkeypatch.setenv("NBOPS_EXAMPLES", "12")

    assert load_settings(tmp_path).examples == 12


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        ('ownr = "ada"', "unknown setting 'ownr'", "did you mean 'owner'?"),
        ('env = "prd"', "unknown environment 'prd'", "did you mean 'prod'?"),
        ("env = 5", "env must be text, not 5", 'env = "5"'),
        ("timeout = 90", "timeout must be text, not 90", 'timeout = "90"'),
        ('examples = "many"', "examples must be a whole number, not 'many'", "examples = 5"),
        ("examples = [5]", "examples must be a whole number, not [5]", "examples = 5"),
        ("examples = 2.5", "examples must be a whole number, not 2.5", "examples = 5"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path: Path, line: str, what: str, fix: str) -> None:
    """The error names the setting, the value, the file and what to write instead."""
    with pytest.raises(UsageError) as caught:
        load_settings(declare(tmp_path, line))

    assert (caught.value.what, caught.value.fix) == (what, fix)
    assert caught.value.where == f"{tmp_path / 'pyproject.toml'} [tool.nbops]"


def test_a_bad_value_is_blamed_on_what_gave_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in a variable or an argument does not send anybody to the file."""
    monkeypatch.setenv("NBOPS_ENV", "moon")

    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path)
    assert caught.value.where == "the environment variable NBOPS_ENV"

    with pytest.raises(UsageError) as caught:
        load_settings(tmp_path, env="mars")
    assert caught.value.where == "the argument env"


def test_tables_of_others_are_left_to_them(tmp_path: Path) -> None:
    """``[tool.nbops.sources]`` is no setting, and no error."""
    assert load_settings(declare(tmp_path, 'owner = "ada"', "[tool.nbops.sources]", "x = 1")).owner == "ada"


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    """TOML that cannot be read is an error of usage, not a crash."""
    with pytest.raises(UsageError, match=r"pyproject\.toml cannot be read"):
        load_settings(declare(tmp_path, "env = "))


@pytest.mark.parametrize(("text", "seconds"), [("250ms", 0.25), (" 90 s ", 90.0), ("30d", 2_592_000.0), ("7", 7.0)])
def test_durations_are_read(text: str, seconds: float) -> None:
    """A number with a unit; seconds without one."""
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1s", "1 week", "1h30m", "١s٢"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """The error shows how a duration is written."""
    with pytest.raises(UsageError, match="is no duration") as caught:
        duration(text)

    assert caught.value.fix == "write 90s, 10m, 2h or 30d"


def test_the_root_is_the_nearest_folder_that_is_marked(tmp_path: Path) -> None:
    """``.git`` and ``pyproject.toml`` mark a root alike, and a folder may be its own."""
    deep = tmp_path / "repo" / "reports" / "daily"
    deep.mkdir(parents=True)
    (tmp_path / "repo" / ".git").mkdir()

    assert find_root(deep) == tmp_path / "repo"
    (deep.parent / "pyproject.toml").touch()
    assert find_root(deep) == find_root(deep.parent) == deep.parent
