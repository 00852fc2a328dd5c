"""Streams of a cell: one output for consecutive pieces, and a file for a flood."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbops.engine.production import outputs
from nbops.engine.production.outputs import STREAM_LIMIT, Streams, rewind


def test_pieces_of_one_stream_are_joined_until_something_comes_between() -> None:
    """The order of what was printed and shown stays."""
    streams, cell = Streams(None), list[dict[str, Any]]()

    streams.add(cell, "stdout", "a")
    streams.add(cell, "stdout", "b\n")
    streams.add(cell, "stderr", "oh\n")
    streams.add(cell, "stdout", "c\n")
    streams.finish(cell)

    assert [(output["name"], output["text"]) for output in cell] == [
        ("stdout", "ab\n"),
        ("stderr", "oh\n"),
        ("stdout", "c\n"),
    ]


def test_a_flood_keeps_its_beginning_and_end_and_all_of_it_in_a_file(tmp_path: Path) -> None:
    """What is left out of the notebook is counted, and the file that holds everything is named."""
    streams, cell = Streams(tmp_path / "out.cell-0"), list[dict[str, Any]]()
    text = "".join(f"{i:09d}\n" for i in range(500_000))

    for start in range(0, len(text), 70_000):
        streams.add(cell, "stdout", text[start : start + 70_000])
    streams.finish(cell)

    kept = cell[0]["text"]
    assert (tmp_path / "out.cell-0.stdout.txt").read_text(encoding="utf-8") == text
    assert len(kept) < 1.3 * STREAM_LIMIT
    assert kept.startswith("000000000\n")
    assert kept.endswith("000499999\n")
    assert "out.cell-0.stdout.txt" in kept


@pytest.mark.parametrize("size", [3 * STREAM_LIMIT, STREAM_LIMIT + 5])
def test_a_flood_that_fills_the_disk_says_so(tmp_path: Path, size: int) -> None:
    """A file that cannot hold everything is not named as one that does, be it noticed at once or at its end."""
    (tmp_path / "out.cell-0.stdout.txt").symlink_to("/dev/full")
    streams, cell = Streams(tmp_path / "out.cell-0"), list[dict[str, Any]]()

    streams.add(cell, "stdout", "x" * size + "end")
    streams.finish(cell)

    assert "not kept: No space left on device" in cell[0]["text"]
    assert cell[0]["text"].endswith("xend")


def test_a_flood_without_a_place_still_keeps_both_ends() -> None:
    """Where no file can be written the notebook says so."""
    streams, cell = Streams(Path("/nowhere/at/all")), list[dict[str, Any]]()

    streams.add(cell, "stdout", "x" * (3 * STREAM_LIMIT) + "end")
    streams.finish(cell)

    assert "not kept: No such file or directory" in cell[0]["text"]
    assert cell[0]["text"].endswith("end")


def test_a_secret_torn_in_two_is_clean_in_the_file(tmp_path: Path) -> None:
    """The end of a piece is held back until the next one came."""
    streams = Streams(tmp_path / "out", clean=lambda text: text.replace("secret", "***"), overlap=5)
    cell: list[dict[str, Any]] = []

    streams.add(cell, "stdout", "x" * STREAM_LIMIT)
    streams.add(cell, "stdout", "a sec")
    streams.add(cell, "stdout", "ret b")
    streams.finish(cell)

    assert (tmp_path / "out.stdout.txt").read_text(encoding="utf-8").endswith("xa *** b")


def test_cleared_output_starts_to_count_anew(monkeypatch: Any) -> None:
    """A cell that clears its output again and again is no flood."""
    monkeypatch.setattr(outputs, "STREAM_LIMIT", 10)
    streams, cell = Streams(None), list[dict[str, Any]]()

    for _ in range(5):
        cell.clear()
        streams.clear()
        streams.add(cell, "stdout", "12345678")
    streams.finish(cell)

    assert cell[0]["text"] == "12345678"


def test_a_progress_bar_keeps_its_last_state() -> None:
    """What a carriage return overwrites is gone; the end of a line in Windows' manner is none."""
    assert rewind("a\r\nb\rc\n") == "a\r\nc\n"
