"""How certain a category's figures are: the interval of its AUC, and split-half reliability."""

import numpy as np
from numpy.typing import NDArray

from catalog.features.scoring import Contest, Outcome, positive_anchors
from catalog.signs import auc_intervals
from catalog.signs.bits import by_words
from catalog.signs.prototypes import SPLITS, halves

GROUPS = 10
"""Groups of members that leave the anchors in turn."""
TAUGHT = 5
"""Splits in which they do: each costs as much as measuring a category ten times."""


def interval(sample: Contest, outcome: Outcome, auc: float) -> tuple[float, float]:
    """95 % interval of a prototype AUC over families, see `auc_intervals`.

    What it covers: the mean of this AUC over sets of as many families drawn from where these came
    from, with negatives drawn for each, through the same splits. Each of GROUPS random groups of
    members leaves the anchors of the first TAUGHT splits in turn, and the dimensions are chosen
    anew; their held-out members are scored against `sample`, the contest with a part of its
    negatives.
    """
    anchors = outcome.anchors[:TAUGHT]
    members = anchors.shape[1]
    groups = min(GROUPS, members)
    group = np.random.default_rng([members, 1]).permutation(members) % groups
    ranks = outcome.held_out_ranks
    ranks = np.where(np.isnan(ranks), np.nanmean(ranks), ranks)
    without = anchors[:, None, :] & (group != np.arange(groups)[:, None])
    if without.any(axis=2).all():
        rows = np.concatenate([anchors[:, None], without], axis=1)
        aucs = _aucs(sample, rows, ~anchors)
        losses = aucs[0] - aucs[1:]
    else:  # a split whose one anchor left has nothing to choose by
        losses = np.zeros((1, len(anchors)))
    parts = auc_intervals.parts(ranks, losses.mean(axis=1), group)
    return auc_intervals.interval(auc, members, parts, auc_intervals.SPLITS)


def _aucs(
    sample: Contest, rows: NDArray[np.bool_], held_out: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """AUC of each split's held-out members by prototypes of other anchors: float64[rows, splits].

    `rows` is bool[splits, rows, members].
    """
    from catalog.signs import compiled  # numba takes a second to import

    anchors = rows.reshape(-1, rows.shape[2])
    held = np.repeat(held_out, rows.shape[1], axis=0)
    scale = compiled.Scale(sample.positives, sample.pool, sample.tau)
    members = np.packbits(sample.members, axis=1, bitorder="little")
    doubled = compiled.doubled_ranks(sample.against, by_words(members), scale, anchors, held)
    found = doubled / (2.0 * sample.count * held.sum(axis=1))
    return np.asarray(found.reshape(rows.shape[:2]).T)


def reliability(contest: Contest) -> float | None:
    """Split-half reliability: do two halves of the members mark the same dimensions?

    r = sum(a b) / sqrt(sum(a^2) sum(b^2)) over all dimensions, with a and b the contrasts p_c - p
    of two random halves of the members, p being the share positive of the pool: a correlation
    about 0, not about the mean, so that it does not depend on which way round a dimension is.
    Mean of r over SPLITS pairs of halves, stepped up to the whole list by 2 r / (1 + r) (Spearman
    1910, Brown 1910). Random sets give about 0; 1 means that other members would mark the same
    dimensions as strongly. None below 4 members, where no sign varies, or where the halves are
    opposites (of members that are the whole pool).
    """
    members = len(contest.members)
    if members < 4:
        return None
    first = halves(members, SPLITS, np.random.default_rng([members, 2]), members // 2)
    share = contest.positives / contest.pool
    one, other = (
        positive_anchors(half, contest.members) / half.sum(axis=1, keepdims=True) - share
        for half in (first, ~first)
    )
    size = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    if not (size > 0).all():
        return None
    r = float(((one * other).sum(axis=1) / size).mean())
    return 2 * r / (1 + r) if r > -1 + 1e-6 else None
