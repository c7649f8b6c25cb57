"""How well single signs tell two sets of items apart."""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.bits import Packed, count_positive

APART = 0.1
"""A dimension is marked where its AUC lies further than this from 1/2."""


def sign_auc(
    columns: Packed, first: NDArray[np.bool_], second: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """ROC AUC of each sign as a score for `first` against `second`, ties half: float64[dims].

    `columns` is signs by dimension; the sets are bool[items]. Of one bit the AUC is exactly
    1/2 + (p(+ | first) - p(+ | second)) / 2. 1/2 where one of the sets is empty.
    """
    if not (first.any() and second.any()):
        return np.full(len(columns), 0.5)
    shares = [count_positive(columns, one) / one.sum() for one in (first, second)]
    return np.asarray(0.5 + (shares[0] - shares[1]) / 2)
