"""Compiled counting: who agrees with which prototypes, how often, and group by group.

The integers of `prototypes`, several times as fast; see `catalog.signs.adding`.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import SPAN, Rows, add, column_sums, compiled, room, sums
from catalog.signs.bits import by_words
from catalog.signs.compiled import Chosen, Scored, histogram_of
from catalog.signs.prototypes import Ints, Prototypes

Counts = NDArray[np.uint16]


def agreeing(words: Rows, prototypes: Prototypes, items: int) -> Counts:
    """Dimensions of each prototype whose sign an item has: uint16[splits, items].

    As `prototypes.agreeing`, of signs by dimension as words: uint64[dims, words].
    """
    found: Counts = _counted(words, prototypes.dimensions, prototypes.signs, items)
    return found


def positives(members: NDArray[np.uint8], rows: Chosen) -> Counts:
    """How many of each row's members are positive in each dimension: uint16[rows, dims].

    `members` are signs as 0 and 1, uint8[members, dims]; `rows` is bool[rows, members]. A float32
    product of the two gives the same; it is so small that BLAS's threads wait longer for each other
    than it takes (ten times as long where something else uses the cores).
    """
    words = by_words(np.packbits(members, axis=1, bitorder="little"))
    found = np.empty((len(rows), members.shape[1]), np.uint16)
    for row, mine in enumerate(rows):
        column_sums(words, np.flatnonzero(mine), found[row])
    return found


def histograms(scored: Scored, prototypes: Prototypes, levels: int) -> Ints:
    """How many negatives agree in how many dimensions: int64[splits, levels]."""
    found: Ints = _tallies(*scored.told, prototypes.dimensions, prototypes.signs, levels)
    return found


def group_aucs(
    counts: Counts,
    group: Ints,
    groups: int,
    members: Counts,
    held_out: Chosen,
    levels: int,
) -> NDArray[np.float64]:
    """AUC of held-out members against each group of items, mean over the splits: float64[groups].

    `counts` are agreeing dimensions of the items, uint16[splits, items], below `levels`; `group`
    their groups' numbers; `members` the same of the members, uint16[splits, members], of which
    bool[splits, members] are `held_out`, equally many in each split. 1/2 against an empty group.
    """
    doubled = np.zeros(groups, np.int64)
    _groups(counts, group, members, held_out, levels, doubled)
    sizes = np.bincount(group, minlength=groups)
    chances = 2.0 * sizes * held_out.sum()
    return np.where(chances > 0, doubled / np.maximum(chances, 1), 0.5)


@compiled
def _groups(
    counts: Counts,
    group: Ints,
    members: Counts,
    held_out: Chosen,
    levels: int,
    doubled: Ints,
) -> None:
    histogram = np.empty((len(doubled), levels), np.int64)
    held = np.empty(levels, np.int64)
    for split in range(len(counts)):
        histogram[:] = 0
        held[:] = 0
        for item in range(len(group)):
            histogram[group[item], counts[split, item]] += 1
        for m in range(members.shape[1]):
            if held_out[split, m]:
                held[members[split, m]] += 1
        for g in range(len(doubled)):
            below = np.int64(0)
            for level in range(levels):
                here = histogram[g, level]
                doubled[g] += held[level] * (2 * below + here)
                below += here


@compiled
def _counted(words: Rows, dimensions: Ints, signs: NDArray[np.int8], items: int) -> Counts:
    found = np.zeros((len(signs), items), np.uint16)
    for split in range(len(signs)):
        chosen, flips = _real(dimensions[split], signs[split])
        for start in range(0, words.shape[1], SPAN):
            planes = room(min(SPAN, words.shape[1] - start))
            digits = add(words, chosen, flips, start, planes)
            sums(planes, digits, found[split, start * 64 : (start + SPAN) * 64])
    return found


@compiled
def _tallies(
    words: Rows, mask: Rows, dimensions: Ints, signs: NDArray[np.int8], levels: int
) -> Ints:
    found = np.zeros((len(signs), levels), np.int64)
    for split in range(len(signs)):
        chosen, flips = _real(dimensions[split], signs[split])
        found[split, : len(chosen) + 1] = histogram_of(words, mask, chosen, flips)[
            : len(chosen) + 1
        ]
    return found


@compiled
def _real(dimensions: Ints, signs: NDArray[np.int8]) -> tuple[Ints, Rows]:
    """A prototype without padding: its dimensions, and all bits set where it expects minus."""
    chosen = dimensions[signs != 0]
    expected = signs[signs != 0]
    flips = np.zeros(len(chosen), np.uint64)
    for place in range(len(chosen)):
        if expected[place] < 0:
            flips[place] = ~flips[place]
    return chosen, flips
