"""The content hash depends on the contents, and on nothing else."""

import duckdb
import numpy as np
import pytest

from catalog.store import hashing
from tests.given import synthetic

ROWS = 200_001


@pytest.fixture
def table():
    """A connection with a large table `t` that has gaps, texts and blobs."""
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS catalog")
        connection.execute(
            "CREATE TABLE catalog.t AS SELECT i::INTEGER AS n, "
            "CASE WHEN i % 3 > 0 THEN 'x' || i END AS s, "
            "CASE WHEN i % 7 > 0 THEN i / 3.0 END AS f, "
            f"('b' || i)::BLOB AS b FROM range({ROWS}) r(i)"
        )
        yield connection


def digest(connection):
    return hashing.tables_hash(connection, {"t": "n"})


def test_threads_and_the_order_on_disk_do_not_matter(table):
    found = set()
    for threads in (1, 2, 5):
        table.execute(f"SET threads = {threads}")
        found.add(digest(table))
    table.execute("CREATE TABLE catalog.u AS SELECT * FROM catalog.t ORDER BY hash(n)")
    table.execute("DROP TABLE catalog.t")
    table.execute("ALTER TABLE catalog.u RENAME TO t")
    found.add(digest(table))
    assert len(found) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE catalog.t SET f = f + 1e-9 WHERE n = 70001",
        "UPDATE catalog.t SET f = NULL WHERE n = 1",
        "UPDATE catalog.t SET f = 0 WHERE n = 0",  # it was NULL
        "UPDATE catalog.t SET s = '' WHERE n = 0",  # it was NULL
        "UPDATE catalog.t SET s = 'y1' WHERE n = 1",
        "UPDATE catalog.t SET s = CASE n WHEN 1 THEN 'x1x' ELSE '2' END WHERE n IN (1, 2)",
        "UPDATE catalog.t SET b = 'B4'::BLOB WHERE n = 4",
        "UPDATE catalog.t SET n = -1 WHERE n = 0",
        "DELETE FROM catalog.t WHERE n = 100000",
        "ALTER TABLE catalog.t RENAME COLUMN f TO g",
    ],
)
def test_any_change_matters(table, change):
    before = digest(table)
    table.execute(change)
    assert digest(table) != before


def test_every_table_of_the_states_stage_counts(tmp_path):
    path = synthetic.write(tmp_path / "one.duckdb", synthetic.Recipe(items=50, dims=9))
    with duckdb.connect() as connection:
        connection.execute("ATTACH ? AS catalog", [str(path)])
        assert set(hashing.STATES) >= {
            "chunk", "site", "item", "dimension", "dimension_sign", "pole", "signs_by_item",
            "signs_by_dimension",
        }  # fmt: skip
        before = hashing.content_hash(connection)
        histogram = np.zeros(64, np.int32).tolist()
        for change in (
            "UPDATE catalog.chunk SET threads = 9",
            "UPDATE catalog.site SET absent = 'x' WHERE absent IS NOT NULL",
            f"UPDATE catalog.dimension SET histogram = {histogram} WHERE dimension = 1",
            "UPDATE catalog.dimension_sign SET kappa = NULL WHERE kappa IS NOT NULL",
            "UPDATE catalog.signs_by_item SET bits = '\\xFF\\x00'::BLOB WHERE item = 3",
        ):
            connection.execute(change)
            after = hashing.content_hash(connection)
            assert after != before, change
            before = after
