"""Unsupervised features: neighbours found on one half of the dimensions, tested on the other.

Neighbours share signs by construction, so a test on the dimensions that chose them passes on coin
flips; the paper's own procedure does that and is kept beside, under its name.
"""

import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.signs import joint
from catalog.signs.bits import Packed, Words, by_words, count_positive, mask_of, transpose, words
from catalog.signs.prototypes import Prototypes, contrast, histograms, ranks, register
from catalog.signs.significance import benjamini_hochberg

NEIGHBOURS = 50
ANCHORS = 25
FIRING_PERCENTILE = 5
THREADS = 2
"""Threads that look at seeds side by side."""
MERGED = 0.5
"""Jaccard index of firing sets above which two features are one."""
_SEEDS = 256
"""Seeds whose neighbours are found together, with one random half of the dimensions."""


@dataclass(frozen=True)
class Field:
    """Signs by dimension of the items to search: family representatives, in some order."""

    by_dimension: Packed
    """uint8[dims, ceil(items / 8)], unused bits 0."""
    items: int

    @functools.cached_property
    def by_item(self) -> Words:
        """The same by item as words: uint64[ceil(dims / 64), items]."""
        return words(transpose(self.by_dimension, self.items))

    @functools.cached_property
    def words(self) -> Words:
        """The same by dimension as words: uint64[dims, words]."""
        return by_words(self.by_dimension)

    def __post_init__(self) -> None:
        """Refuse fewer items than a neighbourhood and a background need."""
        if self.items < 4 * NEIGHBOURS:
            raise SettingRefused(
                f"Discovery needs at least {4 * NEIGHBOURS} items; there are {self.items}."
            )


@dataclass(frozen=True)
class Found:
    """Features of some seeds; all arrays have one row for each."""

    seeds: NDArray[np.int64]
    """Place of the seed item."""
    neighbours: NDArray[np.int64]
    """int64[seeds, NEIGHBOURS]: the first ANCHORS registered, the others were the test."""
    prototypes: Prototypes
    auc: NDArray[np.float64]
    """Agreement of the test neighbours against the items that are no neighbours."""
    firing: Packed
    """uint8[seeds, ceil(items / 8)]: which items agree more than the firing level."""
    sparsity: NDArray[np.float64]
    """Share of the items that fire; the seed, its anchors and its test neighbours left out, which
    fire by construction."""


