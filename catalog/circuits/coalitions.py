"""Which FFN neurons write a feature: signs of down-projection columns against its prototype.

Neuron i writes the column W_down[:, i]. Chosen and scored on the same dimensions, any weights at
all seem to write any feature (Gaussian ones reach 0.72-1.00), so a coalition is scored on
dimensions that did not choose it. NumPy only.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COALITION = 200
"""Neurons that vote."""
SPLITS = 20
"""Random halves of the dimensions."""
WRITES = 0.70
"""Agreement, or disagreement, above which a single neuron may be a writer."""
FEWEST = 64
"""Registered dimensions below which there is no verdict."""

Floats = NDArray[np.float64]
Match = NDArray[np.float32]
"""float32[dims, neurons]: +1 where a column's sign is the prototype's, -1 where it is not, 0 where
the weight is 0 (which writes neither sign and counts half)."""


@dataclass(frozen=True)
class Columns:
    """What all neurons of a model write, block after block."""

    signs: NDArray[np.int8]
    """Sign of every weight, a norm after the FFN folded in: int8[dims, neurons]."""
    norms: NDArray[np.float32]
    """Length of every column: float32[neurons]."""
    layer: NDArray[np.int32]
    """Block of every neuron, from 1, ascending: int32[neurons]."""
    neuron: NDArray[np.int32]
    """Its number within the block, from 0: int32[neurons]."""

    @property
    def neurons(self) -> int:
        """Neurons in all."""
        return len(self.layer)

    def until(self, layer: int) -> "Columns":
        """Neurons of blocks 1 to `layer`: those that can write to resid.`layer`."""
        end = int(np.searchsorted(self.layer, layer, side="right"))
        return Columns(self.signs[:, :end], self.norms[:end], self.layer[:end], self.neuron[:end])


def match(
    signs: NDArray[np.int8], dimensions: NDArray[np.integer], expected: NDArray[np.integer]
) -> Match:
    """Columns against a prototype: int8[all dims, neurons] -> float32[dims, neurons]."""
    rows = signs[dimensions] * np.asarray(expected, np.int8)[:, None]
    return np.asarray(rows, np.float32)


def agreements(found: Match) -> Floats:
    """Agreement a of every neuron: share of the dimensions with its sign; float64[neurons]."""
    return np.asarray(0.5 + found.mean(axis=0, dtype=np.float64) / 2)


def strength(found: Match) -> Floats:
    """max(a, 1 - a) of every neuron: a neuron may write the opposite and be active negatively."""
    return np.asarray(0.5 + np.abs(agreements(found) - 0.5))


def dimension_halves(
    dims: int, generator: np.random.Generator, splits: int = SPLITS
) -> NDArray[np.bool_]:
    """Random halves of the dimensions that choose: bool[splits, dims], dims // 2 True in a row."""
    order = np.argsort(generator.random((splits, dims)), axis=1)
    return order < dims // 2


def weights(scores: NDArray[np.floating], count: int = COALITION) -> Match:
    """Weight and polarity of every neuron in the vote: float[splits, neurons] -> same, -1 to 1.

    The `count` largest |score| have weight 1. Choice where the method is silent: scores are counts
    and tie often, and neither place nor chance shall choose, so neurons tied for the last places
    share them equally (weights below 1). A score of 0 has no polarity and never votes.
    """
    size = np.abs(scores)
    count = min(count, size.shape[1])
    last = np.partition(size, -count, axis=1)[:, -count][:, None]
    above, tied = size > last, size == last
    room = (count - above.sum(axis=1)) / tied.sum(axis=1)
    voting = above + room[:, None].astype(np.float32) * tied
    return np.asarray(np.sign(scores) * voting, np.float32)


def coalition(found: Match, halves: NDArray[np.bool_], count: int = COALITION) -> Floats:
    """Held-out agreement of the coalition of every split: float64[splits].

    Neurons and polarities are chosen on a row's dimensions; their majority vote is scored on the
    others: the share of these whose sign it gives (a tied vote counts half).
    """
    chosen = weights(halves.astype(np.float32) @ found, count)
    return _scored(chosen @ found.T, ~halves)


def in_sample(found: Match, count: int = COALITION) -> float:
    """The paper's procedure: the coalition chosen and scored on all dimensions alike."""
    every = np.ones((1, len(found)), np.bool_)
    return float(_scored(weights(found.sum(axis=0)[None], count) @ found.T, every)[0])


def _scored(votes: Match, held_out: NDArray[np.bool_]) -> Floats:
    # Float sums of +-1 and of shared places: what cancels may leave a rounding error.
    near = np.abs(votes) < 1e-3
    right = np.where(near, 0.5, votes > 0)
    return np.asarray((right * held_out).sum(axis=1) / held_out.sum(axis=1))


@dataclass(frozen=True)
class Draws:
    """What one procedure gave, draw after draw: float64[draws] each."""

    held_out: Floats
    """Mean held-out agreement of the coalition over the splits."""
    in_sample: Floats
    """The paper's procedure."""
    best: Floats
    """Largest max(a, 1 - a) over all neurons searched."""

    def joined(self, more: "Draws") -> "Draws":
        """These draws and further ones."""
        return Draws(
            np.concatenate([self.held_out, more.held_out]),
            np.concatenate([self.in_sample, more.in_sample]),
            np.concatenate([self.best, more.best]),
        )

    @property
    def held_out_p95(self) -> float:
        """95th percentile."""
        return float(np.quantile(self.held_out, 0.95))

    @property
    def best_p95(self) -> float:
        """95th percentile."""
        return float(np.quantile(self.best, 0.95))


def measured(found: Match, generator: np.random.Generator) -> tuple[float, float, float]:
    """Held-out agreement (mean over SPLITS), in-sample agreement, and the best neuron's."""
    halves = dimension_halves(len(found), generator)
    return float(coalition(found, halves).mean()), in_sample(found), float(strength(found).max())


def draws(matches: Iterator[Match], generator: np.random.Generator) -> Draws:
    """The whole procedure on every match of a null."""
    rows = np.array([measured(one, generator) for one in matches]).reshape(-1, 3)
    return Draws(rows[:, 0], rows[:, 1], rows[:, 2])


def coins(dims: int, neurons: int, count: int, generator: np.random.Generator) -> Iterator[Match]:
    """Gaussian weights: their signs are fair coins, whatever the prototype."""
    for _ in range(count):
        drawn = generator.integers(0, 2, (dims, neurons), dtype=np.int8)
        yield (2 * drawn - 1).astype(np.float32)


def permuted(found: Match, count: int, generator: np.random.Generator) -> Iterator[Match]:
    """Signs permuted across neurons, each dimension by itself: as many of each sign stay."""
    for _ in range(count):
        yield generator.permuted(found, axis=1)


def best_of_coins(dims: int, neurons: int, level: float = 0.95) -> float:
    """The `level` quantile of the largest max(a, 1 - a) of Gaussian weights, exact.

    Agreements of fair coins are Binomial(dims, 1/2) / dims and independent, so the largest of n
    lies at or below x with probability P(max(a, 1 - a) <= x) ** n.
    """
    from scipy.stats import binom  # 0.8 s to import

    counts = np.arange(dims // 2 + dims % 2, dims + 1)
    within = binom.cdf(counts, dims, 0.5) - binom.cdf(dims - counts - 1, dims, 0.5)
    return float(counts[np.argmax(neurons * np.log(within) >= np.log(level))] / dims)
