"""Opening, locking, migrating, refusing."""

import multiprocessing
import os
import sqlite3
import tempfile
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text

from catalog.errors import (
    CatalogError,
    SettingRefused,
    WorkspaceBusy,
    WorkspaceReadOnly,
    WorkspaceUnreadable,
)
from catalog.workspace import migrations, reading, schema
from catalog.workspace.file import open_workspace
from tests.workspace.given import say, subjects

S = subjects()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "workspace.sqlite"


def test_what_was_saved_is_there_when_opened_again(fresh):
    address = fresh()
    with open_workspace(address) as workspace:
        say(workspace, "ada", S[0])
    with open_workspace(address) as workspace:
        assert reading.current(workspace, None).text.tolist() == ["colons"]


def test_a_commit_is_on_disk(path):
    with open_workspace(path) as workspace, workspace.writing() as connection:
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"


def test_every_table_and_column_has_a_comment():
    for table in schema.metadata.sorted_tables:
        assert table.comment and all(column.comment for column in table.c), table.name


def test_the_database_has_the_tables_of_the_schema(workspace):
    there = inspect(workspace.engine)
    for table in schema.metadata.sorted_tables:
        assert {c["name"] for c in there.get_columns(table.name)} == set(table.c.keys())


def test_a_failed_transaction_leaves_nothing(workspace):
    with pytest.raises(KeyError), workspace.writing() as connection:
        connection.execute(schema.subject.insert(), S[0].row())
        raise KeyError
    with workspace.reading() as connection:
        assert connection.execute(select(schema.subject)).all() == []


@pytest.mark.parametrize("keep", [0, 60, 5000, -1])
def test_a_truncated_file_is_named(path, keep):
    with open_workspace(path) as workspace:
        for subject in S:
            say(workspace, "ada", subject, "x" * 1000)
    whole = path.read_bytes()
    keep = keep % len(whole)  # -1: the last byte is missing
    path.write_bytes(whole[:keep])
    with pytest.raises(WorkspaceUnreadable, match="truncated"):
        open_workspace(path)
    assert path.stat().st_size == keep


def test_a_foreign_file_is_left_as_it_is(path):
    path.write_text("These are my notes.\n" * 50)
    with pytest.raises(WorkspaceUnreadable, match="not a workspace"):
        open_workspace(path)
    assert path.read_text().startswith("These are my notes.")


def test_a_database_damaged_inside_is_named(path):
    with open_workspace(path) as workspace:
        for subject in S:
            say(workspace, "ada", subject, "x" * 900)
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    with pytest.raises(WorkspaceUnreadable), open_workspace(path) as workspace:
        reading.current(workspace, None)


def test_a_newer_workspace_is_refused(fresh):
    address = fresh()
    with open_workspace(address) as workspace, workspace.writing() as connection:
        connection.execute(
            schema.migration.insert().values(
                number=99, name="from the future", applied_at=migrations.datetime(2030, 1, 1)
            )
        )
    with pytest.raises(WorkspaceUnreadable, match=r"version 99.*update this package"):
        open_workspace(address)


NEWEST = migrations.MIGRATIONS[-1].number


def _added_column(connection):
    connection.execute(text("ALTER TABLE label ADD COLUMN mood TEXT"))


