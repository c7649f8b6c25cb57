import numpy as np
import pytest
from scipy import stats

from catalog.signs.auc_intervals import FOLDS, SPLITS, Design, Parts, interval, parts


def test_the_parts_are_a_plain_variance_a_jackknife_and_a_covariance():
    generator = np.random.default_rng(0)
    ranks, losses = generator.random(24), generator.normal(0, 0.02, 6)
    group = np.repeat(np.arange(6), 4)
    found = parts(ranks, losses, group)
    assert found.tested == pytest.approx(stats.sem(ranks) ** 2)
    without = 0.7 - losses  # the AUC of the others without each group
    assert found.taught == pytest.approx(5 / 6 * ((without - without.mean()) ** 2).sum())
    means = ranks.reshape(6, 4).mean(axis=1)
    assert found.joint == pytest.approx(np.cov(means, losses, ddof=0)[0, 1])


def test_a_jackknife_of_a_mean_is_the_variance_of_the_mean():
    values = np.random.default_rng(1).normal(size=12)
    whole = values.mean()
    losses = np.array([whole - np.delete(values, i).mean() for i in range(12)])
    found = parts(np.zeros(12), losses, np.arange(12))
    assert found.taught == pytest.approx(stats.sem(values) ** 2)


def test_too_few_words_leave_parts_out():
    assert parts(np.array([0.4]), np.zeros(1), np.zeros(1, int)) == (0, 0, 0)
    assert parts(np.array([0.4, 0.8]), np.zeros(1), np.zeros(2, int))[1:] == (0, 0)


def test_without_words_of_its_own_the_interval_is_wilsons():
    design = Design(taught=0.0, joint=0.0, random=1.0, prior=10**9)
    for auc in (0.25, 0.5, 0.8):
        smoothed = (200 * auc + 0.5) / 201
        low, high = interval(auc, 200, Parts(0, 0, 0), design)
        assert 0.24 < smoothed < 0.81  # the trials are 200 whatever the AUC
        wilson = stats.binomtest(round(200 * auc), 200).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((wilson.low, wilson.high), abs=1e-6)


def test_with_many_words_the_interval_is_that_of_its_variance():
    design = Design(taught=0.5, joint=1.0, random=0.4, prior=10)
    found = Parts(tested=0.0004, taught=0.0006, joint=0.0001)
    low, high = interval(0.6, 100_000, found, design)
    half = 1.96 * np.sqrt(0.0004 + 0.5 * 0.0006 + 0.0001)
    assert (high - low) / 2 == pytest.approx(half, rel=0.01)


@pytest.mark.parametrize("design", [FOLDS, SPLITS])
@pytest.mark.parametrize("auc", [0.0, 0.03, 0.5, 0.97, 1.0])
def test_an_interval_holds_its_auc_within_0_and_1(design, auc):
    narrow = interval(auc, 20, Parts(0.0001, 0.0001, 0), design)
    wide = interval(auc, 20, Parts(0.004, 0.004, 0), design)
    assert 0 <= wide[0] <= narrow[0] <= auc <= narrow[1] <= wide[1] <= 1
    assert wide[1] - wide[0] > narrow[1] - narrow[0] > 0.01


def test_a_covariance_below_the_variances_leaves_the_prior():
    low, high = interval(0.5, 20, Parts(0.001, 0.0, -0.5), SPLITS)
    assert high > 0.5 > low
