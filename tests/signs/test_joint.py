"""Joint counts by compiled bit counts are those of products of zeros and ones."""

import numpy as np
import pytest

from catalog.signs import joint


def packed(bits):
    return np.packbits(bits.T, axis=1, bitorder="little")


@pytest.mark.parametrize("items", [1, 63, 64, 65, 1000, 40_000])
@pytest.mark.parametrize(("first", "second"), [(1, 1), (5, 7), (70, 33)])
def test_counts_are_a_product_of_zeros_and_ones(items, first, second):
    generator = np.random.default_rng(items)
    a = generator.random((items, first)) < generator.random(first)
    b = generator.random((items, second)) < 0.5
    expected = a.T.astype(np.int64) @ b.astype(np.int64)
    np.testing.assert_array_equal(joint.counts(packed(a), packed(b)), expected)


@pytest.mark.parametrize("dims", [3, 50, 130])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_upper_part_of_a_site_against_itself(dims, threads):
    bits = np.random.default_rng(dims).random((777, dims)) < 0.4
    expected = bits.T.astype(np.int64) @ bits.astype(np.int64)
    found = joint.counts(packed(bits), packed(bits), threads, upper=True)
    np.testing.assert_array_equal(np.triu(found), np.triu(expected))
