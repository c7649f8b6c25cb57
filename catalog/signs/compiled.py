"""The inner loop of nulls and intervals, compiled: register on anchors, score, rank the held out.

The same integers as `prototypes` gives (a test compares), several times as fast: a null of one
category at one site is 4,000 prototypes, a catalog has thousands of them. Signs stay packed.
Importing this takes a second; machine code is kept on disk, so that only a machine's first call
takes a few more.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import SPAN, Rows, add, column_sums, compiled, room, tally
from catalog.signs.joint import ones
from catalog.signs.prototypes import FEWEST, STRONGEST, TAU, Ints

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


@dataclass(frozen=True)
class Scored:
    """The negatives that members are ranked among."""

    words: Rows
    """Their signs by dimension, uint64[dims, words]; other items may stand among them."""
    mask: Rows
    """Which items they are: uint64[words]."""

    @property
    def told(self) -> tuple[Rows, Rows]:
        """What compiled code takes of it."""
        return self.words, self.mask


def doubled_ranks(
    scored: Scored, members: Rows, scale: Scale, anchors: Chosen, held_out: Chosen
) -> Ints:
    """Twice the sum, over held-out members, of the negatives below each, ties half: int64[rows].

    `members` are signs by item, uint64[members, words]. Each row of `anchors`, bool[rows, members],
    registers a prototype of its own (their number may differ between rows); `held_out`, of the same
    shape, says whose ranks are summed. Divided by 2 x negatives x held-out members this is the
    row's prototype AUC.
    """
    levels = np.array([scale.level(int(n)) for n in anchors.sum(axis=1)], np.int64)
    none = np.zeros(len(members), np.bool_)
    rows = np.ascontiguousarray(anchors), np.ascontiguousarray(held_out)
    found: Ints = _rows(scored.told, (members, members), scale.told, *rows, none, levels)
    return found


def doubled_ranks_of_sets(
    rows: tuple[Rows, Rows],
    scored: Scored,
    among: Chosen,
    scale: Scale,
    sets: Ints,
    anchors: Chosen,
) -> Ints:
    """The same, summed over the splits, of random sets from one background: int64[sets].

    `rows` are the signs of the background's items, uint64[background, words], where a set is
    registered and where it is tried: mostly the same, see `catalog.signs.standing`. Those items
    that `among` marks, bool[background], are scored: a set's own are no negatives. `sets` is
    int64[sets, size] places in the background, `anchors` bool[sets, splits, size], equally many in
    each row.
    """
    level = scale.level(int(anchors[0, 0].sum()))
    found: Ints = _sets(rows, scored.told, among, scale.told, sets, anchors, level)
    return found


Told = tuple[Ints, int, int]
"""Positive items of each dimension, items, dimensions of the fallback."""


@compiled
def _sets(
    rows: tuple[Rows, Rows],
    scored: tuple[Rows, Rows],
    among: Chosen,
    told: Told,
    sets: Ints,
    anchors: Chosen,
    level: int,
) -> Ints:
    levels = np.full(anchors.shape[1], level, np.int64)
    found = np.empty(len(sets), np.int64)
    for one in range(len(sets)):
        members = rows[0][sets[one]], rows[1][sets[one]]
        held_out, own = ~anchors[one], among[sets[one]]
        found[one] = _rows(scored, members, told, anchors[one], held_out, own, levels).sum()
    return found


@compiled
def _rows(
    scored: tuple[Rows, Rows],
    members: tuple[Rows, Rows],
    told: Told,
    anchors: Chosen,
    held_out: Chosen,
    own: Chosen,
    levels: Ints,
) -> Ints:
    (words, mask), (learnt, tried) = scored, members
    found = np.zeros(len(anchors), np.int64)
    for row in range(len(anchors)):
        contrast = _contrasts(learnt, anchors[row], told)
        chosen = _registered(np.abs(contrast), levels[row], told[2])
        flips = np.zeros(len(chosen), np.uint64)
        for place in range(len(chosen)):
            if contrast[chosen[place]] < 0:
                flips[place] = ~flips[place]
        histogram = histogram_of(words, mask, chosen, flips)
        mine = _agreeing(tried, chosen, flips)
        for m in range(len(mine)):
            if own[m]:
                histogram[mine[m]] -= 1
        below = np.int64(0)
        for level in range(len(chosen) + 1):  # twice those below, ties half
            here = histogram[level]
            histogram[level] = 2 * below + here
            below += here
        for m in range(len(mine)):
            if held_out[row, m]:
                found[row] += histogram[mine[m]]
    return found


@compiled
def _contrasts(members: Rows, anchors: Chosen, told: Told) -> Ints:
    """Share positive of the anchors minus the pool's, in units of 1 / (anchors x items)."""
    positives, items, _ = told
    chosen = np.flatnonzero(anchors)
    positive = np.empty(len(positives), np.uint16)
    column_sums(members, chosen, positive)
    contrast = np.empty(len(positives), np.int64)
    for d in range(len(positives)):
        contrast[d] = np.int64(positive[d]) * items - len(chosen) * positives[d]
    return contrast


@compiled
def _registered(strength: Ints, level: int, strongest: int) -> Ints:
    """Dimensions at the level, or where they are too few the strongest with every tie."""
    count = _reaching(strength, level)
    if count < FEWEST:
        level = max(level_of(strength, strongest), 1)
        count = _reaching(strength, level)
    found = np.empty(count, np.int64)
    place = 0
    for dimension in range(len(strength)):
        if strength[dimension] >= level:
            found[place] = dimension
            place += 1
    return found


@compiled
def histogram_of(words: Rows, mask: Rows, chosen: Ints, flips: Rows) -> Ints:
    """How many items of the mask agree in how many of the chosen dimensions, flipped or not."""
    histogram = np.zeros(2 * len(chosen) + 4, np.int64)  # above the largest power of two
    for start in range(0, len(mask), SPAN):
        planes = room(min(SPAN, len(mask) - start))
        digits = add(words, chosen, flips, start, planes)
        tally(planes, digits, start, mask, histogram)
    return histogram


@compiled
def _agreeing(members: Rows, chosen: Ints, flips: Rows) -> Ints:
    """In how many of the chosen dimensions each member agrees: int64[members]."""
    used, flipped = np.zeros(members.shape[1], np.uint64), np.zeros(members.shape[1], np.uint64)
    for place in range(len(chosen)):
        word, bit = chosen[place] >> 6, np.uint64(1) << np.uint64(chosen[place] & 63)
        used[word] |= bit
        flipped[word] |= bit & flips[place]
    found = np.empty(len(members), np.int64)
    for m in range(len(members)):
        count = np.uint64(0)
        for w in range(len(used)):
            count += ones((members[m, w] ^ flipped[w]) & used[w])
        found[m] = np.int64(count)
    return found


@compiled
def level_of(values: Ints, n: int) -> int:
    """A level that the n largest values reach, with every tie of the last; none is below 0.

    By halving the span that it is in.
    """
    low, high = np.int64(0), values.max() + 1  # n values or more reach the one, fewer the other
    while high - low > 1:
        middle = (low + high) >> 1
        count = _reaching(values, middle)
        if count == n:
            return int(middle)
        if count > n:
            low = middle
        else:
            high = middle
    return int(low)


@compiled
def _reaching(values: Ints, level: int) -> int:
    """How many values reach a level."""
    count = 0
    for place in range(len(values)):  # by place: eight at a time
        if values[place] >= level:
            count += 1
    return count
