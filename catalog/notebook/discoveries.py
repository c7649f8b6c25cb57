"""Features found without categories, as a notebook gets them: all of a site, or one by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from catalog.errors import NotInCatalog
from catalog.notebook.features import Feature
from catalog.notebook.shown import Shown
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Discoveries(Shown):
    """The unsupervised features kept at a site, beside what the same search finds in noise."""

    catalog: Catalog
    site: str
    threshold: str
    search: Mapping[str, Any] = field(repr=False, compare=False)
    """The search's row of the table `discovery`, by column; see docs/schema.md."""
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Where it was searched, and the yield beside that of a Gaussian without features."""
        one = self.search
        return (
            f"{self.catalog.slug} › {self.site}, threshold {self.threshold}: {one['yield']:.1%} of "
            f"{one['seeds']:,} seeds have q < 0.05 (Gaussian {one['gaussian_yield']:.1%}), mean "
            f"AUC {one['auc']:.3f} (Gaussian {one['gaussian_auc']:.3f})"
        )

    def frame(self) -> pd.DataFrame:
        """The columns of table `discovered`, strongest first, with `seed`, the seed item's text."""
        return self.rows.copy()


@dataclass(frozen=True)
class Discovered(Feature):
    """One unsupervised feature; its name is a hash of its site and signed dimensions."""

    figures: Mapping[str, Any] = field(repr=False, compare=False)
    """Its row of the table `discovered`, by column; see docs/schema.md."""

    @property
    def title(self) -> str:
        """Where it is, its AUC, and the nearest category."""
        near, row = self.figures["category"], self.figures
        told = f"{super().title}; AUC {row['auc']:.3f}, q {row['q']:.3g}"
        return f"{told}, nearest category {near}" if near else told

    def plot(self) -> "go.Figure":
        """The items that agree most, as bars of their agreement."""
        return self.top().plot()


def discoveries(catalog: Catalog, site: str, threshold: str | None) -> Discoveries:
    """See `notebook.catalog.Catalog.discovered`."""
    chosen = catalog.checked(site, threshold)
    searches = catalog.fetch(feature_queries.discoveries())
    mine = searches[(searches["site"] == site) & (searches["threshold"] == chosen)]
    if mine.empty:
        raise NotInCatalog(
            f"{site} has not been searched at threshold {chosen}. Search it with: "
            f"dims discover {catalog.slug} {site} --threshold {chosen}"
        )
    search = MappingProxyType({str(name): value for name, value in mine.iloc[0].items()})
    rows = catalog.fetch(feature_queries.discovered(site, chosen))
    return Discoveries(catalog, site, chosen, search, rows)


def feature(catalog: Catalog, site: str, name: str, threshold: str) -> Discovered:
    """One of them by its name; NotInCatalog where it was not found there."""
    rows = catalog.fetch(feature_queries.discovered(site, threshold))
    mine = rows[rows["name"] == name]
    if mine.empty:
        raise NotInCatalog(
            f"No feature {name!r} was discovered at {site}, threshold {threshold}. Those that "
            "were: `.discovered(site)`."
        )
    row = {str(key): None if pd.isna(value) else value for key, value in mine.iloc[0].items()}
    prototype = catalog.fetch(feature_queries.discovered_prototype(name))
    nobody = np.empty(0, np.int64)
    return Discovered(catalog, site, threshold, name, prototype, nobody, MappingProxyType(row))
