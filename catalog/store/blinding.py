"""Which tables a query reads, whatever it calls them: for the console of a person who works blind.

The query is planned, not searched for words. DuckDB resolves aliases, quotes, views, CTEs and
`query('...')` before it plans, so that what remains at the leaves of a plan is what is read.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from catalog.errors import QueryRefused
from catalog.store import hashing
from catalog.store.file import open_readonly

READABLE = frozenset({"build", "category", "member", "media", "patch_signs", *hashing.STATES})
"""Tables that suggest no label: what was measured, and the word lists themselves."""
_SOURCES = frozenset(
    {"CTE_SCAN", "REC_CTE_SCAN", "DELIM_SCAN", "DUMMY_SCAN", "COLUMN_DATA_SCAN", "EMPTY_RESULT"}
    | {"EXPRESSION_SCAN", "RANGE", "GENERATE_SERIES", "UNNEST", "INOUT_FUNCTION", "REPEAT"}
    | {"DUCKDB_TABLES", "DUCKDB_COLUMNS", "DUCKDB_VIEWS", "DUCKDB_FUNCTIONS", "DUCKDB_TYPES"}
)
"""Leaves of a plan, besides scans of tables, that hold no rows of a catalog."""


def check(path: Path, sql: str) -> None:
    """QueryRefused where a SELECT on the catalog reads a table that is not in READABLE.

    What the plan does not name is refused too. `sql` is one statement that only reads.
    """
    for node in _nodes(_plan(path, sql)):
        told = node.get("extra_info") or {}
        table = told.get("Table") if isinstance(told, dict) else None
        if table is not None:
            name = re.split(r"\.", str(table))[-1].strip('"')
            if name not in READABLE:
                raise QueryRefused(_sentence(f"The table {name}"))
        elif not node.get("children") and node.get("name") not in _SOURCES:
            raise QueryRefused(_sentence(f"What {str(node.get('name')).lower()} reads"))


def _plan(path: Path, sql: str) -> list[dict[str, Any]]:
    with open_readonly(path) as session:
        session.execute("SET enable_external_access = false")
        session.execute("PRAGMA disable_optimizer")  # it would plan reads away, not answers
        (statement,) = session.extract_statements(sql)
        if statement.type != duckdb.StatementType.SELECT:
            raise QueryRefused(_sentence("What EXPLAIN tells of tables"))
        try:
            rows = session.execute(f"EXPLAIN (FORMAT json) {statement.query}").fetchall()
        except duckdb.Error as error:
            raise QueryRefused(str(error).strip().split("\n\n")[0]) from error
    plan = json.loads(rows[0][1])
    return plan if isinstance(plan, list) else [plan]


def _nodes(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in plan:
        yield node
        yield from _nodes(node.get("children") or [])


def _sentence(what: str) -> str:
    return (
        f"{what} may suggest labels, which your open queue hides: read "
        f"{', '.join(sorted(READABLE))}, or close the queue."
    )
