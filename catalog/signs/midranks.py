"""Mid-ranks of some items among a pool in many units at once: most values of a unit may be 0."""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import compiled

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@compiled
def of_sparse(
    starts: Ints, rows: Ints, values: Floats, items: int, members: int
) -> NDArray[np.float32]:
    """Of the first `members` of `items` items, in every unit: float32[members, units].

    Units are columns of a matrix whose values are 0 or positive: those of unit u stand at
    starts[u] to starts[u + 1], each with its row. A mid-rank counts the items below, equal ones
    half (itself among them).
    """
    units = len(starts) - 1
    found = np.empty((members, units), np.float32)
    for u in range(units):
        first, past = starts[u], starts[u + 1]
        zeros = items - (past - first)
        for m in range(members):
            found[m, u] = zeros / 2
        order = np.argsort(values[first:past])
        k = 0
        while k < len(order):
            j = k
            while j < len(order) and values[first + order[j]] == values[first + order[k]]:
                j += 1
            rank = zeros + (k + j) / 2
            for same in range(k, j):
                row = rows[first + order[same]]
                if row < members:
                    found[row, u] = rank
            k = j
    return found


def of_dense(values: Floats, members: int) -> NDArray[np.float32]:
    """The same for float32[items, units] whose values hardly tie; a constant unit ranks nobody."""
    items = len(values)
    order = np.argsort(values, axis=0)
    ranks = np.empty(values.shape, np.float32)
    np.put_along_axis(ranks, order, np.arange(items, dtype=np.float32)[:, None] + 0.5, axis=0)
    constant = values.min(axis=0) == values.max(axis=0)
    ranks[:, constant] = items / 2
    return ranks[:members]
