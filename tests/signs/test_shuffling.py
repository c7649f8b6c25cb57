"""Compiled shuffling is NumPy's: the same order, and the same draws after it."""

import numpy as np
import pytest

from catalog.signs.shuffling import shuffle


@pytest.mark.parametrize("bit_generator", [np.random.PCG64, np.random.PCG64DXSM, np.random.Philox])
@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 64, 65, 1000, 100_001])
def test_the_order_and_the_draws_after_it_are_numpys(size, bit_generator):
    """Also after a draw of 32 bits, which leaves half of a number for the next one."""
    mine, theirs = (np.random.Generator(bit_generator(7)) for _ in range(2))
    for _ in range(4):
        bits = mine.integers(0, 256, size, dtype=np.uint8)
        expected = theirs.integers(0, 256, size, dtype=np.uint8)
        shuffle(bits, mine)
        theirs.shuffle(expected)
        np.testing.assert_array_equal(bits, expected)
        for dtype in (np.uint32, np.uint32, np.uint32, np.uint64):
            draws = [one.integers(0, 2**32, 1, dtype=dtype) for one in (mine, theirs)]
            assert draws[0] == draws[1]
