"""Exact and approximate statistics of a share of successes."""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def binomial_p(successes: int, trials: int) -> float:
    """Exact one-sided p: P(X >= successes) for X ~ Binomial(trials, 1/2); 1 without trials.

    Summed in integers, so exact to the last division (Clopper and Pearson 1934, one side).
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    ways = sum(math.comb(trials, k) for k in range(successes, trials + 1))
    return float(ways / 2**trials)


def wilson(successes: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share, without continuity correction; (0, 1) without trials.

    Wilson 1927, JASA 22: centre (p + z^2/2n) / (1 + z^2/n), half width
    z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n).
    """
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, scale = successes / trials, 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2) / scale
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return low, 1.0 if successes == trials else min(1.0, centre + half)


def clustered(successes: NDArray[np.integer], trials: NDArray[np.integer]) -> tuple[float, float]:
    """95 % interval of the pooled share of several groups, each int[groups]; (0, 1) without trials.

    Rao and Scott 1992, Biometrics 48: Wilson's interval of as many trials as independent ones would
    say as much, n / d, where d is the variance of the share between groups over the binomial one
    (here at least 1). Of one group d is 1: nobody knows how others would differ.
    """
    right, count, groups = float(successes.sum()), float(trials.sum()), len(trials)
    share = right / count if count else 0.0
    if groups < 2 or not 0 < share < 1:
        return wilson(right, count)
    residual = successes - share * trials
    variance = groups / (groups - 1) * float((residual**2).sum()) / count**2
    design = max(1.0, variance * count / (share * (1 - share)))
    return wilson(right / design, count / design)


def difference(
    successes: tuple[int, int], trials: tuple[int, int], level: float = 0.95
) -> tuple[float, float]:
    """Interval of the first share less the second, of independent samples: Newcombe's hybrid score.

    Newcombe 1998, Statistics in Medicine 17, method 10: d - sqrt((p1 - l1)^2 + (u2 - p2)^2) to
    d + sqrt((u1 - p1)^2 + (p2 - l2)^2), with Wilson's (l, u) of each. (-1, 1) without trials.
    """
    if 0 in trials:
        return -1.0, 1.0
    first, second = (hit / all_ for hit, all_ in zip(successes, trials, strict=True))
    low1, high1 = wilson(successes[0], trials[0], level)
    low2, high2 = wilson(successes[1], trials[1], level)
    apart = first - second
    return (
        apart - math.hypot(first - low1, high2 - second),
        apart + math.hypot(high1 - first, second - low2),
    )
