"""Compiled counting: who agrees with which prototypes, how often, and group by group.

The integers of `prototypes`, of signs that lie as bytes; see `catalog.signs.compiled`.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.compiled import Bits, Chosen, compiled
from catalog.signs.prototypes import Ints, Prototypes

_BLOCK = 4096
"""Items whose signs stay in a core's cache while every prototype is counted."""


def agreeing(bits: Bits, prototypes: Prototypes) -> NDArray[np.uint16]:
    """Dimensions of each prototype whose sign an item has: uint16[splits, items].

    As `prototypes.agreeing`, of signs as 0 and 1: uint8[dims, items].
    """
    found: NDArray[np.uint16] = _counted(bits, prototypes.dimensions, prototypes.signs)
    return found


def histograms(counts: NDArray[np.uint16], items: Ints | None, levels: int) -> Ints:
    """How many of some items (None: all) have each count: int64[splits, levels]."""
    every = np.arange(counts.shape[1]) if items is None else np.ascontiguousarray(items)
    found: Ints = _histograms(counts, every, levels)
    return found


def group_aucs(
    counts: NDArray[np.uint16],
    group: Ints,
    groups: int,
    members: NDArray[np.uint16],
    held_out: NDArray[np.bool_],
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
    counts: NDArray[np.uint16],
    group: Ints,
    members: NDArray[np.uint16],
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
def _counted(bits: Bits, dimensions: Ints, signs: NDArray[np.int8]) -> NDArray[np.uint16]:
    splits, longest = signs.shape
    items = bits.shape[1]
    found = np.zeros((splits, items), np.uint16)
    few = np.empty(_BLOCK, np.uint8)
    for start in range(0, items, _BLOCK):
        size = min(_BLOCK, items - start)
        for split in range(splits):
            few[:] = 0
            for place in range(longest):
                if signs[split, place] != 0:  # else padding
                    flip = np.uint8(signs[split, place] < 0)
                    row = bits[dimensions[split, place], start : start + size]
                    for n in range(size):
                        few[n] += row[n] ^ flip
                if place % 255 == 254:  # the most that a byte counts
                    for n in range(size):
                        found[split, start + n] += few[n]
                    few[:] = 0
            for n in range(size):
                found[split, start + n] += few[n]
    return found


@compiled
def _histograms(counts: NDArray[np.uint16], items: Ints, levels: int) -> Ints:
    found = np.zeros((len(counts), levels), np.int64)
    for split in range(len(counts)):
        for n in range(len(items)):
            found[split, counts[split, items[n]]] += 1
    return found
