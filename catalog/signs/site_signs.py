"""Signs of one site in the two layouts that counting needs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import Packed, Words, by_words, transpose
from catalog.signs.prototypes import TAU
from catalog.signs.standing import Standing

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class SiteSigns:
    """Signs of one site and threshold, in the two layouts of `catalog.signs.bits`."""

    words: Words
    """uint64[ceil(dims / 64), items], to read the signs of an item."""
    by_dimension: Packed
    """uint8[dims, ceil(items / 8)], to count over items; unused bits are ignored."""
    standing: Standing | None = None
    """Of tokens in context: which positions stand for a family in each split."""
    tau: float = TAU
    """Registration level of the features that are measured here."""

    @cached_property
    def sides(self) -> "tuple[tuple[SiteSigns, SiteSigns], ...]":
        """In each split the positions that stand for the families, learnt and scored; none where
        every family has one item that represents it.
        """
        if self.standing is None:
            return ()
        pairs = zip(self.standing.learnt, self.standing.scored, strict=True)
        return tuple((self.of(learnt), self.of(scored)) for learnt, scored in pairs)

    @cached_property
    def counted(self) -> dict[str, Ints]:
        """Positive items over whole backgrounds, by name, as far as they were asked for."""
        return {}

    @property
    def dims(self) -> int:
        """Number of dimensions."""
        return len(self.by_dimension)

    @property
    def items(self) -> int:
        """Number of items."""
        return int(self.words.shape[1])

    @cached_property
    def column_words(self) -> Words:
        """Signs by dimension as words, which compiled code adds up: uint64[dims, words]."""
        return by_words(self.by_dimension)

    def bits(self, items: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Signs of some items as 0 and 1: uint8[len(items), dims]."""
        rows = np.ascontiguousarray(self.words[:, items].T).view(np.uint8)
        return np.unpackbits(rows, axis=1, count=self.dims, bitorder="little")

    def positives(self, items: NDArray[np.integer], block: int = 8192) -> Ints:
        """Positive items of each dimension among some items: int64[dims]."""
        total = np.zeros(self.dims, np.int64)
        for start in range(0, len(items), block):
            total += self.bits(items[start : start + block]).sum(axis=0, dtype=np.int64)
        return total

    def columns(self, items: NDArray[np.integer]) -> Packed:
        """Signs by dimension of some items, in their order: uint8[dims, ceil(len(items) / 8)]."""
        rows = np.ascontiguousarray(self.words[:, items].T).view(np.uint8)
        return transpose(rows, self.dims)

    def of(self, items: NDArray[np.integer]) -> "SiteSigns":
        """Signs of some items alone, in their order, in both layouts."""
        words = np.ascontiguousarray(self.words[:, items])
        return SiteSigns(words, self.columns(items), tau=self.tau)
