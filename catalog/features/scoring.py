"""One set of members against the negatives of its pool, at one site: prototypes and their AUC.

Every measurement of a feature, and every draw of its null, goes through `run`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from catalog.features.pools import Pool
from catalog.signs.bits import Packed, by_words, count_positive, mask_of
from catalog.signs.prototypes import (
    TAU,
    Contrasts,
    Ints,
    Prototypes,
    agreeing_members,
    contrast,
    ranks,
    register,
)
from catalog.signs.site_signs import SiteSigns
from catalog.signs.standing import Standing

if TYPE_CHECKING:
    from catalog.signs.compiled import Scored


@dataclass(frozen=True)
class Contest:
    """Members and negatives of a pool at one site."""

    members: NDArray[np.uint8]
    """Signs of the members as 0 and 1: uint8[members, dims]."""
    positives: Ints
    """Positive items of each dimension over the whole pool, members included: int64[dims]."""
    pool: int
    """Items in the pool."""
    columns: Packed
    """Signs by dimension of the items that are scored."""
    scored: int
    """How many items `columns` holds."""
    negatives: Ints | None
    """Places of the negatives among the scored items; None where they are all negatives."""
    parts: "tuple[tuple[Contest, Contest], ...]" = ()
    """Of tokens in context, for each split: the positions that a feature is registered on, and
    those that it is tried on. The fields above are then of the items that represent families.
    """
    tau: float = TAU
    """Registration level."""

    @property
    def count(self) -> int:
        """Number of negatives."""
        return self.scored if self.negatives is None else len(self.negatives)

    @cached_property
    def against(self) -> "Scored":
        """The negatives, as compiled code takes them."""
        from catalog.signs.compiled import Scored  # numba takes a second to import

        chosen = self.scored if self.negatives is None else self.negatives
        words = by_words(self.columns)
        return Scored(words, mask_of(chosen, words.shape[1]))

    @property
    def first(self) -> "Contest":
        """What the feature of split 0 is registered on."""
        return self.parts[0][0] if self.parts else self

    @classmethod
    def of(cls, site: SiteSigns, pool: Pool, background_positives: Ints | None = None) -> "Contest":
        """Read a pool's signs.

        `background_positives` is int64[dims], counted over the whole background (`all`, `words`),
        so that 150,000 items are not counted again for each category; without it the negatives'
        signs are copied and counted, as suits `matched`.
        """
        made = cls._plain(site, pool, background_positives)
        if site.standing is None:
            return made
        shared = background_positives is not None
        placed = _placed(pool, site.standing)
        return replace(made, parts=tuple(_sides(pair, placed, shared) for pair in site.sides))

    @classmethod
    def _plain(cls, site: SiteSigns, pool: Pool, background_positives: Ints | None) -> "Contest":
        members = site.bits(pool.members)
        own = members.sum(axis=0, dtype=np.int64)
        if background_positives is None:
            columns = site.columns(pool.negatives)
            total = count_positive(columns) + own
            count = len(pool.negatives)
            return cls(members, total, pool.size, columns, count, None, tau=site.tau)
        total = background_positives - site.positives(pool.left_out) + own
        columns = site.column_words.view(np.uint8)
        negatives = pool.negatives
        return cls(members, total, pool.size, columns, site.items, negatives, tau=site.tau)

    def sampled(self, site: SiteSigns, pool: Pool, most: int) -> "Contest":
        """The same contest with at most `most` of its negatives scored, drawn by their number."""
        count = len(pool.negatives)
        if count > most:
            chosen = np.random.default_rng([count, most]).choice(count, most, replace=False)
            items = pool.negatives[np.sort(chosen)]
            columns = site.columns(items)
            return replace(self, columns=columns, scored=most, negatives=None)
        return self


def _placed(pool: Pool, standing: Standing) -> Pool:
    """A pool whose items are columns of `standing`."""
    return replace(
        pool,
        members=standing.places(pool.members),
        negatives=standing.places(pool.negatives),
        left_out=standing.places(pool.left_out),
    )


def _sides(pair: tuple[SiteSigns, SiteSigns], pool: Pool, shared: bool) -> tuple[Contest, Contest]:
    """The contest of a split on both of its sides; `shared`: the background is counted once."""
    learnt, scored = pair
    if not shared:
        return Contest.of(learnt, pool), Contest.of(scored, pool)
    every = np.concatenate([pool.negatives, pool.left_out])
    if pool.background not in learnt.counted:
        learnt.counted[pool.background] = learnt.positives(every)
        scored.counted[pool.background] = scored.positives(every)
    name = pool.background
    return (
        Contest.of(learnt, pool, learnt.counted[name]),
        Contest.of(scored, pool, scored.counted[name]),
    )


@dataclass(frozen=True)
class Outcome:
    """What each split of a contest gave."""

    anchors: NDArray[np.bool_]
    """bool[splits, members]; the others are held out."""
    contrasts: Contrasts
    """Share positive of the anchors minus the pool's, in units of 1 / `unit`: [splits, dims]."""
    unit: int
    prototypes: Prototypes
    member_counts: NDArray[np.uint16]
    """Agreeing dimensions of every member: uint16[splits, members]."""
    histogram: Ints
    """Negatives with each number of agreeing dimensions: int64[splits, longest + 1]."""

    @property
    def member_ranks(self) -> NDArray[np.float64]:
        """Share of the negatives that agree less than each member, ties half: [splits, members]."""
        return np.take_along_axis(ranks(self.histogram), self.member_counts.astype(np.int64), 1)

    @property
    def held_out_ranks(self) -> NDArray[np.float64]:
        """Mean rank of each member over the splits that hold it out; NaN for none: [members]."""
        held_out = ~self.anchors
        times = held_out.sum(axis=0)
        total = (self.member_ranks * held_out).sum(axis=0)
        return np.where(times > 0, total / np.maximum(times, 1), np.nan)

    @property
    def aucs(self) -> NDArray[np.float64]:
        """Prototype AUC of each split: held-out members against negatives: float64[splits]."""
        held_out = ~self.anchors
        total: NDArray[np.float64] = (self.member_ranks * held_out).sum(axis=1)
        return np.asarray(total / np.maximum(1, held_out.sum(axis=1)))

    def sign_auc(self, split: int) -> NDArray[np.float64]:
        """Sign AUC of each dimension on a split's anchors: 1/2 + (p_c - p) / 2, float64[dims]."""
        auc: NDArray[np.float64] = 0.5 + self.contrasts[split] / (2 * self.unit)
        return auc


