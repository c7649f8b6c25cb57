"""Labels leave only where their author says so, and never while anybody works blind on them."""

from datetime import timedelta

import pytest

from catalog.errors import LabelRefused
from catalog.workspace import adjudication, blind, consent, labels, queue
from catalog.workspace.values import Label
from tests.workspace.given import event, opened, reply, say, subjects
from tests.workspace.test_label_tests import take

S = subjects(4)


def texts(workspace, **where):
    return sorted(consent.labels(workspace, **where).rows["text"].dropna())


def test_at_first_nothing_leaves(workspace):
    say(workspace, "ada", S[0], "cats")
    found = consent.labels(workspace)
    assert found.rows.empty and (found.private, found.waiting) == (1, 0)
    assert consent.people(workspace) == frozenset()


def test_only_the_authors_own_word_lets_their_labels_out(workspace):
    say(workspace, "ada", S[0], "cats")
    say(workspace, "bob", S[0], "dogs")
    assert consent.give(workspace, event(), " ada ", public=True)
    assert texts(workspace) == ["cats"]
    assert consent.labels(workspace).private == 1
    assert texts(workspace, model="another") == []
    consent.give(workspace, event(), "ada", public=False)
    assert texts(workspace) == [] and consent.people(workspace) == frozenset()


def test_the_same_event_is_saved_once(workspace):
    assert consent.give(workspace, "e", "ada", True) is True
    assert consent.give(workspace, "e", "ada", False) is False
    assert consent.people(workspace) == {"ada"}


def test_a_name_nobody_could_read_is_refused(workspace):
    with pytest.raises(LabelRefused, match="reading direction"):
        consent.give(workspace, event(), "a\u202eda", True)


def test_skips_flags_and_notes_never_leave(workspace):
    consent.give(workspace, event(), "ada", True)
    labels.save(workspace, event(), [Label(S[0], "ada", "flag", note="odd")])
    labels.save(workspace, event(), [Label(S[1], "ada", "skip", note="later")])
    say(workspace, "ada", S[2], "cats")
    found = consent.labels(workspace)
    assert found.rows["text"].tolist() == ["cats"] and found.rows["note"].isna().all()
    assert (found.private, found.waiting) == (0, 0)


def test_what_waits_in_anybodys_open_queue_stays(workspace):
    consent.give(workspace, event(), "ada", True)
    for subject in S[:3]:
        say(workspace, "ada", subject, f"cats {subject.name}")
    line = opened(workspace, "bob", S[:2])
    found = consent.labels(workspace)
    assert found.rows["text"].tolist() == ["cats 2"] and found.waiting == 2
    reply(workspace, line, S[0])
    assert consent.labels(workspace).waiting == 2  # he may still undo it
    queue.close_queue(workspace, line.key)
    assert consent.labels(workspace).waiting == 0


def test_a_final_label_leaves_by_the_word_of_who_decided(workspace):
    say(workspace, "ada", S[0], "cats")
    decision = adjudication.Decision(S[0], "eve", category="animals", reason="they agree")
    adjudication.decide(workspace, event(), decision)
    consent.give(workspace, event(), "eve", True)
    (row,) = consent.labels(workspace).rows.to_dict("records")
    assert (row["author"], row["category"], row["final"]) == ("eve", "animals", True)
    assert "reason" not in row


def test_of_an_address_only_the_part_before_the_at_is_shown(workspace):
    say(workspace, "ada@lab.example", S[0], "cats")
    consent.give(workspace, event(), "ada@lab.example", True)
    assert consent.labels(workspace).rows["author"].tolist() == ["ada"]


def test_what_its_owner_has_answered_for_good_may_leave(workspace, monkeypatch):
    consent.give(workspace, event(), "ada", True)
    for subject in S[:2]:
        say(workspace, "ada", subject, f"cats {subject.name}")
    line = opened(workspace, "bob", S[:2])
    monkeypatch.setattr(blind, "GRACE", timedelta(0))
    reply(workspace, line, S[0])
    assert texts(workspace) == ["cats 0"] and consent.labels(workspace).waiting == 1


def test_what_leaves_says_whose_text_predicts_nothing(workspace):
    """A label whose test failed leaves as it was written, with the reason beside it."""
    say(workspace, "ada", S[0], "colons")
    say(workspace, "ada", S[1], "colons")
    consent.give(workspace, event(), "ada", True)
    take(workspace, S[0], right=9)
    found = consent.labels(workspace).rows
    assert found.text.tolist() == ["colons", "colons"]
    assert "9 of 27" in found.nothing[0] and found.nothing.isna().tolist() == [False, True]
