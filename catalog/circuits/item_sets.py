"""The null of writers that counts most: the real weights against prototypes of random item sets.

docs/method.md#nulls-of-writers
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from catalog.circuits.subjects import Subject
from catalog.features import lexicon, nulls, splits
from catalog.signs.prototypes import anchor_count, contrast
from catalog.signs.site_signs import SiteSigns
from catalog.store.catalog import Catalog

SEEDED = 50
"""Items that a discovered feature is made from: half of them register it."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class ItemSets:
    """What random item sets are drawn from at one site and threshold of a catalog."""

    catalog: Catalog
    site: str
    threshold: str

    @cached_property
    def signs(self) -> SiteSigns:
        """Signs of all items."""
        return self.catalog.signs(self.site, self.threshold)

    @cached_property
    def _every(self) -> tuple[Ints, Ints]:
        """One item a family, and how many of them are positive in each dimension."""
        items = lexicon.pools_of(self.catalog).items("all")
        return items, self.signs.positives(items)

    def prototypes(
        self, one: Subject, draws: int, generator: np.random.Generator
    ) -> Iterator[tuple[Ints, Ints]]:
        """Prototypes of `draws` sets of a feature's size and background; see `prototypes_of`."""
        if one.kind == "category":
            pool = splits.of(self.catalog, one.name).pool
            ground, size = nulls.Ground.of(self.signs, pool), len(pool.members)
        else:
            ground, size = nulls.Ground.shared(self.signs, *self._every, generator), SEEDED
        return prototypes_of(self.signs, ground, (draws, size), len(one.dimensions), generator)


def prototypes_of(
    signs: SiteSigns,
    ground: nulls.Ground,
    shape: tuple[int, int],
    dims: int,
    generator: np.random.Generator,
) -> Iterator[tuple[Ints, Ints]]:
    """Prototypes of random sets, `shape` (sets, size): dimensions int64[dims] and expected signs.

    As for a feature, half of a set (at most 50 items) are anchors. Choice where the method is
    silent: a null prototype has as many dimensions as the feature (the strongest; those tied for
    the last place at random), since fewer dimensions reach a high agreement by chance.
    """
    draws, size = shape
    total = len(ground.items)
    for places in ground.sets(size, draws, generator):
        count = anchor_count(len(places))
        anchors = generator.permutation(places)[:count]
        positive = signs.bits(ground.items[anchors]).sum(axis=0, dtype=np.int64)
        found = contrast(positive, count, ground.positives, total)
        order = np.lexsort((generator.random(len(found)), -np.abs(found)))[:dims]
        yield order, np.sign(found[order]).astype(np.int64)
