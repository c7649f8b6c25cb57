"""Copy the tables of a catalog out of its file, one file a table, without holding any in memory."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from catalog.errors import CatalogError, DiskFull
from catalog.store import cells
from catalog.store.catalog import Catalog
from catalog.store.file import damaged, open_readonly

MEMORY, THREADS = "256MB", 2
"""What DuckDB may keep, and how many groups of rows it makes at a time."""
ROWS, BYTES = 16_384, 16_000_000
"""Rows of a group of a Parquet file, and the bytes that they may be together."""
BITS = ("signs_by_item", "signs_by_dimension", "patch_signs", "media_preview")
"""Tables of packed bits and pictures, which are no text: CSV leaves them out."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def names(catalog: Catalog) -> list[str]:
    """Tables of the file in its order; one of another program's name is left alone."""
    with _session(catalog) as session:
        found = session.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'catalog' "
            "ORDER BY table_oid"
        ).fetchall()
    return [name for (name,) in found if _NAME.fullmatch(name)]


def parquet(catalog: Catalog, table: str, path: Path) -> int:
    """Write a table as Parquet, its comments in the file's metadata; the number of rows.

    Keys: `comment` for the table, `column.NAME` for each column.
    """
    with _session(catalog) as session:
        about = dict(
            session.execute(
                "SELECT 'column.' || column_name, coalesce(comment, '') FROM duckdb_columns() "
                "WHERE database_name = 'catalog' AND table_name = ?",
                [table],
            ).fetchall()
        )
        told = session.execute(
            "SELECT comment FROM duckdb_tables() WHERE database_name = 'catalog' "
            "AND table_name = ?",
            [table],
        ).fetchone()
        about["comment"] = (told and told[0]) or ""
        rows = _rows(session, table)
        return _copied(
            session,
            f"COPY catalog.{_checked(table)} TO $path (FORMAT parquet, COMPRESSION zstd, "
            f"ROW_GROUP_SIZE {rows}, KV_METADATA $about)",
            {"path": str(path), "about": about},
        )


def _rows(session: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a group: fewer where a column holds long rows of bits, as its first row shows."""
    wide = session.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'catalog' "
        "AND table_name = ? AND data_type = 'BLOB'",
        [table],
    ).fetchall()
    if not wide:
        return ROWS
    lengths = " + ".join(f"coalesce(octet_length({_quoted(name)}), 0)" for (name,) in wide)
    first = session.execute(f"SELECT {lengths} FROM catalog.{_checked(table)} LIMIT 1").fetchone()
    return ROWS if not first else max(128, min(ROWS, BYTES // max(1, int(first[0]))))


def csv(catalog: Catalog, table: str, path: Path) -> int:
    """Write a table as CSV whose cells no spreadsheet reads as a formula; the number of rows.

    Bytes stand as hexadecimal digits, lists as [1, 2].
    """
    with _session(catalog) as session:
        columns = session.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = 'catalog' AND table_name = ? ORDER BY column_index",
            [table],
        ).fetchall()
        shown = ", ".join(f"{_expression(name, kind)} AS {_quoted(name)}" for name, kind in columns)
        texts = [_quoted(name) for name, kind in columns if not _numeric(kind)]
        quote = f", FORCE_QUOTE ({', '.join(texts)})" if texts else ""
        return _copied(
            session,
            f"COPY (SELECT {shown} FROM catalog.{_checked(table)}) TO $path "
            f"(FORMAT csv, HEADER{quote})",
            {"path": str(path)},
        )


def _expression(name: str, kind: str) -> str:
    quoted = _quoted(name)
    if _numeric(kind):
        return quoted
    text = f"lower(hex({quoted}))" if kind == "BLOB" else f"CAST({quoted} AS VARCHAR)"
    pattern = cells.RISKY.replace("'", "''")
    return f"CASE WHEN regexp_matches({text}, '{pattern}') THEN '''' || {text} ELSE {text} END"


def _numeric(kind: str) -> bool:
    numbers = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "BOOLEAN")
    return kind in numbers


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _checked(table: str) -> str:
    if not _NAME.fullmatch(table):
        raise CatalogError(f"{table!r} is no table of a catalog: name one that `names` gives.")
    return f'"{table}"'


def _copied(session: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object]) -> int:
    row = session.execute(sql, values).fetchone()
    return int(row[0]) if row else 0


@contextlib.contextmanager
def _session(catalog: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_readonly(catalog.path) as session:
        session.execute(f"SET memory_limit = '{MEMORY}'")
        session.execute(f"SET threads = {THREADS}")
        session.execute("SET temp_directory = ''")
        try:
            yield session
        except duckdb.IOException as error:
            if "No space left" in str(error):
                raise DiskFull(
                    "The disk is full. Free some space, or name a folder on another one."
                ) from error
            raise damaged(catalog.path) from error
        except (duckdb.FatalException, duckdb.SerializationException) as error:
            raise damaged(catalog.path) from error
