"""The contest of prototypes with a learned dictionary: every kind of unit on the same ground.

The same items, anchors, held-out families, splits and background for all: prototypes of signs,
latents, directions of a random dictionary of equal size and sparsity, PCA axes, the dimensions'
values. See `units` for how they are chosen and scored, and docs/method.md.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.evidence import probes, units
from catalog.evidence.cell import Cell, Sample
from catalog.evidence.units import SIZES, Dense, Pool, Sparse, Units
from catalog.features import strongest
from catalog.features.splits import Splits
from catalog.model.dictionaries import Dictionary, largest
from catalog.progress import Report
from catalog.signs.prototypes import TAU, agreeing_members, contrast, register
from catalog.signs.rotation import standardised

PROTOTYPE, SIGNS, LATENTS = "prototype", "signs", "latents"
RANDOM, AXES, VALUES = "random dictionary", "PCA axes", "values"
MEANS, PROBE = "difference of means", "probe"
AT_K = (SIGNS, LATENTS, RANDOM, AXES, VALUES)
"""Kinds of units that are compared at equal k."""
PROBED = 24
"""Categories that are probed, drawn with a fixed seed: in their first split alone."""
BLOCK = 1024
"""Items that are encoded at a time."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Ranks = dict[tuple[str, int], NDArray[np.float64]]
"""By kind and k (0: as many as there are): where each member stands while it is held out."""


@dataclass(frozen=True)
class Ground:
    """Which items are read, and the pool of every category and split among them."""

    items: Ints
    """Numbers of the items, ascending."""
    categories: list[Splits]
    learnt: list[list[Ints]]
    """Of each category and split: the pool where units are chosen, as places in `items`, members
    first; the same list again where every split has the same."""
    tried: list[list[Ints]]
    """The same where they are tried."""

    @classmethod
    def of(cls, cell: Cell) -> "Ground":
        """Whole pools of the cell's categories, as far as they fit its sample."""
        standing = cell.catalog.standing
        if standing is None:
            sample = Sample.of(cell)
            pools = [_places(one) for one in sample.categories]
            same = [
                [pool] * len(o.anchors) for pool, o in zip(pools, sample.categories, strict=True)
            ]
            return cls(sample.items, sample.categories, same, same)
        sides: list[list[list[Ints]]] = [[], []]
        for one in cell.categories:
            columns = standing.places(_places(one))
            for side, table in zip(sides, (standing.learnt, standing.scored), strict=True):
                side.append([table[n % len(table)][columns] for n in range(len(one.anchors))])
        every = [pool for side in sides for one in side for pool in one]
        items = np.unique(np.concatenate(every)) if every else np.empty(0, np.int64)
        learnt, tried = (
            [[np.searchsorted(items, pool) for pool in one] for one in side] for side in sides
        )
        return cls(items, cell.categories, learnt, tried)


def _places(one: Splits) -> Ints:
    return np.concatenate([one.pool.members, one.pool.negatives])


@dataclass(frozen=True)
class Found:
    """What the contest gave."""

    names: tuple[str, ...]
    """The categories."""
    ranks: tuple[Ranks, ...]
    items: int
    active: float
    """Latents that are not 0, mean over the items: L0."""
    silent: float
    """Share of the latents that are 0 for every item."""
    explained: float
    """Share of the variance of the items' states that the dictionary explains."""
    probes: dict[str, float]
    """AUC of a probe, by category, of those that were probed."""

    def aucs(self, kind: str, k: int) -> NDArray[np.float64]:
        """Held-out AUC of each category: float64[categories]."""
        return np.array([np.nanmean(one[kind, k]) for one in self.ranks])

    def paired(self, first: tuple[str, int], second: tuple[str, int]) -> list[NDArray[np.float64]]:
        """Differences of ranks, member by member, of each category."""
        apart = [one[first] - one[second] for one in self.ranks]
        return [one[~np.isnan(one)] for one in apart]


def run(ground: Ground, states: Floats, cut: Floats, made: Dictionary, report: Report) -> Found:
    """The contest on states float32[items, dims] at the dictionary's site; `cut` is float32[dims].

    `report` may raise to cancel.
    """
    latents = Sparse.of(list(_blocks(states, made.encode)))
    kinds: dict[str, Units] = {
        LATENTS: latents,
        RANDOM: _random(states, made.latents, max(1, round(latents.active))),
        AXES: Dense(_axes(states)),
        VALUES: Dense(states),
    }
    bits = (states > cut).astype(np.uint8)
    z = standardised(states)
    probed = np.random.default_rng(0).permutation(len(ground.categories))[:PROBED]
    ranks, trained = [], {}
    for place, one in enumerate(ground.categories):
        report("contest", place, len(ground.categories))
        pools = ground.learnt[place], ground.tried[place]
        found: Ranks = _of_signs(bits, one, pools) | _of_means(z, one, pools)
        for kind, values in kinds.items():
            learnt, tried = (_pools(values, side) for side in pools)
            placed = units.placed(learnt, tried, one.anchors, one.place)
            found |= {(kind, k): placed[n] for n, k in enumerate(SIZES)}
        ranks.append(found)
        if place in probed:
            trained[one.name] = _probe(z, one, pools[0][0], pools[1][0])
    report("contest", len(ground.categories), len(ground.categories))
    return Found(
        tuple(one.name for one in ground.categories),
        tuple(ranks),
        len(states),
        latents.active,
        latents.silent,
        _explained(states, made),
        trained,
    )


