"""Nulls of a matching, and how many draws of them are made.

Definition: docs/method.md#two-nulls-of-matching.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features.nulls import reached
from catalog.progress import Report
from catalog.signs.significance import by_draws, undecided

DRAWS = 20
"""Draws of each null: with 20 one match above all draws has q < 0.05."""
MOST = 20_000
"""Null matches, of all draws together, to which a null is extended: see `drawn`."""
STAGES = ("items permuted", "rotations")
"""The two nulls, as progress names them."""


@dataclass(frozen=True)
class Null:
    """What the same procedure gives where nothing is shared."""

    held_out: NDArray[np.float64]
    """float64[draws, pairs]"""

    @property
    def p95(self) -> float:
        """95th percentile of a null match."""
        return float(np.quantile(self.held_out, 0.95))

    def p(self, observed: NDArray[np.floating]) -> NDArray[np.float64]:
        """(1 + null matches of at least the observed |phi|) / (1 + all null matches)."""
        return by_draws(reached(self.held_out.ravel(), observed), self.held_out.size)

    def above(self, observed: NDArray[np.floating]) -> tuple[float, int]:
        """Share of the matches above `p95`, and how many draws by themselves reach it."""
        share = float((observed > self.p95).mean()) if len(observed) else 0.0
        return share, int((self.shares >= share).sum())

    def undecided(self, observed: NDArray[np.floating], most: int) -> bool:
        """Whether more draws, of `most`, could make a match or the matches as a whole significant.

        See `significance.undecided`. The matches as a whole need DRAWS at most, since 1 / (1 +
        DRAWS) is below 0.05.
        """
        made, size = self.held_out.shape
        single = reached(self.held_out.ravel(), observed)
        whole = undecided([self.above(observed)[1]], [made], DRAWS)
        return bool(undecided(single, made * size, most * size).any() or whole.any())

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of each draw's matches above the 95th percentile of all other draws'."""
        draws = np.arange(len(self.held_out))
        return np.array(
            [
                (self.held_out[k] > np.quantile(self.held_out[draws != k], 0.95)).mean()
                for k in draws
            ]
        )


@dataclass(frozen=True)
class Wanted:
    """How nulls are drawn."""

    draws: int
    """Of each at least."""
    seed: int
    report: Report


def drawn(
    observed: NDArray[np.floating],
    wanted: Wanted,
    stage: str,
    draw: Callable[[np.random.Generator], NDArray[np.floating]],
) -> Null:
    """A null of `wanted.draws` draws, doubled while more could make something significant.

    To MOST null matches in all, or DRAWS draws where a single one has nearly as many: an assignment
    of 5,120 dimensions takes seconds, and 20 of them are 102,400 null matches.
    """
    most = max(wanted.draws, DRAWS, -(-MOST // max(1, len(observed))))
    goal = wanted.draws
    found: list[NDArray[np.floating]] = []
    while True:
        while len(found) < goal:
            wanted.report(stage, len(found), goal)
            generator = np.random.default_rng([wanted.seed, len(found), STAGES.index(stage)])
            found.append(draw(generator))
        null = Null(np.array(found))
        if goal == most or not null.undecided(observed, most):
            return null
        goal = min(2 * goal, most)
