"""The console reads one catalog and nothing else, within its limits."""

import time

import pytest

from catalog.errors import QueryRefused
from catalog.store import console
from tests.given import synthetic


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return synthetic.write(
        tmp_path_factory.mktemp("console") / "c.duckdb", synthetic.Recipe(items=64, dims=8)
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT item, text FROM item ORDER BY item LIMIT 3",
        "FROM item LIMIT 3;",
        "WITH a AS (SELECT 1 AS x) SELECT * FROM a",
        "DESCRIBE item",
        "EXPLAIN SELECT 1",
        "SELECT 1 AS a, 2 AS a, 3 AS a_2",
    ],
)
def test_reading_is_allowed(path, sql):
    result = console.run(path, sql)
    assert len(result.frame) and result.frame.columns.is_unique and not result.truncated


REFUSED = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/*')",
    "COPY item TO '/tmp/stolen.csv'",
    "EXPLAIN ANALYZE COPY item TO '/tmp/stolen.csv'",
    "ATTACH '/tmp/other.duckdb'",
    "DETACH catalog",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "CALL pragma_version()",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t AS SELECT 1",
    "DELETE FROM item",
    "DROP TABLE item",
    "EXPORT DATABASE '/tmp/stolen'",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE item",
    "SELEC 1",
    "SELECT nothing FROM item",
    "",
]


@pytest.mark.parametrize("sql", REFUSED)
def test_anything_else_is_refused_with_a_sentence(path, sql, tmp_path):
    with pytest.raises(QueryRefused) as refused:
        console.run(path, sql)
    assert str(refused.value)


def test_a_runaway_query_is_stopped(path):
    started = time.perf_counter()
    with pytest.raises(QueryRefused, match=r"more than 0\.5 seconds"):
        console.run(
            path, "SELECT count(*) FROM range(10_000_000_000) a, range(100_000) b", seconds=0.5
        )
    assert time.perf_counter() - started < 5


def test_a_runaway_result_is_stopped(path):
    with pytest.raises(QueryRefused):
        console.run(path, "SELECT list(a.range) FROM range(10_000_000_000) a", seconds=0.5)


def test_rows_beyond_the_limit_are_cut_off_and_said_so(path):
    result = console.run(path, "FROM range(100)", rows=10)
    assert len(result.frame) == 10 and result.truncated
    assert not console.run(path, "FROM range(10)", rows=10).truncated


def test_downloads_hold_the_rows(path):
    import io

    import pandas as pd

    result = console.run(
        path,
        "SELECT item, text, 1.5::DECIMAL(4, 2) AS d, uuid() AS u, [1, 2] AS l, {'a': 1} AS s, "
        "INTERVAL 1 DAY AS t, NULL AS n, DATE '2026-01-02' AS day, bits "
        "FROM item JOIN signs_by_item USING (item) ORDER BY item LIMIT 3",
    )
    for read, written in ((pd.read_csv, result.csv()), (pd.read_parquet, result.parquet())):
        frame = read(io.BytesIO(written))
        assert frame["item"].tolist() == [0, 0, 0] and len(frame.columns) == 10


def test_one_query_leaves_nothing_to_the_next(path):
    console.run(path, "SELECT 1")
    with pytest.raises(QueryRefused):
        console.run(path, "SET VARIABLE x = 1")
