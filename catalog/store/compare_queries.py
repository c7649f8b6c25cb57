"""Reads of two catalogs at once: an in-memory session in which they are called a and b."""

import contextlib
import functools
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd

from catalog.errors import CatalogUnreadable
from catalog.store.catalog import Catalog
from catalog.store.file import Stamp, attach, session
from catalog.store.reading import Query

_TABLES = ("build", "site", "item", "media", "feature", "category", "member", "evidence")


@functools.lru_cache(maxsize=4)
def _session(a: Stamp, b: Stamp, process: int) -> duckdb.DuckDBPyConnection:
    connection = session()
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


def fetch(a: Catalog, b: Catalog, query: Query) -> pd.DataFrame:
    """Run `query` on two catalogs, on a cursor of its own; the two may be one.

    Raises CatalogMissing or CatalogUnreadable.
    """
    with _cursor(a, b) as cursor:
        values = [list(v) if isinstance(v, tuple) else v for v in query.values]
        return cursor.sql(query.sql, params=values).df()


@contextlib.contextmanager
def _cursor(a: Catalog, b: Catalog) -> Iterator[duckdb.DuckDBPyConnection]:
    session = _session(a.stamp, b.stamp, os.getpid())
    try:
        with session.cursor() as cursor:
            yield cursor
    except (duckdb.IOException, duckdb.FatalException, duckdb.SerializationException) as error:
        raise CatalogUnreadable(
            f"{a.path} or {b.path} is damaged. Build it again with: dims build MODEL --force"
        ) from error


def attached(a: Catalog, b: Catalog, query: Query) -> str:
    """`query` as it runs in any DuckDB session, beside the two files; the two may be one."""
    files = [str(one.path).replace("'", "''") for one in (a, b)]
    first, second = (
        f"ATTACH '{file}' AS {name} (READ_ONLY);" for file, name in zip(files, "ab", strict=True)
    )
    if a.path != b.path:
        return "\n".join([first, second, query.text])
    named = [name for name in _TABLES if f"b.{name} " in query.text]
    views = [f"CREATE VIEW b.{name} AS FROM a.{name};" for name in named]
    return "\n".join([first, "ATTACH ':memory:' AS b;", *views, query.text])


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


def by_depth(threshold_a: str, threshold_b: str, background: str) -> Query:
    """Prototype AUC of shared categories in one background, at every residual site of both.

    Columns: category, model (a or b), site, depth (layer / last layer), auc, auc_low and auc_high
    (its 95 % interval), null_p95, q.
    """
    one = """
        SELECT f.category, '{0}' AS model, f.site, s.layer,
          s.layer / nullif(max(s.layer) OVER (), 0) AS depth, f.auc,
          f.auc_low, f.auc_high, f.null_p95, f.q
        FROM {0}.feature AS f JOIN {0}.site AS s USING (site)
        WHERE s.kind = 'resid' AND f.threshold = ? AND f.background = ?
          AND f.category IN (SELECT category FROM {1}.feature)
    """
    return Query(
        one.format("a", "b") + "UNION ALL" + one.format("b", "a") + "ORDER BY ALL",
        (threshold_a, background, threshold_b, background),
    )
