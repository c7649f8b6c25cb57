"""Machines test labels: the same pairs as people, never their own label, every choice kept."""

import dataclasses
import json
from dataclasses import replace

import numpy as np
import pytest

from catalog.errors import LabelRefused
from catalog.labelers import baseline, labeling, pairs, reader, rules, testing
from catalog.labelers import endpoint as endpoints
from catalog.workspace import consent, label_tests, labels, league, machine_tests, machines
from catalog.workspace.label_pairs import TRIALS
from catalog.workspace.label_tests import NOTHING, PREDICTS
from catalog.workspace.machines import Call
from catalog.workspace.values import Label
from tests.given import labelled
from tests.given.commands import run as dims

SITE = labelled.SITE
ALL = testing.Which()
KNOWN = "the planted meaning"


@pytest.fixture(scope="module")
def values():
    return labelled.values()


def pole(world, number, sign="+"):
    return replace(labeling.subjects(world, SITE, [number])[0], pole=sign)


def say(workspace, world, number, text, author="ada", sign="+"):
    subject = pole(world, number, sign)
    labels.save(workspace, f"{author}-{number}-{sign}-{text}", [Label(subject, author, text=text)])


def knowing(world, values, number=0):
    """Choose by the value of a dimension where the label says so, else the left one."""
    value = {}
    for text, one in zip(world.texts, values[:, number], strict=True):
        value.setdefault(str(text), one)

    def rule(found, _body):
        return json.dumps(
            {
                "choices": [
                    "left"
                    if one["label"] != KNOWN or value[one["left"]] > value[one["right"]]
                    else "right"
                    for one in found["pairs"]
                ]
            }
        )

    return rule


def client(**more):
    return endpoints.Endpoint(dataclasses.replace(endpoints.settings(), tries=0, **more))


def test_thirty_pairs_in_one_question(workspace, world, endpoint, values):
    say(workspace, world, 0, KNOWN)
    say(workspace, world, 1, "a guess")
    endpoint.rule = knowing(world, values)
    tally = testing.by_endpoint(workspace, world, ALL, client())
    assert tally.answered == len(endpoint.asked) == 2
    assert all(body["messages"][1]["content"].count('"left"') > TRIALS for body in endpoint.asked)
    found = label_tests.results(workspace, None).set_index("text")
    assert found.loc[KNOWN].verdict == PREDICTS and found.loc[KNOWN].right == 27
    assert found.loc["a guess"].verdict != PREDICTS
    assert set(found.tester) == {"machine:rule-1"} and set(found.control) == {3}
    assert testing.by_endpoint(workspace, world, ALL, client()).asked == 0


def test_the_test_is_scored_as_its_answers_say(workspace, world, endpoint, values):
    """The right side of a pair is the item of the tested pole, seen from the values themselves."""
    say(workspace, world, 0, KNOWN)
    endpoint.rule = knowing(world, values)
    testing.by_endpoint(workspace, world, ALL, client())
    tested = label_tests.Tested(pole(world, 0), "ada", KNOWN)
    key = machines.calls(workspace, None).asked.iloc[0]
    trials, known = pairs.drawn(workspace, world, tested, "machine:rule-1", key, "zero")
    assert known
    for trial in trials:
        left, right = values[trial.left_item, 0], values[trial.right_item, 0]
        assert (left > 0) != (right > 0) and trial.answer == ("left" if left > 0 else "right")


def test_no_machine_tests_its_own_label_or_a_subject_it_labelled(workspace, world, endpoint):
    say(workspace, world, 0, KNOWN)
    labeling.by_endpoint(workspace, world, SITE, [0, 1], client())
    endpoint.asked.clear()
    assert testing.by_endpoint(workspace, world, ALL, client()).asked == 0
    call = Call("e", "machine:rule-1", "test", "t", "m", "", "[]", "answered")
    tested = label_tests.Tested(pole(world, 0), "ada", KNOWN)
    trials, _ = pairs.drawn(workspace, world, tested, "x", "t", "zero")
    with pytest.raises(LabelRefused, match="labelled this subject"):
        machine_tests.take(workspace, tested, trials, ["left"] * 30, "t", call)
    assert label_tests.results(workspace, None).empty
    assert len(machines.calls(workspace, None)) == 2  # nothing of what was refused
    other = dataclasses.replace(endpoints.settings(), model="rule-2")
    plan = testing.plan(workspace, world, ALL, other)
    assert plan.requests == 5  # of ada and of rule-1, which another machine may test


