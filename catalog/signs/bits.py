"""Signs of states, packed one bit each: +1 where state > threshold, else -1.

The bit order is fixed here and nowhere else: bit ``d % 8`` of byte ``d // 8`` is set where
dimension ``d`` is positive, so that eight bytes read as a little-endian uint64 hold 64
dimensions in order. Two layouts are stored, by item and by dimension; a third, word-major, is
made for searching. Nothing here knows of models or files.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint8]
"""uint8[rows, ceil(columns / 8)]; unused bits of the last byte are 0."""
Words = NDArray[np.uint64]
"""uint64[ceil(dims / 64), items]: the signs of an item run down a column; unused bits are 0."""

DEGENERATE = 0.01
"""A dimension is degenerate where its share positive is below this or above 1 minus this."""

_SLICE = 1 << 16
"""Items compared by one thread at a time."""
_THREADS = 2


def degenerate(share: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Which dimensions hardly ever change sign, from their share positive."""
    return np.asarray((share < DEGENERATE) | (share > 1 - DEGENERATE))


def pack(states: NDArray[np.floating], threshold: NDArray[np.floating] | float = 0.0) -> Packed:
    """Pack float[items, dims] by item: a state equal to its threshold counts as negative.

    `threshold` is one number or float[dims].
    """
    return np.packbits(states > threshold, axis=-1, bitorder="little")


def unpack(packed: Packed, columns: int) -> NDArray[np.bool_]:
    """Undo `pack`: bool[rows, columns], True where positive."""
    return np.unpackbits(packed, axis=-1, count=columns, bitorder="little").view(np.bool_)


def by_words(columns: Packed) -> Words:
    """Signs by dimension as words: uint8[dims, bytes] -> uint64[dims, ceil(bytes / 8)].

    The same memory where it fits, else a copy with zeros behind.
    """
    short = -columns.shape[1] % 8
    whole = np.pad(columns, ((0, 0), (0, short))) if short else columns
    return np.ascontiguousarray(whole).view("<u8")


def transpose(packed: Packed, columns: int) -> Packed:
    """Turn signs by item into signs by dimension, or back.

    uint8[rows, ceil(columns / 8)] -> uint8[columns, ceil(rows / 8)].
    """
    from catalog.signs import turning  # numba takes a moment to import

    found = turning.turned(by_words(packed)).view(np.uint8)
    return np.ascontiguousarray(found[:columns, : -(-len(packed) // 8)])


def words(packed: Packed) -> Words:
    """Word-major copy of signs by item: uint8[items, bytes] -> uint64[ceil(bytes / 8), items]."""
    items, width = packed.shape
    padded = np.zeros((items, -(-width // 8) * 8), np.uint8)
    padded[:, :width] = packed
    return np.ascontiguousarray(padded.view("<u8").T)


def mask_of(items: NDArray[np.integer] | int, words: int) -> NDArray[np.uint64]:
    """Some items, or the first so many, as bits: uint64[words]."""
    chosen = np.zeros(words * 64, np.bool_)
    chosen[slice(items) if isinstance(items, int) else items] = True
    return np.packbits(chosen, bitorder="little").view("<u8")


def hamming(signs: Words, query: NDArray[np.uint64]) -> NDArray[np.uint16]:
    """Number of dimensions whose sign differs from the query's: uint16[items].

    `signs` is uint64[words, items]; `query` is uint64[words], one column of it.
    """
    distance = np.zeros(signs.shape[1], np.uint16)

    def add(first: int) -> None:
        part = distance[first : first + _SLICE]
        for word, wanted in zip(signs[:, first : first + _SLICE], query, strict=True):
            part += np.bitwise_count(word ^ wanted)

    starts = range(0, signs.shape[1], _SLICE)
    if len(starts) <= 1:
        list(map(add, starts))
    else:  # NumPy lets go of the interpreter's lock meanwhile
        with ThreadPoolExecutor(_THREADS) as threads:
            list(threads.map(add, starts))
    return distance


def count_positive(
    by_dimension: Packed, members: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Positive items of each dimension: int64[dims], among all items or the `members` mask.

    `by_dimension` is uint8[dims, ceil(items / 8)]; `members` is bool[items].
    """
    if members is not None:
        mask = np.packbits(members, bitorder="little")
        used = np.flatnonzero(mask)
        by_dimension = by_dimension[:, used] & mask[used]
    counts: NDArray[np.int64] = np.bitwise_count(by_dimension).sum(axis=1, dtype=np.int64)
    return counts


def count_same(by_dimension: Packed, other: Packed, items: int) -> NDArray[np.int64]:
    """Items on which two dimensions have the same sign, row by row: int64[dims].

    `other` is uint8[dims, bytes] (row against row) or uint8[bytes] (one row against all).
    """
    same: NDArray[np.int64] = items - np.bitwise_count(by_dimension ^ other).sum(
        axis=1, dtype=np.int64
    )
    return same


def entropy(share: NDArray[np.floating] | float) -> NDArray[np.float64]:
    """Binary entropy in bits of a share p: H(p) = -p log2 p - (1-p) log2 (1-p), 0 at 0 and 1."""
    p = np.asarray(share, np.float64)
    inside = np.clip(p, np.finfo(np.float64).tiny, 1.0)
    outside = np.clip(1 - p, np.finfo(np.float64).tiny, 1.0)
    return -(p * np.log2(inside) + (1 - p) * np.log2(outside))


def mutual_information(
    same: NDArray[np.integer], first: NDArray[np.integer], second: NDArray[np.integer], items: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mutual information in bits and phi of pairs of signs, from counts over the same items.

    `same`: items with equal signs; `first`, `second`: positive items of each dimension.
    MI is the plug-in estimate over the 2 x 2 table (floor about 1 / (2 N ln 2) when independent);
    phi is the Pearson correlation of the two signs, 0 where one never varies.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    n = float(items)
    both = (np.asarray(same, np.float64) - n + a + b) / 2  # items positive in both
    cells = np.stack([both, a - both, b - both, n - a - b + both])
    expected = np.stack([a * b, a * (n - b), (n - a) * b, (n - a) * (n - b)]) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(cells > 0, cells / n * np.log2(cells / expected), 0.0)
        scale = np.sqrt(a * (n - a) * b * (n - b))
        phi = np.where(scale > 0, (n * both - a * b) / scale, 0.0)
    return terms.sum(axis=0), phi