def test_an_older_workspace_is_backed_up_and_migrated(fresh, memory, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    address = fresh()
    with open_workspace(address) as workspace:
        say(workspace, "ada", S[0])
    second = migrations.Migration(NEWEST + 1, "a mood", _added_column)
    with open_workspace(address, (*migrations.MIGRATIONS, second)) as workspace:
        with workspace.reading() as connection:
            assert connection.scalar(text("SELECT count(mood) FROM label")) == 0
            assert migrations.version(connection) == NEWEST + 1
        assert reading.current(workspace, None).author.tolist() == ["ada"]
    backups = [*memory.glob("*.backup-*"), *tmp_path.glob("*.backup-*")]
    assert len(backups) == 1
    if backups[0].suffix == ".sqlite":
        with open_workspace(backups[0]) as before:
            assert reading.current(before, None).author.tolist() == ["ada"]


def test_a_failed_migration_changes_nothing(fresh, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    address = fresh()
    open_workspace(address).close()

    def half(connection):
        _added_column(connection)
        raise ZeroDivisionError

    steps = (*migrations.MIGRATIONS, migrations.Migration(NEWEST + 1, "half", half))
    with pytest.raises(ZeroDivisionError):
        open_workspace(address, steps)
    with open_workspace(address) as workspace, workspace.reading() as connection:
        assert "mood" not in {c["name"] for c in inspect(connection).get_columns("label")}
        assert migrations.version(connection) == NEWEST


def test_a_backup_holds_everything(path, tmp_path):
    with open_workspace(path) as workspace:
        say(workspace, "ada", S[0])
        copy = workspace.backup(tmp_path / "backups")
        say(workspace, "ada", S[1])
    with open_workspace(copy) as before:
        assert reading.current(before, None).name.tolist() == ["0"]


def test_a_backup_that_cannot_be_written_is_an_error(path, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with open_workspace(path) as workspace, pytest.raises(CatalogError, match="another folder"):
        workspace.backup(tmp_path / "file")


def _hold(path, seconds, ready):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    ready.set()
    time.sleep(seconds)
    connection.execute("COMMIT")


@pytest.mark.parametrize("seconds, saved", [(0.8, True), (6.0, False)])
def test_another_process_is_waited_for_two_seconds(path, seconds, saved):
    with open_workspace(path) as workspace:
        say(workspace, "ada", S[0])
        context = multiprocessing.get_context("fork")
        ready = context.Event()
        holder = context.Process(target=_hold, args=(path, seconds, ready))
        holder.start()
        ready.wait()
        begun = time.monotonic()
        if saved:
            say(workspace, "ada", S[1])
        else:
            with pytest.raises(WorkspaceBusy, match=r"busy.*Try again"):
                say(workspace, "ada", S[1])
            assert 1.8 < time.monotonic() - begun < 3
        holder.kill()
        holder.join()
        assert len(reading.current(workspace, None)) == 1 + saved


def test_a_thread_behind_another_waits_for_two_seconds_in_all(path):
    """The second comes a second later, gets its turn after a second, and has one left."""
    with open_workspace(path) as workspace:
        say(workspace, "ada", S[0])
        context = multiprocessing.get_context("fork")
        ready = context.Event()
        holder = context.Process(target=_hold, args=(path, 9.0, ready))
        holder.start()
        ready.wait()
        waited = {}

        def write(delay):
            time.sleep(delay)
            begun = time.monotonic()
            with pytest.raises(WorkspaceBusy):
                say(workspace, "ada", S[1])
            waited[delay] = time.monotonic() - begun

        threads = [threading.Thread(target=write, args=(delay,)) for delay in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        holder.kill()
        holder.join()
    assert 1.8 < waited[0] < 2.6 and 1.8 < waited[1] < 2.6


def test_readers_do_not_wait_for_a_writer(workspace):
    say(workspace, "ada", S[0])
    with workspace.writing() as connection:
        connection.execute(schema.subject.insert(), S[3].row())
        begun = time.monotonic()
        assert len(reading.current(workspace, None)) == 1
        assert time.monotonic() - begun < 1


def _as_nobody(work):
    """Run `work` in a child that is no superuser; the name of the error it raised, or its value."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            answer = str(work())
        except BaseException as error:  # all of it goes to the parent, which asserts on it
            answer = type(error).__name__
        os.write(send, answer.encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(send)
    with os.fdopen(receive) as pipe:
        return pipe.read()


@pytest.fixture
def public():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_a_read_only_workspace_can_be_read_and_says_so_when_written(public):
    path = public / "workspace of Ada?.sqlite"
    with open_workspace(path) as workspace:
        say(workspace, "ada", S[0])
    path.chmod(0o444)
    public.chmod(0o555)

    def read():
        with open_workspace(path) as workspace:
            return reading.current(workspace, None).text.tolist()

    def write():
        with open_workspace(path) as workspace:
            say(workspace, "ada", S[1])

    assert _as_nobody(read) == "['colons']"
    assert _as_nobody(write) == WorkspaceReadOnly.__name__
    public.chmod(0o755)


def test_a_folder_that_cannot_be_written_says_so(public):
    public.chmod(0o555)
    assert _as_nobody(lambda: open_workspace(public / "new.sqlite")) == WorkspaceReadOnly.__name__
    public.chmod(0o755)


def test_two_processes_may_make_the_workspace_together(fresh):
    address, context = fresh(), multiprocessing.get_context("fork")
    together, done = context.Barrier(4), context.Queue()

    def make(number):
        together.wait()
        with open_workspace(address) as workspace:
            say(workspace, f"person {number}", S[0])
        done.put(number)

    makers = [context.Process(target=make, args=(number,)) for number in range(4)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert [maker.exitcode for maker in makers] == [0] * 4
    with open_workspace(address) as workspace:
        assert len(reading.current(workspace, None)) == 4


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(SettingRefused, match="postgresql://"):
        open_workspace("mysql://root@localhost/labels")


def test_a_server_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(WorkspaceUnreadable, match="does not answer") as caught:
        open_workspace("postgresql://ada:secret@127.0.0.1:1/labels")
    assert "secret" not in str(caught.value)


def test_the_environment_names_the_workspace(path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(path))
    open_workspace().close()
    assert path.exists()
