"""Keys of steps: they change with what a result depends on, with nothing else, and tell what it was."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from nbops.engine.reuse.keys import Key, Keys, differences
from nbops.engine.reuse.plain_cells import PlainCells, code_hash
from nbops.notebook.dataflow import Scope, analyse
from nbops.notebook.pipeline import source_hash


class Cells:
    """Runs plain cells and makes keys of steps, as a kernel does."""

    def __init__(self, *plain: str, root: Path = Path("/nowhere")) -> None:
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self.scope = Scope()
        self.keys = Keys(self.namespace, root)
        for source in plain:
            exec(source, self.namespace)
            self.keys.plain(source, analyse(source, self.scope))

    def key(self, source: str) -> Key:
        """Return the key of a step."""
        return self.keys.key(source, analyse(source, self.scope))

    def step(self, source: str, run: str = "run1") -> Key:
        """Run a step and return its key."""
        flow = analyse(source, self.scope)
        key = self.keys.key(source, flow)
        exec(source, self.namespace)
        self.keys.made(flow.changes, key.value, run)
        return key


def test_comments_and_layout_change_no_key() -> None:
    """The code is what counts."""
    assert Cells().key("x = 1").value == Cells().key("# one\nx = (1)\n").value != Cells().key("x = 2").value


def test_a_value_of_a_plain_cell_counts_by_its_content() -> None:
    """Not by how it was written."""
    assert Cells("day = 1 + 1").key("x = day").value == Cells("day = 2").key("x = day").value
    assert Cells("day = 2").key("x = day").value != Cells("day = 3").key("x = day").value


def test_what_a_step_does_not_read_does_not_count() -> None:
    """Another constant beside it is nothing to it."""
    assert Cells("day = 2\nrate = 1").key("x = day").value == Cells("day = 2\nrate = 9").key("x = day").value


FUNCTIONS = """factor = 2
def inner(x):
    return x * factor
def outer(x):
    return inner(x)
def other(x):
    return x
"""


@pytest.mark.parametrize(
    ("edit", "changed"),
    [(("factor = 2", "factor = 3"), "factor changed (2 → 3)"), (("x * factor", "x + factor"), "inner changed"),
     (("return inner(x)", "return -inner(x)"), "outer changed"), (("    return x\n", "    return -x\n"), "")],
)  # fmt: skip
def test_functions_count_with_all_that_they_call_and_read(edit: tuple[str, str], changed: str) -> None:
    """And those that are not called do not."""
    before = Cells(FUNCTIONS).key("y = outer(1)")
    now = Cells(FUNCTIONS.replace(*edit)).key("y = outer(1)")

    assert differences(before.parts, now.parts) == changed


def test_what_a_step_made_counts_by_its_key_and_its_run() -> None:
    """No table is hashed; one that was made again is another one, though the key is the same."""
    cells = [Cells(), Cells(), Cells()]
    for one, (source, run) in zip(cells, [("t = 1", "a"), ("t = 1", "b"), ("t = 2", "a")], strict=True):
        one.step(source, run)
    keys = [one.key("u = t") for one in cells]

    assert keys[0].value == keys[1].value != keys[2].value
    assert [differences(keys[0].parts, key.parts) for key in keys] == ["", "t was made anew", "t changed"]


def test_a_plain_cell_takes_over_what_a_step_made() -> None:
    """From then on its content counts."""
    cells = Cells()
    cells.step("t = 1")
    exec("t = 5", cells.namespace)
    cells.keys.plain("t = 5", analyse("t = 5", cells.scope))

    assert cells.key("u = t").value == Cells("t = 5").key("u = t").value


def test_a_module_of_the_project_counts_by_its_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Editing it changes the keys of the steps that use it."""
    (tmp_path / "own_rules_a.py").write_text("def rule(x): return x")
    monkeypatch.syspath_prepend(tmp_path)
    before = Cells("import own_rules_a", root=tmp_path).key("y = own_rules_a.rule(1)")
    (tmp_path / "own_rules_a.py").write_text("def rule(x): return -x")
    now = Cells("from own_rules_a import rule", root=tmp_path).key("y = own_rules_a.rule(1)")
    sys.modules.pop("own_rules_a")

    assert "module own_rules_a" in before.parts
    assert Cells("import own_rules_a", root=tmp_path).key("y = own_rules_a.rule(1)").value != before.value
    assert now.parts.get("module own_rules_a") != before.parts["module own_rules_a"]
    sys.modules.pop("own_rules_a")


def test_a_package_counts_by_its_version() -> None:
    """A new release may compute something else."""
    import numpy as np

    assert Cells("import numpy as np").key("x = np.ones(2)").parts["package numpy"] == np.__version__


