"""Ablated neurons against random ones: who is matched with whom, and what the difference says."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.signs.resampling import Interval, crossed

SPLITS, DRAWS = 5, 4
"""Random halves of the dimensions, and random sets of neurons for each."""
ALLOWED = 0.05
"""How far a random set's summed activation x norm may lie from the writers'."""
NEAREST = 8
"""A writer's partner is drawn from so many neurons of its block nearest in activation x norm."""
SWAPS = 5000
"""Swaps tried to bring a set's sum within ALLOWED."""

Verdict = Literal[
    "carry the feature", "work against the feature", "undecided", "no more than random neurons"
]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Effect:
    """What ablating the writers did beyond ablating random neurons."""

    verdict: Verdict
    writers: Interval
    """Change of the items' agreement when the writers are ablated."""
    random: Interval
    """The same for random neurons, mean over the draws."""
    difference: Interval
    """Writers minus random: items and draws resampled (crossed bootstrap)."""
    reached: int
    """Random draws that change the agreement as far as the writers of their split, or further."""
    draws: int
    """Random draws in all."""


def top_writers(strength: NDArray[np.floating], norms: NDArray[np.floating], count: int) -> Ints:
    """The `count` neurons of largest max(a, 1 - a), ties by the longer column: int64[count]."""
    order: Ints = np.lexsort((-norms, -strength))[:count]
    return order


def matched(
    size: NDArray[np.floating],
    layer: NDArray[np.integer],
    writers: Ints,
    generator: np.random.Generator,
    draws: int = DRAWS,
) -> tuple[Ints, float]:
    """Random sets of as many neurons, none a writer, int64[draws, writers], and the worst mismatch.

    `size` is mean |activation| x length of the column, float[neurons]. Every writer has a partner
    of its block, drawn from the NEAREST in size; the strongest writers are often the most active
    neurons of all and have no equal, so partners are then swapped at random within blocks until
    the sums of the set and of the writers differ by at most ALLOWED. Raises SettingRefused where
    that fails.
    """
    free = np.ones(len(size), np.bool_)
    free[writers] = False
    wanted = float(size[writers].sum())
    if wanted <= 0:
        raise SettingRefused("These neurons are silent on the feature's items: nothing to ablate.")
    sets = np.array(
        [
            _balanced(
                _partners(size, layer, writers, free, generator),
                size,
                layer,
                free,
                wanted,
                generator,
            )
            for _ in range(draws)
        ]
    )
    worst = float(np.abs(size[sets].sum(axis=1) / wanted - 1).max())
    return sets, worst


def _partners(
    size: NDArray[np.floating],
    layer: NDArray[np.integer],
    writers: Ints,
    free: NDArray[np.bool_],
    generator: np.random.Generator,
) -> Ints:
    """A partner for every writer, in random order, each from the nearest still free in its block.

    Distance is that of the logarithms, silent neurons counting as very small.
    """
    left = free.copy()
    logs = np.log(size + 1e-12)
    chosen = np.empty(len(writers), np.int64)
    for place in generator.permutation(len(writers)):
        own = writers[place]
        able = np.flatnonzero(left & (layer == layer[own]))
        if not len(able):
            raise SettingRefused(f"Block {layer[own]} has too few other neurons. Choose fewer.")
        nearest = np.argsort(np.abs(logs[able] - logs[own]), kind="stable")[:NEAREST]
        chosen[place] = able[generator.choice(nearest)]
        left[chosen[place]] = False
    return chosen


def _balanced(
    chosen: Ints,
    size: NDArray[np.floating],
    layer: NDArray[np.integer],
    free: NDArray[np.bool_],
    wanted: float,
    generator: np.random.Generator,
) -> Ints:
    """The set with random members swapped, within blocks, until its sum is near `wanted`."""
    chosen, left = chosen.copy(), free.copy()
    left[chosen] = False
    gap = float(size[chosen].sum()) - wanted
    for _ in range(SWAPS):
        if abs(gap) <= ALLOWED * wanted:
            return chosen
        place = generator.integers(len(chosen))
        able = np.flatnonzero(left & (layer == layer[chosen[place]]))
        if not len(able):
            continue
        other = generator.choice(able)
        moved = gap + float(size[other] - size[chosen[place]])
        if abs(moved) < abs(gap):
            left[chosen[place]], left[other] = True, False
            chosen[place], gap = other, moved
    raise SettingRefused(
        f"No {len(chosen)} random neurons of the same blocks are together as active as these "
        f"writers (within {ALLOWED:.0%}). Choose fewer or more neurons, or another site."
    )


def judge(
    writers: NDArray[np.floating],
    random: NDArray[np.floating],
    generator: np.random.Generator,
) -> Effect:
    """Changes of agreement on dimensions that did not choose the writers.

    `writers` is float[splits, items], `random` float[splits, draws, items]. Carry: the 95 %
    interval of writers - random lies below 0 and no random draw falls as far as the writers of its
    split. Work against: above 0, likewise. Undecided: the interval leaves 0 out, but some draw goes
    as far. Items and draws are resampled (crossed bootstrap).
    """
    spread = writers[:, None] - random
    flat = spread.reshape(-1, spread.shape[-1])  # [splits x draws, items]
    difference = crossed(flat.T, generator)
    means = flat.mean(axis=1)
    reached = int((means >= 0).sum() if difference.value < 0 else (means <= 0).sum())
    clear = difference.high < 0 or difference.low > 0
    verdict: Verdict = "undecided" if clear else "no more than random neurons"
    if clear and not reached:
        verdict = "carry the feature" if difference.value < 0 else "work against the feature"
    return Effect(
        verdict,
        crossed(writers.T, generator),
        crossed(random.reshape(flat.shape).T, generator),
        difference,
        reached,
        len(flat),
    )
