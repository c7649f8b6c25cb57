"""Do two people agree beyond what their accuracies explain? One may copy, or both be misled."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.signs.significance import benjamini_hochberg
from catalog.workspace import dawid_skene
from catalog.workspace.dawid_skene import TINY, Estimate, Floats, Panel

COLUMNS = ("first", "second", "shared", "same", "expected", "q")
LEAST = 20
"""Subjects that both, and somebody else, have answered: fewer tell nothing."""
OTHERS = 2
"""Other people who must have answered half as often as the pair did together: with one alone each
fit has two people, whose skills nothing tells apart, and two who are often right look like copies.
"""
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
    Asked only of pairs beside OTHERS more people who answered about as much.
    The most extreme pair is named, its second one's answers leave, and all is asked again: two who
    copy look right to a fit, and all others wrong in common.
    """
    there, rows = list(range(panel.labelers)), []
    while len(there) > 1 + OTHERS:
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
    fits = {one: dawid_skene.fit(_taken(panel, panel.labeler != one))[0] for one in there}
    people, often, rows = (given >= 0).sum(axis=0), (given >= 0).sum(axis=1), []
    for place, two in enumerate(there):
        logs = _logs(fits[two])
        told = np.log(np.maximum(fits[two].prevalence, TINY)) + _sums(logs, given, there, two)
        for one in there[:place]:
            shared = np.flatnonzero((given[[one, two]] >= 0).all(axis=0) & (people > 2))
            others = sorted(often[other] for other in there if other not in (one, two))
            if len(shared) < LEAST or others[-OTHERS] < max(LEAST, len(shared) / 2):
                continue
            odds = told[shared] - logs[one][:, given[one, shared]].T
            odds = np.exp(odds - odds.max(axis=1, keepdims=True))
            agree = _agree(fits[two], one, fits[one], two)
            expected = odds @ agree / odds.sum(axis=1)
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


def _logs(estimate: Estimate) -> Floats:
    """Log theta with a row for "another", where every answer is an error:
    float64[labelers, values + 1, values].
    """
    labelers, k, _ = estimate.confusion.shape
    wrong = np.repeat((1 - estimate.accuracy) / k, k).reshape(labelers, 1, k)
    logs: Floats = np.log(np.maximum(np.concatenate([estimate.confusion, wrong], axis=1), TINY))
    return logs


def _sums(logs: Floats, given: NDArray[np.int64], there: Sequence[int], without: int) -> Floats:
    """Log chance of what all but one said of each subject: float64[subjects, values + 1]."""
    told = np.zeros((given.shape[1], logs.shape[1]))
    for one in there:
        if one != without:
            answered = np.flatnonzero(given[one] >= 0)
            told[answered] += logs[one][:, given[one, answered]].T
    return told


def _agree(of_one: Estimate, one: int, of_two: Estimate, two: int) -> Floats:
    """Chance that two people say the same, by true value: float64[values + 1]."""
    first, second = of_one.confusion[one], of_two.confusion[two]
    wrong = (1 - of_one.accuracy[one]) * (1 - of_two.accuracy[two]) / len(first)
    return np.append((first * second).sum(axis=1), wrong)
