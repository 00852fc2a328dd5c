"""The documentation cannot rot: every command, flag, magic, setting and public name stands in the reference."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import click
import pytest

import nbops
from nbops.doors.cli import main
from nbops.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"
REFERENCE = DOCS / "reference.md"
MAGICS = ["%%step", "%%params", "%%test", "%nbops"]


def commands() -> list[tuple[str, click.Command]]:
    """Return every command with its full name, groups included."""
    found: list[tuple[str, click.Command]] = []

    def visit(name: str, command: click.Command) -> None:
        context = click.Context(command, info_name=name)
        found.append((name, command))
        if isinstance(command, click.Group):
            for child in command.list_commands(context):
                sub = command.get_command(context, child)
                assert sub is not None
                visit(f"{name} {child}", sub)

    visit("nbops", main)
    return found


def reference() -> str:
    """Return the text of the reference page."""
    return REFERENCE.read_text(encoding="utf-8")


def test_every_command_has_a_heading_in_the_reference() -> None:
    """``nbops VERB`` is found in the reference by its name."""
    missing = [name for name, _ in commands() if not re.search(rf"^#+ .*`{re.escape(name)}[ `]", reference(), re.M)]

    assert missing == []


def test_every_command_says_what_it_does() -> None:
    """``--help`` of every command begins with a sentence."""
    assert [name for name, command in commands() if not (command.help or "").strip()] == []


def test_every_flag_stands_in_the_reference() -> None:
    """Every option of every command is named in the reference."""
    text = reference()
    flags = {(name, opt) for name, c in commands() for p in c.params if isinstance(p, click.Option) for opt in p.opts}
    missing = sorted(f"{name} {flag}" for name, flag in flags if f"{flag}" not in text)

    assert missing == []


@pytest.mark.parametrize("magic", MAGICS)
def test_every_magic_has_a_heading_in_the_reference(magic: str) -> None:
    """Every magic that is registered has its own section."""
    assert re.search(rf"^#+ .*`{re.escape(magic)}", reference(), re.M)


def test_every_step_option_stands_in_the_reference() -> None:
    """Every option of ``%%step`` is named in the reference."""
    options = ["-i", "-o", "--after", "--retries", "--retry-delay", "--timeout", "--cache", "--needs", "--when",
               "--on-fail", "--owner", "--doc"]  # fmt: skip

    assert [option for option in options if f"`{option}" not in reference()] == []


def test_every_setting_stands_in_the_reference() -> None:
    """Every setting is named with its environment variable."""
    text = reference()
    missing = [f.name for f in dataclasses.fields(Settings) if f"NBOPS_{f.name.upper()}" not in text]

    assert missing == []


def test_every_public_name_stands_in_the_reference() -> None:
    """Every name of ``import nbops`` is explained."""
    text = reference()
    names = [n for n in dir(nbops) if not n.startswith("_") and not n.endswith("ipython_extension")]

    assert [name for name in names if f"nbops.{name}" not in text] == []


def test_links_between_pages_lead_somewhere() -> None:
    """A relative link in the documentation or the README points to a file that exists."""
    pages = [*DOCS.rglob("*.md"), *(DOCS.parent / n for n in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []
