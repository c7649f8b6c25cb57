"""Queues: order, coverage, progress, and what they hide."""

import threading
from datetime import timedelta

import pytest

from catalog.errors import LabelRefused
from catalog.workspace import adjudication, blind, labels, mentions, people, queue, reading, runs
from catalog.workspace.values import Answer, Circumstances, Label
from tests.workspace.given import event, opened, reply, say, subjects

S = subjects(12)


def order(workspace, line, count=20):
    return [subject.name for subject in queue.next_subjects(workspace, line, count)]


@pytest.fixture
def at_once(monkeypatch):
    """Answers are shown to their author at once, without the minute of grace."""
    monkeypatch.setattr(blind, "GRACE", timedelta(0))


def test_random_order_is_each_persons_own_and_repeatable(workspace):
    names = [subject.name for subject in S]
    ada = order(workspace, opened(workspace, "ada", S, seed="7"))
    assert sorted(ada) == sorted(names) and ada != names
    assert order(workspace, opened(workspace, "bob", S, seed="7")) != ada
    assert order(workspace, opened(workspace, "ada", S, seed="7")) == ada


def test_strongest_first_puts_the_unknown_last(workspace):
    strengths = [0.1, float("nan"), 3.0, 2.0]
    line = opened(workspace, "ada", S[:4], order="strongest", strengths=strengths)
    assert order(workspace, line) == ["2", "3", "0", "1"]


def test_fewest_labels_first(workspace):
    for person, subject in [("bob", S[0]), ("eve", S[0]), ("bob", S[2])]:
        say(workspace, person, subject, None, clear_pole="+")
    line = opened(workspace, "ada", S[:3], order="fewest", coverage=9)
    assert order(workspace, line) == ["1", "2", "0"]


def test_most_disagreed_first(workspace):
    for person, pole in [("bob", "+"), ("eve", "+"), ("kim", "-")]:
        say(workspace, person, S[1], None, clear_pole="+")
        say(workspace, person, S[2], None, clear_pole=pole)
    line = opened(workspace, "ada", S[1:3], order="disagreed", coverage=9)
    assert order(workspace, line) == ["2", "1"]


def test_the_next_two_follow_the_answers(workspace):
    line = opened(workspace, "ada", S, order="strongest", strengths=range(12, 0, -1))
    first, second = queue.next_subjects(workspace, line)
    reply(workspace, line, first)
    assert queue.next_subjects(workspace, line)[0] == second
    reply(workspace, line, second, "skip")
    assert order(workspace, line, 1) == ["2"]


def test_undo_brings_a_subject_back(workspace):
    line = opened(workspace, "ada", S, order="strongest", strengths=range(12, 0, -1))
    done = reply(workspace, line, S[0])
    labels.undo(workspace, event(), "ada", done)
    assert order(workspace, line, 1) == ["0"]


def test_enough_people_pass_a_subject_over(workspace):
    line = opened(workspace, "ada", S[:2], coverage=2)
    for person in ("bob", "eve"):
        say(workspace, person, S[0], None, clear_pole="+")
    labels.save(
        workspace,
        event(),
        [
            Label(S[1], "bob", "skip"),
        ],
    )
    labels.save(workspace, event(), [Label(S[1], "eve", "flag")])
    assert order(workspace, line) == ["1"]
    assert queue.progress(workspace, line).covered == 1


def test_progress_gives_the_persons_own_pace(workspace):
    line = opened(workspace, "ada", S[:4])
    assert queue.progress(workspace, line) == queue.Progress(0, 4, 0, None, None)
    for subject, seconds in zip(S, (3.0, 5.0, 4000.0), strict=False):
        how = Circumstances("queue", line.key, seconds=seconds)
        reply(workspace, line, subject, positive="text in a second row", how=how)
    assert queue.progress(workspace, line) == queue.Progress(3, 1, 0, 4.0, 4.0)


def test_opening_twice_opens_once_and_leaves_out_what_is_answered(workspace):
    say(workspace, "ada", S[0], None, clear_pole="+")
    labels.save(workspace, event(), [Label(S[1], "ada", "skip")])
    first = queue.open_queue(workspace, "q1", "ada", S[:3])
    again = queue.open_queue(workspace, "q1", "ada", S)
    assert first == again
    assert sorted(order(workspace, first)) == ["1", "2"]  # what was skipped may come again
    assert queue.open_queues(workspace, "ada") == [first]


@pytest.mark.parametrize(
    "options",
    [{"order": "alphabetical"}, {"coverage": 0}, {"order": "strongest"}, {"person": "  "}],
)
def test_wrong_options_are_refused(workspace, options):
    options = {"person": "ada", **options}
    with pytest.raises(LabelRefused):
        opened(workspace, options.pop("person"), S, **options)


def test_nothing_left_is_refused(workspace):
    say(workspace, "ada", S[0], None, clear_pole="+")
    with pytest.raises(LabelRefused, match="has your answer"):
        opened(workspace, "ada", S[:1])


def texts(workspace, viewer):
    return sorted(reading.current(workspace, viewer).text)


def test_others_labels_are_hidden_until_answered(workspace, at_once):
    line = opened(workspace, "ada", S[:2])
    for subject, text in zip(S, ["zero", "one", "two"], strict=False):
        say(workspace, "bob", subject, text)
    assert blind.hidden_targets(workspace, "ada") == {S[0].key, S[1].key}
    assert texts(workspace, "ada") == ["two"]
    assert texts(workspace, "bob") == texts(workspace, None) == ["one", "two", "zero"]
    assert reading.search(workspace, "ada", "zero").empty
    assert reading.of_subject(workspace, "ada", S[0]).empty
    assert reading.labelled(workspace, "ada").name.tolist() == ["2"]
    assert reading.history(workspace, "ada").text.tolist() == ["two"]
    reply(workspace, line, S[0])
    assert reading.search(workspace, "ada", "zero").author.tolist() == ["bob"]
    assert blind.is_hidden(workspace, "ada", S[1].key)
    queue.close_queue(workspace, line.key)
    assert blind.hidden_targets(workspace, "ada") == frozenset()


def test_a_pole_is_hidden_with_its_whole(workspace):
    opened(workspace, "ada", S[:1])
    labels.answer(
        workspace, event(), Answer(S[0], "bob", clear_pole="+", positive="cats"), Circumstances()
    )
    assert reading.current(workspace, "ada").empty
    assert reading.search(workspace, "ada", "cats").empty


def test_what_is_answered_stays_hidden_for_a_minute(workspace, monkeypatch):
    line = opened(workspace, "ada", S[:1])
    say(workspace, "bob", S[0], "zero")
    reply(workspace, line, S[0])
    assert blind.is_hidden(workspace, "ada", S[0].key)
    later = blind.now() + timedelta(seconds=61)
    monkeypatch.setattr(blind, "now", lambda: later)
    assert not blind.is_hidden(workspace, "ada", S[0].key)


def test_comments_and_decisions_are_hidden_too(workspace):
    opened(workspace, "ada", S[:1])
    mentions.comment(workspace, event(), "bob", S[0], "clearly cats")
    mentions.comment(workspace, event(), "bob", S[1], "no idea")
    adjudication.decide(workspace, event(), adjudication.Decision(S[0], "bob", category="cats"))
    shown = [row.body["text"] for row in runs.held(workspace, "comment", "ada")]
    assert shown == ["no idea"]
    assert adjudication.decisions(workspace, "ada").empty
    assert len(adjudication.decisions(workspace, None)) == 1


def saved_blind(workspace, person):
    table = reading.current(workspace, None, author=person)
    return bool(table.blind.iloc[-1])


def test_blind_means_in_ones_own_open_queue(workspace):
    line = opened(workspace, "ada", S[:3])
    reply(workspace, line, S[0])
    assert saved_blind(workspace, "ada")
    how = Circumstances("queue", line.key)
    labels.answer(workspace, event(), Answer(S[0], "bob", clear_pole="+"), how)
    assert not saved_blind(workspace, "bob")  # not his queue
    reply(workspace, line, S[5])
    assert not saved_blind(workspace, "ada")  # not in the queue


def test_a_subject_revealed_by_closing_is_never_blind_again(workspace):
    queue.close_queue(workspace, opened(workspace, "ada", S[:2]).key)
    line = opened(workspace, "ada", S[:3])
    reply(workspace, line, S[0])
    assert not saved_blind(workspace, "ada")
    reply(workspace, line, S[2])
    assert saved_blind(workspace, "ada")


def test_a_name_in_two_tabs_is_noticed(workspace, monkeypatch):
    assert people.seen(workspace, "ada", "tab 1") is False
    assert people.seen(workspace, "bob", "tab 2") is False
    assert people.seen(workspace, "ada", "tab 3") is True
    people.left(workspace, "ada", "tab 3")
    assert people.seen(workspace, "ada", "tab 1") is False
    people.seen(workspace, "ada", "tab 3")
    later = people.now() + timedelta(minutes=6)
    monkeypatch.setattr(people, "now", lambda: later)
    assert people.seen(workspace, "ada", "tab 1") is False


def test_two_people_work_at_once(workspace):
    lines = [opened(workspace, person, S, coverage=2) for person in ("ada", "bob")]
    together = threading.Barrier(2)

    def work(line):
        together.wait()
        while chosen := queue.next_subjects(workspace, line, 1):
            reply(workspace, line, chosen[0])

    threads = [threading.Thread(target=work, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reading.current(workspace, None)) == 24
