"""Nulls of tokens in context: as in the measurement, each split has positions of its own.

A random set of families is registered on positions of one half of the documents and tried on
positions of the other; see `catalog.signs.standing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import by_words, mask_of
from catalog.signs.site_signs import SiteSigns

if TYPE_CHECKING:
    from catalog.signs.compiled import Scored

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Sides:
    """The positions that stand for a background's items in one split."""

    learnt: NDArray[np.uint64]
    """Signs where features are registered: uint64[items, words]."""
    positives: Ints
    """Positive ones of each dimension among them."""
    tried: NDArray[np.uint64]
    """Signs where they are tried: uint64[items, words]."""
    scored: "Scored"
    """The sample there, as compiled code takes it."""


def of(site: SiteSigns, items: Ints, sample: Ints) -> tuple[Sides, ...]:
    """Both sides of every split; none where each item stands for itself.

    `sample` are places among `items`.
    """
    if site.standing is None:
        return ()
    from catalog.signs.compiled import Scored  # numba takes a second to import

    places = site.standing.places(items)
    made = []
    for learnt, tried in site.sides:
        columns = by_words(tried.columns(places[sample]))
        made.append(
            Sides(
                np.ascontiguousarray(learnt.words[:, places].T),
                learnt.positives(places),
                np.ascontiguousarray(tried.words[:, places].T),
                Scored(columns, mask_of(len(sample), columns.shape[1])),
            )
        )
    return tuple(made)


def score(
    parts: Sequence[Sides],
    among: NDArray[np.bool_],
    sets: Ints,
    anchors: NDArray[np.bool_],
    tau: float,
) -> NDArray[np.float64]:
    """Mean prototype AUC of random sets over their splits: float64[sets]; see `nulls.score_sets`.

    `among` says which items are in the sample.
    """
    from catalog.signs import compiled  # numba takes a second to import

    size = anchors.shape[2]
    held_out = size - int(anchors[0, 0].sum())
    negatives = int(among.sum()) - among[sets].sum(axis=1)
    found = np.zeros(len(sets))
    for split in range(anchors.shape[1]):
        one = parts[split % len(parts)]
        scale = compiled.Scale(one.positives, len(among), tau)
        rows = np.ascontiguousarray(anchors[:, split : split + 1])
        sides = one.learnt, one.tried
        found += compiled.doubled_ranks_of_sets(sides, one.scored, among, scale, sets, rows)
    chances = 2 * negatives * held_out * anchors.shape[1]
    return np.where(chances > 0, found / np.maximum(chances, 1), 0.5)
