"""Significance: hypergeometric p of single dimensions, p by random draws, q of any family."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEVEL = 0.05
"""q below which a test counts."""
ENOUGH = 10
"""Draws that reach the observed value, from which on no more are made."""
_ERROR = 0.001
"""Chance that a p lies below the lowest one that its count still allows."""


def hypergeometric_p(
    positive_anchors: NDArray[np.integer], anchors: int, positives: NDArray[np.integer], pool: int
) -> NDArray[np.float64]:
    """Two-sided p of each dimension: float64, in the shape of the two arrays together.

    Under the null the anchors are drawn without replacement from the pool, so their positives
    k ~ Hypergeometric(pool, positives in pool, anchors); p = min(1, 2 min(P(X<=k), P(X>=k))).
    Summed outward from k (scipy's cdf gives the same and takes 3 s for 5,120 dimensions).
    """
    k, total = np.broadcast_arrays(positive_anchors, positives)
    k, total = k.astype(np.float64), total.astype(np.float64)
    mirrored = k * pool < anchors * total  # below the mean: count the negatives instead
    k = np.where(mirrored, anchors - k, k)
    total = np.where(mirrored, pool - total, total)
    point = np.exp(_log_point(k, anchors, total, pool))
    outward = _upper_tail(point, k, anchors, total, pool)
    inward = 1 - outward + point
    p: NDArray[np.float64] = np.minimum(1.0, 2 * np.minimum(outward, inward))
    return p


def _log_point(
    k: NDArray[np.float64], anchors: int, total: NDArray[np.float64], pool: int
) -> NDArray[np.float64]:
    """Logarithm of P(X = k)."""
    from scipy.special import gammaln

    def choose(n: NDArray[np.float64] | float, m: NDArray[np.float64] | float) -> object:
        return gammaln(n + 1) - gammaln(m + 1) - gammaln(n - m + 1)

    log: NDArray[np.float64] = (
        choose(total, k) + choose(pool - total, anchors - k) - choose(float(pool), float(anchors))  # type: ignore[operator]  # scipy is untyped
    )
    return log


def _upper_tail(
    point: NDArray[np.float64],
    k: NDArray[np.float64],
    anchors: int,
    total: NDArray[np.float64],
    pool: int,
) -> NDArray[np.float64]:
    """P(X >= k) from P(X = k), adding terms until they no longer count."""
    tail, term = point.copy(), point.copy()
    x = k.copy()
    while (term > 1e-17 * tail).any():
        ratio = (total - x) * (anchors - x) / ((x + 1) * (pool - total - anchors + x + 1))
        term = term * np.maximum(ratio, 0)
        tail += term
        x += 1
    return np.minimum(tail, 1.0)


def benjamini_hochberg(p: ArrayLike) -> NDArray[np.float64]:
    """q of each p over one family (every value), in the shape of `p`; none of none.

    Benjamini and Hochberg (1995), step-up: q(i) = min over j >= i of p(j) * n / j. The caller
    decides and names the family.
    """
    flat = np.asarray(p, np.float64).ravel()
    order = np.argsort(flat)
    scaled = flat[order] * len(flat) / np.arange(1, len(flat) + 1)
    q = np.empty_like(flat)
    q[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return q.reshape(np.shape(p))


def by_draws(reached: ArrayLike, draws: ArrayLike) -> NDArray[np.float64]:
    """p = (1 + b) / (1 + B) where `reached` = b of B random draws are at least the observed value.

    The ones keep p above 0 and the test valid: Phipson and Smyth (2010).
    """
    p: NDArray[np.float64] = (1 + np.asarray(reached)) / (1 + np.asarray(draws, np.float64))
    return p


def undecided(reached: ArrayLike, draws: ArrayLike, most: int) -> NDArray[np.bool_]:
    """Tests of one family that are not significant and that more draws could make so: bool[tests].

    `reached` and `draws` are b and B of each test, int[tests]. Open tests (b < ENOUGH, B < `most`)
    are given the lowest p that their count still allows: the lower Clopper-Pearson bound of b / B
    at an error of 0.001, and no less than what `most` draws without a further success would give.
    Those whose q would then be below LEVEL are undecided; where there are none, more draws make
    nothing significant. After Besag and Clifford (1991), and Gandy and Hahn (2014).
    """
    from scipy.special import betaincinv  # quantile of the beta distribution

    b, made = np.broadcast_arrays(np.asarray(reached, np.int64), np.asarray(draws, np.int64))
    p = by_draws(b, made)
    still_open = (b < ENOUGH) & (made < most)
    bound = np.where(b > 0, betaincinv(np.maximum(b, 1), made - b + 1.0, _ERROR), 0.0)
    lowest = np.where(still_open, np.maximum(bound, by_draws(b, most)), p)
    could = benjamini_hochberg(lowest) < LEVEL
    found: NDArray[np.bool_] = still_open & could & (benjamini_hochberg(p) >= LEVEL)
    return found
