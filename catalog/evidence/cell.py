"""The primary cell of a catalog, and the seeded sample of it that the model is run on again."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.features import discovery, lexicon, splits
from catalog.features.categories import SMALL
from catalog.features.pools import Pools
from catalog.features.scoring import Contest, Outcome, run
from catalog.features.splits import Splits
from catalog.modalities.backgrounds import OWN, Background
from catalog.signs.prototypes import SPLITS, TAU, halves
from catalog.signs.site_signs import SiteSigns
from catalog.sites import Site
from catalog.store.catalog import Catalog

SAMPLE = 20_000
"""Items that the model is run on again."""
LARGE, OF_LARGE = 50_000_000, 12_000
"""Of a model of more parameters than LARGE on a CPU, only so many."""
FEWEST = 8
"""Categories below which nothing is said of categories in general."""

Ints = NDArray[np.int64]
Ranks = list[NDArray[np.float64]]
"""Per category, the mean rank of each member among the negatives while it was held out."""


@dataclass(frozen=True)
class Cell:
    """The build's reading, and the primary site, threshold and background."""

    catalog: Catalog
    build: dict[str, Any]
    site: Site
    threshold: str
    level: NDArray[np.float32]
    """The threshold's value for each dimension: float32[dims]."""
    signs: SiteSigns
    medians: SiteSigns
    """Signs that correlations are read from: about medians where the catalog has them."""
    kinds: dict[str, str]
    """Kind of every measured category: word, piece, class, superclass ..."""
    ground: Pools
    categories: list[Splits]
    """Those of at least 40 families."""
    background: Background

    @classmethod
    def read(cls, catalog: Catalog) -> "Cell":
        """The primary cell of a catalog, with its measured categories. Raises a CatalogError."""
        site, threshold, background = catalog.primary
        listed = catalog.categories
        every = [splits.of(catalog, name) for name in splits.measured(catalog)]
        return cls(
            catalog,
            dict(catalog.build),
            Site.parse(site),
            threshold,
            catalog.cuts(site, threshold),
            replace(catalog.signs(site, threshold), tau=TAU),  # the paper's level
            discovery.medians(catalog, site, threshold),
            dict(zip(listed["category"], listed["kind"], strict=True)),
            lexicon.pools_of(catalog),
            [one for one in every if len(one.members) >= SMALL],
            background,
        )

    @property
    def name(self) -> str:
        """The cell in words."""
        return self.named(f"background {self.background}")

    def named(self, where: str) -> str:
        """The cell in words, for what is measured `where` instead of against its background."""
        return f"{self.site}, threshold {self.threshold}, {where}, reading {self.build['reading']}"

    @property
    def heavy(self) -> bool:
        """Whether a pass of the model takes so long that less is run: LARGE, and on a CPU."""
        return int(self.build["parameters"]) > LARGE and str(self.build["device"]) == "cpu"

    @property
    def representatives(self) -> Ints:
        """One item per family."""
        return self.ground.items("all")

    @property
    def too_few(self) -> str | None:
        """Why nothing can be said of categories here; None where there are enough."""
        found = len(self.categories)
        if found >= FEWEST:
            return None
        return f"Only {found} categories have 40 families of items here; {FEWEST} are needed."

    def few_of(self, sample: "Sample") -> str:
        """Why too few categories are in the sample."""
        found = len(sample.categories)
        return self.too_few or f"The pools of only {found} categories fit the sample."


@dataclass(frozen=True)
class Sample:
    """At most SAMPLE items, with the categories whose whole pools are among them."""

    items: Ints
    """Ascending."""
    categories: list[Splits]
    """Their pools hold rows of `items`, not items."""
    labels: NDArray[np.bool_]
    """Which of these categories each item is in: bool[items, categories]."""

    @classmethod
    def of(cls, cell: Cell, most: int | None = None, seed: int = 0) -> "Sample":
        """At most `most` items (SAMPLE, of a heavy model OF_LARGE).

        Categories in random order while their pools fit, then random items up to `most`.

        Where pools are the whole catalog and it is larger, random items, and pools cut to them.
        """
        generator = np.random.default_rng(seed)
        if most is None:
            most = OF_LARGE if cell.heavy else SAMPLE
        if cell.background not in OWN and len(cell.representatives) > most:
            items = np.sort(generator.choice(cell.representatives, most, replace=False))
            return cls._made(items, [cut(one, items) for one in cell.categories])
        chosen = np.zeros(len(cell.ground.family), np.bool_)
        kept: list[Splits] = []
        for place in generator.permutation(len(cell.categories)):
            one = cell.categories[place]
            wider = chosen.copy()
            wider[one.pool.members] = wider[one.pool.negatives] = True
            if wider.sum() <= most:
                chosen, kept = wider, [*kept, one]
        others = cell.representatives[~chosen[cell.representatives]]
        room = min(most - int(chosen.sum()), len(others))
        chosen[generator.choice(others, room, replace=False)] = True
        kept.sort(key=lambda one: one.place)
        return cls._made(np.flatnonzero(chosen), kept)

    @classmethod
    def _made(cls, items: Ints, categories: Sequence[Splits]) -> "Sample":
        kept = [one for one in categories if len(one.pool.members) >= SMALL]
        labels = (
            np.stack([np.isin(items, one.pool.members) for one in kept], axis=1)
            if kept
            else (np.zeros((len(items), 0), np.bool_))
        )
        return cls(items, [moved(one, items) for one in kept], labels)


def cut(one: Splits, items: Ints) -> Splits:
    """The category as far as it is among `items`, split anew."""
    members, negatives = (np.intersect1d(p, items) for p in (one.pool.members, one.pool.negatives))
    pool = replace(one.pool, members=members, negatives=negatives)
    generator = copy.deepcopy(one.generator)
    anchors = (
        halves(len(members), SPLITS, generator) if len(members) >= SMALL else one.anchors[:, :0]
    )
    return replace(one, pool=pool, anchors=anchors)


def moved(one: Splits, items: Ints) -> Splits:
    """The category with its pool's items as places among `items`."""
    pool = replace(
        one.pool,
        members=np.searchsorted(items, one.pool.members),
        negatives=np.searchsorted(items, one.pool.negatives),
        left_out=one.pool.left_out[:0],
    )
    return replace(one, pool=pool)


def outcomes(site: SiteSigns, categories: Sequence[Splits]) -> list[Outcome]:
    """Every category's contest at a site, over its own splits."""
    return [run(Contest.of(site, one.pool), one.anchors) for one in categories]


def held_out_ranks(found: Sequence[Outcome]) -> Ranks:
    """Per category: mean rank of each member over the splits in which it is held out."""
    ranks = [one.held_out_ranks for one in found]
    return [one[~np.isnan(one)] for one in ranks]
