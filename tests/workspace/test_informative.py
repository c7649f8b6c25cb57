"""What next: the order that asks where an answer tells most, and subjects that are sure enough."""

from datetime import timedelta

import numpy as np
import pytest

from catalog.errors import LabelRefused
from catalog.workspace import (
    agreement,
    blind,
    dawid_skene,
    following,
    informative,
    labels,
    queue,
    reading,
)
from catalog.workspace.dawid_skene import Panel
from tests.workspace.given import event, opened, reply, say, subjects
from tests.workspace.panels import matrices, said_by_all

S = subjects(8)
POLES = ("+", "-", "both", "none")


def next_names(workspace, line, count=20):
    return [subject.name for subject in queue.next_subjects(workspace, line, count)]


def test_the_gain_is_the_expected_loss_of_entropy():
    """Against the definition: entropy before, less the mean entropy after each possible answer."""
    generator = np.random.default_rng(0)
    odds = generator.dirichlet(np.ones(4), size=20)
    theta = generator.dirichlet(np.ones(4), size=4)

    def bits(p):
        return -sum(x * np.log2(x) for x in p if x > 0)

    expected = []
    for p in odds:
        after = 0.0
        for answer in range(4):
            joint = p * theta[:, answer]
            after += joint.sum() * bits(joint / joint.sum())
        expected.append(bits(p) - after)
    assert informative.gains(odds, theta) == pytest.approx(expected, abs=1e-12)


def test_who_says_everything_alike_gains_nothing():
    theta = np.tile([0.7, 0.1, 0.1, 0.1], (4, 1))
    assert informative.gains(np.full((1, 4), 0.25), theta)[0] == pytest.approx(0)


def labelled(seed, order, budget, subjects=500, most=5):
    """Share of right posteriors after each label of a simulated panel of five, who come in turn by
    chance; estimates are made anew every 25 labels. In random order each takes an own order."""
    generator = np.random.default_rng(seed)
    held = matrices(generator)
    truth = generator.integers(4, size=subjects)
    said = said_by_all(generator, held, truth)
    given = np.full(said.shape, -1)
    places = np.stack([generator.permutation(subjects) for _ in held])
    odds, estimate, right = np.tile([0.25, 0.25, 0.25, 0.25, 0], (subjects, 1)), None, []
    for count in range(budget):
        who = generator.integers(len(held))
        free = np.flatnonzero((given[who] < 0) & ((given >= 0).sum(axis=0) < most))
        if not len(free):  # this one has nothing left to do
            right.append(right[-1])
            continue
        gain = np.zeros(subjects)
        if order == "informative" and estimate is not None:
            theta = np.zeros((5, 5))
            theta[:4, :4], theta[4, 4] = estimate.confusion[who], 1
            gain = np.round(informative.gains(odds, theta), 9)
        one = free[np.lexsort((places[who][free], -gain[free]))[0]]
        given[who, one] = said[who, one]
        if estimate is None or count % 25 == 24:
            subject, labeler = np.nonzero(given.T >= 0)
            keys, numbered = np.unique(subject, return_inverse=True)
            value = given[labeler, subject]
            panel = Panel(numbered, labeler, value, len(keys), len(held), 4)
            estimate, found = dawid_skene.fit(panel)
            odds = np.tile(estimate.prevalence, (subjects, 1))
            odds[keys] = found
        else:
            by = np.flatnonzero(given[:, one] >= 0)
            panel = Panel(np.zeros(len(by), int), by, given[by, one], 1, len(held), 4)
            odds[one] = dawid_skene.posterior(panel, estimate)[0]
        right.append((odds[:, :4].argmax(axis=1) == truth).mean())
    return np.array(right)


def test_the_same_accuracy_takes_thirty_percent_fewer_labels():
    """Random order: 1,500 labels, three for each subject. Mean of three panels."""
    random = np.mean([labelled(seed, "random", 1500, most=3) for seed in range(3)], axis=0)
    chosen = np.mean([labelled(seed, "informative", 1050) for seed in range(3)], axis=0)
    assert random[-1] > 0.9
    assert chosen.max() >= random[-1]
    assert np.argmax(chosen >= random[-1]) + 1 <= 0.7 * 1500


def panel(workspace, said, people="abcde"):
    """People answer S by letters + - b(oth) n(one) and . for nothing; their queues are closed."""
    for person, row in zip(people, said, strict=False):
        given = {one: letter for one, letter in zip(S, row, strict=False) if letter != "."}
        line = opened(workspace, person, list(given), coverage=99)
        for subject, letter in given.items():
            reply(workspace, line, subject, {"b": "both", "n": "none"}.get(letter, letter))
        queue.close_queue(workspace, line.key)


def test_what_is_open_comes_before_what_is_sure(workspace):
    """0 to 3: three people at one; 4: they differ; 5 to 7: nobody yet."""
    panel(workspace, ["++--+", "++---", "++--b"])
    line = opened(workspace, "zoe", S, order="informative", coverage=99)
    names = next_names(workspace, line)
    assert sorted(names[:4]) == ["4", "5", "6", "7"]
    assert sorted(names[4:]) == ["0", "1", "2", "3"]


def test_who_sees_no_clear_pole_leaves_no_category_open(workspace):
    """0 and 1: three people see no clear pole; 2 and 3: they see one and differ on its category."""
    for person, category in zip("abc", ("cats", "dogs", "cats"), strict=True):
        line = opened(workspace, person, S[:4], coverage=99)
        for subject in S[:2]:
            reply(workspace, line, subject, "none")
        for subject in S[2:4]:
            reply(workspace, line, subject, "+", category=category)
        queue.close_queue(workspace, line.key)
    line = opened(workspace, "zoe", S[:4], order="informative", coverage=99)
    assert sorted(next_names(workspace, line)[:2]) == ["2", "3"]


