"""Write findings: into a copy of the catalog that then takes its place, never into the file."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalog import places
from catalog.errors import CatalogReadOnly, DiskFull
from catalog.store import file, hashing

TABLES = {
    "category": "category",
    "member": "category, item",
    "feature": "category, site, threshold, background",
    "feature_dimension": "category, site, threshold, background, dimension",
    "feature_null": "site, threshold, background, size, category",
    "discovery": "site, threshold",
    "discovered": "site, threshold, auc DESC, name",
    "discovered_dimension": "name, dimension",
    "evidence": "position",
    "flip_run": "category, site, scale",
    "flip_effect": "category, site, scale, condition",
    "coalition": "kind, name, site, threshold",
    "writer": "kind, name, site, threshold, rank",
    "dimension_writer": "dimension, layer, rank",
    "dictionary": "name",
    "contest": "dictionary, category, unit, k",
}
"""Tables of the findings stage and the order of their rows in the hash."""
LATER = ("dictionary", "contest")
"""Tables that came later: in the hash where they have rows, so that older hashes stay."""
MEASURED = ("category", "member", "feature", "feature_dimension", "feature_null")
"""Tables that measuring the categories fills."""
WRITERS = ("coalition", "writer")
"""Tables made from features: measuring features anew empties them."""


def ask(path: Path) -> None:
    """Refuse, before minutes of work, what could not be written at its end.

    Raises CatalogReadOnly for a folder that nobody here may write to, DiskFull where a copy of the
    file has no room beside it.
    """
    if not os.access(path.parent, os.W_OK):
        raise CatalogReadOnly(
            f"{path} lies where nothing can be written, so that no findings can be kept in it. "
            f"Make {path.parent} writable, or copy the file into {places.catalogs()}."
        )
    free = shutil.disk_usage(path.parent).free
    if path.is_file() and free < path.stat().st_size:
        raise DiskFull(
            f"Findings are written into a copy of {path.name}, which takes "
            f"{path.stat().st_size / 1e6:,.0f} MB; {free / 1e6:,.0f} MB are free. Free some space."
        )


@contextmanager
def replacing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a writable copy of a catalog as `catalog`; it replaces `path` if no error is raised.

    The findings hash is made anew at the end.
    """
    file.open_readonly(path).close()  # refuses what is not a catalog, before it is copied
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        shutil.copyfile(path, partial)
        with file.session() as connection:
            connection.execute("ATTACH ? AS catalog", [str(partial)])
            connection.execute("USE catalog")
            _complete(connection)
            yield connection
            digest = hashing.tables_hash(connection, _hashed(connection))
            connection.execute("UPDATE catalog.build SET findings_hash = ?", [digest])
            connection.execute("CHECKPOINT catalog")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def findings_hash(connection: duckdb.DuckDBPyConnection) -> str | None:
    """What the findings of the attached `catalog` hash to now.

    None where a table is missing that came later: a file of an earlier day was hashed without it.
    """
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'catalog'"
    ).fetchall()
    if set(TABLES) - {str(name) for (name,) in rows}:
        return None
    return hashing.tables_hash(connection, _hashed(connection))


def _hashed(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The tables of the findings hash."""
    empty = {
        name
        for name in LATER
        if not connection.execute(f"SELECT 1 FROM catalog.{name} LIMIT 1").fetchall()
    }
    return {name: order for name, order in TABLES.items() if name not in empty}


def _complete(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the findings tables that a file of an earlier day does not have, with their comments."""
    rows = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'catalog'"
    ).fetchall()
    missing = set(TABLES) - {str(name) for (name,) in rows}
    schema = resources.files("catalog.store").joinpath("schema.sql").read_text()
    for statement in schema.split(";\n"):
        made = re.search(r"^(?:CREATE TABLE|COMMENT ON (?:TABLE|COLUMN)) (\w+)", statement, re.M)
        if made is not None and made.group(1) in missing:
            connection.execute(statement)


Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table, each row by column."""


def write(path: Path, tables: Rows) -> None:
    """Replace the rows of the named findings tables; other tables stay as they are."""
    with replacing(path) as connection:
        for table, rows in tables.items():
            connection.execute(f"DELETE FROM catalog.{_known(table)}")
            _append(connection, table, rows)


def replace_site(path: Path, site: str, threshold: str, tables: Rows) -> None:
    """Replace the discoveries of one site and threshold; those of others stay."""
    with replacing(path) as connection:
        _forget_writers(connection, site, threshold, "discovered")
        connection.execute(
            "DELETE FROM catalog.discovered_dimension WHERE name IN "
            "(SELECT name FROM catalog.discovered WHERE site = ? AND threshold = ?)",
            [site, threshold],
        )
        for table in ("discovered", "discovery"):
            connection.execute(
                f"DELETE FROM catalog.{table} WHERE site = ? AND threshold = ?", [site, threshold]
            )
        for table, rows in tables.items():
            _append(connection, table, rows)


def replace_writers(path: Path, site: str, threshold: str, tables: Rows) -> None:
    """Replace the writers of one site and threshold; `dimension_writer` as a whole where given."""
    with replacing(path) as connection:
        _forget_writers(connection, site, threshold)
        if "dimension_writer" in tables:
            connection.execute("DELETE FROM catalog.dimension_writer")
        for table, rows in tables.items():
            _append(connection, table, rows)


def _forget_writers(
    connection: duckdb.DuckDBPyConnection, site: str, threshold: str, kind: str = "%"
) -> None:
    for table in WRITERS:
        connection.execute(
            f"DELETE FROM catalog.{table} WHERE site = ? AND threshold = ? AND kind LIKE ?",
            [site, threshold, kind],
        )


def _append(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        types = _types(connection, table)
        columns = {
            name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()
        }
        file.insert(connection, table, columns)


def _known(table: str) -> str:
    if table not in TABLES:
        raise KeyError(table)
    return table


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, pa.DataType]:
    schema = (
        connection.sql(f"SELECT * FROM catalog.{_known(table)} LIMIT 0").to_arrow_table().schema
    )
    return dict(zip(schema.names, schema.types, strict=True))
