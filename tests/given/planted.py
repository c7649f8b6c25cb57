"""Small sites made of random bits, with features planted where a test wants them."""

import numpy as np

from catalog.signs import bits as signs
from catalog.signs.site_signs import SiteSigns


def site_of(bits):
    """A site from bool[items, dims]."""
    packed = np.packbits(bits, axis=1, bitorder="little")
    return SiteSigns(signs.words(packed), signs.transpose(packed, bits.shape[1]))


def noise(items, dims, seed, threshold="zero"):
    """Independent signs: bool[items, dims].

    With "median" every dimension is positive for exactly half of the items; with "zero" each has
    a share positive of its own.
    """
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(items, dims))
    if threshold == "median":
        return states > np.median(states, axis=0)
    return states > generator.normal(0, 0.7, dims)


def planted(items, dims, members, chosen, strength, seed, threshold="median"):
    """Noise in which `members` have the sign of `chosen` (+1/-1 per dimension) more often."""
    bits = noise(items, dims, seed, threshold)
    generator = np.random.default_rng(seed + 1)
    for dimension, sign in chosen.items():
        forced = generator.random(len(members)) < strength
        bits[members[forced], dimension] = sign > 0
    return bits
