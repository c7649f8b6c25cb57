"""Forced-choice pairs: drawn alike, scored exactly, judged as docs/method.md says."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from catalog.errors import LabelRefused
from catalog.workspace import label_tests, queue
from catalog.workspace.label_pairs import CONTROLS, TRIALS, Items, draw
from tests.workspace.given import event, opened, say, subjects

S = subjects(8)
RNG = np.random.default_rng


def items(count=600, seed=0):
    rng = RNG(seed)
    value = rng.normal(size=count)
    return Items(
        item=np.arange(1000, 1000 + count),
        value=value,
        positive=value > 0,
        frequency=rng.integers(0, 10, count),
        length=rng.integers(2, 9, count),
        family=np.arange(count) // 2,
    )


def drawn(pole="+", others=("dots", "Colons", "birds"), never=(), seed=1, count=600):
    return draw(items(count), "colons", pole, others, np.array(never, int), RNG(seed))


def test_thirty_pairs_of_one_positive_and_one_negative_item():
    pool, trials = items(), drawn()
    value = dict(zip(pool.item.tolist(), pool.value.tolist(), strict=True))
    family = dict(zip(pool.item.tolist(), pool.family.tolist(), strict=True))
    assert len(trials) == TRIALS
    shown = [item for trial in trials for item in (trial.left_item, trial.right_item)]
    assert len({family[item] for item in shown}) == 60
    for trial in trials:
        sides = {"left": trial.left_item, "right": trial.right_item}
        assert value[sides.pop(trial.answer)] > 0 > value[next(iter(sides.values()))]


def test_for_the_negative_pole_the_negative_item_is_right():
    pool = items()
    value = dict(zip(pool.item.tolist(), pool.value.tolist(), strict=True))
    for trial in drawn("-"):
        sides = {"left": trial.left_item, "right": trial.right_item}
        assert value[sides[trial.answer]] < 0


def test_half_the_pairs_are_extreme():
    pool, trials = items(), drawn()
    low, high = np.quantile(pool.value, [0.13, 0.87])  # of one token a family, so only about 0.1
    value = dict(zip(pool.item.tolist(), pool.value.tolist(), strict=True))
    bands = [trial.band for trial in trials]
    assert bands.count("extreme") == bands.count("whole") == 15
    assert bands != sorted(bands)
    for trial in trials:
        if trial.band == "extreme":
            pair = sorted([value[trial.left_item], value[trial.right_item]])
            assert pair[0] < low and pair[1] > high


def test_pairs_are_alike_in_frequency_and_length():
    pool, trials = items(3000), drawn(count=3000)
    easy = {
        name: dict(zip(pool.item.tolist(), getattr(pool, name).tolist(), strict=True))
        for name in ("frequency", "length")
    }
    for trial in trials:
        left, right = trial.left_item, trial.right_item
        assert easy["frequency"][left] == easy["frequency"][right]
        assert abs(easy["length"][left] - easy["length"][right]) <= 1


def test_where_nothing_is_alike_the_nearest_is_taken():
    """One positive item; of the negative ones, none of its frequency: the nearest, then length."""
    pool = Items(
        item=np.arange(5),
        value=np.array([1.0, -1, -1, -1, -1]),
        positive=np.array([True, False, False, False, False]),
        frequency=np.array([5, 9, 3, 7, 7]),
        length=np.array([4, 4, 9, 9, 5]),
        family=np.arange(5),
    )
    [trial] = draw(pool, "colons", "+", [], np.array([], int), RNG(0), trials=1)
    assert {trial.left_item, trial.right_item} == {0, 4}


def test_sides_are_random():
    lefts = [sum(trial.answer == "left" for trial in drawn(seed=seed)) for seed in range(30)]
    assert 13 < np.mean(lefts) < 17 and len(set(lefts)) > 3


def test_a_tenth_carries_another_label():
    trials = drawn()
    controls = [trial for trial in trials if trial.control]
    assert len(controls) == CONTROLS
    assert {trial.shown for trial in controls} <= {"dots", "birds"}  # never the tested one
    assert {trial.shown for trial in trials if not trial.control} == {"colons"}
    assert not any(trial.control for trial in drawn(others=["COLONS"]))


def test_what_a_labeler_saw_is_never_shown():
    never = np.arange(100)
    pool = items()
    family = dict(zip(pool.item.tolist(), pool.family.tolist(), strict=True))
    for trial in drawn(never=never):
        assert family[trial.left_item] >= 100 and family[trial.right_item] >= 100


def test_too_few_items_are_refused():
    with pytest.raises(LabelRefused, match="cannot be tested"):
        drawn(count=60)


def test_the_same_seed_draws_the_same_pairs():
    assert drawn(seed=4) == drawn(seed=4) != drawn(seed=5)


def of_ada(subject):
    return label_tests.Tested(subject, "ada", "colons")


def take(workspace, subject, right, tester="bob", finish=True):
    """A test of ada's label with so many right answers among the 27 scored; controls all wrong."""
    key = event()
    trials = drawn()
    label_tests.start(workspace, key, of_ada(subject), tester, trials, "1")
    left = right
    for number, trial in enumerate(trials if finish else trials[:-1]):
        correct = not trial.control and left > 0
        left -= correct
        other = {"left": "right", "right": "left"}[trial.answer]
        label_tests.choose(workspace, key, number, trial.answer if correct else other)
    return key


