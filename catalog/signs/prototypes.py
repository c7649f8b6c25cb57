"""Prototypes: which dimensions a set of anchors registers, with which sign, and who agrees.

All counts are exact integers, so that ties are ties. Agreement is counted on signs by dimension
with bit-sliced adders (a tree of full adders over whole rows of bits): a feature of 64 dimensions
reads 64 rows, not the whole site. NumPy only.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import Packed
from catalog.signs.column_sums import sum_bits

SPLITS = 20
"""Random splits of a category into anchors and held-out members; of its nulls too."""
TAU = 0.75
"""Registration level: the sign AUC (or its complement) from which a dimension is registered."""
FEWEST = 8
"""Below this many registered dimensions the fallback applies."""
STRONGEST = 64
"""Dimensions of the fallback (at most a quarter of the site's), with every tie of the last."""

Ints = NDArray[np.int64]
Contrasts = NDArray[np.integer]


@dataclass(frozen=True)
class Prototypes:
    """Features of one or more splits: registered dimensions and the sign expected of each.

    Rows are padded to the longest one; padding has dimension 0 and sign 0.
    """

    dimensions: NDArray[np.int64]
    """int64[splits, longest]"""
    signs: NDArray[np.int8]
    """int8[splits, longest]: +1, -1, or 0 for padding"""
    fallback: NDArray[np.bool_]
    """bool[splits]: too few dimensions reached the registration level"""

    @property
    def sizes(self) -> Ints:
        """Registered dimensions of each split: int64[splits]; 0 where no dimension varies."""
        sizes: Ints = np.count_nonzero(self.signs, axis=1)
        return sizes

    def rows(self, start: int, count: int) -> "Prototypes":
        """Some of the splits."""
        part = slice(start, start + count)
        return Prototypes(self.dimensions[part], self.signs[part], self.fallback[part])

    def of(self, split: int) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Dimensions and signs of one split, without padding."""
        real = self.signs[split] != 0
        return self.dimensions[split][real], self.signs[split][real]


def contrast(
    positive_anchors: NDArray[np.number], anchors: int, positives: NDArray[np.integer], pool: int
) -> Contrasts:
    """Share positive of the anchors minus the pool's, exact, in units of 1 / (anchors * pool).

    `positive_anchors` counts them, [..., dims]; `positives` is int[dims] over the whole pool,
    members included (without the held-out ones, ties would leak who is held out). The sign AUC is
    1/2 + contrast / (2 * anchors * pool): the ROC AUC of one bit, anchors against the rest of the
    pool, shrunk by 1 - anchors / pool.
    """
    small = anchors * pool < 2**30  # half the memory, twice the speed
    dtype: type[np.integer] = np.int32 if small else np.int64
    counted: Contrasts = np.asarray(positive_anchors).astype(dtype)
    expected = (anchors * np.asarray(positives, np.int64)).astype(dtype)
    return counted * dtype(pool) - expected


def register(contrasts: NDArray[np.integer], unit: int, tau: float = TAU) -> Prototypes:
    """Registered dimensions of each row of int[splits, dims], where `unit` is a contrast of 1.

    Registered: |AUC - 1/2| >= tau - 1/2. Where fewer than FEWEST are, the
    min(STRONGEST, dims / 4) strongest with every tie of the last, flagged `fallback`. Choice where
    the method is silent: a contrast of exactly 0 has no direction and is never registered, so a
    site whose signs never vary gives empty prototypes.
    """
    strength = np.abs(contrasts)
    level = math.ceil((2 * tau - 1) * unit)
    fallback = np.count_nonzero(strength >= level, axis=1) < FEWEST
    least = np.full(len(strength), level, strength.dtype)
    if fallback.any():
        wanted = max(1, min(STRONGEST, contrasts.shape[1] // 4))
        least[fallback] = np.maximum(_nth_largest(strength[fallback], wanted), 1)
    flat = np.flatnonzero(strength >= least[:, None])
    rows, place, sizes = _places(flat, strength.shape)
    dimensions = np.zeros((len(strength), max(1, int(sizes.max(initial=0)))), np.int64)
    signs = np.zeros(dimensions.shape, np.int8)
    dimensions[rows, place] = flat % contrasts.shape[1]
    signs[rows, place] = np.sign(contrasts.ravel()[flat])
    return Prototypes(dimensions, signs, fallback)


def _nth_largest(values: Contrasts, n: int) -> Contrasts:
    """The n-th largest value of each row.

    The first row's, less a fifth, is a bound that few values reach; only those are sorted, unless
    some row has too few of them (measured: a third of the time of partitioning whole rows).
    """
    first = np.partition(values[0], -n)[-n]
    flat = np.flatnonzero(values >= first - first // 5)
    rows, place, sizes = _places(flat, values.shape)
    if sizes.min() >= n:
        few = np.zeros((len(values), int(sizes.max())), values.dtype)
        few[rows, place] = values.ravel()[flat]
        values = few
    place = values.shape[1] - n
    largest: Contrasts = np.partition(values, place, axis=1)[:, place]
    return largest


def _places(flat: Ints, shape: tuple[int, ...]) -> tuple[Ints, Ints, Ints]:
    """Row and place in its row of each flat index, ascending, and how many each row has."""
    rows = flat // shape[1]
    sizes = np.bincount(rows, minlength=shape[0])
    return rows, np.arange(len(flat)) - (np.cumsum(sizes) - sizes)[rows], sizes


def agreeing(columns: Packed, prototypes: Prototypes, items: int) -> NDArray[np.uint16]:
    """Dimensions of each prototype whose sign an item has: uint16[splits, items].

    `columns` is signs by dimension, uint8[dims, ceil(items / 8)]. Divided by `sizes` this is the
    agreement.
    """
    splits, longest = prototypes.signs.shape
    counts = np.empty((splits, items), np.uint16)
    together = max(1, _CACHE // max(1, longest * columns.shape[1]))
    for start in range(0, splits, together):
        part = slice(start, start + together)
        rows = columns.take(prototypes.dimensions[part], axis=0)  # [splits, longest, bytes]
        signs = prototypes.signs[part]
        rows ^= np.where(signs < 0, np.uint8(255), np.uint8(0))[:, :, None]
        if not signs.all():
            rows[signs == 0] = 0
        counts[part] = sum_bits(rows)[:, :items]
    return counts


def agreeing_members(members: NDArray[np.uint8], prototypes: Prototypes) -> NDArray[np.uint16]:
    """The same for few items given as 0 and 1, uint8[items, dims]: uint16[splits, items]."""
    splits, longest = prototypes.signs.shape
    chosen = members.take(prototypes.dimensions.ravel(), axis=1)
    chosen ^= (prototypes.signs < 0).ravel()
    chosen &= (prototypes.signs != 0).ravel()
    counts: NDArray[np.uint16] = chosen.reshape(-1, splits, longest).sum(axis=2, dtype=np.uint16)
    return counts.T


_CACHE = 1 << 20
"""Bytes of signs added up at a time: about half a core's second-level cache."""


def histograms(counts: NDArray[np.integer], levels: int) -> Ints:
    """How many items have each count: int[splits, items] -> int64[splits, levels]."""
    if counts.shape[1] > _BATCHED:
        return np.stack([np.bincount(row, minlength=levels) for row in counts])
    places = counts.astype(np.int64)
    places += (np.arange(len(counts)) * levels)[:, None]
    return np.bincount(places.ravel(), minlength=len(counts) * levels).reshape(-1, levels)


_BATCHED = 8192
"""Items from which a split is counted by itself (measured: the batch no longer fits the cache)."""


def ranks(histogram: Ints) -> NDArray[np.float64]:
    """Share of the histogram's items below each count, ties half: float64[splits, levels].

    The mean over members of the value at each one's count is the ROC AUC (Mann-Whitney U).
    Half everywhere where the histogram is empty.
    """
    total = histogram.sum(axis=1, keepdims=True)
    below = np.cumsum(histogram, axis=1) - histogram / 2
    return np.where(total > 0, below / np.maximum(total, 1), 0.5)


def halves(
    members: int, splits: int, generator: np.random.Generator, anchors: int | None = None
) -> NDArray[np.bool_]:
    """Random anchors of each split: bool[splits, members], `anchors` of them True in each row."""
    count = anchor_count(members) if anchors is None else anchors
    order = np.argsort(generator.random((splits, members)), axis=1)
    return order < count


def anchor_count(members: int) -> int:
    """Anchor families of a category: 50, or half of them below 100."""
    return min(50, members // 2)


def auc(scores: Sequence[float] | NDArray[np.floating], label: NDArray[np.bool_]) -> float:
    """ROC AUC of any scores, ties half; 1/2 where one class is empty."""
    values, place = np.unique(np.asarray(scores), return_inverse=True)
    negatives = np.bincount(place[~label], minlength=len(values))
    if label.all() or not label.any():
        return 0.5
    return float(ranks(negatives[None])[0][place[label]].mean())
