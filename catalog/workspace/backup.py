"""Copies of the whole workspace: a SQLite file as a SQLite file, PostgreSQL as JSON lines."""

import contextlib
import gzip
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import Engine, MetaData, select

from catalog import places
from catalog.errors import WorkspaceReadOnly

_BATCH = 2000


def write(engine: Engine, folder: Path | None) -> Path:
    """Copy all tables into a new file in `folder`; its path. Writers are not kept out.

    SQLite: `<name>.backup-<time>.sqlite`, by SQLite's own online backup. PostgreSQL:
    `workspace.backup-<time>.jsonl.gz`, one JSON object a row, of one consistent view and of
    whatever tables the database has (also those of an older version).
    """
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    sqlite = engine.dialect.name == "sqlite"
    own = Path(unquote(str(engine.url.database).removeprefix("file:"))) if sqlite else None
    place = folder or (own.parent if own else places.data())
    try:
        place.mkdir(parents=True, exist_ok=True)
        if own:
            path = place / f"{own.stem}.backup-{stamp}.sqlite"
            _copy_sqlite(engine, path)
        else:
            path = place / f"workspace.backup-{stamp}.jsonl.gz"
            _dump(engine, path)
    except OSError as error:
        raise WorkspaceReadOnly(
            f"The backup cannot be written to {place} ({error.strerror}). Name another folder."
        ) from error
    return path


def _copy_sqlite(engine: Engine, path: Path) -> None:
    path.touch()  # an OSError here says more than sqlite3's "unable to open database file"
    with engine.connect() as connection, contextlib.closing(sqlite3.connect(path)) as copy:
        source = connection.connection.dbapi_connection
        assert isinstance(source, sqlite3.Connection)
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, no log beside it


def _dump(engine: Engine, path: Path) -> None:
    with engine.connect() as plain:
        connection = plain.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with connection.begin(), gzip.open(path, "wt", encoding="utf-8") as file:
            tables = MetaData()
            tables.reflect(connection)
            for table in tables.sorted_tables:
                rows = connection.execute(select(table).execution_options(yield_per=_BATCH))
                for row in rows.mappings():
                    line = {"table": table.name, **row}
                    file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