def test_the_order_follows_the_answers_of_others(workspace):
    panel(workspace, ["++--", "++--"])
    zoe = opened(workspace, "zoe", S, order="informative", coverage=99)
    before = next_names(workspace, zoe)
    assert set(before[:4]) == {"4", "5", "6", "7"}
    bob = opened(workspace, "yan", S, coverage=99)
    for subject in S[4:]:
        reply(workspace, bob, subject, "+")
    say(workspace, "a", S[4], None, clear_pole="-")  # from a page: enters nothing
    for person in "ab":
        line = opened(workspace, person, S[4:7], coverage=99)
        for subject in queue.next_subjects(workspace, line, 3):
            reply(workspace, line, subject, "+")
    after = next_names(workspace, zoe)
    assert after[0] == "7"  # one answer; the others have three that agree, or two


def test_undo_brings_a_subject_back_and_an_answer_takes_it_away(workspace):
    panel(workspace, ["++--", "++--"])
    zoe = opened(workspace, "zoe", S, order="informative", coverage=99)
    first = queue.next_subjects(workspace, zoe, 1)[0]
    done = reply(workspace, zoe, first)
    assert first.name not in next_names(workspace, zoe)
    assert queue.progress(workspace, zoe).answered == 1
    labels.undo(workspace, event(), "zoe", done)
    assert first.name in next_names(workspace, zoe)
    reply(workspace, zoe, first, "skip")
    assert first.name not in next_names(workspace, zoe)


def test_what_follows_the_log_is_what_a_stranger_would_read(workspace):
    """After answers, undone ones and second thoughts: the same answers, each once."""
    panel(workspace, ["++--", "++--"])
    zoe = opened(workspace, "zoe", S, order="informative", coverage=99)
    for pole in ("+", "-", "both", "-"):
        subject = queue.next_subjects(workspace, zoe, 1)[0]
        done = reply(workspace, zoe, subject, pole)
        queue.next_subjects(workspace, zoe, 1)
        labels.undo(workspace, event(), "zoe", done)
        queue.next_subjects(workspace, zoe, 1)
        reply(workspace, zoe, subject, "none")
        reply(workspace, zoe, subject, "+")  # a second thought: no longer the first
    queue.next_subjects(workspace, zoe, 1)
    build = {"model": "tiny", "revision": "r1", "reading": "bare"}
    held = following.followed(workspace.engine, build)
    columns = ["key", "author", "action", "clear_pole"]
    expected = agreement.entering(workspace, **build)[columns]
    assert sorted(held.answers[columns].values.tolist()) == sorted(expected.values.tolist())
    assert set(held.fields["clear_pole"].odds) == set(expected.key)
    assert len(expected) == 12 and (expected[expected.author == "zoe"].clear_pole == "none").all()


def test_where_no_answer_enters_the_most_divided_come_first(workspace):
    for person, pole in zip("abc", "++-", strict=True):
        say(workspace, person, S[3], None, clear_pole="+")
        say(workspace, person, S[5], None, clear_pole=pole)
    line = opened(workspace, "zoe", S, order="informative", coverage=99)
    assert next_names(workspace, line)[0] == "5"


def test_an_empty_panel_is_asked_in_each_persons_own_order(workspace):
    orders = [
        next_names(workspace, opened(workspace, person, S, order="informative", seed="7"))
        for person in ("ada", "bob")
    ]
    assert sorted(orders[0]) == sorted(orders[1]) == list("01234567") and orders[0] != orders[1]


def test_enough_people_pass_a_subject_over_here_too(workspace):
    panel(workspace, ["+", "+"])
    line = opened(workspace, "zoe", S, order="informative", coverage=2)
    assert "0" not in next_names(workspace, line)
    assert queue.progress(workspace, line).covered == 1


@pytest.mark.parametrize("order", ["random", "informative"])
def test_a_subject_that_is_sure_enough_is_passed_over(workspace, order):
    panel(workspace, ["++--", "++--", "++--", "++--"])
    line = opened(workspace, "zoe", S, order=order, coverage=99, stop=0.9)
    assert sorted(next_names(workspace, line)) == ["4", "5", "6", "7"]
    found = queue.progress(workspace, line)
    assert (found.answered, found.waiting, found.covered) == (0, 4, 4)
    never = opened(workspace, "yan", S, order=order, coverage=99)
    assert len(next_names(workspace, never)) == 8


def test_one_persons_word_stops_nothing(workspace):
    panel(workspace, ["++++"])
    line = opened(workspace, "zoe", S, coverage=99, stop=0.51)
    assert len(next_names(workspace, line)) == 8


@pytest.mark.parametrize("options", [{"stop": 0.5}, {"stop": 1.0}, {"checks": 1}, {"checks": 0}])
def test_options_without_sense_are_refused(workspace, options):
    with pytest.raises(LabelRefused):
        opened(workspace, "ada", S, **options)


def test_a_whole_queue_is_worked_through(workspace, monkeypatch):
    monkeypatch.setattr(blind, "GRACE", timedelta(0))
    panel(workspace, ["++--bn.", "+---b.."])
    line = opened(workspace, "zoe", S, order="informative", coverage=99)
    seen = []
    while chosen := queue.next_subjects(workspace, line, 1):
        seen.append(chosen[0].name)
        reply(workspace, line, chosen[0], "+", category="cats")
    assert sorted(seen) == list("01234567")
    assert len(reading.current(workspace, None, author="zoe")) == 8
