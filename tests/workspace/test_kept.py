"""Decisions, saved things, text judgements, labels carried over."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from catalog.errors import LabelRefused
from catalog.workspace import (
    adjudication,
    agreement,
    carrying,
    free_text,
    labels,
    mentions,
    people,
    reading,
    runs,
)
from catalog.workspace.adjudication import Decision
from catalog.workspace.carrying import Version
from tests.workspace.given import event, opened, reply, say, subjects

S = subjects(6)


def test_the_newest_decision_holds_and_the_others_stay(workspace):
    first = Decision(S[0], "judge", category="cats", reason="two of 3")
    assert adjudication.decide(workspace, "e1", first) is True
    assert adjudication.decide(workspace, "e1", first) is False
    adjudication.decide(workspace, "e2", Decision(S[0], "judge", clear_pole="none"))
    table = adjudication.decisions(workspace, None)
    assert table.clear_pole.tolist() == ["none"]
    adjudication.decide(workspace, "e3", Decision(S[0], "judge"))
    assert adjudication.decisions(workspace, None).empty
    everything = adjudication.decisions(workspace, None, everything=True)
    assert everything.action.tolist() == ["decide", "decide", "withdraw"]


def test_only_adjudicators_decide(workspace, monkeypatch):
    monkeypatch.setenv("DIMS_ADJUDICATORS", "judge, ada")
    assert people.may_adjudicate("ada") and not people.may_adjudicate("bob")
    with pytest.raises(LabelRefused, match="ada, judge"):
        adjudication.decide(workspace, event(), Decision(S[0], "bob", category="cats"))
    monkeypatch.delenv("DIMS_ADJUDICATORS")
    assert adjudication.decide(workspace, event(), Decision(S[0], "bob", category="cats"))


def test_nobody_decides_what_waits_in_their_queue(workspace):
    opened(workspace, "judge", S[:1])
    with pytest.raises(LabelRefused, match="open queue"):
        adjudication.decide(workspace, event(), Decision(S[0], "judge", category="cats"))


def test_the_newest_row_of_a_saved_thing_holds(workspace):
    key = runs.concept_key("tiny", "my animals")
    for words in (["cat"], ["cat", "dog"]):
        runs.save(workspace, event(), runs.Entry("concept", key, "ada", "tiny", {"words": words}))
    [concept] = runs.held(workspace, "concept", "bob", model="tiny")
    assert concept.body == {"words": ["cat", "dog"]} and concept.person == "ada"
    runs.save(workspace, event(), runs.Entry("concept", key, "ada", "tiny", {}), "delete")
    assert runs.held(workspace, "concept", None) == []


def test_a_saved_run_is_saved_once_and_only_plain_values(workspace):
    body = {"verdict": "suppresses", "mean": -0.34, "settings": {"site": "resid.4"}}
    run = runs.Entry("run", "r1", "ada", "tiny", body)
    assert runs.save(workspace, "e1", run) is True
    assert runs.save(workspace, "e1", run) is False
    assert runs.held(workspace, "run", None, key="r1")[0].body == body
    with pytest.raises(LabelRefused, match="plain values"):
        runs.save(
            workspace, event(), runs.Entry("run", "r2", "ada", "tiny", {"mean": float("nan")})
        )
    with pytest.raises(LabelRefused, match="plain values"):
        runs.save(
            workspace, event(), runs.Entry("run", "r2", "ada", "tiny", {"mean": np.float32(1)})
        )


def test_stars_are_each_persons_own(workspace):
    for person in ("ada", "bob"):
        runs.star(workspace, event(), person, S[0])
    runs.star(workspace, event(), "ada", S[0], on=False)
    assert [row.person for row in runs.held(workspace, "star", "ada")] == ["bob"]
    assert [row.person for row in runs.held(workspace, "star", "ada", target=S[0].key)] == ["bob"]
    assert runs.held(workspace, "star", "ada", target=S[1].key) == []


def test_comments_keep_their_lines_and_their_limit(workspace):
    mentions.comment(workspace, event(), "ada", S[0], " first\r\nsecond <b> ")
    assert runs.held(workspace, "comment", "bob")[0].body["text"] == "first\nsecond <b>"
    with pytest.raises(LabelRefused, match="10,001"):
        mentions.comment(workspace, event(), "ada", S[0], "x" * 10_001)


def test_the_newest_verification_that_passed_is_shown(workspace):
    assert runs.verified_at(workspace, "hash") is None
    runs.save(
        workspace, event(), runs.Entry("verification", "hash", "ada", "tiny", {"passed": True})
    )
    assert runs.verified_at(workspace, "hash") is not None
    runs.save(
        workspace, event(), runs.Entry("verification", "hash", "ada", "tiny", {"passed": False})
    )
    assert runs.verified_at(workspace, "hash") is None


@pytest.fixture
def worded(workspace):
    words = {"ada": ["cats", "years", "left"], "bob": ["felines", "dates", "verbs"]}
    for person, said in words.items():
        line = opened(workspace, person, S[:3])
        for subject, text in zip(S, said, strict=False):
            reply(workspace, line, subject, positive=text)
    return workspace


def test_a_judge_gets_real_and_shuffled_pairs_of_others(worded):
    pairs = free_text.pairs(worded, "kim")
    real = [pair for pair in pairs if not pair.shuffled]
    assert len(pairs) == 6 and len(real) == 3
    assert {frozenset((p.first, p.second)) for p in real} == {
        frozenset(p) for p in [("cats", "felines"), ("years", "dates"), ("left", "verbs")]
    }
    said = dict(zip(["cats", "felines", "years", "dates", "left", "verbs"], "001122", strict=True))
    assert all(said[p.first] != said[p.second] for p in pairs if p.shuffled)
    assert free_text.pairs(worded, "ada") == []


def test_pairs_come_in_the_same_order_in_every_process(worded):
    """Python salts the hash of a text anew in each process; nothing may hang on it."""
    place = worded.engine.url.render_as_string(hide_password=False)
    code = (
        "import sys\n"
        "from catalog.workspace import free_text\n"
        "from catalog.workspace.file import open_workspace\n"
        "with open_workspace(sys.argv[1]) as opened:\n"
        "    print([(p.first, p.second) for p in free_text.pairs(opened, 'kim')])\n"
    )
    orders = [
        subprocess.run(
            [sys.executable, "-c", code, place.removeprefix("sqlite:///")],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]
    here = [(pair.first, pair.second) for pair in free_text.pairs(worded, "kim")]
    assert orders == [f"{here}\n"] * 3


def test_every_judge_has_an_order_of_their_own(worded):
    drawn = [[pair.subject for pair in free_text.pairs(worded, judge)] for judge in "klmn"]
    assert len({tuple(one) for one in drawn}) > 1


def test_judgements_are_counted_apart_and_once(worded):
    for pair in free_text.pairs(worded, "kim"):
        same = not pair.shuffled and pair.first != "left" and pair.second != "left"
        name = event()
        assert free_text.judge_pair(worded, name, "kim", pair, same) is True
        assert free_text.judge_pair(worded, name, "kim", pair, same) is False
    found = free_text.measure(worded)
    assert found.real == (2, 3) and found.shuffled == (0, 3)
    assert found.real_interval[0] < 2 / 3 < found.real_interval[1]
    assert free_text.pairs(worded, "kim", "another seed") == []
    assert free_text.measure(worded, site="resid.9").real == (0, 0)


def test_nobody_judges_their_own_text(worded):
    pair = free_text.Pair(replace(S[0], pole="+").key, "cats", "felines", False)
    with pytest.raises(LabelRefused, match="yours"):
        free_text.judge_pair(worded, event(), "ada", pair, True)


def test_labels_are_carried_over_and_what_is_lost_is_listed(workspace):
    old, new = Version("tiny", "r1", "bare"), Version("tiny", "r2", "bare")
    line = opened(workspace, "ada", S[:4])
    for subject in S[:4]:
        reply(workspace, line, subject, positive="cats")
    gone = say(workspace, "ada", subjects(1, site="resid.7")[0])
    say(workspace, "ada", subjects(1, revision="r2")[0], None, clear_pole="-")
    plan = carrying.plan(workspace, old, new, {"resid.1": 3})
    assert sorted(plan.moves.name + plan.moves.pole) == ["0+", "1", "1+", "2", "2+"]
    assert plan.kept.name.tolist() == ["0"]
    assert sorted(plan.lost.name) == ["0", "3", "3"] and gone in plan.lost.event.tolist()
    assert carrying.carry(workspace, plan) == 5
    carrying.carry(workspace, plan)
    there = reading.current(workspace, None, revision="r2")
    assert len(there) == 6 and set(there.source) == {"page", "carried"}
    assert carrying.plan(workspace, old, new, {"resid.1": 3}).moves.empty
    assert agreement.entering(workspace, revision="r2").empty
    assert labels.undo(workspace, event(), "ada", gone)
