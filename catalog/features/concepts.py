"""Concept builder: a live feature from any words, with optional counter-examples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog, SettingRefused
from catalog.features.categories import Match
from catalog.features.measure import FEWEST_VERDICT, agreement_of
from catalog.features.nulls import Ground, Null
from catalog.features.pools import Pool
from catalog.features.scoring import Contest, Outcome, positive_anchors, score
from catalog.signs.proportions import wilson
from catalog.signs.prototypes import (
    TAU,
    Contrasts,
    Ints,
    agreeing_members,
    contrast,
    histograms,
    ranks,
    register,
)
from catalog.signs.significance import benjamini_hochberg, hypergeometric_p
from catalog.signs.site_signs import SiteSigns

FOLDS = 10


@dataclass(frozen=True)
class Concept:
    """A person's own feature, registered on all its words; its AUC is held out by folds."""

    dimensions: NDArray[np.int64]
    signs: NDArray[np.int8]
    fallback: bool
    sign_auc: NDArray[np.float64]
    """1/2 + (p_c - p) / 2 of every dimension: float64[dims]."""
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    """Benjamini-Hochberg over this concept's own D tests: float64[dims]."""
    agreement: NDArray[np.float32]
    """Of every item of the site with the prototype: float32[items]."""
    auc: float | None
    """Held-out AUC by folds against the background; None for a single word."""
    low: float | None
    high: float | None
    """95 % interval of `auc` over words."""
    auc_counter: float | None
    """Held-out AUC against the counter-examples; None without any."""
    members: int

    @property
    def small(self) -> bool:
        """Fewer than 20 words: no verdict."""
        return self.members < FEWEST_VERDICT


def check(words: Match, counter: Match) -> None:
    """Refuse lists that cannot make a concept.

    NotInCatalog: none of the words is a single token. SettingRefused: a family in both lists.
    """
    if not len(words.members):
        raise NotInCatalog(
            f"None of the {words.asked} words is a single token of this vocabulary. "
            "Give other words, such as common ones without spaces."
        )
    shared = np.isin(words.members, counter.members)
    if shared.any():
        both = ", ".join(w for w, s in zip(words.words, shared, strict=True) if s)
        raise SettingRefused(
            f"In both lists: {both[:200]}. Leave each word in one of the two lists."
        )


def build(
    site: SiteSigns,
    pool: Pool,
    background_positives: Ints | None,
    generator: np.random.Generator,
    counter: Ints | None = None,
    tau: float = TAU,
) -> Concept:
    """Make a concept from the members of a pool.

    `counter` are items it must not fire on. Choice where the method is silent: a dimension then
    counts by the weaker of its two contrasts, with the pool and with the counter-examples, and not
    at all where they disagree in sign; p and q stay against the pool. FOLDS folds of families, one
    word each where there are fewer words.
    """
    contest = Contest.of(site, pool, background_positives)
    against = site.bits(counter) if counter is not None and len(counter) else None
    members = len(contest.members)
    own = contest.members.sum(axis=0, dtype=np.int64)
    everybody = np.ones((1, members), np.bool_)
    contrasts, unit = _contrasts(contest, everybody, against)
    prototype = register(contrasts, unit, tau)
    dimensions, signs = prototype.of(0)
    plain = contrast(own, members, contest.positives, contest.pool)
    p = hypergeometric_p(own, members, contest.positives, contest.pool)
    auc, low, high = _held_out(contest, against, generator, tau)
    return Concept(
        dimensions=dimensions,
        signs=signs,
        fallback=bool(prototype.fallback[0]),
        sign_auc=0.5 + plain / (2 * members * contest.pool),
        p=p,
        q=benjamini_hochberg(p),
        agreement=agreement_of(site.by_dimension, site.items, dimensions, signs),
        auc=auc,
        low=low,
        high=high,
        auc_counter=None if against is None else _against(contest, against, generator, tau),
        members=members,
    )


def wider(concept: Concept, site: SiteSigns) -> NDArray[np.float32]:
    """Agreement of every item with the strongest dimensions, registered or not: float32[items].

    min(STRONGEST, dims / 4) of them, all ties of the last. A short prototype leaves hundreds of
    items in agreement with all of it; this orders them for show, and enters no figure.
    """
    contrasts = np.rint((concept.sign_auc - 0.5) * 2**40).astype(np.int64)
    dimensions, signs = register(contrasts[None], 2**62, 1.0).of(0)
    return agreement_of(site.by_dimension, site.items, dimensions, signs)


def folds(members: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Anchors of each fold: bool[folds, members]; every member is held out exactly once."""
    count = min(FOLDS, members)
    place = generator.permutation(members) % count
    kept: NDArray[np.bool_] = place != np.arange(count)[:, None]
    return kept


def null(site: SiteSigns, ground: Ground, members: int, seed: int) -> Null:
    """Null of a concept's held-out AUC: random sets of its size, by the same folds.

    The size is rounded down to whole folds of equal size: a smaller set has a wider null.
    SettingRefused for a single word.
    """
    if members < 2:
        raise SettingRefused("One word cannot be held out. Give at least two words for a null.")
    size = members if members <= FOLDS else members // FOLDS * FOLDS
    return Null(site, ground, size, seed, splitter=folds)


def interval(values: NDArray[np.floating]) -> tuple[float, float]:
    """95 % interval of a mean of values in 0..1, one for each held-out member.

    Student's t on the members (the negatives are many and add next to nothing); where all values
    are equal, Wilson's interval for a share, which is wider. Clipped to 0..1.
    """
    from scipy.special import stdtrit  # Student's t quantile; scipy.stats takes 1 s to import

    count, mean = len(values), float(np.mean(values))
    if count > 1 and np.ptp(values) > 0:
        half = float(stdtrit(count - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(count))
        return max(0.0, mean - half), min(1.0, mean + half)
    return wilson(count * mean, count)


def _contrasts(
    contest: Contest, anchors: NDArray[np.bool_], against: NDArray[np.uint8] | None
) -> tuple[Contrasts, int]:
    """Exact contrasts of equally many anchors in each row, and the unit they are in."""
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


def _held_out(
    contest: Contest,
    against: NDArray[np.uint8] | None,
    generator: np.random.Generator,
    tau: float,
) -> tuple[float | None, float | None, float | None]:
    """Held-out AUC by folds and its interval; Nones for a single member.

    Folds differ in size by one, so they are run in two groups of equal size.
    """
    members = len(contest.members)
    if members < 2:
        return None, None, None
    anchors = folds(members, generator)
    sizes = anchors.sum(axis=1)
    values = np.empty(members)
    for size in np.unique(sizes):
        group = anchors[sizes == size]
        contrasts, unit = _contrasts(contest, group, against)
        outcome: Outcome = score(contest, group, contrasts, unit, tau)
        split, member = np.nonzero(~group)
        values[member] = outcome.member_ranks[split, member]
    return float(values.mean()), *interval(values)


def _against(
    contest: Contest, against: NDArray[np.uint8], generator: np.random.Generator, tau: float
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
        contrasts, unit = _contrasts(contest, anchors, against[counters != fold])
        prototype = register(contrasts, unit, tau)
        mine = agreeing_members(contest.members[words == fold], prototype)[0].astype(np.int64)
        theirs = agreeing_members(against[counters == fold], prototype)
        values.append(ranks(histograms(theirs, prototype.signs.shape[1] + 1))[0][mine])
    return float(np.concatenate(values).mean())
