"""Is the basis special? The same signs, read after a random rotation of standardised states."""

import numpy as np
from numpy.typing import NDArray

from catalog.signs import bits
from catalog.signs.site_signs import SiteSigns

Floats = NDArray[np.float32]


def standardised(states: NDArray[np.floating]) -> Floats:
    """z = (x - median) / sd per dimension: float32[n, D]; 0 where a dimension never varies.

    Signs ignore scale, a rotation does not: unscaled, the largest dimensions would fill every
    rotated one.
    """
    sd = states.std(axis=0)
    centred = states - np.median(states, axis=0)
    return np.asarray(np.where(sd > 0, centred / np.where(sd > 0, sd, 1), 0), np.float32)


def random_rotation(dims: int, generator: np.random.Generator) -> Floats:
    """Orthogonal float32[D, D], uniform over all (QR with the signs of R's diagonal; Haar)."""
    q, r = np.linalg.qr(generator.standard_normal((dims, dims)))
    return np.asarray(q * np.sign(np.diag(r)), np.float32)


def signs_above(states: NDArray[np.floating], threshold: NDArray[np.floating] | float) -> SiteSigns:
    """Signs of float[n, D] in both layouts, for `contests`."""
    packed = bits.pack(states, threshold)
    return SiteSigns(bits.words(packed), bits.transpose(packed, states.shape[1]))


def signs_at_median(states: NDArray[np.floating]) -> SiteSigns:
    """Signs against each dimension's own median over these states."""
    return signs_above(states, np.median(states, axis=0))
