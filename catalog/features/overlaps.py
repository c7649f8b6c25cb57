"""Which features of a site share dimensions, with the same or the opposite sign."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog


def of(catalog: Catalog, category: str, site: str, threshold: str, background: str) -> pd.DataFrame:
    """Every other category's feature beside this one's; the columns of `beside`.

    NotInCatalog where the catalog does not hold the feature.
    """
    prototypes = catalog.fetch(feature_queries.prototypes(site, threshold, background))
    mine = prototypes[prototypes["category"] == category]
    if mine.empty:
        raise NotInCatalog(f"The catalog has no feature {category!r} at {site}.")
    row = catalog.one(queries.site(site), f"The catalog has no site {site}.")
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
    names, row = np.unique(prototypes["category"].to_numpy(str), return_inverse=True)
    signed = np.zeros((len(names), dims), np.int8)  # [categories, dims]: +1, -1, 0 = not in it
    signed[row, prototypes["dimension"].to_numpy()] = prototypes["sign"].to_numpy()
    mine = np.zeros(dims, np.int8)
    mine[dimensions] = signs
    agreeing = signed * mine
    sizes = np.count_nonzero(signed, axis=1)
    expected = sizes * len(dimensions) / dims
    same, opposite = (agreeing > 0).sum(axis=1), (agreeing < 0).sum(axis=1)
    frame = pd.DataFrame(
        {
            "category": names.astype(object),
            "dimensions": sizes,
            "same": same,
            "opposite": opposite,
            "expected": expected,
            "excess": np.divide(
                same + opposite, expected, out=np.full(len(names), np.nan), where=expected > 0
            ),
        }
    )
    order = (frame["opposite"] - frame["same"]).sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)
