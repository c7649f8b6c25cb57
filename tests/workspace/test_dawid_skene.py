"""Posteriors of true answers: panels of known skill, and the model written out for two subjects."""

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaln

from catalog.workspace import copying, dawid_skene, gibbs
from catalog.workspace.dawid_skene import RIGHT, STRENGTH, WRONG, Panel
from tests.workspace.panels import SKILLS, calibration_error, world

SEEDS = range(6)


@pytest.fixture(scope="module")
def panels():
    return [(one, gibbs.sample(one.panel)) for one in map(world, SEEDS)]


def test_skills_are_recovered_within_five_hundredths(panels):
    """Against the share of right answers that each one in truth gave, and on average against the
    skill they were drawn with, from which that share of 300 answers itself differs by 0.02."""
    errors, of_skill = [], []
    for one, found in panels:
        panel = one.panel
        right = panel.value == one.truth[panel.subject]
        shares = np.array([right[panel.labeler == j].mean() for j in range(len(SKILLS))])
        errors.append(found.accuracy - shares)
        of_skill.append(found.accuracy - SKILLS)
    assert np.abs(errors).mean() < 0.02
    assert np.mean(np.abs(errors) < 0.05) >= 0.95
    assert np.abs(of_skill).mean() < 0.05
    assert np.sqrt(np.mean(np.square(of_skill))) < 0.05


def test_intervals_of_skills_hold_the_skill(panels):
    inside = [(f.accuracy_low <= SKILLS) & (f.accuracy_high >= SKILLS) for _, f in panels]
    assert np.mean(inside) >= 0.8  # 0.93 over 40 panels


def test_posteriors_are_calibrated(panels):
    errors = [
        calibration_error(found.probability, found.best == one.truth) for one, found in panels
    ]
    assert max(errors) <= 0.05


def test_posteriors_are_near_those_of_the_true_matrices(panels):
    """The interval holds what somebody who knew the matrices would say, and so does its value."""
    for one, found in panels:
        each = np.arange(one.panel.subjects)
        exact = one.exact[each, found.best]
        inside = (found.low - 0.01 <= exact) & (exact <= found.high + 0.01)
        assert inside.mean() >= 0.85
        assert np.abs(found.probability - exact).mean() < 0.06
        assert ((found.low <= found.probability) & (found.probability <= found.high)).mean() > 0.98


@pytest.mark.parametrize("values", [2, 30, 120])
def test_short_and_long_lists_are_calibrated_too(values):
    one = world(1, subjects=600, values=values, skills=(0.6, 0.7, 0.8, 0.9, 0.95))
    found = gibbs.sample(one.panel)
    assert calibration_error(found.probability, found.best == one.truth) <= 0.05
    assert np.abs(found.accuracy - SKILLS).max() < 0.1
    inside = (found.low <= found.probability) & (found.probability <= found.high)
    assert inside.mean() > 0.97
    _, quick = dawid_skene.fit(one.panel)
    right = quick.argmax(axis=1) == one.truth
    assert calibration_error(quick.max(axis=1), right) <= 0.05


def test_a_subjects_own_answers_do_not_vouch_for_themselves():
    """Two people who differ on a subject, of a hundred values that nobody else confused: either may
    be right, and what each said of it makes neither sure."""
    generator = np.random.default_rng(0)
    truth = generator.permutation(np.repeat(np.arange(100), 4))
    subject = np.append(np.repeat(np.arange(400), 2), [400, 400])
    value = np.append(np.repeat(truth, 2), [7, 42])
    panel = Panel(subject, np.tile([0, 1], 401), value, 401, 2, 100, open=True)
    found, (_, quick) = gibbs.sample(panel), dawid_skene.fit(panel)
    assert 0.3 < found.probability[400] < 0.7 and 0.3 < quick[400].max() < 0.7
    assert found.low[400] < 0.4 and found.high[400] > 0.6


def _log_evidence(panel, truth, accuracy):
    """log p(answers, truths | pooled accuracies), matrices and prevalence integrated out."""
    k = panel.values
    shares = np.bincount(truth, minlength=k)
    told = gammaln(k) - gammaln(k + len(truth)) + gammaln(1 + shares).sum()
    for labeler in range(panel.labelers):
        for value in range(k):
            own = (panel.labeler == labeler) & (truth[panel.subject] == value)
            prior = np.full(k, STRENGTH * (1 - accuracy[labeler]) / (k - 1))
            prior[value] = STRENGTH * accuracy[labeler]
            counts = np.bincount(panel.value[own], minlength=k)
            told += gammaln(STRENGTH) - gammaln(STRENGTH + counts.sum())
            told += (gammaln(prior + counts) - gammaln(prior)).sum()
    return told


def test_the_sampler_draws_from_the_model_written_out(monkeypatch):
    """Four subjects, two people, three values: all 81 truths, accuracies on a grid."""
    monkeypatch.setattr(gibbs, "DRAWS", 6000)
    panel = Panel(
        subject=np.array([0, 0, 1, 1, 2, 2, 3]),
        labeler=np.array([0, 1, 0, 1, 0, 1, 0]),
        value=np.array([0, 0, 0, 1, 2, 2, 1]),
        subjects=4,
        labelers=2,
        values=3,
    )
    grid = (np.arange(12) + 0.5) / 12
    prior = grid ** (RIGHT - 1) * (1 - grid) ** (WRONG - 1)
    expected = np.zeros((4, 3))
    for truth in itertools.product(range(3), repeat=4):
        truth = np.array(truth)
        weight = sum(
            prior[a] * prior[b] * np.exp(_log_evidence(panel, truth, (grid[a], grid[b])))
            for a in range(len(grid))
            for b in range(len(grid))
        )
        expected[np.arange(4), truth] += weight
    expected /= expected.sum(axis=1, keepdims=True)
    found = gibbs.sample(panel)
    actual = found.probability
    assert actual == pytest.approx(expected[np.arange(4), found.best], abs=0.02)


