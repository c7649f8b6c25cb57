"""A planted linear model behind the arrays that flips use: what a flip does is known exactly."""

from dataclasses import dataclass

import numpy as np

from catalog.flips import run as flips
from catalog.flips.controls import Signed
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Vocabulary
from catalog.sites import Site

DIMS, TOKENS, LENGTH = 96, 240, 5
HELD_OUT = np.arange(24)
FEATURE = Signed(np.arange(0, 48, 2), np.where(np.arange(24) % 3 > 0, 1, -1))
PROMPTS = tuple(
    Prompt(str(n), f"s{n // 2}", "neutral" if n < 16 else "eliciting") for n in range(32)
)


@dataclass(frozen=True)
class Linear:
    """Logits are a linear map of the mean state: float64[DIMS, TOKENS] `weights`.

    Held-out tokens share a direction, so that every random feature acts on them a little, some up
    and some down; `planted` times the feature's own signs is added to it.
    """

    planted: float = 0.0
    seed: int = 0
    reads = "vocabulary"
    layers = 2
    dims = DIMS

    @property
    def weights(self):
        generator = np.random.default_rng([self.seed, 7])
        weights = generator.normal(size=(DIMS, TOKENS)) / np.sqrt(DIMS)
        weights[:, HELD_OUT] += 0.2 * generator.normal(size=(DIMS, 1))
        weights[np.ix_(FEATURE.dimensions, HELD_OUT)] += self.planted * FEATURE.signs[:, None]
        return weights

    def encode(self, text):
        return np.arange(LENGTH) + LENGTH * int(text), 0

    def states(self, ids, _site):
        drawn = [np.random.default_rng([self.seed, 3, int(one)]).normal(size=DIMS) for one in ids]
        return (np.stack(drawn) + 0.3).astype(np.float32)

    def traced(self, ids, sites):
        return {site: np.stack([self.states(line, site) for line in ids]) for site in sites}

    def ends(self, _ids, _site, states):
        return states.mean(axis=2)

    def scores(self, ends, needed=None):
        logits = (ends.astype(np.float64) @ self.weights).astype(np.float32)
        return logits if needed is None else logits[..., needed]

    def shown(self, ids):
        return [str(one) for one in ids]


def setup(feature=FEATURE, seed=0, **more):
    """A run on the held-out tokens, each against ten others, with three disjoint features."""
    generator = np.random.default_rng([seed, 11])
    others = np.setdiff1d(np.arange(DIMS), feature.dimensions)
    size = min(20, len(others))
    drawn = [np.sort(generator.choice(others, size, replace=False)) for _ in range(3)]
    disjoint = tuple(Signed(one, generator.choice([-1, 1], len(one))) for one in drawn)
    matched = generator.choice(np.arange(100, TOKENS), (len(HELD_OUT), 10))
    return flips.Setup(
        name="planted",
        site=Site("resid", 1),
        threshold="zero",
        feature=feature,
        cut=np.zeros(DIMS),
        readout=Vocabulary(
            HELD_OUT, matched, HELD_OUT, ("other",), ((np.array([30]), matched[:1]),)
        ),
        prompts=PROMPTS,
        disjoint=disjoint if size else (),
        disjoint_names=("a", "b", "c") if size else (),
        seed=seed,
        **more,
    )
