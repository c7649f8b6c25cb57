"""The Gaussian null: shares and correlations are those it was made from, and nothing else is."""

import numpy as np
import pytest

from catalog.signs import gaussian
from tests.given.planted import site_of

ITEMS = 40_000


def states(seed=0, dims=6):
    generator = np.random.default_rng(seed)
    return generator.normal(size=(ITEMS, dims)) @ generator.normal(size=(dims, dims)) + 0.4


def by_dimension(bits):
    return site_of(bits).by_dimension


def unpacked(columns, items=ITEMS):
    return np.unpackbits(columns, axis=1, count=items, bitorder="little")


def test_it_has_the_shares_and_the_correlations_of_the_signs():
    values = states()
    zero, median = values > 0.2, values > np.median(values, axis=0)
    drawn = gaussian.signs(
        by_dimension(zero), by_dimension(median), ITEMS, np.random.default_rng(1)
    )
    signs = unpacked(drawn)
    np.testing.assert_allclose(signs.mean(axis=1), zero.mean(axis=0), atol=0.015)
    np.testing.assert_allclose(np.corrcoef(signs), np.corrcoef(zero.T), atol=0.03)


def test_the_correlation_of_the_states_is_found_from_their_signs():
    values = states(2)
    median = values > np.median(values, axis=0)
    found = gaussian.latent_correlation(by_dimension(median), ITEMS)
    np.testing.assert_allclose(found, np.corrcoef(values.T), atol=0.03)


def test_a_single_large_dimension_does_not_carry_the_others():
    # A covariance of states would see little but the outlier; signs do not know of magnitude.
    values = states(3)
    wild = values.copy()
    wild[:40] *= 1e4
    plain, other = (
        gaussian.latent_correlation(by_dimension(v > np.median(v, axis=0)), ITEMS)
        for v in (values, wild)
    )
    np.testing.assert_allclose(plain, other, atol=0.01)


@pytest.mark.parametrize("items", [96, 101])
def test_dimensions_that_never_vary_stay_so_and_few_items_break_nothing(items):
    bits = np.random.default_rng(4).random((items, 8)) < 0.5
    bits[:, 0], bits[:, 1] = True, False
    columns = by_dimension(bits)
    signs = unpacked(gaussian.signs(columns, columns, items, np.random.default_rng(0)), items)
    assert signs[0].all() and not signs[1].any()
