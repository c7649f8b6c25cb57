"""q over a family of flips, with more random features where their number could be the reason.

A rank among 100 has a least p of 1/101, which Benjamini-Hochberg over 70 tests does not accept
unless 14 of them share it: the floor, not the effect, would decide. So tests at the floor get more
random features while that could still change the outcome.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.flips.fixed import FEATURES
from catalog.flips.verdicts import LEVEL, Rank
from catalog.signs.significance import benjamini_hochberg

FEWEST_MOST = 1_000
"""Random features that a test may get at least, however small the family."""


@dataclass
class Ranked:
    """One test of a family."""

    rank: Rank
    clear: bool
    """Whether all else says suppresses, so that its q decides."""
    more: Callable[[int], Rank]
    """Draws so many more random features and ranks away anew."""


def settle(tests: Sequence[Ranked]) -> NDArray[np.float64]:
    """q of each test: float64[tests]; their ranks are brought up to date.

    A test is extended, FEATURES at a time, while no random feature has reached away, its q is not
    below LEVEL, and would be if none of those still to come reached it either. It ends with the
    first that does, or where 1 / (1 + drawn) could pass in a family of this size even alone.

    The p of such a test, (1 + b) / (1 + B) with the B it ended with, is valid: for any level a
    test can only pass at the first look n with 1 / (1 + n) <= level, at which (1 + b) / (1 + n)
    <= level has at most that probability under the null (sequential Monte Carlo test with one
    exceedance; Besag & Clifford 1991). Tests whose verdict q cannot change are not extended, which
    only makes the q of the others larger.
    """
    if not tests:
        return np.zeros(0)
    most = max(FEWEST_MOST, FEATURES * -(-int(np.ceil(len(tests) / LEVEL)) // FEATURES))
    while True:
        p = np.array([one.rank.p for one in tests])
        q = benjamini_hochberg(p)
        floor = [
            n
            for n, one in enumerate(tests)
            if one.clear and not one.rank.reached and q[n] >= LEVEL and one.rank.drawn < most
        ]
        best = p.copy()
        best[floor] = 1 / (1 + most)
        hoped = benjamini_hochberg(best)
        wanted = [n for n in floor if hoped[n] < LEVEL]
        if not wanted:
            return q
        for n in wanted:
            tests[n].rank = tests[n].more(FEATURES)
