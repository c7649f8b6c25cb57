"""Every table and column has a comment, and keys that no index guards are unique."""

import duckdb
import pytest

from catalog.building import build
from catalog.model import work
from catalog.store import file
from tests.given import synthetic

KEYS = {
    "item": "item",
    "dimension": "site, dimension",
    "dimension_sign": "site, threshold, dimension",
    "pole": "site, dimension, pole, rank",
    "signs_by_item": "site, threshold, item",
    "signs_by_dimension": "site, threshold, dimension",
}


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "empty.duckdb"
    with file.writing(path):
        pass
    with file.session() as connection:
        connection.execute("ATTACH ? AS catalog", [str(path)])
        connection.execute("USE catalog")
        yield connection


@pytest.mark.parametrize("kind", ["tables", "columns"])
def test_everything_is_explained(empty, kind):
    column = "table_name" if kind == "tables" else "table_name || '.' || column_name"
    rows = empty.execute(
        f"SELECT {column}, comment FROM duckdb_{kind}() WHERE database_name = 'catalog'"
    ).fetchall()
    assert len(rows) > (8 if kind == "tables" else 60)
    for name, comment in rows:
        assert comment and len(comment) > 8 and comment.endswith((".", ")")), name


def test_two_comments_do_not_stand_on_the_wrong_column(empty):
    """A copied line that was not edited explains another column."""
    rows = empty.execute(
        "SELECT comment, count(*), min(table_name || '.' || column_name) FROM duckdb_columns() "
        "WHERE database_name = 'catalog' GROUP BY comment, table_name HAVING count(*) > 1"
    ).fetchall()
    assert rows == []


@pytest.mark.parametrize("source", ["built", "synthetic"])
def test_keys_are_unique(source, llama, tmp_path, monkeypatch):
    if source == "built":
        monkeypatch.setattr(work, "PILOT_ITEMS", 100)
        path = build.build(build.Settings(str(llama), sites="k,ffn", batch_size=50, out=tmp_path))
    else:
        path = synthetic.write(tmp_path / "one.duckdb")
    with file.open_readonly(path) as connection:
        for table, key in KEYS.items():
            total, distinct = connection.execute(
                f"SELECT count(*), count(DISTINCT ({key})) FROM {table}"
            ).fetchone()
            assert total == distinct > 0, table
        lost = connection.execute(
            "SELECT count(*) FROM pole WHERE item NOT IN (SELECT item FROM item)"
        ).fetchone()
        assert lost == (0,)


@pytest.mark.parametrize(
    "row",
    [
        "INSERT INTO site VALUES ('x', 1, 'other', 1, 3, 0, NULL)",
        "INSERT INTO site VALUES ('x', 1, 'resid', 1, 3, 0, 'absent, yet with dims')",
        "INSERT INTO site VALUES ('x', 1, 'resid', 1, NULL, NULL, NULL)",
        "INSERT INTO chunk VALUES (0, 0, 0, 1, 1)",
        "INSERT INTO item VALUES (0, 'a', 'a', 'noun', NULL, 0)",
        "INSERT INTO dimension_sign VALUES ('x', 'mean', 0, 0, 0, 0, 0, NULL, NULL, NULL, 0, 0)",
        "INSERT INTO dimension_sign VALUES ('x', 'zero', 0, 0, 0, 1.5, 0, NULL, NULL, NULL, 0, 0)",
        "INSERT INTO dimension_sign VALUES ('x', 'zero', 0, 0, 0, 1, 0, NULL, NULL, NULL, 1.5, 0)",
        "INSERT INTO pole VALUES ('x', 0, 'middle', 1, 0, 0)",
    ],
)
def test_wrong_rows_are_refused(empty, row):
    with pytest.raises(duckdb.ConstraintException):
        empty.execute(row)


def test_nothing_appears_under_the_final_name_before_the_end(llama, tmp_path, monkeypatch):
    def fail(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("catalog.store.hashing.content_hash", fail)
    with pytest.raises(KeyboardInterrupt):
        build.build(build.Settings(str(llama), out=tmp_path))
    assert not list(tmp_path.glob("*.duckdb"))
