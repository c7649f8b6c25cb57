"""Machines are told apart from people wherever labels go, and count as none of them."""

import json
import os
import sqlite3
from dataclasses import replace

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from catalog.errors import CatalogError, LabelRefused
from catalog.workspace import (
    agreement,
    free_text,
    label_tests,
    labels,
    machine_schema,
    machine_tests,
    machines,
    marks,
    queue,
    reading,
    schema,
    transfer,
)
from catalog.workspace.file import open_workspace
from catalog.workspace.label_pairs import Trial
from catalog.workspace.machine_schema import machine_call
from catalog.workspace.machines import Call
from catalog.workspace.values import Circumstances, Label
from tests.workspace.given import event, killed, opened, reply, say, subjects

S = subjects(6)
ROBOT = "machine:rule-1"


def call(asked="q", outcome="answered", **more):
    prompt = json.dumps([{"role": "user", "content": "which?"}])
    made = Call(event(), ROBOT, "label", asked, "rule-1", "http://host/v1", prompt, outcome)
    return replace(made, **more)


def robot(workspace, subject, said_of="robots", asked="q"):
    pole = replace(subject, pole="+")
    said = [
        Label(subject, ROBOT, clear_pole="+", category="animals"),
        Label(pole, ROBOT, text=said_of),
    ]
    return machines.save(workspace, subject, call(asked), said)


def test_a_label_and_its_call_are_saved_together_and_once(workspace):
    one = call()
    said = [Label(S[0], ROBOT, text="robots")]
    assert machines.save(workspace, S[0], one, said) is True
    assert machines.save(workspace, S[0], one, said) is False
    found = reading.current(workspace, None)
    assert found[["author", "source", "event"]].values.tolist() == [[ROBOT, "machine", one.event]]
    with pytest.raises(LabelRefused, match="that machine alone"):
        machines.save(workspace, S[1], call("r"), [Label(S[1], "machine:other", text="x")])
    assert machines.done(workspace, ROBOT) == {"q"}


def test_a_later_answer_takes_back_what_it_no_longer_says(workspace):
    robot(workspace, S[0])
    machines.save(workspace, S[0], call("again"), [Label(S[0], ROBOT, "no_clear_pole")])
    assert reading.current(workspace, None).action.tolist() == ["no_clear_pole"]


def test_what_failed_may_be_asked_again(workspace):
    machines.save(workspace, S[0], call("a", "failed", reason="slow"))
    machines.save(workspace, S[0], call("b", "no answer", reason="prose", answer="Well"))
    assert machines.done(workspace, ROBOT) == {"b"}
    found = machines.counted(workspace)
    assert found.set_index("reason").calls.to_dict() == {"slow": 1, "prose": 1}


def test_nobody_takes_a_machines_name(workspace):
    for name in (ROBOT, "Machine:me", "  machine:x"):
        with pytest.raises(LabelRefused, match="machine:"):
            say(workspace, name, S[0])
        with pytest.raises(LabelRefused, match="machine:"):
            opened(workspace, name, S[:2])
    with pytest.raises(LabelRefused, match="is no machine"):
        labels.save(workspace, event(), [Label(S[0], "ada", text="x")], Circumstances("machine"))
    assert reading.history(workspace, None).empty


def test_a_name_is_cut_and_stays_apart():
    assert machines.author("models/tiny.gguf") == "machine:tiny.gguf"
    long = [machines.author("x" * 100 + end) for end in "ab"]
    assert len(set(long)) == 2 and all(len(name) <= 80 and marks.is_machine(name) for name in long)


def test_machines_enter_no_agreement(workspace):
    for person in ("ada", "bob"):
        line = opened(workspace, person, S[:3])
        for subject in S[:3]:
            reply(workspace, line, subject, positive="colons")
    before = agreement.measure(agreement.entering(workspace), "clear_pole")
    texts = len(free_text.texts(workspace))
    for number, subject in enumerate(S[:3]):
        robot(workspace, subject, asked=str(number))
    # even a row that says it came blind from a queue, as a file of somebody else's might
    with workspace.writing() as connection:
        connection.execute(
            update(schema.label)
            .where(schema.label.c.author == ROBOT)
            .values(source="queue", blind=True)
        )
    assert agreement.measure(agreement.entering(workspace), "clear_pole") == before
    assert ROBOT not in set(agreement.entering(workspace).author)
    assert len(free_text.texts(workspace)) == texts
    assert agreement.disagreements(workspace, None).empty


def test_a_machine_covers_nothing_and_is_no_person(workspace):
    for number, subject in enumerate(S):
        robot(workspace, subject, asked=str(number))
    line = opened(workspace, "ada", S, order="fewest", coverage=1)
    assert queue.progress(workspace, line).waiting == len(S)
    assert reading.labelled(workspace, None).empty
    say(workspace, "kim", S[1])
    assert reading.labelled(workspace, None).people.tolist() == [1]


