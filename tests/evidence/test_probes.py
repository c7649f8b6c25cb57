import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import roc_auc_score

from catalog.evidence.probes import STRENGTHS, mean_difference, probe, sign_agreement
from catalog.signs.rotation import random_rotation


def two_groups(shift, seed=0, items=400, dims=20):
    generator = np.random.default_rng(seed)
    positive = np.arange(items) < items // 8
    states = generator.normal(size=(items, dims))
    states[positive, :5] += shift
    return states, positive


def test_the_probe_is_scikit_learns_regression_at_the_chosen_c():
    train, positive = two_groups(0.7)
    test, truth = two_groups(0.7, seed=1)
    found = probe(train, positive, test, truth, np.random.default_rng(0))
    model = LogisticRegression(C=found.c, class_weight="balanced").fit(train, positive)
    np.testing.assert_allclose(found.weights, model.coef_[0], atol=2e-3)
    expected = roc_auc_score(truth, model.decision_function(test))
    assert found.auc == pytest.approx(expected, abs=2e-3)
    assert found.c in STRENGTHS


def test_the_choice_of_c_is_made_on_training_items():
    train, positive = two_groups(0.7)
    found = probe(train, positive, *two_groups(0.7, seed=1), np.random.default_rng(0))
    again = probe(train, positive, *two_groups(-9, seed=2), np.random.default_rng(0))
    assert found.c == again.c
    theirs = LogisticRegressionCV(
        Cs=STRENGTHS,
        cv=3,
        scoring="roc_auc",
        class_weight="balanced",
        l1_ratios=(0,),
        use_legacy_attributes=False,
    ).fit(train, positive)
    assert abs(np.log10(theirs.C_) - np.log10(found.c)) <= 1.01


def test_a_probe_finds_nothing_in_noise():
    aucs = [
        probe(*two_groups(0, seed), *two_groups(0, seed + 50), np.random.default_rng(0)).auc
        for seed in range(6)
    ]
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.06)


def test_the_probe_of_rotated_states_is_the_probe_rotated():
    train, positive = two_groups(1.0)
    turn = random_rotation(20, np.random.default_rng(3))
    one = probe(train, positive, train, positive, np.random.default_rng(0), (0.01,))
    two = probe(train @ turn, positive, train, positive, np.random.default_rng(0), (0.01,))
    np.testing.assert_allclose(one.weights @ turn, two.weights, atol=2e-3)


def test_difference_of_means_and_sign_agreement():
    train, positive = two_groups(2.0)
    direction = mean_difference(train, positive)
    np.testing.assert_allclose(
        direction, train[positive].mean(axis=0) - train[~positive].mean(axis=0)
    )
    assert sign_agreement(direction, np.arange(5), np.ones(5)) == 1
    assert sign_agreement(direction, np.arange(4), np.array([1, -1, 1, -1])) == 0.5
    assert np.isnan(sign_agreement(direction, np.empty(0, int), np.empty(0)))
