"""Concept builder: a live feature from any words, with optional counter-examples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog, SettingRefused, listed
from catalog.features import held_out
from catalog.features.categories import Match
from catalog.features.held_out import FOLDS
from catalog.features.measure import FEWEST_VERDICT, agreement_of
from catalog.features.nulls import Ground, Null
from catalog.features.pools import Pool
from catalog.features.scoring import Contest
from catalog.signs.prototypes import Ints, contrast, register
from catalog.signs.significance import benjamini_hochberg, hypergeometric_p
from catalog.signs.site_signs import SiteSigns

SAMPLE = 2000
"""Negatives that the interval is made from."""


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
    """95 % interval of `auc` over words: see `held_out.measure`."""
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
        both = listed(w for w, s in zip(words.words, shared, strict=True) if s)
        raise SettingRefused(f"In both lists: {both}. Leave each word in one of the two lists.")


def build(
    site: SiteSigns,
    pool: Pool,
    background_positives: Ints | None,
    generator: np.random.Generator,
    counter: Ints | None = None,
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
    prototype = register(*held_out.contrasts(contest, everybody, against), site.tau)
    dimensions, signs = prototype.of(0)
    plain = contrast(own, members, contest.positives, contest.pool)
    p = hypergeometric_p(own, members, contest.positives, contest.pool)
    sample = contest.sampled(site, pool, SAMPLE)
    told = held_out.measure(contest, sample, against, generator)
    return Concept(
        dimensions=dimensions,
        signs=signs,
        fallback=bool(prototype.fallback[0]),
        sign_auc=0.5 + plain / (2 * members * contest.pool),
        p=p,
        q=benjamini_hochberg(p),
        agreement=agreement_of(site.by_dimension, site.items, dimensions, signs),
        auc=told.auc if told else None,
        low=told.low if told else None,
        high=told.high if told else None,
        auc_counter=None
        if against is None
        else held_out.against_counter(contest, against, generator),
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


def null(site: SiteSigns, ground: Ground, members: int, seed: int) -> Null:
    """Null of a concept's held-out AUC: random sets of its size, by the same folds.

    The size is rounded down to whole folds of equal size: a smaller set has a wider null.
    SettingRefused for a single word.
    """
    if members < 2:
        raise SettingRefused("One word cannot be held out. Give at least two words for a null.")
    size = members if members <= FOLDS else members // FOLDS * FOLDS
    return Null(site, ground, size, seed, splitter=held_out.folds)
