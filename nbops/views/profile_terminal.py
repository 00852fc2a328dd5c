"""A profile in a terminal: one line a column, then what looks wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from nbops.frames.profile.table import Profile
from nbops.frames.semantic import meaning_of
from nbops.rules.hygiene import Finding
from nbops.rules.writing import rule_yaml
from nbops.views.profile_words import distinct_text, nulls_text, range_text, sparkline
from nbops.views.words import count, line

__all__ = ["profile_view"]

_MOST_FINDINGS = 20
_ROOM_FOR_PICTURES = 100
_SIGNS = {"definite": ("✗", "red"), "likely": ("!", "yellow"), "possible": ("·", "dim")}


def profile_view(profile: Profile, findings: Sequence[Finding], *, is_verbose: bool = False) -> RenderableType:
    """Return *profile* and *findings* for a terminal.

    Args:
        profile: What the table is like.
        findings: What looks wrong in it.
        is_verbose: Whether all findings are shown, each with what mends it and the rule that would guard it.
    """
    return Group(Text(_head(profile), style="bold"), _Columns(profile), *_findings(findings, is_verbose=is_verbose))


def _head(profile: Profile) -> str:
    parts = [count(profile.rows, "row"), count(len(profile.columns), "column")]
    if profile.duplicates:
        parts.append(f"{profile.duplicates:,} rows repeat another")
    keys = profile.relations.keys[:1]
    parts += [f"key {' + '.join(key)}" for key in keys]
    return f"{line(profile.name, 60)}  {' · '.join(parts)}".strip()


class _Columns:
    """One line a column: what is short stays whole, and the picture gives way where the terminal is narrow."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _columns(self.profile, has_picture=options.max_width >= _ROOM_FOR_PICTURES)


def _columns(profile: Profile, *, has_picture: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column("column")
    table.add_column("type", no_wrap=True, style="dim")
    table.add_column("meaning", no_wrap=True)
    table.add_column("nulls", justify="right", no_wrap=True)
    table.add_column("different", justify="right", no_wrap=True)
    if has_picture:
        table.add_column("picture", no_wrap=True)
    table.add_column("values")
    for column in profile.columns:
        picture = [sparkline(column)] if has_picture else []
        table.add_row(
            _cut(line(column.name, 28)), column.type, str(meaning_of(column).type), nulls_text(column),
            distinct_text(column), *picture, _cut(line(range_text(column), 120)),
        )  # fmt: skip
    return table


def _cut(text: str) -> Text:
    """Return *text* that ends in … where there is no room, in a column that may be made narrower than it."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def _findings(findings: Sequence[Finding], *, is_verbose: bool) -> Iterator[RenderableType]:
    if not findings:
        yield Text("\nnothing looks wrong", style="dim")
        return
    yield Text(f"\n{count(len(findings), 'finding')}: what looks wrong, as advice", style="bold")
    shown = findings if is_verbose else findings[:_MOST_FINDINGS]
    for one in shown:
        sign, style = _SIGNS[one.certainty]
        examples = f" ({', '.join(map(line, one.examples[:3]))})" if one.examples else ""
        text = Text(f"{sign} ", style=style)
        text.append(f"{line(one.column, 40)}: " if one.column else "", style="bold")
        text.append(f"{one.what}, {one.count:,} of {one.of:,}{examples}", style="")
        yield text
        if is_verbose:
            yield Text(f"    fix:  {line(one.fix, 200)}", style="dim")
            if one.rule is not None:
                yield Text(f"    rule: {rule_yaml(one.rule)}", style="dim")
    if len(shown) < len(findings):
        yield Text(f"… {len(findings) - len(shown)} more: -v shows all, with what mends them", style="dim")
    elif not is_verbose:
        yield Text("-v shows what mends each, and the rule that would guard it", style="dim")
