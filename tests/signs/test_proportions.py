"""Against scipy, which is right."""

import pytest
from scipy import stats

from catalog.signs import proportions

COUNTS = [(k, n) for n in (1, 2, 27, 30, 400) for k in sorted({0, 1, n // 2, n - 1, n})]


@pytest.mark.parametrize("successes, trials", COUNTS)
def test_binomial_p_is_scipys(successes, trials):
    expected = stats.binomtest(successes, trials, alternative="greater").pvalue
    assert proportions.binomial_p(successes, trials) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("successes, trials", COUNTS)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_scipys(successes, trials, level):
    interval = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
    expected = (interval.low, interval.high)
    assert proportions.wilson(successes, trials, level) == pytest.approx(expected, abs=1e-12)


def test_nothing_tried_says_nothing():
    assert proportions.wilson(0, 0) == (0.0, 1.0)
    assert proportions.binomial_p(0, 0) == 1.0


def test_more_successes_than_trials_is_a_mistake():
    with pytest.raises(ValueError):
        proportions.binomial_p(3, 2)
