"""Frequency-matched tokens: what the tokens of a concept are compared with."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
CONTROLS = 20
"""Frequency-matched tokens for each concept token."""


class Matching:
    """Frequency-matched tokens: same kind, leading space and nearest id rank.

    Choice: without corpus counts the id is the frequency rank (byte-pair merges are made most
    frequent first), as for the matched background.
    """

    def __init__(
        self, kind: Sequence[str], text: Sequence[str], categories: Mapping[str, Ints], family: Ints
    ) -> None:
        self._family = family
        self._families = [family[items] for items in categories.values()]
        spaced = np.array([one.startswith("␣") for one in text])
        kinds = np.unique(np.array(list(kind), dtype=str), return_inverse=True)[1]
        self._class = kinds * 2 + spaced
        self._own = family == np.arange(len(family))

    def related(self, members: Ints) -> NDArray[np.bool_]:
        """Items of a family that shares a category with any of `members`: bool[items]."""
        own = np.zeros(len(self._family), np.bool_)
        own[self._family[members]] = True
        near = own.copy()
        for theirs in self._families:
            if own[theirs].any():
                near[theirs] = True
        return np.asarray(near[self._family])

    def controls(self, tokens: Ints, banned: NDArray[np.bool_], most: int = CONTROLS) -> Ints:
        """For each token the nearest ids that are not banned, ties by the lower id.

        int64[tokens, at most `most`].
        """
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
