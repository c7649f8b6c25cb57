"""Exact and approximate statistics of a share of successes."""

import math
from statistics import NormalDist


def binomial_p(successes: int, trials: int) -> float:
    """Exact one-sided p: P(X >= successes) for X ~ Binomial(trials, 1/2); 1 without trials.

    Summed in integers, so exact to the last division (Clopper and Pearson 1934, one side).
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes of {trials} trials")
    ways = sum(math.comb(trials, k) for k in range(successes, trials + 1))
    return float(ways / 2**trials)


def wilson(successes: float, trials: int, level: float = 0.95) -> tuple[float, float]:
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
