"""Writers: single FFN neurons whose column has the signs of a feature. NumPy only.

Neuron i writes the column W_down[:, i] into the stream; docs/method.md#writer.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.model.columns import Columns

WRITES = 0.70
"""Agreement, or disagreement, above which a single neuron may be a writer."""
FEWEST = 64
"""Registered dimensions below which there is no verdict, on single neurons or coalitions."""
TOP = 20
"""Neurons kept of each feature, the strongest first."""

Floats = NDArray[np.float64]
Match = NDArray[np.float32]
"""float32[dims, neurons]: +1 where a column's sign is the prototype's, -1 where it is not, 0 where
the weight is 0 (which writes neither sign and counts half)."""


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


def best_of_coins(dims: int, neurons: int, level: float = 0.95) -> float:
    """The `level` quantile of the largest max(a, 1 - a) of Gaussian weights, exact.

    Agreements of fair coins are Binomial(dims, 1/2) / dims and independent, so the largest of n
    lies at or below x with probability P(max(a, 1 - a) <= x) ** n.
    """
    from scipy.stats import binom  # 0.8 s to import

    counts = np.arange(dims // 2 + dims % 2, dims + 1)
    within = binom.cdf(counts, dims, 0.5) - binom.cdf(dims - counts - 1, dims, 0.5)
    return float(counts[np.argmax(neurons * np.log(within) >= np.log(level))] / dims)


def rows(
    found: Match, is_writer: NDArray[np.bool_], columns: Columns, count: int = TOP
) -> Iterator[dict[str, Any]]:
    """The strongest neurons as rows of the table `writer`; ties by length, the longest first.

    `is_writer` is bool[neurons].
    """
    agreement = agreements(found)
    order = np.lexsort((-columns.norms, -strength(found)))[:count]
    for rank, place in enumerate(order.tolist(), 1):
        yield {
            "rank": rank,
            "layer": int(columns.layer[place]),
            "neuron": int(columns.neuron[place]),
            "agreement": float(agreement[place]),
            "polarity": 1 if agreement[place] >= 0.5 else -1,
            "norm": float(columns.norms[place]),
            "writer": bool(is_writer[place]),
        }
