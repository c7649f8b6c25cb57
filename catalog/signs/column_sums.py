"""Bit-sliced addition: column sums of packed bits by full adders over whole rows.

Sixty-four rows of 5,000 bits take some 300 operations on 625 bytes each, and no unpacking.
"""

import numpy as np
from numpy.typing import NDArray


def sum_bits(rows: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Number of set bits in each bit column: uint8[splits, rows, bytes] -> [splits, 8 * bytes]."""
    dtype: type[np.unsignedinteger] = np.uint16 if rows.shape[1] > 255 else np.uint8
    counts: NDArray[np.unsignedinteger] = np.zeros((len(rows), 8 * rows.shape[2]), dtype)
    for weight, plane in enumerate(_planes(rows)):
        bits = np.unpackbits(plane, axis=-1, bitorder="little").astype(dtype, copy=False)
        bits <<= dtype(weight)
        counts |= bits
    return counts.astype(np.uint16, copy=False)


def _planes(level: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Binary digits of the column sums, lowest first, by full and half adders on whole rows."""
    digits = []
    while level.shape[1]:
        carried = []
        while (third := level.shape[1] // 3) > 0:
            a, b, c = (level[:, i * third : (i + 1) * third] for i in range(3))
            either = a ^ b
            carry = a & b
            carry |= either & c
            either ^= c
            carried.append(carry)
            rest = level[:, 3 * third :]
            level = np.concatenate([either, rest], axis=1) if rest.shape[1] else either
        if level.shape[1] == 2:
            carried.append(level[:, :1] & level[:, 1:])
            level = level[:, :1] ^ level[:, 1:]
        digits.append(level[:, 0])
        level = np.concatenate(carried, axis=1) if carried else level[:, :0]
    return digits
