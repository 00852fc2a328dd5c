"""Writing files whole, and the executed notebook seldom."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from nbops.engine.plans.saving import Saver, atomic_write, check_writable, notebook_bytes
from nbops.errors import OutputError


def notebook(text: str = "a\nb") -> dict[str, Any]:
    """Return a notebook of one cell with one output of each kind."""
    outputs = [
        {"output_type": "stream", "name": "stdout", "text": text},
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": text, "application/json": {"a": 1}}},
        {"output_type": "error", "ename": "E", "evalue": text, "traceback": [text]},
    ]
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": text, "outputs": outputs, "execution_count": 1}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}


def test_a_write_replaces_the_whole_file_and_keeps_its_mode(tmp_path: Path) -> None:
    """The new content stands there, with the old file's permissions, and no other file does."""
    path = tmp_path / "a.txt"
    path.write_text("a long old content", encoding="utf-8")
    path.chmod(0o640)

    atomic_write(path, b"new")

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What the link leads to is replaced, whole, and not the link."""
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.ipynb"
    link.symlink_to(tmp_path / "there" / "real.ipynb")

    check_writable(link)
    atomic_write(link, b"new")

    assert (link.is_symlink(), (tmp_path / "there" / "real.ipynb").read_bytes()) == (True, b"new")


def test_a_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    """Root would otherwise put a file in the place of ``/dev/null``."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    check_writable(pipe)
    atomic_write(pipe, b"through")

    assert (os.read(reader, 100), pipe.is_fifo()) == (b"through", True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["pipe"]
    os.close(reader)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk is an error with a fix, the old content stays, and nothing half-written lies about."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OutputError, match="free some space"):
        atomic_write(path, b"new")

    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_checking_makes_the_folder_and_sweeps_old_leftovers(tmp_path: Path) -> None:
    """The folder is there afterwards; temporary files of a killed writer go when they are old, not before."""
    path = tmp_path / "deep" / "out.ipynb"
    path.parent.mkdir()
    old, new = path.with_name(".out.ipynb.00000000.tmp"), path.with_name(".out.ipynb.11111111.tmp")
    for leftover in (old, new):
        leftover.touch()
    os.utime(old, (time.time() - 7200, time.time() - 7200))

    check_writable(path)

    assert [entry.name for entry in path.parent.iterdir()] == [new.name]


@pytest.mark.parametrize("place", ["", "file/out.ipynb"])
def test_what_cannot_be_written_is_found_beforehand(tmp_path: Path, place: str) -> None:
    """A folder, and a place below a file, are errors before anything runs."""
    (tmp_path / "file").touch()

    with pytest.raises(OutputError):
        check_writable(tmp_path / place)


def test_the_bytes_are_those_that_nbformat_would_write() -> None:
    """The layout is Jupyter's own, so that a saved notebook and an executed one differ in their content only."""
    import nbformat

    content = notebook()

    assert notebook_bytes(content).decode() == nbformat.writes(nbformat.from_dict(content)) + "\n"


def test_data_of_every_kind_is_read_back_as_it_was() -> None:
    """Text is laid out in lines; a text that is JSON data, or a picture, is not, since no reader would join it."""
    import nbformat

    text = "a\nb"
    kinds = ("text/html", "image/svg+xml", "image/png", "application/json", "application/geo+json")
    content = notebook()
    content["cells"][0]["outputs"] = [
        {"output_type": "display_data", "data": dict.fromkeys(kinds, text), "metadata": {}}
    ]

    written = notebook_bytes(content).decode()

    assert nbformat.reads(written, 4).cells[0].outputs[0].data == dict.fromkeys(kinds, text)
    assert written == nbformat.writes(nbformat.from_dict(content)) + "\n"


def test_lone_surrogates_do_not_stop_a_save() -> None:
    """Text that is no valid Unicode is escaped as JSON can, rather than losing the whole notebook."""
    content = notebook_bytes(notebook("a \ud800 b"))

    assert json.loads(content.decode("utf-8"))["cells"][0]["source"] == ["a \ud800 b"]


def test_saves_in_between_are_seldom_and_the_last_one_always_happens(tmp_path: Path) -> None:
    """Within the interval nothing is written; a save that is asked for is."""
    path = tmp_path / "out.ipynb"
    saver = Saver(path, 3600)
    saver.save(notebook("first"))

    saver.save_sometimes(notebook("second"))
    between = json.loads(path.read_bytes())
    saver.save(notebook("third"))

    assert between["cells"][0]["source"] == ["first"]
    assert json.loads(path.read_bytes())["cells"][0]["source"] == ["third"]


def test_a_save_in_between_that_fails_is_told_once_and_the_run_goes_on(tmp_path: Path) -> None:
    """The trouble is one sentence however often it happens, and no exception."""
    told: list[str] = []
    saver = Saver(tmp_path / "gone" / "out.ipynb", 0, on_trouble=told.append)

    saver.save_sometimes(notebook())
    saver.save_sometimes(notebook())

    assert len(told) == 1
    assert "the run goes on" in told[0]
