"""The items at the ends of a dimension, and nearest its threshold."""

from typing import Literal

import pandas as pd

from catalog.store import queries
from catalog.store.catalog import Catalog

Pole = Literal["positive", "negative", "near"]
NAMES: tuple[Pole, ...] = ("positive", "negative", "near")


def poles(catalog: Catalog, site: str, number: int, threshold: str, cut: float) -> pd.DataFrame:
    """Items at both poles, then near one threshold, whose value is `cut`; each by rank.

    Columns: pole (positive, negative or near), rank, value (the state, in the model's own units),
    away (the state minus the threshold), item, text, token, kind.
    """
    found = catalog.fetch(queries.poles(site, number))
    found["pole"] = found["pole"].replace(f"near {threshold}", "near")
    found = pd.concat([found[found["pole"] == name] for name in NAMES], ignore_index=True)
    found.insert(3, "away", found["value"] - cut)
    return found


def pole(rows: pd.DataFrame, name: Pole, k: int | None = None) -> pd.DataFrame:
    """The first `k` rows of one pole, all of them for None: the columns of `poles`."""
    found = rows[rows["pole"] == name].reset_index(drop=True)
    return found if k is None else found.head(k)