def test_who_works_blind_sees_no_machines_word(workspace):
    robot(workspace, S[0])
    robot(workspace, S[1], asked="r")
    opened(workspace, "ada", S[:1])
    assert set(reading.current(workspace, "ada").name) == {"1"}
    assert reading.of_subject(workspace, "ada", S[0]).empty
    assert reading.search(workspace, "ada", "robots").name.tolist() == ["1"]
    assert set(machines.calls(workspace, "ada").name) == {"1"}
    assert set(machines.calls(workspace, "bob").name) == {"0", "1"}


def test_the_database_keeps_every_call(workspace):
    robot(workspace, S[0])
    for change in (delete(machine_call), update(machine_call).values(answer="other")):
        with pytest.raises((DBAPIError, CatalogError)), workspace.writing() as connection:
            connection.execute(change)
    assert machines.calls(workspace, None).answer.isna().all()


def _ask_until_killed(workspace, turn, pipe):
    trials = [Trial(1, 2, "left", "whole", "x", False)] * 3
    for number in range(1000):
        asked = f"{turn} {number}"
        one = call(asked, purpose="test")
        said = Label(S[number % 3], ROBOT, text=asked)
        machines.save(workspace, S[number % 3], call(f"label {asked}"), [said])
        tested = label_tests.Tested(S[5], "ada", asked)
        machine_tests.take(workspace, tested, trials, ["left"] * 3, "s", one)
        os.write(pipe, f"{asked}\n".encode())


def test_no_answer_is_lost_or_halved_by_kill_9(fresh):
    """Killed at any moment, a call is on disk with all its labels or choices, or not at all."""
    address = fresh()
    acknowledged = killed(address, 20, _ask_until_killed, lambda one: say(one, "ada", S[0]))
    with open_workspace(address) as workspace:
        calls, log = machines.calls(workspace, None), reading.history(workspace, None, ROBOT)
        tests = label_tests.results(workspace, None)
    assert set(acknowledged) <= set(calls.asked) and len(acknowledged) >= 20
    assert set(calls[calls.purpose == "label"].event) == set(log.event)
    assert set(calls[calls.purpose == "test"].asked) == set(tests.test)  # finished ones alone


def test_a_machine_stays_one_in_a_file(workspace, fresh, tmp_path):
    robot(workspace, S[0])
    transfer.export_csv(workspace, tmp_path / "labels.csv")
    with open_workspace(fresh()) as other:
        transfer.import_csv(other, tmp_path / "labels.csv")
        assert set(reading.current(other, None).author) == {ROBOT}
        assert agreement.entering(other).empty


def test_an_older_workspace_takes_labels_of_machines(tmp_path):
    """As version 3 had it: the database allowed four sources, and had no calls."""
    path = tmp_path / "old.sqlite"
    with open_workspace(path) as workspace:
        say(workspace, "ada", S[0])
    old = sqlite3.connect(path)
    (made,) = old.execute("SELECT sql FROM sqlite_master WHERE name = 'label'").fetchone()
    indexes = old.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'label' AND type = 'index' "
        "AND sql IS NOT NULL"
    ).fetchall()
    old.execute("DROP TABLE machine_call")
    for name, _ in indexes:
        old.execute(f"DROP INDEX {name}")
    old.execute("ALTER TABLE label RENAME TO newer")
    old.execute(made.replace(", 'machine')", ")"))
    old.execute("INSERT INTO label SELECT * FROM newer")
    old.execute("DROP TABLE newer")
    for _, sql in indexes:
        old.execute(sql)
    old.execute("DELETE FROM migration WHERE number = 4")
    old.commit()
    old.close()
    with open_workspace(path) as workspace:
        with workspace.writing() as connection:
            machine_schema.make(connection)
        assert reading.current(workspace, None).author.tolist() == ["ada"]
        assert robot(workspace, S[1]) is True
        say(workspace, "bob", S[0])
        assert len(reading.of_subject(workspace, None, S[0])) == 2
    new = sqlite3.connect(path)
    (again,) = new.execute("SELECT sql FROM sqlite_master WHERE name = 'label'").fetchone()
    assert again.replace('"label"', "label") == made
    kept = new.execute(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'label' AND type = 'index' "
        "AND sql IS NOT NULL"
    ).fetchall()
    assert sorted(kept) == sorted(indexes)


def test_an_older_database_takes_labels_of_machines(workspace):
    """The same of PostgreSQL, which can change a rule of a table."""
    if workspace.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has a way of its own")
    allowed = "'queue', 'page', 'import', 'carried'"
    with workspace.writing() as connection:
        connection.execute(text("ALTER TABLE label DROP CONSTRAINT label_source_check"))
        old = f"ADD CONSTRAINT label_source_check CHECK (source IN ({allowed}))"
        connection.execute(text(f"ALTER TABLE label {old}"))
    with pytest.raises((CatalogError, DBAPIError)):
        robot(workspace, S[0])
    with workspace.writing() as connection:
        connection.execute(text("DROP TABLE machine_call"))
        machine_schema.make(connection)
    assert robot(workspace, S[0]) is True
