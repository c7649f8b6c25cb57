"""The posterior of the model of Dawid & Skene, by collapsed Gibbs sampling begun where EM ends."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalog.workspace import dawid_skene
from catalog.workspace.dawid_skene import RIGHT, STRENGTH, TINY, WRONG, Floats, Ints, Layout, Panel

if TYPE_CHECKING:
    from catalog.workspace.sweeping import Counted, Places, Rules

BURN, DRAWS = 40, 200
"""Sweeps thrown away, and sweeps kept."""
_KEPT = 20_000_000
"""Probabilities kept at most; fewer sweeps where there are more subjects."""


@dataclass(frozen=True)
class Posterior:
    """What the sampler found."""

    best: Ints
    """int64[subjects]: the likeliest value."""
    probability: Floats
    """float64[subjects]: of its being true."""
    low: Floats
    high: Floats
    """95 % credible interval of that probability, over matrices and prevalence."""
    accuracy: Floats
    """float64[labelers]: probability of a right answer to a subject drawn by prevalence."""
    accuracy_low: Floats
    accuracy_high: Floats


def sample(panel: Panel, seed: int = 0) -> Posterior:
    """The posterior of every true value and accuracy; the same seed gives the same numbers.

    A sweep draws each subject's value given all other subjects' (matrices and prevalence integrated
    out), then the pooled accuracies (by the table counts of Antoniak 1974). `probability` is the
    mean over sweeps of a value's probability given all other subjects; its interval is that of the
    same under matrices drawn from what the other subjects' answers leave possible.
    """
    from catalog.workspace import sweeping  # numba takes a second to import

    layout, generator = Layout(panel), np.random.default_rng(seed)
    estimate, found = dawid_skene.fit(panel)
    score = _candidates(layout, found)
    state = State(layout, estimate.accuracy, _draw(score, generator))
    draws = int(np.clip(_KEPT // score.size, 50, DRAWS))
    kept = np.empty((draws, *score.shape), np.float32)
    mean, skill = np.zeros_like(score), np.empty((draws, panel.labelers))
    for sweep in range(-BURN, draws):
        chance = generator.random(panel.subjects)
        sweeping.sweep(*state.told, score, chance)
        state.accuracy = _accuracy(state, generator)
        if sweep >= 0:
            mean += score / draws
            kept[sweep], skill[sweep] = _under_matrices(state, generator)
    place = mean[:, :-1].argmax(axis=1)
    each = np.arange(panel.subjects)
    low, high = _interval(kept[:, each, place])
    skill_low, skill_high = _interval(skill)
    best = layout.candidates[each, place]
    mine = mean[each, place]
    return Posterior(best, mine, low, high, skill.mean(axis=0), skill_low, skill_high)


class State:
    """The values drawn last, and what is counted of them."""

    def __init__(self, layout: Layout, accuracy: Floats, drawn: Ints) -> None:
        self.layout, self.accuracy, self.drawn = layout, accuracy, drawn
        panel = layout.panel
        place = drawn[panel.subject]
        known = place < layout.candidates.shape[1]
        cell = layout.cell[known, place[known]]
        self.counts = np.bincount(cell, minlength=len(layout.row)).astype(np.float64)
        self.totals = dawid_skene.sums(layout.row, self.counts, layout.rows)
        self.shares = layout.shares(np.eye(layout.candidates.shape[1] + 1)[drawn])

    @property
    def told(self) -> "tuple[Places, Counted, Rules]":
        """What the compiled sweep takes; it changes what is counted."""
        layout, panel = self.layout, self.layout.panel
        wrong = np.log(np.maximum((1 - self.accuracy) / panel.values, TINY))
        places = (layout.starts, layout.candidates, layout.cell, layout.row, panel.labeler)
        counted = (self.counts, self.totals, self.shares, self.drawn)
        rules = (layout.prior(self.accuracy), wrong, layout.another, layout.many)
        return places, counted, rules


def _candidates(layout: Layout, found: Floats) -> Floats:
    """Probabilities of values as those of candidates: float64[subjects, C + 1]."""
    each = np.arange(len(found))[:, None]
    score = np.where(layout.real, found[each, layout.candidates], 0.0)
    return np.hstack([score, found[:, -1:]])


def _draw(score: Floats, generator: np.random.Generator) -> Ints:
    sums = score.cumsum(axis=1)
    drawn: Ints = (sums[:, :-1] < generator.random(len(score))[:, None]).sum(axis=1)
    return drawn


def _interval(draws: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """95 % interval of each column of float[draws, columns]."""
    low, high = np.percentile(draws, [2.5, 97.5], axis=0)
    return low, high


def _accuracy(state: State, generator: np.random.Generator) -> Floats:
    """Pooled accuracies given all true values: of n answers in a cell with c pseudo answers the
    r-th was drawn from the prior with the probability c / (c + r), and only those tell of it.
    """
    layout, panel = state.layout, state.layout.panel
    prior = layout.prior(state.accuracy)
    counts = state.counts.astype(np.int64)
    cell = np.repeat(np.arange(len(counts)), counts)
    rank = np.arange(len(cell)) - np.repeat(np.cumsum(counts) - counts, counts)
    fresh = generator.random(len(cell)) * (prior[cell] + rank) < prior[cell]
    hit, labeler = layout.hit[cell[fresh]], layout.labeler[cell[fresh]]
    hits = np.bincount(labeler[hit], minlength=panel.labelers)
    misses = np.bincount(labeler[~hit], minlength=panel.labelers)
    another = state.drawn[panel.subject] == layout.candidates.shape[1]
    misses += np.bincount(panel.labeler[another], minlength=panel.labelers)
    return generator.beta(RIGHT + hits, WRONG + misses)


def _under_matrices(state: State, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Scores under drawn matrices, without each subject's own answers, and drawn accuracies.

    How often each labeler is right about each value is drawn; which wrong value they give where
    they are not is taken at its mean, since most of so many cells were never met.
    """
    layout, panel = state.layout, state.layout.panel
    hits = np.zeros(layout.rows)
    hits[layout.row[layout.hit]] = state.counts[layout.hit]
    own = np.repeat(state.accuracy, panel.values)
    shapes = np.stack([STRENGTH * own + hits, STRENGTH * (1 - own) + state.totals - hits])
    gammas = generator.standard_gamma(shapes)  # [right and wrong, rows]
    prevalence = generator.standard_gamma(state.shares)
    prevalence /= prevalence.sum()
    logs = _log_theta(state, gammas, shapes, generator)
    score = layout.scores(logs, prevalence, state.accuracy)
    right = (gammas[0] / np.maximum(gammas.sum(axis=0), TINY)).reshape(panel.labelers, -1)
    return score, right @ prevalence[:-1] + prevalence[-1] * state.accuracy


def _log_theta(
    state: State, gammas: Floats, shapes: Floats, generator: np.random.Generator
) -> Floats:
    """Log theta of each answer and candidate, the answer itself left out: float64[answers, C]."""
    layout, panel = state.layout, state.layout.panel
    cell = layout.cell
    row, kind = layout.row[cell], np.where(layout.hit[cell], 0, 1)
    given = layout.prior(state.accuracy)[cell] + state.counts[cell]
    part, whole, rest = gammas[kind, row], shapes[kind, row], gammas[1 - kind, row]
    place = state.drawn[panel.subject]
    own = np.flatnonzero(place < layout.candidates.shape[1])
    at = own, place[own]
    # A gamma of n + c without one answer: itself times a draw of Beta(n + c - 1, 1).
    whole[at] = np.maximum(whole[at] - 1, 1e-9)
    given[at] = np.maximum(given[at] - 1, 1e-9)
    part[at] *= generator.random(len(own)) ** (1 / whole[at])
    share = np.where(kind == 0, 1.0, given / whole)
    theta = part / np.maximum(part + rest, TINY) * share
    logs: Floats = np.log(np.maximum(theta, TINY))
    return logs
