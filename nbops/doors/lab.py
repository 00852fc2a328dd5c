"""The door for JupyterLab: over a comm, the kernel says what the cells say that the front end shows, and what it knows.

The front end knows the cells as they stand, saved or not, and the kernel can read them; so the front end sends the
code, and gets the graph, its layout and the hash of each cell, by which it knows what changed since it ran. What
became of a step it reads from the outputs: nothing is sent while steps run. What it asks beside that (what is usual,
what changed since a step passed, rules) is answered in a thread where only the hub and files are read.

The kernel opens the comm when nbops is loaded by a front end's cell. A page that was loaded again opens one itself.
"""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nbops.doors.front_end import front_end_listens
from nbops.errors import NbopsError

if TYPE_CHECKING:
    from nbops.engine.kernel.session import Session

__all__ = ["PROTOCOL", "TARGET", "Answers", "listen", "pipeline_of"]

TARGET = "nbops"
"""The name of the comm, on both sides."""

PROTOCOL = 1
"""Raised, here and in the front end, when an older other side would misunderstand what is said."""

Send = Callable[[dict[str, Any]], None]
_BESIDE = ("usual", "step", "why", "rules")
"""What is answered beside the kernel's own thread, because only the hub and files are read for it."""
_ABOUT_STEPS = ("usual", "step", "why")
_HERE = ("suggest", "decide", "mute", "accept")


def listen(shell: Any, session: Callable[[], Session]) -> None:
    """Answer the front ends that show this kernel's notebook, and greet the one that loads nbops now.

    Args:
        shell: The IPython shell.
        session: Returns the kernel's run as it is now.
    """
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is None:  # a terminal
        return
    answers = Answers(session, shell.user_ns)
    manager.register_target(TARGET, lambda comm, _: _converse(comm, answers))
    if front_end_listens():
        from comm import create_comm

        _converse(create_comm(target_name=TARGET), answers)


def _converse(comm: Any, answers: Answers) -> None:
    comm.on_msg(lambda message: answers.answer(message["content"]["data"], comm.send))


class Answers:
    """Answers what a front end asks; each answer names its question and the question's number.

    Args:
        session: Returns the kernel's run as it is now.
        variables: The kernel's variables.
    """

    def __init__(self, session: Callable[[], Session], variables: Mapping[str, Any]) -> None:
        self._session = session
        self._variables = variables
        self._known: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {}
        self._waiting: queue.SimpleQueue[tuple[Mapping[str, Any], Send]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def answer(self, asked: Mapping[str, Any], send: Send) -> None:
        """Send the answer, now or in a moment; what is no question is told so."""
        if asked.get("ask") in _BESIDE:
            self._waiting.put((asked, send))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="nbops-answers", daemon=True)
                self._thread.start()
            return
        send(self._answered(asked))

    def _work(self) -> None:
        while True:
            asked, send = self._waiting.get()
            try:
                send(self._answered(asked))
            except Exception as error:  # noqa: BLE001 - the page went away; the next one is answered all the same
                print(f"nbops: a page could not be answered ({type(error).__name__}: {error})", file=sys.stderr)

    def _answered(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        what = asked.get("ask")
        head = {"answer": what, "number": asked.get("number")}
        if what == "pipeline":
            cells = asked.get("cells")
            return {**head, "pipeline": pipeline_of(cells) if isinstance(cells, list) else None}
        try:
            return {**head, "said": self._say(str(what), asked)}
        except NbopsError as error:
            return {**head, "error": {"what": error.what, "where": error.where, "fix": error.fix}}
        except Exception as error:  # noqa: BLE001 - a question must never harm the kernel; the reader is told
            said = f"{type(error).__name__}: {error}"
            return {**head, "error": {"what": said, "where": str(what), "fix": "nbops doctor"}}

    def _say(self, what: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if what in _ABOUT_STEPS and what not in self._known:
            from nbops.doors.step_answers import StepAnswers  # reads the hub: loading nbops must stay cheap

            steps = StepAnswers(self._session)
            self._known |= {"usual": steps.usual, "step": steps.step, "why": steps.why}
        elif what in ("rules", *_HERE) and what not in self._known:
            from nbops.doors.rule_answers import RuleAnswers

            rules = RuleAnswers(self._session, self._variables)
            self._known |= {"rules": rules.rules, "suggest": rules.suggest, "decide": rules.decide}
            self._known |= {"mute": rules.mute, "accept": rules.accept}
        if what not in self._known:
            return {"unknown": True}  # the front end is newer than the kernel's nbops
        return self._known[what](asked)


def pipeline_of(cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    r"""Return what *cells* say: edges, layout, problems, and the hash of each step's cell by its id.

    Args:
        cells: The notebook's cells in order, each with ``id``, ``kind``, ``source`` and ``tags``.

    Example:
        >>> said = pipeline_of([{"id": "a", "kind": "code", "source": "%%step load\nx = 1", "tags": []}])
        >>> [node["name"] for node in said["layout"]["nodes"]], list(said["hashes"])
        (['load'], ['a'])
    """
    from nbops.notebook.cells import Cell, Notebook  # with the first question: loading nbops must stay cheap
    from nbops.notebook.pipeline import build, source_hash
    from nbops.pipeline.layout import Layout, layout

    read = tuple(
        Cell(index, str(cell["id"]), cell["kind"], str(cell["source"]), frozenset(map(str, cell.get("tags", ()))))
        for index, cell in enumerate(cells)
    )
    hashes = {cell.id: source_hash([cell.source]) for cell in read if cell.kind == "code" and cell.source.strip()}
    try:
        found = build(Notebook("", read))
    except NbopsError as error:  # a slip in one cell, while it is being typed
        said = " · ".join(filter(None, [error.what, error.where]))
        return {"name": "", "edges": [], "layout": asdict(Layout()), "hashes": hashes, "problems": [said],
                "protocol": PROTOCOL}  # fmt: skip
    return {
        "name": found.name,
        "edges": [asdict(edge) for edge in found.edges if edge.source],
        "layout": asdict(layout(found)),
        "hashes": hashes,
        "problems": list(found.problems),
        "protocol": PROTOCOL,
    }
