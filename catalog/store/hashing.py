"""Hashes of a catalog's contents, so that two files can be compared without reading them."""

import hashlib
from typing import Any

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


def content_hash(connection: duckdb.DuckDBPyConnection) -> str:
    """SHA-256 of items, signs, dimension statistics and poles of the attached `catalog`."""
    return tables_hash(connection, STATES)


def tables_hash(connection: duckdb.DuckDBPyConnection, tables: dict[str, str]) -> str:
    """SHA-256 over tables, each in a stated order of rows; batch borders do not matter."""
    whole = hashlib.sha256()
    for table, order in tables.items():
        relation = connection.sql(f"SELECT * FROM catalog.{table} ORDER BY {order}")
        columns = [hashlib.sha256(name.encode()) for name in relation.columns]
        for batch in relation.to_arrow_reader(65536):
            for digest, column in zip(columns, batch.columns, strict=True):
                _feed(digest, column)
        for digest in columns:
            whole.update(digest.digest())
    return whole.hexdigest()


def _feed(digest: Any, column: pa.Array) -> None:
    """Add a column's values, without its buffers' padding and offsets."""
    if pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
        column = column.flatten()
    if column.null_count:
        digest.update(np.packbits(column.is_null().to_numpy(zero_copy_only=False)).tobytes())
    kind = column.type
    if pa.types.is_binary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        wide = column.cast(pa.large_binary())
        offsets = np.frombuffer(wide.buffers()[1], np.int64)[wide.offset :][: len(wide) + 1]
        digest.update(np.diff(offsets).tobytes())
        if wide.buffers()[2] is not None:
            digest.update(memoryview(wide.buffers()[2])[offsets[0] : offsets[-1]])
        return
    digest.update(column.fill_null(0).to_numpy(zero_copy_only=False).tobytes())
