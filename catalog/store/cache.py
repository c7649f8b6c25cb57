"""What was computed for two catalogs: one DuckDB file each in the data folder's cache.

Named by a hash of the content hashes, the settings and the version of the method; deletable at
any time.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from catalog import places
from catalog.store.file import STORAGE_VERSION, session

METHOD_VERSION = 3
"""Raised whenever the same settings would give other figures."""


@dataclass(frozen=True)
class Result:
    """Figures and tables of one comparison."""

    summary: dict[str, Any]
    """JSON values."""
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    """By this program's own names."""


def path_of(kind: str, hashes: list[str], settings: dict[str, Any]) -> Path:
    """File that holds a comparison of these contents at these settings."""
    asked = json.dumps([kind, METHOD_VERSION, hashes, settings], sort_keys=True)
    return places.data() / "cache" / f"{hashlib.sha256(asked.encode()).hexdigest()[:32]}.duckdb"


def load(path: Path) -> Result | None:
    """The stored result; None where there is none, or where the file is damaged."""
    if not path.is_file():
        return None
    try:
        with session() as connection:
            connection.execute("ATTACH ? AS cached (READ_ONLY)", [str(path)])
            row = connection.execute("SELECT summary FROM cached.comparison").fetchone()
            names = connection.execute(
                "SELECT table_name FROM duckdb_tables() "
                "WHERE database_name = 'cached' AND table_name <> 'comparison'"
            ).fetchall()
            tables = {name: connection.sql(f"FROM cached.{name}").df() for (name,) in names}
    except duckdb.Error:  # whatever is wrong with it, it can be computed again
        return None
    return None if row is None else Result(json.loads(row[0]), tables)


def save(path: Path, result: Result) -> Result:
    """Write a result whole or not at all; returns it as `load` gives it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.unlink(missing_ok=True)
    try:
        with session() as connection:
            connection.execute(
                f"ATTACH ? AS cached (STORAGE_VERSION '{STORAGE_VERSION}')", [str(partial)]
            )
            for name, frame in result.tables.items():
                connection.register("incoming", frame)
                connection.execute(f"CREATE TABLE cached.{name} AS FROM incoming")
                connection.unregister("incoming")
            connection.execute("CREATE TABLE cached.comparison (summary VARCHAR)")
            connection.execute(
                "INSERT INTO cached.comparison VALUES (?)", [json.dumps(result.summary)]
            )
            connection.execute("CHECKPOINT cached")
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return result
