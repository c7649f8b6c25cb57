"""How many signs of a token context changes: against its cached ones, and against other tokens'."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUARTERS = 4


@dataclass(frozen=True)
class Changed:
    """Share of signs that differ from cached ones at one site: a token's own, and by chance."""

    own: NDArray[np.float64]
    """From the token's own: float64[tokens]."""
    other: NDArray[np.float64]
    """From those of other tokens, the chance level: float64[tokens]; NaN where there are none."""
    own_by_magnitude: NDArray[np.float64]
    """By quarters of |state - threshold| within a token, smallest first: float64[tokens, 4]."""
    other_by_magnitude: NDArray[np.float64]
    counted: NDArray[np.bool_]
    """Tokens that enter means: bool[tokens]."""

    def mean(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean over the counted tokens of one of these arrays; NaN where there are none."""
        if not self.counted.any():
            return np.full(values.shape[1:], np.nan)
        mean: NDArray[np.float64] = np.asarray(values[self.counted].mean(axis=0))
        return mean

    @property
    def retained(self) -> float:
        """Share of its signs that a token keeps beyond chance: 1 - own / other."""
        own, other = float(self.mean(self.own)), float(self.mean(self.other))
        return 1 - own / other if other > 0 else float("nan")


def changed(
    states: NDArray[np.floating],
    threshold: NDArray[np.floating] | float,
    cached: NDArray[np.bool_],
    elsewhere: NDArray[np.floating] | NDArray[np.bool_],
    counted: NDArray[np.bool_] | None = None,
) -> Changed:
    """Compare float[tokens, D] with the cached signs of the tokens, bool[tokens, D].

    `elsewhere` is the share positive of each dimension among the tokens that stand for chance,
    float[tokens, D], so that the chance level is the expected share of signs that differ from one
    of them. Who they are is the caller's: the evidence table draws one position of another
    document (0 or 1 here), since its documents are its unit of sampling; a single text has no
    other document and takes all its other tokens (`other_tokens`), exact and without a draw. The
    two levels agree in expectation where texts share one mix of tokens; on one text the exact
    mean has no noise of drawing. `counted` marks the tokens that enter means (all of them).
    """
    positive = states > threshold
    differs = (positive != cached).astype(np.float64)
    share = np.asarray(elsewhere, np.float64)
    chance = np.where(positive, 1 - share, share)
    distance = np.abs(states - threshold)
    order = np.argsort(np.argsort(distance, axis=1, kind="stable"), axis=1)
    quarter = order * QUARTERS // states.shape[1]
    sizes = np.maximum(np.bincount(quarter[0], minlength=QUARTERS), 1)

    def split(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = [np.where(quarter == q, values, 0.0).sum(axis=1) for q in range(QUARTERS)]
        return np.stack(sums, axis=1) / sizes

    every = np.ones(len(states), np.bool_) if counted is None else counted
    return Changed(differs.mean(axis=1), chance.mean(axis=1), split(differs), split(chance), every)


def other_tokens(
    ids: NDArray[np.integer], cached: NDArray[np.bool_], special: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Share positive among the positions of a text that hold another token: float64[tokens, D].

    Special tokens are left out; NaN where a text has no other token. Linear in the tokens, since
    equal ids have equal cached signs.
    """
    others = np.flatnonzero(~special)
    total = cached[others].sum(axis=0, dtype=np.float64)
    same = (ids[:, None] == ids[others][None, :]).sum(axis=1)
    count = (len(others) - same)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        share: NDArray[np.float64] = (total - same[:, None] * cached) / count
    share[count[:, 0] == 0] = np.nan
    return share


def in_context(special: NDArray[np.bool_], causal: bool) -> NDArray[np.bool_]:
    """Tokens that have a context: no special ones, nor the first of a text in a causal model."""
    kept = ~special
    if causal and len(kept):
        kept[0] = False
    return kept
