"""Which features of a site share dimensions, with the same or the opposite sign."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import overlap
from catalog.store import feature_queries, queries, reading


def of(path: Path, category: str, site: str, threshold: str, background: str) -> pd.DataFrame:
    """Every other category's feature beside this one's; the columns of `beside`.

    NotInCatalog where the catalog does not hold the feature.
    """
    prototypes = reading.fetch(path, feature_queries.prototypes(site, threshold, background))
    mine = prototypes[prototypes["category"] == category]
    if mine.empty:
        raise NotInCatalog(f"The catalog has no feature {category!r} at {site}.")
    row = reading.one(path, queries.site(site), f"The catalog has no site {site}.")
    others = prototypes[prototypes["category"] != category]
    return beside(mine["dimension"].to_numpy(), mine["sign"].to_numpy(), others, int(row["dims"]))


def beside(
    dimensions: NDArray[np.integer],
    signs: NDArray[np.integer],
    prototypes: pd.DataFrame,
    dims: int,
) -> pd.DataFrame:
    """A prototype beside others of the same site.

    `prototypes` has the columns category, dimension, sign. Gives category, dimensions, same,
    opposite, expected (shared by chance, whatever the sign: the product of the sizes over `dims`)
    and excess (shared over expected), most alike first: by same minus opposite.
    """
    rows = []
    for name, other in prototypes.groupby("category"):
        found = overlap(
            (dimensions, signs), (other["dimension"].to_numpy(), other["sign"].to_numpy()), dims
        )
        shared = found.same + found.opposite
        excess = shared / found.expected if found.expected else np.nan
        rows.append((name, len(other), found.same, found.opposite, found.expected, excess))
    columns = ["category", "dimensions", "same", "opposite", "expected", "excess"]
    frame = pd.DataFrame(rows, columns=columns)
    order = (frame["opposite"] - frame["same"]).sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)
