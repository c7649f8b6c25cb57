import numpy as np
import pytest
from scipy.stats import norm

from catalog.features import power
from catalog.features.concepts import null
from catalog.features.nulls import Ground
from tests.given import coverage
from tests.given.planted import site_of
from tests.given.word_worlds import WordWorld


@pytest.mark.parametrize("draws", [200, 400, 2000])
def test_the_least_auc_that_is_told_is_where_p_reaches_one_in_twenty(draws):
    aucs = np.random.default_rng(draws).normal(0.5, 0.1, draws)
    least = power.least_told(aucs)

    def p(auc):
        return (1 + (aucs >= auc).sum()) / (1 + draws)

    assert p(np.nextafter(least, 1)) <= 0.05 < p(least)
    assert least == pytest.approx(np.quantile(aucs, 0.95), abs=0.02)


def test_too_few_draws_tell_no_auc():
    assert power.least_told(np.full(18, 0.5)) == 1
    assert power.least_told(np.full(19, 0.5)) == 0.5


def test_what_is_detectable_lies_above_what_is_told_by_the_spread():
    aucs = np.random.default_rng(0).normal(0.5, 0.1, 2000)
    found = power.detectable(aucs)
    assert found == pytest.approx(power.least_told(aucs) + norm.ppf(0.8) * aucs.std(ddof=1))
    assert power.detectable(np.r_[np.zeros(100), np.ones(100)]) == 1


@pytest.mark.parametrize("words", [8, 20])
def test_the_line_under_a_concept_is_true(words):
    """A list at the least AUC has p 0.05; of lists at the detectable one, 4 of 5 are found."""
    world, generator = WordWorld(True, seed=9), np.random.default_rng(words)
    others = world.words(2000, 0, generator)
    site = site_of(others)
    items = np.arange(len(others))
    ground = Ground.shared(site, items, others.sum(axis=0), np.random.default_rng(0))
    drawn = null(site, ground, words, seed=1).draw(400)
    least, detectable = power.least_told(drawn), power.detectable(drawn)
    random = [coverage.concept(world, words, 0, generator)[0] for _ in range(400)]
    assert np.mean(np.array(random) > least) == pytest.approx(0.05, abs=0.035)
    planted = coverage.strength(world, coverage.concept, words, detectable)
    found = [coverage.concept(world, words, planted, generator)[0] for _ in range(150)]
    assert np.mean(found) == pytest.approx(detectable, abs=0.03)
    assert 0.72 <= np.mean(np.array(found) > least) <= 0.97
