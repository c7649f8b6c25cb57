"""What flips read of a catalog, each once per file: categories, prototypes, thresholds, spread.

The values are shared: never change one.
"""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.flips.controls import Signed
from catalog.flips.matching import Matching
from catalog.store import feature_queries, flip_queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

Ints = NDArray[np.int64]


def lists(catalog: Catalog) -> "Mapping[str, Ints]":
    """Members of every measured category, by name."""

    def read() -> dict[str, Ints]:
        frame = catalog.fetch(feature_queries.all_members())
        groups = frame.groupby("category")
        return {str(name): rows["item"].to_numpy(np.int64) for name, rows in groups}

    return catalog.remembered(("flips", "lists"), read)


def matching(catalog: Catalog) -> Matching:
    """Frequency-matched tokens of the catalog's items."""

    def make() -> Matching:
        items = catalog.items
        kinds, texts = items["kind"].tolist(), items["text"].tolist()
        return Matching(kinds, texts, lists(catalog), catalog.families)

    return catalog.remembered(("flips", "matching"), make)


def prototypes(catalog: Catalog, site: str, threshold: str) -> "Mapping[str, Signed]":
    """The stored feature of every category at a site, by name; dimensions in order."""

    def read() -> dict[str, Signed]:
        background = catalog.primary.background
        frame = catalog.fetch(feature_queries.prototypes(site, threshold, background))
        return {str(name): signed(rows) for name, rows in frame.groupby("category")}

    return catalog.remembered(("flips", "prototypes", site, threshold), read)


def prototype(catalog: Catalog, category: str, site: str, threshold: str) -> Signed:
    """One of them, the strongest dimensions first; empty where the category has none there."""

    def read() -> Signed:
        background = catalog.primary.background
        query = feature_queries.prototype(category, site, threshold, background)
        return signed(catalog.fetch(query))

    return catalog.remembered(("flips", "prototype", category, site, threshold), read)


def cuts(catalog: Catalog, site: str, threshold: str) -> NDArray[np.float64]:
    """Threshold of every dimension of a site: float64[dims]."""
    return catalog.remembered(
        ("flips", "cuts", site, threshold),
        lambda: catalog.cuts(site, threshold).astype(np.float64),
    )


def spread(catalog: Catalog, site: str) -> pd.DataFrame:
    """Spread of every dimension of a site: dimension, std, q05, q95."""
    return catalog.remembered(
        ("flips", "spread", site), lambda: catalog.fetch(flip_queries.spread(site))
    )


def signed(rows: pd.DataFrame) -> Signed:
    """Rows with the columns dimension and sign, in their order."""
    return Signed(rows["dimension"].to_numpy(np.int64), rows["sign"].to_numpy(np.int64))
