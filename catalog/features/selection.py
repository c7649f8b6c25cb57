"""Choosing among sites or thresholds without looking at what is held out."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.features.nulls import Ground
from catalog.features.scoring import Contest, run
from catalog.signs.prototypes import Ints, halves
from catalog.signs.site_signs import SiteSigns


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


def best_score(
    sites: Sequence[SiteSigns], grounds: Sequence[Ground]
) -> Callable[[Ints, NDArray[np.bool_]], NDArray[np.float64]]:
    """Score for `nulls.Null` that chooses the best site for each random set as `best_of` does.

    `grounds` hold the same items at every site; a set is the same items everywhere.
    """

    def one(drawn: Ints, anchors: NDArray[np.bool_]) -> float:
        contests = [_contest(*pair, drawn) for pair in zip(sites, grounds, strict=True)]
        inner = np.stack([inner_aucs(contest, anchors) for contest in contests])
        outer = np.stack([run(contest, anchors).aucs for contest in contests])
        return best_of(inner, outer)[1]

    return lambda sets, anchors: np.array(list(map(one, sets, anchors)))


def _contest(site: SiteSigns, ground: Ground, drawn: Ints) -> Contest:
    """A random set against the sample without it, as `nulls.score_sets` scores it."""
    return Contest(
        members=site.bits(ground.items[drawn]),
        positives=ground.positives,
        pool=len(ground.items),
        columns=ground.columns,
        scored=len(ground.sample),
        negatives=np.flatnonzero(~np.isin(ground.sample, drawn)),
    )
