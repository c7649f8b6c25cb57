"""Layers of one catalog as a notebook gets them: its sites side by side, categories on the way."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

from catalog.comparing import cached_layers
from catalog.notebook.shown import Shown
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

Measure = Literal["cka", "kappa"]


@dataclass(frozen=True)
class Layers(Shown):
    """The sites of a catalog, their signs taken at one threshold."""

    catalog: Catalog
    threshold: str
    report: Report = field(default=silent, repr=False, compare=False)

    @property
    def title(self) -> str:
        """Which sites are compared."""
        sites = f"{len(self.catalog.site_names)} sites"
        return f"{self.catalog.slug}, {sites} against each other, threshold {self.threshold}"

    def frame(self) -> pd.DataFrame:
        """Every pair of sites on at most 2,000 families; seconds the first time, then kept.

        Columns: site_a, site_b, same (share of equal signs, dimension by dimension; only where
        coordinates are the same), chance, kappa, cka (of signs, unbiased), cka_permuted.
        """
        found = cached_layers.similarity(self.catalog, self.threshold, self.report)
        return found.tables["similarity"]

    def first_readable(self) -> "FirstReadable":
        """Where each category can first be read; no rows before `dims features` has run."""
        rows, background = cached_layers.first_readable(self.catalog, self.threshold)
        return FirstReadable(self.catalog, self.threshold, background, rows)

    def track(self, category: str) -> "Track":
        """One category through the residual sites; NotInCatalog where it was not measured."""
        rows = cached_layers.track(self.catalog, category, self.threshold)
        return Track(self.catalog, self.threshold, category, rows)

    def plot(self, measure: Measure = "cka") -> "go.Figure":
        """Site by site: CKA of signs, or kappa (signs equal, above chance)."""
        from catalog.figures import comparing  # Plotly takes a third of a second to import

        rows = self.frame()
        return comparing.similarity(rows, measure, list(dict.fromkeys(rows["site_a"])))


@dataclass(frozen=True)
class FirstReadable(Shown):
    """The first of two consecutive residual sites at which a category's q is below 0.05."""

    catalog: Catalog
    threshold: str
    background: str
    """The hardest one whose nulls were drawn at every residual site; empty where none were."""
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How many there are, and against what."""
        if not self.background:
            return f"{self.catalog.slug} has no nulls at every layer, threshold {self.threshold}"
        found = int(self.rows["site"].notna().sum())
        return (
            f"{found} of {len(self.rows)} categories of {self.catalog.slug} are readable at two "
            f"layers in a row, threshold {self.threshold}, background {self.background}"
        )

    def frame(self) -> pd.DataFrame:
        """A row a category: category, site (None: never), auc with its interval and q there."""
        return self.rows.copy()

    def plot(self) -> "go.Figure":
        """How many categories are first readable at each site."""
        from catalog.figures import comparing

        return comparing.bars(self.rows, self.catalog.residual_sites)


@dataclass(frozen=True)
class Track(Shown):
    """One category on its way through the residual sites, against the primary background."""

    catalog: Catalog
    threshold: str
    category: str
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """What is followed."""
        background = self.catalog.primary.background
        return (
            f"{self.category} through the layers of {self.catalog.slug}, threshold "
            f"{self.threshold}, background {background}"
        )

    def frame(self) -> pd.DataFrame:
        """A row a site.

        Columns: site, layer, auc (mean over 20 splits), auc_low and auc_high (its 95 % interval),
        null_p95 (missing where it was not drawn), gain (over resid.0), dimensions (registered),
        kept (registered at the next site too), same_sign (of these), chance (kept by chance).
        """
        return self.rows.copy()

    def plot(self) -> "go.Figure":
        """AUC by layer with its interval, and the null where it was drawn."""
        from catalog.figures import comparing

        return comparing.track(self.rows)


def layers(catalog: Catalog, threshold: str | None, report: Report) -> Layers:
    """See `notebook.catalog.Catalog.layers`."""
    chosen = catalog.checked(catalog.primary.site, threshold)
    return Layers(catalog, chosen, report)
