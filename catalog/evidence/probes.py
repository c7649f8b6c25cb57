"""Trained and training-free readings of a category from states, beside its prototype of signs."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features import threads
from catalog.signs.prototypes import auc

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
"""Values of C tried: from a probe that hardly moves to one that fits every anchor."""
FOLDS = 3
_STEPS = 200
HIDDEN, DECAY, EPOCHS = 64, 0.1, 30
"""Of the network that may use pairs of dimensions."""
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 1e3)
"""Of its log odds beside those of the regression, both in standard deviations."""

Floats = NDArray[np.floating]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Probe:
    """A logistic regression trained on anchors and scored on held-out items."""

    auc: float
    c: float
    weights: NDArray[np.float64]


def probe(
    train: Floats,
    positive: Bools,
    test: Floats,
    truth: Bools,
    generator: np.random.Generator,
    strengths: Sequence[float] = STRENGTHS,
) -> Probe:
    """Class-balanced logistic regression, C by inner cross-validation on the training items.

    `train` float[n, D] with labels bool[n]; AUC on `test` with labels `truth`. The C of the best
    mean AUC over FOLDS stratified folds is taken, the smallest of equal ones.
    """
    folds = _folds(positive, generator)
    means = [
        np.mean([_score(_fit(train[~f], positive[~f], c), train[f], positive[f]) for f in folds])
        for c in strengths
    ]
    c = strengths[int(np.argmax(means))]
    weights = _fit(train, positive, c)
    return Probe(_score(weights, test, truth), c, weights)


def _folds(positive: Bools, generator: np.random.Generator) -> list[Bools]:
    """FOLDS random folds with the same share of positives: bool[n] each."""
    place = np.empty(len(positive), np.int64)
    for label in (True, False):
        mine = np.flatnonzero(positive == label)
        place[generator.permutation(mine)] = np.arange(len(mine)) % FOLDS
    return [place == fold for fold in range(FOLDS)]


def _fit(train: Floats, positive: Bools, c: float) -> NDArray[np.float64]:
    """Weights of the regression: float64[D]. The intercept does not change an AUC."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=c, class_weight="balanced", max_iter=_STEPS, tol=1e-3)
    with threads.single():
        model.fit(train, positive)
    return np.asarray(model.coef_[0], np.float64)


def _score(weights: NDArray[np.float64], items: Floats, truth: Bools) -> float:
    return auc(items @ weights, truth)


def with_pairs(
    train: Floats,
    positive: Bools,
    test: Floats,
    truth: Bools,
    c: float,
    generator: np.random.Generator,
) -> tuple[float, float]:
    """AUC on the test items of a logistic regression, and of it with a network added.

    The network has one hidden layer, so it can use pairs of dimensions; the weight of its log odds
    beside those of the regression (of strength `c`) is chosen on a third of the training items,
    among WEIGHTS. So a network that only learns less well takes nothing away, and what it adds is
    what single dimensions cannot give. Arguments as for `probe`.
    """
    inner = _folds(positive, generator)[0]
    seed = int(generator.integers(2**31))

    def both(rows: Floats, label: Bools, scored: Floats) -> tuple[Floats, Floats]:
        line = scored @ _fit(rows, label, c)
        net = _network(rows, label, seed)(scored)
        return line / max(float(line.std()), 1e-9), net / max(float(net.std()), 1e-9)

    line, net = both(train[~inner], positive[~inner], train[inner])
    gains = [auc(line + weight * net, positive[inner]) for weight in WEIGHTS]
    weight = WEIGHTS[int(np.argmax(gains))]
    line, net = both(train, positive, test)
    return auc(line, truth), auc(line + weight * net, truth)


def _network(train: Floats, positive: Bools, seed: int) -> Callable[[Floats], Floats]:
    """Log odds of a network trained on as many positives as negatives (positives repeated)."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    times = max(1, int((~positive).sum() // max(1, positive.sum())))
    rows = np.concatenate([np.flatnonzero(~positive), np.repeat(np.flatnonzero(positive), times)])
    model = MLPClassifier((HIDDEN,), alpha=DECAY, max_iter=EPOCHS, random_state=seed)
    with warnings.catch_warnings(), threads.single():
        warnings.simplefilter("ignore", ConvergenceWarning)  # EPOCHS is the choice
        model.fit(train[rows], positive[rows])

    def score(items: Floats) -> Floats:
        hidden = np.maximum(items @ model.coefs_[0] + model.intercepts_[0], 0)
        return np.asarray((hidden @ model.coefs_[1])[:, 0])

    return score


def mean_difference(train: Floats, positive: Bools) -> NDArray[np.float64]:
    """Direction from the mean of the others to the mean of the anchors: float64[D]."""
    return np.asarray(train[positive].mean(axis=0) - train[~positive].mean(axis=0), np.float64)


def sign_agreement(
    weights: NDArray[np.floating], dimensions: NDArray[np.integer], expected: NDArray[np.integer]
) -> float:
    """Share of a prototype's dimensions whose sign the weights have; NaN without dimensions."""
    if not len(dimensions):
        return float("nan")
    return float(np.mean(np.sign(weights[dimensions]) == np.sign(expected)))
