"""From a catalog to an ablation: the feature, held-out members that show it, its background."""

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import lexicon, measure, splits
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

MOST_BACKGROUND = 200
"""Items of the background that are run."""
AGREEING = 50
"""Items that show a discovered feature: those of other families that agree most."""
Ints = NDArray[np.int64]


def feature(catalog: Catalog, kind: str, name: str, site: str, threshold: str) -> tuple[Ints, Ints]:
    """Dimensions and expected signs of a stored feature; NotInCatalog where there is none."""
    query = feature_queries.prototype(name, site, threshold, catalog.primary.background)
    if kind == "discovered":
        query = feature_queries.discovered_prototype(name)
    frame = catalog.fetch(query)
    if frame.empty:
        raise NotInCatalog(
            f"The catalog has no feature {name!r} at {site} with threshold {threshold}. List them "
            "with: dims features"
        )
    return frame["dimension"].to_numpy(np.int64), frame["sign"].to_numpy(np.int64)


def items(
    catalog: Catalog, kind: str, name: str, site: str, threshold: str, seed: int = 0
) -> tuple[Ints, Ints]:
    """Items that should show the feature, and items of its background.

    A category: the members that did not make the stored feature (held out in split 0)
    and its primary background. A discovered feature: the items
    that agree with it most (its own test items are not kept) and random others.
    """
    generator = np.random.default_rng(seed)
    if kind == "category":
        one = splits.of(catalog, name)
        shown, others = one.held_out, one.pool.negatives
    else:
        signs = catalog.signs(site, threshold)
        found = feature(catalog, kind, name, site, threshold)
        agreement = measure.agreement_of(signs.by_dimension, signs.items, *found)
        every = lexicon.pools_of(catalog).items("all")
        order = every[np.argsort(-agreement[every], kind="stable")]
        shown, others = order[:AGREEING], order[AGREEING:]
    count = min(MOST_BACKGROUND, len(others))
    return shown, generator.choice(others, count, replace=False)
