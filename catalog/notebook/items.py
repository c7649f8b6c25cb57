"""One item as a notebook gets it: its signs, where it is extreme, and the items nearest to it."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import neighbours as browse
from catalog.browse import search
from catalog.figures import dimension
from catalog.figures.svg import Drawn
from catalog.notebook.shown import Shown
from catalog.store import queries
from catalog.store.catalog import Catalog


@dataclass(frozen=True)
class Item(Shown):
    """One item at a site, its signs taken at one threshold."""

    catalog: Catalog
    site: str
    threshold: str
    number: int
    text: str
    """What it is shown as; a leading space is ␣. Of an image or sound its path."""
    kind: str
    family: int
    """The item that represents its family."""

    @property
    def title(self) -> str:
        """Where it is, and what it is."""
        place = f"{self.catalog.slug} › {self.site} › item {self.number} › {self.text}"
        return f"{place}, threshold {self.threshold}"

    @property
    def signs(self) -> NDArray[np.bool_]:
        """Its signs: bool[D], True where positive."""
        return browse.strip(self.catalog, self.site, self.number, self.threshold)

    def frame(self) -> pd.DataFrame:
        """Its signs as a frame: dimension, positive."""
        signs = self.signs
        return pd.DataFrame({"dimension": np.arange(len(signs)), "positive": signs})

    def extremes(self) -> pd.DataFrame:
        """Dimensions at whose poles it stands: those of the site first, the most extreme first.

        Columns: site, dimension, pole, rank, value, sds (distance from the mean in standard
        deviations).
        """
        return self.catalog.fetch(queries.extremes(self.site, self.number))

    def rarest(self, k: int = 20) -> pd.DataFrame:
        """The `k` dimensions in which fewest items have its sign: dimension, sign, share.

        With threshold median every share is about 1/2 by construction.
        """
        return browse.rarest(self.catalog, self.site, self.number, self.threshold, k)

    def plot(self) -> Drawn:
        """Its signs as a sheet of D cells, 64 in a row."""
        return Drawn(dimension.strip(self.signs))


@dataclass(frozen=True)
class Neighbours(Shown):
    """The items whose signs differ least from one item's."""

    of: Item
    rows: pd.DataFrame = field(repr=False, compare=False)
    typical: float
    """Median over all items of the share of dimensions with the same sign as the item."""
    excluded: int
    """Other items of its family, left out."""

    @property
    def title(self) -> str:
        """Whose neighbours, and what to compare them with."""
        return (
            f"Nearest to {self.of.text} (item {self.of.number}) at {self.of.site}: the median item "
            f"shares {self.typical:.1%} of its signs; {self.excluded} of its family are left out"
        )

    def frame(self) -> pd.DataFrame:
        """Nearest first: item, text, kind, distance (dimensions that differ), same (share)."""
        return self.rows.copy()


def item(catalog: Catalog, wanted: str | int, site: str | None, threshold: str | None) -> Item:
    """See `notebook.catalog.Catalog.item`."""
    place = catalog.primary.site if site is None else site
    chosen = catalog.checked(place, threshold)
    number = search.the_item(catalog, wanted)
    row = catalog.fetch(queries.items([number])).iloc[0]
    about = str(row["text"]), str(row["kind"]), int(row["family"])
    return Item(catalog, place, chosen, number, *about)


def neighbours(of: Item, k: int, family: bool) -> Neighbours:
    """See `notebook.catalog.Catalog.neighbours`."""
    found = browse.neighbours(of.catalog, of.site, of.number, of.threshold, k, family)
    return Neighbours(of, found.frame, found.typical, found.excluded)