def positive_anchors(anchors: NDArray[np.bool_], members: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """Positive anchors of each split and dimension: uint16[splits, dims]."""
    from catalog.signs import counted  # numba takes a second to import

    return counted.positives(members, anchors)


def run(contest: Contest, anchors: NDArray[np.bool_]) -> Outcome:
    """Register on the anchors of each split and score everybody: bool[splits, members].

    All splits must have equally many anchors (k folds of unequal size: `run_folds`). Of tokens in
    context a split's anchors are registered on one half of the documents, and its held-out members
    tried on the other.
    """
    if contest.parts:
        return _joined([_run_part(contest, split, row) for split, row in enumerate(anchors)])
    count = int(anchors[0].sum())
    counts = positive_anchors(anchors, contest.members)
    contrasts = contrast(counts, count, contest.positives, contest.pool)
    return score(contest, anchors, contrasts, count * contest.pool)


def _run_part(contest: Contest, split: int, row: NDArray[np.bool_]) -> Outcome:
    """One split, on its two sides."""
    learnt, scored = contest.parts[split % len(contest.parts)]
    count = int(row.sum())
    counts = positive_anchors(row[None], learnt.members)
    contrasts = contrast(counts, count, learnt.positives, learnt.pool)
    return score(scored, row[None], contrasts, count * learnt.pool)


def _joined(parts: Sequence[Outcome]) -> Outcome:
    """Outcomes of one split each as one."""
    longest = max(one.prototypes.signs.shape[1] for one in parts)

    def wide(array: NDArray[Any], width: int) -> NDArray[Any]:
        return np.pad(array, ((0, 0), (0, width - array.shape[1])))

    prototypes = Prototypes(
        np.concatenate([wide(one.prototypes.dimensions, longest) for one in parts]),
        np.concatenate([wide(one.prototypes.signs, longest) for one in parts]),
        np.concatenate([one.prototypes.fallback for one in parts]),
    )
    return Outcome(
        np.concatenate([one.anchors for one in parts]),
        np.concatenate([one.contrasts for one in parts]),
        parts[0].unit,
        prototypes,
        np.concatenate([one.member_counts for one in parts]),
        np.concatenate([wide(one.histogram, longest + 1) for one in parts]),
    )


def score(contest: Contest, anchors: NDArray[np.bool_], contrasts: Contrasts, unit: int) -> Outcome:
    """The second half of `run`, from contrasts made elsewhere."""
    prototypes = register(contrasts, unit, contest.tau)
    member_counts = agreeing_members(contest.members, prototypes)
    histogram = _histogram(contest, prototypes)
    return Outcome(anchors, contrasts, unit, prototypes, member_counts, histogram)


def _histogram(contest: Contest, prototypes: Prototypes) -> Ints:
    """Negatives with each number of agreeing dimensions: int64[splits, longest + 1]."""
    from catalog.signs import counted  # numba takes a second to import

    return counted.histograms(contest.against, prototypes, prototypes.signs.shape[1] + 1)
