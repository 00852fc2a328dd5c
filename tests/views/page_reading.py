"""What the tests of HTML ask of every page: that it is well formed, holds no foreign markup, and loads nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "input", "link", "img"}


class Page(HTMLParser):
    """A page that was parsed: its tags, its attributes, its text outside of style sheets."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.elements: list[dict[str, str]] = []
        self.pieces: list[str] = []
        self.problems: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an opening tag."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self.elements.append({name: value or "" for name, value in attrs})
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag that closes itself."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        """Take a closing tag."""
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        """Take text."""
        if "style" not in self._open:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        """The text as it stands."""
        return "".join(self.pieces)

    @property
    def words(self) -> str:
        """The text of all elements, with single spaces between."""
        return " ".join(" ".join(self.pieces).split())


def loads_from_elsewhere(html: str) -> list[str]:
    """Return every reference in *html* that a browser would follow by itself, and every address of a network."""
    page = Page(html)
    followed = [f"{n}={v}" for n, v in page.attributes if n in ("src", "href", "srcset", "action", "data", "poster")]
    return followed + re.findall(r"url\([^)]*\)|@import[^;]*|https?://[^\s\"'<]*", html)


def foreign_markup(html: str) -> list[str]:
    """Return what in *html* could run code, or paint over a terminal."""
    page = Page(html)
    found = [tag for tag in page.tags if tag in ("script", "iframe", "object", "embed", "link", "base", "form")]
    found += [name for name, _ in page.attributes if name.startswith("on")]
    found += [
        hex(ord(c))
        for c in html
        if (ord(c) < 32 and c not in "\n\t") or c in "\x7f\u202e\x9b" or "\ud800" <= c <= "\udfff"
    ]
    return found
