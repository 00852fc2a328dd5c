"""Secrets: usable in code, hidden in every display, gone from whatever is written."""

from __future__ import annotations

import json
import reprlib
from html import escape
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbops.errors import ParameterError
from nbops.notebook.secret import HIDDEN, Secret, redact, redact_tree, secret_value

NASTY = "pä\"ss\\wo\nrd/<&'>+ %"


def test_a_secret_is_text_that_hides() -> None:
    """Code gets the value, displays do not."""
    secret = Secret("hunter22")

    assert (secret, f"{secret}!", secret + "x", str(secret)) == ("hunter22", "hunter22!", "hunter22x", "hunter22")
    assert f"{secret!r} {[secret]} {{'a': {secret!r}}}".count("hunter22") == 0


def test_a_secret_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """``secret:NAME`` never leaves the environment on its way; a missing variable is named."""
    monkeypatch.setenv("API_TOKEN", "abc")
    monkeypatch.delenv("API_TOKN", raising=False)

    assert secret_value("secret:API_TOKEN") == "abc"
    assert secret_value("plain") == "plain"
    with pytest.raises(ParameterError, match="'API_TOKN', which is not set"):
        secret_value("secret:API_TOKN", "token")


@pytest.mark.parametrize(
    "written",
    [
        NASTY,
        json.dumps(NASTY),
        json.dumps(NASTY, ensure_ascii=False),
        repr(NASTY),
        escape(NASTY),
        quote(NASTY),
        quote(NASTY, safe=""),
        f"https://ada:{quote(NASTY, safe='')}@host/db",
    ],
)
def test_a_secret_is_taken_out_however_it_is_written(written: str) -> None:
    """Escaped for JSON, Python, HTML or a URL, it is the same secret."""
    assert "rd" not in redact(f"before {written} after", [NASTY])
    assert redact(f"before {written} after", [NASTY]).startswith("before ")


def test_a_longer_secret_goes_before_a_part_of_it() -> None:
    """The rest of a secret would tell the rest of it."""
    assert redact("abcdef abcd", ["abcd", "abcdef"]) == f"{HIDDEN} {HIDDEN}"


def test_a_short_secret_goes_as_a_word() -> None:
    """A secret of one letter must not eat the text around it."""
    assert redact("a cat, 'a'", ["a"]) == f"{HIDDEN} cat, '{HIDDEN}'"
    assert redact("nothing", ["", " "]) == "nothing"


def test_a_tree_loses_its_secrets_and_keeps_its_structure() -> None:
    """Values, keys and numbers; but a password 'code' must not break the notebook."""
    tree = {
        "cells": [{"cell_type": "code", "source": "p = 'code'", "n": 123456, "ok": True}],
        "hunter22": ("hunter22", None, 1.5),
    }

    assert redact_tree(tree, ["code", "hunter22", "123456"]) == {
        "cells": [{"cell_type": "code", "source": f"p = '{HIDDEN}'", "n": HIDDEN, "ok": True}],
        HIDDEN: (HIDDEN, None, 1.5),
    }


def test_a_tree_without_secrets_is_not_copied() -> None:
    """A large notebook costs a look, not a copy; what is changed is a copy."""
    tree = {"a": ["x" * 100, {"b": 1}], "c": ["hunter22"]}

    assert redact_tree(tree, ["absent"]) is tree
    assert redact_tree(tree, []) is tree
    assert redact_tree(tree, ["hunter22"])["a"] is tree["a"]
    assert tree["c"] == ["hunter22"]


@given(st.text(min_size=4).filter(lambda s: s.strip()), st.text(), st.text())
def test_no_secret_survives(secret: str, before: str, after: str) -> None:
    """Whatever surrounds a secret, it is gone, from text and from JSON of it."""
    if secret in HIDDEN or HIDDEN[0] in secret:
        return

    assert secret not in redact(before + secret + after, [secret])
    assert secret not in redact_tree([before + secret + after], [secret])[0]


def test_a_secret_that_was_cut_short_to_be_shown_is_hidden() -> None:
    """A long token whose beginning, or end, stands beside an ellipsis is hidden; the rest of the text is not."""
    token = "eyJhbGciOiJIUzI1NiIs" * 10
    middle = reprlib.Repr()
    middle.maxstring = 60

    assert redact(f"t is Bearer {token[:59]}…", [token]) == f"t is Bearer {HIDDEN}…"
    assert redact(middle.repr(token), [token]) == f"'{HIDDEN}...{HIDDEN}'"
    assert redact(f"{token[:20]}...{token[-25:-3]}…", [token]) == f"{HIDDEN}...{HIDDEN}…"
    assert redact_tree({"rows": [[token[:30] + "…"]]}, [token]) == {"rows": [[f"{HIDDEN}…"]]}
    assert redact("see https://a.b/c …", ["https://ada:pw@host/db"]) == "see https://a.b/c …"


def test_a_secret_of_several_lines_is_hidden_line_by_line() -> None:
    """A key is hidden where its lines are joined to one, and where each is a text of its own."""
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBg\nx9\n-----END KEY-----"

    assert redact(f"m {' '.join(key.split())}!", [key]) == f"m {HIDDEN}!"
    assert redact_tree(["  MIIEvQIBADANBg\n", "other"], [key]) == [f"  {HIDDEN}\n", "other"]


@pytest.mark.parametrize("secret", ["ab<cd\nef&gh", "k\\ey\tone\r\ntwo"])
def test_a_short_secret_of_several_lines_is_hidden_in_a_table(secret: str) -> None:
    """In a cell of a table its line breaks are spelled out first, and in HTML the rest is escaped after that."""
    table = pd.DataFrame({"token": [secret]})
    shown = f"{table.to_html()} {table}"

    assert shown.count(HIDDEN) == 0
    assert redact(shown, [secret]).count(HIDDEN) == 2
