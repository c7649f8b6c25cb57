"""How many items two dimensions are both positive at, for all pairs: products of bits, compiled.

Counts are whole numbers, the same whichever way they are made: bit counts here, sums of products of
zeros and ones elsewhere (a test compares). Per pair and 64 items this takes one instruction; a
product of float32 matrices takes several times as long, one of int8 about as long.
"""

import itertools
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from catalog.signs.bits import Packed, by_words

_SPAN = 512
"""Words of a row (4 kB) that are counted together: eight rows stay in a core's first cache."""
_FEW = 32
"""Rows below which one thread is enough."""


@intrinsic
def _ones(_context: Any, _word: Any) -> Any:
    """Number of ones in a word: one instruction."""

    def generate(_target: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


ones: Callable[[Any], Any] = cast(Any, _ones)
"""The same, as compiled code calls it."""


def counts(
    first: Packed, second: Packed, threads: int | None = None, upper: bool = False
) -> NDArray[np.int32]:
    """Items at which dimension i of `first` and j of `second` are both positive: int32[rows, rows].

    Both are uint8[dims, bytes] of as many items, padded with zeros. `upper`: only pairs with i <= j
    are counted, for one site against itself; the others are undefined.
    """
    a, b = by_words(first), by_words(second)
    found = np.zeros((len(a), -(-len(b) // 4) * 4), np.int32)
    b = np.pad(b, ((0, found.shape[1] - len(b)), (0, 0)))
    own = threads or (len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2)
    pieces = 1 if len(a) < _FEW else 4 * own  # more than threads: an upper part is uneven
    edges = np.linspace(0, len(a), pieces + 1).astype(int)
    with ThreadPoolExecutor(own) as pool:
        pairs = itertools.pairwise(edges.tolist())
        list(pool.map(lambda span: _compiled(a, b, found, *span, upper), pairs))
    return found[:, : len(second)]


def _count(
    a: NDArray[np.uint64],
    b: NDArray[np.uint64],
    found: NDArray[np.int32],
    start: int,
    stop: int,
    upper: bool,
) -> None:
    """Add the counts of rows `start` to `stop` of `a` with all of `b`, four of them at a time.

    Rows are cut to the words of a span first: an index that could be negative would be looked up
    word by word instead of eight in a row (a sixth of the speed, measured).
    """
    words = a.shape[1]
    for low in range(0, words, _SPAN):
        high = min(words, low + _SPAN)
        for j in range(0, b.shape[0], 4):
            b0, b1 = b[j, low:high], b[j + 1, low:high]
            b2, b3 = b[j + 2, low:high], b[j + 3, low:high]
            for i in range(start, min(stop, j + 4) if upper else stop):
                row = a[i, low:high]
                n0 = n1 = n2 = n3 = np.uint64(0)
                for w in range(len(row)):
                    word = row[w]
                    n0 += ones(word & b0[w])
                    n1 += ones(word & b1[w])
                    n2 += ones(word & b2[w])
                    n3 += ones(word & b3[w])
                found[i, j] += n0
                found[i, j + 1] += n1
                found[i, j + 2] += n2
                found[i, j + 3] += n3


_compiled = cast(Callable[..., None], njit(nogil=True, cache=True)(_count))
