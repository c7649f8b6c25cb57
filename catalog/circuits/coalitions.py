"""Coalitions: do the neurons that agree most with a feature write it together?

Chosen and scored on the same dimensions, any weights at all seem to write any feature (Gaussian
ones reach 0.72-1.00), so a coalition is scored on dimensions that did not choose it. NumPy only;
docs/method.md#coalition.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.circuits.writers import Match, strength

COALITION = 200
"""Neurons that vote."""
SPLITS = 20
"""Random halves of the dimensions."""

Floats = NDArray[np.float64]


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
