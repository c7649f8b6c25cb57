"""Faults of the two databases, turned into this project's errors at one border."""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, TimeoutError

from catalog.errors import (
    CatalogError,
    DiskFull,
    WorkspaceBusy,
    WorkspaceReadOnly,
    WorkspaceUnreadable,
)

_BUSY = {"SQLITE_BUSY", "SQLITE_LOCKED", "55P03", "57014", "40001", "40P01"}
_READ_ONLY = {"SQLITE_READONLY", "25006", "42501"}
_FULL = {"SQLITE_FULL", "53100"}
_BROKEN = {"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_ERROR"}
_GONE = ("08", "28", "3D", "57P")
"""Beginnings of PostgreSQL's states: connection, password, no such database, shut down."""


def busy(where: str) -> WorkspaceBusy:
    """Another process has held the workspace for the whole time this one would wait."""
    return WorkspaceBusy(f"The workspace {where} is busy: another process is writing. Try again.")


def truncated(where: str) -> WorkspaceUnreadable:
    """The file is not a whole SQLite database."""
    return WorkspaceUnreadable(
        f"The workspace {where} is truncated or not a workspace. Put the newest backup beside it "
        f"in its place (dims labels backup makes them), or move it away to start an empty one."
    )


def read_only(where: str) -> WorkspaceReadOnly:
    """Nothing can be written, though everything may be read."""
    return WorkspaceReadOnly(
        f"The workspace {where} is read-only, so nothing was saved. "
        f"Make the file and its folder writable, or name another one in DIMS_WORKSPACE."
    )


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn what the database raises into a CatalogError that names the workspace `where`.

    Broken rules of the schema (IntegrityError) are the caller's mistake, not the database's
    state: they pass unless they carry one of the codes above.
    """
    try:
        yield
    except TimeoutError as error:  # no free connection in the pool
        raise busy(where) from error
    except (DBAPIError, sqlite3.Error) as error:
        known = _known(getattr(error, "orig", error), where)
        if known is None:
            raise
        raise known from error


def _known(fault: object, where: str) -> CatalogError | None:
    code = _code(fault)
    if code in _BUSY:
        return busy(where)
    if code in _READ_ONLY:
        return read_only(where)
    if code in _FULL:
        return DiskFull(f"The disk has no room for the workspace {where}: free some space.")
    if code in _BROKEN:
        return truncated(where)
    if not isinstance(fault, sqlite3.Error) and (not code or code.startswith(_GONE)):
        return WorkspaceUnreadable(
            f"The workspace {where} does not answer. Check the server and DIMS_WORKSPACE."
        )
    return None


def _code(fault: object) -> str:
    """SQLite's primary error name, or PostgreSQL's five-character state; "" where it has none."""
    name = getattr(fault, "sqlite_errorname", None)
    if name is not None:
        return "_".join(str(name).split("_")[:2])  # SQLITE_BUSY_SNAPSHOT -> SQLITE_BUSY
    return str(getattr(fault, "sqlstate", None) or "")
