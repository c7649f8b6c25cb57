"""From a catalog to an ablation: the feature, held-out members that show it, its background."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import lexicon, measure, splits
from catalog.sites import Site
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

MOST_BACKGROUND = 200
"""Items of the background that are run."""
AGREEING = 50
"""Items that show a discovered feature: those of other families that agree most."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Target:
    """A feature at a site, and the items that its agreement is read on."""

    site: Site
    dimensions: Ints
    signs: Ints
    cut: NDArray[np.float32]
    """Threshold of each of the dimensions."""
    members: Ints
    """Held-out members of the feature."""
    background: Ints
    """Items of its background."""


def target(
    catalog: Catalog, kind: str, name: str, site: str, threshold: str, seed: int = 0
) -> Target:
    """A stored feature as an ablation's target; NotInCatalog where there is none.

    `kind` is category or discovered; `seed` draws the items of the background.
    """
    dimensions, signs = _feature(catalog, kind, name, site, threshold)
    generator = np.random.default_rng(seed)
    if kind == "category":
        one = splits.of(catalog, name)
        shown, others = one.held_out, one.pool.negatives
    else:
        shown, others = _agreeing(catalog, site, threshold, dimensions, signs)
    count = min(MOST_BACKGROUND, len(others))
    background = generator.choice(others, count, replace=False)
    cut = catalog.cuts(site, threshold)[dimensions]
    return Target(Site.parse(site), dimensions, signs, cut, shown, background)


def _feature(
    catalog: Catalog, kind: str, name: str, site: str, threshold: str
) -> tuple[Ints, Ints]:
    """Dimensions and expected signs of a stored feature."""
    query = feature_queries.prototype(name, site, threshold, catalog.primary.background)
    here = True
    if kind == "discovered":  # its name is that of one site and threshold
        query = feature_queries.discovered_prototype(name)
        here = name in set(catalog.fetch(feature_queries.discovered(site, threshold))["name"])
    frame = catalog.fetch(query)
    if frame.empty or not here:
        raise NotInCatalog(
            f"The catalog has no feature {name!r} at {site} with threshold {threshold}. List them "
            "with: dims features"
        )
    return frame["dimension"].to_numpy(np.int64), frame["sign"].to_numpy(np.int64)


def _agreeing(
    catalog: Catalog, site: str, threshold: str, dimensions: Ints, expected: Ints
) -> tuple[Ints, Ints]:
    """For a discovered feature, whose own test items are not kept: what agrees most, and others."""
    signs = catalog.signs(site, threshold)
    agreement = measure.agreement_of(signs.by_dimension, signs.items, dimensions, expected)
    every = lexicon.pools_of(catalog).items("all")
    order = every[np.argsort(-agreement[every], kind="stable")]
    return order[:AGREEING], order[AGREEING:]
