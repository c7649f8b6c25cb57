"""From a catalog to an ablation: the feature, held-out members that show it, its background."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import curves, findings, from_words, measure
from catalog.features.measure import SPLITS
from catalog.features.pools import BACKGROUNDS
from catalog.signs.prototypes import halves
from catalog.store import feature_queries, queries, reading

BACKGROUND = findings.PRIMARY_BACKGROUND
MOST_BACKGROUND = 200
"""Items of the background that are run."""
AGREEING = 50
"""Items that show a discovered feature: those of other families that agree most."""
Ints = NDArray[np.int64]


def feature(path: Path, kind: str, name: str, site: str, threshold: str) -> tuple[Ints, Ints]:
    """Dimensions and expected signs of a stored feature; NotInCatalog where there is none."""
    query = feature_queries.prototype(name, site, threshold, BACKGROUND)
    if kind == "discovered":
        query = feature_queries.discovered_prototype(name)
    frame = reading.fetch(path, query)
    if frame.empty:
        raise NotInCatalog(
            f"The catalog has no feature {name!r} at {site} with threshold {threshold}. List them "
            "with: dims features"
        )
    return frame["dimension"].to_numpy(np.int64), frame["sign"].to_numpy(np.int64)


def items(
    path: Path, kind: str, name: str, site: str, threshold: str, seed: int = 0
) -> tuple[Ints, Ints]:
    """Items that should show the feature, and items of its background.

    A category: the members that did not make the stored feature (held out in split 0, found by
    the findings stage's own draws) and its matched background. A discovered feature: the items
    that agree with it most (its own test items are not kept) and random others.
    """
    generator = np.random.default_rng(seed)
    ground = findings.pools_of(path)
    if kind == "category":
        members, place = curves.members_of(path, name)
        draw = np.random.default_rng([place, BACKGROUNDS.index(BACKGROUND)])
        pool = ground.pool(BACKGROUND, members, draw)
        anchors = halves(len(members), SPLITS, draw)[0]
        shown, others = members[~anchors], pool.negatives
    else:
        signs = from_words.site_signs(path, site, threshold)
        found = feature(path, kind, name, site, threshold)
        agreement = measure.agreement_of(signs.by_dimension, signs.items, *found)
        every = ground.items("all")
        order = every[np.argsort(-agreement[every], kind="stable")]
        shown, others = order[:AGREEING], order[AGREEING:]
    count = min(MOST_BACKGROUND, len(others))
    return shown, generator.choice(others, count, replace=False)


def cuts(path: Path, site: str, threshold: str) -> NDArray[np.float32]:
    """The threshold's value for every dimension of a site: float32[dims]."""
    values = reading.fetch(path, queries.threshold_values(site, threshold))["value"]
    return np.asarray(values.to_numpy(np.float32))
