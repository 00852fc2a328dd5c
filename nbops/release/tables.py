"""Which names of a notebook hold tables, guessed from the code alone: by what makes them and how they are used.

Only names and the grouping of cells depend on it, never what the code does; a wrong guess costs a rename.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

__all__ = ["reads_a_source", "table_names"]

_MAKER_NAMES = """
    DataFrame LazyFrame GeoDataFrame concat merge merge_asof merge_ordered json_normalize get_dummies crosstab
    from_dict from_records from_pandas to_frame to_pandas to_df fetchdf fetch_df df pl toPandas copy assign dropna
    fillna drop drop_duplicates rename reset_index set_index sort_values sort_index sort query filter select
    with_columns join agg aggregate pivot pivot_table melt unpivot stack unstack head tail sample nlargest nsmallest
    astype explode collect lazy value_counts describe groupby group_by resample rolling
"""
_MAKERS = frozenset(_MAKER_NAMES.split())
_USE_NAMES = """
    columns merge groupby group_by dropna fillna drop_duplicates pivot_table iterrows itertuples to_sql to_csv
    to_parquet to_excel sort_values reset_index set_index with_columns describe dtypes iloc loc query assign
"""
_USES = frozenset(_USE_NAMES.split())
_GROUPINGS = frozenset(["groupby", "group_by", "resample", "rolling"])


def reads_a_source(statement: ast.AST) -> bool:
    """Return whether *statement* reads a table from outside, as ``pd.read_csv`` does.

    Example:
        >>> reads_a_source(ast.parse("orders = pd.read_csv(path)").body[0])
        True
    """
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            if name.startswith(("read_", "scan_", "load_dataset")) and name not in ("read_text", "read_bytes"):
                return True
            if name == "get" and isinstance(node.func.value, ast.Name) and node.func.value.id in ("requests", "httpx"):
                return True
    return False


def table_names(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names that hold tables at the top level of *statements*, in the order of the notebook."""
    found: set[str] = set()
    for statement in statements:
        for node in ast.walk(statement):
            match node:
                case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in _USES:
                    found.add(name)
                case ast.Subscript(value=ast.Name(id=name), slice=ast.List(), ctx=ast.Load()):
                    found.add(name)
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_table(value, found):
                    found.add(name)
                case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str()))]):
                    found.add(name)
    return frozenset(found)


def _is_table(value: ast.expr, known: set[str]) -> bool:  # noqa: PLR0911 (a table of cases)
    match value:
        case ast.Name(id=name):
            return name in known
        case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
            if attr.startswith(("read_", "scan_")) or attr in _MAKERS:
                return True
            return any(isinstance(n, ast.Attribute) and n.attr in _GROUPINGS for n in ast.walk(owner))
        case ast.Subscript(value=ast.Name(id=name), slice=where):
            return name in known and not isinstance(where, ast.Constant)
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="loc" | "iloc")):
            return name in known
        case ast.Subscript(value=inner, slice=where) if not isinstance(where, ast.Constant):
            return _is_table(inner, known)
    return False
