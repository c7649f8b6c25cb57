"""What is read after a flip: the concept's tokens against frequency-matched others.

Log probabilities in, contrasts out; NumPy only. A contrast of log p is the same as one of logits
after subtracting their vocabulary mean: the normaliser cancels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
CONTROLS = 20
"""Frequency-matched tokens for each concept token."""


@dataclass(frozen=True)
class Readout:
    """Tokens of a concept and of every category that shares no member with it."""

    tokens: Ints
    """Held-out tokens of the concept: int64[h]."""
    controls: Ints
    """Tokens matched to each, of no shared category: int64[h, k]."""
    members: Ints
    """All tokens of the concept, anchors included: its mass."""
    names: tuple[str, ...] = ()
    """The other categories."""
    others: tuple[tuple[Ints, Ints], ...] = ()
    """Tokens and controls of each of them; none of its tokens made the feature."""

    def contrasts(self, delta: NDArray[np.floating]) -> Floats:
        """Change of log p of each concept token minus its controls' mean: float64[rows, h].

        `delta` is float[rows, vocabulary]. The mean over tokens is the effect of METHOD.md.
        """
        own = delta[:, self.tokens].astype(np.float64)
        return np.asarray(own - delta[:, self.controls].mean(axis=2, dtype=np.float64))

    def elsewhere(self, delta: NDArray[np.floating]) -> Floats:
        """The same, mean over tokens, for every other category: float64[rows, categories]."""
        if not self.others:
            return np.zeros((len(delta), 0))
        used, weights = self._weights
        return np.asarray((weights @ delta[:, used].T.astype(np.float64)).T)

    @cached_property
    def _weights(self) -> tuple[Ints, Any]:
        from scipy.sparse import coo_array

        rows, columns, values = [], [], []
        for number, (tokens, controls) in enumerate(self.others):
            columns += [tokens, controls.ravel()]
            values += [
                np.full(len(tokens), 1 / len(tokens)),
                np.full(controls.size, -1 / controls.size),
            ]
            rows.append(np.full(len(tokens) + controls.size, number))
        used, place = np.unique(np.concatenate(columns), return_inverse=True)
        matrix = coo_array(
            (np.concatenate(values), (np.concatenate(rows), place)),
            shape=(len(self.others), len(used)),
        )
        return used, matrix.tocsr()

    def log_odds(self, log_p: NDArray[np.floating]) -> Floats:
        """Log odds that the next token is one of the concept's: float64[rows]."""
        mass = np.exp(log_p[:, self.members].astype(np.float64)).sum(axis=1)
        mass = np.clip(mass, 1e-12, 1 - 1e-12)
        return np.asarray(np.log(mass) - np.log1p(-mass))


def divergence(log_p: NDArray[np.floating], base: NDArray[np.floating]) -> Floats:
    """KL(base || row) in nats: float64[rows]."""
    wide = base.astype(np.float64)
    return np.asarray((np.exp(wide) * (wide - log_p)).sum(axis=1))


class Matching:
    """Frequency-matched tokens: same kind, leading space and nearest id rank.

    Choice: without corpus counts the id is the frequency rank (byte-pair merges are made most
    frequent first), as for the matched background.
    """

    def __init__(
        self, kind: Sequence[str], text: Sequence[str], categories: Mapping[str, Ints], family: Ints
    ) -> None:
        self._family = family
        self._category = categories
        spaced = np.array([one.startswith("␣") for one in text])
        kinds = np.unique(np.array(list(kind), dtype=str), return_inverse=True)[1]
        self._class = kinds * 2 + spaced
        self._own = family == np.arange(len(family))

    def related(self, members: Ints) -> NDArray[np.bool_]:
        """Items of a family that shares a category with any of `members`: bool[items]."""
        families = np.unique(self._family[members])
        near = np.zeros(len(self._family), np.bool_)
        near[families] = True
        for others in self._category.values():
            theirs = self._family[others]
            if np.isin(theirs, families).any():
                near[theirs] = True
        return np.asarray(near[self._family])

    def controls(self, tokens: Ints, banned: NDArray[np.bool_], most: int = CONTROLS) -> Ints:
        """For each token the nearest ids that are not banned: int64[tokens, at most `most`]."""
        pools = {
            code: np.flatnonzero((self._class == code) & self._own & ~banned)
            for code in np.unique(self._class[tokens]).tolist()
        }
        everything = np.flatnonzero(self._own & ~banned)
        count = min(most, len(everything))
        found = np.zeros((len(tokens), count), np.int64)
        for row, token in enumerate(tokens.tolist()):
            pool = pools[int(self._class[token])]
            pool = pool if len(pool) >= count else everything
            place = int(np.searchsorted(pool, token))
            window = pool[max(0, place - count) : place + count]
            order = np.argsort(np.abs(window - token), kind="stable")[:count]
            found[row] = window[order]
        return found
