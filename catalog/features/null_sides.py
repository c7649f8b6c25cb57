"""Nulls of tokens in context: as in the measurement, each split has positions of its own.

A random set of families is registered on positions of one half of the documents and tried on
positions of the other; see `catalog.signs.standing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import unpack
from catalog.signs.site_signs import SiteSigns

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
    scored: NDArray[np.uint8]
    """Signs of the sample there as 0 and 1: uint8[dims, sample]."""


def of(site: SiteSigns, items: Ints, sample: Ints) -> tuple[Sides, ...]:
    """Both sides of every split; none where each item stands for itself.

    `sample` are places among `items`.
    """
    if site.standing is None:
        return ()
    places = site.standing.places(items)
    made = []
    for learnt, tried in site.sides:
        columns = tried.columns(places[sample])
        made.append(
            Sides(
                np.ascontiguousarray(learnt.words[:, places].T),
                learnt.positives(places),
                np.ascontiguousarray(tried.words[:, places].T),
                unpack(columns, len(sample)).view(np.uint8),
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
    from catalog.signs import compiled, compiled_sides  # numba takes a second to import

    size = anchors.shape[2]
    held_out = size - int(anchors[0, 0].sum())
    negatives = int(among.sum()) - among[sets].sum(axis=1)
    found = np.zeros(len(sets))
    for split in range(anchors.shape[1]):
        one = parts[split % len(parts)]
        scale = compiled.Scale(one.positives, len(among), tau)
        rows = np.ascontiguousarray(anchors[:, split])
        found += compiled_sides.doubled_ranks(
            (one.learnt, one.tried), one.scored, among, scale, sets, rows
        )
    chances = 2 * negatives * held_out * anchors.shape[1]
    return np.where(chances > 0, found / np.maximum(chances, 1), 0.5)
