"""A toy model of superposition (Elhage et al. 2022), trained here: how its signs depend.

Sparse features x >= 0 are squeezed into fewer hidden dimensions, h = W x, and read back as
relu(W^T h + b). The signs of h share information because a dimension carries several features.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.signs import independence
from catalog.signs.rotation import signs_at_median

FEATURES = 4
"""Features for each hidden dimension."""
ACTIVE = 0.05
"""Probability that a feature is there."""
STEPS, BATCH, RATE = 1500, 256, 3e-3
ITEMS = 8192

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Toy:
    """A trained toy model."""

    weights: Floats
    """float32[hidden, features]"""
    loss: float
    """Mean squared error on new features, over that of giving back nothing."""


def features(count: int, items: int, generator: np.random.Generator) -> Floats:
    """Sparse features, uniform on (0, 1) where they are there: float32[items, count]."""
    values = generator.random((items, count), np.float32)
    return values * (generator.random((items, count), np.float32) < ACTIVE)


def train(hidden: int, generator: np.random.Generator) -> Toy:
    """Train on fresh features with Adam (Kingma & Ba 2015) from random weights."""
    count = FEATURES * hidden
    weights = generator.normal(size=(hidden, count)).astype(np.float32) / np.sqrt(hidden)
    values = [weights.astype(np.float32), np.zeros(count, np.float32)]
    moments = [(np.zeros_like(one), np.zeros_like(one)) for one in values]
    for step in range(1, STEPS + 1):
        x = features(count, BATCH, generator)
        for value, (first, second), slope in zip(values, moments, _slopes(values, x), strict=True):
            first += 0.1 * (slope - first)
            second += 0.001 * (slope * slope - second)
            size = np.sqrt(second / (1 - 0.999**step)) + 1e-8
            value -= np.float32(RATE) * (first / (1 - 0.9**step)) / size
    x = features(count, ITEMS, generator)
    back = np.maximum(x @ values[0].T @ values[0] + values[1], 0)
    return Toy(values[0], float(np.square(back - x).mean() / np.square(x).mean()))


def _slopes(values: list[Floats], x: Floats) -> tuple[Floats, Floats]:
    """Gradients of the mean squared error in the weights and the bias."""
    weights, bias = values
    hidden = x @ weights.T
    before = hidden @ weights + bias
    error = (np.maximum(before, 0) - x) * (before > 0) * np.float32(2 / len(x))
    slope = hidden.T @ error + (error @ weights.T).T @ x
    return slope, error.sum(axis=0)


def information(toy: Toy, generator: np.random.Generator) -> float:
    """Mean mutual information of the signs of h at their medians above permuted signs, in bits."""
    x = features(toy.weights.shape[1], ITEMS, generator)
    columns = signs_at_median(x @ toy.weights.T).by_dimension
    floor = independence.permuted(columns, ITEMS, generator)
    found, by_chance = (independence.measure(one, ITEMS).mean_mi for one in (columns, floor))
    return found - by_chance
