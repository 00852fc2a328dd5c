"""What a cell needs and changes, construct by construct, and what follows for the cells after it."""

from __future__ import annotations

import time

import pytest

from nbops.notebook.dataflow import Flow, Scope, analyse, link

# One construct a line: what it is, the code, what it reads, writes and mutates.
CONSTRUCTS = [
    ("augmented assignment", "total += x", "total x", "total", ""),
    ("a new column", "df['c'] = df['a'] * 2", "df", "", "df"),
    ("an attribute", "cfg.debug = True", "cfg", "", "cfg"),
    ("a method that changes its list", "lst.append(x)", "lst x", "", "lst"),
    ("inplace=True", "df.drop(columns='a', inplace=True)", "df", "", "df"),
    ("a function reads only when it is called", "def f(a): return a * rate", "", "f", ""),
    ("a called function reads", "def f(a): return a * rate\ny = f(3)", "rate", "f y", ""),
    ("a comprehension keeps its names", "r = [i * k for i in xs]", "k xs", "r", ""),
    ("a walrus leaves its comprehension", "r = [last := v for v in xs]", "xs", "last r", ""),
    ("del unbinds", "del df", "df", "", ""),
    ("del of an item changes", "del df['a']", "df", "", "df"),
    ("a star import binds unknown names", "from math import *\nz = sin(1)", "", "z", ""),
    ("exec and eval of literal text", "exec('q = 1'); z = eval('q + w')", "w", "q z", ""),
    ("globals() by a literal name", "globals()['dyn'] = 1", "", "dyn", ""),
    ("a rebinding that reads itself", "df = df.dropna()", "df", "df", ""),
    ("one branch", "if flag: model = 1", "flag", "model", ""),
    ("a caught exception", "try:\n    v = g()\nexcept ValueError as e:\n    v = str(e)", "g", "v", ""),
    ("a class and its methods", "class A:\n    a = limit\n    def m(self): return k\nA().m()", "k limit", "A", ""),
    ("a lambda's default", "h = lambda a, b=seed: a + b + off", "seed", "h", ""),
    ("a called lambda", "h = lambda a: a + off\nh(1)", "off", "h", ""),
    ("an f-string's width", "t = f'{name!r:>{width}}'", "name width", "t", ""),
    (
        "match with captures",
        "match cmd:\n    case Point(x=0) as op: pass\n    case {'k': px, **rest}: out = px",
        "Point cmd",
        "op out px rest",
        "",
    ),
    ("a global of a called function", "def init():\n    global cache\n    cache = {}\ninit()", "", "cache init", ""),
    ("with … as", "with open(path) as fh: data = fh.read()", "path", "data fh", ""),
    ("the names of a loop", "for i, row in rows: acc = i", "rows", "acc i row", ""),
    ("a bare annotation binds nothing", "n: int", "", "", ""),
    ("query and its variables", "y = df.query('a > @thr and b < @other.x')", "df other thr", "y", ""),
    ("the environment", "import os\nos.environ['K'] = token", "token", "os", ""),
    ("a decorator", "@deco\ndef g(): pass", "deco", "g", ""),
    ("unpacking with a rest", "a, *b = src", "src", "a b", ""),
    ("annotations in quotes are never evaluated", "def f(a: 'pd.DataFrame') -> 'Out': pass", "", "f", ""),
    ("async with", "async with s.get(url) as r: body = await r.text()", "s url", "body r", ""),
    ("an imported module never changes", "import numpy as np\nnp.x = np.sort(a)", "a", "np", ""),
    ("what is imported from a module never changes", "from cfg import c\nc.update(a)", "a", "c", ""),
    ("random numbers", "import numpy\nr = numpy.random.default_rng()\nx = r.normal()", "", "numpy r x", ""),
    ("out=", "import numpy as np\nnp.add(a, b, out=c)", "a b c", "np", "c"),
    ("shuffle changes its argument", "import random\nrandom.shuffle(cards)", "cards", "random", "cards"),
    ("a loop over a literal list", "for d in [train, test]:\n    d['x'] = 1", "test train", "d", "test train"),
    ("an alias", "b = a\nb.append(1)", "a", "b", "a"),
    ("a part of something", "b = a.rows\nb.append(1)", "a", "b", "a"),
    ("a mask makes a copy", "b = df[df.x > 1]\nb['y'] = 1", "df", "b", ""),
    ("a function that changes its argument", "def f(d): d['x'] = 1\nf(df)", "df", "f", "df"),
    ("a method that changes its object", "class A:\n    def m(self): self.x = k\na = A()\na.m()", "k", "A a", ""),
    ("a method named as one that changes, but used", "y = df.add(other).sum()", "df other", "y", ""),
    ("a magic with code", "%timeit f(x)", "f x", "", ""),
    ("a shell command with a variable", "files = !ls {folder}", "folder", "files", ""),
    ("a cell magic with code", "%%time\ny = f(x)", "f x", "y", ""),
    ("a step", "%%step clean -o y\ny = f(x)", "f x", "y", ""),
    ("a function handed on is called", "def f(a): return a * rate\ny = df.apply(f)", "df rate", "f y", ""),
    ("a lambda handed on is called", "y = df.apply(lambda r: r * rate)", "df rate", "y", ""),
    ("both branches", "if flag:\n    m = 1\nelse:\n    m = 2\nprint(m)", "flag", "m", ""),
    ("an operator of an own class", "class V:\n    def __add__(self, o): return k\nV() + 1", "k", "V", ""),
    ("an own class that is displayed", "class V:\n    def __repr__(self): return k\nV()", "k", "V", ""),
    ("an own class in an f-string", "class V:\n    def __str__(self): return k\nt = f'{V()}'", "k", "V t", ""),
    ("an own class that is iterated", "class V:\n    def __iter__(self): return k\nfor i in V(): pass", "k", "V i", ""),
    ("an own context", "class V:\n    def __enter__(self): return k\nwith V() as v: pass", "k", "V v", ""),
    ("a property", "class V:\n    @property\n    def p(self): return k\nV().p", "k", "V", ""),
    ("a default that is a function", "def f(): return k\ndef g(h=f): return h()\ng()", "k", "f g", ""),
    ("a wrapped function", "def f(): return k\ng = partial(f)\ng()", "k partial", "f g", ""),
    ("a method that yields, at the end of a cell", "df.add(other)", "df other", "", ""),
    ("the same method before the end", "names.add(x)\nnames", "names x", "", "names"),
    ("a profiled text", "cProfile.run('y = f(x)')", "cProfile f x", "y", ""),
    ("a name shadowed by an argument", "def f(df): return df\nf(1)", "", "f", ""),
]  # fmt: skip


