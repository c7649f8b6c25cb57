"""Streaming statistics against NumPy on all states at once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.signs.moments import BINS, Frozen, Moments, Pole, bin_edges


def drawn(items=700, dims=5, seed=0):
    generator = np.random.default_rng(seed)
    states = generator.normal(3, 1, (items, dims)) * generator.lognormal(size=dims)
    states[:, 1] = np.round(states[:, 1])  # many ties
    states[:, 2] = generator.standard_t(2, items)  # heavy tails
    return states.astype(np.float32)


def merged(states, frozen, cuts):
    parts = [part for part in np.split(states, sorted(cuts)) if len(part)]
    total = Moments.of(parts[0], frozen)
    for part in parts[1:]:
        total = total + Moments.of(part, frozen)
    return total


@pytest.mark.parametrize("cuts", [[], [1], [100, 101, 400]])
def test_moments_equal_float64_numpy(cuts):
    states = drawn()
    found = merged(states, Frozen.of(states[:200]), cuts)
    wide = states.astype(np.float64)
    assert found.count == len(states)
    np.testing.assert_allclose(found.mean, wide.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.std, wide.std(axis=0), rtol=1e-9)
    np.testing.assert_allclose(found.mean_abs, np.abs(wide).mean(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(found.minimum, states.min(axis=0))
    np.testing.assert_array_equal(found.maximum, states.max(axis=0))


def test_histogram_counts_every_item_in_its_bin():
    states = drawn()
    frozen = Frozen.of(states[:200])
    found = merged(states, frozen, [300]).histogram
    assert (found.sum(axis=1) == len(states)).all()
    edges = bin_edges(frozen.low, frozen.high)
    for dim in range(states.shape[1]):
        # float32 bins may put a state that lies on an edge on its other side
        expected = np.histogram(states[:, dim].astype(np.float64), edges[dim])[0]
        slack = np.abs(states[:, dim, None] - edges[dim, 1:-1]) < 1e-5 * np.abs(
            frozen.high[dim] - frozen.low[dim]
        )
        assert np.abs(np.cumsum(found[dim] - expected)).max() <= slack.sum(axis=0).max()


def test_end_bins_are_open():
    frozen = Frozen.of(np.linspace(-1, 1, 100, dtype=np.float32)[:, None])
    found = Moments.of(np.array([[-50.0], [1e30], [-1e30], [0.0]], np.float32), frozen).histogram
    assert found[0, 0] == 2 and found[0, -1] == 1 and found.sum() == 4


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5, 0.75, 0.95])
def test_quantiles_are_right_to_one_bin(share):
    states = drawn(5000)
    frozen = Frozen.of(states[:4000])
    found = Moments.of(states, frozen).quantile(share, frozen)
    exact = np.quantile(states, share, axis=0, method="inverted_cdf")
    edges = bin_edges(frozen.low, frozen.high)
    width = edges[:, 2] - edges[:, 1]
    inside = (exact > edges[:, 1]) & (exact < edges[:, -2])
    assert inside[[0, 1, 3, 4]].all()
    assert (np.abs(found - exact)[inside] <= width[inside]).all()
    assert (found >= states.min(axis=0)).all() and (found <= states.max(axis=0)).all()


def test_the_median_of_the_pilot_is_a_state_that_occurred():
    pilot = drawn(64)
    frozen = Frozen.of(pilot)
    for dim in range(pilot.shape[1]):
        below, at = (pilot[:, dim] < frozen.median[dim]).sum(), pilot[:, dim] <= frozen.median[dim]
        assert below < 32 <= at.sum()
        assert frozen.median[dim] in pilot[:, dim]


@pytest.mark.parametrize("value", [0.0, -0.0, 5.0, -1e6, 1e-42])
def test_a_constant_dimension_has_a_histogram(value):
    states = np.full((10, 2), value, np.float32)
    states[0, 1] = np.nextafter(np.float32(value), np.float32(np.inf))
    frozen = Frozen.of(states)
    assert (frozen.high > frozen.low).all() and np.isfinite(frozen.scale).all()
    found = Moments.of(states, frozen)
    assert (found.histogram.sum(axis=1) == 10).all()
    np.testing.assert_allclose(found.quantile(0.5, frozen), value, rtol=0.05, atol=1e-6)


def plain_pole(score, k):
    items = np.arange(len(score))
    return np.lexsort((items, -score))[:k]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 60), st.integers(1, 8), st.integers(1, 6))
def test_poles_are_exact_whatever_the_order_of_chunks(seed, count, k, pieces):
    generator = np.random.default_rng(seed)
    states = generator.integers(-3, 4, (count, 3)).astype(np.float32)  # ties everywhere
    items = generator.permutation(count)
    pole = Pole.empty(3, k)
    for chunk in np.array_split(items, pieces):
        scores = states[chunk]
        flat = np.tile(np.arange(3), len(chunk))
        pole = pole.merged(flat, scores.ravel(), np.repeat(chunk, 3), scores.ravel())
    for dim in range(3):
        expected = plain_pole(states[:, dim], k)
        real = np.isfinite(pole.scores[dim])
        np.testing.assert_array_equal(pole.items[dim][real], expected)
        np.testing.assert_array_equal(pole.values[dim][real], states[expected, dim])
        assert real.sum() == min(k, count)


def test_bins_cover_the_line():
    edges = bin_edges(np.zeros(1, np.float32), np.ones(1, np.float32))
    assert edges.shape == (1, BINS + 1)
    assert edges[0, 0] == -np.inf and edges[0, -1] == np.inf
    np.testing.assert_allclose(np.diff(edges[0, 1:-1]), 1 / (BINS - 2))
