"""Arithmetic on logits: contrasts of tokens, log probabilities, divergence. NumPy only."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def contrasts(pairs: Sequence[tuple[Ints, Ints]]) -> tuple[Ints, Any]:
    """Mean of some tokens minus mean of their matched ones, for each pair of these.

    The tokens used, ascending, and sparse float64[pairs, used].
    """
    from scipy.sparse import coo_array

    rows, columns, values = [], [], []
    for number, (tokens, controls) in enumerate(pairs):
        columns += [tokens, controls.ravel()]
        values += [
            np.full(len(tokens), 1 / len(tokens)),
            np.full(controls.size, -1 / controls.size),
        ]
        rows.append(np.full(len(tokens) + controls.size, number))
    used, place = np.unique(np.concatenate(columns), return_inverse=True)
    matrix = coo_array(
        (np.concatenate(values), (np.concatenate(rows), place)), shape=(len(pairs), len(used))
    )
    return used, matrix.tocsr()


def normalised(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Log probabilities of float[rows, n] logits: float32, the sum taken in float64."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True, dtype=np.float64)
    return np.asarray(shifted - np.log(total).astype(np.float32), np.float32)


def divergence(log_p: NDArray[np.floating], base: NDArray[np.floating]) -> Floats:
    """KL(base || row) in nats: float64[rows]."""
    return np.asarray((base - log_p).astype(np.float64) @ np.exp(base.astype(np.float64)))


def first(values: NDArray[np.floating], most: int) -> Ints:
    """Places of the largest of float[n], the largest first, ties by number: int64[at most most]."""
    found = np.sort(np.argpartition(-values, min(most, len(values)) - 1)[:most])
    return found[np.argsort(-values[found], kind="stable")].astype(np.int64)
