"""Endless words with planted meaning, to try intervals on: what they cover can be counted."""

import numpy as np
from numpy.typing import NDArray

from catalog.features.pools import PER_MEMBER, Pool
from catalog.signs.site_signs import SiteSigns
from tests.given.planted import site_of

FACTORS, SHARED = 64, 0.75
"""Of correlated worlds: hidden factors, and their share of the variance of every state."""
MEANT, MIXED = 0.4, 3.0
"""Of mixed worlds: share of the words that mean it, and how much more strongly they do."""


class WordWorld:
    """Words whose states are Gaussian; those of a category are shifted in some dimensions."""

    def __init__(
        self, correlated: bool, seed: int, mixed: bool = False, dims: int = 256, meaning: int = 40
    ) -> None:
        generator = np.random.default_rng(seed)
        self.cuts = generator.normal(0, 0.5, dims).astype(np.float32)
        self.meaning = np.zeros(dims, np.float32)
        chosen = generator.choice(dims, meaning, replace=False)
        self.meaning[chosen] = generator.choice([-1, 1], meaning)
        self.mixed = mixed
        self.loadings = np.zeros((FACTORS, dims), np.float32)
        if correlated:  # about 70 effective dimensions of 256, as in the shipped model
            drawn = (
                generator.normal(size=(FACTORS, dims)) / np.sqrt(1 + np.arange(FACTORS))[:, None]
            )
            self.loadings[:] = drawn / np.linalg.norm(drawn, axis=0) * np.sqrt(SHARED)
        self.own = np.float32(np.sqrt(1 - SHARED) if correlated else 1)

    def words(
        self, count: int, strength: float, generator: np.random.Generator
    ) -> NDArray[np.bool_]:
        """Signs of random words, bool[count, dims]; strength 0 is any word."""
        shape = (count, len(self.cuts))
        states = self.own * generator.standard_normal(shape, np.float32)
        if self.loadings.any():
            states += generator.standard_normal((count, FACTORS), np.float32) @ self.loadings
        each = np.full(count, strength, np.float32)
        if self.mixed:
            each *= MIXED * (generator.random(count) < MEANT)
        return states + each[:, None] * self.meaning > self.cuts

    def pool(
        self, members: int, strength: float, generator: np.random.Generator
    ) -> tuple[SiteSigns, Pool]:
        """A category of `members` words and 20 others for each, as the matched background has."""
        others = self.words(PER_MEMBER * members, 0, generator)
        site = site_of(np.concatenate([self.words(members, strength, generator), others]))
        numbers = np.arange(members + len(others))
        stratum = np.repeat(np.arange(members), PER_MEMBER)
        return site, Pool("matched", numbers[:members], numbers[members:], numbers[:0], stratum)
