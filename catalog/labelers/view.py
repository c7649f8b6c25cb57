"""The blind view of a dimension: what a person's queue shows of it, as text.

The items of both poles and those nearest the threshold, and figures of the values. No category that
reads the dimension, no stability, nothing anybody said: see `dashboard/desk/shown.py`.
"""

from dataclasses import dataclass

import pandas as pd

from catalog.browse import poles
from catalog.errors import SettingRefused
from catalog.store import queries
from catalog.store.catalog import Catalog

ITEMS, NEAR = 16, 8
"""Items shown of each pole, and near the threshold."""
FIGURES = ("share_positive", "entropy_bits", "mean", "std", "mean_abs", "q50")

Items = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class View:
    """One dimension as a labeler sees it: items with their values, largest |value| first."""

    positive: Items
    negative: Items
    near: Items
    figures: dict[str, float]


def of_dimension(catalog: Catalog, site: str, number: int, threshold: str) -> View:
    """The view; NotInCatalog where there is no such dimension, SettingRefused where items are no
    text: a chat endpoint reads words.
    """
    check(catalog)
    missing = f"The catalog has no dimension {number} at {site}: choose another."
    row = catalog.one(queries.dimension(site, threshold, number), missing)
    found = poles.poles(catalog, site, number, threshold, float(row["value"]))

    def of(name: poles.Pole, most: int) -> Items:
        rows: pd.DataFrame = poles.pole(found, name).sort_values("rank").head(most)
        return tuple(
            (str(text), float(f"{value:.3g}"))
            for text, value in zip(rows["text"], rows["value"], strict=True)
        )

    figures = {name: float(f"{row[name]:.3g}") for name in FIGURES}
    return View(of("positive", ITEMS), of("negative", ITEMS), of("near", NEAR), figures)


def check(catalog: Catalog) -> None:
    """SettingRefused where a chat endpoint cannot be shown the items."""
    if catalog.modality != "text":
        raise SettingRefused(
            "Machines here read text, and the items of this catalog are pictures or sounds: "
            "label it by hand, or take dims labels baseline."
        )
