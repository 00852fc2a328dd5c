"""A profile as HTML: a page that loads nothing, or the output of a cell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from nbops._version import __version__
from nbops.frames.profile.table import ColumnProfile, Profile
from nbops.frames.semantic import meaning_of
from nbops.rules.hygiene import Finding
from nbops.rules.writing import rule_yaml
from nbops.views.profile_pictures import bars_svg, box_svg, shares_html
from nbops.views.profile_words import amount, distinct_text, nulls_text, range_text, share_text
from nbops.views.style import style_sheet
from nbops.views.words import count, line, number

__all__ = ["profile_html", "profile_page"]

_MOST_PAIRS = 12
_WEAKEST = 0.3
_LEAST_TOGETHER = 10
_WIDE = 60  # columns; a wider table is told more shortly
_FEW_VALUES = 5
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def profile_page(profile: Profile, findings: Sequence[Finding]) -> str:
    """Return *profile* and *findings* as one self-contained HTML page, everything escaped."""
    title = escape(f"Profile of {profile.name or 'a table'}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{style_sheet('nbops.css', 'profile.css')}</style></head>"
        f'<body class="nbops"><main class="page">{_content(profile, findings)}'
        f'<p class="muted xs foot">nbops {__version__}</p></main></body></html>'
    )


def profile_html(profile: Profile, findings: Sequence[Finding]) -> str:
    """Return *profile* and *findings* for the output of a cell, its style with it."""
    css = style_sheet("nbops.css", "profile.css").replace("\n", "")
    return f'<style>{css}</style><div class="nbops nbops-profile">{_content(profile, findings)}</div>'


def _content(profile: Profile, findings: Sequence[Finding]) -> str:
    name = escape(line(profile.name, 80)) or "a table"
    is_short = len(profile.columns) > _WIDE
    columns = "".join(_column(column, is_short=is_short) for column in profile.columns)
    return (
        f"<h1>Profile of {name}</h1>{_strip(profile, findings)}{_findings(findings)}"
        f'<section class="sec"><div class="hd"><h2>{count(len(profile.columns), "column")}</h2></div>'
        f'<div class="columns">{columns}</div></section>'
        f"{_relations(profile)}"
    )


def _strip(profile: Profile, findings: Sequence[Finding]) -> str:
    cells = profile.rows * len(profile.columns)
    nulls = sum(column.nulls for column in profile.columns)
    facts = [
        (number(profile.rows), "rows"),
        (number(len(profile.columns)), "columns"),
        (share_text(nulls, cells) if cells else "–", "of the cells are null"),
        (number(profile.duplicates), "rows repeat another"),
        (" + ".join(profile.relations.keys[0]) if profile.relations.keys else "none found", "key"),
        (number(len(findings)), "findings"),
    ]
    return f'<div class="strip">{"".join(f"<div><b>{escape(value)}</b>{label}</div>" for value, label in facts)}</div>'


def _findings(findings: Sequence[Finding]) -> str:
    if not findings:
        return '<p class="muted">Nothing looks wrong.</p>'
    rows = "".join(_finding(one) for one in findings)
    return (
        '<section class="sec"><div class="hd"><h2>What looks wrong</h2>'
        '<span class="muted sm">advice, no verdict · a line opens to what mends it</span></div>'
        f'<div class="boxed">{rows}</div></section>'
    )


def _finding(one: Finding) -> str:
    examples = ", ".join(escape(line(example, 60)) for example in one.examples[:3])
    rule = f'<pre class="cmd">{escape(rule_yaml(one.rule))}</pre>' if one.rule is not None else ""
    where = f"<code>{escape(line(one.column, 60))}</code>" if one.column else "the table"
    return (
        f'<details class="finding {one.certainty}"><summary><span class="mark">{one.certainty}</span>'
        f'<span class="el">{where}</span><span class="el">{escape(one.what)}</span>'
        f'<span class="muted el">{examples}</span><span class="n">{one.count:,} of {one.of:,}</span></summary>'
        f'<div class="in"><p class="muted">{"To mend or to see it" if one.rule else "To do"}</p>'
        f'<pre class="cmd">{escape(one.fix)}</pre>'
        f"{f'<p class=muted>The rule that would guard it</p>{rule}' if rule else ''}</div></details>"
    )


# ── columns ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _column(column: ColumnProfile, *, is_short: bool) -> str:
    meaning = meaning_of(column)
    picture = bars_svg(column, is_short=is_short)
    facts = "".join(f"<dt>{escape(label)}<dd>{value}" for label, value in _facts(column))
    missing = (
        f'<span class="nulls">{nulls_text(column)} null</span>'
        if column.nulls
        else '<span class="muted">no null</span>'
    )
    return (
        f'<details class="column"><summary><div class="who"><code class="b el" title="{escape(column.name)}">'
        f'{escape(line(column.name, 60))}</code><span class="muted xs">'
        f'<span title="{escape(meaning.why)}">{meaning.type}</span>'
        f" · {escape(line(column.type, 40))}</span></div>"
        f'<div class="much"><span>{distinct_text(column)} different</span>{missing}</div>'
        f'<div class="picture">{picture or _no_picture(column)}{box_svg(column) if picture else ""}</div>'
        f'<div class="where muted">{escape(line(range_text(column), 200))}</div></summary>'
        f'<div class="in"><dl>{facts}</dl>{_lists(column, _FEW_VALUES if is_short else 8)}</div></details>'
    )


def _no_picture(column: ColumnProfile) -> str:
    words = "no value" if not column.filled else "one value" if column.values.distinct == 1 else "many different texts"
    return f'<span class="muted xs">{words}</span>'


def _facts(column: ColumnProfile) -> Iterator[tuple[str, str]]:
    yield "filled", f"{column.filled:,} of {column.rows:,}"
    yield "seen once", f"{column.values.once:,}{'' if column.values.is_exact else ' or fewer'}"
    number_facts, time, text = column.number, column.time, column.text
    if number_facts is not None and number_facts.count:
        yield "mean ± sd", f"{amount(number_facts.mean)} ± {amount(number_facts.std)}"
        yield "quartiles", " · ".join(amount(number_facts.quantiles.at(share)) for share in (0.25, 0.5, 0.75))
        if number_facts.skewness is not None:
            yield "skewness, kurtosis", f"{amount(number_facts.skewness)}, {amount(number_facts.kurtosis)}"
        yield "zero, negative", f"{number_facts.zeros:,}, {number_facts.negatives:,}"
        yield "digits behind the point", f"at most {number_facts.most_decimals}"
    if time is not None and time.count:
        yield "whole", f"{time.unit}s{', with a zone' if time.has_zone else ''}"
        if time.days:
            yield "days", f"{len(time.days):,} with rows, {time.missing_days:,} between without"
            yield (
                "weekdays",
                " ".join(f"{day} {share_text(n, time.count)}" for day, n in zip(_DAYS, time.weekdays, strict=True)),
            )
    if text is not None and text.count:
        yield "length", f"{text.shortest} to {text.longest}, mean {amount(text.mean_length)}"
        yield "blank, white space around", f"{text.blank:,}, {text.untrimmed:,}"
        looks = ", ".join(f"{look} {share_text(n, text.sampled)}" for look, n in text.looks.items())
        yield "looks like", escape(looks) or "nothing that is known"
    sentinels = ", ".join(f"{value!r} {n:,}" for value, n in column.values.sentinels.items())
    if sentinels:
        yield "may stand for missing", escape(sentinels)


def _lists(column: ColumnProfile, most: int) -> str:
    known = [(str(value), n) for value, n in column.values.most_frequent]
    parts = [f"<div><h3>Values</h3>{shares_html(known, column.filled, most)}</div>"] if known else []
    if column.text is not None and column.text.shapes:
        shapes = sorted(column.text.shapes.items(), key=lambda pair: -pair[1])
        parts.append(f"<div><h3>Written as</h3>{shares_html(shapes, column.text.sampled, most)}</div>")
    return "".join(parts)


# ── between columns ──────────────────────────────────────────────────────────────────────────────────────────────────


def _relations(profile: Profile) -> str:
    rows = [*_holding(profile), *_correlations(profile)]
    if not rows:
        return ""
    body = "".join(f"<tr><td>{what}</td><td>{how}</td></tr>" for what, how in rows)
    return f'<section class="sec"><div class="hd"><h2>Between columns</h2></div><table>{body}</table></section>'


def _holding(profile: Profile) -> Iterator[tuple[str, str]]:
    for key in profile.relations.keys[:3]:
        yield " + ".join(f"<code>{escape(name)}</code>" for name in key), "never the same in two rows"
    for order in profile.relations.orders:
        what = f"<code>{escape(order.left)}</code> ≤ <code>{escape(order.right)}</code>"
        yield what, f"in all of {order.rows:,} sampled rows"
    for one in profile.relations.sums:
        what = f"<code>{escape(one.left)}</code> + <code>{escape(one.right)}</code> = <code>{escape(one.total)}</code>"
        yield what, f"in all of {one.rows:,} sampled rows"
    for (left, right), both in profile.relations.nulls_together.items():
        if both >= _LEAST_TOGETHER and both == profile[left].nulls == profile[right].nulls:
            yield f"<code>{escape(left)}</code>, <code>{escape(right)}</code>", f"null together, in {both:,} rows"


def _correlations(profile: Profile) -> Iterator[tuple[str, str]]:
    found = [(pair, one.correlation) for pair, one in profile.relations.comoments.items()]
    strong = [(pair, r) for pair, r in found if r is not None and abs(r) >= _WEAKEST]
    for (left, right), r in sorted(strong, key=lambda pair: -abs(pair[1]))[:_MOST_PAIRS]:
        bar = f'<span class="share" style="width:{round(80 * abs(r))}px"></span>'
        yield f"<code>{escape(left)}</code>, <code>{escape(right)}</code>", f"correlation {r:+.2f} {bar}"
