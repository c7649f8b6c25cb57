"""Packed signs in memory: loaded once per site, shared, read-only, bounded in bytes."""

import os
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from catalog.errors import CatalogUnreadable, NotInCatalog
from catalog.signs import bits
from catalog.store import packed_queries, queries, reading
from catalog.store.file import Stamp, rows_of
from catalog.store.memory import Memory

Array = TypeVar("Array", bound=NDArray[Any])


def limit() -> int:
    """Most bytes kept: $DIMS_MEMORY (bytes), else 1 GB."""
    return int(float(os.environ.get("DIMS_MEMORY", 1e9)))


shelf = Memory(limit, lambda array: int(array.nbytes))
"""The one of this process, bounded in bytes."""


def by_item(path: Path, site: str, threshold: str) -> bits.Words:
    """Word-major signs of a site: read-only uint64[ceil(D / 64), N]; see `bits.words`.

    Raises NotInCatalog where the catalog has no signs of this site at this threshold.
    """
    what = (site, threshold, "by item")
    return shelf.get(Stamp.of(path), what, lambda: _kept(bits.words(_rows(path, site, threshold))))


def by_dimension(path: Path, site: str, threshold: str) -> bits.Packed:
    """Signs of a site by dimension: read-only uint8[D, ceil(N / 8)]; turned where not stored.

    Raises NotInCatalog where the catalog has no signs of this site at this threshold.
    """
    what = (site, threshold, "by dimension")
    return shelf.get(Stamp.of(path), what, lambda: _kept(_turned(path, site, threshold)))


def _kept(array: Array) -> Array:
    array.setflags(write=False)
    return array


def _rows(path: Path, site: str, threshold: str) -> bits.Packed:
    table = reading.fetch_arrow(path, packed_queries.bits_by_item(site, threshold))
    if not len(table):
        raise NotInCatalog(
            f"{path.stem} has no signs of {site} with threshold {threshold}. "
            "Choose another site or threshold."
        )
    numbers = table.column("item").to_numpy()
    if not np.array_equal(numbers, np.arange(len(numbers))):
        raise CatalogUnreadable(f"{path} misses the signs of some items. Build it again.")
    return rows_of(table.column("bits"), len(table.column("bits")[0].as_py()))


def _turned(path: Path, site: str, threshold: str) -> bits.Packed:
    table = reading.fetch_arrow(path, packed_queries.bits_by_dimension(site, threshold))
    if len(table):
        return rows_of(table.column("bits"), len(table.column("bits")[0].as_py()))
    dims = len(reading.fetch(path, queries.positives(site, threshold)))
    return bits.transpose(_rows(path, site, threshold), dims)
