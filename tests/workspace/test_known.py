"""Checks on labelers: answers that are known, and subjects asked a second time."""

import contextlib
import os
import re
import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from catalog.errors import LabelRefused
from catalog.workspace import agreement, blind, gold_schema, known, labels, queue, reading
from catalog.workspace.file import open_workspace
from catalog.workspace.known import Known
from tests.workspace.given import event, killed, opened, reply, subjects

S = subjects(12)
PLANTED = subjects(3, site="resid.planted")


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(blind, "GRACE", timedelta(0))


def plant(workspace, subject, pole="+", category=None, person="judge"):
    return known.declare(workspace, event(), Known(subject, person, pole, category))


def names(workspace, line, count=40):
    return [(one.site, one.name) for one in queue.next_subjects(workspace, line, count)]


def test_the_newest_known_answer_holds_and_is_saved_once(workspace):
    one = Known(PLANTED[0], "judge", "+", "cats")
    assert known.declare(workspace, "e1", one) is True
    assert known.declare(workspace, "e1", one) is False
    plant(workspace, PLANTED[0], "-")
    table = known.held(workspace, None)
    assert table[["clear_pole", "person"]].values.tolist() == [["-", "judge"]]
    assert table.category.isna().all()
    plant(workspace, PLANTED[0], None)
    assert known.held(workspace, None).empty


def test_only_adjudicators_say_what_is_known_and_only_what_a_label_could(workspace, monkeypatch):
    with pytest.raises(LabelRefused):
        plant(workspace, PLANTED[0], "up")
    with pytest.raises(LabelRefused):
        plant(workspace, PLANTED[0], "none", "cats")
    opened(workspace, "judge", PLANTED)
    with pytest.raises(LabelRefused, match="open queue"):
        plant(workspace, PLANTED[0])
    monkeypatch.setenv("DIMS_ADJUDICATORS", "kim")
    with pytest.raises(LabelRefused, match="kim"):
        plant(workspace, PLANTED[0])


def test_known_subjects_are_mixed_in_hidden_and_never_covered(workspace):
    for one in PLANTED:
        plant(workspace, one)
    line = opened(workspace, "ada", S, checks=4, coverage=1)
    order = names(workspace, line)
    assert len(order) == 15
    assert [place for place, (site, _) in enumerate(order) if site == "resid.planted"] == [4, 9, 14]
    assert blind.is_hidden(workspace, "ada", PLANTED[0].key)
    assert known.held(workspace, "ada").empty and len(known.held(workspace, "bob")) == 3
    other = opened(workspace, "bob", S, checks=4, coverage=1)
    for subject in queue.next_subjects(workspace, other, 40):
        reply(workspace, other, subject)
    assert [site for site, _ in names(workspace, line)] == ["resid.planted"] * 3


def test_nobody_is_checked_by_what_they_said_or_know(workspace):
    plant(workspace, PLANTED[0], person="ada")
    plant(workspace, PLANTED[1])
    first = opened(workspace, "ada", [PLANTED[1]])
    reply(workspace, first, PLANTED[1])
    queue.close_queue(workspace, first.key)
    assert len(names(workspace, opened(workspace, "ada", S, checks=4))) == 12
    assert len(names(workspace, opened(workspace, "bob", S))) == 12  # no checks asked for


def test_known_subjects_come_in_turn_in_the_informative_order(workspace):
    for one in PLANTED:
        plant(workspace, one)
    line = opened(workspace, "ada", S, order="informative", checks=4, coverage=9)
    seen = []
    for _ in range(10):
        subject = queue.next_subjects(workspace, line, 1)[0]
        seen.append(subject.site)
        reply(workspace, line, subject)
    assert [place for place, site in enumerate(seen) if site == "resid.planted"] == [4, 8]


def work(workspace, line, count, poles):
    """Answer what comes, `count` times, as the desk does; poles by the subject's name."""
    seen = []
    for _ in range(count):
        subject = queue.next_subjects(workspace, line, 1)[0]
        seen.append(subject.name)
        pole = poles(subject.name, seen.count(subject.name))
        reply(workspace, line, subject, pole)
        queue.answered(workspace, line)
    return seen


