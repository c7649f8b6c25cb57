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


def told(frequency: float, length: float) -> str:
    """A sentence on the AUCs of a sign for frequent against rare and for long against short words.

    It says which words the positive sign stands for where an AUC is marked.
    """
    found = [
        f"{word if auc > 0.5 else other} words (AUC {auc:.2f})"
        for auc, word, other in ((frequency, "frequent", "rare"), (length, "long", "short"))
        if abs(auc - 0.5) > APART
    ]
    if not found:
        return f"Not explained by frequency (AUC {frequency:.2f}) or length (AUC {length:.2f})."
    return f"In part explained: its positive sign is more common in {' and in '.join(found)}."
