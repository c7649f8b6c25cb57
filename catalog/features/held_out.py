"""The held-out AUC of a concept: by folds of its words, with its interval."""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.features.scoring import Contest, positive_anchors, score
from catalog.signs import auc_intervals
from catalog.signs.auc_intervals import FOLDS as BY_FOLDS
from catalog.signs.prototypes import (
    Contrasts,
    agreeing_members,
    contrast,
    histograms,
    ranks,
    register,
)

FOLDS = 10


class HeldOut(NamedTuple):
    """A held-out AUC with its 95 % interval over words."""

    auc: float
    low: float
    high: float


def folds(members: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Anchors of each fold: bool[folds, members]; every member is held out exactly once."""
    count = min(FOLDS, members)
    place = generator.permutation(members) % count
    kept: NDArray[np.bool_] = place != np.arange(count)[:, None]
    return kept


def measure(
    contest: Contest,
    sample: Contest,
    against: NDArray[np.uint8] | None,
    generator: np.random.Generator,
) -> HeldOut | None:
    """Held-out AUC by folds against the background; None for a single member.

    `against` is the signs of counter-examples, uint8[counters, dims]. What the interval covers:
    the mean of this AUC over word lists of this length drawn from where these words came from,
    with negatives drawn for each, dimensions chosen anew each time. What a fold teaches the others
    is found by taking every pair of folds out of the examples: the pair's prototype scores the
    members of both against `sample`, the contest with a part of its negatives.
    """
    members = len(contest.members)
    if members < 2:
        return None
    anchors = folds(members, generator)
    fold = (~anchors).argmax(axis=0)
    own = _ranks(contest, anchors, against)[fold, np.arange(members)]
    auc = float(own.mean())
    losses = _losses(sample, anchors, fold, against)
    parts = auc_intervals.parts(own, losses, fold)
    return HeldOut(auc, *auc_intervals.interval(auc, members, parts, BY_FOLDS))


def _ranks(
    contest: Contest,
    anchors: NDArray[np.bool_],
    against: NDArray[np.uint8] | None,
) -> NDArray[np.float64]:
    """Rank of every member among the negatives by each row's prototype: float64[rows, members].

    Rows differ in size by a word or two, so those of equal size are run together.
    """
    sizes = anchors.sum(axis=1)
    placed = np.empty(anchors.shape)
    for size in np.unique(sizes):
        rows = sizes == size
        found, unit = contrasts(contest, anchors[rows], against)
        placed[rows] = score(contest, anchors[rows], found, unit).member_ranks
    return placed


def _losses(
    sample: Contest,
    anchors: NDArray[np.bool_],
    fold: NDArray[np.int64],
    against: NDArray[np.uint8] | None,
) -> NDArray[np.float64]:
    """What the mean rank of the others loses where a fold is no example: float64[folds].

    One 0 for two folds: without both no example is left.
    """
    count, members = anchors.shape
    if count < 3:
        return np.zeros(1)
    pairs = list(itertools.combinations(range(count), 2))
    without = np.array([anchors[one] & anchors[other] for one, other in pairs])
    placed = _ranks(sample, np.concatenate([anchors, without]), against)
    whole = placed[fold, np.arange(members)]
    total = np.zeros(count)
    for row, (one, other) in zip(placed[count:], pairs, strict=True):
        for gone, scored in ((one, other), (other, one)):
            mine = fold == scored
            total[gone] += (whole[mine] - row[mine]).sum()
    lost: NDArray[np.float64] = total / (members - np.bincount(fold, minlength=count))
    return lost


def contrasts(
    contest: Contest, anchors: NDArray[np.bool_], against: NDArray[np.uint8] | None
) -> tuple[Contrasts, int]:
    """Exact contrasts of equally many anchors in each row, and the unit they are in.

    With counter-examples the weaker of the two contrasts, 0 where they disagree in sign.
    """
    count = int(anchors[0].sum())
    positive = positive_anchors(anchors, contest.members)
    pool = contrast(positive, count, contest.positives, contest.pool)
    if against is None:
        return pool, count * contest.pool
    few = len(against)
    other = contrast(positive, count, against.sum(axis=0, dtype=np.int64), few)
    wide, near = pool.astype(np.int64) * few, other.astype(np.int64) * contest.pool
    weaker = np.minimum(np.abs(wide), np.abs(near)) * np.sign(wide)
    return np.where(np.sign(wide) == np.sign(near), weaker, 0), count * contest.pool * few


def against_counter(
    contest: Contest, against: NDArray[np.uint8], generator: np.random.Generator
) -> float | None:
    """Held-out AUC against the counter-examples, which are held out by folds like the words.

    None for fewer than two words or counter-examples.
    """
    if min(len(contest.members), len(against)) < 2:
        return None
    count = min(FOLDS, len(contest.members), len(against))
    words = generator.permutation(len(contest.members)) % count
    counters = generator.permutation(len(against)) % count
    values = []
    for fold in range(count):
        anchors = (words != fold)[None]
        found, unit = contrasts(contest, anchors, against[counters != fold])
        prototype = register(found, unit, contest.tau)
        mine = agreeing_members(contest.members[words == fold], prototype)[0].astype(np.int64)
        theirs = agreeing_members(against[counters == fold], prototype)
        values.append(ranks(histograms(theirs, prototype.signs.shape[1] + 1))[0][mine])
    return float(np.concatenate(values).mean())
