"""Bootstrap intervals: what is resampled is what was sampled (categories, families, documents).

All are percentile intervals of 95 % (Efron and Tibshirani 1993) over DRAWS resamples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 2000


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def over(self, level: float) -> "Interval":
        """How far the figure lies above a fixed level."""
        return Interval(self.value - level, self.low - level, self.high - level)

    def reversed(self) -> "Interval":
        """The figure with its sign turned: of a difference, the difference the other way round."""
        return Interval(-self.value, -self.high, -self.low)


def nested(
    groups: Sequence[NDArray[np.floating]], generator: np.random.Generator, draws: int = DRAWS
) -> Interval:
    """Mean over groups of the groups' means; groups are resampled, then the values within each.

    Choice where the method is silent: a group drawn twice brings the same inner resample twice,
    which widens the interval a little.
    """
    means = np.array([group.mean() for group in groups])
    inner = np.empty((draws, len(groups)))
    for place, group in enumerate(groups):
        size = len(group)
        weights = generator.multinomial(size, np.full(size, 1 / size), draws)
        inner[:, place] = weights @ np.asarray(group, np.float64) / size
    chosen = generator.integers(len(groups), size=inner.shape)
    found = np.take_along_axis(inner, chosen, axis=1).mean(axis=1)
    return _interval(float(means.mean()), found)


def clustered(
    values: NDArray[np.floating],
    cluster: NDArray[np.integer],
    generator: np.random.Generator,
    draws: int = DRAWS,
) -> Interval:
    """Mean of float[n] where whole clusters (documents) are resampled: int[n] names them."""
    _, place = np.unique(cluster, return_inverse=True)
    totals = np.bincount(place, weights=np.asarray(values, np.float64))
    sizes = np.bincount(place)
    weights = generator.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), draws)
    return _interval(float(np.mean(values)), (weights @ totals) / (weights @ sizes))


def ratio(
    over: NDArray[np.floating],
    under: NDArray[np.floating],
    cluster: NDArray[np.integer],
    generator: np.random.Generator,
    draws: int = DRAWS,
) -> Interval:
    """Mean of `over` divided by the mean of `under`, float[n] each; whole clusters are resampled.

    NaN where `under` has mean 0.
    """
    _, place = np.unique(cluster, return_inverse=True)
    sums = [np.bincount(place, weights=np.asarray(one, np.float64)) for one in (over, under)]
    groups = len(sums[0])
    weights = generator.multinomial(groups, np.full(groups, 1 / groups), draws)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (weights @ sums[0]) / (weights @ sums[1])
        return _interval(float(np.sum(over) / np.sum(under)), found)


def crossed(
    values: NDArray[np.floating],
    generator: np.random.Generator,
    draws: int = DRAWS,
    level: float = 0.95,
) -> Interval:
    """Mean of float[rows, columns] where rows (categories) and columns (seeds) are resampled."""
    rows, columns = values.shape
    left = generator.multinomial(rows, np.full(rows, 1 / rows), draws) / rows
    right = generator.multinomial(columns, np.full(columns, 1 / columns), draws) / columns
    found = np.einsum("ir,rc,ic->i", left, np.asarray(values, np.float64), right, optimize=True)
    return _interval(float(values.mean()), found, level)


def difference(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    generator: np.random.Generator,
    draws: int = DRAWS,
) -> Interval:
    """Mean of the first sample minus that of the second, each resampled by itself."""
    apart = [
        generator.multinomial(len(a), np.full(len(a), 1 / len(a)), draws) @ a / len(a)
        for a in (np.asarray(first, np.float64), np.asarray(second, np.float64))
    ]
    return _interval(float(np.mean(first) - np.mean(second)), apart[0] - apart[1])


def strongest(differences: Mapping[str, Interval]) -> str:
    """Name of the control that a figure beats by least: the lowest end of figure - control."""
    return min(differences, key=lambda name: differences[name].low)


def _interval(value: float, found: NDArray[np.float64], level: float = 0.95) -> Interval:
    tail = 50 * (1 - level)
    low, high = np.percentile(found, (tail, 100 - tail))
    return Interval(value, float(low), float(high))
