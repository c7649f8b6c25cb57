"""The torch twin equals NumPy: bits bit for bit, counts exactly, sums to rounding."""

import numpy as np
import pytest
import torch

from catalog.model import reduce
from catalog.signs import bits
from catalog.signs.moments import Frozen, Moments, Pole

WIDTHS = (1, 7, 8, 9, 63, 64, 65, 384)


def drawn(items, dims, seed=0):
    states = np.random.default_rng([seed, items, dims]).normal(size=(items, dims))
    states[::7] = 0.0
    states[1::9] = np.round(states[1::9])
    return states.astype(np.float32)


def reducer(states):
    return reduce.SiteReducer.on(torch.device("cpu"), Frozen.of(states))


@pytest.mark.parametrize("dims", WIDTHS)
def test_bits(dims):
    states = drawn(33, dims)
    frozen = Frozen.of(states)
    twin = reducer(states)
    tensor = torch.from_numpy(states)
    np.testing.assert_array_equal(twin.bits(tensor, "zero"), bits.pack(states))
    np.testing.assert_array_equal(twin.bits(tensor, "median"), bits.pack(states, frozen.median))
    np.testing.assert_array_equal(
        reduce.pack(tensor.t().contiguous().t()).numpy(), bits.pack(states)
    )


def test_every_pattern_of_eight_signs():
    patterns = (np.arange(256)[:, None] >> np.arange(8) & 1).astype(np.float32) - 0.5
    np.testing.assert_array_equal(reduce.pack(torch.from_numpy(patterns))[:, 0], np.arange(256))


@pytest.mark.parametrize("dims", [1, 9, 384])
def test_moments(dims):
    states = drawn(500, dims)
    twin = reducer(states[:100])
    expected = Moments.of(states, twin.frozen)
    actual = twin.moments(torch.from_numpy(states))
    assert actual.count == expected.count
    np.testing.assert_array_equal(actual.histogram, expected.histogram)
    np.testing.assert_array_equal(actual.minimum, expected.minimum)
    np.testing.assert_array_equal(actual.maximum, expected.maximum)
    for name in ("squares", "absolute"):
        np.testing.assert_allclose(getattr(actual, name), getattr(expected, name), rtol=1e-12)
    # a total near zero is as exact as the sum of the absolute values allows
    assert (np.abs(actual.total - expected.total) <= 1e-12 * expected.absolute).all()


def test_moments_leave_the_states_alone():
    states = drawn(50, 9)
    tensor = torch.from_numpy(states.copy())
    reducer(states).moments(tensor)
    np.testing.assert_array_equal(tensor.numpy(), states)


@pytest.mark.parametrize("batch", [3, 10, 64, 500])
def test_candidates_lead_to_exact_poles(batch):
    states = drawn(500, 6)
    states[:, 3] = np.round(states[:, 3])  # ties at every rank
    twin = reducer(states)
    sizes = {"positive": 10, "negative": 10, "near zero": 4, "near median": 4}
    poles = {name: Pole.empty(6, k) for name, k in sizes.items()}
    order = np.random.default_rng(1).permutation(500)
    for start in range(0, 500, batch):
        items = order[start : start + batch]
        bars = {name: pole.bar for name, pole in poles.items()}
        found = twin.candidates(torch.from_numpy(states[items]), items, bars)
        poles = {name: pole.merged(*found[name]) for name, pole in poles.items()}
    median = twin.frozen.median
    scores = {
        "positive": states,
        "negative": -states,
        "near zero": -np.abs(states),
        "near median": -np.abs(states - median),
    }
    for name, score in scores.items():
        for dim in range(6):
            expected = np.lexsort((np.arange(500), -score[:, dim]))[: sizes[name]]
            np.testing.assert_array_equal(poles[name].items[dim], expected)
            np.testing.assert_array_equal(poles[name].values[dim], states[expected, dim])
