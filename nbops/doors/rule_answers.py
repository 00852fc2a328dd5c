"""What the panel asks about rules: those of a step's tables, suggested ones to keep, edit or drop, mute and accept."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbops.engine.kernel.session import Session
from nbops.engine.reuse.ruling import rule_folders
from nbops.errors import NbopsError, UsageError
from nbops.frames.tables import is_frame
from nbops.views.words import count, line

if TYPE_CHECKING:
    from nbops.rules.suggestion import Suggestions

__all__ = ["RuleAnswers"]

_DECISIONS = ("keep", "edit", "drop")


class RuleAnswers:
    """Answers what is asked about the rules of the tables of a kernel's notebook, and does what is decided.

    Args:
        session: Returns the kernel's run as it is now.
        variables: The kernel's variables.
    """

    def __init__(self, session: Callable[[], Session], variables: Mapping[str, Any]) -> None:
        self._session = session
        self._variables = variables
        self._suggested: dict[str, Suggestions] = {}

    def rules(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return the rules that are kept for each of ``datasets``, and whether some can be suggested."""
        names = [str(name) for name in asked.get("datasets", ())]
        return {"datasets": [self._dataset(name) for name in names]}

    def suggest(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Return rules that are proposed for the table ``dataset`` as it is in the kernel.

        Raises:
            UsageError: There is no such table.
        """
        from nbops.rules.suggest import suggest
        from nbops.views.suggested_rules import budget_text, doubt_texts, suggestion_rows, title_text

        name = str(asked.get("dataset", ""))
        table = self._variables.get(name)
        if not is_frame(table):
            raise UsageError(
                f"the kernel holds no table {name!r}", where="this kernel", fix="run the step that makes it"
            )
        found = self._suggested[name] = suggest(table, name=name)
        return {
            "title": title_text(found),
            "budget": budget_text(found),
            "file": self._shown(self._place(name)),
            "rules": suggestion_rows(found, str(self._place(name).parent)),
            "doubts": doubt_texts(found) if found.doubts else [],
        }

    def decide(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Write what was decided about the rules that were proposed for ``dataset``, or tell the difference.

        Args:
            asked: ``dataset``, ``decisions`` (each a ``word`` and its ``yaml``), and ``act``: ``write`` or ``diff``.

        Raises:
            UsageError: Nothing was proposed, a decision is none, or an edited rule cannot be meant.
        """
        from nbops.engine.plans.saving import atomic_write
        from nbops.rules.proposing import chosen_yaml, difference, with_what_people_did

        name = str(asked.get("dataset", ""))
        found = self._suggested.get(name)
        if found is None:
            raise UsageError(f"no rules were proposed for {name!r}", where="this kernel", fix="suggest them again")
        decisions = [(str(one.get("word")), str(one.get("yaml", ""))) for one in asked.get("decisions", ())]
        for word, _ in decisions:
            if word not in _DECISIONS:
                raise UsageError(f"unknown decision {word!r}", where=name, fix=" or ".join(_DECISIONS))
        path = self._place(name)
        text = with_what_people_did(path, chosen_yaml(found, decisions, folder=str(path.parent)))
        changed = difference(path, text)
        if not changed:
            return {"text": f"{self._shown(path)} says this already"}
        if asked.get("act") != "write":
            return {"text": changed}
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path.resolve(), text.encode())
        return {"text": f"{count(sum(w != 'drop' for w, _ in decisions), 'rule')} written to {self._shown(path)}"}

    def mute(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Let the rule ``rule`` of ``dataset`` only warn until the day ``until``, for ``reason``.

        Raises:
            UsageError: There is no such rule, no reason, or the day is none or over.
        """
        from nbops.rules.muting import mute

        name, rule = str(asked.get("dataset", "")), str(asked.get("rule", ""))
        file = self._file(name)
        if file is None:
            raise UsageError(
                f"no rules are kept for {name!r}", where=self._shown(self._place(name)), fix="suggest some"
            )
        until = _day(str(asked.get("until", "")), rule)
        made = mute(file, rule, until, reason=str(asked.get("reason", "")))
        return {"text": f"{made.rule} only warns until {made.until}"}

    def accept(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take ``dataset`` of ``run`` into its baseline, for ``reason``; with ``false_alarm`` only widen what alarmed.

        Raises:
            UsageError: There is no reason, or no baseline.
            ReferenceNotFound: Nothing of that name was kept.
        """
        from nbops.engine.datasets.accepting import accept, baseline_file

        session = self._session()
        name, run = str(asked.get("dataset", "")), str(asked.get("run", "")) or session.run
        notebook, reason = session.identity.notebook or "", str(asked.get("reason", ""))
        if not reason.strip():
            raise UsageError("accepting demands a reason", where=name, fix="say why it is as it should be")
        session.recorder.journal.sync()
        file = baseline_file(session.project.root, notebook, name)
        done = accept(
            f"{Path(notebook).stem}/{name}@{run}", reason=reason, baseline=file if file.is_file() else "",
            false_alarm=bool(asked.get("false_alarm")),
        )  # fmt: skip
        if isinstance(done, tuple):
            return {"text": f"{'widened' if asked.get('false_alarm') else 'a new level begins'}: {', '.join(done)}"}
        return {"text": f"accepted: {line(name)} is as it should be"}

    # ── where they stand ─────────────────────────────────────────────────────────────────────────────────────────

    def _dataset(self, name: str) -> dict[str, Any]:
        file = self._file(name)
        told: dict[str, Any] = {
            "dataset": name, "file": self._shown(file or self._place(name)), "problem": "", "rules": [],
            "can_suggest": is_frame(self._variables.get(name)), "has_baseline": self._has_baseline(name),
        }  # fmt: skip
        if file is not None:
            try:
                told["rules"] = list(_rules_in(file))
            except NbopsError as error:
                told["problem"] = f"{error.what} ({error.where})"
        return told

    def _folders(self) -> Sequence[Path]:
        session = self._session()
        return rule_folders(session.project.root, session.identity.notebook or "")

    def _file(self, name: str) -> Path | None:
        return next((file for folder in self._folders() if (file := folder / f"{name}.yml").is_file()), None)

    def _place(self, name: str) -> Path:
        """Return the rule file of a dataset: the one that is there, else where it belongs."""
        from nbops.rules.proposing import rule_file

        session = self._session()
        return self._file(name) or rule_file(session.project.root, name, session.identity.notebook or "")

    def _has_baseline(self, name: str) -> bool:
        from nbops.rules.learning import SUFFIX

        return any((folder / f"{name}{SUFFIX}").is_file() for folder in self._folders())

    def _shown(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._session().project.root)).as_posix()


def _rules_in(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rules of a file, each with its name, as it stands there, and whether it is muted."""
    from nbops.checks.suite import result_name
    from nbops.rules.muting import Muting
    from nbops.rules.reading import read_rule_file

    muted = Muting.of(file).now
    for rule in read_rule_file(file):
        name = result_name(rule.check)
        one = muted.get(name)
        yield {
            "name": name,
            "text": line(rule.text),
            "severity": rule.check.severity,
            "muted": {"until": one.until.isoformat(), "reason": line(one.reason)} if one else None,
        }


def _day(text: str, rule: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is no day", where=rule, fix="2026-12-01") from None
