"""The inner loop of nulls and intervals, compiled: register on anchors, score, rank the held out.

The same integers as `prototypes` gives (a test compares), several times as fast: a null of one
category at one site is 4,000 prototypes, a catalog has thousands of them. Importing this takes a
second; machine code is kept on disk, so that only a machine's first call takes a few more.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from catalog.signs.prototypes import FEWEST, STRONGEST, TAU, Ints

F = TypeVar("F", bound=Callable[..., object])
Bits = NDArray[np.uint8]
Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Scale:
    """What contrasts are measured against."""

    positives: Ints
    """Positive items of each dimension over the whole pool: int64[dims]."""
    pool: int
    """Items in the pool."""
    tau: float = TAU

    def level(self, anchors: int) -> int:
        """Least contrast that is registered, in units of 1 / (anchors x pool)."""
        return math.ceil((2 * self.tau - 1) * anchors * self.pool)

    @property
    def told(self) -> "Told":
        """What compiled code takes of it."""
        positives = np.ascontiguousarray(self.positives, np.int64)
        return positives, self.pool, max(1, min(STRONGEST, len(positives) // 4))


def doubled_ranks(
    scored: Bits, members: Bits, scale: Scale, anchors: Chosen, held_out: Chosen
) -> Ints:
    """Twice the sum, over held-out members, of the negatives below each, ties half: int64[rows].

    `scored` are the negatives' signs as 0 and 1, uint8[dims, negatives]; `members` uint8[members,
    dims]. Each row of `anchors`, bool[rows, members], registers a prototype of its own (their
    number may differ between rows); `held_out`, of the same shape, says whose ranks are summed.
    Divided by 2 x negatives x held-out members this is the row's prototype AUC.
    """
    levels = np.array([scale.level(int(n)) for n in anchors.sum(axis=1)], np.int64)
    none = np.zeros(len(members), np.bool_)
    rows = np.ascontiguousarray(anchors), np.ascontiguousarray(held_out)
    found: Ints = _rows(scored, np.ascontiguousarray(members), scale.told, *rows, none, levels)
    return found


def doubled_ranks_of_sets(
    rows: NDArray[np.uint64],
    scored: Bits,
    among: NDArray[np.bool_],
    scale: Scale,
    sets: Ints,
    anchors: Chosen,
) -> Ints:
    """The same, summed over the splits, of random sets from one background: int64[sets].

    `rows` are the signs of the background's items, uint64[background, words], of which those that
    `among` marks, bool[background], are scored: a set's own are no negatives. `sets` is int64[sets,
    size] places in the background, `anchors` bool[sets, splits, size], equally many in each row.
    """
    level = scale.level(int(anchors[0, 0].sum()))
    found: Ints = _sets(rows, scored, among, scale.told, sets, anchors, level)
    return found


def compiled(function: F) -> F:
    """A function as machine code that holds no lock of the interpreter."""
    return cast(F, njit(cache=True, nogil=True)(function))


Told = tuple[Ints, int, int]
"""Positive items of each dimension, items, dimensions of the fallback."""


@compiled
def _sets(
    rows: NDArray[np.uint64],
    scored: Bits,
    among: NDArray[np.bool_],
    told: Told,
    sets: Ints,
    anchors: Chosen,
    level: int,
) -> Ints:
    size, splits, dims = sets.shape[1], anchors.shape[1], len(scored)
    members, own = np.empty((size, dims), np.uint8), np.empty(size, np.bool_)
    levels = np.full(splits, level, np.int64)
    found = np.empty(len(sets), np.int64)
    for one in range(len(sets)):
        for m in range(size):
            own[m] = among[sets[one, m]]
            for w in range(rows.shape[1]):
                word = rows[sets[one, m], w]
                row = members[m, w * 64 : min(dims, w * 64 + 64)]
                for bit in range(len(row)):
                    row[bit] = (word >> np.uint64(bit)) & np.uint64(1)
        held_out = ~anchors[one]
        found[one] = _rows(scored, members, told, anchors[one], held_out, own, levels).sum()
    return found


@compiled
def _rows(
    scored: Bits,
    members: Bits,
    told: Told,
    anchors: Chosen,
    held_out: Chosen,
    own: NDArray[np.bool_],
    levels: Ints,
) -> Ints:
    positives, items, strongest = told
    dims, size = len(scored), len(members)
    found = np.zeros(len(anchors), np.int64)
    turned = members.T.copy()
    for row in range(len(anchors)):
        contrast = _contrasts(members, anchors[row], positives, items)
        strength = np.abs(contrast)
        least = levels[row]
        if (strength >= least).sum() < FEWEST:
            least = max(_nth_largest(strength.copy(), strongest), 1)
        chosen = np.flatnonzero(strength >= least)
        flips = (contrast[chosen] < 0).astype(np.uint8)
        histogram = np.zeros(dims + 1, np.int64)
        for count in _agreeing(scored, chosen, flips):
            histogram[count] += 1
        mine = _agreeing(turned, chosen, flips)
        for m in range(size):
            if own[m]:
                histogram[mine[m]] -= 1
        below = np.int64(0)
        for level in range(len(chosen) + 1):  # twice those below, ties half
            here = histogram[level]
            histogram[level] = 2 * below + here
            below += here
        for m in range(size):
            if held_out[row, m]:
                found[row] += histogram[mine[m]]
    return found


@compiled
def _contrasts(members: Bits, anchors: NDArray[np.bool_], positives: Ints, items: int) -> Ints:
    """Share positive of the anchors minus the pool's, in units of 1 / (anchors x items)."""
    dims = members.shape[1]
    positive, few = np.zeros(dims, np.int64), np.zeros(dims, np.uint8)
    count = 0
    for m in range(len(members)):
        if anchors[m]:
            count += 1
            row = members[m]
            for d in range(dims):
                few[d] += row[d]
            if count % 255 == 0:  # the most that a byte counts
                positive += few
                few[:] = 0
    positive += few
    contrast = np.empty(dims, np.int64)
    for d in range(dims):
        contrast[d] = positive[d] * items - count * positives[d]
    return contrast


@compiled
def _agreeing(bits: Bits, chosen: Ints, flips: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """How many of the chosen dimensions, flipped or not, each column has set: uint16[columns]."""
    columns = bits.shape[1]
    agree, few = np.zeros(columns, np.uint16), np.zeros(columns, np.uint8)
    for place in range(len(chosen)):
        d, flip = chosen[place], flips[place]
        for n in range(columns):
            few[n] += bits[d, n] ^ flip
        if place % 255 == 254:  # the most that a byte counts
            agree += few
            few[:] = 0
    agree += few
    return agree


@compiled
def _nth_largest(values: Ints, n: int) -> int:
    """The n-th largest value, by quickselect; `values` is reordered."""
    low, high, place = 0, len(values) - 1, len(values) - n
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if place <= j:
            high = j
        elif place >= i:
            low = i
        else:
            break
    return int(values[place])