def test_the_tester_sees_no_answer_and_goes_on_where_they_stopped(workspace):
    key = event()
    label_tests.start(workspace, key, of_ada(S[0]), "bob", drawn(), "1")
    first = label_tests.next_trial(workspace, key)
    assert (first.trial, first.done, first.of) == (0, 0, TRIALS)
    assert not hasattr(first, "answer") and not hasattr(first, "control")
    assert label_tests.choose(workspace, key, 0, "left", 2.5) is True
    assert label_tests.choose(workspace, key, 0, "right") is False  # the first choice counts
    assert label_tests.next_trial(workspace, key).trial == 1
    with pytest.raises(LabelRefused, match="no trial"):
        label_tests.choose(workspace, key, 99, "left")
    with pytest.raises(LabelRefused, match="left or right"):
        label_tests.choose(workspace, key, 1, "both")


def test_verdicts(workspace):
    for subject, right in zip(S, (27, 16, 10), strict=False):
        take(workspace, subject, right)
    take(workspace, S[3], 27, finish=False)
    table = label_tests.results(workspace, None)
    assert table.verdict.tolist() == ["predicts", "undecided", "predicts nothing"]
    assert table.scored.tolist() == [27] * 3 and table.right.tolist() == [27, 16, 10]
    assert table.q.iloc[0] == pytest.approx(3 * 0.5**27)
    assert label_tests.chance_level(table)[:2] == (0, 9)


def test_a_control_is_never_scored(workspace):
    key, trials = event(), drawn()
    label_tests.start(workspace, key, of_ada(S[0]), "bob", trials, "1")
    for number, trial in enumerate(trials):
        other = {"left": "right", "right": "left"}[trial.answer]
        label_tests.choose(workspace, key, number, trial.answer if trial.control else other)
    table = label_tests.results(workspace, None)
    assert (table.right.iloc[0], table.scored.iloc[0]) == (0, 27)
    assert label_tests.chance_level(table)[:2] == (3, 3)


def test_q_counts_every_finished_test_of_the_model(workspace):
    """19 of 27 has p = 0.026: alone it predicts, among three others it does not."""
    take(workspace, S[0], 19)
    assert label_tests.results(workspace, None).verdict.tolist() == ["predicts"]
    for subject in S[1:4]:
        take(workspace, subject, 13)
    shown = label_tests.results(workspace, None, name="0")
    assert shown.verdict.tolist() == ["undecided"]
    assert shown.q.iloc[0] == pytest.approx(4 * 0.0261, rel=0.01)


def test_q_is_scipys_over_the_tests_of_each_model(workspace):
    other = subjects(2, model="other")
    for number, subject in enumerate([*S[:5], *other]):
        take(workspace, subject, (27, 21, 13, 19, 18, 20, 20)[number])
    found = label_tests.results(workspace, None)
    for _, family in found.groupby("model"):
        np.testing.assert_allclose(family.q, false_discovery_control(family.p), rtol=1e-12)
    assert set(found.groupby("model").size()) == {5, 2}


def test_no_test_gives_an_empty_table(workspace):
    table = label_tests.results(workspace, "ada")
    assert table.empty and "verdict" in table.columns


@pytest.mark.parametrize("tester", ["ada", "kim", "eve"])
def test_who_labelled_or_works_blind_does_not_test(workspace, tester):
    say(workspace, "kim", S[0], "dots")
    line = opened(workspace, "eve", S[:1], coverage=9)
    with pytest.raises(LabelRefused):
        label_tests.start(workspace, event(), of_ada(S[0]), tester, drawn(), "1")
    queue.close_queue(workspace, line.key)
    label_tests.start(workspace, event(), of_ada(S[0]), "eve", drawn(), "1")


def test_results_are_hidden_from_who_works_blind(workspace):
    take(workspace, S[0], 27)
    opened(workspace, "kim", S[:1])
    assert label_tests.results(workspace, "kim").empty
    assert len(label_tests.results(workspace, "bob")) == 1