def discover(
    field: Field,
    seeds: NDArray[np.integer],
    generator: np.random.Generator,
    same_dimensions: bool = False,
    progress: Callable[[int, int], None] | None = None,
    together: int = _SEEDS,
) -> Found:
    """A feature for each seed; a random half of the dimensions serves `together` of them.

    The seed's 50 nearest items by Hamming on a random half of the dimensions; a random 25 of them
    register dimensions of the other half; the other 25 test them there. `same_dimensions` finds,
    registers and tests on all dimensions instead: the paper's procedure. Choices where the method
    is silent: a half is drawn for every 256 seeds (an interval over seeds resamples these groups,
    and asks for smaller ones); ties for the 50th are drawn by lot; the seed
    itself is not its neighbour; p of registration is over all items; items that are neighbours are
    not negatives.
    """
    parts = []
    dims = len(field.by_dimension)
    positives = count_positive(field.by_dimension)
    for start in range(0, len(seeds), together):
        batch = np.asarray(seeds[start : start + together], np.int64)
        order = generator.permutation(dims)
        near, test = order[: dims // 2], order[dims // 2 :]
        if same_dimensions:
            near = test = order
        neighbours = nearest(field, batch, near, generator)
        parts.append(_test(field, batch, neighbours, np.sort(test), positives))
        if progress is not None:
            progress(start + len(batch), len(seeds))
    return _joined(parts)


def nearest(
    field: Field,
    seeds: NDArray[np.int64],
    dimensions: NDArray[np.integer],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """The NEIGHBOURS nearest items of each seed on some dimensions, in random order."""
    from catalog.signs import distances  # numba takes a second to import

    unlike = distances.to_all(field.by_item, seeds, mask_of(dimensions, len(field.by_item)))
    unlike[np.arange(len(seeds)), seeds] = np.iinfo(np.uint16).max
    with ThreadPoolExecutor(THREADS) as threads:
        return np.stack([_lot(*nearby, generator) for nearby in threads.map(_nearby, unlike)])


def _nearby(unlike: NDArray[np.uint16]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places that are surely among the NEIGHBOURS smallest, and those tied for last."""
    last = np.partition(unlike, NEIGHBOURS - 1)[NEIGHBOURS - 1]
    reached = np.flatnonzero(unlike <= last)
    below = unlike[reached] < last
    return reached[below], reached[~below]


def _lot(
    sure: NDArray[np.int64], tied: NDArray[np.int64], generator: np.random.Generator
) -> NDArray[np.int64]:
    """NEIGHBOURS places, ties for the last by lot, in random order."""
    lot = generator.choice(tied, NEIGHBOURS - len(sure), replace=False)
    return generator.permutation(np.concatenate([sure, lot]))


def _test(
    field: Field,
    seeds: NDArray[np.int64],
    neighbours: NDArray[np.int64],
    dimensions: NDArray[np.int64],
    positives: NDArray[np.int64],
) -> Found:
    """Register on the first ANCHORS neighbours and score all items, on the dimensions given."""
    counted = _positive_anchors(field, neighbours[:, :ANCHORS])[:, dimensions]
    contrasts = contrast(counted, ANCHORS, positives[dimensions], field.items)
    inside = register(contrasts, ANCHORS * field.items)
    prototypes = Prototypes(dimensions[inside.dimensions], inside.signs, inside.fallback)
    with ThreadPoolExecutor(THREADS) as threads:
        rows = threads.map(
            lambda row: _scored(field, int(seeds[row]), neighbours[row], _row(prototypes, row)),
            range(len(seeds)),
        )
        firing, sparsity, auc = zip(*rows, strict=True)
    return Found(seeds, neighbours, prototypes, np.array(auc), np.stack(firing), np.array(sparsity))


def _scored(
    field: Field, seed: int, mine: NDArray[np.int64], prototype: Prototypes
) -> tuple[Packed, float, float]:
    """Which items fire, their share, and the AUC of one seed's feature."""
    from catalog.signs import counted  # numba takes a second to import

    agree = counted.agreeing(field.words, prototype, field.items)[0]
    level = np.percentile(agree[mine[ANCHORS:]], FIRING_PERCENTILE)
    fires = agree > level
    out = np.append(mine, seed)
    sparsity = (np.count_nonzero(fires) - fires[out].sum()) / (field.items - len(out))
    return np.packbits(fires, bitorder="little"), float(sparsity), _auc(agree, mine)


def _positive_anchors(field: Field, anchors: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Positive anchors of each seed, int64[seeds, anchors], by dimension: uint16[seeds, dims]."""
    from catalog.signs import adding  # numba takes a second to import

    rows = np.ascontiguousarray(field.by_item[:, anchors.ravel()].T)
    places = np.arange(anchors.size).reshape(anchors.shape)
    found = np.empty((len(anchors), len(field.by_dimension)), np.uint16)
    for mine, counts in zip(places, found, strict=True):
        adding.column_sums(rows, mine, counts)
    return found


def _row(prototypes: Prototypes, row: int) -> Prototypes:
    real = prototypes.signs[row] != 0
    return Prototypes(
        prototypes.dimensions[row][real][None],
        prototypes.signs[row][real][None],
        prototypes.fallback[row : row + 1],
    )


def _auc(agree: NDArray[np.uint16], neighbours: NDArray[np.int64]) -> float:
    """ROC AUC of the test neighbours against the items that are no neighbours, ties half."""
    levels = int(agree.max()) + 1
    histogram = histograms(agree[None], levels) - histograms(agree[None, neighbours], levels)
    return float(ranks(histogram)[0][agree[neighbours[ANCHORS:]]].mean())


def _joined(parts: list[Found]) -> Found:
    longest = max(part.prototypes.signs.shape[1] for part in parts)

    def padded(rows: NDArray[np.generic]) -> NDArray[np.generic]:
        return np.pad(rows, ((0, 0), (0, longest - rows.shape[1])))

    prototypes = Prototypes(
        np.concatenate([padded(p.prototypes.dimensions) for p in parts]),
        np.concatenate([padded(p.prototypes.signs) for p in parts]),
        np.concatenate([p.prototypes.fallback for p in parts]),
    )
    return Found(
        np.concatenate([p.seeds for p in parts]),
        np.concatenate([p.neighbours for p in parts]),
        prototypes,
        np.concatenate([p.auc for p in parts]),
        np.concatenate([p.firing for p in parts]),
        np.concatenate([p.sparsity for p in parts]),
    )


@dataclass(frozen=True)
class Yield:
    """Which features exceed a null made by the same procedure."""

    p: NDArray[np.float64]
    q: NDArray[np.float64]

    @property
    def share(self) -> float:
        """Share of the seeds with q < 0.05."""
        return float((self.q < 0.05).mean())


def yield_against(auc: NDArray[np.floating], null: NDArray[np.floating]) -> Yield:
    """p = (1 + b) / (1 + B) against the null's AUCs, q over all seeds (Benjamini-Hochberg).

    The null: `discover` on column-permuted signs (`independence.permuted`). Give it about as many
    seeds as there are features: with B null seeds no p is below 1 / (1 + B).
    """
    ordered = np.sort(null)
    reached = len(ordered) - np.searchsorted(ordered, auc, side="left")
    p = (1 + reached) / (1 + len(ordered))
    return Yield(p, benjamini_hochberg(p))


def random_neighbours(
    field: Field, seeds: NDArray[np.integer], generator: np.random.Generator
) -> NDArray[np.float64]:
    """AUCs where the 50 are random items: the null of the paper's procedure, float64[seeds]."""
    drawn = np.stack(
        [generator.choice(field.items, NEIGHBOURS, replace=False) for _ in range(len(seeds))]
    )
    everything = np.arange(len(field.by_dimension))
    positives = count_positive(field.by_dimension)
    parts = [
        _test(field, drawn[i : i + _SEEDS, 0], drawn[i : i + _SEEDS], everything, positives).auc
        for i in range(0, len(drawn), _SEEDS)
    ]
    return np.concatenate(parts)


def merge(found: Found, merged: float = MERGED) -> NDArray[np.int64]:
    """Which seed each seed's feature is merged into (itself where it is kept): int64[seeds].

    Strongest AUC first: a feature joins the first kept one whose firing set has a Jaccard index
    above `merged` with its own.
    """
    count = len(found.auc)
    both = joint.counts(found.firing, found.firing)
    sizes = np.diag(both)
    union = sizes[:, None] + sizes[None] - both
    alike = both > merged * union
    into = np.full(count, -1, np.int64)
    for row in np.argsort(-found.auc, kind="stable"):
        if into[row] < 0:
            into[alike[row] & (into < 0)] = row
            into[row] = row
    return into
