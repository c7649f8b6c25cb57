"""Do two people agree beyond what their accuracies explain? One may copy, or both be misled."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.signs.significance import benjamini_hochberg
from catalog.workspace import dawid_skene
from catalog.workspace.dawid_skene import Estimate, Panel

COLUMNS = ("first", "second", "shared", "same", "expected", "q")
LEAST = 20
"""Subjects that both, and somebody else, have answered: fewer tell nothing."""
LEVEL, EXCESS = 0.01, 0.05
"""A pair is named where q is below the one and agreement exceeds what is expected by the other."""


def none() -> pd.DataFrame:
    """No pair."""
    return pd.DataFrame(columns=list(COLUMNS))


def pairs(panel: Panel, authors: Sequence[str]) -> pd.DataFrame:
    """Pairs that agree too much: first, second, shared, same, expected (subjects), q.

    Of the subjects two people share, and somebody else answered too: the truth by the others'
    answers alone, each one's matrix by a fit that leaves the other out, and so the probability that
    the two agree on each subject, if they answer independently given the truth (the assumption of
    Dawid & Skene 1979). One-sided normal test of the sum of these, Benjamini-Hochberg over pairs.
    The most extreme pair is named, its second one's answers leave, and all is asked again: two who
    copy look right to a fit, and all others wrong in common.
    """
    there, rows = list(range(panel.labelers)), []
    while len(there) > 2:
        tested = _tested(panel, there)
        if tested.empty or not tested.named.iloc[0]:
            break
        worst = tested.iloc[0]
        rows.append(worst[list(COLUMNS)])
        there.remove(int(worst.second))
    found = pd.DataFrame(rows, columns=list(COLUMNS)).reset_index(drop=True)
    for column in COLUMNS[:2]:
        found[column] = [authors[int(one)] for one in found[column]]
    return found


def _tested(panel: Panel, there: Sequence[int]) -> pd.DataFrame:
    """Every pair of those who are there, the most extreme first, and whether it is to be named."""
    panel = _taken(panel, np.isin(panel.labeler, there))
    given = _given(panel)
    fits = {labeler: _without(panel, labeler) for labeler in there}
    rows = []
    for place, one in enumerate(there):
        for two in there[place + 1 :]:
            answered = (given[[one, two]] >= 0).all(axis=0)
            rest = np.delete(given, [one, two], axis=0)
            shared = np.flatnonzero(answered & (rest >= 0).any(axis=0))
            if len(shared) < LEAST:
                continue
            expected = _expected(panel, (one, two), shared, (fits[two], fits[one]))
            same = int((given[one, shared] == given[two, shared]).sum())
            spread = math.sqrt(max(float((expected * (1 - expected)).sum()), 1e-9))
            z = (same - 0.5 - float(expected.sum())) / spread
            rows.append((one, two, len(shared), same, float(expected.sum()), _upper(z), z))
    found = pd.DataFrame(rows, columns=[*COLUMNS, "z"])
    if found.empty:
        return found.assign(named=False)
    found["q"] = benjamini_hochberg(found.q.to_numpy())
    much = (found.same - found.expected) / found.shared > EXCESS
    found["named"] = (found.q < LEVEL) & much
    return found.sort_values(["named", "z"], ascending=False, ignore_index=True)


def _upper(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2))


def _given(panel: Panel) -> NDArray[np.int64]:
    """int64[labelers, subjects]: the value, -1 where not answered."""
    given = np.full((panel.labelers, panel.subjects), -1)
    given[panel.labeler, panel.subject] = panel.value
    return given


def _taken(panel: Panel, rows: NDArray[np.bool_]) -> Panel:
    """The panel of some answers; subjects are numbered anew, labelers are not."""
    subject, numbered = np.unique(panel.subject[rows], return_inverse=True)
    labeler, value = panel.labeler[rows], panel.value[rows]
    return replace(panel, subject=numbered, labeler=labeler, value=value, subjects=len(subject))


def _without(panel: Panel, labeler: int) -> Estimate:
    return dawid_skene.fit(_taken(panel, panel.labeler != labeler))[0]


def _expected(
    panel: Panel,
    two: tuple[int, int],
    shared: NDArray[np.int64],
    estimates: tuple[Estimate, Estimate],
) -> NDArray[np.float64]:
    """Probability that the two agree on each shared subject: float64[shared]."""
    others = np.isin(panel.subject, shared) & ~np.isin(panel.labeler, two)
    truth = dawid_skene.posterior(_taken(panel, others), estimates[0])
    one, other = (e.confusion[who] for e, who in zip(estimates, two, strict=True))
    wrong = [1 - e.accuracy[who] for e, who in zip(estimates, two, strict=True)]
    agree = np.append((one * other).sum(axis=1), wrong[0] * wrong[1] / panel.values)
    expected: NDArray[np.float64] = truth @ agree
    return expected
