"""References as people type them: ``NB[@RUN][::STEP[::TEST]]``, or the id of a run alone."""

from __future__ import annotations

from dataclasses import dataclass

from nbops.errors import UsageError

__all__ = ["Ref", "notebook_name", "parse"]


@dataclass(frozen=True, slots=True)
class Ref:
    """What a reference says, before anybody looks what it means. What it leaves out is empty.

    Args:
        notebook: A notebook's path or a tail of it, without suffix; a run's id alone stands here too.
        run: A run's id or the beginning of it, ``last``, ``last-failed``, ``last-good``, a date or an environment.
        step: The name of a step.
        test: The name of a test.
    """

    notebook: str = ""
    run: str = ""
    step: str = ""
    test: str = ""

    def __str__(self) -> str:
        return (
            self.notebook
            + (f"@{self.run}" if self.run else "")
            + (f"::{self.step}" if self.step else "")
            + (f"::{self.test}" if self.test else "")
        )


def parse(text: str) -> Ref:
    """Return what *text* says. Everything behind the second ``::`` is the test, whatever stands in it.

    Raises:
        UsageError: A part that was begun is empty.

    Example:
        >>> parse("reports/sales.ipynb@7f3a::clean::ids are unique")
        Ref(notebook='reports/sales', run='7f3a', step='clean', test='ids are unique')
        >>> parse("sales")
        Ref(notebook='sales', run='', step='', test='')
    """
    head, *inside = text.strip().split("::", 2)
    notebook, at, run = head.rpartition("@") if "@" in head else (head, "", "")
    parts = [*([run] if at else []), *inside]
    if any(not part.strip() for part in parts):
        raise UsageError(f"{text!r} is no reference: a part of it is empty", fix="write NB[@RUN][::STEP[::TEST]]")
    step, test = (*inside, "", "")[:2]
    return Ref(notebook_name(notebook.strip()), run.strip(), step.strip(), test.strip())


def notebook_name(path: str) -> str:
    """Return the name that people use for the notebook at *path*: without its suffix and a leading ``./``.

    Example:
        >>> notebook_name("./reports/sales.ipynb"), notebook_name("sales.v2")
        ('reports/sales', 'sales.v2')
    """
    return path.removeprefix("./").removesuffix(".ipynb").removesuffix(".py")
