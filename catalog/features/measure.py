"""Features read from categories: one category at one site, threshold and background.

Definitions are those of docs/method.md (after arXiv 2606.12629); figures are held out unless named
"in sample" or "paper's procedure".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features import certainty
from catalog.features.scoring import Contest, Outcome, positive_anchors, run
from catalog.signs.bits import Packed, by_words
from catalog.signs.prototypes import Contrasts, Ints, Prototypes, agreeing
from catalog.signs.significance import hypergeometric_p
from catalog.signs.site_signs import SiteSigns

FIRING_PERCENTILE = 5
FEWEST_VERDICT = 20
"""Anchor and held-out families below which there is no verdict, only "small"."""
FEWEST_RIVALS = 10
"""Members a category must keep, besides the shared ones, to count as most confusable."""


@dataclass(frozen=True)
class Others:
    """Members of all categories at one site, for the coherence control."""

    words: NDArray[np.uint64]
    """Signs by dimension of every category's members, end to end: uint64[dims, words]."""
    family: Ints
    category: Ints
    """Number of the category of each."""
    first: NDArray[np.bool_]
    """Whether its family has not come before: so that "all others" counts a family once."""

    @classmethod
    def of(cls, site: SiteSigns, members: Ints, family: Ints, category: Ints) -> "Others":
        """From `categories.labels`: items, their families and category numbers."""
        first = np.zeros(len(members), np.bool_)
        first[np.unique(family, return_index=True)[1]] = True
        return cls(by_words(site.columns(members)), family, category, first)


@dataclass(frozen=True)
class Feature:
    """One category measured at one site. Fields of split 0 describe the feature that is shown."""

    auc: float
    """Prototype AUC: held-out members against negatives, ties half, mean over the splits."""
    sd: float
    """Standard deviation of the prototype AUC over the splits, which share their members: no
    standard error."""
    fallback_share: float
    """Share of the splits in which fewer than FEWEST dimensions reached the registration level."""
    anchors: NDArray[np.bool_]
    """Members that are anchors in split 0; the others are held out: bool[members]."""
    dimensions: NDArray[np.int64]
    """Registered dimensions of split 0."""
    signs: NDArray[np.int8]
    """Their expected signs: the prototype."""
    fallback: bool
    """Whether split 0 fell back to the strongest dimensions."""
    sign_auc: NDArray[np.float64]
    """Sign AUC of every dimension on split 0's anchors, 1/2 + (p_c - p) / 2: float64[dims]."""
    p: NDArray[np.float64]
    """Hypergeometric two-sided p of every dimension on split 0's anchors: float64[dims]."""
    firing_level: float
    """5th percentile of the agreement of split 0's held-out members; fires means above it."""
    best: int
    """Strongest dimension on split 0's anchors (the lowest of tied ones; AUC and q are equal)."""
    best_in_sample: float
    """Its AUC on those anchors, or the complement's ("paper's procedure")."""
    best_held_out: float
    """AUC on held-out members of the dimension strongest on the anchors, mean over the splits."""
    reliability: float | None
    """Split-half reliability of its contrasts, see `certainty.reliability`."""
    low: float | None = None
    """Lower end of the 95 % interval of `auc` over families; None where it was not asked for."""
    high: float | None = None
    """Upper end of it."""
    coherence: float | None = None
    """Prototype AUC against the members of all other categories; None without others."""
    confusable: int | None = None
    """Number of the category it is told apart from worst; None where none is large enough."""
    confusable_auc: float | None = None

    @property
    def small(self) -> bool:
        """Fewer than 20 anchor or 20 held-out families: no verdict."""
        anchors = int(self.anchors.sum())
        return min(anchors, len(self.anchors) - anchors) < FEWEST_VERDICT


