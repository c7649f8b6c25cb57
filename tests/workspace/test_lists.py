"""Named lists: anybody fills them, nothing is lost, and none shows what is hidden."""

import os
import threading
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from catalog.errors import CatalogError, ImportRefused, LabelRefused
from catalog.workspace import gathered_schema, lists, mentions, migrations, queue, runs, transfer
from catalog.workspace.file import open_workspace
from tests.workspace.given import event, killed, opened, subjects

S = subjects()


def held(workspace, title="sea", viewer=None):
    return lists.of_list(workspace, viewer, title).name.tolist()


def test_a_list_is_what_was_added_and_not_removed(workspace):
    assert lists.change(workspace, event(), "ada", "sea", S[:4]) == 4
    assert lists.change(workspace, event(), "bob", "sea", S[3:5]) == 1  # one was there
    assert lists.change(workspace, event(), "bob", "sea", [S[0], S[5]], "remove") == 1
    assert held(workspace) == ["1", "2", "3", "4"]
    assert lists.change(workspace, event(), "ada", " sea ", [S[0]]) == 1  # it comes last now
    assert held(workspace) == ["1", "2", "3", "4", "0"]
    every = lists.every(workspace, None, model="tiny")
    assert every[["list", "subjects", "people"]].values.tolist() == [["sea", 5, 2]]
    assert lists.every(workspace, None, model="another").empty
    assert lists.of_subject(workspace, None, replace(S[4], pole="+")) == ["sea"]
    assert lists.of_subject(workspace, None, S[5]) == []


def test_an_event_sent_twice_is_saved_once(workspace):
    assert lists.change(workspace, "e1", "ada", "sea", S[:2]) == 2
    lists.change(workspace, event(), "ada", "sea", S[:1], "remove")
    assert lists.change(workspace, "e1", "ada", "sea", S[:2]) == 0
    assert held(workspace) == ["1"]


def test_undo_gives_back_what_was_and_leaves_what_others_changed_since(workspace):
    lists.change(workspace, "e1", "ada", "sea", S[:3])
    lists.change(workspace, event(), "bob", "sea", S[:1], "remove")
    assert lists.undo(workspace, event(), "bob", "e1") == 0  # it was not bob's
    assert lists.undo(workspace, "u1", "ada", "e1") == 2
    assert lists.undo(workspace, "u1", "ada", "e1") == 0 and held(workspace) == []
    lists.change(workspace, event(), "bob", "sea", S[:1])
    lists.change(workspace, "e2", "bob", "sea", S[:1], "remove")
    assert lists.undo(workspace, event(), "bob", "e2") == 1 and held(workspace) == ["0"]


def test_a_clock_that_goes_back_changes_no_order(workspace, monkeypatch):
    lists.change(workspace, event(), "ada", "sea", S[:1])
    early = lists.now().replace(year=2001)
    monkeypatch.setattr(lists, "now", lambda: early)
    lists.change(workspace, event(), "ada", "sea", S[:1], "remove")
    assert held(workspace) == []


@pytest.mark.parametrize("title", ["", " \t ", "x" * 81, "a\x00b", "abc\u202edef"])
def test_a_name_that_cannot_be_shown_is_refused(workspace, title):
    with pytest.raises(LabelRefused):
        lists.change(workspace, event(), "ada", title, S[:1])
    with pytest.raises(LabelRefused, match="Nothing is chosen"):
        lists.change(workspace, event(), "ada", "sea", [])
    assert lists.every(workspace, None).empty


def test_hostile_names_stay_as_they_are(workspace):
    for title in ("<b>x</b>", "'; DROP TABLE label; --", "%_", "日本 🐟", "=1+1"):
        lists.change(workspace, event(), "ada", title, S[:1])
        assert held(workspace, title) == ["0"]
    assert len(lists.every(workspace, None)) == 5


def test_a_list_shows_nothing_hidden(workspace):
    """Its name may be the label: neither the row, nor the count, nor the name is there."""
    lists.change(workspace, event(), "bob", "animals", S[:1])
    lists.change(workspace, event(), "bob", "all", S[:3])
    lists.change(workspace, event(), "ada", "mine", S[:1])
    line = opened(workspace, "ada", S[:2])
    assert held(workspace, "animals", "ada") == [] and held(workspace, "all", "ada") == ["2"]
    assert lists.every(workspace, "ada")["list"].tolist() == ["all", "mine"]
    assert lists.every(workspace, "ada").subjects.tolist() == [1, 1]
    assert lists.of_subject(workspace, "ada", S[0]) == ["mine"]
    assert held(workspace, "animals", "bob") == held(workspace, "animals") == ["0"]
    queue.close_queue(workspace, line.key)
    assert lists.of_subject(workspace, "ada", S[0]) == ["all", "animals", "mine"]


