"""How many signs of a token change in context: against its cached ones, and another token's."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import Packed, unpack

QUARTERS = 4


@dataclass(frozen=True)
class Flips:
    """Shares of signs that differ from cached ones: float64[positions]."""

    own: NDArray[np.float64]
    """From those of the token itself."""
    other: NDArray[np.float64]
    """From those of the token at a position in another document: the chance level."""
    own_by_magnitude: NDArray[np.float64]
    """`own` by quarters of |state - threshold| within each position, smallest first: float64[4]."""
    other_by_magnitude: NDArray[np.float64]

    @property
    def retained(self) -> float:
        """Share of its signs that a token keeps beyond chance: 1 - own / other."""
        return float(1 - self.own.mean() / self.other.mean())


def flips(
    states: NDArray[np.floating],
    threshold: NDArray[np.floating] | float,
    cached: Packed,
    other: Packed,
) -> Flips:
    """Compare float[positions, D] with packed cached signs, uint8[positions, bytes], row by row."""
    dims = states.shape[1]
    distance = np.abs(states - threshold)
    order = np.argsort(np.argsort(distance, axis=1, kind="stable"), axis=1)
    quarter = order * QUARTERS // dims
    positive = states > threshold
    differs = [positive != unpack(rows, dims) for rows in (cached, other)]
    by = [np.array([d[quarter == q].mean() for q in range(QUARTERS)]) for d in differs]
    return Flips(differs[0].mean(axis=1), differs[1].mean(axis=1), by[0], by[1])