def test_a_file_that_is_read_counts_by_its_content(tmp_path: Path) -> None:
    """Its path may be made of variables."""
    (tmp_path / "a.csv").write_text("x\n1")
    source = "rows = open(f'{folder}/a.csv').read()"
    before = Cells(f"folder = {str(tmp_path)!r}", root=tmp_path).key(source)
    (tmp_path / "a.csv").write_text("x\n2")
    now = Cells(f"folder = {str(tmp_path)!r}", root=tmp_path).key(source)

    assert differences(before.parts, now.parts) == "file a.csv changed"
    assert before.changing == ()


def test_what_nobody_can_tell_gives_no_key() -> None:
    """Better none than a wrong one."""
    cells = Cells()
    cells.namespace["ghost"] = object()
    key = cells.key("x = ghost")

    assert (key.value, key.problem) == ("", "nobody can tell what ghost depends on")


def test_what_a_step_made_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large it is, it costs nothing."""
    cells = Cells()
    cells.step("big = [1]")
    monkeypatch.setattr("nbops.engine.reuse.keys.content_hash", None)

    assert cells.key("total = len(big)").parts["big"].endswith("big@run1")


def test_what_a_plain_cell_made_of_a_file_that_nobody_knows_may_be_anything() -> None:
    """Plain cells are not watched; a function that the step calls is."""
    made = "class Held:\n    def __init__(self, text):\n        self.text = text\n"
    made += "def load(names):\n    return open(names[0]).read()"
    plain = Cells(f"{made}\nheld = Held(open(min([__file__])).read())".replace("__file__", repr(__file__)))
    called = Cells(made)

    assert plain.key("x = held.text").changing == ("open",)
    assert called.key("x = load(min([['a']]))").changing == ()


def test_a_plain_cell_that_changes_what_a_step_made_counts_with_it() -> None:
    """Declared or behind everybody's back: by what the step made and by what the cell did to it."""

    def key(step: str, plain: str) -> Key:
        cells = Cells("class Box:\n    held = 0\ndef hide(x):\n    globals()['box'].held = x")
        cells.step(step)
        exec(plain, cells.namespace)
        cells.keys.plain(plain, analyse(plain, cells.scope))
        return cells.key("y = box.held")

    same, other_step, other_cell = (
        key("box = Box()\nbox.held = 1", "box.more = 1"),
        key("box = Box()\nbox.held = 2", "box.more = 1"),
        key("box = Box()\nbox.held = 1", "box.more = 2"),
    )

    assert len({same.value, other_step.value, other_cell.value}) == 3
    assert same.value == key("box = Box()\nbox.held = 1", "box.more = 1").value


def test_a_value_that_was_made_of_what_a_step_made_before_counts_by_that() -> None:
    """Although the step's variable was made anew since, by a step that does not depend on it."""

    def key(first: str) -> Key:
        cells = Cells("class Box:\n    def __init__(self, x):\n        self.x = x")
        cells.step(first)
        plain = "box = Box(rows)"
        exec(plain, cells.namespace)
        cells.keys.plain(plain, analyse(plain, cells.scope))
        cells.step("rows = [9]")
        return cells.key("y = (box.x, rows)")

    assert key("rows = [1]").value == key("rows = [1]").value != key("rows = [2]").value


def test_lists_that_are_one_are_not_lists_that_are_equal() -> None:
    """A step that changes one of them would tell them apart."""
    assert (
        Cells("a = [1]\nb = a").key("a.append(2)\nc = len(b)").value
        != Cells("a = [1]\nb = [1]").key("a.append(2)\nc = len(b)").value
    )


def test_the_rules_that_judge_what_it_makes_are_part_of_a_key(tmp_path: Path) -> None:
    """A table that was judged by other rules is to be judged again."""

    def parts(text: str) -> dict[str, str]:
        (tmp_path / "rules/nb").mkdir(parents=True, exist_ok=True)
        (tmp_path / "rules/nb/orders.yml").write_text(text)
        cells = Cells(root=tmp_path)
        cells.keys = Keys(cells.namespace, tmp_path, notebook=str(tmp_path / "nb.ipynb"))
        return dict(cells.key("orders = 1").parts)

    assert differences(parts("a: 1"), parts("a: 2")) == "the rules of orders changed"


def test_a_star_import_brings_its_package() -> None:
    """Nobody knows which of its names are used."""
    assert (
        "package hypothesis"
        in Cells("from hypothesis.strategies import *").key("from hypothesis import *\nx = 1").parts
    )


def test_code_that_may_read_any_variable_has_no_key() -> None:
    """Better none than a wrong one."""
    assert Cells("a = 1").key("b = eval('a')").problem == "eval may read any variable"


def test_the_code_that_made_a_value_is_hashed_as_the_code_of_a_step_is() -> None:
    """So neither layout nor the version of Python makes another key."""
    cells = PlainCells()
    cells.add("a = ('x')  # one\n\nb = [a]", {})

    assert code_hash(cells.history("b").statements) == source_hash(['a = "x"', "b = [a]"])
