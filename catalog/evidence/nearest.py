"""Nearest neighbours of labelled items: is the nearest one of the same category?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_ROWS = 256
"""Queries compared together."""


@dataclass(frozen=True)
class Nearest:
    """For each query, whether its nearest item shares a category (mean over ties): float64[n]."""

    among_all: NDArray[np.float64]
    among_labelled: NDArray[np.float64]
    chance: NDArray[np.float64]
    """Share of all candidates that share a category with the query."""


def nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.int64], labels: NDArray[np.bool_]
) -> Nearest:
    """Nearest items by dot product of float32[n, D], the query itself left out.

    Rows of +1 and -1 give Hamming, rows of length 1 cosine. One item per family, so that no item
    is of the query's family. `labels` is bool[n, categories]; items without any are candidates
    that are never right.
    """
    labelled = labels.any(axis=1)
    float_labels = labels.astype(np.float32)
    parts: list[tuple[NDArray[np.float64], ...]] = []
    for start in range(0, len(queries), _ROWS):
        mine = queries[start : start + _ROWS]
        alike = vectors[mine] @ vectors.T
        alike[np.arange(len(mine)), mine] = -np.inf
        right = (float_labels[mine] @ float_labels.T) > 0
        chance = (right.sum(axis=1) - 1) / (len(vectors) - 1)  # a query shares with itself
        parts.append(
            (_best(alike, right), _best(np.where(labelled, alike, -np.inf), right), chance)
        )
    return Nearest(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _best(alike: NDArray[np.float32], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    tied = alike == alike.max(axis=1, keepdims=True)
    share: NDArray[np.float64] = (tied & right).sum(axis=1) / tied.sum(axis=1)
    return share


def unit(vectors: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rows scaled to length 1 (rows of zeros stay): float32[n, D]."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-30), np.float32)
