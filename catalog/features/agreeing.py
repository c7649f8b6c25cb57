"""Items by agreement with a prototype: which agree most, members first, false positives."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.features.measure import agreement_of
from catalog.signs.prototypes import Ints
from catalog.store.catalog import Catalog

TOP = 50
"""Items listed by agreement."""


@dataclass(frozen=True)
class Agreeing:
    """How much every item of a site agrees with one prototype. Arrays have one entry an item."""

    agreement: NDArray[np.float32]
    """Share of the prototype's dimensions whose sign the item has."""
    texts: NDArray[np.object_]
    own: NDArray[np.bool_]
    """Whether it represents its family."""
    mine: NDArray[np.bool_]
    """Whether its family is a member's."""
    members: int
    among_equals: NDArray[np.float32] | None = None
    """What orders items of equal agreement for show, the largest first; None: by number."""

    def top(self, count: int = TOP) -> pd.DataFrame:
        """The items that agree most: item, text, agreement, member (of a member's family)."""
        return self._rows(self.agreement, count)

    def false_positives(self, count: int = TOP) -> pd.DataFrame:
        """The same of items that are no members, one of each family."""
        others = np.where(self.own & ~self.mine, self.agreement, np.float32(-1))
        return self._rows(others, min(count, int((self.own & ~self.mine).sum())))

    def _rows(self, agreement: NDArray[np.float32], count: int) -> pd.DataFrame:
        second = agreement if self.among_equals is None else self.among_equals
        best = np.lexsort((-second, -agreement))[:count]
        return pd.DataFrame(
            {
                "item": best,
                "text": self.texts[best],
                "agreement": agreement[best].astype(np.float64),
                "member": self.mine[best],
            }
        )

    @property
    def members_first(self) -> int:
        """Members among the first as many families, a member winning no tie: the careful count."""
        order = np.lexsort((self.mine[self.own], -self.agreement[self.own]))
        return int(self.mine[self.own][order][: self.members].sum())

    def firing(self, level: float) -> float:
        """Share of the other families that agree more than `level`."""
        return float((self.agreement[self.own & ~self.mine] > level).mean())


def of(
    catalog: Catalog,
    agreement: NDArray[np.float32],
    members: Ints,
    among_equals: NDArray[np.float32] | None = None,
) -> Agreeing:
    """From the agreement of every item, float32[items], and the members (none of a discovery)."""
    family = catalog.families
    return Agreeing(
        agreement,
        catalog.texts,
        family == np.arange(len(family)),
        np.isin(family, family[members]),
        len(members),
        among_equals,
    )


def with_prototype(
    catalog: Catalog, site: str, threshold: str, prototype: pd.DataFrame, members: Ints
) -> Agreeing:
    """From signed dimensions (columns dimension, sign) at a site."""
    signs = catalog.signs(site, threshold)
    agreement = agreement_of(
        signs.by_dimension,
        signs.items,
        prototype["dimension"].to_numpy(),
        prototype["sign"].to_numpy(),
    )
    return of(catalog, agreement, members)