def test_the_same_answers_give_the_same_figures():
    panel = world(3, subjects=60).panel
    one, other = gibbs.sample(panel), gibbs.sample(panel)
    assert np.array_equal(one.probability, other.probability)
    assert np.array_equal(one.accuracy_low, other.accuracy_low)


def test_the_quick_estimate_agrees_with_the_sampler():
    one = world(2)
    estimate, quick = dawid_skene.fit(one.panel)
    found = gibbs.sample(one.panel)
    assert quick.sum(axis=1) == pytest.approx(1)
    assert (quick.argmax(axis=1) == found.best).mean() > 0.95
    assert np.abs(quick.max(axis=1) - found.probability).mean() < 0.05
    assert estimate.confusion.sum(axis=2) == pytest.approx(1)
    again, _ = dawid_skene.fit(one.panel, estimate)
    assert again.accuracy == pytest.approx(estimate.accuracy, abs=0.01)


def test_an_estimate_says_what_new_answers_would_mean():
    one = world(2)
    estimate, _ = dawid_skene.fit(one.panel)
    new = Panel(np.array([0, 0, 1]), np.array([3, 4, 0]), np.array([2, 2, 1]), 2, 5, 4)
    found = dawid_skene.posterior(new, estimate)
    by_hand = estimate.prevalence[:4] * estimate.confusion[3, :, 2] * estimate.confusion[4, :, 2]
    assert found[0, :4] == pytest.approx(by_hand / by_hand.sum(), rel=1e-6)
    assert found[0].max() > found[1].max()


def test_somebody_who_always_says_the_same_changes_little():
    one = world(0)
    panel = one.panel
    order = np.argsort(np.append(panel.subject, np.arange(500)), kind="stable")
    constant = Panel(
        subject=np.append(panel.subject, np.arange(500))[order],
        labeler=np.append(panel.labeler, np.full(500, 5))[order],
        value=np.append(panel.value, np.zeros(500, int))[order],
        subjects=500,
        labelers=6,
        values=4,
    )
    with_them, without = gibbs.sample(constant), gibbs.sample(panel)
    assert (with_them.best == without.best).mean() > 0.95
    assert with_them.accuracy[5] < 0.45
    assert calibration_error(with_them.probability, with_them.best == one.truth) <= 0.05


def copied(one, share=0.9, seed=0):
    """The panel where person 3 writes down what person 0 said, this often."""
    panel, generator = one.panel, np.random.default_rng(seed)
    given = np.full((panel.labelers, panel.subjects), -1)
    given[panel.labeler, panel.subject] = panel.value
    seen = given[0, panel.subject]
    takes = (panel.labeler == 3) & (seen >= 0) & (generator.random(len(seen)) < share)
    return replace(panel, value=np.where(takes, seen, panel.value))


@pytest.mark.parametrize("seed", range(4))
def test_two_who_copy_are_named_and_nobody_else(seed):
    one = world(seed)
    assert copying.pairs(one.panel, "abcde").empty
    found = copying.pairs(copied(one), "abcde")
    assert found[["first", "second"]].values.tolist() == [["a", "d"]]
    assert (found.same > found.expected + 30).all() and (found.q < 1e-6).all()


def test_people_who_do_not_copy_agree_as_often_as_expected():
    tables = [copying._tested(world(seed).panel, range(5)) for seed in SEEDS]
    every = [(one.same.sum(), one.expected.sum(), one.shared.sum()) for one in tables]
    same, expected, shared = np.sum(every, axis=0)
    assert same / shared == pytest.approx(expected / shared, abs=0.015)


@pytest.mark.parametrize("skills", [(0.7, 0.9), (0.9, 0.7, 0.8)])
def test_of_two_or_three_people_nobody_is_said_to_copy(skills):
    """A fit of the two who are left cannot tell their skills: honest people would be named."""
    for seed in range(4):
        panel = world(seed, subjects=100, values=8, skills=skills, each=len(skills)).panel
        assert copying.pairs(panel, "abc").empty


def test_a_fourth_person_with_few_answers_lets_nobody_test_the_other_three():
    panel = world(0, subjects=200, values=8, skills=(0.9, 0.7, 0.8, 0.8), each=4).panel
    few = copying._taken(panel, (panel.labeler < 3) | (panel.subject < 30))
    assert copying._tested(few, range(4)).second.tolist() == [3, 3, 3]  # the 30 that four answered
    assert len(copying._tested(panel, range(4))) == 6


@pytest.mark.parametrize("values, people", [(4, 5), (60, 8)])
def test_ten_thousand_answers_take_less_than_a_second(values, people):
    panel = world(1, subjects=3334, values=values, skills=np.linspace(0.6, 0.95, people)).panel
    gibbs.sample(world(1, subjects=20, values=values).panel)  # compiles
    begun = time.process_time()
    gibbs.sample(panel)
    assert time.process_time() - begun < 1.0
