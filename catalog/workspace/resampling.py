"""Bootstrap over subjects: figures of draws with replacement, which weight the subjects."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SAMPLES = 2000
_AT_ONCE = 8_000_000
"""Weights held at a time."""


def drawn(
    units: int, figure: Callable[[Floats], Floats], seed: int = 0, samples: int = SAMPLES
) -> Floats:
    """float64[samples] of a `figure` that takes weights float64[some, units] to float64[some]."""
    generator = np.random.default_rng(seed)
    found, left = [], samples
    while left:
        some = min(left, max(1, _AT_ONCE // units))
        taken = generator.integers(units, size=(some, units))
        taken += np.arange(some)[:, None] * units
        weights = np.bincount(taken.ravel(), minlength=some * units).reshape(some, units)
        found.append(figure(weights.astype(np.float64)))
        left -= some
    return np.concatenate(found)


def interval(figures: Floats) -> tuple[float, float] | None:
    """95 % percentile interval; NaN (0/0) is left out, None where all is."""
    kept = figures[~np.isnan(figures)]
    if not len(kept):
        return None
    low, high = np.percentile(kept, [2.5, 97.5])
    return float(low), float(high)