def _blocks(states: Floats, encode: Callable[[Floats], Floats]) -> Iterator[Floats]:
    for start in range(0, len(states), BLOCK):
        yield encode(states[start : start + BLOCK])


def _random(states: Floats, latents: int, k: int) -> Sparse:
    """Directions drawn at random on the states about their mean; the k largest of each item."""
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((latents, states.shape[1])).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    mean = states.mean(axis=0)
    return Sparse.of(list(_blocks(states, lambda some: largest((some - mean) @ rows.T, k))))


def _axes(states: Floats) -> Floats:
    """States on their principal axes, largest variance first: float32[items, dims]."""
    centred = (states - states.mean(axis=0)).astype(np.float64)
    _, vectors = np.linalg.eigh(centred.T @ centred / len(states))
    return np.asarray(centred @ vectors[:, ::-1], np.float32)


def _explained(states: Floats, made: Dictionary) -> float:
    left = sum(
        float(((some - made.decode(made.encode(some))) ** 2).sum())
        for some in _blocks(states, lambda one: one)
    )
    total = float(((states - states.mean(axis=0)) ** 2).sum())
    return 1 - left / max(total, 1e-30)


def _pools(values: Units, side: Sequence[Ints]) -> list[Pool]:
    """The units of every split's pool; equal ones are one object."""
    made: list[Pool] = []
    for n, places in enumerate(side):
        made.append(made[-1] if n and places is side[n - 1] else values.pool(places))
    return made


Sides = tuple[Sequence[Ints], Sequence[Ints]]


def _of_signs(bits: NDArray[np.uint8], one: Splits, pools: Sides) -> Ranks:
    """Prototypes: as they are registered, and of the k strongest dimensions alone."""
    members = len(one.members)
    names = [(PROTOTYPE, 0), *((SIGNS, k) for k in SIZES)]
    total = np.zeros((len(names), members))
    for split, row in enumerate(one.anchors):
        learnt, tried = bits[pools[0][split]], bits[pools[1][split]]
        count, pool = int(row.sum()), len(learnt)
        positive = row.astype(np.float32) @ learnt[:members].astype(np.float32)
        contrasts = contrast(positive[None], count, learnt.sum(axis=0, dtype=np.int64), pool)
        made = [register(contrasts, count * pool, TAU)]
        made += [strongest.prototypes(contrasts, min(k, bits.shape[1])) for k in SIZES]
        for place, prototypes in enumerate(made):
            score = agreeing_members(tried, prototypes)[0].astype(np.float64)
            total[place, ~row] += units.among(score[:members][~row], score[members:])
    return dict(zip(names, _mean(total, one), strict=True))


def _of_means(z: Floats, one: Splits, pools: Sides) -> Ranks:
    """The direction from the mean of the pool to that of the anchors: training-free, on states."""
    members = len(one.members)
    total = np.zeros((1, members))
    for split, row in enumerate(one.anchors):
        learnt, tried = z[pools[0][split]], z[pools[1][split]]
        score = tried @ (learnt[:members][row].mean(axis=0) - learnt.mean(axis=0))
        total[0, ~row] += units.among(score[:members][~row], score[members:])
    return {(MEANS, 0): _mean(total, one)[0]}


def _mean(total: NDArray[np.float64], one: Splits) -> NDArray[np.float64]:
    times = (~one.anchors).sum(axis=0)
    return np.where(times > 0, total / np.maximum(times, 1), np.nan)


def _probe(z: Floats, one: Splits, learnt: Ints, tried: Ints) -> float:
    """AUC of a trained probe in the first split: half of the negatives train it, half test it."""
    members, row = len(one.members), one.anchors[0]
    generator = np.random.default_rng(one.place)
    taught = np.zeros(len(learnt) - members, np.bool_)
    taught[generator.permutation(len(taught))[: len(taught) // 2]] = True
    train = np.concatenate([learnt[:members][row], learnt[members:][taught]])
    test = np.concatenate([tried[:members][~row], tried[members:][~taught]])
    label = np.arange(len(train)) < row.sum()
    truth = np.arange(len(test)) < (~row).sum()
    return probes.probe(z[train], label, z[test], truth, generator).auc
