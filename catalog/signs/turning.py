"""Bits turned, compiled: rows of bits into columns, in blocks of 64 by 64.

A block is turned in six steps, each of which swaps halves, quarters, ... of its rows (Hacker's
Delight, 7-3): some hundred operations for 4,096 bits, and no unpacking.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import compiled

Words = NDArray[np.uint64]
_LOW = np.uint64(0x00000000FFFFFFFF)


def turned(rows: Words) -> Words:
    """Rows into columns: uint64[rows, words] -> uint64[64 * words, ceil(rows / 64)]."""
    found = np.empty((64 * rows.shape[1], -(-len(rows) // 64)), np.uint64)
    _turn(rows, found)
    return found


@compiled
def _turn(rows: Words, found: Words) -> None:
    block = np.empty(64, np.uint64)
    for start in range(0, len(rows), 64):
        size = min(64, len(rows) - start)
        for word in range(rows.shape[1]):
            block[size:] = np.uint64(0)
            for row in range(size):
                block[row] = rows[start + row, word]
            _turn_block(block)
            for bit in range(64):
                found[word * 64 + bit, start >> 6] = block[bit]


@compiled
def _turn_block(block: Words) -> None:
    step, mask = 32, _LOW
    while step:
        row, shift = 0, np.uint64(step)
        while row < 64:
            swapped = ((block[row] >> shift) ^ block[row + step]) & mask
            block[row + step] ^= swapped
            block[row] ^= swapped << shift
            row = ((row | step) + 1) & ~step
        step >>= 1
        mask ^= mask << np.uint64(step)
