"""Nulls of a whole family of tests, drawn as far as its decisions need them: see `settle`.

Definition: docs/method.md#null.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features import nulls
from catalog.features.nulls import FURTHEST, MOST
from catalog.signs import significance
from catalog.signs.prototypes import Ints

Draw = Callable[[Sequence["Stretch"]], Sequence[NDArray[np.float64]]]
"""Draws of some nulls, in the order asked for; draw i of a null is always the same."""


@dataclass(frozen=True)
class Stretch:
    """Draws wanted of one null."""

    null: int
    """Its place among the nulls of the family."""
    start: int
    stop: int


class Drawn:
    """A null and the values that are judged by it, all by the same draws."""

    def __init__(self, observed: NDArray[np.float64], aucs: NDArray[np.float64]) -> None:
        self.observed = observed
        """float64[tests]"""
        self.kept = aucs[:MOST]
        """The first draws, at most MOST of them."""
        self.made = len(aucs)
        """Draws made."""
        self.reached: Ints = nulls.reached(aucs, observed)
        """Draws of at least each observed value: int64[tests]."""

    @property
    def open(self) -> bool:
        """Whether fewer than ENOUGH draws reach one of the values, and more may be made."""
        return bool((self.reached < significance.ENOUGH).any()) and self.made < FURTHEST

    @property
    def p(self) -> NDArray[np.float64]:
        """(1 + b) / (1 + B) of each value: float64[tests]."""
        return significance.by_draws(self.reached, self.made)

    def add(self, more: NDArray[np.float64]) -> None:
        """Count further draws; float64[draws]."""
        self.kept = np.concatenate([self.kept, more[: MOST - len(self.kept)]])
        self.made += len(more)
        self.reached = self.reached + nulls.reached(more, self.observed)


def settle(drawn: Sequence[Drawn], draw: Draw, together: bool = True) -> None:
    """Draw further, in place, while one of the family's tests could still become significant.

    The family: all values of all nulls. In rounds: where a test that is not significant could yet
    be (`significance.undecided`), draws are doubled, to FURTHEST at most. `together`: of every null
    that has a value reached by fewer than ENOUGH draws, so that a test among the clear ones has no
    larger p only because it was drawn less; else of those with an undecided test alone, which costs
    less where one null serves many.
    """
    while (undecided := _undecided(drawn)).any():
        chosen = np.array([one.open for one in drawn]) if together else undecided
        wanted = [
            Stretch(place, one.made, min(2 * one.made, FURTHEST))
            for place, one in enumerate(drawn)
            if chosen[place]
        ]
        for stretch, more in zip(wanted, draw(wanted), strict=True):
            drawn[stretch.null].add(more)


def _undecided(drawn: Sequence[Drawn]) -> NDArray[np.bool_]:
    """Nulls that have an undecided test: bool[nulls]."""
    if not drawn:
        return np.zeros(0, np.bool_)
    place = np.repeat(np.arange(len(drawn)), [len(one.observed) for one in drawn])
    reached = np.concatenate([one.reached for one in drawn])
    made = np.array([one.made for one in drawn])[place]
    found = significance.undecided(reached, made, FURTHEST)
    return np.bincount(place, weights=found, minlength=len(drawn)) > 0