def words(names: object) -> str:
    """Return names in order, as one text."""
    return " ".join(sorted(names))  # type: ignore[call-overload, no-any-return]


@pytest.mark.parametrize(
    ("code", "reads", "writes", "mutates"), [c[1:] for c in CONSTRUCTS], ids=[c[0] for c in CONSTRUCTS]
)
def test_each_construct_reads_and_changes_what_it_should(code: str, reads: str, writes: str, mutates: str) -> None:
    """One cell with nothing before it: reads, writes and mutations are exactly these."""
    flow = analyse(code)

    assert (reads, writes, mutates) == (words(flow.reads), words(flow.writes), words(flow.mutates))


def test_a_branch_may_leave_the_value_from_before() -> None:
    """What only one branch binds may be bound; what both bind is."""
    assert analyse("if flag: model = 1").may_define == {"model"}
    assert analyse("if flag: model = 1\nelse: model = 2").may_define == frozenset()
    assert analyse("if flag: model = 1\nelse: raise ValueError").may_define == frozenset()


def test_a_definition_says_what_it_will_need() -> None:
    """A function that is not called yet names what it takes from around it."""
    flow = analyse("def f(a):\n    return a * rate")

    assert flow.defers == {"f": {"rate": 2}}


def test_lines_are_those_of_the_cell() -> None:
    """The mark's line counts; what a called function reads is read where it is called."""
    flow = analyse("%%step clean\n\ndef f():\n    return rate\ny = f() + orders")

    assert flow.reads == {"rate": 5, "orders": 5}
    assert flow.through == {"rate": "f"}


def test_code_that_is_no_python_is_said() -> None:
    """A cell that cannot be parsed reads and writes nothing, and says where it breaks."""
    flow = analyse("x = 1\ny = = 2")

    assert flow.problem.startswith("line 2: ")
    assert flow.changes == frozenset()


def flows(*cells: str) -> list[Flow]:
    """Return the flows of cells that follow each other."""
    scope = Scope()
    return [analyse(cell, scope) for cell in cells]


def links(*cells: str) -> list[str]:
    """Return who reads what from whom as ``source>target name``."""
    return [f"{one.source}>{one.target} {one.name}" for one in link(flows(*cells))]


def test_a_reader_depends_on_the_last_change() -> None:
    """A mutation is a new version: who reads later depends on it, and it on the maker."""
    assert links("df = load()", "df['c'] = 1", "df.sum()") == ["0>1 df", "1>2 df"]


def test_modules_imported_in_another_cell_do_not_change() -> None:
    """Setting an option of a module makes no new version of it."""
    assert links("import pandas as pd", "pd.options.mode = 1", "pd.read()") == ["0>1 pd", "0>2 pd"]


