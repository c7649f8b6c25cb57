"""A measured catalog, a second build of it, and another version in which one feature appeared."""

import shutil
from pathlib import Path

import duckdb
import numpy as np

from tests.given import feature_catalog

SITE = feature_catalog.SITE
NEW = "noise"
"""The category whose members have nine signs of ten positive at SITE in the version."""


def write(folder: Path) -> Path:
    """Make `folder`/catalogs with measured, again (its rebuild) and version; returns `folder`.

    Only signs by item are changed: comparing reads no others.
    """
    base = feature_catalog.write(folder)
    again, version = (
        shutil.copy(base, base.with_name(f"{n}.duckdb")) for n in ("again", "version")
    )
    for number, file in enumerate((again, version)):
        with duckdb.connect(file) as connection:
            connection.execute("UPDATE build SET content_hash = ?", [str(number) * 64])
            connection.execute(
                "INSERT INTO evidence VALUES ('claim', 0, 'A claim.', 'AUC', 0.9, 0.8, 1.0, '{}', "
                "NULL, '', 'holds', 'It does.', '', 9, 'categories', '', '{}', 1)"
            )
    with duckdb.connect(again) as connection:
        connection.execute("UPDATE build SET dtype = 'bfloat16'")
        _raise(connection, "SELECT 30", seed=1)
    with duckdb.connect(version) as connection:
        connection.execute("UPDATE build SET weights_hash = repeat('9', 64)")
        _raise(connection, f"SELECT item FROM member WHERE category = '{NEW}'", seed=2)
    return folder


def _raise(connection: duckdb.DuckDBPyConnection, items: str, seed: int) -> None:
    generator = np.random.default_rng(seed)
    where = f"site = '{SITE}' AND threshold = 'zero'"
    rows = connection.execute(
        f"SELECT item, bits FROM signs_by_item WHERE {where} AND item IN ({items})"
    ).fetchall()
    connection.executemany(
        f"UPDATE signs_by_item SET bits = ? WHERE {where} AND item = ?",
        [[_mostly_positive(len(bits), generator), item] for item, bits in rows],
    )


def _mostly_positive(size: int, generator: np.random.Generator) -> bytes:
    return np.packbits(generator.random(8 * size) < 0.9).tobytes()
