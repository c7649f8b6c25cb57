"""A stored feature measured once more, for its curves: same seed, same pool, same splits.

The catalog keeps the mean AUC of the 20 splits and the null's draws; the ROC curve and the
distribution of agreement are made again from the signs. The AUC that comes out is the stored one,
bit for bit: a test holds it to that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features import lexicon, nulls, splits
from catalog.features.pools import Pool, Pools
from catalog.features.scoring import Contest, Outcome, positive_anchors, run
from catalog.features.splits import Splits
from catalog.modalities.backgrounds import Background
from catalog.signs.prototypes import (
    SPLITS,
    Ints,
    agreeing,
    agreeing_members,
    contrast,
    halves,
    histograms,
    register,
)
from catalog.signs.site_signs import SiteSigns
from catalog.store.catalog import Catalog

GRID = np.linspace(0, 1, 101)
"""False positive rates at which curves are read."""
NULL_CURVES = 40
BINS = 24
"""Bars of the distribution of agreement, at most."""


@dataclass(frozen=True)
class Curves:
    """What the feature's figures are made of."""

    aucs: NDArray[np.float64]
    """Prototype AUC of each split."""
    rate: NDArray[np.float64]
    """False positive rates."""
    roc: NDArray[np.float64]
    """True positive rate there, mean over the splits."""
    null_low: NDArray[np.float64]
    """5th percentile of the ROC curves of random sets (each the mean over its own splits)."""
    null_high: NDArray[np.float64]
    """95th percentile of the same."""
    null_aucs: NDArray[np.float64]
    """Area under each of those curves, read at GRID: float64[NULL_CURVES]."""
    edges: NDArray[np.float64]
    """Bin edges of agreement, one more than bins."""
    members: NDArray[np.float64]
    """Share of the held-out members in each bin, over all splits."""
    background: NDArray[np.float64]
    """Share of the negatives in each bin, over all splits."""


def measure(
    catalog: Catalog, category: str, site: str, threshold: str, background: Background
) -> Curves:
    """Curves of a category's feature, made once per file; NotInCatalog where it has none."""
    return catalog.remembered(
        ("curves", category, site, threshold, background),
        lambda: _measure(catalog, category, site, threshold, background),
    )


def _measure(
    catalog: Catalog, category: str, site: str, threshold: str, background: Background
) -> Curves:
    return again(
        catalog.signs(site, threshold),
        lexicon.pools_of(catalog),
        splits.of(catalog, category, background),
        lexicon.positives(catalog, site, threshold, background),
    )


def again(site: SiteSigns, ground: Pools, one: Splits, positives: Ints | None) -> Curves:
    """`measure` from what is in memory.

    `positives` is int64[dims] over the whole background, None for `matched`; see `Contest.of`.
    """
    pool = one.pool
    outcome = run(Contest.of(site, pool, positives), one.anchors)
    scored = [_curve(outcome, split) for split in range(len(outcome.anchors))]
    null_ground = _null_ground(site, ground, pool, positives)
    null = _null_curves(site, null_ground, len(one.members), one.place)
    edges, held, negatives = _distribution(outcome)
    return Curves(
        aucs=outcome.aucs,
        rate=GRID,
        roc=np.mean(scored, axis=0),
        null_low=np.quantile(null, 0.05, axis=0),
        null_high=np.quantile(null, 0.95, axis=0),
        null_aucs=np.asarray(np.trapezoid(null, GRID, axis=1)),
        edges=edges,
        members=held,
        background=negatives,
    )


def _curve(outcome: Outcome, split: int) -> NDArray[np.float64]:
    """True positive rate at GRID of one split; tied levels are joined by a straight line."""
    levels = outcome.histogram.shape[1]
    held = outcome.member_counts[split][~outcome.anchors[split]]
    true = np.bincount(held, minlength=levels)[::-1].cumsum() / max(1, len(held))
    false = outcome.histogram[split][::-1].cumsum() / max(1, outcome.histogram[split].sum())
    curve: NDArray[np.float64] = np.interp(GRID, np.append(0, false), np.append(0, true))
    return curve


def _null_ground(
    site: SiteSigns, ground: Pools, pool: Pool, positives: Ints | None
) -> nulls.Ground:
    if positives is None:
        return nulls.Ground.matched(site, pool)
    items = ground.items(pool.background)
    return nulls.Ground.shared(site, items, positives, np.random.default_rng(0))


def _null_curves(
    site: SiteSigns, ground: nulls.Ground, size: int, seed: int, draws: int = NULL_CURVES
) -> NDArray[np.float64]:
    """ROC curves of random sets, the whole procedure repeated: float64[draws, len(GRID)].

    The steps of `nulls.score_sets`, which keeps the area only.
    """
    generator = np.random.default_rng([seed, size])
    curves = []
    for row in ground.sets(size, draws, generator):
        anchors = halves(len(row), SPLITS, generator)
        members = site.bits(ground.items[row])
        count, total = int(anchors[0].sum()), len(ground.items)
        positive = positive_anchors(anchors, members)
        contrasts = contrast(positive, count, ground.positives, total)
        prototypes = register(contrasts, count * total, site.tau)
        levels = prototypes.signs.shape[1] + 1
        own = agreeing_members(members, prototypes)
        scored = histograms(agreeing(ground.columns, prototypes, len(ground.sample)), levels)
        scored -= histograms(own[:, np.isin(row, ground.sample)], levels)
        outcome = Outcome(anchors, contrasts, count * total, prototypes, own, scored)
        curves.append(np.mean([_curve(outcome, split) for split in range(SPLITS)], axis=0))
    return np.array(curves)


def _distribution(
    outcome: Outcome,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Agreement of held-out members and of negatives in equal bins, over all splits."""
    levels = outcome.histogram.shape[1]
    sizes = np.maximum(1, outcome.prototypes.sizes)
    bins = int(min(BINS, sizes.min()))
    edges = np.linspace(0, 1, bins + 1)
    share = np.arange(levels) / sizes[:, None]  # agreement that each count stands for, per split
    where = np.clip((share * bins + 1e-9).astype(np.int64), 0, bins - 1)
    negatives = np.bincount(where.ravel(), outcome.histogram.ravel(), minlength=bins)
    split, member = np.nonzero(~outcome.anchors)
    counts = outcome.member_counts[split, member].astype(np.int64)
    held = np.bincount(where[split, counts], minlength=bins)
    return edges, held / max(1, held.sum()), negatives / max(1, negatives.sum())