def test_own_subjects_are_asked_again_after_a_gap(workspace, at_once):
    line = opened(workspace, "ada", S, checks=3, coverage=9)
    seen = work(workspace, line, 14, lambda name, time: "+" if time == 1 else "-")
    twice = [name for name in seen if seen.count(name) == 2]
    assert len(set(twice)) >= 2 and max(map(seen.count, seen)) == 2
    for name in set(twice):
        first, second = [place for place, one in enumerate(seen) if one == name]
        assert second - first > 3
    assert agreement.entering(workspace).clear_pole.tolist() == ["+"] * 12 or len(set(seen)) < 12
    assert (agreement.entering(workspace).clear_pole == "+").all()  # the first answers alone


def test_what_is_asked_again_is_hidden_until_it_is_answered(workspace, at_once):
    line = opened(workspace, "ada", S, checks=3, coverage=9)
    other = opened(workspace, "bob", S, coverage=9)
    for subject in S:
        reply(workspace, other, subject, "-")
    while not (pending := set(_pending(workspace, line))):
        work(workspace, line, 1, lambda name, time: "+")
    (subject,) = [one for one in S if one.key in pending]
    assert blind.is_hidden(workspace, "ada", subject.key)
    assert set(reading.of_subject(workspace, "ada", subject).author) == {"ada"}
    work(workspace, line, 1, lambda name, time: "+")
    assert not blind.is_hidden(workspace, "ada", subject.key)


def _pending(workspace, line):
    with workspace.reading() as connection:
        rows = connection.execute(known.repeated(line.key, line.person))
        return [one.key for one in map(known.of_row, rows)]


def test_nothing_is_asked_again_within_the_minute_of_grace(workspace):
    line = opened(workspace, "ada", S, checks=3, coverage=9)
    seen = work(workspace, line, 12, lambda name, time: "+")
    assert len(set(seen)) == 12


def test_how_somebody_did_is_counted_for_closed_queues_alone(workspace, at_once):
    for one, pole in zip(PLANTED, "+-+", strict=True):
        plant(workspace, one, pole, "cats")
    line = opened(workspace, "ada", S, checks=3, coverage=9)
    for place in range(40):
        chosen = queue.next_subjects(workspace, line, 1)
        if not chosen:
            break
        again = chosen[0].key in _pending(workspace, line)
        pole = "-" if again and place % 2 else "+"
        category = "cats" if chosen[0] != PLANTED[2] else "dogs"
        reply(workspace, line, chosen[0], pole, category=category)
        queue.answered(workspace, line)
    assert known.own(workspace, "ada").of.sum() == 0
    queue.close_queue(workspace, line.key)
    table = known.own(workspace, "ada").set_index(["check", "field"])
    assert table.loc[("known answers", "clear_pole"), ["same", "of"]].tolist() == [2, 3]
    assert table.loc[("known answers", "category"), ["same", "of"]].tolist() == [2, 3]
    again = table.loc[("asked again", "clear_pole")]
    assert again.of >= 3 and 0 < again.same < again.of and again.low < again.same / again.of
    assert known.own(workspace, "bob").of.sum() == 0


def test_an_undone_second_answer_counts_as_it_was_given_at_last(workspace, at_once):
    line = opened(workspace, "ada", S, checks=2, coverage=9)
    while not (pending := _pending(workspace, line)):
        work(workspace, line, 1, lambda name, time: "+")
    (subject,) = [one for one in S if one.key in pending]
    done = reply(workspace, line, subject, "-")
    labels.undo(workspace, event(), "ada", done)
    reply(workspace, line, subject, "+")
    queue.close_queue(workspace, line.key)
    table = known.own(workspace, "ada").set_index(["check", "field"])
    assert table.loc[("asked again", "clear_pole"), ["same", "of"]].tolist() == [1, 1]


