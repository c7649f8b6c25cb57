"""Reads of two catalogs at once: an in-memory session in which they are called a and b."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd

from catalog.errors import CatalogUnreadable
from catalog.store.file import Stamp, attach
from catalog.store.reading import Query

_TABLES = ("build", "site", "item", "media", "feature", "category", "member", "evidence")


@functools.lru_cache(maxsize=4)
def _session(a: Stamp, b: Stamp, process: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    attach(connection, Path(a.path), "a")
    if a.path != b.path:
        attach(connection, Path(b.path), "b")
        return connection
    connection.execute("ATTACH ':memory:' AS b")  # a file is attached once: b looks into a
    known = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'a' "
        "AND table_name IN (SELECT unnest(?))",
        [list(_TABLES)],
    ).fetchall()
    for (name,) in known:
        connection.execute(f"CREATE VIEW b.{name} AS FROM a.{name}")
    return connection


def fetch(a: Path, b: Path, query: Query) -> pd.DataFrame:
    """Run `query` on two catalogs, on a cursor of its own; the two may be one.

    Raises CatalogMissing or CatalogUnreadable.
    """
    with _cursor(a, b) as cursor:
        values = [list(v) if isinstance(v, tuple) else v for v in query.values]
        return cursor.sql(query.sql, params=values).df()


@contextlib.contextmanager
def _cursor(a: Path, b: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    session = _session(Stamp.of(a), Stamp.of(b), os.getpid())
    try:
        with session.cursor() as cursor:
            yield cursor
    except (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException) as error:
        raise CatalogUnreadable(
            f"{a} or {b} is damaged. Build it again with: dims build MODEL --force"
        ) from error


def evidence() -> Query:
    """Claims with both verdicts and figures, in order.

    Columns: statement, measure, then verdict, value, low, high, reason of a and of b.
    """
    return Query(
        """
        SELECT coalesce(x.claim, y.claim) AS claim, coalesce(x.statement, y.statement) AS statement,
          coalesce(x.measure, y.measure) AS measure,
          x.verdict AS verdict_a, x.value AS value_a, x.low AS low_a, x.high AS high_a,
          x.reason AS reason_a,
          y.verdict AS verdict_b, y.value AS value_b, y.low AS low_b, y.high AS high_b,
          y.reason AS reason_b
        FROM a.evidence AS x FULL JOIN b.evidence AS y USING (claim)
        ORDER BY coalesce(x.position, y.position), claim
        """
    )


def by_depth(threshold_a: str, threshold_b: str) -> Query:
    """Prototype AUC (background matched) of shared categories at every residual site of both.

    Columns: category, model (a or b), site, depth (layer / last layer), auc, null_p95, q.
    """
    one = """
        SELECT f.category, '{0}' AS model, f.site, s.layer,
          s.layer / nullif(max(s.layer) OVER (), 0) AS depth, f.auc, f.sd, f.null_p95, f.q
        FROM {0}.feature AS f JOIN {0}.site AS s USING (site)
        WHERE s.kind = 'resid' AND f.threshold = ? AND f.background = 'matched'
          AND f.category IN (SELECT category FROM {1}.feature)
    """
    return Query(
        one.format("a", "b") + "UNION ALL" + one.format("b", "a") + "ORDER BY ALL",
        (threshold_a, threshold_b),
    )


def builds_alike() -> Query:
    """Whether b was built from the same weights, items and reading as a: alike, other_settings."""
    return Query(
        """
        SELECT x.weights_hash = y.weights_hash AND x.reading = y.reading
            AND x.modality = y.modality AS alike,
          x.identity <> y.identity AS other_settings
        FROM a.build AS x, b.build AS y
        """
    )
