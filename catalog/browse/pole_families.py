"""Whether the poles of two readings of one model hold the same families.

A family is what its catalog of single tokens numbers it; a pole holds at most POLE_ITEMS items.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from catalog.signs.moments import POLE_ITEMS
from catalog.store import context_queries
from catalog.store.catalog import Catalog

POLES = ("positive", "negative")
_BLOCK = 512
"""Dimensions compared with all others at a time."""

Ints = NDArray[np.int64]


class Shared(NamedTuple):
    """Families in common at one pole of some dimensions: float64[n] each, NaN at an empty pole."""

    shared: NDArray[np.float64]
    """Share of the families at the pole in context that are at the pole of single tokens too."""
    chance: NDArray[np.float64]
    """The same, mean over the site's other dimensions: their poles in context, this single one."""
    p: NDArray[np.float64]
    """(1 + other dimensions that share as much) / (1 + other dimensions)."""


def in_context(catalog: Catalog, alone: Catalog, site: str, pole: str) -> Ints:
    """Families at a pole of every dimension of a catalog of texts: int64[dims, POLE_ITEMS].

    As `alone`, the catalog of the same model's single tokens, numbers them; -1 for none.
    """

    def read() -> Ints:
        tokens = catalog.fetch(context_queries.positions())["token"].to_numpy(np.int64)
        return _families(catalog, alone, site, pole, tokens)

    return catalog.remembered(("families at", alone.stamp, site, pole), read)


def of_single(alone: Catalog, site: str, pole: str) -> Ints:
    """The same of single tokens themselves: int64[dims, POLE_ITEMS]."""

    def read() -> Ints:
        return _families(alone, alone, site, pole, np.arange(len(alone.families)))

    return alone.remembered(("families at", site, pole), read)


def _families(catalog: Catalog, alone: Catalog, site: str, pole: str, token: Ints) -> Ints:
    rows = catalog.fetch(context_queries.poles_of_site(site, pole))
    found = np.full((int(catalog.sites.set_index("site").dims[site]), POLE_ITEMS), -1, np.int64)
    family, ids = alone.families, token[rows["item"].to_numpy(np.int64)]
    known = np.where(ids < len(family), family[np.minimum(ids, len(family) - 1)], -1)
    found[rows["dimension"].to_numpy(), rows["rank"].to_numpy() - 1] = known
    return found


def agreement(mine: Ints, theirs: Ints, numbers: Ints) -> Shared:
    """Whether one pole of dimensions `numbers` holds the same families in both readings.

    `mine` is `in_context` of the whole site, `theirs` are the rows `numbers` of `of_single`.
    """
    largest = 1 + max(mine.max(initial=-1), theirs.max(initial=-1))
    ours = _incidence(mine, largest)
    counts = ours.sum(axis=1).astype(np.float64)
    counts[counts == 0] = np.nan
    parts = [
        _block(ours, counts, _incidence(theirs[start : start + _BLOCK], largest), own)
        for start, own in ((s, numbers[s : s + _BLOCK]) for s in range(0, len(numbers), _BLOCK))
    ]
    return Shared(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _block(
    ours: csr_array, counts: NDArray[np.float64], single: csr_array, own: Ints
) -> tuple[NDArray[np.float64], ...]:
    shares = (ours @ single.T).toarray() / counts[:, None]
    place = np.arange(len(own))
    shared = shares[own, place]
    shares[own, place] = np.nan
    others = (~np.isnan(shares)).sum(axis=0).astype(np.float64)
    reached = (shares >= shared - 1e-9).sum(axis=0)
    unknown = np.isnan(shared) | (others == 0)
    chance = np.nansum(shares, axis=0) / np.maximum(others, 1)
    made = shared, chance, (1 + reached) / (1 + others)
    return tuple(np.where(unknown, np.nan, one) for one in made)


def _incidence(families: Ints, columns: int) -> csr_array:
    """Which families each row holds, once each: float64[rows, columns], sparse."""
    row, place = np.nonzero(families >= 0)
    ones = np.ones(len(row))
    held = csr_array((ones, (row, families[row, place])), (len(families), max(1, columns)))
    held.sum_duplicates()
    held.data[:] = 1
    return held
