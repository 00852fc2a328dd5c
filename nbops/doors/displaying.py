"""What a cell shows of profiles and of proposed rules when they are its last value: HTML beside their text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbops.frames.profile.table import Profile
    from nbops.rules.suggestion import Suggestions

__all__ = ["offer_html"]


def offer_html(shell: Any) -> None:
    """Make *shell* show profiles and proposed rules as HTML, too; nothing heavy is loaded for it."""
    html = shell.display_formatter.formatters["text/html"]
    html.for_type_by_name("nbops.frames.profile.table", "Profile", _profile_html)
    html.for_type_by_name("nbops.rules.suggestion", "Suggestions", _suggestions_html)


def _profile_html(found: Profile) -> str:
    from nbops.rules.hygiene import findings
    from nbops.views.profile_page import profile_html

    return profile_html(found, findings(found))


def _suggestions_html(found: Suggestions) -> str:
    from nbops.views.suggested_rules import suggestions_html

    return suggestions_html(found)
