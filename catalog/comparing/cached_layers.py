"""Layers of one catalog, computed once and then read: its sites, and categories on their way."""

from pathlib import Path

import numpy as np
import pandas as pd

from catalog.comparing import layers, sides
from catalog.errors import NotInCatalog
from catalog.features import splits
from catalog.progress import Report, silent
from catalog.store import cache, feature_queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog


def stored_similarity(catalog: Catalog, threshold: str) -> Result | None:
    """Similarity of the sites of a catalog, where it was computed."""
    return cache.load(_path(catalog, threshold))


def _path(catalog: Catalog, threshold: str) -> Path:
    content = str(catalog.build["content_hash"])
    return cache.path_of("layers", [content], {"threshold": threshold})


def similarity(catalog: Catalog, threshold: str, report: Report = silent) -> Result:
    """Every site of a catalog against every other: see `layers.similarity`."""
    found = stored_similarity(catalog, threshold)
    if found is not None:
        return found
    own = sides.shared(catalog, catalog).a
    generator = np.random.default_rng(0)
    size = min(layers.SAMPLE, len(own))
    chosen = np.sort(generator.choice(own, size, replace=False))
    signs = {
        site: sides.bits(sides.side(catalog, site, threshold), chosen)
        for site in catalog.site_names
    }
    frame = layers.similarity(signs, report)
    result = Result({"families": size, "sites": len(signs)}, {"similarity": frame})
    return cache.save(_path(catalog, threshold), result)


def first_readable(catalog: Catalog, threshold: str) -> tuple[pd.DataFrame, str]:
    """First readable layer of every category, and against which background: see `layers`.

    The hardest background whose nulls were drawn at every residual site, the primary one first;
    an empty frame and no background where nothing was measured.
    """
    sites = catalog.residual_sites
    first = catalog.primary.background
    others = [one for one in reversed(catalog.backgrounds) if one != first]
    for background in (first, *others):
        known = catalog.fetch(feature_queries.features(threshold, background))
        known = known[known["site"].isin(sites) & ~known["small"].astype(bool)]
        if len(known) and known["p"].notna().all():
            return layers.first_readable(known, sites), background
    return pd.DataFrame(columns=["category", "site", "auc", "auc_low", "auc_high", "q"]), ""


def track(catalog: Catalog, category: str, threshold: str) -> pd.DataFrame:
    """A category through the residual sites: AUC, null, dimensions, and what is kept on the way.

    In the catalog's primary background. Columns: site, layer, auc, auc_low, auc_high,
    null_p95, gain, and those of `layers.carried`. NotInCatalog where the category was not measured.
    """
    if category not in splits.measured(catalog):
        raise NotInCatalog(
            f"The catalog has no feature {category!r}. List them with: "
            f"dims features {catalog.slug} --stored"
        )
    asked = category, threshold, catalog.primary.background
    known = catalog.fetch(feature_queries.across(*asked))
    wanted = ["site", "layer", "auc", "auc_low", "auc_high", "null_p95", "gain"]
    known = known[known["kind"] == "resid"][wanted]
    registered = catalog.fetch(feature_queries.prototype_everywhere(*asked))
    sites = catalog.residual_sites
    dims = int(catalog.sites.set_index("site").at[sites[0], "dims"]) if sites else 0
    return known.merge(layers.carried(registered, sites, dims), on="site", how="left")
