"""Power: which AUC so many words can tell from chance at all, read off the null that was drawn."""

import math

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.05
POWER = 0.8
_ABOVE = 0.8416212335729143
"""Standard deviations above its 20th percentile that the mean of a normal distribution lies."""


def least_told(aucs: NDArray[np.floating], level: float = LEVEL) -> float:
    """The AUC that must be exceeded for p <= level against these draws, float[draws].

    p = (1 + b) / (1 + draws) with b draws that reach the AUC, so at most level (1 + draws) - 1 may:
    the next largest draw, about the null's 95th percentile. 1 where the draws are too few for any
    AUC to have such a p.
    """
    most = math.floor(level * (1 + len(aucs)) + 1e-9) - 1
    return 1.0 if most < 0 else float(np.sort(aucs)[::-1][most])


def detectable(aucs: NDArray[np.floating], level: float = LEVEL) -> float:
    """The true AUC at which 80 % of word lists of this size have p <= level.

    `least_told` plus 0.84 standard deviations of the null: lists of one true AUC spread about it
    as random sets do, nearly normally. A little careful, since above 1/2 they spread less. At most
    1.
    """
    return min(1.0, least_told(aucs, level) + _ABOVE * float(np.std(aucs, ddof=1)))
