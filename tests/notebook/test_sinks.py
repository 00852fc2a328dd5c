"""Sinks: what writes to the world outside is recognised in the code, and what only looks so is not."""

from __future__ import annotations

import ast

import pytest

from nbops.notebook.sinks import acting_functions, find_sink, outside_act, sink_functions

WRITES = {
    "weekly.to_sql('sales_weekly', engine)": ("to_sql", "sales_weekly", "weekly"),
    "table.to_excel(FOLDER / 'out.xlsx')": ("to_excel", "out.xlsx", "table"),
    "df.groupby('a').sum().to_csv(f'{folder}/by_a.csv')": ("to_csv", "/by_a.csv", "df"),
    "frame.write_parquet('x.parquet')": ("write_parquet", "x.parquet", "frame"),
    "fig.savefig('plot.png', dpi=200)": ("savefig", "plot.png", "fig"),
    "requests.post('https://hooks.example.org/x', json=facts)": ("post", "https://hooks.example.org/x", ""),
    "with open('a.txt', 'w') as f:\n    f.write(text)": ("open", "a.txt", ""),
    "Path('a.txt').write_text(text)": ("write_text", "a.txt", ""),
    "with pd.ExcelWriter('r.xlsx') as w:\n    a.to_excel(w)": ("to_excel", "", "a"),
    "for name in names:\n    parts[name].to_csv(name + '.csv')": ("to_csv", ".csv", "parts"),
    "cursor.execute('INSERT INTO orders')": ("execute", "orders", ""),
    "json.dump(facts, handle)": ("dump", "", "facts"),
    "np.save('a.npy', array)": ("save", "a.npy", "array"),
    "server.send_message(mail)": ("send_message", "", "server"),
}
READS = [
    "text = weekly.to_csv()",
    "text = weekly.to_json(path_or_buf=None)",
    "html = weekly.to_html(index=False)",
    "answer = requests.get(url)",
    "rows = cursor.execute('select * from orders')",
    "with open('a.txt') as f:\n    text = f.read()",
    "image = file.open('rb')",
    "def later():\n    df.to_csv('x.csv')",
    "write = lambda t: t.to_csv('x.csv')",
    "text = json.dumps(facts)",
    "names = os.listdir('.')",
]


@pytest.mark.parametrize(("code", "expected"), WRITES.items(), ids=list(WRITES))
def test_what_writes_is_a_sink(code: str, expected: tuple[str, str, str]) -> None:
    """A statement that writes is found with its call, its target and what it writes."""
    sink = find_sink(ast.parse(code).body[0])

    assert sink is not None
    assert (sink.call, sink.target, sink.subject) == expected


@pytest.mark.parametrize("code", READS)
def test_what_only_reads_or_defines_is_none(code: str) -> None:
    """Reading, formatting to text and defining a function write nothing."""
    assert find_sink(ast.parse(code).body[0]) is None


def test_a_function_that_writes_is_a_sink_wherever_it_is_called() -> None:
    """Functions of the notebook are followed, also through each other."""
    code = "def a(t):\n    t.to_csv('x')\ndef b(t):\n    a(t)\ndef c(t):\n    return t.head()"
    functions = sink_functions(ast.parse(code).body)

    assert functions == {"a", "b"}
    assert find_sink(ast.parse("b(orders)").body[0], functions) is not None


def test_a_picture_is_told_from_a_table() -> None:
    """Saving a picture must stay beside its drawing, so it is marked."""
    drawn = [find_sink(ast.parse(code).body[0]) for code in ("plt.savefig('a.png')", "t.to_csv('a.csv')")]

    assert [sink and sink.is_drawn for sink in drawn] == [True, False]


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("t.to_csv('x.csv')", "writes to the outside (to_csv)"),
        ("out = subprocess.run(['make'])", "runs commands (subprocess.run)"),
        ("os.system('make')", "runs commands (os.system)"),
        ("names = get_ipython().getoutput('ls')", "runs commands of IPython"),
        ("made = build(t)", "writes to the outside (build)"),
        ("def later():\n    subprocess.run(['make'])", ""),
        ("t = t.head()", ""),
    ],
)
def test_commands_are_acts_too(code: str, act: str) -> None:
    """Nobody can tell what they write; functions of the notebook that start some are followed."""
    functions = acting_functions(ast.parse("def build(t):\n    os.system('make')").body)

    assert outside_act(ast.parse(code).body[0], functions) == act