def test_a_generator_of_random_numbers_changes_with_each_draw() -> None:
    """Each cell that draws depends on the one that drew before."""
    cells = "import numpy as np", "rng = np.random.default_rng(0)", "a = rng.normal()", "b = rng.normal()"

    assert links(*cells) == ["0>1 np", "1>2 rng", "2>3 rng"]


def test_a_function_brings_what_it_needs_to_its_caller() -> None:
    """Who calls a function of an earlier cell reads what that function reads, also through a second one."""
    cells = "rate = 2", "def inner(x): return x * rate", "def outer(x): return inner(x)", "rate = 3", "y = outer(1)"

    assert sorted(links(*cells)) == ["1>4 inner", "2>4 outer", "3>4 rate"]


def test_an_alias_of_an_earlier_cell_is_remembered() -> None:
    """Changing a value through its second name changes the first, until one of them is rebound."""
    assert links("a = []", "b = a", "b.append(1)", "a") == ["0>1 a", "1>2 b", "2>3 a"]
    assert links("a = []", "b = a", "b = 1", "b = b + 1", "a") == ["0>1 a", "2>3 b", "0>4 a"]


def test_a_column_taken_out_does_not_change_with_its_table() -> None:
    """A part changes its whole, the whole does not change a part taken before."""
    assert links("df = f()", "y = df['y']", "df['new'] = 1", "y.sum()") == ["0>1 df", "0>2 df", "1>3 y"]


def test_a_list_of_tables_changes_with_them() -> None:
    """A loop over a list of an earlier cell changes the tables in it, and so the list."""
    assert links("a = f(); b = f()", "both = [a, b]", "for d in both: d['x'] = 1", "a; both") == [
        "0>1 a",
        "0>1 b",
        "1>2 both",
        "2>3 a",
        "2>3 both",
    ]


def test_names_of_a_star_import_come_from_its_cell() -> None:
    """A name that nobody binds and that is not built in came with the star."""
    assert links("from math import *", "x = sin(1)") == ["0>1 sin"]


def test_a_deleted_name_has_no_maker() -> None:
    """After ``del`` nobody depends on the old value."""
    assert links("x = 1", "del x", "x") == ["0>1 x"]


def test_a_branch_passes_the_value_from_before_on() -> None:
    """A cell that may rebind a variable depends on who made it: its readers may get that value."""
    assert links("m = 1", "flag = f()", "if flag: m = 2", "m") == ["1>2 flag", "0>2 m", "2>3 m"]


def test_drawing_on_axes_of_an_earlier_cell_changes_the_figure() -> None:
    """Axes and their figure are one thing; looking at them changes nothing."""
    cells = (
        "import matplotlib.pyplot as plt",
        "fig, ax = plt.subplots()",
        "ax.plot(1)",
        "ax.get_title()",
        "fig.savefig('a')",
    )

    assert links(*cells) == ["0>1 plt", "1>2 ax", "2>3 ax", "2>4 fig"]


def test_a_slice_of_an_array_is_a_window_onto_it() -> None:
    """Writing into a slice of drawn numbers, or of a product of them, changes the whole."""
    cells = (
        "import numpy as np",
        "r = np.random.default_rng(0)",
        "a = r.normal(size=9) * 2",
        "b = a[2:6]",
        "b[0] = 1",
        "a",
    )

    assert "4>5 a" in links(*cells)


def test_an_optimizer_changes_its_model() -> None:
    """A training loop makes a new version of the model, whose parameters the optimizer was handed."""
    cells = "import torch", "m = make()", "opt = torch.optim.SGD(m.parameters())", "opt.step()", "m(x)"

    assert "3>4 m" in links(*cells)


def test_recursion_and_endless_definitions_are_followed_once() -> None:
    """Functions that call each other without end are read in no time."""
    flow = analyse("def f(n): return g(n) + a\ndef g(n): return f(n) + b\nf(1)")

    assert words(flow.reads) == "a b"


def test_expressions_nested_without_end_are_said() -> None:
    """Code too deep to follow is a problem of the cell, not of the reader."""
    assert analyse(f"x = {'-' * 5_000}1").problem != ""
    assert analyse("x = " + "+".join(["y"] * 3_000)).problem == "its expressions are nested too deep"


def test_calls_that_multiply_are_followed_in_no_time() -> None:
    """Ten functions that each call the next one five times are read in less than a second."""
    chain = "\n".join(f"def f{i}(x):\n    " + "; ".join([f"f{i + 1}([x, {k}])" for k in range(5)]) for i in range(10))
    started = time.process_time()
    flow = analyse(f"{chain}\ndef f10(x): return k\nf0(1)")

    assert "f0" in flow.writes
    assert time.process_time() - started < 1.0
