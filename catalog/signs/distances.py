"""Hamming distances of a few items to all others on some of the dimensions, compiled."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import compiled
from catalog.signs.bits import Words
from catalog.signs.joint import ones

_SPAN = 256
"""Items whose signs are compared with every query in turn: they stay in a core's cache."""
_THREADS = 2


def to_all(
    signs: Words, items: NDArray[np.integer], dimensions: NDArray[np.uint64]
) -> NDArray[np.uint16]:
    """In how many dimensions the signs of some items differ from all: uint16[len(items), items].

    `signs` is uint64[words, items]; `dimensions` marks those that count, uint64[words].
    """
    queries = np.ascontiguousarray(signs[:, items].T) & dimensions
    found = np.empty((len(queries), signs.shape[1]), np.uint16)
    edges = np.linspace(0, signs.shape[1], _THREADS + 1).astype(int)
    with ThreadPoolExecutor(_THREADS) as threads:
        spans = itertools.pairwise(edges.tolist())
        list(threads.map(lambda span: _compare(signs, queries, dimensions, found, *span), spans))
    return found


@compiled
def _compare(
    signs: Words,
    queries: NDArray[np.uint64],
    dimensions: NDArray[np.uint64],
    found: NDArray[np.uint16],
    start: int,
    stop: int,
) -> None:
    """Distances of every query to the items from `start` to `stop`."""
    block = np.empty((len(signs), _SPAN), np.uint64)
    unlike = np.empty(_SPAN, np.uint64)
    for first in range(start, stop, _SPAN):
        width = min(_SPAN, stop - first)
        for w in range(len(signs)):
            row, mine = block[w], signs[w, first : first + width]
            for n in range(width):
                row[n] = mine[n] & dimensions[w]
        for q in range(len(queries)):
            unlike[:] = np.uint64(0)
            for w in range(len(signs)):
                row, word = block[w], queries[q, w]
                for n in range(_SPAN):
                    unlike[n] += ones(row[n] ^ word)
            found[q, first : first + width] = unlike[:width]
