"""Engines of the two databases, with what makes their transactions alike."""

import contextlib
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError

from catalog.errors import SettingRefused, WorkspaceReadOnly
from catalog.workspace import faults

WRITES = "workspace_wait_ms"
"""Execution option of a connection that is going to write: milliseconds it may wait for others."""
_LOOK_MS = 20
"""How long SQLite is left to look by itself whether others have written."""
_LOCK = 7_310_226_129
"""PostgreSQL advisory lock held while migrating."""
_HEADER = b"SQLite format 3\x00"


def make_sqlite(path: Path) -> None:
    """Make an empty database at `path` unless there is a file; refuse one cut short.

    Made under another name and linked into place, so that a file of no bytes is never ours: it
    is one that was truncated, and is refused rather than taken for a new workspace.
    """
    if path.exists():
        _check_whole(path)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(number)
        draft = Path(name)
        with contextlib.closing(sqlite3.connect(draft)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        draft.chmod(0o644)
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(draft, path)
        draft.unlink()
    except (OSError, sqlite3.OperationalError) as error:
        raise WorkspaceReadOnly(
            f"The workspace {path} cannot be made here ({error}). "
            f"Name another place in DIMS_WORKSPACE or DIMS_DATA."
        ) from error


def _check_whole(path: Path) -> None:
    """Compare the page count in the header with the size (a log beside it may still mend it)."""
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise faults.truncated(str(path)) from error
    if len(header) < 100 or not header.startswith(_HEADER):
        raise faults.truncated(str(path))
    page = int.from_bytes(header[16:18], "big")
    pages = int.from_bytes(header[28:32], "big")
    if _size(path.with_name(path.name + "-wal")):
        return
    if path.stat().st_size < pages * (65536 if page == 1 else page):
        raise faults.truncated(str(path))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def sqlite_engine(path: Path) -> tuple[Engine, bool]:
    """Engine of an existing file, and whether it can only be read."""
    read_only = not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
    query: dict[str, str] = {}
    if read_only:
        query = {"uri": "true", "mode": "ro"}
        if not _size(path.with_name(path.name + "-wal")):
            query["immutable"] = "1"  # without a folder to write in, SQLite cannot share the log
    database = f"file:{quote(str(path.resolve()))}" if read_only else str(path)
    engine = create_engine(
        URL.create("sqlite", database=database, query=query), pool_size=8, max_overflow=56
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # this module begins transactions, not the driver
        connection.execute("PRAGMA busy_timeout = 2000")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32768")  # 32 MB: the indexes are read at random

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        wait = connection.get_execution_options().get(WRITES)
        if wait is None:
            connection.exec_driver_sql("BEGIN")
            return
        _take_turn(connection, time.monotonic() + wait / 1000)

    return engine, read_only


def _take_turn(connection: Connection, deadline: float) -> None:
    """Begin to write, as soon as nobody else does: SQLite by itself looks ever more seldom, in the
    end every tenth of a second, so that who waits long rarely meets a gap between others' writes.
    """
    driver = connection.connection.dbapi_connection
    assert driver is not None  # checked out, so there is one
    driver.execute(f"PRAGMA busy_timeout = {_LOOK_MS}")
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise


def postgresql_engine(address: str) -> Engine:
    """Engine of a PostgreSQL address; SettingRefused where it cannot be read as one."""
    try:
        url = make_url(address).set(drivername="postgresql+psycopg")
    except ArgumentError as error:
        raise SettingRefused(
            "DIMS_WORKSPACE is not an address such as postgresql://user:password@host/database."
        ) from error
    engine = create_engine(
        url,
        pool_size=8,
        max_overflow=56,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.execute("SET lock_timeout = '2s'")
        connection.execute("SET synchronous_commit = on")
        connection.execute("SET TIME ZONE 'UTC'")
        connection.commit()

    return engine


def one_migrator(connection: Connection) -> None:
    """Wait until no other process migrates (SQLite's write lock does this by itself)."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
