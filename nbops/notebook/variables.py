"""Reading and binding variables while a cell is followed: whose a name is, and what is seen of it from outside."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field

from nbops.notebook.heap import NOTHING, Frame, Heap, Thing, Value

__all__ = ["Seen", "Variables"]

_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "In", "Out", "exit", "quit", "display", "__name__", "__file__"}


@dataclass(slots=True)
class Seen:
    """What was seen while a cell was read: names with the line of the first time.

    The fields mean what they mean in a :class:`~nbops.notebook.dataflow.Flow`; *written* holds what is surely bound by
    now, on every branch.
    """

    reads: dict[str, int] = field(default_factory=dict)
    writes: dict[str, int] = field(default_factory=dict)
    mutates: dict[str, int] = field(default_factory=dict)
    through: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    stars: set[str] = field(default_factory=set)
    defers: dict[str, dict[str, int]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)


class Variables:
    """The variables of one cell as it is followed: those of the notebook, and those of the frame that is open."""

    def __init__(self, heap: Heap) -> None:
        self.heap = heap
        self.seen = Seen()
        self.frame: Frame | None = None
        self.branches = 0  # how many branches deep, of which one will run
        self.site = 0  # the line of the call that is being followed; 0 in the cell itself
        self.calling: list[str] = []  # the functions that are being followed

    def line(self, node: ast.AST) -> int:
        """Return the line of the cell that makes *node* run."""
        return self.site or getattr(node, "lineno", 1)

    def load(self, name: str, line: int) -> Value:
        """Read the variable *name*."""
        frame = self._frame_of(name)
        if frame is not None:
            return frame.values.get(name, NOTHING)
        known = name in self.heap.values
        if not known and (name in _BUILTINS or self.seen.stars):  # after a star import nobody knows whose it is
            return NOTHING
        if name not in self.seen.written and name not in self.seen.reads:
            self.seen.reads[name] = line
            if self.calling:
                self.seen.through[name] = self.calling[0]
        if not known:
            self.heap.bind(name, frozenset({Thing()}))
        return self.heap.values[name]

    def _frame_of(self, name: str) -> Frame | None:
        frame = self.frame
        is_innermost = True
        while frame is not None:
            if name in frame.local and (frame.kind != "class" or is_innermost):
                return frame if name in frame.values or frame.kind != "class" else None
            is_innermost = is_innermost and frame.kind == "comprehension"
            frame = frame.outer
        return None

    def bind(self, name: str, value: Value, line: int) -> None:
        """Let *name* stand for *value* in the scope that binds it."""
        frame = self._binding_frame(name)
        if frame is not None:
            frame.values[name] = value | frame.values.get(name, NOTHING) if self.branches else value
            return
        seen = self.seen
        seen.writes.setdefault(name, line)
        seen.written.add(name)
        seen.deletes.discard(name)
        if self.branches:
            self.heap.bind_also(name, value)
        else:
            self.heap.bind(name, value)

    def _binding_frame(self, name: str) -> Frame | None:
        frame = self.frame
        while frame is not None and name not in frame.local:
            frame = frame.outer
        return frame

    def change(self, value: Value, line: int) -> None:
        """Record that the content of *value* changes."""
        for name in self.heap.touched(value):
            if name not in self.seen.written:
                self.seen.mutates.setdefault(name, line)

    def _outside_comprehensions(self) -> Frame | None:
        frame = self.frame
        while frame is not None and frame.kind == "comprehension":
            frame = frame.outer
        return frame
