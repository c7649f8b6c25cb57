"""A read-only SQL console: one SELECT, own session, no outside world, limits in time and rows."""

import io
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.errors import QueryRefused
from catalog.store import blinding, cells
from catalog.store.file import open_readonly

ROWS = 10_000
"""Most rows returned."""
SECONDS = 10.0
"""Longest time a query may run."""
MEMORY = "1GB"
_ALLOWED = {
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
}


@dataclass(frozen=True)
class Result:
    """What a query returned."""

    frame: pd.DataFrame
    truncated: bool
    """There were more rows than the limit."""
    seconds: float

    def csv(self) -> bytes:
        """The rows as CSV with a header, UTF-8; no cell is a formula."""
        return cells.csv(self.frame).encode()

    def parquet(self) -> bytes:
        """The rows as a Parquet file; columns that Arrow has no one type for become text."""
        columns = {name: _arrow(self.frame[name]) for name in self.frame}
        written = io.BytesIO()
        pq.write_table(pa.table(columns), written)
        return written.getvalue()


def _arrow(column: "pd.Series[Any]") -> pa.Array:
    try:
        return pa.Array.from_pandas(column)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return pa.Array.from_pandas(column.map(str, na_action="ignore"))


def run(
    path: Path, sql: str, seconds: float = SECONDS, rows: int = ROWS, blind: bool = False
) -> Result:
    """Run one SELECT (or EXPLAIN, DESCRIBE, SHOW, VALUES) on the catalog at `path`.

    The session cannot read or write any other file, load extensions or change settings. `blind`:
    only tables that suggest no label can be read (see `blinding`).
    Raises QueryRefused with a sentence for anything else, for errors, and after `seconds`.
    """
    with open_readonly(path) as session:
        for setting in (
            f"SET memory_limit = '{MEMORY}'",
            "SET temp_directory = ''",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            session.execute(setting)
        _check(session, sql)
        if blind:
            blinding.check(path, sql)
        timer = threading.Timer(seconds, session.interrupt)
        started = time.perf_counter()
        timer.start()
        try:
            frame = _rows(session, sql, rows + 1)
        except duckdb.InterruptException as error:
            raise QueryRefused(
                f"The query took more than {seconds:g} seconds and was stopped. "
                "Narrow it with WHERE or LIMIT."
            ) from error
        except duckdb.Error as error:
            raise QueryRefused(_sentence(error)) from error
        finally:
            timer.cancel()
        return Result(frame.head(rows), len(frame) > rows, time.perf_counter() - started)


def _check(session: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = session.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryRefused(_sentence(error)) from error
    if len(statements) != 1:
        raise QueryRefused(f"The console runs one statement at a time; this is {len(statements)}.")
    if statements[0].type not in _ALLOWED:
        kind = statements[0].type.name
        raise QueryRefused(f"The console only reads: write a SELECT, not {kind}.")


def _rows(session: duckdb.DuckDBPyConnection, sql: str, rows: int) -> pd.DataFrame:
    relation = session.execute(sql)
    names = _distinct([str(column[0]) for column in relation.description or []])
    return pd.DataFrame(relation.fetchmany(rows), columns=names)


def _distinct(names: list[str]) -> list[str]:
    distinct: list[str] = []
    for name in names:
        number, candidate = 1, name
        while candidate in distinct:
            number += 1
            candidate = f"{name}_{number}"
        distinct.append(candidate)
    return distinct


def _sentence(error: duckdb.Error) -> str:
    text = str(error).strip()
    return text.split("\n\n")[0] if text else "DuckDB could not run this."
