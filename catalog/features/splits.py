"""Who is held out: the pool and the splits of a category, decided here and nowhere else.

Every figure of a category (the findings, its curves, its flips, its ablation, its evidence) starts
from the same seed, pool and anchors.
"""

import copy
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import lexicon
from catalog.features.pools import Pool, Pools
from catalog.modalities.backgrounds import BACKGROUNDS, Background
from catalog.signs.prototypes import SPLITS, Ints, halves
from catalog.store import feature_queries
from catalog.store.catalog import Catalog


@dataclass(frozen=True)
class Splits:
    """One category with its pool and its splits; the stored prototype is that of split 0."""

    name: str
    place: int
    """Its number among the measured categories; seeds are made from it."""
    pool: Pool
    anchors: NDArray[np.bool_]
    """Which members register the feature; the others are held out: bool[SPLITS, members]."""
    generator: np.random.Generator
    """As it stood before the splits were drawn; copy it before use."""

    @property
    def members(self) -> Ints:
        """One item per family, in the order of the category's list."""
        return self.pool.members

    def first(self, splits: int) -> "Splits":
        """The same with its first splits alone."""
        return replace(self, anchors=self.anchors[:splits])

    @property
    def held_out(self) -> Ints:
        """Members that did not make the stored feature."""
        held: Ints = self.members[~self.anchors[0]]
        return held


def drawn(ground: Pools, name: str, place: int, members: Ints, background: Background) -> Splits:
    """Draw the pool, then the splits, from the one seed of a category and background."""
    generator = np.random.default_rng([place, BACKGROUNDS.index(background)])
    pool = ground.pool(background, members, generator)
    before = copy.deepcopy(generator)
    return Splits(name, place, pool, halves(len(members), SPLITS, generator), before)


def of(catalog: Catalog, category: str, background: Background | None = None) -> Splits:
    """A measured category's splits; by default in the catalog's primary background.

    NotInCatalog where the category was not measured.
    """
    against = background or catalog.primary.background
    return catalog.remembered(
        ("splits", category, against), lambda: _of(catalog, category, against)
    )


def _of(catalog: Catalog, category: str, background: Background) -> Splits:
    names = measured(catalog)
    if category not in names:
        raise NotInCatalog(
            f"The catalog has no feature {category!r}. List them with: "
            f"dims features {catalog.slug} --stored"
        )
    rows = catalog.fetch(feature_queries.members_in_order(category))
    members = rows["item"].to_numpy(np.int64)
    ground = lexicon.pools_of(catalog)
    return drawn(ground, category, names.index(category), members, background)


def measured(catalog: Catalog) -> list[str]:
    """Measured categories in the order of their files, which is the order of their numbers."""
    listed = catalog.categories
    names = listed[listed["status"] != "skipped"]["category"]
    return sorted(names, key=lambda name: f"{name}.txt")
