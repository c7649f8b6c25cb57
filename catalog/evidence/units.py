"""Units that a category may be read from: latents, directions, axes, dimensions; and how many.

Every kind of unit goes through the same steps, so that they can be compared at equal k: on the
anchors of a split each unit is scored against the pool (ROC AUC, ties half; held-out members are in
the pool, as they are for prototypes), the k strongest are taken with their sign, each divided by
its standard deviation over the pool, and summed. Equal strengths are ordered by a seeded draw,
never by index or by held-out data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.signs import midranks

SIZES = (1, 2, 4, 8, 16, 64)
"""Numbers of units that are compared."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Units(Protocol):
    """Values of many units for the items of a sample."""

    def pool(self, items: Ints) -> "Pool":
        """Those of some items, by their places in the sample; the members come first."""
        ...


class Pool(Protocol):
    """Values of many units for one pool."""

    def ranks(self, members: int) -> Floats:
        """Mid-ranks of the first items among all: float32[members, units]."""
        ...

    def columns(self, units: Ints) -> Floats:
        """Values of some units: float32[items, len(units)]."""
        ...


@dataclass(frozen=True)
class Dense:
    """Units that are all different from 0: axes, dimensions. float32[items, units]."""

    values: Floats

    def pool(self, items: Ints) -> "Dense":
        """Those of some items."""
        return Dense(self.values[items])

    def ranks(self, members: int) -> Floats:
        """See `Pool`."""
        return midranks.of_dense(self.values, members)

    def columns(self, units: Ints) -> Floats:
        """See `Pool`."""
        return self.values[:, units]


@dataclass(frozen=True)
class Sparse:
    """Units that are mostly 0 and never negative: latents. A SciPy CSR matrix [items, units]."""

    values: Any

    @classmethod
    def of(cls, blocks: Sequence[Floats]) -> "Sparse":
        """From blocks of float32[items, units]."""
        from scipy import sparse

        return cls(sparse.vstack([sparse.csr_matrix(one) for one in blocks], format="csr"))

    def pool(self, items: Ints) -> "Sparse":
        """Those of some items, by column."""
        return Sparse(self.values[items].tocsc())

    def ranks(self, members: int) -> Floats:
        """See `Pool`."""
        kept = self.values
        starts, rows = kept.indptr.astype(np.int64), kept.indices.astype(np.int64)
        return midranks.of_sparse(starts, rows, kept.data, kept.shape[0], members)

    def columns(self, units: Ints) -> Floats:
        """See `Pool`."""
        return np.asarray(self.values[:, units].toarray(), np.float32)

    @property
    def active(self) -> float:
        """Units that are not 0, mean over items."""
        return float(self.values.nnz / self.values.shape[0])

    @property
    def silent(self) -> float:
        """Share of units that are 0 for every item."""
        return float((np.diff(self.values.tocsc().indptr) == 0).mean())


def placed(
    learnt: Sequence[Pool], tried: Sequence[Pool], anchors: NDArray[np.bool_], seed: int
) -> NDArray[np.float64]:
    """Where each member stands among the negatives while it is held out: float64[sizes, members].

    `learnt` and `tried` are the pool of each split where units are chosen and where they are tried
    (the same one again and again where items are single tokens); `anchors` bool[splits, members].
    Mean over the splits that hold a member out; NaN where none does.
    """
    generator = np.random.default_rng(seed)
    members = anchors.shape[1]
    total = np.zeros((len(SIZES), members))
    ranks: Floats | None = None
    for split, row in enumerate(anchors):
        if ranks is None or learnt[split] is not learnt[split - 1]:
            ranks = learnt[split].ranks(members)
        scores = _scores(learnt[split], tried[split], ranks, row, generator)
        for place, score in enumerate(scores.T):
            total[place, ~row] += among(score[:members][~row], score[members:])
    times = (~anchors).sum(axis=0)
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def _scores(
    learnt: Pool, tried: Pool, ranks: Floats, row: NDArray[np.bool_], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Scores of a split's pool by the k strongest units: float64[items, sizes]."""
    mean = row.astype(np.float32) @ ranks / row.sum()
    count = learnt.columns(np.zeros(1, np.int64)).shape[0]
    contrast = mean / np.float32(count) - np.float32(0.5)
    strength = np.abs(contrast) + generator.random(len(contrast), np.float32) * np.float32(1e-7)
    most = min(SIZES[-1], len(contrast))
    best = np.argpartition(strength, len(strength) - most)[-most:]
    best = best[np.argsort(-strength[best])].astype(np.int64)
    spread = learnt.columns(best).std(axis=0)
    weight = np.where(spread > 0, np.sign(contrast[best]) / np.where(spread > 0, spread, 1), 0)
    summed = np.cumsum(tried.columns(best) * weight, axis=1, dtype=np.float64)
    return summed[:, [min(size, most) - 1 for size in SIZES]]


def among(scores: NDArray[np.float64], negatives: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the negatives below each score, ties half."""
    ordered = np.sort(negatives)
    below = np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")
    return np.asarray(below / (2 * len(ordered)), np.float64)
