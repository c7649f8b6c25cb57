"""Open the workspace: a SQLite file, or a PostgreSQL database named in DIMS_WORKSPACE.

SQLite runs in WAL mode with synchronous=FULL: a commit that returned is on disk. Writers of one
process take turns at a lock; another process is waited for up to two seconds.
"""

import contextlib
import importlib.util
import os
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from catalog import places
from catalog.errors import SettingRefused
from catalog.workspace import backup, engines, faults, migrations
from catalog.workspace.migrations import MIGRATIONS, Migration

PATIENCE_SECONDS = 2.0
"""How long a writer waits for another one."""


class Workspace:
    """What people made, open for reading and, unless `read_only`, writing; safe across threads."""

    def __init__(self, engine: Engine, where: str, *, read_only: bool = False) -> None:
        self.engine = engine
        self.where = where
        """Path, or the database's address without its password."""
        self.read_only = read_only
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view; never waits for a writer."""
        with faults.translated(self.where), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextlib.contextmanager
    def writing(self, patience: float = PATIENCE_SECONDS) -> Iterator[Connection]:
        """One transaction: on disk when the block has ended, and not at all where it failed.

        Raises WorkspaceReadOnly, or WorkspaceBusy after so many seconds of waiting.
        """
        if self.read_only:
            raise faults.read_only(self.where)
        deadline = time.monotonic() + patience
        if not self._turn.acquire(timeout=patience):
            raise faults.busy(self.where)
        try:
            left = max(1, round(1000 * (deadline - time.monotonic())))
            with faults.translated(self.where), self.engine.connect() as connection:
                connection.execution_options(**{engines.WRITES: left})
                with connection.begin():
                    yield connection
        finally:
            self._turn.release()

    def looking(self) -> "Workspace":
        """The same workspace for reading alone, for whoever was not asked what they may do."""
        return Workspace(self.engine, self.where, read_only=True)

    def backup(self, folder: Path | None = None) -> Path:
        """Copy everything into a new file (SQLite: beside it; PostgreSQL: $DIMS_DATA); its path."""
        with faults.translated(self.where):
            return backup.write(self.engine, folder)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> "Workspace":
        """Return the workspace itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()


def open_workspace(
    place: str | Path | None = None, steps: Sequence[Migration] = MIGRATIONS
) -> Workspace:
    """Open the workspace, making it where there is none and migrating an older one.

    `place` is a path or a postgresql:// address; None means DIMS_WORKSPACE, else
    workspace.sqlite in the data folder. Raises WorkspaceUnreadable (truncated, foreign, newer,
    unreachable), WorkspaceReadOnly (read-only and too old to use) or WorkspaceBusy.
    """
    chosen = str(place or os.environ.get("DIMS_WORKSPACE") or places.data() / "workspace.sqlite")
    if chosen.startswith(("postgresql:", "postgresql+", "postgres:")):
        workspace = _open_postgresql(chosen)
    elif "://" in chosen:
        raise SettingRefused(
            f"DIMS_WORKSPACE is {chosen.split('://')[0]}://...; it may be a path of a SQLite file "
            f"or an address that begins with postgresql://."
        )
    else:
        path = Path(chosen)
        engines.make_sqlite(path)
        engine, read_only = engines.sqlite_engine(path)
        workspace = Workspace(engine, chosen, read_only=read_only)
    try:
        _migrate(workspace, steps)
    except BaseException:  # Ctrl-C too: its connections are closed, and it is raised again
        workspace.close()
        raise
    return workspace


def _open_postgresql(address: str) -> Workspace:
    if importlib.util.find_spec("psycopg") is None:
        raise SettingRefused(
            "A PostgreSQL workspace needs psycopg: pip install 'dimension-catalog[postgresql]'"
        )
    engine = engines.postgresql_engine(address)
    return Workspace(engine, engine.url.render_as_string(hide_password=True))


def _migrate(workspace: Workspace, steps: Sequence[Migration]) -> None:
    with workspace.reading() as connection:
        missing = migrations.lacking(connection, workspace.where, steps)
        old = migrations.version(connection) > 0
    if not missing:
        return
    if old and not workspace.read_only:
        workspace.backup()
    with workspace.writing() as connection:
        engines.one_migrator(connection)
        # Another process may have done it since; each process decides inside the transaction.
        migrations.apply(connection, migrations.lacking(connection, workspace.where, steps))


def insert_new(connection: Connection, table: Table) -> Insert:
    """INSERT that leaves rows alone whose key is there already, in this database's dialect."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()


def now() -> datetime:
    """Naive UTC time, as every table stores it."""
    return datetime.now(UTC).replace(tzinfo=None)
