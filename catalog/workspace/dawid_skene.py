"""True answers from several people's: the model of Dawid & Skene 1979, and a quick estimate of it.

A subject has one true value; a labeler gives value l where k is true with the probability
theta[k, l] of their own confusion matrix, whatever others say. Row k of a labeler's matrix has a
Dirichlet prior of STRENGTH pseudo answers around the labeler's own accuracy (the rest spread evenly
over the other values), the accuracy a Beta prior, prevalence a flat Dirichlet prior
(docs/method.md#true-answer). So a row with few answers leans on the labeler's other rows, and a
list of many categories needs no more answers than a short one.

Where there are many values, a subject's truth is one of those somebody said of it, or one nobody
did ("another"): a single weight, in which every answer of the subject is an error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STRENGTH = 4.0
"""Pseudo answers of each row of a confusion matrix."""
RIGHT, WRONG = 3.0, 1.0
"""Pseudo answers of a labeler's accuracy: people are right 3 times of 4 until they answer."""
WHOLE = 6
"""Up to so many values each may be true of every subject, whether somebody said it or not."""
ROUNDS, CLOSE = 40, 1e-3
"""Rounds at most, and the change of any probability below which they end."""
TINY = 1e-300


@dataclass(frozen=True)
class Panel:
    """Answers as numbers, sorted by subject; each labeler at most once for each subject."""

    subject: Ints
    """int64[answers], ascending; every number from 0 to subjects - 1 occurs."""
    labeler: Ints
    """int64[answers]."""
    value: Ints
    """int64[answers]."""
    subjects: int
    labelers: int
    values: int
    open: bool = False
    """The list of values is longer than what was said: the truth may be one that nobody said."""


@dataclass(frozen=True)
class Estimate:
    """A point estimate of everything but the truths."""

    prevalence: Floats
    """float64[values + 1]; the last is "another"."""
    accuracy: Floats
    """float64[labelers]: the accuracy around which each one's rows lie."""
    confusion: Floats
    """float64[labelers, values, values]: theta."""