def measure(
    contest: Contest,
    anchors: NDArray[np.bool_],
    others: Others | None = None,
    families: Ints | None = None,
    sample: Contest | None = None,
) -> Feature:
    """Measure a category over its splits: `anchors` is bool[splits, members], see `splits.drawn`.

    `families` are the members' own, left out of `others`. `sample` is the contest with a part of
    its negatives, by which the AUC's interval is made; None for no interval. Needs at least 2
    members.
    """
    outcome = run(contest, anchors)
    aucs = outcome.aucs
    auc = float(aucs.mean())
    ends = certainty.interval(sample, outcome, auc) if sample is not None else (None, None)
    count = int(anchors[0].sum())
    dimensions, signs = outcome.prototypes.of(0)
    agreement = outcome.member_counts[0, ~anchors[0]] / max(1, len(dimensions))
    held_out = best_dimension_held_out(contest, anchors, outcome.contrasts)
    best = int(np.abs(outcome.contrasts[0]).argmax())
    coherence = _coherence(outcome, others, families) if others is not None else (None,) * 3
    return Feature(
        auc=auc,
        sd=float(aucs.std(ddof=1)),
        fallback_share=float(outcome.prototypes.fallback.mean()),
        anchors=anchors[0],
        dimensions=dimensions,
        signs=signs,
        fallback=bool(outcome.prototypes.fallback[0]),
        sign_auc=outcome.sign_auc(0),
        p=hypergeometric_p(
            contest.first.members[anchors[0]].sum(axis=0, dtype=np.int64),
            count,
            contest.first.positives,
            contest.pool,
        ),
        firing_level=float(np.percentile(agreement, FIRING_PERCENTILE)),
        best=best,
        best_in_sample=float(0.5 + abs(outcome.contrasts[0, best]) / (2 * outcome.unit)),
        best_held_out=float(held_out.mean()),
        reliability=certainty.reliability(contest),
        low=ends[0],
        high=ends[1],
        coherence=coherence[0],
        confusable=coherence[1],
        confusable_auc=coherence[2],
    )


def best_dimension_held_out(
    contest: Contest, anchors: NDArray[np.bool_], contrasts: Contrasts
) -> NDArray[np.float64]:
    """Held-out AUC of each split's strongest anchor dimension: float64[splits].

    1/2 + s (p_h - p_n) / 2, the one-bit ROC AUC of held-out members against the negatives, where
    s is the sign found on the anchors. With ties for strongest, their mean.
    """
    if contest.parts:
        rows = [slice(split, split + 1) for split in range(len(anchors))]
        sides = [contest.parts[row.start % len(contest.parts)][1] for row in rows]
        pairs = zip(sides, rows, strict=True)
        found = [best_dimension_held_out(one, anchors[r], contrasts[r]) for one, r in pairs]
        return np.concatenate(found)
    held = positive_anchors(~anchors, contest.members).astype(np.float32)
    share_held = held / (~anchors).sum(axis=1, keepdims=True, dtype=np.float32)
    own = contest.members.sum(axis=0, dtype=np.int64)
    share_negative = (contest.positives - own) / (contest.pool - len(contest.members))
    aucs = 0.5 + np.sign(contrasts) * (share_held - share_negative) / 2
    strength = np.abs(contrasts)
    strongest = strength == strength.max(axis=1, keepdims=True)
    mean: NDArray[np.float64] = (aucs * strongest).sum(axis=1) / strongest.sum(axis=1)
    return mean


def _coherence(
    outcome: Outcome, others: Others, families: Ints | None
) -> tuple[float | None, int | None, float | None]:
    """Mean AUC of held-out members against all others, and the worst single category."""
    keep = np.ones(len(others.family), np.bool_)
    if families is not None:
        keep &= ~np.isin(others.family, families)
    from catalog.signs import counted  # numba takes a second to import

    counts = counted.agreeing(others.words, outcome.prototypes, len(others.family))
    first = keep & others.first
    every = _against(outcome, counts[:, first], np.zeros(int(first.sum()), np.int64))
    rivals = np.bincount(others.category[keep]) >= FEWEST_RIVALS
    coherence = float(every[0]) if len(every) else None
    if not rivals.any():
        return coherence, None, None
    aucs = _against(outcome, counts[:, keep], others.category[keep])
    worst = int(np.argmin(np.where(rivals, aucs, np.inf)))
    return coherence, worst, float(aucs[worst])


def _against(outcome: Outcome, counts: NDArray[np.uint16], group: Ints) -> NDArray[np.float64]:
    """AUC of held-out members against each group of items, mean over splits: float64[groups].

    `counts` is the agreeing dimensions of the items, [splits, items]; `group` their group number.
    """
    from catalog.signs import counted  # numba takes a second to import

    return counted.group_aucs(
        np.ascontiguousarray(counts),
        np.ascontiguousarray(group),
        int(group.max(initial=-1)) + 1,
        outcome.member_counts,
        ~outcome.anchors,
        outcome.histogram.shape[1],
    )


def agreement_of(
    columns: Packed, items: int, dimensions: NDArray[np.integer], signs: NDArray[np.integer]
) -> NDArray[np.float32]:
    """Share of a prototype's dimensions whose sign matches, for each item: float32[items].

    `columns` is signs by dimension. 0 everywhere where the prototype has no dimensions.
    """
    if not len(dimensions):
        return np.zeros(items, np.float32)
    one = Prototypes(
        np.asarray(dimensions, np.int64)[None],
        np.asarray(signs, np.int8)[None],
        np.zeros(1, np.bool_),
    )
    share: NDArray[np.float32] = agreeing(columns, one, items)[0] / np.float32(len(dimensions))
    return share
