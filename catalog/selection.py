"""Choosing among sites or thresholds without looking at what is held out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.contests import Contest, run
from catalog.prototypes import halves


def first_readable(q: Sequence[float], level: float = 0.05) -> int | None:
    """First of two consecutive sites (in order) with q below `level`; None where there is none."""
    below = np.asarray(q) < level
    both = np.flatnonzero(below[:-1] & below[1:])
    return int(both[0]) if len(both) else None


def inner_aucs(contest: Contest, anchors: NDArray[np.bool_], inner: int = 5) -> NDArray[np.float64]:
    """Prototype AUC among the anchors alone, one value for each split: float64[splits].

    Each split's anchors are split again `inner` times into halves, one registering, the other
    scored against the negatives; the outer held-out members take no part, but stay in the pool's
    share positive. The halves are drawn with a generator of their own, seeded by their number, so
    that all sites compared see the same ones.
    """
    values = []
    for split, mine in enumerate(anchors):
        places = np.flatnonzero(mine)
        generator = np.random.default_rng([split, len(places)])
        chosen = halves(len(places), inner, generator, anchors=len(places) // 2)
        within = Contest(
            contest.members[places],
            contest.positives,
            contest.pool,
            contest.columns,
            contest.scored,
            contest.negatives,
        )
        values.append(run(within, chosen).aucs.mean())
    return np.array(values)


def best_of(
    inner: NDArray[np.floating], outer: NDArray[np.floating]
) -> tuple[NDArray[np.int64], float]:
    """Choose the best site (or threshold) in each split, and what it then reaches held out.

    `inner` and `outer` are float[sites, splits]. Chosen by `inner`, on anchors; the figure is the
    mean of `outer` at the chosen ones. A null must pass its draws through the same function.
    """
    chosen = np.argmax(inner, axis=0)
    return chosen, float(np.asarray(outer)[chosen, np.arange(len(chosen))].mean())