def test_an_answer_without_all_choices_is_none(workspace, world, endpoint):
    say(workspace, world, 0, KNOWN)
    endpoint.faults = ["short"]
    tally = testing.by_endpoint(workspace, world, ALL, client())
    assert tally.no_answer == {"not as asked": 1}
    assert "1 choices of 30 pairs" in machines.calls(workspace, None).reason.iloc[0]
    assert label_tests.results(workspace, None).empty
    assert testing.by_endpoint(workspace, world, ALL, client()).asked == 0


def test_labels_of_people_do_not_leave_without_their_word(workspace, world, endpoint, monkeypatch):
    say(workspace, world, 0, KNOWN)
    say(workspace, world, 1, "public", author="bob")
    consent.give(workspace, "c", "bob", True)
    monkeypatch.setenv("DIMS_LABELER_URL", "https://models.example.org/v1")
    plan = testing.plan(workspace, world, ALL, endpoints.settings())
    assert plan.requests == 1 and plan.left_out == {testing.PRIVATE: 1}
    speakers = testing._speakers(workspace, endpoints.settings())
    drawn, _ = pairs.drawn(
        workspace,
        world,
        label_tests.Tested(pole(world, 1), "bob", "public"),
        "x",
        "t",
        "zero",
        speakers,
    )
    assert {trial.shown for trial in drawn} == {"public"}  # no other label as a control either


def test_the_baseline_is_tested_on_families_that_it_never_learned(workspace, world):
    labeling.by_baseline(workspace, world, SITE, range(8))
    tally, _ = testing.by_word_lists(workspace, world, ALL)
    assert tally.answered >= 3
    learned = set(baseline.learned_families(world))
    tested = label_tests.Tested(pole(world, 0, "-"), "machine:baseline", "other end")
    trials, _ = pairs.drawn(workspace, world, tested, "x", "t", "zero")
    shown = {world.families[i] for t in trials for i in (t.left_item, t.right_item)}
    assert shown.isdisjoint(learned)
    people = dataclasses.replace(tested, author="ada")
    trials, _ = pairs.drawn(workspace, world, people, "x", "t", "zero")
    shown = {world.families[i] for t in trials for i in (t.left_item, t.right_item)}
    assert not shown.isdisjoint(learned)


def test_the_reader_chooses_by_its_lists_and_else_by_a_coin(workspace, world):
    tested = label_tests.Tested(pole(world, 0, "-"), "machine:baseline", "other end")
    trials, _ = pairs.drawn(workspace, world, tested, "x", "t", "zero")
    fits = reader.fits("other end", rules.of(world))
    chosen = np.array([reader.choices(trials, rules.of(world), str(n)) for n in range(200)])
    for place, trial in enumerate(trials):
        left, right = fits[trial.left_item], fits[trial.right_item]
        expected = 0.5 if left == right else float(left)
        assert abs((chosen[:, place] == "left").mean() - expected) < 0.13


def test_a_text_that_is_no_list_is_left_to_others(workspace, world):
    say(workspace, world, 0, "small animals with fur")
    say(workspace, world, 1, "other end", sign="-")
    tally, left_out = testing.by_word_lists(workspace, world, ALL)
    assert tally.answered == 1 and left_out == {testing.UNREAD: 1}
    assert label_tests.results(workspace, None).author.tolist() == ["ada"]


def test_one_league_for_people_machines_and_the_baseline(workspace, world, endpoint, values):
    say(workspace, world, 0, KNOWN)
    say(workspace, world, 1, "always wrong", author="bob")
    labeling.by_baseline(workspace, world, SITE, range(8))
    endpoint.rule = knowing(world, values)
    testing.by_endpoint(workspace, world, ALL, client())
    found = league.table(label_tests.results(workspace, None)).set_index("author")
    assert found.index[0] == "ada" and found.loc["ada"].predicts == 1
    assert found.kind.to_dict() == {"ada": "person", "bob": "person", "machine:baseline": "machine"}
    said = dims("labels", "league", "--json").json
    assert {row["author"]: row["tests"] for row in said["league"]} == found.tests.to_dict()
    controls = label_tests.results(workspace, None).control.sum()
    assert said["other_labels"]["trials"] == controls > 0
    assert "machine:baseline" in dims("labels", "league").out
    assert NOTHING not in league.empty_texts(label_tests.results(workspace, None))


def test_the_command_tests_by_word_lists(workspace, world):
    labeling.by_baseline(workspace, world, SITE, range(3))
    said = dims("labels", "test", world.path, "--word-lists", "--author", "machine:baseline")
    assert said.code == 0 and "answers saved" in said.out
    assert dims("labels", "test", world.path, "--site", "resid.9", "--word-lists").code == 1
