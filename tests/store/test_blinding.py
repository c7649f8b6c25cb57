"""Blind in the console: no way of naming a table reads what suggests labels."""

import pytest

from catalog.errors import QueryRefused
from catalog.store import blinding, console, file
from tests.given import synthetic


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return synthetic.write(
        tmp_path_factory.mktemp("blinding") / "c.duckdb", synthetic.Recipe(items=64, dims=8)
    )


ATTACKS = [
    "SELECT * FROM feature_dimension",
    "FROM Feature_Dimension",
    'SELECT x.* FROM "feature_dimension" AS x',
    'SELECT count(*) FROM "catalog"."main"."FEATURE_DIMENSION" item',
    "SELECT 1 FROM feature_dimension WHERE false",
    "WITH item AS (FROM discovered_dimension) SELECT * FROM item",
    "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT dimension FROM feature_dimension, t) "
    "SELECT * FROM t",
    "SELECT * FROM item WHERE item IN (SELECT dimension FROM feature_dimension)",
    "SELECT (SELECT max(dimension) FROM feature_dimension)",
    "SELECT EXISTS (FROM feature WHERE best_dimension = 3)",
    "SELECT * FROM item, LATERAL (SELECT * FROM feature_dimension LIMIT 1)",
    "SELECT * FROM item POSITIONAL JOIN feature_dimension",
    "SELECT * FROM item UNION ALL BY NAME SELECT * FROM discovered",
    "FROM query_table('feature_dimension')",
    "FROM query_table(['item', 'feature_dimension'])",
    "FROM query('FROM feature' || '_dimension')",
    "FROM query('FROM query(''FROM feature_dimension'')')",
    "SUMMARIZE feature_dimension",
    "PIVOT feature_dimension ON category",
    "SELECT * FROM pragma_storage_info('feature_dimension')",
    "SELECT * FROM pragma_table_info('feature_dimension')",
    "EXPLAIN ANALYZE SELECT * FROM feature_dimension",
    "EXPLAIN SELECT * FROM feature_dimension",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM feature_dimension'))",
    "SELECT stats(dimension) FROM feature_dimension",
    "FROM feature_dimension TABLESAMPLE 3 ROWS",
    "/* item */ FROM feature_dimension -- item",
]
READS = [
    "SELECT item, text FROM item ORDER BY item LIMIT 3",
    "WITH feature_dimension AS (FROM item) SELECT * FROM feature_dimension",
    "SELECT 'feature_dimension' AS word FROM pole JOIN dimension USING (site, dimension) LIMIT 2",
    "SELECT column_name FROM information_schema.columns WHERE table_name = 'feature_dimension'",
    "DESCRIBE feature_dimension",
    "SHOW TABLES",
    "VALUES (1), (2)",
    "SELECT unnest(histogram) FROM dimension LIMIT 4",
    "SELECT p.* FROM pole p WHERE p.item = (SELECT max(item) FROM item) OR p.rank = 1",
    "SELECT site, quantile_cont(mean, 0.5) FROM dimension GROUP BY ALL -- by site",
    "FROM build",
    "FROM range(3)",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_no_name_of_a_suggestion_is_read_while_blind(path, sql):
    with pytest.raises(QueryRefused) as refused:
        console.run(path, sql, blind=True)
    assert str(refused.value)


@pytest.mark.parametrize("sql", READS)
def test_what_was_measured_is_read_while_blind(path, sql):
    open_, blind = console.run(path, sql), console.run(path, sql, blind=True)
    assert len(blind.frame) and list(blind.frame) == list(open_.frame)


def test_every_table_is_readable_or_withheld_on_purpose(path):
    with file.open_readonly(path) as session:
        rows = session.execute("SELECT table_name FROM information_schema.tables").fetchall()
    withheld = {name for (name,) in rows} - blinding.READABLE
    assert {"feature", "feature_dimension", "discovered", "discovered_dimension"} <= withheld
    assert not withheld & {"item", "dimension", "pole", "site"}
