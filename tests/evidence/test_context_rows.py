"""Figures of context and of absence against plain computations."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from catalog.evidence import from_catalogs, from_context, from_signs
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import judge_absence
from catalog.signs import resampling
from catalog.signs.resampling import Interval
from tests.given import toy


def test_smaller_is_the_auc_of_small_values():
    generator = np.random.default_rng(0)
    distance, marked = generator.random((9, 40)), generator.random((9, 40)) < 0.3
    marked[0], marked[1] = True, False
    found = from_context.smaller(distance, marked)
    assert np.isnan(found[:2]).all()
    expected = [roc_auc_score(m, -d) for d, m in zip(distance[2:], marked[2:], strict=True)]
    np.testing.assert_allclose(found[2:], expected)


def test_a_ratio_resamples_whole_documents():
    generator = np.random.default_rng(1)
    cluster = np.repeat(np.arange(30), 5)
    under = 1 + generator.random(150)
    over = 0.4 * under + 0.2 * generator.normal(size=30)[cluster]
    found = resampling.ratio(over, under, cluster, np.random.default_rng(2))
    assert found.value == pytest.approx(over.sum() / under.sum())
    values = []
    for _ in range(400):
        rows = np.concatenate(
            [np.flatnonzero(cluster == c) for c in generator.integers(30, size=30)]
        )
        values.append(over[rows].sum() / under[rows].sum())
    assert found.low == pytest.approx(np.quantile(values, 0.025), abs=0.01)
    assert found.high == pytest.approx(np.quantile(values, 0.975), abs=0.01)


@pytest.mark.parametrize(
    ("interval", "both", "verdict"),
    [
        (Interval(0.002, 0.001, 0.003), False, "holds"),
        (Interval(0.01, 0.008, 0.012), False, "does not hold"),
        (Interval(0.006, 0.002, 0.01), False, "undecided"),
        (Interval(0.0, -0.5, 0.5), False, "undecided"),  # few data never make absence hold
        (Interval(-0.5, -0.9, -0.1), False, "holds"),
        (Interval(-0.5, -0.9, -0.1), True, "does not hold"),
        (Interval(0.0, -0.005, 0.005), True, "holds"),
        (Interval(0.0, -0.007, 0.005), True, "undecided"),
    ],
)
def test_absence_is_an_equivalence_test(interval, both, verdict):
    found, reason = judge_absence(CLAIMS["independence"], interval, "bits", both)
    assert found == verdict and "0.006" in reason


def test_every_margin_stands_in_the_method_of_its_claim():
    margins = {key: one for key, one in CLAIMS.items() if one.margin is not None}
    assert {"independence", "mlp", "probe_gain", "ffn", "flips_single"} <= set(margins)
    for one in margins.values():
        assert f"{one.margin:g}" in one.method


def test_models_are_compared_by_rank():
    ratio = np.array([0.01, 0.02, 0.03, 0.05, 0.08, 0.13])
    read = np.array([0.7, 0.75, 0.74, 0.8, 0.85, 0.84])
    found = from_catalogs.correlation(ratio, read)
    assert found.value == pytest.approx(spearmanr(ratio, read)[0])
    spread = 1.96 * np.sqrt(1.06 / 3)
    expected = np.tanh(np.arctanh(found.value) + np.array([-spread, spread]))
    np.testing.assert_allclose((found.low, found.high), expected)


def test_that_correlation_covers_as_it_says():
    generator = np.random.default_rng(3)
    truth, inside = 0.6, 0
    for _ in range(400):
        pairs = generator.multivariate_normal([0, 0], [[1, truth], [truth, 1]], 30)
        found = from_catalogs.correlation(*pairs.T)
        inside += found.low <= 6 / np.pi * np.arcsin(truth / 2) <= found.high
    assert 0.92 <= inside / 400 <= 0.98


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [4, 16])
def test_toy_models_share_the_information_that_is_recorded(width):
    mean, error = from_signs.TOYS[width]
    made = toy.train(width, np.random.default_rng([width, 0]))
    assert made.loss < 0.5  # it learned: giving back nothing has 1
    found = toy.information(made, np.random.default_rng([width, 0, 1]))
    assert found == pytest.approx(mean, abs=5 * np.sqrt(5) * error)
