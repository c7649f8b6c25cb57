"""The inner loop of nulls where a set is registered on other positions than it is tried on.

The same steps as `compiled`, for one split: see `catalog.signs.standing`.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.compiled import (
    Bits,
    Chosen,
    Scale,
    Told,
    _agreeing,
    _contrasts,
    _nth_largest,
    compiled,
)
from catalog.signs.prototypes import FEWEST, Ints

Rows = NDArray[np.uint64]


def doubled_ranks(
    rows: tuple[Rows, Rows],
    scored: Bits,
    among: Chosen,
    scale: Scale,
    sets: Ints,
    anchors: Chosen,
) -> Ints:
    """Twice the sum, over held-out members, of the negatives below each: int64[sets].

    `rows` are the background's signs where a set is registered and where it is tried, uint64[items,
    words]; `scored` those of the sample where it is tried; `sets` int64[sets, size] places in the
    background, `anchors` bool[sets, size], equally many in each row.
    """
    level = scale.level(int(anchors[0].sum()))
    found: Ints = _sets(rows, scored, among, scale.told, sets, anchors, level)
    return found


@compiled
def _members(rows: Rows, places: Ints, dims: int) -> Bits:
    """Signs of some items as 0 and 1: uint8[items, dims]."""
    found = np.empty((len(places), dims), np.uint8)
    for m in range(len(places)):
        for w in range(rows.shape[1]):
            word = rows[places[m], w]
            row = found[m, w * 64 : min(dims, w * 64 + 64)]
            for bit in range(len(row)):
                row[bit] = (word >> np.uint64(bit)) & np.uint64(1)
    return found


@compiled
def _sets(
    rows: tuple[Rows, Rows],
    scored: Bits,
    among: Chosen,
    told: Told,
    sets: Ints,
    anchors: Chosen,
    level: int,
) -> Ints:
    positives, items, strongest = told
    dims = len(scored)
    found = np.zeros(len(sets), np.int64)
    for one in range(len(sets)):
        contrast = _contrasts(_members(rows[0], sets[one], dims), anchors[one], positives, items)
        strength = np.abs(contrast)
        least = level
        if (strength >= least).sum() < FEWEST:
            least = max(_nth_largest(strength.copy(), strongest), 1)
        chosen = np.flatnonzero(strength >= least)
        flips = (contrast[chosen] < 0).astype(np.uint8)
        histogram = np.zeros(dims + 1, np.int64)
        for count in _agreeing(scored, chosen, flips):
            histogram[count] += 1
        mine = _agreeing(_members(rows[1], sets[one], dims).T.copy(), chosen, flips)
        for m in range(len(mine)):
            if among[sets[one, m]]:
                histogram[mine[m]] -= 1
        below = np.int64(0)
        for place in range(len(chosen) + 1):  # twice those below, ties half
            here = histogram[place]
            histogram[place] = 2 * below + here
            below += here
        for m in range(len(mine)):
            if not anchors[one, m]:
                found[one] += histogram[mine[m]]
    return found
