"""Examples of a dimension in real text, as a notebook gets them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from catalog.browse import examples as browse
from catalog.notebook.shown import Shown

if TYPE_CHECKING:
    from catalog.notebook.dimensions import Dimension


@dataclass(frozen=True)
class Examples(Shown):
    """What one dimension shows of texts: both poles, and random positions of five bands."""

    of: "Dimension"
    found: browse.Examples = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How many documents its poles come from."""
        told = [
            f"{name}: {one.shown} positions of {one.documents} documents, {one.families} families"
            for name, one in self.found.spread.items()
        ]
        return f"{self.of.site}/{self.of.number} in {self.found.documents:,} texts; " + "; ".join(
            told
        )

    def frame(self) -> pd.DataFrame:
        """One row an example: part, rank, item, value, document, place, tokens, at, values.

        `tokens` are those of the window, `at` the place of the item's own among them, `values` the
        dimension's at each.
        """
        return self.found.frame()

    def agreement(self) -> pd.DataFrame:
        """By pole: whether the poles of single tokens hold the same families.

        Columns: pole, catalog, shared, chance, p, words; no row without a catalog of the model's
        single tokens. See `catalog.browse.examples.Agreement`.
        """
        rows = [{"pole": name, **vars(one)} for name, one in self.found.agreement.items()]
        return pd.DataFrame(rows, columns=["pole", "catalog", "shared", "chance", "p", "words"])

    def retained(self) -> float:
        """Share of the dimension's signs that context keeps, against another position's token.

        NotInCatalog without a catalog of the model's single tokens; see `catalog.browse.retained`.
        """
        from catalog.browse import retained

        found = retained.of(self.of.catalog, self.of.site, self.of.threshold).dimensions
        return float(found["retained"].iloc[self.of.number])

    def _repr_html_(self) -> str:
        from catalog.figures import windows

        cut = float(self.of.statistics["value"])
        ends = self.found.low, self.found.high
        parts = [
            f"<h4>{part}</h4>{windows.lines(self.found.part(part)[:8], cut, ends)}"
            for part in browse.PARTS
        ]
        return f"<p><b>{self.title}</b></p>{''.join(parts)}"
