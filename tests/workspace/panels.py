"""Simulated panels: people of known skill, whose true answers are known."""

from dataclasses import dataclass

import numpy as np

from catalog.workspace.dawid_skene import Panel

SKILLS = (0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class World:
    """A panel and the truth."""

    panel: Panel
    truth: np.ndarray
    """int64[subjects]."""
    matrices: np.ndarray
    """float64[labelers, values, values]."""

    @property
    def exact(self):
        """Posterior of each value under the true matrices: float64[subjects, values]."""
        panel = self.panel
        logs = np.zeros((panel.subjects, panel.values))
        told = np.log(np.maximum(self.matrices, 1e-300))
        for subject, labeler, value in zip(panel.subject, panel.labeler, panel.value, strict=True):
            logs[subject] += told[labeler, :, value]
        odds = np.exp(logs - logs.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)


def matrices(generator, skills=SKILLS, values=4):
    """A confusion matrix for each skill: errors fall on some wrong values more than on others."""
    found = np.zeros((len(skills), values, values))
    for labeler, skill in enumerate(skills):
        for value in range(values):
            wrong = (1 - skill) * generator.dirichlet(np.ones(values - 1))
            found[labeler, value] = np.insert(wrong, value, skill)
    return found


def world(seed, subjects=500, each=3, values=4, skills=SKILLS):
    """`each` of the people answer each subject; true values are equally frequent."""
    generator = np.random.default_rng(seed)
    held = matrices(generator, skills, values)
    truth = generator.integers(values, size=subjects)
    rows = [
        (subject, labeler, generator.choice(values, p=held[labeler, truth[subject]]))
        for subject in range(subjects)
        for labeler in sorted(generator.choice(len(skills), each, replace=False))
    ]
    subject, labeler, value = np.array(rows).T
    panel = Panel(subject, labeler, value, subjects, len(skills), values, open=values > 4)
    return World(panel, truth, held)


def calibration_error(probability, right, bins=10):
    """Expected calibration error: mean over equal-width bins of |mean probability - share right|,
    each bin by how many are in it (Naeini et al. 2015)."""
    place = np.minimum((probability * bins).astype(int), bins - 1)
    return sum(
        abs(probability[place == one].sum() - right[place == one].sum()) for one in range(bins)
    ) / len(probability)


def said_by_all(generator, held, truth):
    """What every labeler would say of every subject: int64[labelers, subjects]."""
    values = held.shape[1]
    return np.array([[generator.choice(values, p=one[true]) for true in truth] for one in held])
