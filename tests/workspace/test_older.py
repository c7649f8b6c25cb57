"""What people made with the release before: its workspace (version 3) and its export."""

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from catalog.workspace import access_schema, blind, migrations, reading, roles, schema, transfer
from catalog.workspace.file import open_workspace
from catalog.workspace.transfer import Known
from tests.workspace.given import opened, reply, subjects

GIVEN = Path(__file__).parents[1] / "given"
DUMP, EXPORT = GIVEN / "workspace_v3.sql", GIVEN / "workspace_v3.jsonl"
KNOWN = [Known("tiny", "r1", "bare", {"resid.1": 6})]


@pytest.fixture
def old(memory):
    """A file of version 3, and its rows by table."""
    place = memory / "old.sqlite"
    with contextlib.closing(sqlite3.connect(place)) as made:
        made.executescript(DUMP.read_text())
        made.row_factory = sqlite3.Row
        listed = made.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        names = [row[0] for row in listed if not row[0].startswith("sqlite_")]
        rows = {
            name: [dict(row) for row in made.execute(f"SELECT * FROM {name}")] for name in names
        }
    return place, rows


def _rows(connection, name):
    return [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]


def test_every_row_is_kept_and_the_new_tables_are_there(old):
    place, rows = old
    with open_workspace(place) as workspace:
        with workspace.reading() as connection:
            assert migrations.version(connection) == migrations.MIGRATIONS[-1].number > 3
            now = {name: _rows(connection, name) for name in rows}
            for name in set(rows) - {"migration"}:
                pairs = zip(now[name], rows[name], strict=True)
                assert [{key: row[key] for key in was} for row, was in pairs] == rows[name]
            for table in schema.metadata.sorted_tables:
                connection.execute(select(table)).fetchall()
        assert roles.of(workspace, "ada") == {"label"}
    assert len(list(place.parent.glob("*.backup-*"))) == 1


def test_it_takes_what_came_since(old):
    place, _ = old
    (subject,) = subjects(7)[6:]
    with open_workspace(place) as workspace:
        line = opened(workspace, "zoe", [subject])
        reply(workspace, line, subject, clarity_plus=4, specificity=2)
        assert reading.current(workspace, None).specificity.dropna().tolist() == [2]
        with pytest.raises(DBAPIError, match="only added to"), workspace.engine.begin() as raw:
            raw.execute(delete(access_schema.role))


def test_its_export_is_read(fresh, monkeypatch):
    monkeypatch.setattr(blind, "GRACE", timedelta(days=10_000))  # as if it were just answered
    with open_workspace(fresh()) as workspace:
        told = transfer.import_jsonl(workspace, EXPORT, KNOWN)
        assert told.conflicts == 0 and told.added == told.read > 40
        found = reading.current(workspace, None)
        assert set(found.author) == {"ada", "bob"} and "animals" in set(found.category)
        assert blind.hidden_targets(workspace, "ada")
