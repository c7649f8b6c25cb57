"""Compiled distances are those of comparing signs one by one."""

import numpy as np
import pytest

from catalog.signs import distances
from catalog.signs.bits import mask_of
from tests.given.planted import noise, site_of


@pytest.mark.parametrize("items", [2, 255, 256, 513, 2000])
@pytest.mark.parametrize("dims", [5, 64, 200])
def test_distances_count_the_signs_that_differ(items, dims):
    generator = np.random.default_rng(items)
    bits = noise(items, dims, seed=dims)
    queries = generator.integers(0, items, 7)
    chosen = np.flatnonzero(generator.random(dims) < 0.5)
    signs = site_of(bits).words
    found = distances.to_all(signs, queries, mask_of(chosen, len(signs)))
    expected = (bits[queries][:, None, chosen] != bits[None][:, :, chosen]).sum(axis=2)
    np.testing.assert_array_equal(found, expected)