class Layout:
    """Where in the matrices each answer would lie, for each candidate of its subject.

    Of J * values * values cells only those that some answer could lie in are kept.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.many = panel.values > WHOLE
        self.another = panel.open or self.many
        self.starts = np.searchsorted(panel.subject, np.arange(panel.subjects + 1))
        self.candidates = _said(panel, self.starts) if self.many else _every(panel)
        self.real = self.candidates >= 0  # bool[subjects, C]
        chosen = np.where(self.real, self.candidates, 0)[panel.subject]  # [answers, C]
        flat = (panel.labeler[:, None] * panel.values + chosen) * panel.values
        cells, place = np.unique(flat + panel.value[:, None], return_inverse=True)
        self.cell: Ints = np.ascontiguousarray(place.reshape(chosen.shape))  # [answers, C]
        self.row, self.given = np.divmod(cells, panel.values)  # row: labeler and true value
        self.labeler, true = np.divmod(self.row, panel.values)
        self.hit = self.given == true
        self.rows = panel.labelers * panel.values

    def prior(self, accuracy: Floats) -> Floats:
        """Pseudo answers of each cell in use."""
        own = accuracy[self.labeler]
        return STRENGTH * np.where(self.hit, own, (1 - own) / max(1, self.panel.values - 1))

    def scores(self, logs: Floats, prevalence: Floats, accuracy: Floats) -> Floats:
        """Probability of each candidate, "another" last: float64[subjects, C + 1].

        `logs` are those of theta in the cell of each answer and candidate: float64[answers, C].
        """
        panel, first = self.panel, self.starts[:-1]
        said = np.add.reduceat(logs, first, axis=0)
        weight = np.where(self.real, prevalence[self.candidates], 0.0)
        score = np.full((panel.subjects, said.shape[1] + 1), -np.inf)
        score[:, :-1] = np.where(self.real, said + np.log(np.maximum(weight, TINY)), -np.inf)
        if self.another:
            wrong = np.log(np.maximum((1 - accuracy) / panel.values, TINY))
            left = np.maximum(1 - weight.sum(axis=1), TINY)
            score[:, -1] = np.log(left) + np.add.reduceat(wrong[panel.labeler], first)
        score -= score.max(axis=1, keepdims=True)
        np.exp(score, out=score)
        score /= score.sum(axis=1, keepdims=True)
        return score

    def shares(self, score: Floats) -> Floats:
        """Subjects of each value and pseudo subjects, "another" last: float64[values + 1].

        Where "another" may be a value that was said of other subjects, its subjects tell nothing.
        """
        place = np.where(self.real, self.candidates, self.panel.values)
        shares = sums(place.ravel(), score[:, :-1].ravel(), self.panel.values + 1)
        shares[-1] = 0.0 if self.many else score[:, -1].sum()
        shares[:-1] += 1
        shares[-1] += self.panel.open
        return shares


def sums(place: Ints, weight: Floats, size: int) -> Floats:
    """Weights summed by their place: float64[size]."""
    return np.bincount(place, weight, size).astype(np.float64, copy=False)


def _every(panel: Panel) -> Ints:
    return np.tile(np.arange(panel.values), (panel.subjects, 1))


def _said(panel: Panel, starts: Ints) -> Ints:
    """Values said of each subject, -1 after the last: int64[subjects, most]."""
    pairs = np.unique(panel.subject * panel.values + panel.value)
    subject, value = np.divmod(pairs, panel.values)
    first = np.searchsorted(subject, np.arange(panel.subjects))
    place = np.arange(len(pairs)) - first[subject]
    found = np.full((panel.subjects, int(place.max()) + 1), -1)
    found[subject, place] = value
    return found


def fit(panel: Panel, start: Estimate | None = None) -> tuple[Estimate, Floats]:
    """An estimate, and the probability of each value: float64[subjects, values + 1].

    EM with the priors as pseudo answers, but a subject's probabilities rest on matrices without
    its own answers, which would otherwise vouch for themselves (collapsed variational inference of
    order zero: Asuncion et al. 2009). Begins with a vote, or with an earlier estimate.
    """
    layout = Layout(panel)
    if start is None:
        accuracy = np.full(panel.labelers, RIGHT / (RIGHT + WRONG))
        prevalence = np.full(panel.values + 1, 1 / (panel.values + 1))
        logs = np.log(layout.prior(accuracy) / STRENGTH)[layout.cell]
    else:
        accuracy, prevalence, logs = start.accuracy, start.prevalence, _logs(layout, start)
    score = layout.scores(logs, prevalence, accuracy)
    every = np.bincount(panel.labeler, minlength=panel.labelers)
    counts = np.zeros(len(layout.row))
    for _ in range(ROUNDS):
        weight = score[panel.subject, :-1]  # [answers, C]
        counts = sums(layout.cell.ravel(), weight.ravel(), len(layout.row))
        hits = sums(layout.labeler[layout.hit], counts[layout.hit], panel.labelers)
        accuracy = (RIGHT + hits) / (RIGHT + WRONG + every)
        shares = layout.shares(score)
        prevalence = shares / shares.sum()
        totals = sums(layout.row, counts, layout.rows) + STRENGTH
        given = (layout.prior(accuracy) + counts)[layout.cell] - weight
        logs = np.log(np.maximum(given, TINY) / (totals[layout.row][layout.cell] - weight))
        before, score = score, layout.scores(logs, prevalence, accuracy)
        if np.abs(score - before).max() < CLOSE:
            break
    return Estimate(prevalence, accuracy, _dense(layout, counts, accuracy)), spread(layout, score)


def posterior(panel: Panel, estimate: Estimate) -> Floats:
    """Probability of each value, "another" last, given an estimate made without these answers.

    float64[subjects, values + 1].
    """
    layout = Layout(panel)
    logs = _logs(layout, estimate)
    return spread(layout, layout.scores(logs, estimate.prevalence, estimate.accuracy))


def spread(layout: Layout, score: Floats) -> Floats:
    """Scores of candidates as probabilities of values: float64[subjects, values + 1]."""
    found = np.zeros((layout.panel.subjects, layout.panel.values + 1))
    subject, place = np.nonzero(layout.real)
    found[subject, layout.candidates[subject, place]] = score[subject, place]
    found[:, -1] = score[:, -1]
    return found


def _logs(layout: Layout, estimate: Estimate) -> Floats:
    """Log theta of each answer and candidate: float64[answers, C]."""
    flat = estimate.confusion.reshape(layout.rows, layout.panel.values)
    logs: Floats = np.log(np.maximum(flat[layout.row, layout.given], TINY))[layout.cell]
    return logs


def _dense(layout: Layout, counts: Floats, accuracy: Floats) -> Floats:
    """Posterior means of all matrices: float64[labelers, values, values]."""
    panel, k = layout.panel, layout.panel.values
    off = STRENGTH * (1 - accuracy) / max(1, k - 1)
    matrix = np.repeat(off, k * k).reshape(panel.labelers, k, k)
    matrix[:, np.arange(k), np.arange(k)] = (STRENGTH * accuracy)[:, None]
    flat = matrix.reshape(layout.rows, k)
    flat[layout.row, layout.given] += counts
    flat /= flat.sum(axis=1, keepdims=True)
    return flat.reshape(panel.labelers, k, k)
