"""Other axes for the same states: rotated at random, principal, independent. Signs at medians.

All start from standardised states (`catalog.signs.rotation.standardised`), so that no axis is
chosen for its scale; signs are read at each axis's own median over the items.
"""

import warnings

import numpy as np
from numpy.typing import NDArray

from catalog.signs.rotation import random_rotation, signs_above, signs_at_median
from catalog.signs.site_signs import SiteSigns

WIDEST_ICA = 1024
"""Dimensions above which independent axes are not looked for: they take minutes."""
_STEPS, _FITTED = 25, 2000

Floats = NDArray[np.float32]


def rotated(z: Floats, seed: int, at_zero: bool = False) -> SiteSigns:
    """Signs of float32[items, D] on axes turned at random, the same for one seed and width.

    At the medians of the new axes, or `at_zero`.
    """
    turned = z @ random_rotation(z.shape[1], np.random.default_rng([1, seed]))
    return signs_above(turned, 0.0) if at_zero else signs_at_median(turned)


def principal(z: Floats) -> SiteSigns:
    """Signs on principal axes, the eigenvectors of the correlation of the dimensions."""
    centred = z - z.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return signs_at_median(centred @ vectors.astype(np.float32))


def independent(z: Floats) -> SiteSigns | None:
    """Signs on independent axes (FastICA; Hyvärinen 1999), from a fixed seed; None where too wide.

    Found on at most 2,000 items, in 25 steps; where these are not enough the axes reached by then
    are taken: they are axes to compare with, not an estimate that something rests on.
    """
    from sklearn.decomposition import FastICA
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # no stubs

    generator = np.random.default_rng(0)
    few = generator.choice(len(z), min(_FITTED, len(z)), replace=False)
    if z.shape[1] > min(WIDEST_ICA, len(few) // 2):
        return None
    varies = z[few].std(axis=0) > 0
    model = FastICA(random_state=0, max_iter=_STEPS, whiten="unit-variance", whiten_solver="eigh")
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        wide = z[:, varies].astype(np.float64)  # whitening near-equal axes overflows float32
        found = model.fit(wide[few]).transform(wide)
    return signs_at_median(np.asarray(found, np.float32))
