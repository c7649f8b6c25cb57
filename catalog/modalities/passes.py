"""Which items go through the model together: a row for each, or all positions of a document in one.

A build, a verification and every other use of a catalog's items ask the modality for its passes,
so that no other module knows what stands in a row.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.modalities.frequency import Halves

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Pass:
    """One forward pass."""

    items: NDArray[np.integer]
    """The items whose states come of it, in order."""
    shown: NDArray[np.integer]
    """One item of every row that goes through the model, padded to the full batch."""


def padded(items: NDArray[np.integer], rows: int) -> NDArray[np.integer]:
    """`rows` items: these, then the first one again and again.

    A row's bits depend on the number of rows, but not on its neighbours.
    """
    return np.concatenate([items, np.repeat(items[:1], rows - len(items))])


class OneEach(ABC):
    """A modality whose items are a row each; see `catalog.modalities.Modality`."""

    windowed = False
    """Whether every item stands in a text of which the states are kept too."""

    halves: Mapping[str, Halves] | None = None
    """Frequent and rare, long and short items; None: as their texts have it."""

    def order(self, items: int, seed: int, pilot: int) -> Ints:
        """Item numbers in build order: a random pilot (sorted), then the rest by number."""
        chosen = np.sort(np.random.default_rng(seed).choice(items, pilot, replace=False))
        return np.concatenate([chosen, np.setdiff1d(np.arange(items), chosen)])

    def starts(self, items: int, about: int) -> list[int]:
        """Places in build order at which chunks of `about` items begin."""
        return list(range(0, items, about))

    def apart(self, count: int) -> Ints:
        """Some items that need `count` rows."""
        return np.arange(count)

    def rows(self, asked: int) -> int:
        """Rows of a pass in which about `asked` items may go at once, where no build says so."""
        return asked

    def passes(self, items: NDArray[np.integer], rows: int) -> list[Pass]:
        """The passes of `rows` rows that show these items."""
        groups = [items[start : start + rows] for start in range(0, len(items), rows)]
        return [Pass(group, padded(group, rows)) for group in groups]

    def gather(self, hidden: Any, one: Pass) -> Any:
        """float[rows, positions, dims] -> float[items, dims]: the states of a pass's items."""
        return self.read(hidden, one.shown)[: len(one.items)]

    @abstractmethod
    def read(self, hidden: Any, items: NDArray[np.integer]) -> Any:
        """float[rows, positions, dims] -> float[rows, dims]; each modality has its own."""
