"""Hashes of a catalog's contents, so that two files can be compared without reading them."""

import hashlib
import itertools
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa

STATES = {
    "chunk": "chunk",
    "site": "position",
    "item": "item",
    "dimension": "site, dimension",
    "dimension_sign": "site, threshold, dimension",
    "pole": "site, dimension, pole, rank",
    "signs_by_item": "site, threshold, item",
    "signs_by_dimension": "site, threshold, dimension",
}
"""Tables of the states stage and the order of their rows."""
BESIDES = {
    "media": "item",
    "media_skipped": "path, reason",
    "patch_signs": "site, item",
    "document": "document",
    "token": "token",
    "position": "item",
    "example": "site, dimension, part",
}
"""Tables that catalogs of images and sounds, or of tokens in context, have besides. Previews are
left out: they are for the eye, and an encoder may write the same picture in other bytes."""


def content_hash(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 of items, signs, dimension statistics and poles of the attached `catalog`."""
    found = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'catalog' "
        "AND table_name IN (SELECT unnest(?))",
        [list(BESIDES)],
    ).fetchall()
    # asked of the rows, since what DuckDB estimates leaves out those not yet committed
    present = {
        name for (name,) in found if connection.execute(f"FROM catalog.{name} LIMIT 1").fetchall()
    }
    return tables_hash(connection, STATES | {t: o for t, o in BESIDES.items() if t in present})


def tables_hash(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> str:
    """SHA-256 over tables, each in a stated order of rows; batch borders do not matter."""
    whole = hashlib.sha256()
    for table, order in tables.items():
        columns = [_Column(name) for name in connection.table(f"catalog.{table}").columns]
        for batch in _in_order(connection, table, order):
            for column, values in zip(columns, batch.columns, strict=True):
                column.add(values)
        for column in columns:
            whole.update(column.digest())
    return whole.hexdigest()


def _in_order(
    connection: duckdb.DuckDBPyConnection, table: str, order: str
) -> Iterator[pa.RecordBatch]:
    """Rows of a table in order. What is kept by site is sorted a site (and threshold) at a time:
    DuckDB sorts in memory, and a large catalog has gigabytes of signs.
    """
    keys = order.split(", ")
    outer = list(itertools.takewhile(lambda key: key in _OUTER, keys))
    if not outer:
        yield from connection.sql(
            f"SELECT * FROM catalog.{table} ORDER BY {order}"
        ).to_arrow_reader(65536)
        return
    named = ", ".join(outer)
    groups = connection.execute(
        f"SELECT DISTINCT {named} FROM catalog.{table} ORDER BY {named}"
    ).fetchall()
    same = " AND ".join(f"{key} IS NOT DISTINCT FROM ?" for key in outer)
    rest = f"ORDER BY {', '.join(keys[len(outer) :])}" if len(keys) > len(outer) else ""
    for group in groups:
        query = f"SELECT * FROM catalog.{table} WHERE {same} {rest}"
        yield from connection.sql(query, params=list(group)).to_arrow_reader(65536)


_OUTER = ("site", "threshold")
"""Keys by which large tables are read piece by piece."""


class _Column:
    """Hash of one column. Where DuckDB cuts its batches depends on the number of threads, so
    values, lengths and missing rows are hashed as three streams of their own.
    """

    def __init__(self, name: str) -> None:
        self.values, self.lengths, self.missing = (
            hashlib.sha256(f"{name} {part}".encode()) for part in ("values", "lengths", "missing")
        )

    def add(self, column: pa.Array) -> None:
        """Add a batch's values, without its buffers' padding and offsets."""
        if pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
            column = column.flatten()
        self.missing.update(column.is_null().to_numpy(zero_copy_only=False).tobytes())
        kind = column.type
        if pa.types.is_binary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
            wide = column.cast(pa.large_binary())
            offsets = np.frombuffer(wide.buffers()[1], np.int64)[wide.offset :][: len(wide) + 1]
            self.lengths.update(np.diff(offsets).tobytes())
            if wide.buffers()[2] is not None:
                self.values.update(memoryview(wide.buffers()[2])[offsets[0] : offsets[-1]])
            return
        filled = column.fill_null(pa.scalar(0).cast(column.type))
        self.values.update(filled.to_numpy(zero_copy_only=False).tobytes())

    def digest(self) -> bytes:
        """What stands for the column."""
        return self.values.digest() + self.lengths.digest() + self.missing.digest()
