"""How many fixed random features would come out as suppressing, put in away's place."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.flips import report as flip_report
from catalog.flips.run import Flips
from catalog.flips.table import Entry, Measured
from catalog.flips.verdicts import LEVEL, Rank, judge
from catalog.signs.significance import benjamini_hochberg


def shares(measured: Measured) -> NDArray[np.float64]:
    """Share of the random features of each run at scale 1 that pass: float64[runs].

    Each in turn takes away's place: it is ranked among the others, its q is that of the family with
    its p in away's place, and the intervals are of it minus the others' mean, noise and disjoint.
    Choice: a random feature has no `toward` of its own that was run, so it must beat one control
    less than away, which makes the share larger. Runs of which not all random features were run
    (none could suppress) have the mean share of the others; NaN where there is none.
    """
    runs = [one for one in measured.entries if one.scale == 1 and one.found]
    p = np.array([one.p for one in runs])
    found = np.array([_share(one, np.delete(p, n)) for n, one in enumerate(runs)])
    missing = np.isnan(found)
    if missing.any() and not missing.all():
        found[missing] = found[~missing].mean()
    return found


def _share(one: Entry, others: Sequence[float] | NDArray[np.float64]) -> float:
    made = one.found
    if made is None or made.rank.drawn < made.setup.draws:
        return np.nan
    ranks = ranked(made)
    passing = [
        n
        for n, rank in enumerate(ranks)
        if rank.p < LEVEL and benjamini_hochberg(np.append(others, rank.p))[-1] < LEVEL
    ]
    return len(suppressing(made, passing)) / len(ranks)


def ranked(found: Flips) -> list[Rank]:
    """Rank of each fixed random feature among the others."""
    means = found.features.mean(axis=(1, 2))
    reached = [int((means <= one).sum()) - 1 for one in means]
    return [Rank(one, len(means) - 1) for one in reached]


def suppressing(found: Flips, chosen: Sequence[int] | None = None) -> list[int]:
    """Which of some (else all) random features come out as suppressing in away's place."""
    bootstrap, ranks = flip_report.bootstrap(found), ranked(found)
    total, count = found.features.sum(axis=0), len(ranks)
    beside = {n: found.effects[n] for n in ("noise", "disjoint") if n in found.effects}
    made = []
    for n in range(count) if chosen is None else chosen:
        own = found.features[n]
        effects = beside | {"away": own, "random": (total - own) / (count - 1)}
        if judge(effects, ranks[n], bootstrap).verdict == "suppresses":
            made.append(n)
    return made
