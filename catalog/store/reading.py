"""How a catalog is read: a Query is a value, `fetch` runs it on a cursor of its own."""

import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from catalog.errors import NotInCatalog
from catalog.store.file import Stamp, damaged, open_readonly

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Value = str | int | float | bool | tuple[int, ...]


@dataclass(frozen=True)
class Query:
    """One SELECT and the values of its question marks."""

    sql: str
    values: tuple[Value, ...] = ()

    @property
    def text(self) -> str:
        """The statement as a person can paste it: values written out."""
        first, *rest = self.sql.split("?")
        pairs = zip(self.values, rest, strict=True)
        filled = first + "".join(_literal(value) + part for value, part in pairs)
        lines = [line.strip() for line in filled.strip().splitlines()]
        return "\n".join(lines) + ";"


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, tuple):
        return "[" + ", ".join(str(int(number)) for number in value) + "]"
    return str(value)


@functools.lru_cache(maxsize=8)
def _session(stamp: Stamp, process: int) -> duckdb.DuckDBPyConnection:
    # One for each process: a forked worker must not use its parent's, whose threads it lacks.
    return open_readonly(Path(stamp.path))


def fetch(path: Path, query: Query) -> "pd.DataFrame":
    """Run `query` on the catalog at `path`: one cursor per call, so any thread may call.

    Raises CatalogMissing or CatalogUnreadable.
    """
    with _relation(path, query) as relation:
        return relation.df()


def fetch_arrow(path: Path, query: Query) -> "pa.Table":
    """`fetch`, as an Arrow table (for packed bits)."""
    with _relation(path, query) as relation:
        return relation.to_arrow_table()


@contextlib.contextmanager
def _relation(path: Path, query: Query) -> Iterator[duckdb.DuckDBPyRelation]:
    session = _session(Stamp.of(path), os.getpid())
    values = [list(value) if isinstance(value, tuple) else value for value in query.values]
    try:
        with session.cursor() as cursor:
            cursor.execute("USE catalog")
            yield cursor.sql(query.sql, params=values)
    except (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException) as error:
        raise damaged(path) from error


def one(path: Path, query: Query, missing: str) -> "pd.Series[Any]":
    """The only row of a query; NotInCatalog with the sentence `missing` where there is none."""
    frame = fetch(path, query)
    if frame.empty:
        raise NotInCatalog(missing)
    return frame.iloc[0]
