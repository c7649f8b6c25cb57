"""Phi of all pairs of dimensions: the Pearson correlation of two signs over shared items."""

import numpy as np
from numpy.typing import NDArray

from catalog.signs import joint as counting
from catalog.signs.bits import Packed, transpose

Bits = NDArray[np.bool_]
"""bool[items, dims], True where positive; one item per family."""
Floats = NDArray[np.float32]


def of_all(a: Bits, b: Bits) -> Floats:
    """Phi of every dimension of A with every one of B: float32[dims of A, dims of B].

    phi = (p_ab - p_a p_b) / sqrt(p_a (1 - p_a) p_b (1 - p_b)); 0 where one never varies. Counts
    are exact below 2^24 items, where float32 holds them.
    """
    n = np.float32(len(a))
    joint = counting.counts(_columns(a), _columns(b)).astype(np.float32)
    first, second = a.mean(axis=0, dtype=np.float64), b.mean(axis=0, dtype=np.float64)
    joint /= n
    joint -= np.outer(first, second).astype(np.float32)
    joint *= _inverse_sd(first)[:, None].astype(np.float32)
    joint *= _inverse_sd(second)[None, :].astype(np.float32)
    return joint


def _columns(bits: Bits) -> Packed:
    """Signs by dimension: uint8[dims, ceil(items / 8)]. Turned once packed: packing columns of
    bytes takes ten times as long.
    """
    return transpose(np.packbits(bits, axis=1, bitorder="little"), bits.shape[1])


def of_pairs(a: Bits, b: Bits) -> NDArray[np.float64]:
    """Phi of column i of A with column i of B: float64[dims]."""
    both = (a & b).mean(axis=0, dtype=np.float64)
    first, second = a.mean(axis=0, dtype=np.float64), b.mean(axis=0, dtype=np.float64)
    found: NDArray[np.float64] = (both - first * second) * _inverse_sd(first) * _inverse_sd(second)
    return found


def largest(
    first: NDArray[np.floating], second: NDArray[np.floating], polarity: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Largest |phi| that two shares positive allow in the direction of `polarity` (+1 or -1).

    With p <= q: sqrt(p (1 - q) / (q (1 - p))); for -1 the second dimension is turned round
    (Guilford's phi_max). 0 where one never varies.
    """
    p = np.asarray(first, np.float64)
    q = np.where(np.asarray(polarity) > 0, second, 1 - np.asarray(second, np.float64))
    low, high = np.minimum(p, q), np.maximum(p, q)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.sqrt(low * (1 - high) / (high * (1 - low)))
    found: NDArray[np.float64] = np.nan_to_num(ratio, nan=0.0, posinf=0.0)
    return found


def _inverse_sd(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / sd of a sign; 0 where it never varies."""
    sd = np.sqrt(share * (1 - share))
    inverse: NDArray[np.float64] = np.where(sd > 0, 1 / np.where(sd > 0, sd, 1), 0)
    return inverse
