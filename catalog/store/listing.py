"""Which catalogs there are, and what each was built from; read without pandas, in one session."""

from pathlib import Path
from typing import Any

import duckdb

from catalog import places
from catalog.errors import CatalogError
from catalog.store import file, queries

NAMES = ("model", "revision", "modality", "reading", "dtype", "items")
"""What is listed of a catalog's build."""


def catalogs() -> list[dict[str, Any]]:
    """Every catalog in the data folder: slug, path, bytes and NAMES; broken ones say so.

    A broken one has no model and no modality (None), and a sentence as `problem`.
    """
    rows: list[dict[str, Any]] = []
    session = file.session()  # its start takes four times as long as reading a catalog's build
    for path in places.catalog_files():
        row = {"slug": path.stem, "path": str(path), "bytes": path.stat().st_size}
        try:
            rows.append({**row, **_build(session, path)})
        except CatalogError as error:
            rows.append({**row, "model": None, "modality": None, "problem": str(error)})
            session.close()  # a fatal error in one file would end the session for all
            session = file.session()
    session.close()
    return rows


def _build(session: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any]:
    file.attach(session, path, "listed")
    session.execute("USE listed")
    try:
        found = session.execute(queries.build().sql)
        names = [str(column[0]) for column in found.description or ()]
        (values,) = found.fetchall()
    except duckdb.Error as error:
        raise file.damaged(path) from error
    session.execute("USE memory")
    session.execute("DETACH listed")
    build = dict(zip(names, values, strict=True))
    return {name: build[name] for name in NAMES}
