"""Which position stands for a family: drawn anew in every split, from other documents on each side.

Tokens in context have many positions of one family. In a split documents are halved first; then
each family stands for one of its positions in the first half where a feature is registered, and
for one in the second half where it is tried. So a document's topic cannot be learnt on anchors and
found again in held-out members. Choice where the method is silent: a family with no position on a
side is stood for by one of the other side (families are either anchors or held out, so that no
position is ever both); with a family of a single position there is no other way.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Standing:
    """Positions that stand for families; rows are splits, columns `families`."""

    families: Ints
    """The item that represents each family, ascending."""
    learnt: Ints
    """Where features are registered: int64[splits, families]."""
    scored: Ints
    """Where they are tried: int64[splits, families]."""

    @classmethod
    def drawn(
        cls,
        family: NDArray[np.integer],
        document: NDArray[np.integer],
        splits: int,
        seed: int = 0,
    ) -> "Standing":
        """Draw from the family and the document of every item: int[items] each."""
        generator = np.random.default_rng([seed, splits])
        families = np.unique(family)
        documents = int(document.max(initial=0)) + 1
        learnt, scored = [], []
        for _ in range(splits):
            half = np.zeros(documents, np.bool_)
            half[generator.permutation(documents)[: documents // 2]] = True
            inside = half[document]
            learnt.append(_one_each(family, inside, generator))
            scored.append(_one_each(family, ~inside, generator))
        return cls(families, np.stack(learnt), np.stack(scored))

    def places(self, items: NDArray[np.integer]) -> Ints:
        """Columns of families, given by the items that represent them."""
        return np.searchsorted(self.families, items).astype(np.int64)


def _one_each(
    family: NDArray[np.integer], wanted: NDArray[np.bool_], generator: np.random.Generator
) -> Ints:
    """A random item of each family, a wanted one where there is one: in order of families."""
    order = np.lexsort((generator.random(len(family)), ~wanted, family))
    first = np.flatnonzero(np.diff(family[order], prepend=-1))
    return order[first].astype(np.int64)
