"""The log: what is saved stays, once, whoever else writes and whatever is killed."""

import subprocess
import sys
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from catalog.errors import LabelRefused
from catalog.workspace import labels, reading
from catalog.workspace.file import open_workspace
from catalog.workspace.values import Answer, Circumstances, Label
from tests.workspace.given import event, opened, reply, say, subjects

ROOT = Path(__file__).parents[2]
S = subjects()


def current(workspace, **where):
    table = reading.current(workspace, None, **where)
    return table[["author", "name", "pole", "text"]].fillna("").values.tolist()


def test_the_newest_label_of_a_person_is_current_and_history_stays(workspace):
    say(workspace, "ada", S[0], "colons")
    say(workspace, "bob", S[0], "dots")
    say(workspace, "ada", S[0], "semicolons")
    assert current(workspace) == [["bob", "0", "", "dots"], ["ada", "0", "", "semicolons"]]
    assert reading.history(workspace, None).text.tolist() == ["colons", "dots", "semicolons"]


def test_deleting_is_a_row_too(workspace):
    say(workspace, "ada", S[0])
    labels.save(workspace, event(), [Label(S[0], "ada", "delete")])
    assert current(workspace) == []
    assert reading.history(workspace, None).action.tolist() == ["label", "delete"]


def test_an_event_sent_twice_is_saved_once(workspace):
    label = Label(S[0], "ada", text="colons")
    assert labels.save(workspace, "e1", [label]) is True
    assert labels.save(workspace, "e1", [label]) is False
    assert len(reading.history(workspace, None)) == 1


def test_an_event_that_says_something_else_is_refused(workspace):
    labels.save(workspace, "e1", [Label(S[0], "ada", text="colons")])
    for other in (Label(S[0], "ada", text="dots"), Label(S[1], "ada", text="colons")):
        with pytest.raises(LabelRefused, match="new event id"):
            labels.save(workspace, "e1", [other])


@pytest.mark.parametrize(
    "content",
    [
        {"text": ""},
        {"text": " \n\t "},
        {"text": "x" * 10_000},
        {"text": "nul\x00"},
        {"text": "lone \ud800"},
        {"text": None},
        {"clear_pole": "up"},
        {"clear_pole": "none", "text": "something"},
        {"action": "no_clear_pole", "category": "animals"},
        {"action": "skip", "text": "said"},
        {"action": "rename", "text": "said"},
        {"text": "x", "confidence": 6},
        {"text": "x", "clarity_plus": 0},
        {"text": "x", "specificity": "wide"},
        {"action": "skip", "clarity_minus": 3},
    ],
)
def test_nonsense_is_refused_in_one_sentence(content):
    with pytest.raises(LabelRefused) as caught:
        Label(S[0], "ada", **content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "x" * 81, "a\x07", "\u202eada"])
def test_names_that_mislead_are_refused(name):
    with pytest.raises(LabelRefused):
        Label(S[0], name, text="x")


def test_closed_answers_are_not_about_one_pole():
    with pytest.raises(LabelRefused, match="whole"):
        Label(replace(S[0], pole="+"), "ada", clear_pole="+")


HOSTILE = [
    "<script>alert(1)</script>",
    "'); DROP TABLE label;--",
    "![i](http://x/y.png) $x$ :smile:",
    "=cmd()",
    "שלום \u202e olleh",
    "مرحبا",
    "%_\\ ?:x",
    "\U0001f9ee\u200d\U0001f525",
    'comma, "quote"',
    "x" * 1000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_labels_come_back_as_they_were(workspace, text):
    say(workspace, "ada", S[0], text)
    assert reading.current(workspace, None).text.tolist() == [text]
    assert reading.search(workspace, None, text[:20]).text.tolist() == [text]


def test_search_takes_wildcards_literally(workspace):
    say(workspace, "ada", S[0], "percent")
    assert reading.search(workspace, None, "%").empty
    assert reading.search(workspace, None, "CENT").text.tolist() == ["percent"]


def test_an_answer_is_about_the_whole_and_its_poles(workspace):
    answer = Answer(S[0], "ada", clear_pole="both", category="animals", positive="cats")
    labels.answer(workspace, "e1", answer, Circumstances())
    assert current(workspace) == [["ada", "0", "", ""], ["ada", "0", "+", "cats"]]
    assert labels.answer(workspace, "e1", answer, Circumstances()) is False


def test_an_answer_takes_back_text_it_no_longer_holds(workspace):
    first = Answer(S[0], "ada", clear_pole="+", positive="cats", negative="")
    labels.answer(workspace, "e1", first, Circumstances())
    second = Answer(S[0], "ada", clear_pole="-", negative="dogs")
    labels.answer(workspace, "e2", second, Circumstances())
    assert labels.answer(workspace, "e2", second, Circumstances()) is False  # sent again
    assert current(workspace) == [["ada", "0", "", ""], ["ada", "0", "-", "dogs"]]


def test_undo_restores_what_held_before(workspace):
    say(workspace, "ada", S[0], "colons")
    wrong = say(workspace, "ada", S[0], "commas")
    assert labels.undo(workspace, "u1", "ada", wrong) is True
    assert labels.undo(workspace, "u1", "ada", wrong) is False
    assert current(workspace) == [["ada", "0", "", "colons"]]
    first = reading.history(workspace, None).event.iloc[-1]
    assert labels.undo(workspace, "u2", "bob", first) is False  # not bob's


def test_undo_of_a_first_answer_leaves_nothing(workspace):
    line = opened(workspace, "ada", S)
    done = reply(workspace, line, S[0], positive="cats")
    labels.undo(workspace, "u1", "ada", done)
    assert current(workspace) == []


def test_a_clock_that_goes_back_does_not_hide_a_new_label(workspace, monkeypatch):
    say(workspace, "ada", S[0], "colons")
    monkeypatch.setattr(labels, "now", lambda: datetime(2001, 1, 1))
    say(workspace, "ada", S[0], "semicolons")
    assert current(workspace) == [["ada", "0", "", "semicolons"]]


def test_labelled_counts_people(workspace):
    say(workspace, "ada", S[0])
    say(workspace, "bob", S[0])
    labels.save(workspace, event(), [Label(S[1], "ada", "skip")])
    table = reading.labelled(workspace, None, site="resid.1")
    assert table[["name", "people"]].values.tolist() == [["0", 2]]


def test_own_words_are_the_authors_only(workspace):
    for subject, text in zip(S, ["cats", "dogs", "cats"], strict=False):
        say(workspace, "ada", subject, text)
    say(workspace, "bob", S[0], "birds")
    assert reading.own_words(workspace, "ada") == ["cats", "dogs"]


@pytest.mark.parametrize("attempt", range(3))
def test_twenty_writers_at_one_moment_lose_nothing(workspace, attempt):
    together, errors = threading.Barrier(20), []
    chosen = subjects(20)

    def write(number):
        together.wait()
        try:
            for turn in range(5):
                say(workspace, f"person {number}", chosen[turn])
                say(workspace, "everyone", chosen[number], f"{number} {turn}")
        except Exception as error:  # any error fails the test below
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(reading.history(workspace, None)) == 200
    assert len(reading.current(workspace, None)) == 100 + 20


def test_one_event_from_twenty_tabs_is_saved_once(workspace):
    together, saved = threading.Barrier(20), []

    def write():
        together.wait()
        saved.append(labels.save(workspace, "e1", [Label(S[0], "ada", text="colons")]))

    threads = [threading.Thread(target=write) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(saved) == 20 and len(reading.history(workspace, None)) == 1


def test_nothing_acknowledged_is_lost_to_kill_9(fresh):
    """200 times: a child saves through the API and is killed right after an acknowledgement.

    A server of its own commits what it acknowledged whatever becomes of the client: 50 times there.
    """
    address = fresh()
    times = 50 if "://" in address else 200
    command = [sys.executable, "-m", "tests.given.saving", address, str(times)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    acknowledged = told.split("\n")[:-1]
    with open_workspace(address) as workspace:
        there = set(reading.history(workspace, None).event)
    assert len(acknowledged) >= times and "" not in acknowledged
    assert set(acknowledged) <= there
