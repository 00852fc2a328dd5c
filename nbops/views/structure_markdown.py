"""The change log of datasets as Markdown: the text of ``CHANGELOG-data.md``, which is added to and never rewritten."""

from __future__ import annotations

import time
from collections.abc import Sequence

from nbops.pipeline.structure.changelog import Changelog, Entry
from nbops.views.structure_words import readers_phrase, said_of
from nbops.views.words import line, short_id

__all__ = ["HEAD", "changelog_markdown", "entry_markdown", "with_entries"]

HEAD = """# Change log of data

What changed in the structure of the datasets that runs made. Each run adds what it found, the newest first; what
stands here already is left as it is.
"""
_MARK = "<!-- nbops: {} -->"
_MOST_CHANGES = 60
_SIGNS = str.maketrans({sign: f"\\{sign}" for sign in "\\`*_{}[]<>#|"})


def changelog_markdown(log: Changelog) -> str:
    """Return a whole change log as Markdown."""
    entries = [entry_markdown(log, entry) for entry in log.entries]
    return with_entries("", list(reversed(entries)))


def entry_markdown(log: Changelog, entry: Entry) -> str:
    """Return what one run changed as a section of Markdown, with a mark by which it is known again."""
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.at))
    status = "" if entry.status in ("passed", "running") else f", {entry.status}"
    rows = f", {entry.rows:,} rows" if entry.rows is not None else ""
    readers = readers_phrase(log)
    lines = [
        f"## {day} · {_text(log.dataset)}",
        _MARK.format(_mark(log, entry)),
        "",
        f"Run `{short_id(entry.run)}`{status}, step {_text(log.step)}, {_text(log.env)}{rows}."
        + (f" Read by {_text(readers)}." if readers else ""),
        "",
    ]
    said = [said_of(change) for change in entry.changes if not change.is_minor] or list(map(said_of, entry.changes))
    for one in said[:_MOST_CHANGES]:
        column = f" {_code(one.column)}" if one.column else ""
        text = f": {_text(one.text)}" if one.text else ""
        lines.append(f"- **{one.word}**{column}{text}")
    if len(said) > _MOST_CHANGES:
        lines.append(f"- and {len(said) - _MOST_CHANGES:,} more changes")
    return "\n".join(lines) + "\n"


def with_entries(text: str, entries: Sequence[str]) -> str:
    r"""Return the file *text* with those of *entries* added that it does not hold; the last of them stands first.

    Example:
        >>> once = with_entries("", ["## a\n<!-- nbops: 1 -->\n"])
        >>> with_entries(once, ["## a\n<!-- nbops: 1 -->\n"]) == once
        True
    """
    new = [entry for entry in entries if _mark_in(entry) not in text]
    if not new:
        return text
    text = text or HEAD
    at = text.find("\n## ")
    head, rest = (text, "") if at < 0 else (text[: at + 1], text[at + 1 :])
    return head.rstrip("\n") + "\n\n" + "\n".join(reversed(new)) + (f"\n{rest}" if rest else "")


def _mark(log: Changelog, entry: Entry) -> str:
    return line(f"{entry.run} {log.dataset} {log.step}", 400).replace("--", "- -")


def _mark_in(entry: str) -> str:
    return next(one for one in entry.splitlines() if one.startswith("<!-- nbops: "))


def _text(text: str) -> str:
    return text.translate(_SIGNS)


def _code(text: str) -> str:
    ticks = "`" * (1 + max((len(part) for part in text.split("`") if not part), default=0) + text.count("`"))
    return f"{ticks} {text} {ticks}" if "`" in text else f"`{text}`"
