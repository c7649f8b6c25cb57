"""Two readings of one model as a notebook compares them: tokens in context, and tokens alone."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pandas as pd

from catalog.browse import retained
from catalog.browse.pole_families import POLES
from catalog.browse.retained import Retained
from catalog.notebook.shown import Shown
from catalog.signs.significance import benjamini_hochberg
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Readings(Shown):
    """Which signs of a token alone context keeps, and whether poles hold the same families."""

    catalog: Catalog
    """That of tokens in context."""
    site: str
    threshold: str
    found: Retained = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """What context keeps of the site's signs."""
        whole = self.found.whole
        return (
            f"{self.catalog.slug} beside {self.found.single} at {self.site}, threshold "
            f"{self.threshold}: context keeps {whole.value:.1%} [{whole.low:.1%}, "
            f"{whole.high:.1%}] of what signs say of the token alone"
        )

    def frame(self) -> pd.DataFrame:
        """A row a dimension: dimension, own, other, retained, and for both poles their agreement.

        `own` is the share of positions whose sign differs from their token's alone, `other` the
        same against another position's token, retained = 1 - own / other (0 where other is 0).
        Of `positive` (and `negative`): the share of the pole's families that stand at the pole of
        single tokens too, _chance (other dimensions' poles), _p, and _q over the site's dimensions.
        """
        poles = retained.poles(self.catalog, self.site)
        for name in POLES:
            known = poles[f"{name}_p"].notna()
            poles.loc[known, f"{name}_q"] = benjamini_hochberg(poles.loc[known, f"{name}_p"])
        order = [f"{name}{part}" for name in POLES for part in ("", "_chance", "_p", "_q")]
        poles = poles.reindex(columns=["dimension", *order])
        return self.found.dimensions.merge(poles, on="dimension", validate="one_to_one")

    def by_place(self) -> pd.DataFrame:
        """By place in the text: first, past, positions, own, other, retained, low, high."""
        return self.found.by_place

    def by_site(self) -> pd.DataFrame:
        """Every site both hold: site, own, other, retained, low, high; a second a site at first."""
        return retained.by_site(self.catalog, self.threshold)

    def plot(self, what: Literal["sites", "places"] = "sites") -> "go.Figure":
        """Retained share with its 95 % interval at every site, or by place in the text."""
        from catalog.figures import readings  # Plotly takes a third of a second to import

        if what == "places":
            return readings.by_place(self.by_place())
        return readings.by_site(self.by_site(), self.site)


def readings(catalog: Catalog, site: str, threshold: str | None) -> Readings:
    """See `notebook.catalog.Catalog.readings`."""
    chosen = catalog.checked(site, threshold)
    return Readings(catalog, site, chosen, retained.of(catalog, site, chosen))
