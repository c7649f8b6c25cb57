"""The items at the ends of a dimension, and nearest its threshold."""

from typing import Literal

import pandas as pd

from catalog.store import queries
from catalog.store.catalog import Catalog

Pole = Literal["positive", "negative", "near"]


def poles(catalog: Catalog, site: str, number: int, threshold: str, cut: float) -> pd.DataFrame:
    """Items at both poles and near one threshold, whose value is `cut`; the most extreme first.

    Columns: pole (positive, negative or near), rank, value (the state, in the model's own units),
    away (the state minus the threshold), item, text, token, kind.
    """
    found = catalog.fetch(queries.poles(site, number))
    found["pole"] = found["pole"].replace(f"near {threshold}", "near")
    found = found[found["pole"].isin(["positive", "negative", "near"])].reset_index(drop=True)
    found.insert(3, "away", found["value"] - cut)
    return found


def pole(rows: pd.DataFrame, name: Pole, k: int | None = None) -> pd.DataFrame:
    """The first `k` rows of one pole, all of them for None: the columns of `poles`."""
    found = rows[rows["pole"] == name].reset_index(drop=True)
    return found if k is None else found.head(k)
