"""``%nbops profile df`` and ``%nbops suggest df``: what the command line does with a file, with a variable."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from nbops.doors.front_end import front_end_listens
from nbops.errors import NbopsError, UsageError
from nbops.frames.tables import is_frame

__all__ = ["act_on_variable", "names_variable"]

SCRIPT = Path(__file__).parent.parent / "static" / "suggested.js"
_VERBS = ("profile", "suggest")
_DECISIONS = ("keep", "edit", "drop")


def names_variable(words: Sequence[str], namespace: Mapping[str, Any]) -> bool:
    """Whether *words* are a verb that takes a table, and the name of a variable that is one."""
    return len(words) > 1 and words[0] in _VERBS and words[1].isidentifier() and is_frame(namespace.get(words[1]))


def act_on_variable(words: Sequence[str], namespace: Mapping[str, Any], root: Path, notebook: str = "") -> None:
    """Do what *words* say with the variable that they name.

    Args:
        words: The verb, the variable, and options.
        namespace: Where the variable is.
        root: The project's root, for rule files.
        notebook: The notebook whose variable it is; empty when unknown.

    Raises:
        UsageError: An option is unknown.
    """
    from nbops.rules.proposing import rule_file

    verb, name, *options = words
    if verb == "profile":
        _refuse(options, ())
        _show_profile(namespace[name], name)
        return
    asked = _asked(name, options, namespace)
    _show_suggestions(asked, Path(asked.output) if asked.output else rule_file(root, name, notebook))


def _refuse(options: Sequence[str], known: Sequence[str]) -> None:
    if options:
        fix = f"it takes {' '.join(known)}" if known else "it takes none"
        raise UsageError(f"unknown option {options[0]!r} for a variable", where="%nbops", fix=fix)


def _show_profile(table: Any, name: str) -> None:
    from IPython.display import display

    from nbops.frames.profile.table import profile
    from nbops.rules.hygiene import findings
    from nbops.views.profile_page import profile_html
    from nbops.views.profile_terminal import profile_view

    found = profile(table, name=name)
    wrong = findings(found)
    display({"text/html": profile_html(found, wrong), "text/plain": _text(profile_view(found, wrong))}, raw=True)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What rules are asked for: the variable, and what the options say."""

    name: str
    table: Any
    baseline: tuple[Any, ...]
    others: Mapping[str, Any]
    budget: float
    output: str
    write: bool


_OPTIONS = click.Command(
    "suggest",
    params=[
        click.Option(["--write"], is_flag=True),
        click.Option(["--baseline"], multiple=True),
        click.Option(["--other"], multiple=True),
        click.Option(["--budget"], default=0.01),
        click.Option(["-o", "--out", "output"], default=""),
    ],
)


def _asked(name: str, options: Sequence[str], namespace: Mapping[str, Any]) -> _Asked:
    try:
        given = _OPTIONS.make_context("suggest", list(options)).params
    except click.ClickException as error:
        known = "--write, --baseline WHAT, --other WHAT, --budget SHARE, -o FILE; WHAT is a variable or a file"
        wrong = getattr(error, "option_name", "")
        what = f"unknown option {wrong!r} for a variable" if wrong and "No such" in error.message else error.message
        raise UsageError(what, where=f"%nbops suggest {name}", fix=f"it takes {known}") from None
    baseline = tuple(_variable_or_file(one, namespace) for one in given["baseline"])
    others = {Path(one).name.split(".")[0]: _variable_or_file(one, namespace) for one in given["other"]}
    return _Asked(name, namespace[name], baseline, others, given["budget"], given["output"], given["write"])


def _variable_or_file(word: str, namespace: Mapping[str, Any]) -> Any:
    found = namespace.get(word)
    return found if is_frame(found) else word


def _show_suggestions(asked: _Asked, path: Path) -> None:
    from IPython.display import display

    from nbops.rules.proposing import with_what_people_did
    from nbops.rules.suggest import suggest
    from nbops.views.suggested_rules import suggestions_html, suggestions_view

    found = suggest(
        asked.table, baseline=asked.baseline, name=asked.name, budget=asked.budget, others=asked.others
    )  # fmt: skip
    if asked.write:
        print(_write(path, with_what_people_did(path, found.yaml(str(path.parent)))))
        return
    bundle: dict[str, Any] = {"text/html": suggestions_html(found), "text/plain": _text(suggestions_view(found))}
    if front_end_listens():
        made = _list(found, path)._repr_mimebundle_()
        bundle = {**(made[0] if isinstance(made, tuple) else made), **bundle}
    display(bundle, raw=True)
    if not front_end_listens():
        print(f"nothing is written: %nbops suggest {asked.name} --write writes {path}")


def _text(view: Any) -> str:
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=120, no_color=True, force_jupyter=False, highlight=False, emoji=False, markup=False).print(
        view
    )
    return text.getvalue()


def _write(path: Path, text: str) -> str:
    """Write a rule file, and return the difference that it makes."""
    from nbops.engine.plans.saving import atomic_write
    from nbops.rules.proposing import difference

    changed = difference(path, text)
    if not changed:
        return f"{path} says this already"
    is_new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path.resolve(), text.encode())
    return f"written to {path}" if is_new else f"{changed}\nwritten to {path}"


# ── the list that can be changed ─────────────────────────────────────────────────────────────────────────────────────


def _list(found: Any, path: Path) -> Any:
    from nbops.views.suggested_rules import DOUBTS, TITLES, budget_text, doubt_texts, suggestion_rows, title_text

    folder = str(path.parent)
    made = _widget_class()(
        rows=suggestion_rows(found, folder), title=title_text(found), budget=budget_text(found), titles=dict(TITLES),
        doubts=[DOUBTS, *doubt_texts(found)] if found.doubts else [], file=os.path.relpath(path),
    )  # fmt: skip
    made.on_msg(functools.partial(_heard, found, path))
    return made


def _heard(found: Any, path: Path, widget: Any, content: Mapping[str, Any], _: Any) -> None:
    """Do what was clicked, and tell what came of it; what cannot be meant is told in the list."""
    try:
        widget.send({"text": _decided(found, path, content)})
    except (NbopsError, OSError) as error:
        widget.send({"text": str(error), "is_wrong": True})


def _decided(found: Any, path: Path, content: Mapping[str, Any]) -> str:
    from nbops.rules.proposing import chosen_yaml, difference, with_what_people_did

    decisions = [(str(one.get("word")), str(one.get("yaml", ""))) for one in content.get("decisions", ())]
    for word, _ in decisions:
        if word not in _DECISIONS:
            raise UsageError(f"unknown decision {word!r}", fix=" or ".join(_DECISIONS))
    text = with_what_people_did(path, chosen_yaml(found, decisions, folder=str(path.parent)))
    if content.get("act") == "write":
        return _write(path, text)
    return click.unstyle(difference(path, text)) or f"{path} says this already"


@functools.cache
def _widget_class() -> type[Any]:
    import anywidget
    import traitlets

    from nbops.views.suggested_rules import suggestions_style

    class RulesWidget(anywidget.AnyWidget):  # type: ignore[misc]
        """The list of proposed rules."""

        _esm = SCRIPT
        _css = suggestions_style()
        rows = traitlets.List().tag(sync=True)
        title = traitlets.Unicode().tag(sync=True)
        budget = traitlets.Unicode().tag(sync=True)
        titles = traitlets.Dict().tag(sync=True)
        doubts = traitlets.List().tag(sync=True)
        file = traitlets.Unicode().tag(sync=True)

    return RulesWidget
