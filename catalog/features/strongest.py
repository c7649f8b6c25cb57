"""Prototypes of the k strongest dimensions, without the fallback: AUC as a curve over k."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.features.scoring import Contest, positive_anchors
from catalog.signs.prototypes import (
    Contrasts,
    Prototypes,
    agreeing,
    agreeing_members,
    contrast,
    histograms,
    ranks,
)


def powers(dims: int) -> list[int]:
    """Numbers of dimensions that a curve is read at: 1, 2, 4, ... up to half of them."""
    return [1 << power for power in range(max(1, dims // 2).bit_length())]


def prototypes(contrasts: Contrasts, most: int) -> Prototypes:
    """The `most` strongest dimensions of each row of int[splits, dims], with all ties of the last.

    A contrast of 0 has no direction and is never taken.
    """
    strength = np.abs(contrasts)
    last = np.partition(strength, strength.shape[1] - most, axis=1)[:, strength.shape[1] - most]
    taken = strength >= np.maximum(last, 1)[:, None]
    longest = max(1, int(taken.sum(axis=1).max()))
    order = np.argsort(~taken, axis=1, kind="stable")[:, :longest]
    real = np.take_along_axis(taken, order, axis=1)
    signs = np.sign(np.take_along_axis(contrasts, order, axis=1)) * real
    none = np.zeros(len(contrasts), np.bool_)
    return Prototypes(np.where(real, order, 0), signs.astype(np.int8), none)


def contrasts_of(contest: Contest, anchors: NDArray[np.bool_]) -> Contrasts:
    """Contrasts of the anchors of each split, in units of 1 / (anchors x pool): [splits, dims]."""
    positive = positive_anchors(anchors, contest.members)
    return contrast(positive, int(anchors[0].sum()), contest.positives, contest.pool)


def curve(
    contest: Contest, anchors: NDArray[np.bool_], sizes: Sequence[int]
) -> NDArray[np.float64]:
    """Held-out prototype AUC of the k strongest anchor dimensions: float64[len(sizes)].

    Mean over the splits, bool[splits, members]; ties of agreement count half.
    """
    contrasts = contrasts_of(contest, anchors)
    return np.array([_auc(contest, anchors, prototypes(contrasts, size)) for size in sizes])


def registered(contest: Contest, anchors: NDArray[np.bool_], tau: float) -> NDArray[np.float64]:
    """AUC of each split with the dimensions that reach `tau` alone, never filled up.

    float64[splits]; NaN where no dimension reaches it: the paper's procedure gives no feature.
    """
    contrasts = contrasts_of(contest, anchors)
    strong = np.abs(contrasts) >= (2 * tau - 1) * anchors[0].sum() * contest.pool
    found = np.full(len(anchors), np.nan)
    for split in np.flatnonzero(strong.any(axis=1)):
        row = slice(split, split + 1)
        chosen = prototypes(np.where(strong[row], contrasts[row], 0), int(strong[split].sum()))
        found[split] = _auc(contest, anchors[row], chosen)
    return found


def _auc(contest: Contest, anchors: NDArray[np.bool_], chosen: Prototypes) -> float:
    """Mean over the splits of the held-out members' ranks among the negatives."""
    members = agreeing_members(contest.members, chosen).astype(np.int64)
    counts = agreeing(contest.columns, chosen, contest.scored)
    if contest.negatives is not None:
        counts = counts.take(contest.negatives, axis=1)
    histogram = histograms(counts, chosen.signs.shape[1] + 1)
    placed = np.take_along_axis(ranks(histogram), members, axis=1)
    held_out = ~anchors
    return float(((placed * held_out).sum(axis=1) / held_out.sum(axis=1)).mean())
