"""The nulls of a background that all categories share: drawn at a few sizes, asked for at any."""

import functools

import numpy as np
from numpy.typing import NDArray

from catalog.features.nulls import LEFT, Draws, Ground, Null
from catalog.signs.site_signs import SiteSigns

BUCKETS = (20, 28, 40, 56, 80, 112, 160, 224, 320)
"""Sizes at which nulls of a shared background are drawn."""
_GOLDEN = (5**0.5 - 1) / 2


def bucket(members: int) -> int:
    """The largest bucket not above a size; below the smallest bucket the size itself."""
    return max((size for size in BUCKETS if size <= members), default=members)


class Between(Draws):
    """The null of a size between two others: each of its draws is one of theirs.

    Of the larger size in the share that makes the mean of 1 / size that of its own: the variance of
    a null goes with it (with a larger power of it above 100 families, which makes this null a
    little wide: the careful side). Rounding sizes down instead made 2.8 % of random sets have p <=
    0.05 (measured). Which draw is taken follows from its number: multiples of the golden ratio,
    evenly spread over 0..1.
    """

    def __init__(self, size: int, low: Draws, high: Draws) -> None:
        super().__init__(size)
        self._low, self._high = low, high
        self._share = (1 / low.size - 1 / size) / (1 / low.size - 1 / high.size)

    def between(self, start: int, stop: int) -> NDArray[np.float64]:
        """Draws `start` to `stop`, multiples of 50: float64[draws]."""
        place = np.arange(start, stop) * _GOLDEN % 1
        low, high = (one.between(start, stop) for one in (self._low, self._high))
        return np.where(place < self._share, high, low)


class Shared:
    """The nulls of a background that all categories share, by size: those of buckets drawn once."""

    def __init__(self, site: SiteSigns, ground: Ground, seed: int) -> None:
        self._most = len(ground.items) - LEFT
        self._make = functools.cache(lambda size: Null(site, ground, size, seed))

    def of(self, size: int) -> Draws:
        """The null of a size: a bucket's own, or of what lies between two buckets."""
        low = bucket(size)
        above = [one for one in BUCKETS if one > size]
        if low == size or not above:
            return self._make(low)
        if above[0] > self._most:  # the background is too small for sets of the next bucket
            return self._make(size)
        return Between(size, self._make(low), self._make(above[0]))