def _say_until_killed(workspace, turn, pipe):
    for number in range(1000):
        name = f"{turn} {number}"
        line = opened(workspace, name, S[:4], checks=2)
        for subject in S[:3]:
            reply(workspace, line, subject, clarity_plus=4, specificity=2)
        known.declare(workspace, name, Known(PLANTED[number % 3], "judge", "+"))
        known.plan_repeat(workspace, line.key, name, 2)
        os.write(pipe, f"{name}\n".encode())


def test_checks_that_were_acknowledged_outlive_kill_9(fresh, at_once):
    """A child says known answers, scales and repeats, and is killed right after it was told so."""
    address = fresh()
    acknowledged = killed(address, 20, _say_until_killed, lambda one: plant(one, PLANTED[0]))
    with open_workspace(address) as workspace:
        with workspace.reading() as connection:
            said = set(connection.scalars(select(gold_schema.gold.c.event)))
            asked = set(connection.scalars(select(gold_schema.queue_repeat.c.queue)))
        log = reading.history(workspace, None)
        lines = {one: queue.open_queues(workspace, one)[0].key for one in acknowledged}
    assert len(acknowledged) >= 20 and "" not in acknowledged
    assert set(acknowledged) <= said and set(lines.values()) <= asked
    scaled = log[(log.clarity_plus == 4) & (log.specificity == 2)].groupby("author").size()
    assert (scaled[acknowledged] == 3).all()


def test_what_was_said_of_known_answers_stays(workspace):
    plant(workspace, PLANTED[0])
    with pytest.raises(Exception, match="only added to"), workspace.writing() as connection:
        connection.execute(gold_schema.gold.delete())
    assert len(known.held(workspace, None)) == 1


def test_a_workspace_from_before_scales_gets_them(fresh, memory, tmp_path, monkeypatch):
    """A workspace of version 5: its tables without what came since."""
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    address = fresh()
    with open_workspace(address) as workspace:
        reply(workspace, opened(workspace, "ada", S[:2]), S[0])
        if workspace.engine.dialect.name == "postgresql":
            with workspace.writing() as connection:
                for statement in OLDER:
                    connection.execute(text(statement))
    if not address.startswith("postgresql"):
        _make_old(address)
    with open_workspace(address) as workspace:
        assert reading.current(workspace, None).clear_pole.tolist() == ["+"]
        (line,) = queue.open_queues(workspace, "ada")
        assert (line.checks, line.stop) == (None, None)
        reply(workspace, line, S[1], clarity_minus=5)
        assert reading.current(workspace, None).clarity_minus.tolist()[1] == 5
        plant(workspace, PLANTED[0])
        bad = text("UPDATE label SET specificity = 9")
        with pytest.raises(IntegrityError), workspace.writing() as connection:
            connection.execute(bad)
    assert len([*memory.glob("*.backup-*"), *tmp_path.glob("*.backup-*")]) == 1


OLDER = (
    "DELETE FROM migration WHERE number > 5",
    "DROP TABLE gold, queue_repeat",
    "ALTER TABLE label DROP COLUMN clarity_plus, DROP COLUMN clarity_minus, "
    "DROP COLUMN specificity",
    "ALTER TABLE queue DROP COLUMN checks, DROP COLUMN stop",
)


def _make_old(path):
    """Take from the tables what version 6 brought: SQLite keeps them as the text that made them."""
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        old.execute("DELETE FROM migration WHERE number > 5")
        old.execute("DROP TABLE gold")
        old.execute("DROP TABLE queue_repeat")
        for name in ("label", "queue"):
            made = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
            ((sql,),) = old.execute(made, (name,))
            came = r"^.*\b(clarity_plus|clarity_minus|specificity|checks|stop)\b.*\n"
            sql = re.sub(came, "", sql, flags=re.M).replace(f"TABLE {name}", f"TABLE {name}_old", 1)
            old.execute(sql)
            names = [row[1] for row in old.execute(f"PRAGMA table_info({name}_old)")]
            listed = ", ".join(f'"{one}"' for one in names)
            old.execute(f"INSERT INTO {name}_old SELECT {listed} FROM {name}")
            old.execute(f"DROP TABLE {name}")
            old.execute(f"ALTER TABLE {name}_old RENAME TO {name}")
