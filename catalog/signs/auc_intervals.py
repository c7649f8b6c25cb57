"""95 % intervals of a held-out AUC over words, which are examples and test words by turns.

Why not one of the usual ones. Student's t over the words' ranks leaves out that the same words also
made the prototypes: it covers 69-85 %. A bootstrap of words puts copies of one word into examples
and test; keeping copies together mends that, but where words share nothing the AUC is a degenerate
U-statistic, of which a bootstrap and a jackknife are several times too wide (Arcones & Gine 1992).
So the variance is taken apart into what comes of **testing** other words and what comes of
**teaching** with other words:

- *tested*: the variance of the mean of the words' held-out ranks, were the ranks unrelated.
- *taught*: a jackknife (Efron & Stein 1981). Each group of words is taken out of the examples, the
  dimensions are chosen anew, and what the other words' ranks lose is recorded. It is too large:
  with the group, dimensions also leave that were near the registration level by chance. So only a
  share of it counts.
- *joint*: the covariance of the two, for the same words do both.
- few words estimate all of it badly, so it is moderated (Smyth 2004) by a number of prior words
  that have the variance of random sets, a multiple of A (1 - A) / words.

The shares and the prior of a `Design` follow from no theory: they were chosen on planted worlds,
and the coverage they give was measured on others, see docs/method.md#intervals.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Design(NamedTuple):
    """How the held-out AUC of one procedure varies."""

    taught: float
    """Share of the jackknife's variance that counts."""
    joint: float
    """Share of the covariance that counts."""
    random: float
    """Variance of the AUC of random sets, as a multiple of A (1 - A) / words."""
    prior: int
    """Words that the variance of random sets counts for."""


FOLDS = Design(taught=0.3, joint=0.0, random=0.7, prior=30)
"""Every word is tested once, by the prototype of the other folds: concepts."""
SPLITS = Design(taught=0.5, joint=1.0, random=0.4, prior=10)
"""The mean over 20 random splits into examples and test words: categories."""


class Parts(NamedTuple):
    """The parts of the variance of a held-out AUC."""

    tested: float
    taught: float
    joint: float


def parts(
    ranks: NDArray[np.floating], losses: NDArray[np.floating], group: NDArray[np.integer]
) -> Parts:
    """Take the variance of a held-out AUC apart.

    `ranks` is float[words], each word's held-out rank among the negatives, 0 to 1; `group` is
    int[words], its group, from 0; `losses` is float[groups], by how much the mean rank of the
    other words is higher with the group among the examples than without. Below two words or
    groups the parts that need more are 0.
    """
    words, groups = len(ranks), len(losses)
    tested = float(np.var(ranks, ddof=1)) / words if words > 1 else 0.0
    if groups < 2:
        return Parts(tested, 0.0, 0.0)
    means = np.bincount(group, ranks, groups) / np.bincount(group, minlength=groups)
    taught = (groups - 1) * float(np.var(losses))  # (groups - 1) / groups * sum of squares
    joint = float(np.mean((means - means.mean()) * (losses - losses.mean())))
    return Parts(tested, taught, joint)


def interval(auc: float, words: int, parts: Parts, design: Design) -> tuple[float, float]:
    """95 % interval of a held-out AUC over `words` words.

    Wilson's interval (1927) for a share, with A (1 - A) / variance in place of the number of
    trials, so that it stays within 0 and 1 and is wider towards 1/2; Student's t with
    words - 1 + prior degrees of freedom in place of the normal quantile.
    """
    from scipy.special import stdtrit  # Student's t quantile; scipy.stats takes 1 s to import

    spread = _spread(auc, words)
    degrees = words - 1
    own = max(0.0, parts.tested + design.taught * parts.taught + design.joint * parts.joint)
    expected = design.random * spread / words
    variance = (design.prior * expected + degrees * own) / (design.prior + degrees)
    trials = spread / variance
    t = float(stdtrit(design.prior + degrees, 0.975))
    centre = (auc + t * t / (2 * trials)) / (1 + t * t / trials)
    half = t * math.sqrt(auc * (1 - auc) / trials + (t / (2 * trials)) ** 2) / (1 + t * t / trials)
    return min(auc, max(0.0, centre - half)), max(auc, min(1.0, centre + half))


def _spread(auc: float, words: int) -> float:
    """A (1 - A), with half a word added on either side so that it is never 0."""
    inside = (words * auc + 0.5) / (words + 1)
    return inside * (1 - inside)
