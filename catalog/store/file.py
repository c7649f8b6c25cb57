"""The catalog file: written whole or not at all, opened read-only, found by slug or path."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from catalog.errors import CatalogMissing, CatalogUnreadable

if TYPE_CHECKING:  # NumPy and Arrow take a third of a second, and listing catalogs needs neither
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SCHEMA_VERSION = 2
STORAGE_VERSION = "v1.4.0"
"""Oldest DuckDB that can read the file."""
BLOCK_SIZE = 65536
"""Bytes a block: DuckDB's default of 262,144 wastes 7 % of a small catalog."""

_ROW_GROUPS = (122_880, 10_240)
"""Rows that go to disk together as a file is written: DuckDB's own, in which a small file is
smallest, and few, where most of the signs by dimension would else stay in memory to the end."""
_HELD = 512e6
"""Bytes that DuckDB may hold of a file that it writes, where a row group of signs is not more."""


def session() -> duckdb.DuckDBPyConnection:
    """A session in memory, to attach catalogs to.

    Its progress bar is off: DuckDB draws one on standard output, into what a command prints.
    """
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return connection


@contextlib.contextmanager
def writing(path: Path, items: int = 0) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield an empty catalog with all tables at `path`; the caller moves it into place.

    `items` is how many it will have: what DuckDB may hold in memory goes by it.
    """
    path.unlink(missing_ok=True)
    with session() as connection:
        # One transaction, checkpointed as it ends: nothing is written twice, no block is left free.
        connection.execute("SET checkpoint_threshold = '1KB'")
        spill = str(path.with_name(f"{path.name}.spill")).replace("'", "''")
        connection.execute(f"SET temp_directory = '{spill}'")
        rows = next((n for n in _ROW_GROUPS if n * items / 8 <= _HELD / 2), _ROW_GROUPS[-1])
        held = max(_HELD, 2 * rows * items / 8)  # a row of signs by dimension has items / 8 bytes
        connection.execute(f"SET memory_limit = '{held / 1e6:.0f}MB'")
        connection.execute(
            f"ATTACH ? AS catalog (STORAGE_VERSION '{STORAGE_VERSION}', BLOCK_SIZE {BLOCK_SIZE}, "
            f"ROW_GROUP_SIZE {rows})",
            [str(path)],
        )
        connection.execute("USE catalog")
        connection.execute(resources.files("catalog.store").joinpath("schema.sql").read_text())
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")


def open_readonly(path: Path, alias: str = "catalog") -> duckdb.DuckDBPyConnection:
    """Attach one catalog, read-only, to an in-memory session of its own.

    Attached rather than connected to, so that a file that replaced an older one is seen even
    while the older connection is in use. Raises CatalogMissing or CatalogUnreadable.
    """
    connection = session()
    attach(connection, path, alias)
    connection.execute(f"USE {alias}")
    return connection


def attach(connection: duckdb.DuckDBPyConnection, path: Path, alias: str) -> None:
    """Attach `path` read-only as `alias` (one of this code's own names, never a slug)."""
    if not path.is_file():
        raise CatalogMissing(f"No catalog at {path}. Build one with: dims build MODEL")
    try:
        connection.execute(f"ATTACH ? AS {alias} (READ_ONLY)", [str(path)])
        version = _schema_version(connection, alias)
    except duckdb.Error as error:
        raise CatalogUnreadable(
            f"{path} is truncated or not a catalog. Build it again with: dims build MODEL --force"
        ) from error
    if version != SCHEMA_VERSION:
        newer = version > SCHEMA_VERSION
        advice = "Update this package." if newer else "Build it again with --force."
        raise CatalogUnreadable(
            f"{path} has schema version {version}, this program reads {SCHEMA_VERSION}. {advice}"
        )


def damaged(path: Path) -> CatalogUnreadable:
    """What to raise where a catalog can be opened, and not all of it read."""
    return CatalogUnreadable(f"{path} is damaged. Build it again with: dims build MODEL --force")


def _schema_version(connection: duckdb.DuckDBPyConnection, alias: str) -> int:
    row = connection.execute(f"SELECT schema_version FROM {alias}.build").fetchone()
    if row is None:
        raise duckdb.InvalidInputException("the build table is empty")
    return int(row[0])


@dataclass(frozen=True)
class Stamp:
    """Identity of a catalog file on disk: a rebuilt file has another stamp (cache keys use it)."""

    path: str
    modified_ns: int
    size: int

    @classmethod
    def of(cls, path: Path) -> "Stamp":
        """Stamp of an existing file; CatalogMissing where there is none."""
        try:
            stat = path.stat()
        except FileNotFoundError as error:
            raise CatalogMissing(
                f"No catalog at {path}. Build one with: dims build MODEL"
            ) from error
        return cls(str(path), stat.st_mtime_ns, stat.st_size)


def blobs(rows: "NDArray[np.uint8]") -> "pa.Array":
    """uint8[n, width] -> Arrow binary array of n values of `width` bytes, without a Python loop."""
    import numpy as np
    import pyarrow as pa

    count, width = rows.shape
    offsets = np.arange(count + 1, dtype=np.int64) * width
    data = pa.py_buffer(np.ascontiguousarray(rows))
    return pa.Array.from_buffers(pa.large_binary(), count, [None, pa.py_buffer(offsets), data])


def constant(value: str, count: int) -> "pa.Array":
    """The same text in every one of `count` rows, as an Arrow array."""
    import pyarrow as pa

    return pa.repeat(value, count)


def rows_of(column: "pa.ChunkedArray", width: int) -> "NDArray[np.uint8]":
    """Undo `blobs`: Arrow binary column of equal widths -> uint8[n, width]."""
    import numpy as np
    import pyarrow as pa

    parts = []
    for chunk in column.cast(pa.large_binary()).chunks:
        offsets = np.frombuffer(chunk.buffers()[1], np.int64)[chunk.offset :][: len(chunk) + 1]
        data = np.frombuffer(chunk.buffers()[2], np.uint8)[offsets[0] : offsets[-1]]
        parts.append(data.reshape(len(chunk), width))
    return np.concatenate(parts) if parts else np.empty((0, width), np.uint8)


def insert(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, object]) -> None:
    """Append columns (arrays or Arrow arrays of one length) to `table`, matched by name."""
    import pyarrow as pa

    frame = pa.table(columns)
    connection.register("incoming", frame)
    try:
        connection.execute(f"INSERT INTO catalog.{table} BY NAME SELECT * FROM incoming")
    finally:
        connection.unregister("incoming")
