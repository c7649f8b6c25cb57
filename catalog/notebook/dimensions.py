"""One dimension as a notebook gets it: what its Dimension page shows, in frames and figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from catalog.browse import poles as browse
from catalog.browse.poles import Pole
from catalog.figures import dimension as figures
from catalog.figures.svg import Drawn
from catalog.notebook.shown import Shown
from catalog.signs import between
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.notebook.examples import Examples

POLE_SHOWN = 20
"""Items that the figure of a pole draws."""


@dataclass(frozen=True)
class Dimension(Shown):
    """One dimension of a site, its signs taken at one threshold."""

    catalog: Catalog
    site: str
    number: int
    threshold: str
    statistics: Mapping[str, Any] = field(repr=False, compare=False)
    """Its row of the tables `dimension` and `dimension_sign`, by column; see docs/schema.md."""

    @property
    def title(self) -> str:
        """Where it is, and how often its sign is positive."""
        share = self.statistics["share_positive"]
        told = f". {self.traits}" if self.traits else ""
        return (
            f"{self.catalog.slug} › {self.site} › dimension {self.number}, threshold "
            f"{self.threshold}: positive for {share:.1%} of the items{told}"
        )

    @property
    def frequency_auc(self) -> float | None:
        """AUC of its sign for frequent against rare words; None for images and sounds."""
        return self._number("frequency_auc")

    @property
    def length_auc(self) -> float | None:
        """AUC of its sign for long against short words; None for images and sounds."""
        return self._number("length_auc")

    @property
    def traits(self) -> str:
        """Whether frequency or length explains it, in a sentence; empty for images and sounds."""
        if self.frequency_auc is None or self.length_auc is None:
            return ""
        return between.told(self.frequency_auc, self.length_auc)

    def _number(self, name: str) -> float | None:
        value = self.statistics[name]
        return None if pd.isna(value) else float(value)

    def frame(self) -> pd.DataFrame:
        """Items at its positive and its negative pole, then near its threshold, each by rank.

        Columns: pole (positive, negative or near), rank, value (the state, in the model's own
        units), away (the state minus the threshold), item, text, token, kind.
        """
        cut = float(self.statistics["value"])
        return browse.poles(self.catalog, self.site, self.number, self.threshold, cut)

    def pole(self, name: Pole, k: int | None = None) -> pd.DataFrame:
        """The first `k` rows of one pole, all of them for None: the columns of `frame`."""
        return browse.pole(self.frame(), name, k)

    def across(self) -> pd.DataFrame:
        """The dimension of this number at every site of the same kind, by layer.

        Columns: site, layer, share_positive, entropy_bits, mean, std, mean_abs, stability, chance,
        kappa.
        """
        return self.catalog.fetch(queries.across(self.site, self.threshold, self.number))

    def partners(self, k: int = 20) -> "Partners":
        """The `k` dimensions of the site whose signs depend most on this one's."""
        from catalog.browse import neighbours

        found = neighbours.partners(self.catalog, self.site, self.number, self.threshold, k)
        return Partners(self, found.frame, found.excluded, found.floor)

    def readers(self, background: str | None = None) -> pd.DataFrame:
        """Categories whose feature uses the dimension, strongest first: category, sign, auc, p, q.

        `background` None is the one of verdicts; SettingRefused for one the catalog does not have.
        """
        self.catalog.checked(self.site, self.threshold, background)
        chosen = background or self.catalog.primary.background
        return self.catalog.fetch(
            feature_queries.readers(self.site, self.number, self.threshold, chosen)
        )

    def examples(self) -> "Examples":
        """Windows of text at its poles and in five bands of its values, each token with its value.

        NotInCatalog where the catalog holds single tokens, which stand in no text.
        """
        from catalog.browse import examples as browse_examples
        from catalog.notebook.examples import Examples

        return Examples(self, browse_examples.of(self.catalog, self.site, self.number))

    def plot(self, what: Literal["values", "positive", "negative", "across"] = "values") -> Drawn:
        """A figure of its page: the values of all items, one pole, or the layers it runs across."""
        if what == "values":
            return Drawn(figures.histogram(pd.Series(dict(self.statistics))))
        if what == "across":
            return Drawn(figures.across(self.across(), self.site, self.threshold == "median"))
        return Drawn(figures.pole(self.pole(what, POLE_SHOWN), self.statistics["value"]))


@dataclass(frozen=True)
class Partners(Shown):
    """The dimensions whose signs depend most on one dimension's, over all items."""

    of: Dimension
    rows: pd.DataFrame = field(repr=False, compare=False)
    excluded: int
    """Degenerate dimensions left out (share positive below 1 % or above 99 %)."""
    floor: float
    """Mutual information (bits) that two independent signs show at this number of items."""

    @property
    def title(self) -> str:
        """Whose partners, and what to compare them with."""
        return (
            f"{self.of.site}/{self.of.number}: independent signs show {self.floor:.2g} bits; "
            f"{self.excluded} degenerate dimensions are left out"
        )

    def frame(self) -> pd.DataFrame:
        """Most mutual information first.

        Columns: dimension, mi_bits, phi (correlation of the two signs), same (share of items with
        equal signs), share_positive.
        """
        return self.rows.copy()


def dimension(catalog: Catalog, site: str, number: int, threshold: str | None) -> Dimension:
    """See `notebook.catalog.Catalog.dimension`."""
    chosen = catalog.checked(site, threshold)
    dims = int(catalog.sites.set_index("site").dims[site])
    row = catalog.one(
        queries.dimension(site, chosen, int(number)),
        f"{site} has dimensions 0 to {dims - 1}; there is no {number}.",
    )
    statistics = {str(name): value for name, value in row.items()}
    return Dimension(catalog, site, int(number), chosen, MappingProxyType(statistics))
