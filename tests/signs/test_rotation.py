import numpy as np
import pytest

from catalog.signs.rotation import random_rotation, signs_above, signs_at_median, standardised


def test_rotations_keep_all_distances():
    turn = random_rotation(40, np.random.default_rng(0)).astype(np.float64)
    np.testing.assert_allclose(turn @ turn.T, np.eye(40), atol=1e-6)
    assert not np.allclose(turn, random_rotation(40, np.random.default_rng(1)))


def test_rotations_prefer_no_direction():
    # Of the uniform (Haar) distribution every entry has mean 0 and variance 1 / D; without the
    # sign of R's diagonal the diagonal's mean is not 0.
    generator = np.random.default_rng(0)
    many = np.stack([random_rotation(5, generator) for _ in range(2000)])
    assert np.abs(many.mean(axis=0)).max() < 4 * np.sqrt(1 / 5 / 2000)
    np.testing.assert_allclose(many.var(axis=0), 1 / 5, rtol=0.15)


def test_states_are_centred_on_the_median_and_scaled():
    states = np.random.default_rng(0).exponential([1.0, 50.0, 3.0], (999, 3))
    states[:, 2] = 7
    z = standardised(states)
    assert np.median(z, axis=0).tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert z.std(axis=0).tolist() == pytest.approx([1, 1, 0], abs=1e-5)


def test_signs_are_taken_in_both_layouts():
    states = np.random.default_rng(0).normal(size=(77, 70))
    level = np.linspace(-1, 1, 70)
    site = signs_above(states, level)
    np.testing.assert_array_equal(site.bits(np.arange(77)), states > level)
    positives = np.unpackbits(site.by_dimension, axis=1, count=77, bitorder="little")
    np.testing.assert_array_equal(positives.T, states > level)
    assert (signs_at_median(states).positives(np.arange(77)) == 38).all()