def test_the_database_refuses_to_change_a_row(workspace):
    lists.change(workspace, event(), "ada", "sea", S[:1])
    for statement in ("DELETE FROM list_entry", "UPDATE list_entry SET list = 'x'"):
        with pytest.raises((DatabaseError, CatalogError)), workspace.writing() as connection:
            connection.execute(text(statement))
    assert held(workspace) == ["0"]


def test_twenty_people_at_once_lose_nothing(workspace):
    barrier, fell = threading.Barrier(20), []

    def add(number):
        barrier.wait()
        try:
            lists.change(workspace, f"e{number}", f"p{number}", "sea", S)
            lists.change(workspace, f"f{number}", f"p{number}", f"own {number}", S[:2])
        except Exception as error:
            fell.append(error)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not fell and held(workspace) == ["0", "1", "2", "3", "4", "5"]
    assert len(lists.every(workspace, None)) == 21


def test_stars_of_many_are_one_act_that_says_what_it_changed(workspace):
    runs.star(workspace, event(), "ada", S[1])
    assert runs.star_all(workspace, "e1", "ada", S[:3]) == [S[0], S[2]]
    assert runs.star_all(workspace, "e1", "ada", S[:3]) == []
    assert len(runs.held(workspace, "star", None, person="ada")) == 3
    assert runs.star_all(workspace, event(), "ada", [S[0], S[2]], on=False) == [S[0], S[2]]
    [left] = runs.held(workspace, "star", None, person="ada")
    assert left.subject == S[1].key


def _gather_until_killed(workspace, turn, pipe):
    for number in range(1000):
        name = f"{turn} {number}"
        lists.change(workspace, name, "ada", name, S[:3])
        mentions.comment(workspace, f"c {name}", "ada", S[0], f"@bob {name}")
        os.write(pipe, f"{name}\n".encode())


def _list_one(workspace):
    lists.change(workspace, event(), "ada", "first", S)


def test_nothing_gathered_is_lost_to_kill_9(fresh):
    """50 times, as labels are tried 200 times: lists and mentions go the same way to the disk."""
    address = fresh()
    acknowledged = killed(
        address, 50, _gather_until_killed, lambda one: lists.change(one, event(), "ada", "first", S)
    )
    with open_workspace(address) as workspace:
        every = lists.every(workspace, None).set_index("list").subjects
        told = {one.text.removeprefix("@bob ") for one in mentions.waiting(workspace, "bob")}
    assert len(acknowledged) >= 50 and set(acknowledged) <= told
    assert (every.loc[acknowledged] == 3).all()  # whole, or not at all
    assert set(every) == {3, 6}


def test_a_workspace_of_an_earlier_day_gets_the_tables(workspace):
    with workspace.writing() as connection:
        for table in gathered_schema.TABLES:
            table.drop(connection)
    assert gathered_schema.make in {one.step for one in migrations.MIGRATIONS}
    with workspace.writing() as connection:
        gathered_schema.make(connection)
    lists.change(workspace, event(), "ada", "sea", S[:1])
    assert held(workspace) == ["0"]


def test_what_was_gathered_comes_back_from_a_file(workspace, fresh, tmp_path):
    lists.change(workspace, "e1", "ada", "sea", S[:3])
    lists.change(workspace, "e2", "bob", "sea", S[:1], "remove")
    mentions.comment(workspace, "c1", "ada", S[1], "look, @bob and @eve")
    mentions.read(workspace, "r1", "eve", ["c1"])
    transfer.export_jsonl(workspace, tmp_path / "all.jsonl")
    with open_workspace(fresh()) as empty:
        transfer.import_jsonl(empty, tmp_path / "all.jsonl")
        report = transfer.import_jsonl(empty, tmp_path / "all.jsonl")
        assert (report.added, report.conflicts) == (0, 0)
        assert held(empty) == ["1", "2"]
        assert [one.comment for one in mentions.waiting(empty, "bob")] == ["c1"]
        assert mentions.waiting(empty, "eve") == []
    text = (tmp_path / "all.jsonl").read_text()
    for wrong in ("", "x" * 81, "a\u202eb"):
        (tmp_path / "wrong.jsonl").write_text(text.replace('"sea"', f'"{wrong}"'))
        with pytest.raises(ImportRefused, match="Nothing was imported"):
            transfer.import_jsonl(workspace, tmp_path / "wrong.jsonl")
