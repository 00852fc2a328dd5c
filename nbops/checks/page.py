"""The reference page of the checks, made from their docstrings: ``python -m nbops.checks.page > docs/checks.md``."""

from __future__ import annotations

import inspect
import re
import textwrap

from nbops.checks.model import Check
from nbops.checks.vocabulary import BUILT_IN, OTHER_NAMES, check_class, usage

__all__ = ["page"]

_INTRODUCTION = """# Checks

What can be expected of a table. This page is made from the docstrings of the checks; [adding one](adding_a_check.md)
takes ten minutes.

```python
expect(orders).not_null("id").unique("id").between("amount", 0, 1_000_000, allow=0.001)
expect(orders, severity="warn").fresh("ordered", "24h")
```

Every check takes

* `severity`: `"fail"` stops the step, `"warn"` only records;
* `name`: the name of its result, which is `table.column.check` otherwise;
* `allow_empty`: whether it passes when there is nothing to judge, no row or only nulls; otherwise that is an error.

Every check of rows also takes

* `allow`: how many rows may fail, as a number of rows (`10`), a share (`0.01`), or a budget (`"1% at 0.001"`: a share
  of 1 % in the long run, and so many rows more that chance alone has more of them once in a thousand tables);
* `usual`: instead of `allow`, what a [baseline](rules_from_a_baseline.md) tells of it, as `rate(3, 48213) risk 2e-05`;
* `where`: an expression, as in [`satisfies`](#satisfies); only rows for which it is true are judged;
* `by`: columns that make groups of rows; what is allowed is allowed in each group.

Every check of one number also takes `where` and `by`: the number of those rows, or of each group, is judged.

A null never fails a check, unless the check is about nulls; NaN among numbers is null.
A column that is missing is one error, and the other checks on it are skipped.

Tables of pandas (whatever their dtypes), polars (eager and lazy), pyarrow, DuckDB, Dask and PySpark are judged alike.
What a library cannot measure, or measures only nearly, is measured on the columns that it needs, brought into memory.

Where libraries disagree, or say nothing, all are judged in one way: a sum of whole numbers is exact beyond 64 bits,
nulls alone add up to nothing rather than to zero, and a bound that cannot be compared with a column is an error.

Values of columns that the setting `masked` names (`NBOPS_MASKED="iban,*mail*"`) are never shown: not among failing
rows, not in a message.
"""

_PATTERNS = """
## Regular expressions

A pattern is one of Python's [`re`](https://docs.python.org/3/library/re.html), and means the same on every table.
Other engines are asked where they read it alike.
Those of polars, Arrow and DuckDB know neither references back nor looking around; `é` is a letter to some of them and
none to others, `$` stands at other ends, and `\\<`, `[a[b]]` or `a{ 2}` mean something else.
Such a pattern, or such a text, is searched by Python, each different text once.

A pattern in which a repetition is repeated, as `^(a+)+$`, can keep Python busy for longer than anybody waits when a
text nearly matches.
Such a pattern is always left to an engine whose time grows with the text alone, on whatever table: that of pyarrow or
polars when one of them is installed.
Python itself searches it only where no other engine can: when it looks around or back (`(?=...)`, `\\1`), in texts
beyond printable ASCII if it holds `\\w`, `\\d`, `\\s`, `\\b` or `$`, and without pyarrow and polars.
Nothing bounds it there but the timeout of the step and an interrupt (`Ctrl-C`, also of `nbops check`); write
`^a+$` instead, or `^[\\w ]*$` for `^(\\w+ ?)*$`.
"""

_RULES = """
## Rules in files

Rules that belong to a dataset stand in a file of their own, in git, beside the notebook.
The rules for the table `orders` of `reports/sales.ipynb` stand in `rules/reports/sales/orders.yml`, or in
`rules/sales/orders.yml`; they are judged whenever a step of that notebook makes the table.

```yaml
rules:
  - not_empty
  - not_null: id
  - unique: [day, id]
  - between: {column: amount, low: 0, high: 1e6, severity: warn}
  - foreign_key: {columns: customer, other: customers.csv, there: id}
```

A rule is a check with its arguments by name, or with its first argument alone.
Another table (`other`) is a file beside the rules, a table that the same notebook made (`other: customers`), or what
the newest good run kept: `other: customers`, `other: sales/customers`, or of one run `other: sales/customers@7f3a`.
A table that nobody finds is an error of the rule file, never a pass.
A file is read strictly: a mistake is told with its line and column, and stops the step as an error.
`nbops/rules/rules.schema.json` lets editors complete and check the file.
`nbops check orders.csv --rules orders.yml` and `nbops.check(orders, rules="orders.yml")` judge by it elsewhere.
"""


def page() -> str:
    """Return the page, as Markdown."""
    sections = [_section([check_class(kind) for kind in found]) for found in BUILT_IN.values()]
    return "\n".join([_INTRODUCTION, *sections]).rstrip() + "\n" + _other_names() + _PATTERNS + _RULES


def _other_names() -> str:
    """Return what the checks are called elsewhere, as a table; a name of another tool is answered with ours."""
    rows = [
        f"| [`{kind}`](#{kind}) | {', '.join(f'`{name}`' for name in OTHER_NAMES[kind].split())} |"
        for kind in sorted(OTHER_NAMES)
    ]
    head = "\n## Other names\n\nWho asks for a check by another tool's name is told ours.\n\n"
    return head + "\n".join(["| check | called elsewhere |", "|---|---|", *rows]) + "\n"


def _section(mine: list[type[Check]]) -> str:
    doc = inspect.getmodule(mine[0]).__doc__ or ""  # type: ignore[union-attr]
    title = doc.splitlines()[0].rstrip(".").removeprefix("Checks of ")
    return "\n".join([f"## {title[0].upper()}{title[1:]}\n", *map(_entry, mine)])


def _entry(made: type[Check]) -> str:
    what, _, rest = inspect.cleandoc(made.__doc__ or "").partition("Why it matters:")
    why, _, example = rest.partition("Example:")
    code = textwrap.dedent(example.strip("\n")).strip()
    code = "\n".join(line for line in code.splitlines() if "import tried" not in line)
    text = re.sub(r"``(.+?)``", r"`\1`", what.strip())
    return (
        f"### `{made.kind}`\n\n`{usage(made)}`\n\n{text}\n\n"
        f"*Why it matters:* {' '.join(why.split())}\n\n```python\n{code}\n```\n"
    )


if __name__ == "__main__":
    print(page(), end="")
