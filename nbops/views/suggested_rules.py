"""Proposed rules as a table in the terminal, and as HTML: a sentence first, then what it rests on and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from nbops.rules.suggestion import Suggestion, Suggestions
from nbops.views.style import style_sheet
from nbops.views.words import count, line

__all__ = [
    "DOUBTS",
    "TITLES",
    "budget_text",
    "doubt_texts",
    "suggestion_rows",
    "suggestions_html",
    "suggestions_style",
    "suggestions_view",
    "title_text",
]

TITLES = {
    "hard": "Hard: wrong however much chance there is",
    "statistical": "Statistical: they share one budget",
}
"""The two natures of rules, with the headings that they stand under."""

DOUBTS = "The baseline itself looks wrong, and these rules take that for usual:"
"""What stands above the list of what looks wrong in a baseline."""
_MOST_DOUBTS = 5
_MOST_APART = 200  # rules; of more, those of one kind stand together
_FEW_OF_A_KIND = 8


def suggestions_view(found: Suggestions) -> RenderableType:
    """Return *found* for a terminal."""
    parts: list[RenderableType] = [Text(title_text(found), style="bold"), Text(budget_text(found), style="dim")]
    for nature, title in TITLES.items():
        rules = [rule for rule in found.rules if rule.nature == nature]
        if not rules:
            continue
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
        table.add_column("rule", ratio=3, overflow="fold")
        table.add_column("seen", ratio=2, overflow="fold", style="dim")
        table.add_column("on break", no_wrap=True)
        table.add_column("budget", justify="right", no_wrap=True)
        for rule in rules:
            spent = f"{rule.risk / found.budget:.1%}" if rule.risk else "–"
            note = f" ({rule.note})" if rule.note else ""
            table.add_row(line(rule.sentence, 200) + note, line(rule.evidence, 120), rule.check.severity, spent)
        parts += [Text(), Text(title, style="bold"), table]
    return Group(*parts, *_doubts(found))


def _doubts(found: Suggestions) -> Iterator[Text]:
    if not found.doubts:
        return
    yield Text()
    yield Text.assemble(("! ", "yellow"), (DOUBTS, "bold"))
    yield from (Text(f"  {told}") for told in doubt_texts(found))
    yield Text("  mend it first, then suggest anew; `nbops profile TABLE -v` says what mends it", style="dim")


def doubt_texts(found: Suggestions) -> list[str]:
    """Return what looks wrong in the baseline itself, one line each, the most certain first."""
    told = [
        f"{line(one.column, 40) or 'the table'}: {line(one.what, 120)}, {one.count:,} of {one.of:,}"
        for one in found.doubts[:_MOST_DOUBTS]
    ]
    more = len(found.doubts) - len(told)
    return [*told, *([f"{more} more"] if more > 0 else [])]


def suggestion_rows(found: Suggestions, folder: str = "") -> list[dict[str, str]]:
    """Return *found* as rows of text, for the list in a notebook whose rule file will stand in *folder*."""
    return [
        {
            "sentence": rule.sentence + (f" ({rule.note})" if rule.note else ""),
            "kind": rule.check.kind,
            "nature": rule.nature,
            "evidence": f"{rule.evidence} ({rule.statistic})",
            "severity": rule.check.severity,
            "budget": f"{rule.risk / found.budget:.1%}" if rule.risk else "none",
            "yaml": rule.yaml(folder),
        }
        for rule in found.rules
    ]


def suggestions_style() -> str:
    """Return the style sheet of the list."""
    return style_sheet("nbops.css", "suggested.css")


def suggestions_html(found: Suggestions) -> str:
    """Return *found* as HTML that can only be read, everything escaped: what a saved notebook keeps."""
    css = suggestions_style().replace("\n", "")
    body = "".join(_group(found, nature, title) for nature, title in TITLES.items())
    if found.doubts:
        told = "".join(f"<br>{escape(one)}" for one in doubt_texts(found))
        body += f'<p class="note">{DOUBTS}{told}</p>'
    return (
        f'<style>{css}</style><div class="nbops nbops-rules"><h1>{escape(title_text(found))}</h1>'
        f'<p class="muted">{escape(budget_text(found))}</p>{body}</div>'
    )


def _group(found: Suggestions, nature: str, title: str) -> str:
    kinds: dict[tuple[str, str], list[Suggestion]] = {}
    for rule in found.rules:
        if rule.nature == nature:
            kinds.setdefault((rule.check.kind, rule.check.severity), []).append(rule)
    if len(found) > _MOST_APART:
        rows = "".join(
            _rows_together(found, rules) if len(rules) > _FEW_OF_A_KIND else "".join(_row(found, one) for one in rules)
            for rules in kinds.values()
        )
    else:
        rows = "".join(_row(found, rule) for rule in found.rules if rule.nature == nature)
    head = '<span>rule</span><span>seen</span><span>on break</span><span class="n">budget</span>'
    return f'<h2>{escape(title)}</h2><div class="head">{head}</div><div class="rules">{rows}</div>' if rows else ""


def _rows_together(found: Suggestions, rules: list[Suggestion]) -> str:
    """Return rules of one kind as one line, which opens to how they stand in the rule file."""
    first = rules[0]
    lines = "\n".join(rule.yaml() for rule in rules)
    spent = _spent(found, sum(rule.risk for rule in rules))
    return (
        f'<details class="rule"><summary><span class="what">{count(len(rules), "rule")} as: '
        f'{escape(line(first.sentence, 300))}<span class="kind">{first.check.kind}</span></span>'
        f'<span class="muted">{escape(line(first.evidence, 120))}, and so on</span>'
        f'<span>{first.check.severity}</span><span class="n">{spent}</span></summary>'
        f'<pre class="cmd many">{escape(lines)}</pre></details>'
    )


def _spent(found: Suggestions, risk: float) -> str:
    return f"{risk / found.budget:.1%}" if risk else "none"


def _row(found: Suggestions, rule: Suggestion) -> str:
    spent = _spent(found, rule.risk)
    note = f' <span class="note">{escape(rule.note)}</span>' if rule.note else ""
    return (
        f'<details class="rule"><summary><span class="what">{escape(line(rule.sentence, 300))}{note}<span class="kind">'
        f'{rule.check.kind}</span></span><span class="muted">{escape(line(rule.evidence, 120))}</span>'
        f'<span>{rule.check.severity}</span><span class="n">{spent}</span></summary>'
        f'<pre class="cmd">{escape(rule.yaml())}</pre></details>'
    )


def title_text(found: Suggestions) -> str:
    """Return how many rules are proposed, for what."""
    return f"{count(len(found), 'rule')} proposed for {line(found.name, 60) or 'the table'}"


def budget_text(found: Suggestions) -> str:
    """Return what the rules were learned from and what they spend."""
    batches = count(found.batches, "batch", "batches")
    return (
        f"from {count(found.rows, 'row')} in {batches} · "
        f"all together refuse at most 1 in {1 / found.budget:,.0f} batches like these"
        f" · {found.spent / found.budget:.0%} of that is spent"
    )
