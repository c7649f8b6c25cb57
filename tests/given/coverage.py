"""How often an interval covers what it is said to cover."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from catalog.features import certainty, held_out
from catalog.features.scoring import Contest, run
from catalog.signs.prototypes import SPLITS, halves
from tests.given.word_worlds import WordWorld

Found = tuple[float, float, float]
"""An AUC and the ends of its interval."""
STEPS = 8
"""Halvings of the search for a strength that gives a wanted AUC."""


class Coverage(NamedTuple):
    """What many categories of one world gave."""

    truth: float
    """Mean AUC over all of them: it estimates itself without bias."""
    covered: float
    """Share of the intervals that hold it."""
    width: float
    """Mean width of the intervals."""


def concept(world: WordWorld, words: int, strength: float, generator: np.random.Generator) -> Found:
    """A concept of random words, its AUC by folds."""
    site, pool = world.pool(words, strength, generator)
    contest = Contest.of(site, pool)
    made = held_out.measure(contest, contest.sampled(site, pool, 2000), None, generator)
    assert made is not None
    return made


def category(
    world: WordWorld, words: int, strength: float, generator: np.random.Generator
) -> Found:
    """A category of random words, its AUC by splits."""
    site, pool = world.pool(words, strength, generator)
    contest = Contest.of(site, pool)
    outcome = run(contest, halves(words, SPLITS, generator))
    auc = float(outcome.aucs.mean())
    return auc, *certainty.interval(contest.sampled(site, pool, 2000), outcome, auc)


Procedure = Callable[[WordWorld, int, float, np.random.Generator], Found]


def strength(world: WordWorld, procedure: Procedure, words: int, auc: float) -> float:
    """The strength at which the procedure's mean AUC is about `auc`; 0 for 1/2."""
    sets = 40 if words < 50 else 20
    generator = np.random.default_rng([words, round(100 * auc)])
    low, high = 0.0, 0.0 if auc == 0.5 else 5.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        mean = np.mean([procedure(world, words, middle, generator)[0] for _ in range(sets)])
        low, high = (middle, high) if mean < auc else (low, middle)
    return (low + high) / 2


def cover(
    world: WordWorld, procedure: Procedure, words: int, planted: float, sets: int
) -> Coverage:
    """Draw `sets` categories of one strength and count the intervals that hold the mean AUC."""
    generator = np.random.default_rng([words, round(1000 * planted), sets])
    found = np.array([procedure(world, words, planted, generator) for _ in range(sets)])
    truth, low, high = found[:, 0].mean(), found[:, 1], found[:, 2]
    covered = np.mean((low <= truth) & (truth <= high))
    return Coverage(float(truth), float(covered), float(np.mean(high - low)))
