"""Streaming statistics of states: moments, histogram and poles of each dimension. NumPy only.

`model.reduce` computes the same parts of one batch on the model's device; they are merged here,
chunk after chunk in build order, so that an interrupted build ends with the same bits.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BINS = 64
"""Histogram bins: 62 of equal width between two open end bins."""
POLE_ITEMS = 32
"""Items kept at the positive and at the negative pole of a dimension."""
NEAR_ITEMS = 8
"""Items kept nearest to a threshold."""
_NARROWEST = np.float32(1e-30)
"""Range below which a dimension counts as constant: bins per unit would overflow float32."""


@dataclass(frozen=True)
class Frozen:
    """What the pilot fixes for one site, before any other item is seen: float32[dims] each."""

    median: NDArray[np.float32]
    low: NDArray[np.float32]
    """Lower end of histogram bin 1: the pilot's 0.1 % quantile."""
    high: NDArray[np.float32]
    """Upper end of histogram bin 62: the pilot's 99.9 % quantile."""

    @classmethod
    def of(cls, pilot: NDArray[np.float32]) -> "Frozen":
        """Medians and histogram edges of pilot states float32[items, dims].

        The median of an even number of items is the lower of the two middle ones, so that it is
        a state that occurred and no rounding is involved.
        """
        last = len(pilot) - 1
        places = [int(0.001 * last), last // 2, int(np.ceil(0.999 * last))]
        ordered = np.partition(np.ascontiguousarray(pilot.T), places, axis=1)
        low, median, high = (ordered[:, place] for place in places)
        flat = high - low < _NARROWEST
        width = np.maximum(np.abs(low), np.float32(1e-6))
        return cls(
            median=median.copy(),
            low=np.where(flat, low - width, low),
            high=np.where(flat, high + width, high),
        )

    @property
    def scale(self) -> NDArray[np.float32]:
        """Histogram bins per unit of the state: float32[dims]."""
        return (np.float32(BINS - 2) / (self.high - self.low)).astype(np.float32)


@dataclass(frozen=True)
class Moments:
    """Sums over the items seen so far, per dimension; merged by `+`."""

    count: int
    total: Floats
    squares: Floats
    absolute: Floats
    minimum: NDArray[np.float32]
    maximum: NDArray[np.float32]
    histogram: NDArray[np.int64]
    """int64[dims, 64]."""

    @classmethod
    def of(cls, states: NDArray[np.float32], frozen: Frozen) -> "Moments":
        """Moments of float32[items, dims]: the plain definition that `model.reduce` must equal."""
        wide = states.astype(np.float64)
        bins = np.clip((states - frozen.low) * frozen.scale + np.float32(1), 0, BINS - 1)
        places = bins.astype(np.int64) + np.arange(states.shape[1]) * BINS
        counts = np.bincount(places.ravel(), minlength=states.shape[1] * BINS)
        return cls(
            count=len(states),
            total=wide.sum(axis=0),
            squares=(wide**2).sum(axis=0),
            absolute=np.abs(wide).sum(axis=0),
            minimum=states.min(axis=0),
            maximum=states.max(axis=0),
            histogram=counts.reshape(-1, BINS),
        )

    def __add__(self, other: "Moments") -> "Moments":
        """Moments of both sets of items."""
        return Moments(
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
            self.absolute + other.absolute,
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
            self.histogram + other.histogram,
        )

    @property
    def mean(self) -> Floats:
        """Mean state: float64[dims]."""
        return self.total / self.count

    @property
    def std(self) -> Floats:
        """Standard deviation of the state, divided by N: float64[dims]."""
        return np.sqrt(np.maximum(self.squares / self.count - self.mean**2, 0))

    @property
    def mean_abs(self) -> Floats:
        """Mean |state|: float64[dims]."""
        return self.absolute / self.count

    def quantile(self, share: float, frozen: Frozen) -> NDArray[np.float32]:
        """Quantile of the state, right to one histogram bin: float32[dims].

        The middle of the bin that holds it; in an open end bin the bin's inner edge or the
        extreme state, whichever halves the bin.
        """
        edges = bin_edges(frozen.low, frozen.high)
        edges[:, 0], edges[:, -1] = self.minimum, self.maximum
        reached = np.cumsum(self.histogram, axis=1) >= share * self.count
        place = reached.argmax(axis=1)
        rows = np.arange(len(place))
        middle = (edges[rows, place] + edges[rows, place + 1]) / 2
        inside: NDArray[np.float64] = np.clip(middle, self.minimum, self.maximum)
        return inside.astype(np.float32)


def bin_edges(low: NDArray[np.float32], high: NDArray[np.float32]) -> Floats:
    """Edges of the histogram bins: float64[dims, 65], infinite at both ends."""
    inner = np.linspace(low.astype(np.float64), high.astype(np.float64), BINS - 1, axis=1)
    open_end = np.full((len(low), 1), np.inf)
    return np.concatenate([-open_end, inner, open_end], axis=1)


@dataclass(frozen=True)
class Pole:
    """The k items with the highest score of each dimension, best first.

    The score is x for the positive pole, -x for the negative one and -|x - threshold| near a
    threshold; equal scores stand in order of item number, so the result does not depend on the
    order in which items came.
    """

    scores: NDArray[np.float32]
    """float32[dims, k]; -inf where there are fewer than k items."""
    items: NDArray[np.int32]
    """int32[dims, k]; the largest int32 where there are fewer."""
    values: NDArray[np.float32]
    """float32[dims, k]: the states."""

    @classmethod
    def empty(cls, dims: int, k: int) -> "Pole":
        """A pole that has seen nothing."""
        return cls(
            np.full((dims, k), -np.inf, np.float32),
            np.full((dims, k), np.iinfo(np.int32).max, np.int32),
            np.zeros((dims, k), np.float32),
        )

    def merged(
        self,
        dimensions: NDArray[np.integer],
        scores: NDArray[np.float32],
        items: NDArray[np.integer],
        values: NDArray[np.float32],
    ) -> "Pole":
        """The pole after more candidates, given as flat arrays of one length."""
        from catalog.signs.reducing import insert  # compiled: importing it takes a second

        own = self.scores.copy(), self.items.copy(), self.values.copy()
        insert(own, dimensions.astype(np.int32), (scores, items.astype(np.int32), values))
        return Pole(*own)

    @property
    def bar(self) -> "Bar":
        """What a newcomer must beat."""
        return Bar(self.scores.shape[1], self.scores[:, -1], self.items[:, -1])


class Bar(NamedTuple):
    """The last place of a pole: its score and item, float32[dims] and int32[dims]."""

    size: int
    """Items that the pole keeps."""
    score: NDArray[np.float32]
    item: NDArray[np.int32]
