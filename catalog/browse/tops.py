"""The items that agree most with each of many features at once: what their names are made of."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.signs.site_signs import SiteSigns

_BLOCK = 4096
Signed = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Dimensions and the sign that each is expected to have."""


def of_each(signs: SiteSigns, features: Sequence[Signed], count: int) -> NDArray[np.int64]:
    """Items that have most of a feature's signs: int64[features, count], ties by number.

    The same as the first `count` of each feature's own list, for all features in one pass.
    """
    expected = np.zeros((signs.dims, len(features)), np.float32)
    for place, (dimensions, wanted) in enumerate(features):
        expected[dimensions, place] = wanted
    best = np.zeros((0, len(features)), np.float32)
    items = np.zeros((0, len(features)), np.int64)
    for start in range(0, signs.items, _BLOCK):
        some = np.arange(start, min(start + _BLOCK, signs.items))
        scores = (2.0 * signs.bits(some).astype(np.float32) - 1.0) @ expected  # whole numbers
        best = np.concatenate([best, scores])
        items = np.concatenate([items, np.repeat(some[:, None], len(features), axis=1)])
        order = np.argsort(-best, axis=0, kind="stable")[:count]
        best = np.take_along_axis(best, order, axis=0)
        items = np.take_along_axis(items, order, axis=0)
    return items.T
